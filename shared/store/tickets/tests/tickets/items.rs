//! A ticket's item: what is stored is the ticket, and an update does what the domain says.

use lambdesk_domain::{
    access::Actor,
    command::{Change, Context, Decision, Prior, follow_up_due},
    patch::TicketPatch,
    set::Set,
    status::{Lifecycle, StatusSet},
    testing,
    ticket::Ticket,
    time::Timestamp,
};
use lambdesk_store_tickets::{CommitError, NewItems, Tickets};
use lambdesk_table::Tenant;
use lambdesk_testkit::{TestTable, check, sample};
use proptest::{prelude::*, test_runner::TestCaseResult};

#[test]
fn any_ticket_reads_back_as_it_was_written() {
    check(64, &testing::ticket(), async |table, ticket| {
        table.store.tickets.create_ticket(&ticket, NewItems::default()).await.expect("it is written");
        let read = table.store.tickets.ticket(ticket.workspace_id, ticket.id).await.expect("it is read");
        prop_assert_eq!(read, Some(ticket));
        Ok(())
    });
}

/// A change that the domain decided, with the ticket at hand or without.
fn decided() -> impl Strategy<Value = (Ticket, Change)> {
    let gap = (0..9_000_000_u64).prop_map(std::time::Duration::from_millis);
    let context = prop_oneof![testing::trusted(), testing::context()];
    (testing::ticket(), testing::command(), context, gap, any::<bool>()).prop_filter_map(
        "a change",
        |(ticket, command, context, gap, is_informed)| {
            let context = Context { now: ticket.updated_at.plus(gap), ..context };
            let prior = if is_informed { Prior::Known(&ticket) } else { Prior::Unknown };
            match command.on(ticket.id).decide(&context, prior) {
                Ok(Decision::Change(change)) => Some((ticket, *change)),
                _ => None,
            }
        },
    )
}

/// Commits, and holds the outcome against the domain's word: the ticket, the whole
/// item with its places in the indexes, and the message.
async fn hold(table: &TestTable, fresh: &Tickets, ticket: Ticket, change: Change) -> TestCaseResult {
    let (workspace, id) = (ticket.workspace_id, ticket.id);
    let key = Tenant::new(workspace).ticket(id);
    table.store.tickets.create_ticket(&ticket, NewItems::default()).await.expect("it is written");
    let before = table.item(key.clone()).await;
    let outcome = table.store.tickets.commit(workspace, id, &change, None).await;
    if !change.admits(&ticket) {
        let Err(CommitError::PreconditionFailed(found)) = outcome else {
            return Err(TestCaseError::fail(format!("not refused: {outcome:?}")));
        };
        prop_assert_eq!(*found, ticket);
        prop_assert_eq!(table.item(key).await, before, "nothing is written");
        return Ok(());
    }
    let expected = change.applied_to(&ticket);
    let answered = outcome.map_err(|error| TestCaseError::fail(format!("not written: {error:?}")))?;
    prop_assert_eq!(answered.is_some(), change.message.is_none());
    prop_assert!(answered.is_none_or(|answered| answered == expected), "answered otherwise");
    prop_assert_eq!(table.store.tickets.ticket(workspace, id).await.expect("it is read"), Some(expected.clone()));
    fresh.create_ticket(&expected, NewItems::default()).await.expect("it is written");
    prop_assert_eq!(table.item(key.clone()).await, table.item_in("fresh-tickets", key).await, "as if written whole");
    if let Some(message) = change.message {
        let found = table.store.tickets.message(workspace, id, message.id).await.expect("it is read");
        prop_assert_eq!(found, Some(message));
    }
    Ok(())
}

fn hold_all<S: Strategy<Value = (Ticket, Change)>>(cases: u32, strategy: &S) {
    let fresh = tokio::sync::OnceCell::new();
    check(cases, strategy, async |table, (ticket, change)| {
        let fresh = &fresh.get_or_init(|| table.beside("fresh-tickets")).await.tickets;
        hold(table, fresh, ticket, change).await
    });
}

#[test]
fn a_committed_change_is_what_the_domain_says_or_nothing_is_written() {
    hold_all(200, &decided());
}

