//! A desk with its fan-out.

use lambdesk_domain::{
    access::Actor,
    command::{Fields, Update, update},
    id::WorkspaceId,
    status::Status,
    ticket::Ticket,
};
use lambdesk_engine::Position;
use lambdesk_fanout::Fanout;
use lambdesk_runtime::{Hint, new_uuid};
use lambdesk_table::{Usage, measured};
use lambdesk_testkit::{Desk, Hints};
use serde_json::{Value, json};
use std::{ops::Deref, time::Duration};

/// A workspace without directory, so that nothing is counted for reports, and its fan-out.
pub struct FanoutDesk {
    desk: Desk,
    /// Where the stream was when the desk was opened.
    pub opened: Position,
    hints: Hints,
}

impl Deref for FanoutDesk {
    type Target = Desk;

    fn deref(&self) -> &Desk {
        &self.desk
    }
}

impl FanoutDesk {
    pub async fn open() -> Self {
        let desk = Desk { workspace: WorkspaceId::new(new_uuid()), ..Desk::open().await };
        Self { opened: desk.table.end_of_stream(), desk, hints: Hints::default() }
    }

    /// Hands these records to a new process.
    pub async fn handle(&self, batch: Value) -> Value {
        Fanout::new(&self.table.table, self.hints.queue.clone(), self.clock.clone()).handle(batch).await
    }

    /// The same, and what it costs.
    pub async fn measure(&self, batch: Value) -> Usage {
        let (answer, usage) = measured(Box::pin(self.handle(batch))).await;
        assert_eq!(answer, nothing_failed());
        usage
    }

    /// Hands over what the stream has after a position.
    pub async fn fan_out(&self, after: Position) -> Value {
        self.handle(self.table.batch(after)).await
    }

    /// The hints that were sent since the last time.
    pub fn hints(&self) -> Vec<Hint> {
        self.hints.take()
    }

    /// Changes a ticket a second later.
    pub async fn change_later(&self, ticket: &Ticket, change: &Update, is_silent: bool) -> Ticket {
        self.wait(Duration::from_secs(1));
        let mut context = self.context(Actor::System);
        context.is_silent = is_silent;
        self.change(ticket.id, &context, |context, prior| update(change, context, prior)).await
    }

    pub async fn set_later(&self, ticket: &Ticket, fields: Fields) -> Ticket {
        self.change_later(ticket, &Update::Fields(Box::new(fields)), false).await
    }

    pub async fn set_status_later(&self, ticket: &Ticket, status: Status) -> Ticket {
        self.set_later(ticket, Fields { status: Some(status), ..Fields::default() }).await
    }
}

pub fn nothing_failed() -> Value {
    json!({ "batchItemFailures": [] })
}
