//! Answers remembered under an idempotency key.

use crate::{
    client::{CAPACITY, Store, failure, is_condition_failure},
    error::{Corrupt, StoreError},
    item::{FORMAT, Item, Reader, number, text},
    keys::{Key, Tenant},
};
use aws_sdk_dynamodb::types::{AttributeValue as Av, Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem};
use lambdesk_domain::{id::WorkspaceId, time::Timestamp};
use std::{collections::HashMap, time::Duration};

/// How long an answer is remembered.
const REMEMBERED: Duration = Duration::from_mins(24 * 60 + 10);

/// Nothing is remembered under the key, or not any more.
const UNUSED: &str = "attribute_not_exists(pk) OR expires_at < :now";

/// A remembered answer. The body is sealed by the edge: it may hold personal
/// text or a secret that is shown once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Hash of the key, the caller and the route.
    pub key: String,
    /// Hash of the request's body.
    pub request: String,
    /// The answer.
    pub answer: Answered,
}

/// The answer itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Its status code.
    pub status: u16,
    /// Its `Location`, when it has one.
    pub location: Option<String>,
    /// Its `ETag`, when it has one.
    pub etag: Option<String>,
    /// Its body, sealed.
    pub sealed_body: Vec<u8>,
}

impl Record {
    fn item(&self, tenant: &Tenant, now: Timestamp) -> Item {
        let Key { pk, sk } = tenant.idempotency(&self.key);
        let mut item = HashMap::from([
            ("pk".to_owned(), text(pk)),
            ("sk".to_owned(), text(sk)),
            ("v".to_owned(), number(FORMAT)),
            ("rq".to_owned(), text(&self.request)),
            ("st".to_owned(), number(self.answer.status.into())),
            ("bd".to_owned(), Av::B(self.answer.sealed_body.clone().into())),
            ("expires_at".to_owned(), number(now.plus(REMEMBERED).seconds())),
        ]);
        item.extend(self.answer.location.as_ref().map(|location| ("lo".to_owned(), text(location))));
        item.extend(self.answer.etag.as_ref().map(|etag| ("et".to_owned(), text(etag))));
        item
    }

    /// As one item of a transaction, which fails when the key was used before.
    pub(crate) fn put(
        &self,
        table: &str,
        workspace: WorkspaceId,
        now: Timestamp,
    ) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(table)
            .set_item(Some(self.item(&Tenant::new(workspace), now)))
            .condition_expression(UNUSED)
            .expression_attribute_values(":now", number(now.seconds()))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    pub(crate) fn read(item: &Item) -> Result<Self, Corrupt> {
        let read = Reader(item);
        let Some(Av::B(body)) = item.get("bd") else {
            return Err(Corrupt("bd"));
        };
        let key = read.text("pk")?.rsplit('#').next().unwrap_or_default().to_owned();
        let status = u16::try_from(read.number("st")?).map_err(|_| Corrupt("st"))?;
        let location = read.text_if_any("lo")?.map(str::to_owned);
        let etag = read.text_if_any("et")?.map(str::to_owned);
        let answer = Answered { status, location, etag, sealed_body: body.as_ref().to_vec() };
        Ok(Self { key, request: read.text("rq")?.to_owned(), answer })
    }
}

impl Store {
    /// The answer remembered under this key, while it is.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn answered(
        &self,
        workspace: WorkspaceId,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<Record>, StoreError> {
        let item = self.get(Tenant::new(workspace).idempotency(key), true).await?;
        let live = item.filter(|item| Reader(item).number("expires_at").is_ok_and(|expiry| expiry >= now.seconds()));
        Ok(live.map(|item| Record::read(&item)).transpose()?)
    }

    /// Remembers an answer on its own: for requests that changed nothing, or whose
    /// effect is safe to repeat. One that is remembered under this key already stays.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn remember(&self, workspace: WorkspaceId, record: &Record, now: Timestamp) -> Result<(), StoreError> {
        let after = self.meter.ended();
        let item = record.item(&Tenant::new(workspace), now);
        let request = self.client.put_item().table_name(&*self.table).set_item(Some(item));
        let request = request.condition_expression(UNUSED).expression_attribute_values(":now", number(now.seconds()));
        let request = request.return_consumed_capacity(CAPACITY);
        match self.persist("PutItem", || request.clone().send()).await {
            Ok(output) => self.record("PutItem", after, output.consumed_capacity()),
            Err(error) if is_condition_failure(&error) => self.record("PutItem", after, None),
            Err(error) => return Err(failure(error)),
        }
        Ok(())
    }
}
