//! Many items at once, without conditions.

use crate::{
    error::TableError,
    expression::Expression,
    item::{Item, primary},
    keys::Key,
    meter,
    projection::projection,
    retry::{ATTEMPTS, Attempts, failure},
    table::Table,
    wire::{
        answer::Together,
        request::{BatchRequest, BatchedDelete, BatchedPut, BatchedWrite, Wanted},
        value::Wired,
    },
};
use futures_util::future::try_join_all;
use serde::Serialize;

/// Items that one request reads at most (Amazon `DynamoDB`, `BatchGetItem`).
const READS_AT_ONCE: usize = 100;
/// Items that one request writes at most (Amazon `DynamoDB`, `BatchWriteItem`).
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
    fn into_batched(self) -> BatchedWrite {
        match self {
            Self::Put(item) => {
                BatchedWrite { put_request: Some(BatchedPut { item: Wired(item) }), ..BatchedWrite::default() }
            }
            Self::Delete(key) => {
                let key = Wired(primary(key));
                BatchedWrite { delete_request: Some(BatchedDelete { key }), ..BatchedWrite::default() }
            }
        }
    }
}

impl Table {
    /// Reads items by their distinct keys, in as many requests at once as they take; those
    /// that are there, in no order.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn batch_get(&self, keys: Vec<Key>) -> Result<Vec<Item>, TableError> {
        self.batch_get_as(keys, true, None).await
    }

    /// The same for half the units, as the indexes are: perhaps a moment late.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn batch_get_eventual(&self, keys: Vec<Key>) -> Result<Vec<Item>, TableError> {
        self.batch_get_as(keys, false, None).await
    }

    /// The same, but these attributes alone.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn batch_get_only(&self, keys: Vec<Key>, attributes: &[&str]) -> Result<Vec<Item>, TableError> {
        self.batch_get_as(keys, false, Some(attributes)).await
    }

    async fn batch_get_as(
        &self,
        keys: Vec<Key>,
        consistent: bool,
        attributes: Option<&[&str]>,
    ) -> Result<Vec<Item>, TableError> {
        let mut expression = Expression::default();
        let projection = attributes.map(|attributes| projection(attributes, &mut expression));
        let (names, _) = expression.into_parts();
        let keys: Vec<_> = keys.into_iter().map(|key| Wired(primary(key))).collect();
        let wanted = |keys: &[Wired<Item>]| Wanted {
            keys: keys.to_vec(),
            consistent_read: consistent,
            projection_expression: projection.as_deref(),
            expression_attribute_names: &names,
        };
        let found = try_join_all(keys.chunks(READS_AT_ONCE).map(|some| self.read_batch(wanted(some)))).await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn read_batch(&self, mut wanted: Wanted<'_>) -> Result<Vec<Item>, TableError> {
        let (mut found, mut attempts) = (Vec::with_capacity(wanted.keys.len()), Attempts::new());
        loop {
            let answer = self.batch(&mut attempts, "BatchGetItem", &wanted).await?;
            found.extend(answer.responses.unwrap_or_default().into_values().flat_map(|Wired(items)| items));
            let left = answer.unprocessed_keys.unwrap_or_default();
            wanted.keys = left.into_values().flat_map(|left| left.keys).collect();
            if wanted.keys.is_empty() {
                return Ok(found);
            }
            if !attempts.again(ATTEMPTS).await {
                return Err(TableError::Unavailable("throttled"));
            }
        }
    }

    /// Any number of writes, in as many requests as they take, in no order. When it
    /// fails some may have been made.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn write_all(&self, writes: Vec<BatchWrite>) -> Result<(), TableError> {
        let writes: Vec<_> = writes.into_iter().map(BatchWrite::into_batched).collect();
        try_join_all(writes.chunks(WRITES_AT_ONCE).map(|some| self.write_batch(some.to_vec()))).await.map(drop)
    }

    async fn write_batch(&self, mut writes: Vec<BatchedWrite>) -> Result<(), TableError> {
        let mut attempts = Attempts::new();
        loop {
            let answer = self.batch(&mut attempts, "BatchWriteItem", writes).await?;
            writes = answer.unprocessed_items.unwrap_or_default().into_values().flatten().collect();
            if writes.is_empty() {
                return Ok(());
            }
            if !attempts.again(ATTEMPTS).await {
                return Err(TableError::Unavailable("throttled"));
            }
        }
    }

    async fn batch(
        &self,
        attempts: &mut Attempts,
        operation: &'static str,
        asked: impl Serialize,
    ) -> Result<Together, TableError> {
        let (after, answer) =
            self.ask_again::<Together>(attempts, operation, &BatchRequest::of(self.name(), asked)).await;
        let answer = answer.map_err(failure)?;
        meter::record(operation, after, answer.consumed_capacity.as_deref().unwrap_or_default());
        Ok(answer)
    }
}
