//! What becomes of tickets when the table does not do what is asked.

use lambdesk_domain::{
    access::Actor,
    command::{Change, Context, Decision, Fields, NewReply, Prior, Rejection, ReplyKind, Update, reply, update},
    id::RequestId,
    message::Message,
    set::Set,
    status::{Lifecycle, Status},
    testing,
    ticket::Ticket,
};
use lambdesk_store_tickets::{CommitError, NewItems, Tickets};
use lambdesk_table::{
    TableError,
    retry::{ATTEMPTS, UNANSWERED},
};
use lambdesk_testkit::{Fault, TestTable, renamed, sample, workspace};
use std::time::Duration;
use uuid::Uuid;

const CONFLICT: Fault = Fault::Cancelled("TransactionConflict");
const BUSY: Fault = Fault::Error("TransactionConflictException");

async fn with_ticket() -> (TestTable, Ticket) {
    let table = TestTable::new().await;
    let ticket = renamed(&sample(&testing::ticket()), workspace(1), 1);
    let ticket = Ticket { lifecycle: Lifecycle::Live, status: Status::Open, status_before_spam: None, ..ticket };
    table.store.tickets.create_ticket(&ticket, NewItems::default()).await.expect("it is written");
    (table, ticket)
}

fn context(ticket: &Ticket) -> Context {
    Context {
        actor: Actor::System,
        request_id: Some(RequestId::new(Uuid::from_u128(99))),
        if_match: None,
        now: ticket.updated_at.plus(Duration::from_secs(1)),
        ..sample(&testing::context())
    }
}

fn changed(decision: Result<Decision, Rejection>) -> Change {
    match decision {
        Ok(Decision::Change(change)) => *change,
        other => panic!("no change: {other:?}"),
    }
}

fn note(ticket: &Ticket) -> Change {
    let new = NewReply { ticket_id: ticket.id, kind: ReplyKind::Note, status: None, ..sample(&testing::new_reply()) };
    changed(reply(&new, &context(ticket), Prior::Unknown))
}

fn answer(ticket: &Ticket) -> Change {
    let sample = sample(&testing::new_reply());
    let new = NewReply { ticket_id: ticket.id, kind: ReplyKind::Reply, status: None, is_secure: false, ..sample };
    changed(reply(&new, &context(ticket), Prior::Unknown))
}

fn read(ticket: &Ticket, context: &Context) -> Change {
    let fields = Fields::of([Set::ReadByCustomer(!ticket.is_read_by_customer)]);
    changed(update(&Update::Fields(Box::new(fields)), context, Prior::Unknown)).with(ticket)
}

trait With {
    fn with(self, ticket: &Ticket) -> Self;
}

impl With for Change {
    fn with(self, ticket: &Ticket) -> Self {
        assert!(self.admits(ticket), "the case would prove nothing");
        self
    }
}

async fn messages(table: &TestTable, ticket: &Ticket) -> Vec<Message> {
    table.store.tickets.messages(ticket.workspace_id, ticket.id, None, true, 10).await.expect("they are read").items
}

async fn stored(table: &TestTable, ticket: &Ticket) -> Ticket {
    table.store.tickets.ticket(ticket.workspace_id, ticket.id).await.expect("it is read").expect("it is there")
}

async fn commit(table: &TestTable, ticket: &Ticket, change: &Change) -> Result<Option<Ticket>, CommitError> {
    table.store.tickets.commit(ticket.workspace_id, ticket.id, change, None).await
}

#[tokio::test]
async fn a_transaction_is_tried_again_while_others_write_the_same_items() {
    let (table, ticket) = with_ticket().await;
    table.faults.next([CONFLICT, Fault::Error("TransactionInProgressException"), CONFLICT]);
    commit(&table, &ticket, &note(&ticket)).await.expect("it is written in the end");
    let tokens: Vec<_> = table.faults.seen().iter().map(|body| body["ClientRequestToken"].clone()).collect();
    assert!(tokens.len() >= 4 && tokens.iter().all(|token| *token == tokens[0]), "{tokens:?}");
    assert_eq!(
        (stored(&table, &ticket).await.version, messages(&table, &ticket).await.len()),
        (ticket.version.next(), 1)
    );
}

#[tokio::test]
async fn a_transaction_is_given_up_after_a_bounded_number_of_tries() {
    for (reason, is_contended) in
        [("TransactionConflict", true), ("ThrottlingError", false), ("ProvisionedThroughputExceeded", false)]
    {
        let (table, ticket) = with_ticket().await;
        table.faults.next([Fault::Cancelled(reason); 100]);
        let outcome = commit(&table, &ticket, &note(&ticket)).await;
        match outcome {
            Err(CommitError::Table(TableError::Contended)) => assert!(is_contended, "{reason}"),
            Err(CommitError::Table(TableError::Unavailable("throttled"))) => assert!(!is_contended, "{reason}"),
            other => panic!("{reason}: {other:?}"),
        }
        assert_eq!(table.faults.seen().len(), if is_contended { 8 } else { 5 }, "{reason}");
        table.faults.next([]);
        assert_eq!(stored(&table, &ticket).await, ticket, "nothing is written");
    }
}

#[tokio::test]
async fn any_other_cancellation_is_a_defect_of_ours_and_not_tried_again() {
    let (table, ticket) = with_ticket().await;
    table.faults.next([Fault::Cancelled("ValidationError")]);
    let outcome = commit(&table, &ticket, &note(&ticket)).await;
    assert!(matches!(outcome, Err(CommitError::Table(TableError::Refused(_)))), "{outcome:?}");
    assert_eq!(table.faults.seen().len(), 1);
}

