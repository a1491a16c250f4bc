//! Backfill requests: the events of one ticket or contact are held against its latest
//! version, and the fan-out is asked for those that are missing. One query per 100 events;
//! a write when some are missing.

use crate::run::SweepRun;
use lambdesk_domain::{
    events::EventSubject,
    id::{Version, WorkspaceId},
    ticket::Ticket,
    time::Timestamp,
};
use lambdesk_store_contacts::ContactSlot;
use lambdesk_store_events::{BackfillRequest, GapWindow, SequenceGaps};
use lambdesk_table::TableError;

/// A ticket or contact whose events are checked, as it is now.
#[derive(Debug, Clone, Copy)]
pub struct CheckedSubject {
    pub workspace: WorkspaceId,
    pub subject: EventSubject,
    /// The latest version, and when it was made.
    latest: (Version, Timestamp),
}

impl From<&Ticket> for CheckedSubject {
    fn from(ticket: &Ticket) -> Self {
        let latest = (ticket.version, ticket.updated_at);
        Self { workspace: ticket.workspace_id, subject: EventSubject::Ticket(ticket.id), latest }
    }
}

impl CheckedSubject {
    /// The contact of a slot, whether it is still there or has ended; none where there
    /// never was one.
    pub fn of_slot(workspace: WorkspaceId, slot: &ContactSlot) -> Option<Self> {
        let contact = slot.image()?;
        let latest = (contact.version(), contact.updated_at());
        Some(Self { workspace, subject: EventSubject::Contact(slot.id), latest })
    }
}

impl SweepRun<'_> {
    /// Asks the fan-out for the events that are missing, if any are; answers which.
    pub async fn request_backfill(&self, of: CheckedSubject, window: GapWindow) -> Result<SequenceGaps, TableError> {
        let CheckedSubject { workspace, subject, latest } = of;
        let events = &self.services.events;
        let gaps = events.sequence_gaps(workspace, subject, latest, window).await?;
        if !gaps.versions.is_empty() {
            let request = BackfillRequest { window, requested_at: self.now() };
            events.request_backfill(workspace, subject, request).await?;
            tracing::warn!(%subject, events = gaps.versions.len(), "events are missing; their backfill was requested");
        }
        Ok(gaps)
    }
}
