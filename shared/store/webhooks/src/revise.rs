//! Changing an endpoint without undoing what somebody else changed meanwhile.

use crate::{
    client::{CAPACITY, Store, backoff, failure, is_condition_failure},
    error::{Corrupt, StoreError},
    item::{document, read_document},
    keys::Tenant,
};
use lambdesk_domain::{
    id::{EndpointId, WorkspaceId},
    webhook::Endpoint,
};

/// How often it is tried when others change the same endpoint.
const ATTEMPTS: u32 = 5;

impl Store {
    /// Changes an endpoint as it is now; answers it before and after, or none when
    /// it is gone or nothing about it changes. `revise` may be asked several times.
    ///
    /// # Errors
    /// [`StoreError::Contended`] when others were faster each time, or the table's failure.
    pub async fn revise_endpoint(
        &self,
        workspace: WorkspaceId,
        id: EndpointId,
        revise: impl Fn(&Endpoint) -> Endpoint,
    ) -> Result<Option<(Endpoint, Endpoint)>, StoreError> {
        let key = Tenant::new(workspace).endpoint(id);
        for attempt in 0..ATTEMPTS {
            let Some(item) = self.get(key.clone(), true).await? else {
                return Ok(None);
            };
            let before: Endpoint = read_document(&item)?;
            let after = revise(&before);
            if after == before {
                return Ok(None);
            }
            let started = self.meter.ended();
            let request = self.client.put_item().table_name(&*self.table);
            let request = request
                .set_item(Some(document(key.clone(), &after)))
                .condition_expression("doc = :seen")
                .expression_attribute_values(":seen", item.get("doc").cloned().ok_or(Corrupt("doc"))?)
                .return_consumed_capacity(CAPACITY);
            match request.send().await {
                Ok(output) => {
                    self.record("PutItem", started, output.consumed_capacity());
                    return Ok(Some((before, after)));
                }
                Err(error) if is_condition_failure(&error) => self.record("PutItem", started, None),
                Err(error) => return Err(failure(error)),
            }
            backoff(attempt).await;
        }
        Err(StoreError::Contended)
    }
}
