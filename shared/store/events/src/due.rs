//! Due rows: what is to be done at a time, found by hour and shard. A page costs one
//! query of keys.

use crate::Events;
use lambdesk_domain::{
    events::EventSubject,
    id::{CascadeId, ContactId, DeliveryId, EndpointId, JobId, TicketId, WorkspaceId},
    time::Timestamp,
};
use lambdesk_table::{Index, Item, Key, Query, TableError, item::Reader, keys};

/// Something that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// A ticket's follow-up.
    FollowUp {
        /// The tenant.
        workspace: WorkspaceId,
        /// The ticket.
        ticket: TicketId,
        /// When it is due.
        at: Timestamp,
    },
    /// An attempt of a delivery.
    Delivery {
        /// The tenant.
        workspace: WorkspaceId,
        /// Where it goes.
        endpoint: EndpointId,
        /// The delivery.
        delivery: DeliveryId,
        /// When it is due.
        at: Timestamp,
    },
    /// A ticket or contact of which the fan-out met a poison record: its events are to be
    /// checked for sequence gaps.
    Retry {
        /// The tenant.
        workspace: WorkspaceId,
        /// Of which one.
        of: EventSubject,
        /// When it is due.
        at: Timestamp,
    },
    /// A merge or an erasure that is not done.
    Job {
        /// The tenant.
        workspace: WorkspaceId,
        /// The contact that it is about; of a merge the one that stays.
        contact: ContactId,
        /// The job.
        job: JobId,
        /// When it is due.
        at: Timestamp,
    },
    /// A workspace's retention sweep.
    RetentionSweep {
        /// The tenant.
        workspace: WorkspaceId,
        /// When it is due.
        at: Timestamp,
    },
    /// A purged ticket whose items are not all gone.
    PurgePending {
        /// The tenant.
        workspace: WorkspaceId,
        /// The ticket.
        ticket: TicketId,
        /// When it is due.
        at: Timestamp,
    },
    /// What was deleted is not off all tickets yet, or a changed contact not copied onto all of
    /// its own; or that is to be looked at once more.
    Cascade {
        /// The tenant.
        workspace: WorkspaceId,
        /// The cascade.
        cascade: CascadeId,
        /// When it is due.
        at: Timestamp,
    },
    /// A search index that is due for compaction.
    Compaction {
        /// The tenant.
        workspace: WorkspaceId,
        /// When it is due.
        at: Timestamp,
    },
}

/// Some of what is due in one hour and shard, the earliest first.
#[derive(Debug, Clone, PartialEq)]
pub struct DuePage {
    /// What is due.
    pub rows: Vec<Due>,
    /// Where the next page begins; none after the last.
    pub next: Option<DueCursor>,
}

/// Where in an hour and shard a page has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct DueCursor(Item);

impl Events {
    /// What is due in one hour and shard up to a time, in pages of at most `limit`.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn due_page(
        &self,
        (hour, shard): (u64, u8),
        until: Timestamp,
        from: Option<DueCursor>,
        limit: u16,
    ) -> Result<DuePage, TableError> {
        let rows = Query::in_index(Index::Lookup, keys::due_partition(hour, shard)).below(keys::due_until(until));
        let slice = self.table.query(rows.after(from.map(|DueCursor(key)| key)).limit(limit)).await?;
        let rows = slice.items.iter().filter_map(due_of).collect();
        Ok(DuePage { rows, next: slice.last.map(DueCursor) })
    }
}

fn due_of(item: &Item) -> Option<Due> {
    let part = |name| Reader(item).text(name).ok();
    let key = Key { pk: part("pk")?.to_owned(), sk: part("sk")?.to_owned() };
    let at = keys::due_time(part("x_sk")?)?;
    if let Some((workspace, endpoint, delivery)) = keys::parse_delivery(&key) {
        return Some(Due::Delivery { workspace, endpoint, delivery, at });
    }
    if let Some((workspace, contact, job)) = keys::parse_job(&key) {
        return Some(Due::Job { workspace, contact, job, at });
    }
    if let Some((workspace, cascade)) = keys::parse_cascade(&key) {
        return Some(Due::Cascade { workspace, cascade, at });
    }
    if let Some(workspace) = keys::parse_compaction(&key) {
        return Some(Due::Compaction { workspace, at });
    }
    if let Some(workspace) = keys::parse_retention_sweep(&key) {
        return Some(Due::RetentionSweep { workspace, at });
    }
    if keys::is_retry(&key.sk) {
        return keys::parse_events(&key.pk).map(|(workspace, of)| Due::Retry { workspace, of, at });
    }
    let (workspace, ticket) = keys::parse_ticket(&key.pk)?;
    if keys::is_pending_purge(&key.sk) {
        return Some(Due::PurgePending { workspace, ticket, at });
    }
    keys::is_follow_up(&key.sk).then_some(Due::FollowUp { workspace, ticket, at })
}
