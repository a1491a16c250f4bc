//! The table: reading and writing single items.

use crate::{
    error::{Corrupt, TableError},
    format::NewerFormat,
    item::{Item, primary},
    keys::Key,
    meter,
    retry::{Attempts, failure, is_condition_failure, send_again},
    wire::{Connection, Failure, answer::TableAnswer, request::Request, value::Wired},
    write::{Action, Updated, Write},
};
use serde::{Serialize, de::DeserializeOwned};
use std::sync::Arc;
use tokio::sync::OnceCell;

/// Requests that write.
const WRITES: [&str; 5] = ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"];

/// The table. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Table {
    connection: Connection,
    name: Arc<str>,
    /// What came of the look at its format, once it was looked at; none where nobody has to.
    pub(crate) format: Option<Arc<OnceCell<Result<(), NewerFormat>>>>,
}

impl Table {
    /// Over this connection and table. Every request follows [`retry`](crate::retry).
    #[must_use]
    pub fn new(connection: &Connection, name: &str) -> Self {
        Self { connection: connection.clone(), name: name.into(), format: None }
    }

    /// The same, but nothing is written before its format was looked at: writes wait for
    /// [`check_format`](Self::check_format), and fail where a newer version wrote the table.
    #[must_use]
    pub fn guarded(self) -> Self {
        Self { format: Some(Arc::default()), ..self }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Sends a request about one table and counts what it consumed.
    pub(crate) async fn ask(&self, operation: &'static str, request: Request<'_>) -> Result<TableAnswer, Failure> {
        let mut attempts = Attempts::new();
        let (after, answer) = self.ask_again::<TableAnswer>(&mut attempts, operation, &request).await;
        let answer = answer?;
        meter::record(operation, after, answer.consumed_capacity.as_slice());
        Ok(answer)
    }

    /// Sends any request, among other attempts; what it consumed is counted by the caller,
    /// who gets how many others had ended when the last attempt began.
    pub(crate) async fn ask_again<A: DeserializeOwned>(
        &self,
        attempts: &mut Attempts,
        operation: &'static str,
        request: &impl Serialize,
    ) -> (usize, Result<A, Failure>) {
        let Ok(body) = serde_json::to_vec(request) else {
            return (meter::ended(), Err(Failure::Unsent));
        };
        if WRITES.contains(&operation)
            && let Err(failure) = self.may_be_written().await
        {
            return (meter::ended(), Err(failure));
        }
        let (connection, body) = (&self.connection, &*body);
        send_again(attempts, operation, || connection.exchange(operation, body)).await
    }

    pub(crate) fn unguarded(&self) -> Self {
        Self { format: None, ..self.clone() }
    }

    /// Waits until the format was looked at, where it must be.
    async fn may_be_written(&self) -> Result<(), Failure> {
        if self.format.as_ref().is_none_or(|looked| looked.get() == Some(&Ok(()))) {
            return Ok(());
        }
        // Boxed, because the look is a request, too.
        match Box::pin(self.check_format()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(newer)) => Err(Failure::NewerFormat(newer)),
            // The next write looks again.
            Err(_) => Err(Failure::Unanswered),
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
        let key = Some(Wired(primary(key)));
        let request = Request { key, consistent_read: Some(consistent), ..Request::of(&self.name) };
        let answer = self.ask("GetItem", request).await.map_err(failure)?;
        Ok(answer.item.map(|Wired(item)| item))
    }

    /// Writes one item; says whether the condition held.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn write(&self, write: Write) -> Result<bool, TableError> {
        let operation = match write.action {
            Action::Put(_) => "PutItem",
            Action::Update(..) => "UpdateItem",
            Action::Delete(_) => "DeleteItem",
            Action::Check(_) => return Err(TableError::Refused("a check is a step of a transaction".to_owned())),
        };
        match self.ask(operation, write.into_request(Request::of(&self.name))).await {
            Ok(_) => Ok(true),
            Err(error) if is_condition_failure(&error) => Ok(false),
            Err(error) => Err(failure(error)),
        }
    }

    /// Changes one item and answers it as it is now.
    ///
    /// # Errors
    /// When the table fails, or the write is no update.
    pub async fn update(&self, write: Write) -> Result<Updated, TableError> {
        if !matches!(write.action, Action::Update(..)) {
            return Err(TableError::Refused("only an update answers the item".to_owned()));
        }
        let request = Request { return_values: Some("ALL_NEW"), ..write.into_request(Request::of(&self.name)) };
        match self.ask("UpdateItem", request).await {
            Ok(TableAnswer { attributes: Some(Wired(item)), .. }) => Ok(Updated::Now(item)),
            Ok(_) => Err(Corrupt("attributes").into()),
            Err(Failure::Refused(refusal)) if refusal.is_of_condition() => {
                Ok(Updated::Refused(refusal.item.map(|Wired(item)| item)))
            }
            Err(error) => Err(failure(error)),
        }
    }
}
