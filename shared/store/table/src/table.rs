//! The table: reading and writing single items.

use crate::{
    error::{Corrupt, TableError},
    item::{Item, primary},
    keys::Key,
    meter,
    retry::{failure, is_condition_failure, send},
    write::{Action, Updated, Write},
};
use aws_sdk_dynamodb::{
    Client,
    config::retry::RetryConfig,
    operation::update_item::UpdateItemError,
    types::{ReturnConsumedCapacity, ReturnValue},
};
use std::sync::Arc;

/// Which capacity figures every request asks for.
pub(crate) const CAPACITY: ReturnConsumedCapacity = ReturnConsumedCapacity::Indexes;

/// The table. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Table {
    client: Client,
    name: Arc<str>,
}

impl Table {
    /// Over this client and table. The client's own retries are turned off: every
    /// request follows [`retry`](crate::retry).
    #[must_use]
    pub fn new(client: &Client, name: &str) -> Self {
        let config = client.config().to_builder().retry_config(RetryConfig::disabled()).build();
        Self { client: Client::from_conf(config), name: name.into() }
    }

    pub(crate) const fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Opens the connection, so that the first request doesn't wait for it.
    pub async fn warm(&self) {
        let key = Key { pk: "warm".to_owned(), sk: "warm".to_owned() };
        // Only the connection matters: a failure shows again where it can be answered.
        if let Err(error) = self.get_eventual(key).await {
            tracing::warn!(%error, "the table was not reachable at start");
        }
    }

    /// Reads one item as it is.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn get(&self, key: Key) -> Result<Option<Item>, TableError> {
        self.get_as(key, true).await
    }

    /// Reads one item for half the units: perhaps as it was a moment ago.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn get_eventual(&self, key: Key) -> Result<Option<Item>, TableError> {
        self.get_as(key, false).await
    }

    async fn get_as(&self, key: Key, consistent: bool) -> Result<Option<Item>, TableError> {
        let request = self.client.get_item().table_name(&*self.name).set_key(Some(primary(key)));
        let request = request.consistent_read(consistent).return_consumed_capacity(CAPACITY);
        let (after, output) = send("GetItem", || request.clone().send()).await;
        let output = output.map_err(failure)?;
        meter::record("GetItem", after, output.consumed_capacity.as_slice());
        Ok(output.item)
    }

    /// Writes one item; says whether the condition held.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn write(&self, write: Write) -> Result<bool, TableError> {
        let Write { action, condition, expression, .. } = write;
        let (names, values) = expression.into_parts();
        // The three requests have the same parts and no type in common.
        macro_rules! sent {
            ($name:literal, $request:expr) => {{
                let request = $request
                    .table_name(&*self.name)
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .return_consumed_capacity(CAPACITY);
                let (after, answer) = send($name, || request.clone().send()).await;
                match answer {
                    Ok(output) => {
                        meter::record($name, after, output.consumed_capacity.as_slice());
                        Ok(true)
                    }
                    Err(error) if is_condition_failure(&error) => Ok(false),
                    Err(error) => Err(failure(error)),
                }
            }};
        }
        match action {
            Action::Put(item) => sent!("PutItem", self.client.put_item().set_item(Some(item))),
            Action::Update(key, update) => {
                sent!("UpdateItem", self.client.update_item().set_key(Some(primary(key))).update_expression(update))
            }
            Action::Delete(key) => sent!("DeleteItem", self.client.delete_item().set_key(Some(primary(key)))),
            Action::Check(_) => Err(TableError::Refused("a check is a step of a transaction".to_owned())),
        }
    }

    /// Changes one item and answers it as it is now.
    ///
    /// # Errors
    /// When the table fails, or the write is no update.
    pub async fn update(&self, write: Write) -> Result<Updated, TableError> {
        let on_failure = write.on_failure();
        let Write { action: Action::Update(key, update), condition, expression, .. } = write else {
            return Err(TableError::Refused("only an update answers the item".to_owned()));
        };
        let (names, values) = expression.into_parts();
        let request = self.client.update_item().table_name(&*self.name).set_key(Some(primary(key)));
        let request = request
            .update_expression(update)
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_values(ReturnValue::AllNew)
            .set_return_values_on_condition_check_failure(on_failure)
            .return_consumed_capacity(CAPACITY);
        let (after, answer) = send("UpdateItem", || request.clone().send()).await;
        match answer {
            Ok(output) => {
                meter::record("UpdateItem", after, output.consumed_capacity.as_slice());
                Ok(Updated::Now(output.attributes.ok_or(Corrupt("attributes"))?))
            }
            Err(error) if is_condition_failure(&error) => {
                let UpdateItemError::ConditionalCheckFailedException(failed) = error.into_service_error() else {
                    return Ok(Updated::Refused(None));
                };
                Ok(Updated::Refused(failed.item))
            }
            Err(error) => Err(failure(error)),
        }
    }
}
