//! The retention sweep of a workspace: one item that is due once a day while tickets are
//! in the trash or kept for a time only. It holds the cursor in the lists that the sweep
//! walks; reading or writing it is one request.

use crate::Directories;
use lambdesk_domain::{id::WorkspaceId, time::Timestamp};
use lambdesk_table::{
    FORMAT, TableError, Tenant, Updated, Write,
    item::{Reader, json, number, text, time},
    keys,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// From one retention sweep to the next.
pub const RETENTION_INTERVAL: Duration = Duration::from_hours(24);
/// How long sweeps go on at least after something was put into the trash or the settings
/// changed: longer than an index lags behind.
const GRACE_PERIOD: Duration = Duration::from_hours(1);
/// A sweep that is overdue so long may be further back than the due rows are read, after
/// an outage: it is due anew.
const OVERDUE: Duration = Duration::from_hours(3);
/// When something was last put into the trash, or the settings changed.
const TOUCHED: &str = "tp";

/// A workspace's retention sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionSweep {
    /// Where it goes on; none at its beginning.
    pub cursor: Option<RetentionCursor>,
    touched_at: Timestamp,
}

/// How far a retention sweep has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionCursor {
    /// The list that it walks, counted from zero.
    pub list: usize,
    /// The sort key in that list after which it goes on; none at its beginning.
    pub after: Option<String>,
}

impl Directories {
    /// Makes sure that the workspace has a retention sweep, because something was put
    /// into its trash. One that is due soon stays so.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn schedule_retention_sweep(&self, workspace: WorkspaceId, now: Timestamp) -> Result<(), TableError> {
        let write = write_sweep(
            workspace,
            "SET x_pk = if_not_exists(x_pk, :hour), x_sk = if_not_exists(x_sk, :place), \
             doc = if_not_exists(doc, :doc), v = :v, tp = :now",
            None,
            now.plus(RETENTION_INTERVAL),
        );
        let write = write.value(":v", number(FORMAT)).value(":now", time(now));
        let due = match self.table.update(write).await? {
            Updated::Now(item) => Reader(&item).text_if_any("x_sk")?.and_then(keys::due_time),
            Updated::Refused(_) => None,
        };
        if due.is_none_or(|due| due.plus(OVERDUE) < now) {
            return self.save_retention_sweep(workspace, None, now).await;
        }
        Ok(())
    }

    /// A workspace's retention sweep.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn retention_sweep(&self, workspace: WorkspaceId) -> Result<Option<RetentionSweep>, TableError> {
        let item = self.table.get(Tenant::new(workspace).retention_sweep()).await?;
        item.map(|item| {
            let read = Reader(&item);
            Ok(RetentionSweep { cursor: read.json("doc")?, touched_at: read.time(TOUCHED)? })
        })
        .transpose()
    }

    /// When it is due again, the sweep goes on from this cursor, or from its beginning.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn save_retention_sweep(
        &self,
        workspace: WorkspaceId,
        cursor: Option<&RetentionCursor>,
        due: Timestamp,
    ) -> Result<(), TableError> {
        let write = write_sweep(workspace, "SET x_pk = :hour, x_sk = :place, doc = :doc", cursor, due);
        self.table.write(write.when("attribute_exists(pk)")).await.map(drop)
    }

    /// Ends the sweeps, because nothing is left to expire. False when that may no longer
    /// hold: then the sweep stays.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn end_retention_sweeps(
        &self,
        workspace: WorkspaceId,
        read: &RetentionSweep,
        now: Timestamp,
    ) -> Result<bool, TableError> {
        if read.touched_at.plus(GRACE_PERIOD) > now {
            return Ok(false);
        }
        let delete = Write::delete(Tenant::new(workspace).retention_sweep());
        self.table.write(delete.when("tp = :touched").value(":touched", time(read.touched_at))).await
    }
}

/// Makes the workspace's next sweep due at once, from its beginning.
pub fn restart(workspace: WorkspaceId, now: Timestamp) -> Write {
    let write = write_sweep(workspace, "SET x_pk = :hour, x_sk = :place, doc = :doc, v = :v, tp = :now", None, now);
    write.value(":v", number(FORMAT)).value(":now", time(now))
}

/// Updates the sweep's item; the expression calls its place in the due rows `:hour` and
/// `:place`, its cursor `:doc`.
fn write_sweep(workspace: WorkspaceId, update: &str, cursor: Option<&RetentionCursor>, due: Timestamp) -> Write {
    let key = Tenant::new(workspace).retention_sweep();
    let (hour, place) = keys::due(due, &key);
    let write = Write::update(key, update);
    write.value(":hour", text(hour)).value(":place", text(place)).value(":doc", json(&cursor))
}
