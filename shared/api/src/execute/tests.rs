//! Outcomes and errors of commands, over the engine in memory.

use super::*;
use crate::{
    idempotency::IdempotencyKey,
    opening::{self, NewContact},
    problem::Problem,
    seal::SealingKey,
};
use axum::{
    http::Request,
    response::{IntoResponse as _, Response},
};
use lambdesk_domain::{
    access::{AccessRules, Actor},
    command::{self, Fields, NewReply, ReplyKind, Update, create},
    directory::DeletionPolicy,
    id::{MessageId, Version},
    message::Content,
    set::Set,
    status::{Priority, Status},
    testing::samples::new_ticket,
    time::Timestamp,
};
use lambdesk_store_tickets::NewItems;
use lambdesk_table::TableError;
use lambdesk_testkit::{ClientAnswer, TestTable};
use uuid::Uuid;

const WORKSPACE: WorkspaceId = WorkspaceId::new(Uuid::from_u128(1));
const TICKET: TicketId = TicketId::new(Uuid::from_u128(2));
const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// The state of a function, and the table in memory that it is over.
struct Fixture {
    app: App,
    _table: TestTable,
}

impl Fixture {
    async fn new() -> Self {
        let table = TestTable::new().await;
        Self { app: App::new(&table.table, SealingKey::new(&[7; 32])), _table: table }
    }
}

fn executor(fixture: &Fixture) -> Executor<'_> {
    let context = Context {
        actor: Actor::System,
        rules: AccessRules::default(),
        request_id: None,
        is_silent: false,
        if_match: None,
        now: NOW,
    };
    let detail = ClientDetail::Whole;
    Executor { app: &fixture.app, workspace: WORKSPACE, context, is_dry_run: false, idempotency: None, detail }
}

/// With an `Idempotency-Key`, and a body.
fn keyed<'a>(executor: Executor<'a>, body: &[u8]) -> Executor<'a> {
    let request = Request::post("/").header("idempotency-key", "k").body(()).expect("a request");
    let key = IdempotencyKey::of(&request.into_parts().0).expect("readable").expect("there");
    Executor { idempotency: Some(key.bind(WORKSPACE, "caller", body)), ..executor }
}

/// With an open ticket of normal priority that `change` makes another.
async fn with_ticket(change: impl FnOnce(&mut command::NewTicket)) -> Fixture {
    let fixture = Fixture::new().await;
    let mut new = new_ticket(WORKSPACE, TICKET);
    change(&mut new);
    let (ticket, _) = create(new, &executor(&fixture).context).expect("a ticket");
    fixture.app.tickets.create_ticket(&ticket, NewItems::default()).await.expect("written");
    fixture
}

async fn update(executor: &Executor<'_>, update: Update) -> Result<CommandOutcome, CommandError> {
    let decide = |context: &Context, prior: Prior<'_>| command::update(&update, context, prior);
    let answer = |_: Written<'_>| Answer::no_content();
    executor.execute(Command { ticket: TICKET, decide, answer, answer_needs_ticket: false }).await
}

async fn prioritise(executor: &Executor<'_>, priority: Priority) -> Result<CommandOutcome, CommandError> {
    let fields = Fields::of([Set::Priority(priority)]);
    update(executor, Update::Fields(Box::new(fields))).await
}

async fn version(fixture: &Fixture) -> Version {
    fixture.app.tickets.ticket(WORKSPACE, TICKET).await.expect("read").expect("there").version
}

#[tokio::test]
async fn a_change_that_is_made_is_told_apart_from_one_that_is_so_already() {
    let fixture = with_ticket(|_| {}).await;
    let first = prioritise(&executor(&fixture), Priority::High).await;
    assert!(matches!(first, Ok(CommandOutcome::Changed(_))), "{first:?}");
    let again = prioritise(&executor(&fixture), Priority::High).await;
    assert!(matches!(again, Ok(CommandOutcome::Unchanged(_))), "{again:?}");
    assert_eq!(version(&fixture).await, Version(2));
}

