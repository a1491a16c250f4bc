//! The store: one table, and what every request to it has in common.

use crate::{
    error::StoreError,
    item::Item,
    keys::Key,
    meter::{Meter, Usage},
};
use aws_sdk_dynamodb::{
    Client,
    error::{ProvideErrorMetadata, SdkError},
    operation::{RequestId, transact_write_items::TransactWriteItemsError},
    types::{
        AttributeValue as Av, CancellationReason, ConsumedCapacity, Delete, Put, ReturnConsumedCapacity,
        ReturnValuesOnConditionCheckFailure, TransactWriteItem,
    },
};
use std::{collections::HashMap, sync::Arc, time::Duration};

/// How often a write is tried while others write the same items, and a read of
/// many items while some are left out.
const ATTEMPTS: u32 = 5;
/// The longest first wait between two tries; doubled each time, drawn at random below it.
const BACKOFF: Duration = Duration::from_millis(25);

/// What a single write gets while a transaction holds its item.
const CONFLICT: &str = "TransactionConflictException";

/// Which capacity figures every request asks for.
pub(crate) const CAPACITY: ReturnConsumedCapacity = ReturnConsumedCapacity::Indexes;

/// The table, with what this process remembers of it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pub(crate) client: Client,
    pub(crate) table: Arc<str>,
    pub(crate) memory: Arc<Memory>,
    pub(crate) meter: Meter,
}

/// What a process remembers between requests.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub api_keys: crate::api_keys::Cache,
    pub directories: crate::directory::Cache,
    pub manifests: crate::search::Manifests,
    pub numbers: crate::numbers::Leases,
}

/// Why a transaction was cancelled, per item in the order of the request.
pub(crate) struct Cancelled(Vec<CancellationReason>);

impl Cancelled {
    /// The item that failed its condition at this place, if it did.
    #[expect(clippy::option_option, reason = "whether it failed, and the item as it was if there is one")]
    pub fn failed(&self, index: usize) -> Option<Option<&Item>> {
        let reason = self.0.get(index)?;
        (reason.code() == Some("ConditionalCheckFailed")).then(|| reason.item())
    }
}

/// How a transaction ended, when not in an error of the table.
pub(crate) enum Transaction {
    Written,
    Cancelled(Cancelled),
}

impl Store {
    /// Over this client and table.
    #[must_use]
    pub fn new(client: Client, table: &str) -> Self {
        Self { client, table: table.into(), memory: Arc::default(), meter: Meter::default() }
    }

    /// The same store with its own meter: one per request.
    #[must_use]
    pub fn metered(&self) -> Self {
        Self { meter: Meter::default(), ..self.clone() }
    }

