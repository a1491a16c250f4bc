//! W1 and W3: connections that the peer forgot while the process was frozen, and what the
//! service answers when trying again may help.

use futures_util::future::join_all;
use lambdesk_engine::{AwsTrait, Forgotten};
use lambdesk_table::{Key, Table, TableError, measured};
use lambdesk_testkit::TestTable;
use std::time::Duration;

fn key() -> Key {
    Key { pk: "a".to_owned(), sk: "b".to_owned() }
}

/// Asks so often at once; how many requests each took.
async fn ask(table: &Table, times: usize) -> Vec<usize> {
    let gets = (0..times).map(|_| async {
        let (got, usage) = measured(table.get(key())).await;
        got.expect("it is answered");
        usage.round_trips()
    });
    join_all(gets).await
}

#[tokio::test]
async fn w1_connections_that_were_forgotten_cost_one_attempt_and_no_error() {
    for (forgotten, patience) in [(Forgotten::Reset, 2_000), (Forgotten::Lost, 150)] {
        let test = TestTable::on_aws().await;
        let table = test.of_other_process(Duration::from_millis(patience));
        for pause in 0..3 {
            let requests = ask(&table, 12).await;
            assert!(requests.iter().all(|requests| *requests <= 2), "{forgotten:?} {pause}: {requests:?}");
            test.aws().on(AwsTrait::ForgottenConnections(forgotten));
            let requests = ask(&table, 1).await;
            assert_eq!(requests, [2], "{forgotten:?} {pause}");
            test.aws().on(AwsTrait::ForgottenConnections(forgotten));
        }
    }
}

#[tokio::test]
async fn w3_whatever_passes_is_tried_again_and_is_unavailable_in_the_end() {
    let test = TestTable::on_aws().await;
    let error = |code: &str| format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"later"}}"#);
    for (status, body) in [
        (503, String::new()),
        (500, "<html><body><h1>500</h1></body></html>".to_owned()),
        (429, String::new()),
        (500, error("InternalFailure")),
        (400, error("ServiceUnavailableException")),
        (400, error("LimitExceededException")),
        (400, error("TransactionInProgressException")),
    ] {
        let answers = |times| AwsTrait::Answers { status, body: body.clone(), times };
        test.aws().on(answers(1));
        let (got, usage) = measured(test.table.get(key())).await;
        assert_eq!((got.unwrap(), usage.round_trips()), (None, 2), "{status} {body} once");
        test.aws().on(answers(usize::MAX));
        let got = test.table.get(key()).await;
        assert!(matches!(got, Err(TableError::Unavailable(_))), "{status} {body} for good: {got:?}");
    }
}
