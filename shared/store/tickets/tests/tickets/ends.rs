//! The end of tickets and of what they say: erased messages, purged tickets, and how both
//! are found.

use crate::message;
use lambdesk_domain::{
    contact::ContactRef,
    id::{ContactId, MessageId, TicketId},
    message::{Content, Message, Sender, SenderKind},
    status::Lifecycle,
    testing,
    ticket::Ticket,
    time::Timestamp,
};
use lambdesk_store_tickets::{UserKind, message::items};
use lambdesk_table::{Tenant, keys::State, measured};
use lambdesk_testkit::{Fault, TestTable, renamed, sample, workspace};
use std::time::Duration;
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);
const TRASHED: State = State::Trashed;

fn contact() -> ContactRef {
    ContactRef {
        id: ContactId::new(Uuid::from_u128(5)),
        name: None,
        email: None,
        external_id: None,
        is_unproved: false,
    }
}

/// A ticket in the trash since so many days.
fn trashed(number: u128, days: u64) -> Ticket {
    let at = NOW.minus(Duration::from_hours(24 * days));
    Ticket {
        lifecycle: Lifecycle::Trashed,
        contact: Some(contact()),
        updated_at: at,
        last_activity_at: at,
        ..renamed(&sample(&testing::ticket()), workspace(1), number)
    }
}

/// Adds so many messages of a contact to a ticket.
async fn add_messages(table: &TestTable, ticket: TicketId, count: u128) -> Vec<Message> {
    let one = |number| Message {
        id: MessageId::new(Uuid::from_u128(number)),
        content: Content::from_text(&format!("{} {number}", testing::MARKER)).expect("not blank"),
        sender: Sender { kind: SenderKind::Contact, id: Some(contact().id.uuid()), name: "Grace".parse().ok() },
        ..message(ticket)
    };
    let messages: Vec<_> = (1..=count).map(one).collect();
    let item = |message: &Message| items(&Tenant::new(workspace(1)), message).message;
    table.put_all(messages.iter().map(item).collect()).await;
    messages
}

#[tokio::test]
async fn messages_are_erased_once_however_many_and_stay_where_they_were() {
    let table = TestTable::new().await;
    let ticket = trashed(1, 0).id;
    let before = add_messages(&table, ticket, 60).await;
    let erase = || table.store.tickets.erase_messages(workspace(1), ticket);
    let (erased, usage) = measured(erase()).await;
    assert_eq!(erased.expect("they are written"), 60);
    assert_eq!(usage.round_trips(), 6, "a read and a write for 25 of them");
    assert!(!table.everything().await.contains(testing::MARKER));
    let after = table.store.tickets.messages(workspace(1), ticket, None, true, 100).await.expect("they are read");
    let place = |message: &Message| (message.id, message.kind, message.created_at);
    assert!(after.items.iter().map(place).eq(before.iter().map(place)));
    let (erased, usage) = measured(erase()).await;
    assert_eq!((erased.expect("nothing is left"), usage.round_trips()), (0, 3));
}

#[tokio::test]
async fn an_erasure_that_was_cut_off_is_gone_on_with() {
    let table = TestTable::new().await;
    let ticket = trashed(1, 0).id;
    add_messages(&table, ticket, 60).await;
    table.faults.after(3, [Fault::Error("AccessDeniedException")]);
    table.store.tickets.erase_messages(workspace(1), ticket).await.expect_err("it is cut off");
    table.faults.next([]);
    let rest = table.store.tickets.erase_messages(workspace(1), ticket).await.expect("they are written");
    assert_eq!(rest, 35, "the first 25 are erased already");
    assert!(!table.everything().await.contains(testing::MARKER));
}

#[tokio::test]
async fn a_purge_begins_only_with_the_ticket_as_it_was_read() {
    let table = TestTable::new().await;
    let ticket = trashed(1, 9);
    let live = Ticket { lifecycle: Lifecycle::Live, ..renamed(&ticket, workspace(1), 2) };
    table.fill(&[ticket.clone(), live.clone()]).await;
    let begin = async |ticket: &Ticket| table.store.tickets.begin_purge(ticket, NOW).await.expect("the table is fine");
    assert!(!begin(&Ticket { version: ticket.version.next(), ..ticket.clone() }).await, "it has changed");
    assert!(!begin(&live).await, "it is not in the trash");
    assert_eq!(table.size().await, 2);
    assert!(begin(&ticket).await);
    assert_eq!(table.store.tickets.ticket(workspace(1), ticket.id).await.expect("it is read"), None);
    assert!(!begin(&ticket).await, "it is gone");
    assert_eq!(table.size().await, 2, "the other ticket and the pending purge");
}

