//! The words of a batch: from records of the table's stream to the deltas of tickets in
//! the search index, one item of the index per workspace and batch.

use futures_util::future::{join_all, try_join_all};
use lambdesk_domain::{
    id::{TicketId, WorkspaceId},
    time::Timestamp,
};
use lambdesk_store_events::{ChangeRecord, TicketPart};
use lambdesk_store_search::{SearchIndex, TicketDelta, WordChange};
use lambdesk_table::{Corrupt, TableError, log_failure};
use std::{collections::BTreeMap, time::Duration};

/// Records that are older than this may be out of date: the table is read instead.
const LATE: Duration = Duration::from_hours(1);

/// What became of the words of a batch.
///
/// Where the words of a workspace can't be indexed, requests are left with its tickets that
/// they be indexed anew, which the stream brings again: so they neither hold up the other
/// workspaces of the shard nor use up their tries.
#[derive(Debug, Default)]
pub struct Indexed {
    /// Of each workspace whose words could neither be indexed nor requested, the sequence
    /// number of its first record.
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
}

/// Indexes the words of a batch of the stream. Doing it again changes nothing.
pub async fn index_words(index: &SearchIndex, records: &[ChangeRecord<'_>], now: Timestamp) -> Indexed {
    let mut indexed = Indexed::default();
    let work = by_workspace(records, now).into_iter().map(|(workspace, records)| async move {
        let first = records.sequences.first().cloned().unwrap_or_default();
        let last = records.sequences.last().cloned().unwrap_or_default();
        let tickets: Vec<_> = records.tickets.keys().copied().collect();
        let outcome = match index.index(workspace, &last, records.tickets, now).await {
            Err(error) => set_aside(index, workspace, &tickets, error, now).await,
            indexed => indexed,
        };
        (workspace, first, outcome)
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

/// Has tickets indexed anew, later; else answers why the stream is to repeat their records.
async fn set_aside(
    index: &SearchIndex,
    workspace: WorkspaceId,
    tickets: &[TicketId],
    error: TableError,
    now: Timestamp,
) -> Result<bool, TableError> {
    log_failure!(error, %workspace, tickets = tickets.len(), "words could not be indexed; they are later");
    try_join_all(tickets.iter().map(|ticket| index.request_reindex(workspace, *ticket, now))).await.map(|_| false)
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
            Ok(_) => of_workspace.sequences.extend(record.sequence_number().map(str::to_owned)),
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
