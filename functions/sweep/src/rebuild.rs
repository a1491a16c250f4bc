//! The rebuild of the search indexes: after a change of the normal form of words every
//! ticket is indexed anew. One slice of the table per run; a write unit per ticket here, and
//! what the fan-out takes to read it and its messages.

use crate::{run::SweepRun, state::Rebuild};
use futures_util::{FutureExt as _, StreamExt as _, stream};
use lambdesk_domain::{search::WORDS_VERSION, ticket::Ticket, time::Timestamp};
use lambdesk_table::TableError;

/// Requests that are written at once.
const AT_ONCE: usize = 32;

impl SweepRun<'_> {
    /// Goes on with the rebuild while the tickets are indexed by an older version of words
    /// than this program's. What fails is left to the next run.
    pub async fn rebuild_indexes(&self, rebuild: &mut Rebuild) {
        if rebuild.version >= WORDS_VERSION || self.is_over() {
            return;
        }
        match self.request_reindexes(rebuild.cursor.as_deref()).await {
            Ok(next) => {
                if next.is_none() {
                    rebuild.version = WORDS_VERSION;
                }
                rebuild.cursor = next;
            }
            Err(error) => self.failed("a slice of the rebuild of search indexes", &error),
        }
    }

    /// Has the tickets of a slice indexed anew; answers where the next one begins.
    async fn request_reindexes(&self, cursor: Option<&str>) -> Result<Option<String>, TableError> {
        let slice = self.services.tickets.changed_since(Timestamp::EPOCH, cursor).await?;
        let (tickets, now) = (&self.services.tickets, self.now());
        let request = |ticket: &Ticket| tickets.request_reindex(ticket.workspace_id, ticket.id, now).boxed();
        // Boxed, so that the compiler can tell that the whole may move between threads.
        let requests: Vec<_> = slice.tickets.iter().map(request).collect();
        let mut requests = stream::iter(requests).buffer_unordered(AT_ONCE);
        while let Some(requested) = requests.next().await {
            requested?;
        }
        Ok(slice.next)
    }
}