#[tokio::test]
async fn a_purge_takes_everything_but_events_however_often_it_is_cut_off() {
    let table = TestTable::new().await;
    let tenant = Tenant::new(workspace(1));
    let (ticket, kept) = (trashed(1, 9), trashed(2, 9));
    table.fill(&[ticket.clone(), kept.clone()]).await;
    for of in [ticket.id, kept.id] {
        add_messages(&table, of, 30).await;
    }
    let event = lambdesk_domain::events::between(None, &ticket);
    table.store.events.tell(&event.clone().into(), Uuid::from_u128(7), NOW).await.expect("it is written");
    assert!(table.store.tickets.begin_purge(&ticket, NOW).await.expect("the table is fine"));
    for well in 0..3 {
        table.faults.after(well, [Fault::Error("AccessDeniedException")]);
        let cut = table.store.tickets.finish_purge(workspace(1), ticket.id).await;
        table.faults.next([]);
        assert!(cut.is_err(), "after {well}");
        assert!(table.item(tenant.pending_purge(ticket.id)).await.is_some(), "it is pending until all is gone");
    }
    for _ in 0..2 {
        table.store.tickets.finish_purge(workspace(1), ticket.id).await.expect("it is removed");
        assert_eq!(
            table.size().await,
            2 + 31,
            "the event with its place in the feed, and the other ticket with its messages"
        );
    }
    let found = table.store.events.event(workspace(1), ticket.id, ticket.version).await.expect("it is read");
    assert_eq!(found, Some(event));
}

#[tokio::test]
async fn the_oldest_tickets_of_a_state_are_found_in_pieces() {
    let table = TestTable::new().await;
    let tickets: Vec<_> = (0..10).map(|days| trashed(u128::from(days) + 1, days)).collect();
    // Nothing was said in it lately, and still it has changed.
    let changed = Ticket { updated_at: NOW, ..trashed(20, 8) };
    table.fill(&tickets).await;
    table.fill(std::slice::from_ref(&changed)).await;
    let since = NOW.minus(Duration::from_hours(24 * 5));
    let (mut found, mut from) = (Vec::new(), None);
    loop {
        let oldest = table.store.tickets.oldest(workspace(1), TRASHED, since, from.as_deref(), 2).await;
        let oldest = oldest.expect("they are read");
        assert!(oldest.tickets.len() <= 2);
        found.extend(oldest.tickets);
        from = oldest.next;
        if from.is_none() {
            break;
        }
    }
    assert_eq!(found, tickets.iter().rev().take(5).cloned().collect::<Vec<_>>(), "of five days and more");
    let any = async |workspace, state| table.store.tickets.is_any(workspace, state).await.expect("it is read");
    assert!(any(workspace(1), TRASHED).await);
    assert!(!any(workspace(1), State::Archived).await && !any(workspace(2), TRASHED).await);
}

#[tokio::test]
async fn what_uses_a_contact_is_found_by_the_contact() {
    let table = TestTable::new().await;
    let tickets: Vec<_> = (1..=5).map(|number| trashed(number, 0)).collect();
    table.fill(&tickets).await;
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = table.store.tickets.tickets_of(workspace(1), contact().id, after, 2).await.expect("it is read");
        after = page.items.last().copied();
        found.extend(page.items);
        if !page.has_more {
            break;
        }
    }
    assert_eq!(found, tickets.iter().map(|ticket| ticket.id).collect::<Vec<_>>());
    let users = async |contact| table.store.tickets.uses_of_contacts(workspace(1), &[contact]).await.expect("read");
    let [tickets] = &users(contact().id).await[..] else { panic!("tickets only") };
    assert_eq!((tickets.kind, tickets.ids.len(), tickets.is_exact), (UserKind::Ticket, 5, true));
    assert_eq!(users(ContactId::new(Uuid::from_u128(6))).await, []);
}