    /// What this store's requests have cost since [`Store::metered`].
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.meter.usage()
    }

    /// Opens the connection, so that the first request doesn't wait for it.
    pub async fn warm(&self) {
        let key = Key { pk: "warm".to_owned(), sk: "warm".to_owned() };
        // Only the connection matters: a failure shows again where it can be answered.
        if let Err(error) = self.metered().get(key, false).await {
            tracing::warn!(%error, "the table was not reachable at start");
        }
    }

    /// Reads one item.
    pub(crate) async fn get(&self, key: Key, consistent: bool) -> Result<Option<Item>, StoreError> {
        let after = self.meter.ended();
        let request = self.client.get_item().table_name(&*self.table).set_key(Some(primary(key)));
        let output =
            request.consistent_read(consistent).return_consumed_capacity(CAPACITY).send().await.map_err(failure)?;
        self.meter.record("GetItem", after, output.consumed_capacity.as_slice());
        Ok(output.item)
    }

    /// Writes one item whole, if the condition holds; says whether it did.
    pub(crate) async fn put(&self, item: Item, condition: Option<&str>) -> Result<bool, StoreError> {
        let after = self.meter.ended();
        let request = self.client.put_item().table_name(&*self.table).set_item(Some(item));
        let request = request.set_condition_expression(condition.map(str::to_owned));
        let request = request.return_consumed_capacity(CAPACITY);
        match self.persist("PutItem", || request.clone().send()).await {
            Ok(output) => {
                self.meter.record("PutItem", after, output.consumed_capacity.as_slice());
                Ok(true)
            }
            Err(error) if is_condition_failure(&error) => {
                self.meter.record("PutItem", after, &[]);
                Ok(false)
            }
            Err(error) => Err(failure(error)),
        }
    }

    /// Deletes one item; says nothing about whether it was there.
    pub(crate) async fn delete(&self, key: Key) -> Result<(), StoreError> {
        let after = self.meter.ended();
        let request = self.client.delete_item().table_name(&*self.table).set_key(Some(primary(key)));
        let request = request.return_consumed_capacity(CAPACITY);
        let output = self.persist("DeleteItem", || request.clone().send()).await.map_err(failure)?;
        self.meter.record("DeleteItem", after, output.consumed_capacity.as_slice());
        Ok(())
    }

    /// Writes several items together. Tried again while others write the same
    /// items; every try carries our own token, so that an answer lost on the way
    /// doesn't write twice.
    pub(crate) async fn transact(&self, items: Vec<TransactWriteItem>) -> Result<Transaction, StoreError> {
        let token = client_token();
        let mut last = StoreError::Contended;
        for attempt in 0..ATTEMPTS {
            let after = self.meter.ended();
            let request = self.client.transact_write_items().set_transact_items(Some(items.clone()));
            let request = request.client_request_token(&token).return_consumed_capacity(CAPACITY);
            match request.send().await {
                Ok(output) => {
                    self.meter.record("TransactWriteItems", after, output.consumed_capacity());
                    return Ok(Transaction::Written);
                }
                Err(error) => {
                    self.meter.record("TransactWriteItems", after, &[]);
                    match cancellation(error)? {
                        Cancellation::Final(cancelled) => return Ok(Transaction::Cancelled(cancelled)),
                        Cancellation::Passing(reason) => last = reason,
                    }
                    if attempt + 1 < ATTEMPTS {
                        backoff(attempt).await;
                    }
                }
            }
        }
        Err(last)
    }

    /// As one item of a transaction: writes an item whose key is free. If it isn't,
    /// the refusal carries the item that is there.
    pub(crate) fn put_fresh(&self, item: Item) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&*self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// As one item of a transaction: writes an item whole, whatever is there.
    pub(crate) fn put_item(&self, item: Item) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder().table_name(&*self.table).set_item(Some(item)).build();
        let put = put.map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// As one item of a transaction: deletes an item, whether it is there or not.
    pub(crate) fn delete_item(&self, key: Key) -> Result<TransactWriteItem, StoreError> {
        let delete = Delete::builder().table_name(&*self.table).set_key(Some(primary(key))).build();
        let delete = delete.map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().delete(delete).build())
    }

    /// Reads up to 100 items by their keys, in no order, asking again for those left out.
    pub(crate) async fn batch_get(&self, keys: Vec<Key>) -> Result<Vec<Item>, StoreError> {
        self.batch_get_as(keys, true).await
    }

    /// The same for half the units, as the indexes are: perhaps a moment late.
    pub(crate) async fn batch_get_soon(&self, keys: Vec<Key>) -> Result<Vec<Item>, StoreError> {
        self.batch_get_as(keys, false).await
    }

    async fn batch_get_as(&self, keys: Vec<Key>, consistent: bool) -> Result<Vec<Item>, StoreError> {
        let mut found = Vec::with_capacity(keys.len());
        let mut wanted: Vec<_> = keys.into_iter().map(primary).collect();
        for attempt in 0..ATTEMPTS {
            if wanted.is_empty() {
                return Ok(found);
            }
            let after = self.meter.ended();
            let keys = aws_sdk_dynamodb::types::KeysAndAttributes::builder()
                .set_keys(Some(wanted))
                .consistent_read(consistent)
                .build();
            let keys = keys.map_err(|error| StoreError::Refused(error.to_string()))?;
            let request =
                self.client.batch_get_item().request_items(&*self.table, keys).return_consumed_capacity(CAPACITY);
            let output = request.send().await.map_err(failure)?;
            self.meter.record("BatchGetItem", after, output.consumed_capacity());
            found.extend(output.responses.unwrap_or_default().into_values().flatten());
            wanted = output.unprocessed_keys.unwrap_or_default().into_values().flat_map(|left| left.keys).collect();
            if !wanted.is_empty() {
                backoff(attempt).await;
            }
        }
        if wanted.is_empty() { Ok(found) } else { Err(StoreError::Unavailable("throttled")) }
    }

    /// Sends a write of one item, again while a transaction of somebody else holds
    /// that item: the SDK retries throttling and lost connections, but not this.
    pub(crate) async fn persist<T, E, F>(&self, name: &'static str, send: impl Fn() -> F) -> Result<T, SdkError<E>>
    where
        E: ProvideErrorMetadata,
        F: Future<Output = Result<T, SdkError<E>>>,
    {
        for attempt in 1..ATTEMPTS {
            let after = self.meter.ended();
            match send().await {
                Err(error) if error.code() == Some(CONFLICT) => self.meter.record(name, after, &[]),
                answer => return answer,
            }
            backoff(attempt - 1).await;
        }
        send().await
    }

    pub(crate) fn record(&self, name: &'static str, after: usize, capacity: Option<&ConsumedCapacity>) {
        self.meter.record(name, after, capacity.map(std::slice::from_ref).unwrap_or_default());
    }
}

