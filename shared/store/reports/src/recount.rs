//! All events counted anew, into a generation of counters of its own that replaces
//! the present one when it has caught up. Until then reports tell the present one.

use super::{GENERATION, Place, Replaced, fold::as_of};
use crate::{
    client::{Store, Transaction, primary},
    error::StoreError,
    item::{Item, number, text, time},
    keys::{self, Key, Tenant},
};
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use futures_util::future::try_join_all;
use lambdesk_domain::{id::WorkspaceId, time::Timestamp};
use std::time::Duration;

/// How long a replaced generation stays for those who are reading it.
const READ: Duration = Duration::from_mins(1);
/// Counters that are removed at once, and how many rounds of that one call makes.
const REMOVED_AT_ONCE: u16 = 25;
const ROUNDS: usize = 40;

/// What a part of a recount came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recounted {
    /// It is over, and reports tell what it counted.
    pub is_complete: bool,
    /// All events up to here are counted anew.
    pub as_of: Timestamp,
}

impl Store {
    /// Begins a recount or goes on with the one that is under way: up to `pages`
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
    ) -> Result<Recounted, StoreError> {
        let control = self.count_control(workspace).await?;
        if let Some(replaced) = control.replaced
            && !self.remove_generation(workspace, &replaced).await?
        {
            return Ok(Recounted { is_complete: false, as_of: created_at });
        }
        let generation = control.live.as_ref().map_or(0, |live| live.generation) + 1;
        let start = || Place::start(Tenant::new(workspace).recount(), generation, created_at);
        let building = control.building.unwrap_or_else(start);
        self.build(workspace, control.live, building, now, pages).await
    }

    /// Goes on with what [`Store::recount`] has begun, and removes what it has replaced.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn go_on_recounting(
        &self,
        workspace: WorkspaceId,
        now: Timestamp,
        pages: usize,
    ) -> Result<(), StoreError> {
        let control = self.count_control(workspace).await?;
        if let Some(replaced) = control.replaced.filter(|replaced| now.since(replaced.at) >= READ) {
            self.remove_generation(workspace, &replaced).await?;
        }
        if let Some(building) = control.building {
            self.build(workspace, control.live, building, now, pages).await?;
        }
        Ok(())
    }

    async fn build(
        &self,
        workspace: WorkspaceId,
        live: Option<Place>,
        building: Place,
        now: Timestamp,
        pages: usize,
    ) -> Result<Recounted, StoreError> {
        let (building, is_current) = self.advance(workspace, building, now, pages).await?;
        let as_of = as_of(&building, is_current, now);
        let is_complete = is_current && self.replace(&Tenant::new(workspace), live, &building, now).await?;
        Ok(Recounted { is_complete, as_of })
    }

    /// Makes the new generation the present one, if both are what they were.
    async fn replace(
        &self,
        tenant: &Tenant,
        live: Option<Place>,
        building: &Place,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let Some(mut item) = self.get(building.key.clone(), true).await? else {
            // Nothing has happened that could be counted.
            return Ok(!building.is_stored);
        };
        item.insert("sk".to_owned(), text(tenant.counts().sk));
        let mut items = vec![self.put_as(item, live.as_ref())?, self.remove_at(building)?];
        if let Some(live) = live {
            let mut replaced = primary(tenant.replaced_counts());
            replaced.extend([
                ("v".to_owned(), number(crate::item::FORMAT)),
                (GENERATION.to_owned(), number(live.generation)),
                ("at".to_owned(), time(now)),
            ]);
            items.push(self.put_fresh(replaced)?);
        }
        Ok(matches!(self.transact(items).await?, Transaction::Written))
    }

    fn put_as(&self, item: Item, live: Option<&Place>) -> Result<TransactWriteItem, StoreError> {
        let Some(live) = live else {
            return self.put_fresh(item);
        };
        let put = Put::builder().table_name(&*self.table).set_item(Some(item));
        let put = put
            .condition_expression("#gen = :gen")
            .expression_attribute_names("#gen", GENERATION)
            .expression_attribute_values(":gen", number(live.generation));
        let put = put.build().map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn remove_at(&self, place: &Place) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder().table_name(&*self.table).set_key(Some(primary(place.key.clone())));
        let delete = delete
            .condition_expression("pos = :pos")
            .expression_attribute_values(":pos", text(place.position.as_str()));
        let delete = delete.build().map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// Removes a generation's counters, up to a bound; says whether all are gone.
    async fn remove_generation(&self, workspace: WorkspaceId, replaced: &Replaced) -> Result<bool, StoreError> {
        let tenant = Tenant::new(workspace);
        let pk = tenant.counted_in(replaced.generation);
        for _ in 0..ROUNDS {
            let page = self.between(&pk, keys::COUNTED, true, REMOVED_AT_ONCE).await?;
            let sort_key = |item: &Item| item.get("sk").and_then(|sk| sk.as_s().ok()).cloned();
            let keys = page.items.iter().filter_map(sort_key).map(|sk| Key { pk: pk.clone(), sk });
            try_join_all(keys.map(|key| self.delete(key))).await?;
            if !page.has_more {
                self.delete(tenant.replaced_counts()).await?;
                return Ok(true);
            }
        }
        Ok(false)
    }
}
