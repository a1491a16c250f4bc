//! Projections: all that follows from versions of a ticket or contact, as one list.
//!
//! | projection | of a version that the stream brings | of versions that it lost | written twice |
//! |---|---|---|---|
//! | list rows | what differs from the version before | all of the ticket as it is | the same rows |
//! | follow-up row | when the follow-up changed | always | a later version's stays |
//! | retention sweep | when the ticket enters the trash | when it is in the trash | its row is there |
//! | words | of the records of the batch, in `words.rs` | by a reindex request | the same words |
//! | deliveries, one per endpoint that wants the event | each | each | ids are derived: created once |
//! | event | each | each | created once |
//! | counts | of the events in the feed, after the batch, in `counting.rs` | likewise | the checkpoint has passed them |
//!
//! The first four are of tickets alone. An event comes after all that the list has
//! above it, so where an event is, all else is: a version without one is a sequence gap,
//! and a backfill runs the same list for it. Input are [`Versions`]; output are the
//! deliveries, whose hints are to be sent. A change costs one round of writes side by
//! side, then the write of the event.

use futures_util::future::{try_join3, try_join4};
use lambdesk_domain::{
    events::{ContactEvent, Event, EventSubject, between, lost_contact_version},
    id::{ContactId, TicketId, WorkspaceId},
    status::Lifecycle,
    sweep::lost_version,
    ticket::Ticket,
    time::Timestamp,
    webhook::{Delivery, Endpoint},
};
use lambdesk_runtime::Clock;
use lambdesk_store_contacts::Contacts;
use lambdesk_store_directory::Directories;
use lambdesk_store_events::{ChangeRecord, Events, GapWindow, StreamChange};
use lambdesk_store_lists::Lists;
use lambdesk_store_search::SearchIndex;
use lambdesk_store_tickets::Tickets;
use lambdesk_store_webhooks::Webhooks;
use lambdesk_table::TableError;

/// Writes projections. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Projections {
    pub clock: Clock,
    pub contacts: Contacts,
    pub directories: Directories,
    pub events: Events,
    pub lists: Lists,
    pub search: SearchIndex,
    pub tickets: Tickets,
    pub webhooks: Webhooks,
}

/// Versions of one ticket or contact from which everything is to be projected.
#[derive(Debug)]
pub struct Versions {
    /// One per version, oldest first.
    events: Vec<Event>,
    /// Of a ticket's versions.
    ticket: Option<TicketState>,
}

/// What is known of the ticket that versions have led to.
#[derive(Debug)]
enum TicketState {
    /// The stream brought the only version, and the one before it.
    Changed(Box<StreamChange>),
    /// The stream lost versions: this is the ticket as it is, and it is not known how
    /// it was when everything was projected last.
    Lost(Box<Ticket>),
}

impl TicketState {
    const fn ticket(&self) -> &Ticket {
        match self {
            Self::Changed(change) => &change.new,
            Self::Lost(ticket) => ticket,
        }
    }

    /// The ticket as it is projected; none when that is not known, or there is none yet.
    const fn before(&self) -> Option<&Ticket> {
        match self {
            Self::Changed(change) => change.old.as_ref(),
            Self::Lost(_) => None,
        }
    }

    const fn is_lost(&self) -> bool {
        matches!(self, Self::Lost(_))
    }

    fn moves_follow_up(&self) -> bool {
        let before = self.before().and_then(|ticket| ticket.follow_up_at);
        self.is_lost() || before != self.ticket().follow_up_at
    }

    fn enters_trash(&self) -> bool {
        let is_trashed = |ticket: &Ticket| ticket.lifecycle == Lifecycle::Trashed;
        is_trashed(self.ticket()) && !self.before().is_some_and(is_trashed)
    }
}

impl From<StreamChange> for Versions {
    fn from(change: StreamChange) -> Self {
        let event = between(change.old.as_ref(), &change.new).into();
        Self { events: vec![event], ticket: Some(TicketState::Changed(Box::new(change))) }
    }
}

impl From<ContactEvent> for Versions {
    fn from(event: ContactEvent) -> Self {
        Self { events: vec![event.into()], ticket: None }
    }
}

impl Versions {
    /// Whether no endpoint is told of any of them.
    pub fn is_silent(&self) -> bool {
        self.events.iter().all(Event::is_silent)
    }
}

impl Projections {
    /// The versions from which a record of the stream asks to project; none when it asks
    /// for nothing.
    ///
    /// # Errors
    /// When the record can't be read, or the table fails.
    pub async fn versions(&self, record: ChangeRecord<'_>) -> Result<Option<Versions>, TableError> {
        if let Some(change) = record.change()? {
            return Ok(Some(change.into()));
        }
        if let Some(event) = record.contact_event()? {
            return Ok(Some(event.into()));
        }
        let (Some((workspace, subject)), Some(request)) = (record.subject(), record.backfill_request()?) else {
            return Ok(None);
        };
        let lost = match subject {
            EventSubject::Ticket(id) => self.lost_of_ticket(workspace, id, request.window).await?,
            EventSubject::Contact(id) => self.lost_of_contact(workspace, id, request.window).await?,
        };
        if let Some(lost) = &lost {
            tracing::warn!(%subject, events = lost.events.len(), "events were missing and are backfilled");
        }
        Ok(lost)
    }

