//! Many tickets, written fast.

use crate::bed::Bed;
use lambdesk_domain::{
    access::{AccessRules, Actor},
    command::{Context, NewTicket, create},
    contact::{ContactRef, Requester},
    id::{CategoryId, ChannelId, ContactId, TagId, TeamId, TicketId, TicketNumber, UserId, WorkspaceId},
    status::{ChannelType, Priority, Source, Status},
    ticket::{ChannelRef, Ticket},
    time::Timestamp,
};
use lambdesk_runtime::Clock;
use lambdesk_store_tickets::{CreateError, NewItems};
use lambdesk_table::TableError;
use lambdesk_testkit::Stores;
use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::sleep;
use uuid::Uuid;

/// Before an overloaded engine is asked again.
const PATIENCE: Duration = Duration::from_millis(200);
/// Writers at the same time: enough to keep the engine busy.
const WRITERS: usize = 32;
/// How twenty tickets are spread over the states: 30 % open, 25 % closed.
const SPREAD: [(Status, u64); 6] = [
    (Status::Open, 6),
    (Status::InProgress, 8),
    (Status::Waiting, 10),
    (Status::OnHold, 12),
    (Status::Resolved, 15),
    (Status::Closed, 20),
];
/// Of equally many digits, so that heads are about equally large.
const FIRST_NUMBER: u64 = 1_000_000_000;

/// Writes these tickets, the later ones newer, one minute apart from `begin`.
pub async fn seed(bed: &Arc<Bed>, begin: Timestamp, tickets: Range<u64>) {
    let next = Arc::new(AtomicU64::new(tickets.start));
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let (bed, next, end) = (Arc::clone(bed), Arc::clone(&next), tickets.end);
            tokio::spawn(async move {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= end {
                        return;
                    }
                    let ticket = ticket(bed.workspace, begin, number);
                    write(&bed.stores, &ticket).await;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

/// Writes a ticket, and its rows as the fan-out would have. While the engine is
/// overloaded, again and again.
async fn write(stores: &Stores, ticket: &Ticket) {
    let is_busy = |error: &TableError| matches!(error, TableError::Unavailable(_));
    loop {
        match stores.tickets.create_ticket(ticket, NewItems::default()).await {
            Err(CreateError::Table(error)) if is_busy(&error) => sleep(PATIENCE).await,
            written => break written.unwrap(),
        }
    }
    loop {
        match stores.lists.place_rows(None, ticket).await {
            Err(error) if is_busy(&error) => sleep(PATIENCE).await,
            written => break written.unwrap(),
        }
    }
}

/// One of them.
pub fn ticket(workspace_id: WorkspaceId, begin: Timestamp, number: u64) -> Ticket {
    let now = begin.plus(Duration::from_mins(number));
    let context = Context {
        actor: Actor::System,
        rules: AccessRules::default(),
        request_id: None,
        is_silent: false,
        if_match: None,
        now,
    };
    let requester = Requester {
        name: Some("Grace Example".parse().unwrap()),
        email: Some(format!("c{number:010}@customer.example").parse().unwrap()),
        phone: None,
    };
    let of_twenty = number % 20;
    let (status, _) = SPREAD.into_iter().find(|(_, up_to)| of_twenty < *up_to).unwrap();
    let new = NewTicket {
        workspace_id,
        id: TicketId::new(Clock::manual(now).new_uuid()),
        number: TicketNumber(FIRST_NUMBER + number),
        subject: format!("A subject of ordinary length, number {number:010}").parse().unwrap(),
        status,
        priority: if is_rare(number) { Priority::Urgent } else { Priority::Normal },
        is_held: false,
        source: Source::Api,
        channel: is_rare(number + 23).then(|| ChannelRef { id: rare_channel(), kind: ChannelType::Form }),
        category: number.is_multiple_of(10).then(category),
        team: number.is_multiple_of(5).then(team),
        assignee: (is_rare(number + 41) || is_rare(number + 59)).then(assignee),
        contact: (number < 1_000 && number.is_multiple_of(25)).then(client_ref),
        account: None,
        requester,
        tags: [is_rare(number + 7).then(rare_tag), number.is_multiple_of(2).then(common_tag)]
            .into_iter()
            .flatten()
            .collect(),
        custom: BTreeMap::new(),
        uid: None,
        summary: None,
        follow_up_at: None,
        opening: None,
        continues: None,
    };
    create(new, &context).unwrap().0
}

/// On one in a hundred.
pub const fn rare_tag() -> TagId {
    TagId::new(Uuid::from_u128(1))
}

/// On every second.
pub const fn common_tag() -> TagId {
    TagId::new(Uuid::from_u128(2))
}

/// Where one in a hundred came in.
pub const fn rare_channel() -> ChannelId {
    ChannelId::new(Uuid::from_u128(6))
}

/// Of one in fifty.
pub const fn assignee() -> UserId {
    UserId::new(Uuid::from_u128(7))
}

/// Of every fifth.
pub const fn team() -> TeamId {
    TeamId::new(Uuid::from_u128(3))
}

/// Of every tenth.
pub const fn category() -> CategoryId {
    CategoryId::new(Uuid::from_u128(4))
}

/// Of forty tickets, among the first thousand.
pub const fn client() -> ContactId {
    ContactId::new(Uuid::from_u128(5))
}

const fn client_ref() -> ContactRef {
    ContactRef { id: client(), name: None, email: None, external_id: None, is_unproved: false }
}

/// One in a hundred of every state, irregularly spread.
const fn is_rare(number: u64) -> bool {
    (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32).is_multiple_of(100)
}
