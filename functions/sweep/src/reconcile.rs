//! The nightly reconcile: every ticket that changed lately is held against its
//! events, a few slices of the table per run.

use crate::{
    pass::Pass,
    state::{State, Walk},
};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use lambdesk_domain::ticket::Ticket;
use lambdesk_store::{Gaps, StoreError};
use std::time::Duration;

/// Slices of 1,000 rows per run: a million tickets take about two hours.
const SLICES: usize = 8;
/// Tickets that are held against their events at once.
const TICKETS_AT_ONCE: usize = 64;
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
            match self.slice(&walk).await {
                Ok(Some(next)) => walk.cursor = Some(next),
                Ok(None) => {
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

    /// Where the next slice begins; none after the last.
    async fn slice(&self, walk: &Walk) -> Result<Option<String>, StoreError> {
        let slice = self.sweep.store.changed_since(walk.since, walk.cursor.as_deref()).await?;
        let gaps = Gaps { since: walk.since, settled_before: self.now().minus(STREAM_GIVES_UP) };
        // Boxed, so that the compiler can tell that the whole may move between threads.
        let work: Vec<_> = slice.tickets.iter().map(|ticket| self.hold(ticket, gaps).boxed()).collect();
        stream::iter(work).buffer_unordered(TICKETS_AT_ONCE).collect::<()>().await;
        Ok(slice.next)
    }

    async fn hold(&self, ticket: &Ticket, gaps: Gaps) {
        match self.repair(ticket, gaps).await {
            Ok((repaired, _)) => self.reconciled(repaired),
            Err(error) => {
                tracing::error!(ticket = %ticket.id, %error, "a ticket could not be held against its events");
                self.failed();
            }
        }
    }
}
