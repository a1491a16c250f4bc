//! Many tickets, written fast.

use crate::bed::Bed;
use lambdesk_domain::{
    access::{AccessRules, Actor},
    command::{Context, NewTicket, create},
    contact::Requester,
    id::{TicketId, TicketNumber, WorkspaceId},
    status::{Priority, Source, Status},
    ticket::Ticket,
    time::Timestamp,
};
use lambdesk_runtime::Clock;
use lambdesk_store::NewItems;
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

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
/// Of equally many digits, so that all heads are equally large.
const FIRST_NUMBER: u64 = 1_000_000_000;

/// Writes these tickets, the later ones newer, one second apart from `begin`.
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
                    bed.store().create_ticket(&ticket, NewItems::default()).await.unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

fn ticket(workspace_id: WorkspaceId, begin: Timestamp, number: u64) -> Ticket {
    let now = begin.plus(Duration::from_secs(number));
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
        channel: None,
        category: None,
        team: None,
        assignee: None,
        contact: None,
        account: None,
        requester,
        tags: BTreeSet::new(),
        custom: BTreeMap::new(),
        uid: None,
        summary: None,
        follow_up_at: None,
        opening: None,
        continues: None,
    };
    create(new, &context).unwrap().0
}

/// One in a hundred of every state, irregularly spread.
const fn is_rare(number: u64) -> bool {
    (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32).is_multiple_of(100)
}
