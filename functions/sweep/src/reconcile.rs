//! The nightly reconcile: the events of every ticket that changed within two days, after a
//! pause since two days before the last one, are checked, a few slices of the table per run.
//! Then those of the contacts that changed, in the workspaces of these tickets alone, at most
//! 5,000. What is missing is requested from the fan-out.

use crate::{
    backfill::CheckedSubject,
    run::SweepRun,
    state::{ReconcileCursor, ReconcileWalk, SweepState},
};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use lambdesk_domain::time::Timestamp;
use lambdesk_store_events::GapWindow;
use lambdesk_table::TableError;
use std::time::Duration;

/// Slices of 1,000 rows per run: a million tickets take about two hours.
const SLICES: usize = 8;
/// Tickets or contacts whose events are checked at once.
const AT_ONCE: usize = 64;
/// So long after a last change its event is given time to come. The stream brings a
/// request after the records of what was written before, so one too many does nothing.
const SETTLING: Duration = Duration::from_mins(5);

impl SweepRun<'_> {
    /// Goes on with the reconcile, or begins it when it is time or when records are known to
    /// be lost since `lost_since`; answers since when, if it was begun for them. What fails is
    /// left to the next run, and a ticket that fails to the next night.
    pub async fn reconcile(&self, state: &mut SweepState, lost_since: Option<Timestamp>) -> Option<Timestamp> {
        let (mut walk, begun) = state.take_walk(self.started_at, lost_since)?;
        for _ in 0..SLICES {
            if self.is_over() {
                break;
            }
            match self.slice(&mut walk).await {
                Ok(true) => {}
                Ok(false) => {
                    self.reconcile_ended();
                    state.reconciled_at = Some(walk.started_at);
                    return begun;
                }
                Err(error) => {
                    self.failed("a slice of the reconcile", &error);
                    break;
                }
            }
        }
        state.walk = Some(walk);
        begun
    }

    /// Deals with the next slice: of the tickets, then of the contacts. Whether there
    /// is another one.
    async fn slice(&self, walk: &mut ReconcileWalk) -> Result<bool, TableError> {
        let since = walk.since;
        let window = GapWindow { since, settled_before: self.now().minus(SETTLING) };
        match &walk.at {
            ReconcileCursor::Tickets(cursor) => {
                let slice = self.services.tickets.changed_since(since, cursor.as_deref()).await?;
                self.check_all(slice.tickets.iter().map(CheckedSubject::from), window).await;
                let left_out = slice.tickets.iter().filter(|ticket| !walk.note(ticket.workspace_id)).count();
                if left_out > 0 {
                    tracing::warn!(
                        tickets = left_out,
                        "too many workspaces: contacts of those of some tickets are not checked"
                    );
                }
                walk.at =
                    slice.next.map_or(ReconcileCursor::Contacts(None), |next| ReconcileCursor::Tickets(Some(next)));
            }
            ReconcileCursor::Contacts(after) => {
                let Some(workspace) = walk.workspaces.first().copied() else {
                    return Ok(false);
                };
                let slice = self.services.contacts.contacts_changed_since(workspace, since, *after).await?;
                let contacts = slice.slots.iter().filter_map(|slot| CheckedSubject::of_slot(workspace, slot));
                self.check_all(contacts, window).await;
                if slice.next.is_none() {
                    walk.workspaces.remove(&workspace);
                }
                walk.at = ReconcileCursor::Contacts(slice.next);
            }
        }
        Ok(matches!(walk.at, ReconcileCursor::Tickets(_)) || !walk.workspaces.is_empty())
    }

    async fn check_all(&self, subjects: impl Iterator<Item = CheckedSubject>, window: GapWindow) {
        // Boxed, so that the compiler can tell that the whole may move between threads.
        let work: Vec<_> = subjects.map(|subject| self.check(subject, window).boxed()).collect();
        stream::iter(work).buffer_unordered(AT_ONCE).collect::<()>().await;
    }

    async fn check(&self, of: CheckedSubject, window: GapWindow) {
        match self.request_backfill(of, window).await {
            Ok(gaps) => self.reconciled(gaps.versions.len()),
            Err(error) => self.failed(format_args!("the check of {}'s events", of.subject), &error),
        }
    }
}
