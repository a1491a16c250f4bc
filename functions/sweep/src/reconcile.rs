//! The nightly reconcile: every ticket that changed lately is held against its
//! events, a few slices of the table per run; then the contacts of their workspaces.

use crate::{
    pass::Pass,
    state::{At, State, Walk},
};
use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream};
use lambdesk_domain::{events::Subject, id::WorkspaceId, ticket::Ticket};
use lambdesk_store::{Gaps, Place, StoreError};
use std::time::Duration;

/// Slices of 1,000 rows per run: a million tickets take about two hours.
const SLICES: usize = 8;
/// Tickets or contacts that are held against their events at once.
const AT_ONCE: usize = 64;
/// The stream gives a record up after 6 hours (the template's
/// `MaximumRecordAgeInSeconds`); until then a missing event may still come.
const STREAM_GIVES_UP: Duration = Duration::from_hours(6);

impl Pass<'_> {
    /// Goes on with the reconcile, or begins it when it is time. What fails is left to
    /// the next run, and a ticket that fails to the next night.
    pub async fn reconcile(&self, state: &mut State) {
        let Some(mut walk) = state.take_walk(self.started_at) else {
            return;
        };
        for _ in 0..SLICES {
            if self.is_over() {
                break;
            }
            match self.slice(&mut walk).await {
                Ok(true) => {}
                Ok(false) => {
                    self.reconcile_ended();
                    state.reconciled_at = Some(walk.started_at);
                    return;
                }
                Err(error) => {
                    tracing::error!(%error, "a slice of the reconcile is left to the next run");
                    self.failed();
                    break;
                }
            }
        }
        state.walk = Some(walk);
    }

    /// Deals with the next slice: of the tickets, then of the contacts. Whether there
    /// is another one.
    async fn slice(&self, walk: &mut Walk) -> Result<bool, StoreError> {
        let (store, since) = (&self.sweep.store, walk.since);
        let gaps = Gaps { since, settled_before: self.now().minus(STREAM_GIVES_UP) };
        match &walk.at {
            At::Tickets(cursor) => {
                let slice = store.changed_since(since, cursor.as_deref()).await?;
                self.hold_all(slice.tickets.iter().map(|ticket| self.hold(ticket, gaps).boxed())).await;
                slice.tickets.iter().for_each(|ticket| walk.note(ticket.workspace_id));
                walk.at = slice.next.map_or(At::Contacts(None), |next| At::Tickets(Some(next)));
            }
            At::Contacts(after) => {
                let Some(workspace) = walk.workspaces.first().copied() else {
                    return Ok(false);
                };
                let slice = store.contacts_changed_since(workspace, since, *after).await?;
                let places = slice.places.iter();
                self.hold_all(places.map(|place| self.hold_contact(workspace, place, gaps).boxed())).await;
                if slice.next.is_none() {
                    walk.workspaces.remove(&workspace);
                }
                walk.at = At::Contacts(slice.next);
            }
        }
        Ok(matches!(walk.at, At::Tickets(_)) || !walk.workspaces.is_empty())
    }

    /// Boxed, so that the compiler can tell that the whole may move between threads.
    async fn hold_all<'b>(&self, work: impl Iterator<Item = BoxFuture<'b, ()>>) {
        let work: Vec<_> = work.collect();
        stream::iter(work).buffer_unordered(AT_ONCE).collect::<()>().await;
    }

    async fn hold(&self, ticket: &Ticket, gaps: Gaps) {
        let repaired = self.repair(ticket, gaps).await;
        self.held(Subject::Ticket(ticket.id), repaired);
    }

    async fn hold_contact(&self, workspace: WorkspaceId, place: &Place, gaps: Gaps) {
        let repaired = self.repair_contact(workspace, place, gaps).await;
        self.held(Subject::Contact(place.id), repaired);
    }

    fn held(&self, of: Subject, repaired: Result<(usize, bool), StoreError>) {
        match repaired {
            Ok((repaired, _)) => self.reconciled(repaired),
            Err(error) => {
                tracing::error!(subject = %of, %error, "it could not be held against its events");
                self.failed();
            }
        }
    }
}
