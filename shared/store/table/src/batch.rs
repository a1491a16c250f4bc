//! Many items at once, without conditions.

use crate::{
    error::TableError,
    item::{Item, primary},
    keys::Key,
    meter,
    retry::{ATTEMPTS, Attempts, failure, send_again},
    table::{CAPACITY, Table},
};
use aws_sdk_dynamodb::types::{DeleteRequest, KeysAndAttributes, PutRequest, WriteRequest};
use futures_util::future::try_join_all;

/// What one request of writes takes.
const WRITES_AT_ONCE: usize = 25;

/// One of many writes that have no conditions.
#[derive(Debug, Clone, PartialEq)]
pub enum BatchWrite {
    /// Writes an item whole, whatever is there.
    Put(Item),
    /// Deletes an item, whether it is there or not.
    Delete(Key),
}

impl BatchWrite {
    fn into_request(self) -> Result<WriteRequest, TableError> {
        let request = WriteRequest::builder();
        Ok(match self {
            Self::Put(item) => request.put_request(PutRequest::builder().set_item(Some(item)).build()?),
            Self::Delete(key) => request.delete_request(DeleteRequest::builder().set_key(Some(primary(key))).build()?),
        }
        .build())
    }
}

impl Table {
    /// Reads up to 100 items by their keys, in no order; those that are there.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn batch_get(&self, keys: Vec<Key>) -> Result<Vec<Item>, TableError> {
        self.batch_get_as(keys, true).await
    }

    /// The same for half the units, as the indexes are: perhaps a moment late.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn batch_get_eventual(&self, keys: Vec<Key>) -> Result<Vec<Item>, TableError> {
        self.batch_get_as(keys, false).await
    }

    async fn batch_get_as(&self, keys: Vec<Key>, consistent: bool) -> Result<Vec<Item>, TableError> {
        let mut found = Vec::with_capacity(keys.len());
        let mut wanted: Vec<_> = keys.into_iter().map(primary).collect();
        let mut attempts = Attempts::new();
        while !wanted.is_empty() {
            let keys = KeysAndAttributes::builder().set_keys(Some(wanted)).consistent_read(consistent).build()?;
            let request = self.client().batch_get_item().request_items(self.name(), keys);
            let request = request.return_consumed_capacity(CAPACITY);
            let (after, output) = send_again(&mut attempts, "BatchGetItem", || request.clone().send()).await;
            let output = output.map_err(failure)?;
            meter::record("BatchGetItem", after, output.consumed_capacity());
            found.extend(output.responses.unwrap_or_default().into_values().flatten());
            wanted = output.unprocessed_keys.unwrap_or_default().into_values().flat_map(|left| left.keys).collect();
            if !wanted.is_empty() && !attempts.again(ATTEMPTS).await {
                return Err(TableError::Unavailable("throttled"));
            }
        }
        Ok(found)
    }

    /// Any number of writes, in as many requests as they take, in no order. When it
    /// fails some may have been made.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn write_all(&self, writes: Vec<BatchWrite>) -> Result<(), TableError> {
        let requests = writes.into_iter().map(BatchWrite::into_request).collect::<Result<Vec<_>, _>>()?;
        try_join_all(requests.chunks(WRITES_AT_ONCE).map(|some| self.write_batch(some.to_vec()))).await.map(drop)
    }

    async fn write_batch(&self, mut writes: Vec<WriteRequest>) -> Result<(), TableError> {
        let mut attempts = Attempts::new();
        loop {
            let request = self.client().batch_write_item().request_items(self.name(), writes);
            let request = request.return_consumed_capacity(CAPACITY);
            let (after, output) = send_again(&mut attempts, "BatchWriteItem", || request.clone().send()).await;
            let output = output.map_err(failure)?;
            meter::record("BatchWriteItem", after, output.consumed_capacity());
            writes = output.unprocessed_items.unwrap_or_default().into_values().flatten().collect();
            if writes.is_empty() {
                return Ok(());
            }
            if !attempts.again(ATTEMPTS).await {
                return Err(TableError::Unavailable("throttled"));
            }
        }
    }
}
