//! Reading blocks of segments, and writing pieces of the index.

use super::manifest::Segment;
use crate::{
    client::{CAPACITY, Store, failure, primary},
    error::{Corrupt, StoreError},
    item::{Item, Reader, text},
    keys::{Key, Place, Tenant},
};
use aws_sdk_dynamodb::types::{DeleteRequest, PutRequest, WriteRequest};
use futures_util::future::try_join_all;
use lambdesk_domain::time::Timestamp;

/// Writes of one request.
const WRITES: usize = 25;

impl Store {
    pub(super) async fn write_pieces(&self, writes: Vec<WriteRequest>) -> Result<(), StoreError> {
        try_join_all(writes.chunks(WRITES).map(|some| self.write_batch(some.to_vec()))).await.map(drop)
    }

    /// Blocks of a segment beyond a place, with their last postings, and whether they
    /// are all.
    pub(super) async fn blocks(
        &self,
        tenant: &Tenant,
        segment: &Segment,
        beyond: Option<&Place>,
        limit: i32,
        now: Timestamp,
    ) -> Result<(Vec<(Place, Item)>, bool), StoreError> {
        let from = beyond.map_or_else(String::new, Place::key);
        self.blocks_from(tenant, segment, ("sk > :from", &from), limit, now).await
    }

    pub(super) async fn blocks_from(
        &self,
        tenant: &Tenant,
        segment: &Segment,
        (condition, from): (&str, &str),
        limit: i32,
        now: Timestamp,
    ) -> Result<(Vec<(Place, Item)>, bool), StoreError> {
        let after = self.meter.ended();
        let request = self.client.query().table_name(&*self.table);
        let request = match from {
            "" => request.key_condition_expression("pk = :pk"),
            from => request
                .key_condition_expression(format!("pk = :pk AND {condition}"))
                .expression_attribute_values(":from", text(from)),
        };
        let request = request
            .expression_attribute_values(":pk", text(tenant.segment(segment.id)))
            .consistent_read(segment.is_young(now))
            .limit(limit)
            .return_consumed_capacity(CAPACITY);
        let output = request.send().await.map_err(failure)?;
        self.record("Query", after, output.consumed_capacity());
        let is_end = output.last_evaluated_key.is_none();
        let place = |item: &Item| Place::of(Reader(item).text("sk")?).ok_or(Corrupt("sk"));
        let blocks = output.items.unwrap_or_default().into_iter().map(|item| Ok((place(&item)?, item)));
        Ok((blocks.collect::<Result<_, Corrupt>>()?, is_end))
    }
}

/// As one of many writes.
pub fn put(item: Item) -> Result<WriteRequest, StoreError> {
    let put = PutRequest::builder().set_item(Some(item)).build();
    let put = put.map_err(|error| StoreError::Refused(error.to_string()))?;
    Ok(WriteRequest::builder().put_request(put).build())
}

/// As one of many writes.
pub fn delete(key: Key) -> Result<WriteRequest, StoreError> {
    let delete = DeleteRequest::builder().set_key(Some(primary(key))).build();
    let delete = delete.map_err(|error| StoreError::Refused(error.to_string()))?;
    Ok(WriteRequest::builder().delete_request(delete).build())
}
