//! A ticket's messages, in pages.

use crate::message;
use lambdesk_domain::{
    id::{MessageId, TicketId},
    message::{Content, Message},
    testing,
    ticket::Ticket,
};
use lambdesk_store_tickets::message::items;
use lambdesk_table::{Tenant, measured};
use lambdesk_testkit::{TestTable, renamed, sample, workspace};
use uuid::Uuid;

fn numbered(ticket: TicketId, number: u128, text: &str) -> Message {
    let id = MessageId::new(Uuid::from_u128((0x0190 << 112) + number));
    Message { id, content: Content::from_text(text).expect("not blank"), ..message(ticket) }
}

/// A ticket with so many messages, each with a text so long.
async fn thread(table: &TestTable, count: u128, length: usize) -> (Ticket, Vec<Message>) {
    let ticket = renamed(&sample(&testing::ticket()), workspace(1), 1);
    let messages: Vec<_> = (1..=count)
        .map(|number| numbered(ticket.id, number, &(if length > 1_000 { "&" } else { "x" }).repeat(length)))
        .collect();
    table.fill(std::slice::from_ref(&ticket)).await;
    // As they are stored, because the ticket itself is not what is tested.
    let item = |message: &Message| items(&Tenant::new(workspace(1)), message).message;
    table.put_all(messages.iter().map(item).collect()).await;
    (ticket, messages)
}

#[tokio::test]
async fn a_thread_is_its_ticket_and_its_newest_messages_in_one_query() {
    let table = TestTable::new().await;
    let (ticket, messages) = thread(&table, 5, 10).await;
    for (newest, has_more) in [(4, true), (5, false), (6, false), (0, true)] {
        let (thread, usage) = measured(table.store.tickets.thread(workspace(1), ticket.id, newest)).await;
        let (found, page) = thread.expect("it is read").expect("it is there");
        assert_eq!((usage.round_trips(), &found), (1, &ticket));
        let expected: Vec<_> = messages.iter().rev().take(usize::from(newest)).cloned().collect();
        assert_eq!((page.items, page.has_more), (expected, has_more), "{newest} of 5");
    }
    assert_eq!(table.store.tickets.thread(workspace(9), ticket.id, 5).await.expect("it is read"), None);
}

#[tokio::test]
async fn messages_are_paged_in_both_directions_without_loss() {
    let table = TestTable::new().await;
    let (ticket, messages) = thread(&table, 23, 10).await;
    for oldest_first in [true, false] {
        let (mut seen, mut beyond) = (Vec::new(), None);
        loop {
            let page = table
                .store
                .tickets
                .messages(workspace(1), ticket.id, beyond, oldest_first, 5)
                .await
                .expect("it is read");
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
    let none = table
        .store
        .tickets
        .messages(workspace(1), ticket.id, Some(messages[0].id), false, 5)
        .await
        .expect("it is read");
    assert_eq!((none.items.len(), none.has_more), (0, false));
}

#[tokio::test]
async fn a_thread_of_more_than_an_answer_holds_comes_in_several_pages() {
    let table = TestTable::new().await;
    let (ticket, messages) = thread(&table, 24, 60_000).await;
    let (_, first) =
        table.store.tickets.thread(workspace(1), ticket.id, 50).await.expect("it is read").expect("it is there");
    assert!(first.has_more && first.items.len() < 24, "{} of 24", first.items.len());
    let mut seen = first.items;
    loop {
        let beyond = seen.last().map(|message| message.id);
        let page = table.store.tickets.messages(workspace(1), ticket.id, beyond, false, 50).await.expect("it is read");
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
    let table = TestTable::new().await;
    let (ticket, messages) = thread(&table, 1, 10).await;
    let found = table.store.tickets.message(workspace(1), ticket.id, messages[0].id).await.expect("it is read");
    assert_eq!(found.as_ref(), Some(&messages[0]));
    let elsewhere = TicketId::new(Uuid::from_u128(2));
    assert_eq!(table.store.tickets.message(workspace(1), elsewhere, messages[0].id).await.expect("it is read"), None);
}
