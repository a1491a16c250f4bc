//! The events of one ticket, in pages, and what an event costs.

use lambdesk_domain::{
    events::{Event, TicketEvent, between},
    id::{MessageId, Version},
    message::Message,
    testing,
    ticket::Ticket,
    time::Timestamp,
};
use lambdesk_store_tickets::message::items;
use lambdesk_table::{Tenant, measured};
use lambdesk_testkit::{
    TestTable, renamed, sample,
    typical::{id, opened},
    workspace,
};
use std::time::Duration;
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// A ticket with three messages in the partition of its events.
async fn with_messages(table: &TestTable) -> Ticket {
    let ticket = renamed(&sample(&testing::ticket()), workspace(1), 1);
    let (_, message) = opened(1);
    let message =
        |number| Message { id: MessageId::new(Uuid::from_u128(number)), ticket_id: ticket.id, ..message.clone() };
    let item = |message: Message| items(&Tenant::new(workspace(1)), &message).message;
    table.put_all((1..=3).map(message).map(item).collect()).await;
    table.fill(std::slice::from_ref(&ticket)).await;
    ticket
}

#[tokio::test]
async fn activities_are_paged_from_the_newest_and_kept_apart_from_messages() {
    let table = TestTable::new().await;
    let (store, ticket) = (&table.store.events, with_messages(&table).await);
    let events: Vec<TicketEvent> =
        (1..=12).map(|version| between(None, &Ticket { version: Version(version), ..ticket.clone() })).collect();
    for event in events.iter().cloned().map(Event::Ticket) {
        let position = uuid::Builder::from_unix_timestamp_millis(NOW.millis(), &[1; 10]).into_uuid();
        assert!(store.tell(&event, position, NOW).await.expect("it is written"));
        assert!(!store.tell(&event, position, NOW.plus(Duration::from_secs(1))).await.expect("it is there"));
    }
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = store.activities(workspace(1), ticket.id, before, 5).await.expect("it is read");
        before = page.items.last().map(|event| event.sequence);
        seen.extend(page.items);
        if !page.has_more {
            break;
        }
    }
    seen.reverse();
    assert_eq!(seen, events);
    let found = store.event(workspace(1), ticket.id, Version(7)).await.expect("it is read");
    assert_eq!(found.as_ref(), Some(&events[6]));
}

#[tokio::test]
async fn an_event_is_two_writes_of_three_units() {
    let table = TestTable::new().await;
    let event = between(None, &opened(10).0).into();
    let (added, usage) = measured(table.store.events.tell(&event, id(5), NOW)).await;
    assert!(added.expect("it is written"));
    assert_eq!((usage.round_trips(), usage.units()), (2, 3.0));
}
