//! A ticket that was made a moment ago, before its rows are there.

use crate::{
    client::{CAPACITY, Store, failure},
    error::StoreError,
    head,
    item::{number, text},
    keys::{Index, State, Tenant},
};
use futures_util::future::try_join_all;
use lambdesk_domain::{
    id::{TicketId, TicketNumber},
    status::Status,
};

/// How many of the newest of each state are looked at.
const NEWEST: i32 = 10;

impl Store {
    /// Looks for a number among the tickets that were active last. A new ticket is
    /// one of them until its row is there; a number that nobody has is in neither.
    pub(crate) async fn newest_numbered(
        &self,
        tenant: &Tenant,
        wanted: TicketNumber,
    ) -> Result<Option<TicketId>, StoreError> {
        let live = Status::ALL.iter().copied().map(State::Live).chain([State::Unprocessed]);
        let found = try_join_all(live.map(|state| self.newest_of(tenant.list(state), wanted))).await?;
        Ok(found.into_iter().flatten().next())
    }

    async fn newest_of(&self, partition: String, wanted: TicketNumber) -> Result<Option<TicketId>, StoreError> {
        let after = self.meter.ended();
        let request = self.client.query().table_name(&*self.table).index_name(Index::List.name());
        let request = request
            .key_condition_expression("l_pk = :pk")
            .filter_expression("#num = :num")
            .expression_attribute_names("#num", head::filterable::NUMBER)
            .expression_attribute_values(":pk", text(partition))
            .expression_attribute_values(":num", number(wanted.0))
            .scan_index_forward(false)
            .limit(NEWEST)
            .return_consumed_capacity(CAPACITY);
        let output = request.send().await.map_err(failure)?;
        self.record("Query", after, output.consumed_capacity());
        let found = output.items.unwrap_or_default().into_iter().next();
        Ok(found.map(|item| head::decode(&item)).transpose()?.map(|ticket| ticket.id))
    }
}