#[tokio::test]
async fn a_dry_run_tells_what_would_change_and_writes_nothing() {
    let fixture = with_ticket(|_| {}).await;
    let dry = Executor { is_dry_run: true, ..executor(&fixture) };
    for (priority, events) in [(Priority::High, 1), (Priority::Normal, 0)] {
        match prioritise(&dry, priority).await {
            Ok(CommandOutcome::DryRun(told)) => assert_eq!(told.events.len(), events, "{priority:?}"),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(version(&fixture).await, Version(1));
}

#[tokio::test]
async fn a_request_that_is_sent_again_is_replayed_and_another_with_its_key_is_an_error() {
    let fixture = with_ticket(|_| {}).await;
    let executor = keyed(executor(&fixture), b"high");
    assert!(matches!(prioritise(&executor, Priority::High).await, Ok(CommandOutcome::Changed(_))));
    let again = prioritise(&executor, Priority::High).await;
    assert!(matches!(again, Ok(CommandOutcome::Replayed(_))), "{again:?}");
    let replayed = ClientAnswer::of(again.and_then(CommandOutcome::whole).expect("an answer")).await;
    assert_eq!((replayed.status, replayed.header("idempotent-replayed")), (204, "true"));
    let other = keyed(executor, b"low");
    let reused = prioritise(&other, Priority::Low).await;
    assert!(matches!(reused, Err(CommandError::Replay(ReplayError::KeyReused))), "{reused:?}");
    assert_eq!(version(&fixture).await, Version(2));
}

#[tokio::test]
async fn a_refusal_is_the_rejection_of_the_domain() {
    let fixture = with_ticket(|new| new.status = Status::Closed).await;
    let stale = Context { if_match: Some(Version(7).into()), ..executor(&fixture).context };
    let stale = prioritise(&Executor { context: stale, ..executor(&fixture) }, Priority::High).await;
    let current = Version(1);
    assert!(matches!(stale, Err(CommandError::Rejected(Rejection::Stale { current: now })) if now == current));

    let reply = NewReply {
        ticket_id: TICKET,
        id: MessageId::new(Uuid::from_u128(3)),
        kind: ReplyKind::Inbound,
        content: Content::from_text("Still broken").expect("content"),
        attachments: Vec::new(),
        is_secure: false,
        is_forward: false,
        status: None,
        sender: None,
    };
    let decide = |context: &Context, prior: Prior<'_>| command::reply(&reply, context, prior);
    let answer = |_: Written<'_>| Answer::no_content();
    let command = Command { ticket: TICKET, decide, answer, answer_needs_ticket: false };
    let closed = executor(&fixture).execute(command).await;
    assert!(matches!(closed, Err(CommandError::Rejected(Rejection::Closed))), "{closed:?}");

    let deleted = update(&executor(&fixture), Update::Delete(DeletionPolicy::Trash)).await;
    assert!(matches!(deleted, Ok(CommandOutcome::Changed(_))), "{deleted:?}");
    let trashed = update(&executor(&fixture), Update::Delete(DeletionPolicy::Trash)).await;
    assert!(matches!(trashed, Err(CommandError::Rejected(Rejection::Trashed))), "{trashed:?}");
}

#[tokio::test]
async fn a_ticket_that_is_not_there_is_not_found_whether_it_is_read_first_or_not() {
    let fixture = Fixture::new().await;
    for is_dry_run in [false, true] {
        let absent = prioritise(&Executor { is_dry_run, ..executor(&fixture) }, Priority::High).await;
        assert!(matches!(absent, Err(CommandError::Rejected(Rejection::NotFound))), "{absent:?}");
    }
}

#[tokio::test]
async fn a_change_that_loses_every_race_is_contended() {
    let fixture = with_ticket(|_| {}).await;
    let fields = Fields::of([Set::Priority(Priority::High)]);
    let wanted = Update::Fields(Box::new(fields));
    // As if somebody always wrote between the reading and the writing.
    let decide = |context: &Context, prior: Prior<'_>| {
        command::update(&wanted, context, prior).map(|decision| match decision {
            Decision::Change(mut change) => {
                change.guard.versions = Some(Version(7).into());
                Decision::Change(change)
            }
            other => other,
        })
    };
    let answer = |_: Written<'_>| Answer::no_content();
    let command = Command { ticket: TICKET, decide, answer, answer_needs_ticket: false };
    let lost = executor(&fixture).execute(command).await;
    assert!(matches!(lost, Err(CommandError::Contended)), "{lost:?}");
}

#[tokio::test]
async fn opening_a_ticket_has_outcomes_of_the_same_kinds() {
    let fixture = Fixture::new().await;
    let open = async |executor: &Executor<'_>, contact| {
        opening::open(executor, new_ticket(WORKSPACE, TICKET), contact, |_, _| Answer::no_content()).await
    };
    let (email, salt) = ("ada@acme.example".parse().expect("an address"), "salt".to_owned());
    let stranger = NewContact::WithAddress { email, salt, must_exist: true };
    let refused = open(&executor(&fixture), stranger).await;
    assert!(matches!(refused, Err(CommandError::NoSuchContact)), "{refused:?}");
    let dry = Executor { is_dry_run: true, ..executor(&fixture) };
    let tried = open(&dry, NewContact::Nobody).await;
    assert!(matches!(&tried, Ok(CommandOutcome::DryRun(told)) if told.events.len() == 1), "{tried:?}");
    let executor = keyed(executor(&fixture), b"");
    let opened = open(&executor, NewContact::Nobody).await;
    assert!(matches!(opened, Ok(CommandOutcome::Changed(_))), "{opened:?}");
    let again = open(&executor, NewContact::Nobody).await;
    assert!(matches!(again, Ok(CommandOutcome::Replayed(_))), "{again:?}");
}

#[tokio::test]
async fn every_error_has_the_problem_document_that_callers_know() {
    let errors: [(CommandError, u16, &str); 9] = [
        (Rejection::NotFound.into(), 404, "not_found"),
        (Rejection::Stale { current: Version(3) }.into(), 412, "stale"),
        (Rejection::Closed.into(), 409, "ticket_closed"),
        (CommitError::Absent.into(), 404, "not_found"),
        (CommandError::NoSuchContact, 422, "invalid"),
        (CommitError::AttachmentTaken.into(), 409, "taken"),
        (ReplayError::KeyReused.into(), 422, "idempotency_key_reused"),
        (CommandError::Contended, 503, "unavailable"),
        (TableError::Refused(String::new()).into(), 500, "internal"),
    ];
    for (error, status, code) in errors {
        let problem = Problem::from(error);
        assert_eq!((problem.status().as_u16(), problem.code()), (status, code));
    }
    assert_eq!(Problem::from(ReplayError::Unreadable).status().as_u16(), 500);
    let response: Response = Problem::from(CommandError::NoSuchContact).into_response();
    let errors = ClientAnswer::of(response).await.json()["errors"].take();
    let detail = "there is no contact with this address";
    let expected = serde_json::json!([{"pointer": "/from/email", "code": "no_such_reference", "detail": detail}]);
    assert_eq!(errors, expected);
}
