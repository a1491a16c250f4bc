//! A desk with its sweep.

use lambdesk_domain::{
    access::Actor,
    command::{Fields, NewTicket, Update, update},
    events::EventSubject,
    id::TicketId,
    set::Set,
    status::Status,
    sweep::Run,
    testing::samples::new_ticket,
    ticket::Ticket,
    time::Timestamp,
    webhook::{Endpoint, Subscription},
};
use lambdesk_engine::Position;
use lambdesk_runtime::{Hint, new_uuid};
use lambdesk_store_events::{BackfillRequest, ChangeRecord};
use lambdesk_sweep::{BUDGET, Sweep};
use lambdesk_testkit::{Desk, Hints, TABLE};
use serde_json::Value;
use std::{future::poll_fn, ops::Deref, pin::Pin, task::Poll, time::Duration};

/// A desk and its sweep, in the afternoon, when no reconcile begins by the hour.
pub struct SweepDesk {
    desk: Desk,
    hints: Hints,
    pub sweep: Sweep,
}

impl Deref for SweepDesk {
    type Target = Desk;

    fn deref(&self) -> &Desk {
        &self.desk
    }
}

impl SweepDesk {
    pub async fn open() -> Self {
        let (desk, hints) = (Desk::open().await, Hints::default());
        let sweep = Sweep::new(&desk.table.table, None, hints.queue.clone(), desk.clock.clone());
        Self { desk, hints, sweep }
    }

    /// One run at the clock's time.
    pub async fn run(&self) -> Run {
        self.sweep.run(self.now(), BUDGET).await
    }

    /// Goes on with a run until it has sent so many requests; false when it has ended before.
    pub async fn is_halted(&self, mut run: Pin<&mut impl Future<Output = Run>>, requests: usize) -> bool {
        self.table.faults.next([]);
        let halted = poll_fn(|context| match run.as_mut().poll(context) {
            Poll::Ready(_) => Poll::Ready(false),
            Poll::Pending if self.table.faults.seen().len() >= requests => Poll::Ready(true),
            Poll::Pending => Poll::Pending,
        });
        halted.await
    }

    /// The hints that were sent since the last time.
    pub fn hints(&self) -> Vec<Hint> {
        self.hints.take()
    }

    /// All records of the stream.
    pub fn records(&self) -> Vec<Value> {
        let records = self.table.engine.read_stream(TABLE, Position::START, 10_000).unwrap();
        records.into_iter().map(|record| record.event).collect()
    }

    /// The records of a ticket item, in their order.
    pub fn item_records(&self, ticket: TicketId) -> Vec<Value> {
        let is_of_ticket = |record: &Value| ChangeRecord::of(record).ticket().is_some_and(|(_, of)| of == ticket);
        self.records().into_iter().filter(is_of_ticket).collect()
    }

    /// The backfills that were requested, in their order.
    pub fn requests(&self) -> Vec<(EventSubject, BackfillRequest)> {
        let records = self.records();
        let records = records.iter().map(ChangeRecord::of);
        records.filter_map(|record| Some((record.subject()?.1, record.backfill_request().unwrap()?))).collect()
    }

    /// Hands the fan-out all that happened to a ticket item.
    pub async fn project_all(&self, ticket: TicketId) {
        self.project_records(&self.item_records(ticket)).await;
    }

    pub async fn ticket_due(&self, follow_up_at: Option<Timestamp>) -> Ticket {
        let new = NewTicket { follow_up_at, ..new_ticket(self.workspace, TicketId::new(new_uuid())) };
        self.ticket_of(new, Actor::System).await
    }

    /// A ticket whose follow-up is due after a while, with all that the fan-out writes.
    pub async fn snoozed(&self, wait: Duration) -> Ticket {
        let ticket = self.ticket().await;
        let ticket = self.follow_up(&ticket, Some(self.now().plus(wait))).await;
        self.project_all(ticket.id).await;
        ticket
    }

    pub async fn follow_up(&self, ticket: &Ticket, at: Option<Timestamp>) -> Ticket {
        self.apply(ticket, &Update::Fields(Box::new(Fields::of([Set::FollowUpAt(at)])))).await
    }

    /// Sets a ticket's status as the system.
    pub async fn apply_status(&self, ticket: &Ticket, status: Status) -> Ticket {
        self.apply(ticket, &Update::Fields(Box::new(Fields { status: Some(status), ..Fields::default() }))).await
    }

    /// Updates a ticket as the system.
    pub async fn apply(&self, ticket: &Ticket, asked: &Update) -> Ticket {
        let context = self.context(Actor::System);
        self.change(ticket.id, &context, |context, prior| update(asked, context, prior)).await
    }

    /// An endpoint that is told of everything.
    pub async fn endpoint_of_all(&self) -> Endpoint {
        self.endpoint(&[Subscription::All]).await
    }
}
