//! One policy of trying again, for every request: `retry.rs` of the sources has its table.

use crate::{item, key, stored};
use futures_util::future::join_all;
use lambdesk_table::{
    BatchWrite, Index, Query, Table, TableError, Tx, Updated, Write,
    item::number,
    measured,
    retry::UNANSWERED,
    retry::{ATTEMPTS, CONFLICTS},
};
use lambdesk_testkit::{Fault, TestTable};

const PAGE: &str = "<html><body><h1>502 Bad Gateway</h1></body></html>";

/// Every way to ask the table for something, once.
#[derive(Debug, Clone, Copy)]
enum Request {
    Get,
    GetEventual,
    Put,
    Create,
    Update,
    UpdateAndRead,
    Delete,
    Query,
    Count,
    Scan,
    BatchGet,
    BatchWrite,
    Transaction,
}

const REQUESTS: [Request; 13] = [
    Request::Get,
    Request::GetEventual,
    Request::Put,
    Request::Create,
    Request::Update,
    Request::UpdateAndRead,
    Request::Delete,
    Request::Query,
    Request::Count,
    Request::Scan,
    Request::BatchGet,
    Request::BatchWrite,
    Request::Transaction,
];

impl Request {
    /// What it is at the table.
    const fn operation(self) -> &'static str {
        match self {
            Self::Get | Self::GetEventual => "GetItem",
            Self::Put | Self::Create => "PutItem",
            Self::Update | Self::UpdateAndRead => "UpdateItem",
            Self::Delete => "DeleteItem",
            Self::Query | Self::Count => "Query",
            Self::Scan => "Scan",
            Self::BatchGet => "BatchGetItem",
            Self::BatchWrite => "BatchWriteItem",
            Self::Transaction => "TransactWriteItems",
        }
    }

    async fn send(self, table: &Table) -> Result<(), TableError> {
        let set = || Write::update(key(1), "SET n = :n").value(":n", number(2));
        match self {
            Self::Get => table.get(key(1)).await.map(drop),
            Self::GetEventual => table.get_eventual(key(1)).await.map(drop),
            Self::Put => table.write(Write::put(item(1, 2))).await.map(drop),
            Self::Create => table.write(Write::create(item(1, 2))).await.map(drop),
            Self::Update => table.write(set()).await.map(drop),
            Self::UpdateAndRead => table.update(set()).await.map(drop),
            Self::Delete => table.write(Write::delete(key(1))).await.map(drop),
            Self::Query => table.query(Query::of("p")).await.map(drop),
            Self::Count => table.query(Query::of("p").only_count()).await.map(drop),
            Self::Scan => table.query(Query::scan(Index::Lookup)).await.map(drop),
            Self::BatchGet => table.batch_get(vec![key(1), key(2)]).await.map(drop),
            Self::BatchWrite => table.write_all(vec![BatchWrite::Put(item(1, 2)), BatchWrite::Delete(key(2))]).await,
            Self::Transaction => {
                let mut tx = Tx::<TableError>::new();
                tx.write(Write::put(item(1, 2)));
                tx.commit(table).await
            }
        }
    }

    /// Sends it while this goes wrong, and holds it to so many attempts, each of them
    /// metered as a request after the one before.
    async fn tried(self, test: &TestTable, faults: &[Fault], attempts: u32) -> Result<(), TableError> {
        test.faults.next(faults.iter().copied());
        let (sent, usage) = measured(self.send(&test.table)).await;
        let made = attempts as usize;
        let first = faults.first();
        assert_eq!(test.faults.seen().len(), made, "{self:?} over {first:?}");
        let names: Vec<_> = usage.operations.iter().map(|operation| operation.name).collect();
        assert_eq!((&names, usage.depth()), (&vec![self.operation(); made], made), "{self:?} over {first:?}");
        let answered = usize::from(sent.is_ok());
        let failed = &usage.operations[..made - answered];
        assert!(failed.iter().all(|one| one.table_units == 0.0 && one.index_units.is_empty()), "{self:?}: {failed:?}");
        sent
    }
}