/// The primary key as the SDK takes it.
pub(crate) fn primary(key: Key) -> HashMap<String, Av> {
    HashMap::from([("pk".to_owned(), Av::S(key.pk)), ("sk".to_owned(), Av::S(key.sk))])
}

/// Why a transaction was not made.
enum Cancellation {
    /// A condition does not hold.
    Final(Cancelled),
    /// Trying again may help; what it comes to when it doesn't.
    Passing(StoreError),
}

fn cancellation(error: SdkError<TransactWriteItemsError>) -> Result<Cancellation, StoreError> {
    let reasons = match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            cancelled.cancellation_reasons().to_vec()
        }
        Some(TransactWriteItemsError::TransactionInProgressException(_)) => {
            return Ok(Cancellation::Passing(StoreError::Contended));
        }
        _ => return Err(failure(error)),
    };
    let has = |wanted: &str| reasons.iter().any(|reason| reason.code() == Some(wanted));
    if has("ConditionalCheckFailed") {
        Ok(Cancellation::Final(Cancelled(reasons)))
    } else if has("TransactionConflict") {
        Ok(Cancellation::Passing(StoreError::Contended))
    } else if has("ThrottlingError") || has("ProvisionedThroughputExceeded") {
        Ok(Cancellation::Passing(StoreError::Unavailable("throttled")))
    } else {
        Err(failure(error))
    }
}

/// Waits a random part of a time that doubles with each attempt.
pub(crate) async fn backoff(attempt: u32) {
    tokio::time::sleep(BACKOFF.saturating_mul(1 << attempt.min(6)).mul_f64(fastrand::f64())).await;
}

/// 128 random bits as `DynamoDB` takes them: at most 36 characters.
fn client_token() -> String {
    format!("{:032x}", fastrand::u128(..))
}

pub(crate) fn is_condition_failure<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error.code() == Some("ConditionalCheckFailedException")
}

/// Sorts an SDK error into ours. Its text names tables and conditions, never values.
#[expect(clippy::needless_pass_by_value, reason = "used with map_err, which hands it over")]
pub(crate) fn failure<E>(error: SdkError<E>) -> StoreError
where
    E: ProvideErrorMetadata,
    SdkError<E>: RequestId,
{
    const PASSING: [&str; 5] = [
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "RequestLimitExceeded",
        "InternalServerError",
        "ServiceUnavailable",
    ];
    match &error {
        SdkError::TimeoutError(_) => StoreError::Unavailable("timeout"),
        SdkError::DispatchFailure(_) => StoreError::Unavailable("connection"),
        SdkError::ResponseError(_) => StoreError::Unavailable("response"),
        SdkError::ServiceError(service) => match service.err().code() {
            Some(CONFLICT) => StoreError::Contended,
            Some(code) if PASSING.contains(&code) => StoreError::Unavailable("throttled"),
            code => StoreError::Refused(format!(
                "{} {}",
                code.unwrap_or("unknown"),
                service.err().message().unwrap_or_default()
            )),
        },
        _ => StoreError::Refused("the request could not be built".to_owned()),
    }
}