    async fn lost_of_ticket(
        &self,
        workspace: WorkspaceId,
        id: TicketId,
        window: GapWindow,
    ) -> Result<Option<Versions>, TableError> {
        let Some(ticket) = self.tickets.ticket(workspace, id).await? else {
            return Ok(None);
        };
        let latest = (ticket.version, ticket.updated_at);
        let gaps = self.events.sequence_gaps(workspace, EventSubject::Ticket(id), latest, window).await?;
        let events: Vec<_> = gaps.versions.iter().map(|version| lost_version(&ticket, *version).into()).collect();
        let has_gaps = !events.is_empty();
        Ok(has_gaps.then(|| Versions { events, ticket: Some(TicketState::Lost(Box::new(ticket))) }))
    }

    async fn lost_of_contact(
        &self,
        workspace: WorkspaceId,
        id: ContactId,
        window: GapWindow,
    ) -> Result<Option<Versions>, TableError> {
        let slot = self.contacts.slot(workspace, id).await?;
        let Some(contact) = slot.image() else {
            return Ok(None);
        };
        let latest = (contact.version(), contact.updated_at());
        let gaps = self.events.sequence_gaps(workspace, EventSubject::Contact(id), latest, window).await?;
        let events = gaps.versions.iter().map(|version| lost_contact_version(workspace, contact, *version).into());
        let events: Vec<_> = events.collect();
        let has_gaps = !events.is_empty();
        Ok(has_gaps.then_some(Versions { events, ticket: None }))
    }

    /// Writes all that follows from some versions, and answers the deliveries, whether
    /// they were there already or not. `endpoints` are the workspace's; none are needed
    /// when the versions are silent.
    ///
    /// # Errors
    /// When the table fails; then it is to be done again.
    pub async fn project(&self, versions: &Versions, endpoints: &[Endpoint]) -> Result<Vec<Delivery>, TableError> {
        let now = self.clock.now();
        let mut made = Vec::new();
        let mut state = versions.ticket.as_ref();
        for event in &versions.events {
            // All that the last version leaves behind comes before the first of the events.
            let of_ticket = self.project_ticket(state.take(), now);
            let deliveries = self.webhooks.add_deliveries(event, endpoints, now);
            let place = self.events.reserve(event, self.clock.new_uuid(), now);
            let (deliveries, (), place) = try_join3(deliveries, of_ticket, place).await?;
            self.events.add_event(event, place).await?;
            made.extend(deliveries);
        }
        Ok(made)
    }

    /// What of the list is of tickets alone.
    async fn project_ticket(&self, state: Option<&TicketState>, now: Timestamp) -> Result<(), TableError> {
        let Some(state) = state else {
            return Ok(());
        };
        let ticket = state.ticket();
        let workspace = ticket.workspace_id;
        let rows = self.lists.place_rows(state.before(), ticket);
        let follow_up =
            async { if state.moves_follow_up() { self.events.project_follow_up(ticket, now).await } else { Ok(()) } };
        let retention = async {
            if state.enters_trash() { self.directories.schedule_retention_sweep(workspace, now).await } else { Ok(()) }
        };
        let words = async {
            if state.is_lost() { self.tickets.request_reindex(workspace, ticket.id, now).await } else { Ok(()) }
        };
        // Boxed: all writes side by side make a large future.
        Box::pin(try_join4(rows, follow_up, retention, words)).await.map(drop)
    }

    /// Removes the list rows of a ticket that is gone. There is no event of it: who deleted
    /// it was told when it went into the trash.
    ///
    /// # Errors
    /// When the table fails; then it is to be done again.
    pub async fn remove(&self, old: &Ticket) -> Result<(), TableError> {
        self.lists.remove_rows(old).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambdesk_domain::testing;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn of_lost_versions_all_of_the_ticket_is_projected(ticket in testing::ticket()) {
            let state = TicketState::Lost(Box::new(ticket.clone()));
            prop_assert!(state.moves_follow_up() && state.before().is_none());
            prop_assert_eq!(state.enters_trash(), ticket.lifecycle == Lifecycle::Trashed);
        }

        #[test]
        fn of_a_change_only_what_changed_is_projected(old in testing::ticket(), new in testing::ticket()) {
            let (moves, was_trashed) = (old.follow_up_at != new.follow_up_at, old.lifecycle == Lifecycle::Trashed);
            let is_trashed = new.lifecycle == Lifecycle::Trashed;
            let change = StreamChange { old: Some(old), new: new.clone() };
            let state = TicketState::Changed(Box::new(change));
            prop_assert_eq!((state.moves_follow_up(), state.enters_trash()), (moves, is_trashed && !was_trashed));
            let state = TicketState::Changed(Box::new(StreamChange { old: None, new: new.clone() }));
            prop_assert_eq!((state.moves_follow_up(), state.enters_trash()), (new.follow_up_at.is_some(), is_trashed));
        }
    }
}