/// Each request over a table of its own, all at the same time.
async fn each(test: impl AsyncFn(Request, TestTable)) {
    join_all(REQUESTS.map(async |request| test(request, TestTable::new().await).await)).await;
}

#[tokio::test]
async fn whatever_passes_is_tried_again_by_every_read_and_every_write() {
    let refusals = [
        Fault::Error("TransactionConflictException"),
        Fault::Error("ThrottlingException"),
        Fault::Error("ProvisionedThroughputExceededException"),
        Fault::Error("RequestLimitExceeded"),
    ];
    let broken = [Fault::Gateway(500, ""), Fault::Gateway(502, PAGE), Fault::Gateway(503, "{"), Fault::AnswerCut];
    let servers = [Fault::Error("InternalServerError"), Fault::Error("ServiceUnavailable"), Fault::Gateway(504, PAGE)];
    each(async |request, test| {
        for faults in [&refusals[..], &broken, &servers, &[Fault::AnswerLost; 4]] {
            let attempts = u32::try_from(faults.len()).unwrap() + 1;
            let sent = request.tried(&test, faults, attempts).await;
            assert!(sent.is_ok(), "{request:?} over {faults:?}: {sent:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn attempts_are_bounded_and_then_it_says_why() {
    let outcomes = [
        (Fault::Error("TransactionConflictException"), "too many writers at once"),
        (Fault::Error("ThrottlingException"), "the table can't be reached in time (throttled)"),
        (Fault::Gateway(500, ""), "the table can't be reached in time (throttled)"),
        (Fault::Gateway(503, PAGE), "the table can't be reached in time (throttled)"),
        (Fault::AnswerLost, "the table can't be reached in time (connection)"),
        (Fault::AnswerCut, "the table can't be reached in time (response)"),
    ];
    each(async |request, test| {
        for (fault, said) in outcomes {
            let is_conflict = matches!(fault, Fault::Error("TransactionConflictException"));
            let attempts = if is_conflict { CONFLICTS } else { ATTEMPTS };
            let sent = request.tried(&test, &[fault; 100], attempts).await;
            let error = sent.expect_err("it never ends otherwise");
            assert_eq!((error.to_string().as_str(), error.is_transient()), (said, true), "{request:?} over {fault:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn three_attempts_without_an_answer_are_the_most() {
    each(async |request, mut test| {
        test.table = test.impatient();
        let sent = request.tried(&test, &[Fault::Lost; 100], UNANSWERED).await;
        assert!(matches!(sent, Err(TableError::Unavailable("timeout"))), "{request:?}: {sent:?}");
    })
    .await;
}

#[tokio::test]
async fn a_defect_of_ours_is_told_at_once() {
    let defects = ["ValidationException", "AccessDeniedException", "ResourceNotFoundException"]
        .map(|code| (Fault::Error(code), code))
        .into_iter()
        // What is no answer of the service at all: too little is known to try again.
        .chain([(Fault::Gateway(403, PAGE), "unknown"), (Fault::Gateway(200, PAGE), "unknown")]);
    let defects: Vec<_> = defects.collect();
    each(async |request, test| {
        for (fault, said) in &defects {
            let sent = request.tried(&test, &[*fault], 1).await;
            let Err(TableError::Refused(text)) = &sent else { panic!("{request:?} over {fault:?}: {sent:?}") };
            assert!(text.starts_with(said), "{text}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_attempt_whose_answer_was_lost_may_have_been_made() {
    let test = TestTable::new().await;
    let add = || Write::update(key(1), "ADD n :one").value(":one", number(1));
    test.faults.next([Fault::AnswerLost]);
    assert!(test.table.write(add()).await.unwrap());
    assert_eq!(stored(&test.table, 1).await, Some(2), "a write without a condition is made once for each attempt");
    // Held to what was there, the second attempt finds the first one's traces.
    test.faults.next([Fault::AnswerLost]);
    let held = add().when("n = :two").value(":two", number(2)).showing_item();
    assert_eq!(test.table.update(held).await.unwrap(), Updated::Refused(Some(item(1, 3))));
}
