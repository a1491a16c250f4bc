//! Recounts: all events counted anew, into a generation of counters of its own that
//! replaces the present one when it has caught up. Until then reports show the
//! present one. Costs what folding the same events costs, and one deletion per
//! counter of the replaced generation.

use crate::{
    Reports,
    checkpoint::{Checkpoint, CheckpointTx, Replaced},
    fold::Advanced,
    names::{GENERATION, POSITION},
};
use futures_util::future::try_join_all;
use lambdesk_domain::{id::WorkspaceId, time::Timestamp};
use lambdesk_table::{
    FORMAT, Item, Key, Query, TableError, Tenant, Write,
    item::{Reader, number, text, time},
    keys,
};
use std::time::Duration;

/// How long a replaced generation stays for requests that are reading it.
const READ: Duration = Duration::from_mins(1);
/// Counters that are removed at once.
const REMOVED_AT_ONCE: u16 = 25;
/// Batches of removals that one call makes.
const BATCHES: usize = 40;

/// How far a part of a recount came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recounted {
    /// It is over, and reports show what it counted.
    pub is_complete: bool,
    /// All events up to here are counted anew.
    pub as_of: Timestamp,
}

impl Reports {
    /// Begins a recount or continues the one that is under way: up to `pages`
    /// pages of 100 events. `created_at` is the workspace's.
    ///
    /// # Errors
    /// When the table fails; what was counted until then is kept.
    pub async fn recount(
        &self,
        workspace: WorkspaceId,
        created_at: Timestamp,
        now: Timestamp,
        pages: usize,
    ) -> Result<Recounted, TableError> {
        let checkpoints = self.checkpoints(workspace).await?;
        if let Some(replaced) = checkpoints.replaced
            && !self.remove_generation(workspace, &replaced).await?
        {
            return Ok(Recounted { is_complete: false, as_of: created_at });
        }
        let generation = checkpoints.live.as_ref().map_or(0, |live| live.generation) + 1;
        let start = || Checkpoint::start(Tenant::new(workspace).recount(), generation, created_at);
        let building = checkpoints.building.unwrap_or_else(start);
        self.build(workspace, checkpoints.live, building, now, pages).await
    }

    /// Continues what [`Reports::recount`] has begun, and removes what it has replaced.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn continue_recount(
        &self,
        workspace: WorkspaceId,
        now: Timestamp,
        pages: usize,
    ) -> Result<(), TableError> {
        let checkpoints = self.checkpoints(workspace).await?;
        if let Some(replaced) = checkpoints.replaced.filter(|replaced| now.since(replaced.at) >= READ) {
            self.remove_generation(workspace, &replaced).await?;
        }
        if let Some(building) = checkpoints.building {
            self.build(workspace, checkpoints.live, building, now, pages).await?;
        }
        Ok(())
    }

    async fn build(
        &self,
        workspace: WorkspaceId,
        live: Option<Checkpoint>,
        building: Checkpoint,
        now: Timestamp,
        pages: usize,
    ) -> Result<Recounted, TableError> {
        let advanced = self.advance(workspace, building, now, pages).await?;
        let (as_of, Advanced { checkpoint: building, is_current, .. }) = (advanced.as_of(), advanced);
        let is_complete = is_current && self.replace(&Tenant::new(workspace), live, &building, now).await?;
        Ok(Recounted { is_complete, as_of })
    }

    /// Makes the new generation the present one, if both are what they were.
    async fn replace(
        &self,
        tenant: &Tenant,
        live: Option<Checkpoint>,
        building: &Checkpoint,
        now: Timestamp,
    ) -> Result<bool, TableError> {
        let Some(mut item) = self.table.get(building.key.clone()).await? else {
            // Nothing has happened that could be counted.
            return Ok(!building.is_stored);
        };
        item.insert("sk".to_owned(), text(tenant.counts().sk));
        let mut tx = CheckpointTx::new();
        let put = match &live {
            None => Write::create(item),
            Some(live) => {
                let put = Write::put(item).when("#gen = :gen").name("#gen", GENERATION);
                put.value(":gen", number(live.generation))
            }
        };
        tx.hold(put);
        let delete = Write::delete(building.key.clone()).when("#pos = :pos").name("#pos", POSITION);
        tx.hold(delete.value(":pos", text(building.position.as_str())));
        if let Some(live) = live {
            tx.hold(Write::create(replaced(tenant, live.generation, now)));
        }
        tx.commit_held(&self.table).await
    }

    /// Removes a generation's counters, up to a bound; says whether all are gone.
    async fn remove_generation(&self, workspace: WorkspaceId, replaced: &Replaced) -> Result<bool, TableError> {
        let tenant = Tenant::new(workspace);
        let pk = tenant.counted_in(replaced.generation);
        for _ in 0..BATCHES {
            let counters = Query::of(&pk).between(keys::COUNTED.0, keys::COUNTED.1);
            let page = self.table.page(counters, REMOVED_AT_ONCE).await?;
            let sort_key = |item: &Item| Reader(item).text("sk").ok().map(str::to_owned);
            let keys = page.items.iter().filter_map(sort_key).map(|sk| Key { pk: pk.clone(), sk });
            try_join_all(keys.map(|key| self.table.write(Write::delete(key)))).await?;
            if !page.has_more {
                self.table.write(Write::delete(tenant.replaced_counts())).await?;
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The item that names a generation as replaced.
fn replaced(tenant: &Tenant, generation: u64, at: Timestamp) -> Item {
    let Key { pk, sk } = tenant.replaced_counts();
    Item::from([
        ("pk".to_owned(), text(pk)),
        ("sk".to_owned(), text(sk)),
        ("v".to_owned(), number(FORMAT)),
        (GENERATION.to_owned(), number(generation)),
        ("at".to_owned(), time(at)),
    ])
}
