//! A ticket's messages and events, in pages.

use crate::support::{Table, renamed, sample, samples, workspace};
use lambdesk_domain::{
    events::{Event, TicketEvent, between},
    id::{MessageId, TicketId, Version},
    message::{Content, Message},
    testing,
    ticket::Ticket,
    time::Timestamp,
};
use lambdesk_store::NewItems;
use std::time::Duration;
use uuid::Uuid;

fn message(ticket: TicketId, number: u128, text: &str) -> Message {
    let made = samples(&testing::created(), 40).into_iter().find_map(|(_, message)| message);
    let made = made.expect("most tickets open with a message");
    Message {
        id: MessageId::new(Uuid::from_u128((0x0190 << 112) + number)),
        ticket_id: ticket,
        content: Content::from_text(text).expect("not blank"),
        ..made
    }
}

/// A ticket with so many messages, each with a text so long.
async fn thread(table: &Table, count: u128, length: usize) -> (Ticket, Vec<Message>) {
    let ticket = renamed(&sample(&testing::ticket()), workspace(1), 1);
    let messages: Vec<_> = (1..=count).map(|number| message(ticket.id, number, &"x".repeat(length))).collect();
    let (first, rest) = messages.split_first().expect("at least one");
    table
        .store
        .create_ticket(&ticket, NewItems { message: Some(first), ..NewItems::default() })
        .await
        .expect("written");
    for message in rest {
        // Through another ticket's creation: the head of this one is not what is tested.
        let other = renamed(&ticket, workspace(2), message.id.uuid().as_u128());
        let moved = Message { ticket_id: ticket.id, ..message.clone() };
        table
            .store
            .create_ticket(&other, NewItems { message: Some(&moved), ..NewItems::default() })
            .await
            .expect("written");
        let key = lambdesk_store::keys::Tenant::new(workspace(2)).message(other.id, message.id);
        let mut item = table.item(key).await.expect("it is there");
        let key = lambdesk_store::keys::Tenant::new(workspace(1)).message(ticket.id, message.id);
        item.insert("pk".to_owned(), aws_sdk_dynamodb::types::AttributeValue::S(key.pk));
        table.put(item).await;
    }
    (ticket, messages)
}

#[tokio::test]
async fn a_thread_is_its_head_and_its_newest_messages_in_one_query() {
    let table = Table::new().await;
    let (ticket, messages) = thread(&table, 5, 10).await;
    for (newest, has_more) in [(4, true), (5, false), (6, false), (0, true)] {
        let store = table.store.metered();
        let (head, page) =
            store.thread(workspace(1), ticket.id, newest).await.expect("it is read").expect("it is there");
        assert_eq!((store.usage().round_trips(), &head), (1, &ticket));
        let expected: Vec<_> = messages.iter().rev().take(usize::from(newest)).cloned().collect();
        assert_eq!((page.items, page.has_more), (expected, has_more), "{newest} of 5");
    }
    assert_eq!(table.store.thread(workspace(9), ticket.id, 5).await.expect("it is read"), None);
}

#[tokio::test]
async fn messages_are_paged_in_both_directions_without_loss() {
    let table = Table::new().await;
    let (ticket, messages) = thread(&table, 23, 10).await;
    for oldest_first in [true, false] {
        let (mut seen, mut beyond) = (Vec::new(), None);
        loop {
            let page =
                table.store.messages(workspace(1), ticket.id, beyond, oldest_first, 5).await.expect("it is read");
            assert!(page.items.len() <= 5);
            beyond = page.items.last().map(|message| message.id);
            seen.extend(page.items);
            if !page.has_more {
                break;
            }
        }
        if !oldest_first {
            seen.reverse();
        }
        assert_eq!(seen, messages, "oldest first: {oldest_first}");
    }
    let none = table.store.messages(workspace(1), ticket.id, Some(messages[0].id), false, 5).await.expect("it is read");
    assert_eq!((none.items.len(), none.has_more), (0, false));
}

#[tokio::test]
async fn a_thread_of_more_than_a_megabyte_comes_in_several_pages() {
    let table = Table::new().await;
    let (ticket, messages) = thread(&table, 24, 60_000).await;
    let (_, first) = table.store.thread(workspace(1), ticket.id, 50).await.expect("it is read").expect("it is there");
    assert!(first.has_more && first.items.len() < 24, "{} of 24", first.items.len());
    let mut seen = first.items;
    loop {
        let beyond = seen.last().map(|message| message.id);
        let page = table.store.messages(workspace(1), ticket.id, beyond, false, 50).await.expect("it is read");
        seen.extend(page.items);
        if !page.has_more {
            break;
        }
    }
    seen.reverse();
    assert_eq!(seen, messages);
}

#[tokio::test]
async fn one_message_is_found_by_its_ticket_only() {
    let table = Table::new().await;
    let (ticket, messages) = thread(&table, 1, 10).await;
    let found = table.store.message(workspace(1), ticket.id, messages[0].id).await.expect("it is read");
    assert_eq!(found.as_ref(), Some(&messages[0]));
    let elsewhere = TicketId::new(Uuid::from_u128(2));
    assert_eq!(table.store.message(workspace(1), elsewhere, messages[0].id).await.expect("it is read"), None);
}

#[tokio::test]
async fn activities_are_paged_from_the_newest_and_kept_apart_from_messages() {
    let table = Table::new().await;
    let (ticket, _) = thread(&table, 3, 10).await;
    let events: Vec<TicketEvent> =
        (1..=12).map(|version| between(None, &Ticket { version: Version(version), ..ticket.clone() })).collect();
    let now = Timestamp::from_millis(1_767_225_600_000);
    for event in events.iter().cloned().map(Event::Ticket) {
        let position = uuid::Builder::from_unix_timestamp_millis(now.millis(), &[1; 10]).into_uuid();
        assert!(table.store.add_event(&event, position, now).await.expect("it is written"));
        assert!(!table.store.add_event(&event, position, now.plus(Duration::from_secs(1))).await.expect("it is there"));
    }
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = table.store.activities(workspace(1), ticket.id, before, 5).await.expect("it is read");
        before = page.items.last().map(|event| event.sequence);
        seen.extend(page.items);
        if !page.has_more {
            break;
        }
    }
    seen.reverse();
    assert_eq!(seen, events);
    let found = table.store.event(workspace(1), ticket.id, Version(7)).await.expect("it is read");
    assert_eq!(found.as_ref(), Some(&events[6]));
}
