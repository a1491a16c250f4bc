//! Answers remembered under an idempotency key.

use crate::{
    error::{Corrupt, TableError},
    item::{FORMAT, Item, Reader, Value, number, text},
    keys::{Key, Tenant},
    table::Table,
    tx::Tx,
    write::Write,
};
use lambdesk_domain::{id::WorkspaceId, time::Timestamp};
use std::{collections::HashMap, time::Duration};

/// How long an answer is remembered.
const REMEMBERED: Duration = Duration::from_mins(24 * 60 + 10);

/// What a record has beside its texts: keys, names of attributes, numbers.
const AROUND: usize = 90;

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
    /// What it says, sealed.
    pub sealed_body: Vec<u8>,
    /// The body is not remembered: what is sealed names what it is made of again.
    pub is_reference: bool,
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
            ("bd".to_owned(), Value::B(self.answer.sealed_body.clone().into())),
            ("expires_at".to_owned(), number(now.plus(REMEMBERED).seconds())),
        ]);
        item.extend(self.answer.location.as_ref().map(|location| ("lo".to_owned(), text(location))));
        item.extend(self.answer.etag.as_ref().map(|etag| ("et".to_owned(), text(etag))));
        item.extend(self.answer.is_reference.then(|| ("rf".to_owned(), Value::Bool(true))));
        item
    }

    /// About how many bytes the item has.
    #[must_use]
    pub fn length(&self) -> usize {
        let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let Answered { location, etag, sealed_body, .. } = &self.answer;
        AROUND + self.key.len() + self.request.len() + length(location) + length(etag) + sealed_body.len()
    }

    fn write(&self, workspace: WorkspaceId, now: Timestamp) -> Write {
        let put = Write::put(self.item(&Tenant::new(workspace), now));
        put.when(UNUSED).value(":now", number(now.seconds()))
    }

    fn read(item: &Item) -> Result<Self, Corrupt> {
        let read = Reader(item);
        let Some(Value::B(body)) = item.get("bd") else {
            return Err(Corrupt("bd"));
        };
        let key = read.text("pk")?.rsplit('#').next().unwrap_or_default().to_owned();
        let status = u16::try_from(read.number("st")?).map_err(|_| Corrupt("st"))?;
        let location = read.text_if_any("lo")?.map(str::to_owned);
        let etag = read.text_if_any("et")?.map(str::to_owned);
        let is_reference = item.contains_key("rf");
        let answer = Answered { status, location, etag, sealed_body: body.as_ref().to_vec(), is_reference };
        Ok(Self { key, request: read.text("rq")?.to_owned(), answer })
    }
}

/// A request with this idempotency key was answered before; this is the answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("answered before")]
pub struct AlreadyAnswered(pub Box<Record>);

/// Why something was not written that nothing but its remembered answer can refuse.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// The request was answered before.
    #[error(transparent)]
    Answered(#[from] AlreadyAnswered),
    /// The table failed.
    #[error(transparent)]
    Table(#[from] TableError),
}

impl<E: From<TableError> + From<AlreadyAnswered>> Tx<E> {
    /// Remembers the answer, if there is one, together with everything else. To be
    /// called first: a request that was answered before is told so, whatever else has
    /// changed since.
    pub fn remember(&mut self, workspace: WorkspaceId, answer: Option<&Record>, now: Timestamp) {
        let Some(answer) = answer else { return };
        self.require_with(answer.write(workspace, now).showing_item(), |item| {
            let record = Record::read(&item.ok_or(Corrupt("idempotency record"))?)?;
            Ok(AlreadyAnswered(Box::new(record)).into())
        });
    }
}

impl Table {
    /// The answer remembered under this key, while it is.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn answered(
        &self,
        workspace: WorkspaceId,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<Record>, TableError> {
        let item = self.get(Tenant::new(workspace).idempotency(key)).await?;
        let live = item.filter(|item| Reader(item).number("expires_at").is_ok_and(|expiry| expiry >= now.seconds()));
        Ok(live.map(|item| Record::read(&item)).transpose()?)
    }

    /// Remembers an answer on its own: for requests that changed nothing, or whose
    /// effect is safe to repeat. One that is remembered under this key already stays.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn remember(&self, workspace: WorkspaceId, record: &Record, now: Timestamp) -> Result<(), TableError> {
        self.write(record.write(workspace, now)).await.map(drop)
    }
}
