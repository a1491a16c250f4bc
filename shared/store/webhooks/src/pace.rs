//! The pace of a workspace's replays: one item that says up to when they have used what the
//! workspace may send. Taken by one read and one conditional write.

use crate::Webhooks;
use lambdesk_domain::{
    id::WorkspaceId,
    pace::{PacedTimes, ReplayPace},
    time::Timestamp,
};
use lambdesk_table::{
    Item, TableError, Tenant, Versioned, Write,
    item::{document, number},
    retry::{ATTEMPTS, Attempts},
    schema::TTL_ATTRIBUTE,
};
use std::time::Duration;

/// How much longer than it says something the item stays.
const KEPT: Duration = Duration::from_hours(1);

/// Room for some deliveries of a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PacedReplay {
    /// When they come due.
    pub times: PacedTimes,
    workspace: WorkspaceId,
    count: usize,
    pace: ReplayPace,
}

impl Webhooks {
    /// Makes room for replayed deliveries of a workspace. The inner error says how long to
    /// wait, when too many are on their way already.
    ///
    /// # Errors
    /// [`TableError::Contended`] when others were faster each time, or the table's failure.
    pub async fn pace_replay(
        &self,
        workspace: WorkspaceId,
        count: usize,
        now: Timestamp,
    ) -> Result<Result<PacedReplay, Duration>, TableError> {
        let mut attempts = Attempts::new();
        loop {
            let before = self.table.versioned(Tenant::new(workspace).replay_pace()).await?;
            let taken = ReplayPace::take(before.as_ref().map(|before| before.value), count, now);
            let (times, pace) = match taken {
                Ok(taken) => taken,
                Err(wait) => return Ok(Err(wait)),
            };
            let written = match &before {
                Some(before) => self.table.write(Write::put(item(workspace, pace)).when_unchanged(before)).await?,
                None => self.table.write(Write::create(item(workspace, pace))).await?,
            };
            if written {
                return Ok(Ok(PacedReplay { times, workspace, count, pace }));
            }
            if !attempts.again(ATTEMPTS).await {
                return Err(TableError::Contended);
            }
        }
    }

    /// Gives back the room that was taken for more deliveries than were new; unless more was
    /// taken since.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn end_replay(&self, replay: PacedReplay, used: usize) -> Result<(), TableError> {
        let unused = replay.count.saturating_sub(used);
        if unused == 0 {
            return Ok(());
        }
        let less = Write::put(item(replay.workspace, replay.pace.less(unused)));
        self.table.write(less.when_unchanged(&Versioned::written(replay.pace))).await.map(drop)
    }
}

fn item(workspace: WorkspaceId, pace: ReplayPace) -> Item {
    let mut item = document(Tenant::new(workspace).replay_pace(), &pace);
    item.insert(TTL_ATTRIBUTE.to_owned(), number(pace.used_until().plus(KEPT).seconds()));
    item
}
