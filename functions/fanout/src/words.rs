//! The words of a batch: from records of the table's stream to the deltas of tickets in
//! the search index, one item of the index per workspace and batch.

use crate::projections::Projections;
use futures_util::future::{join_all, try_join_all};
use lambdesk_domain::{
    events::EventSubject,
    id::{TicketId, WorkspaceId},
    time::Timestamp,
};
use lambdesk_store_events::{ChangeRecord, TicketPart};
use lambdesk_store_search::{IndexedTickets, TicketDelta, WordChange};
use lambdesk_table::{Corrupt, TableError, log_failure};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// Records that are older than this may be out of date: the table is read instead.
const LATE: Duration = Duration::from_hours(1);
/// When the sweep has words indexed anew that could not be indexed.
const RETRY_AFTER: Duration = Duration::from_mins(1);

/// What became of the words of a batch.
///
/// Tickets whose words can't be indexed get a retry row, and the sweep has them indexed anew
/// a minute later: so they neither hold up the other workspaces of the shard nor use up
/// their tries, and what keeps failing is tried once a minute. Two things get no row:
///
/// - A ticket that is gone. There is nothing left that could be read later, so the records
///   of its workspace fail and are repeated until its words have their tombstone.
/// - A ticket whose request to be indexed anew can't be fulfilled, ever: asking again would
///   not help.
///
/// The row is in the ticket's own partition, beside its item. While a hot ticket's partition
/// is throttled the row can't be written either; then its records fail and are repeated.
#[derive(Debug, Default)]
pub struct Indexed {
    /// Of each workspace whose words could neither be indexed nor left to the sweep, the
    /// sequence number of its first record.
    pub failed: Vec<String>,
    /// Workspaces whose index has grown.
    pub grown: Vec<WorkspaceId>,
}

/// The records of one workspace.
#[derive(Default)]
struct WorkspaceRecords {
    /// The sequence numbers of those that bear on words, in order.
    sequences: Vec<String>,
    tickets: BTreeMap<TicketId, TicketDelta>,
    /// Those of the tickets that have changed. Of the others it was requested that they be
    /// indexed anew.
    changed: BTreeSet<TicketId>,
}

/// Indexes the words of a batch of the stream. Doing it again changes nothing.
pub async fn index_words(projections: &Projections, records: &[ChangeRecord<'_>], now: Timestamp) -> Indexed {
    let mut indexed = Indexed::default();
    let work = by_workspace(records, now).into_iter().map(|(workspace, records)| async move {
        let first = records.sequences.first().cloned().unwrap_or_default();
        (workspace, first, index_of(projections, workspace, records, now).await)
    });
    for (workspace, sequence, outcome) in join_all(work.collect::<Vec<_>>()).await {
        match outcome {
            Ok(true) => indexed.grown.push(workspace),
            Ok(false) => {}
            Err(error) => {
                log_failure!(error, sequence, "words could not be indexed; their records are to be repeated");
                indexed.failed.push(sequence);
            }
        }
    }
    indexed
}

/// Whether the index of a workspace has grown; else why its records are to be repeated.
async fn index_of(
    projections: &Projections,
    workspace: WorkspaceId,
    records: WorkspaceRecords,
    now: Timestamp,
) -> Result<bool, TableError> {
    let WorkspaceRecords { sequences, tickets, changed } = records;
    let last = sequences.last().map(String::as_str).unwrap_or_default();
    let is_any_gone = tickets.values().any(TicketDelta::is_removal);
    let all: Vec<_> = tickets.keys().copied().collect();
    let (has_grown, failed) = match projections.search.index(workspace, last, tickets, now).await {
        Ok(IndexedTickets { has_grown, unreadable }) => {
            for (ticket, error) in &unreadable {
                tracing::error!(%ticket, %error, "a ticket can't be read for its words");
            }
            let failed = unreadable.into_iter().map(|(ticket, _)| ticket).filter(|ticket| changed.contains(ticket));
            (has_grown, failed.collect())
        }
        Err(error) if error.is_transient() && is_any_gone => return Err(error),
        Err(error) => {
            log_failure!(error, %workspace, tickets = all.len(), "words could not be indexed; the sweep has them indexed");
            (false, if error.is_transient() { all } else { changed.into_iter().collect() })
        }
    };
    set_aside(projections, workspace, &failed, now).await.map(|()| has_grown)
}

/// Leaves tickets to the sweep, which has them indexed anew.
async fn set_aside(
    projections: &Projections,
    workspace: WorkspaceId,
    tickets: &[TicketId],
    now: Timestamp,
) -> Result<(), TableError> {
    let at = now.plus(RETRY_AFTER);
    let retry = |ticket: &TicketId| projections.events.schedule_retry(workspace, EventSubject::Ticket(*ticket), at);
    try_join_all(tickets.iter().map(retry)).await.map(drop)
}

fn by_workspace(records: &[ChangeRecord<'_>], now: Timestamp) -> BTreeMap<WorkspaceId, WorkspaceRecords> {
    let mut workspaces: BTreeMap<WorkspaceId, WorkspaceRecords> = BTreeMap::new();
    for record in records {
        let Some((workspace, ticket, part)) = record.part() else {
            continue;
        };
        let of_workspace = workspaces.entry(workspace).or_default();
        let delta = of_workspace.tickets.entry(ticket).or_default();
        match add(delta, *record, part, now) {
            Ok(WordChange::None) => {}
            Ok(_) => {
                of_workspace.sequences.extend(record.sequence_number().map(str::to_owned));
                if part != TicketPart::ReindexRequest {
                    of_workspace.changed.insert(ticket);
                }
            }
            Err(error) => tracing::error!(%ticket, %error, "a record can't be read for its words"),
        }
    }
    for records in workspaces.values_mut() {
        records.tickets.retain(|_, delta| !delta.is_empty());
    }
    workspaces.retain(|_, records| !records.tickets.is_empty());
    workspaces
}

/// Adds a record to its ticket's delta; what it means to the ticket's words.
fn add(
    delta: &mut TicketDelta,
    record: ChangeRecord<'_>,
    part: TicketPart,
    now: Timestamp,
) -> Result<WordChange, Corrupt> {
    let change = match part {
        TicketPart::Item => match (record.removed()?, record.rewritten()?) {
            (Some(old), _) => delta.add_removal(&old),
            (None, Some(change)) => delta.add_version(change.old.as_ref(), &change.new),
            (None, None) => WordChange::None,
        },
        TicketPart::Message => {
            let (old, new) = record.messages()?;
            delta.add_message(old.as_ref(), new)
        }
        TicketPart::ReindexRequest if record.is_present() => delta.add_reindex(),
        TicketPart::ReindexRequest => WordChange::None,
    };
    let is_late = record.written_at().is_some_and(|at| at.plus(LATE) < now);
    Ok(if change == WordChange::Added && is_late { delta.add_reindex() } else { change })
}
