//! Deferred tasks: what is due and may take long, by the ids of what it is about.

use lambdesk_domain::{
    id::{CascadeId, ContactId, JobId, TicketId, WorkspaceId},
    time::Timestamp,
};

/// A task, with the hour in which it was due.
pub type DueTask = (u64, DeferredTask);

/// A task for after the rows that must not be late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeferredTask {
    /// A workspace's retention sweep.
    RetentionSweep(WorkspaceId),
    /// The rest of a purge.
    FinishPurge(WorkspaceId, TicketId),
    /// The compaction of a search index, which was due at this time.
    Compaction(WorkspaceId, Timestamp),
    /// A merge or an erasure.
    Job(WorkspaceId, ContactId, JobId),
    /// A pass over all tickets that have what was deleted, or a contact that has changed.
    Cascade(WorkspaceId, CascadeId),
}
