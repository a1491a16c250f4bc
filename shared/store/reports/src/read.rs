//! Reading counters: standings now, by channel and assignee, and days.

use crate::{
    Reports,
    names::{self, GENERATION},
};
use futures_util::future::try_join;
use lambdesk_domain::{
    day::Day,
    id::WorkspaceId,
    report::{Cell, Counter, Counters, Group, Standing},
};
use lambdesk_table::{
    Item, TableError, Tenant,
    item::Reader,
    keys::{self, State},
};
use std::collections::BTreeMap;

/// The tickets of a workspace as they stand, up to where events are counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standings {
    generation: u64,
    counters: Counters,
}

impl Standings {
    /// All counters.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// How many tickets of a state; none where they aren't counted (in the trash).
    #[must_use]
    pub fn of(&self, state: State) -> Option<u64> {
        let standing = match state {
            State::Live(status) => Standing::of(lambdesk_domain::status::Lifecycle::Live, status)?,
            State::Unprocessed => Standing::Unprocessed,
            State::Archived => Standing::Archived,
            State::Trashed => return None,
        };
        Some(self.counters.get(Counter::Standing(standing)))
    }
}

impl Reports {
    /// How many tickets stand where, as last counted: one read, half a unit. None in a
    /// workspace in which nothing was counted yet.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn counts(&self, tenant: &Tenant) -> Result<Option<Standings>, TableError> {
        self.standings_at(tenant, false).await
    }

    /// The same, including what this caller has just counted.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn counts_now(&self, tenant: &Tenant) -> Result<Standings, TableError> {
        Ok(self.standings_at(tenant, true).await?.unwrap_or_default())
    }

    async fn standings_at(&self, tenant: &Tenant, consistent: bool) -> Result<Option<Standings>, TableError> {
        let key = tenant.counts();
        let item = if consistent { self.table.get(key).await? } else { self.table.get_eventual(key).await? };
        let read = |item: Item| {
            let generation = Reader(&item).number(GENERATION)?;
            Ok(Standings { generation, counters: names::counters(&item)? })
        };
        item.map(read).transpose()
    }

    /// The tickets of every channel and of every assignee as they stand: the channels
    /// first, then the assignees.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn counted_groups(
        &self,
        tenant: &Tenant,
        standings: &Standings,
    ) -> Result<Vec<(Group, Counters)>, TableError> {
        let pk = tenant.counted_in(standings.generation);
        // Boxed: two ranges side by side make a large future.
        let (channels, assignees) = Box::pin(try_join(
            self.table.whole(&pk, keys::COUNTED_CHANNELS),
            self.table.whole(&pk, keys::COUNTED_ASSIGNEES),
        ))
        .await?;
        let group = |item: &Item| keys::counted_group(item.get("sk")?.as_s().ok()?);
        let items = channels.iter().chain(&assignees);
        let counted = items.filter_map(|item| Some((group(item)?, item)));
        counted.map(|(group, item)| Ok((group, names::counters(item)?))).collect()
    }

    /// The days of a group from one to another, both included; those on which nothing
    /// happened are left out.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn counted_days(
        &self,
        workspace: WorkspaceId,
        standings: &Standings,
        group: Group,
        (from, to): (Day, Day),
    ) -> Result<BTreeMap<Day, Counters>, TableError> {
        let tenant = Tenant::new(workspace);
        let pk = tenant.counted(standings.generation, Cell::Day(group, from)).pk;
        let items =
            self.table.whole(&pk, (&keys::counted_day_key(group, from), &keys::counted_day_key(group, to))).await?;
        let day = |item: &Item| keys::counted_day(item.get("sk")?.as_s().ok()?);
        let counted = items.iter().filter_map(|item| Some((day(item)?, item)));
        counted.map(|(day, item)| Ok((day, names::counters(item)?))).collect()
    }
}