#[tokio::test]
async fn an_update_is_tried_again_while_a_transaction_holds_its_ticket() {
    let (table, ticket) = with_ticket().await;
    table.faults.next([BUSY; 4]);
    let change = read(&ticket, &context(&ticket));
    let next = commit(&table, &ticket, &change).await.expect("it is written in the end");
    assert_eq!(next, Some(change.applied_to(&ticket)));
    table.faults.next([BUSY; 100]);
    let outcome = commit(&table, &ticket, &change).await;
    assert!(matches!(outcome, Err(CommitError::Table(TableError::Contended))), "{outcome:?}");
    assert_eq!(table.faults.seen().len(), 8);
}

#[tokio::test]
async fn new_tickets_wait_for_transactions_too() {
    let (table, ticket) = with_ticket().await;
    table.faults.next([BUSY; 2]);
    let other = renamed(&ticket, workspace(1), 2);
    table.store.tickets.create_ticket(&other, NewItems::default()).await.expect("it is written in the end");
    assert_eq!(stored(&table, &other).await, other);
}

#[tokio::test]
async fn a_throttled_request_is_tried_again_and_then_unavailable() {
    let (table, ticket) = with_ticket().await;
    table.faults.next([Fault::Error("ThrottlingException"); 2]);
    assert_eq!(stored(&table, &ticket).await, ticket);
    for code in ["ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"] {
        table.faults.next([Fault::Error(code); 100]);
        let outcome = table.store.tickets.ticket(workspace(1), ticket.id).await;
        assert!(matches!(outcome, Err(TableError::Unavailable("throttled"))), "{code}: {outcome:?}");
        // Five attempts of our own, where the SDK made three.
        assert_eq!(table.faults.seen().len(), ATTEMPTS as usize, "{code}");
    }
    let (other, rest) = (Fault::Error("ValidationException"), table.store.tickets.ticket(workspace(1), ticket.id));
    table.faults.next([other]);
    assert!(matches!(rest.await, Err(TableError::Refused(_))));
}

#[tokio::test]
async fn a_reply_whose_answer_is_lost_is_written_once() {
    let (table, ticket) = with_ticket().await;
    table.faults.next([Fault::AnswerLost, Fault::AnswerLost]);
    let change = answer(&ticket);
    commit(&table, &ticket, &change).await.expect("it is answered in the end");
    assert_eq!(table.faults.seen().len(), 3);
    assert_eq!(stored(&table, &ticket).await, change.applied_to(&ticket));
    assert_eq!(messages(&table, &ticket).await, change.message.into_iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn an_update_whose_answer_is_lost_is_written_once() {
    for if_match in [false, true] {
        let (table, ticket) = with_ticket().await;
        let context = Context { if_match: if_match.then(|| ticket.version.into()), ..context(&ticket) };
        let change = read(&ticket, &context);
        table.faults.next([Fault::AnswerLost]);
        let next = commit(&table, &ticket, &change).await.expect("it is answered in the end");
        assert_eq!(next, Some(change.applied_to(&ticket)), "if-match: {if_match}");
        assert_eq!(stored(&table, &ticket).await.version, ticket.version.next());
    }
}

#[tokio::test]
async fn a_stale_update_is_refused_also_when_an_answer_is_lost() {
    let (table, ticket) = with_ticket().await;
    let stale = Context { if_match: Some(ticket.version.next().next().into()), ..context(&ticket) };
    let fields = Fields::of([Set::ReadByCustomer(true)]);
    let change = changed(update(&Update::Fields(Box::new(fields)), &stale, Prior::Unknown));
    table.faults.next([Fault::AnswerLost]);
    let outcome = commit(&table, &ticket, &change).await;
    assert!(matches!(&outcome, Err(CommitError::PreconditionFailed(found)) if **found == ticket), "{outcome:?}");
}

#[tokio::test]
async fn a_new_ticket_whose_answer_is_lost_is_written_once() {
    let (table, ticket) = with_ticket().await;
    let other = renamed(&ticket, workspace(1), 2);
    table.faults.next([Fault::AnswerLost]);
    table.store.tickets.create_ticket(&other, NewItems::default()).await.expect("it is answered in the end");
    let third = renamed(&ticket, workspace(1), 3);
    let message = answer(&third).message.expect("a message");
    table.faults.next([Fault::AnswerLost]);
    let new = NewItems { message: Some(&message), ..NewItems::default() };
    table.store.tickets.create_ticket(&third, new).await.expect("it is answered in the end");
    assert_eq!(table.size().await, 4);
}

#[tokio::test]
async fn lost_requests_end_as_unavailable() {
    let (table, ticket) = with_ticket().await;
    table.faults.next([Fault::AnswerLost; 100]);
    let outcome = table.store.tickets.ticket(workspace(1), ticket.id).await;
    assert!(matches!(outcome, Err(TableError::Unavailable("connection"))), "{outcome:?}");
}

#[tokio::test]
async fn requests_without_an_answer_end_as_unavailable() {
    let (table, ticket) = with_ticket().await;
    table.faults.next([Fault::Lost; 100]);
    let outcome = Tickets::new(&table.impatient()).ticket(workspace(1), ticket.id).await;
    assert!(matches!(outcome, Err(TableError::Unavailable("timeout"))), "{outcome:?}");
    assert_eq!(table.faults.seen().len(), UNANSWERED as usize);
}
