//! Events that the stream lost: the recheck and the nightly reconcile.

use crate::support::Desk;
use lambdesk_domain::{
    events::{EventType, Subject, TicketEvent, UNKNOWN_FIELD, between},
    id::TicketId,
    status::Status,
    ticket::Ticket,
};
use lambdesk_runtime::Hint;
use std::time::Duration;

/// A ticket with four versions; the stream told of those with an index in `told`.
async fn told(desk: &Desk, told: &[usize]) -> Ticket {
    let mut ticket = desk.ticket().await;
    for status in [Status::InProgress, Status::Waiting, Status::Resolved] {
        desk.clock.advance(Duration::from_mins(1));
        ticket = desk.set_status(&ticket, status).await;
    }
    let changes = desk.changes(ticket.id);
    for index in told {
        desk.publish(&changes[*index..=*index]).await;
    }
    ticket
}

async fn events(desk: &Desk, ticket: TicketId) -> Vec<TicketEvent> {
    let mut events = desk.store.activities(desk.workspace, ticket, None, 20).await.unwrap().items;
    events.reverse();
    events
}

async fn sequences(desk: &Desk, ticket: &Ticket) -> Vec<u64> {
    events(desk, ticket.id).await.iter().map(|event| event.sequence.0).collect()
}

#[tokio::test]
async fn the_reconcile_tells_of_a_version_that_the_stream_lost() {
    let desk = Desk::open().await;
    let ticket = told(&desk, &[0, 2, 3]).await;
    let endpoint = desk.endpoint().await;
    let run = desk.run().await;
    assert_eq!((run.reconciled.found, run.reconciled.done, run.reconciled.is_complete), (1, 1, true));

    let lost = events(&desk, ticket.id).await.remove(1);
    assert_eq!((lost.sequence.0, lost.kind), (2, EventType::TicketUpdated));
    assert_eq!(lost.changes[0].field, UNKNOWN_FIELD);
    let delivery = desk.store.deliveries(desk.workspace, endpoint.id, None, 5).await.unwrap().items.remove(0);
    assert_eq!(delivery.event_id, lost.id);
    assert_eq!(desk.hints(), [Hint::from(&delivery)]);
    assert_eq!(sequences(&desk, &ticket).await, [1, 2, 3, 4]);
}

#[tokio::test]
async fn the_latest_versions_are_given_the_streams_six_hours_to_come() {
    let desk = Desk::open().await;
    let ticket = told(&desk, &[0]).await;
    desk.clock.advance(Duration::from_hours(5));
    assert_eq!(desk.run().await.reconciled.done, 0);
    assert_eq!(sequences(&desk, &ticket).await, [1]);

    // The next night.
    desk.clock.advance(Duration::from_hours(7));
    let run = desk.run().await;
    assert!(!run.reconciled.is_complete);
    desk.clock.advance(Duration::from_hours(24));
    let run = desk.run().await;
    assert_eq!((run.reconciled.done, run.reconciled.is_complete), (3, true));
    assert_eq!(sequences(&desk, &ticket).await, [1, 2, 3, 4]);
    let last = events(&desk, ticket.id).await.remove(3);
    let whole = between(None, &ticket);
    assert_eq!((last.id, &last.actor, &last.data), (whole.id, &whole.actor, &whole.data));
}

#[tokio::test]
async fn a_ticket_whose_first_event_was_lost_is_told_as_created() {
    let desk = Desk::open().await;
    let ticket = told(&desk, &[1, 2, 3]).await;
    desk.run().await;
    let first = events(&desk, ticket.id).await.remove(0);
    assert_eq!((first.kind, first.created_at), (EventType::TicketCreated, ticket.created_at));
    assert_eq!(first.id, between(None, &desk.changes(ticket.id)[0].new).id);
}

#[tokio::test]
async fn a_ticket_with_all_its_events_is_left_alone() {
    let desk = Desk::open().await;
    let ticket = told(&desk, &[0, 1, 2, 3]).await;
    let before = events(&desk, ticket.id).await;
    let run = desk.run().await;
    assert_eq!((run.reconciled.found, run.reconciled.done), (1, 0));
    assert_eq!(events(&desk, ticket.id).await, before);
}

#[tokio::test]
async fn a_recheck_is_done_when_it_is_due_and_goes_away() {
    let desk = Desk::open().await;
    desk.run().await;
    let ticket = told(&desk, &[0, 2]).await;
    let at = desk.clock.now().plus(Duration::from_mins(5));
    desk.store.recheck_later(desk.workspace, Subject::Ticket(ticket.id), at).await.unwrap();
    assert_eq!(desk.run().await.rechecks.found, 0);

    desk.clock.advance(Duration::from_mins(5) + Duration::from_secs(1));
    let run = desk.run().await;
    assert_eq!((run.rechecks.found, run.rechecks.done), (1, 1));
    assert_eq!(sequences(&desk, &ticket).await, [1, 2, 3, 4]);
    desk.clock.advance(Duration::from_hours(1));
    assert_eq!(desk.run().await.rechecks.found, 0);
}

#[tokio::test]
async fn a_recheck_waits_while_the_ticket_still_changes() {
    let desk = Desk::open().await;
    desk.run().await;
    let ticket = told(&desk, &[0]).await;
    desk.store.recheck_later(desk.workspace, Subject::Ticket(ticket.id), desk.clock.now()).await.unwrap();
    let run = desk.run().await;
    assert_eq!((run.rechecks.found, run.rechecks.skipped), (1, 1));
    assert_eq!(sequences(&desk, &ticket).await, [1]);
    desk.clock.advance(Duration::from_mins(6));
    assert_eq!(desk.run().await.rechecks.done, 1);
    assert_eq!(sequences(&desk, &ticket).await, [1, 2, 3, 4]);
}