#[test]
fn a_follow_up_that_came_due_is_committed_once() {
    let strategy = (testing::ticket(), testing::context(), testing::time(), any::<bool>());
    let strategy = strategy.prop_map(|(ticket, context, due, is_moved)| {
        let is_follow_up_silent = context.is_silent;
        let ticket = Ticket { follow_up_at: Some(due), is_follow_up_silent, ..ticket };
        let context = Context { actor: Actor::System, if_match: None, now: ticket.updated_at, ..context };
        let asked = if is_moved { due.plus(std::time::Duration::from_millis(1)) } else { due };
        let Decision::Change(change) = follow_up_due(asked, ticket.lifecycle, &context) else {
            panic!("always a change")
        };
        (ticket, *change)
    });
    hold_all(40, &strategy);
}

#[test]
fn each_part_of_a_guard_holds_by_itself() {
    let strategy = (testing::ticket(), testing::ticket(), testing::actor(), testing::rules(), 0..7_u8);
    let strategy = strategy.prop_map(|(ticket, other, actor, rules, part)| {
        let context = sample_context(actor, ticket.updated_at);
        let mut guard = lambdesk_domain::guard::Guard::live(lambdesk_domain::access::VisibilityScope::All);
        guard.lifecycle = ticket.lifecycle;
        match part {
            0 => guard.lifecycle = other.lifecycle,
            1 => guard.statuses = StatusSet::of(&[other.status, ticket.status]).without(other.status),
            2 => guard.visibility = context.actor.visibility(rules),
            3 => guard.versions = Some(other.version.into()),
            4 => guard.follow_up_at = other.follow_up_at,
            5 => guard.is_follow_up_silent = Some(other.is_follow_up_silent),
            _ => {}
        }
        if guard.statuses.is_empty() {
            guard.statuses = StatusSet::ALL.without(ticket.status);
        }
        let patch = TicketPatch { sets: vec![Set::Team(None)], ..TicketPatch::default() };
        (
            ticket,
            Change { guard, patch, message: None, edited: None, deleted: None, cause: other.cause, at: context.now },
        )
    });
    hold_all(100, &strategy);
}

fn sample_context(actor: Actor, now: Timestamp) -> Context {
    Context { actor, now, ..sample(&testing::context()) }
}

#[test]
fn a_ticket_that_is_not_there_can_not_be_changed() {
    check(20, &decided(), async |table, (ticket, change)| {
        let outcome = table.store.tickets.commit(ticket.workspace_id, ticket.id, &change, None).await;
        prop_assert!(matches!(outcome, Err(CommitError::Absent)), "{outcome:?}");
        prop_assert_eq!(table.item(Tenant::new(ticket.workspace_id).ticket(ticket.id)).await, None);
        Ok(())
    });
}

#[tokio::test]
async fn many_custom_fields_fit_into_one_change() {
    let table = TestTable::new().await;
    let ticket = Ticket { lifecycle: Lifecycle::Live, ..sample(&testing::ticket()) };
    table.store.tickets.create_ticket(&ticket, NewItems::default()).await.expect("it is written");
    let key = |number: u32| format!("a_custom_field_with_a_rather_long_na_{number:03}").parse().expect("a key");
    let value = |number: u32| Some(lambdesk_domain::custom_field::FieldValue::Text(format!("value {number}")));
    let sets = (0..100).map(|number| Set::Custom(key(number), value(number))).collect();
    let patch = TicketPatch { sets, ..TicketPatch::default() };
    let mut guard = lambdesk_domain::guard::Guard::live(lambdesk_domain::access::VisibilityScope::All);
    guard.rejects_noop = true;
    let change = Change {
        guard,
        patch,
        message: None,
        edited: None,
        deleted: None,
        cause: ticket.cause.clone(),
        at: ticket.updated_at.plus(std::time::Duration::from_secs(1)),
    };
    table.faults.next([]);
    let next = table.store.tickets.commit(ticket.workspace_id, ticket.id, &change, None).await.expect("it is written");
    assert_eq!(next, Some(change.applied_to(&ticket)));
    // AWS refuses expressions of more than 4 KB; the engine does not.
    for kind in ["UpdateExpression", "ConditionExpression"] {
        let expression = table.faults.seen()[0][kind].as_str().expect("a text").len();
        assert!(expression < 4_096, "{expression} bytes of {kind}");
    }
}
