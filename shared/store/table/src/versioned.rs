//! Something as it was read, so that a write can be held to just that.

use crate::{
    answers::AlreadyAnswered,
    error::{Corrupt, TableError},
    item::{Item, Reader, read_document, text},
    keys::Key,
    table::Table,
    tx::Tx,
    write::Write,
};
use lambdesk_domain::id::Version;
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};

/// Something as it was read, so that a write can be held to just that.
#[derive(Debug, Clone)]
pub struct Versioned<T> {
    /// What it is.
    pub value: T,
    document: String,
}

impl<T> Versioned<T> {
    /// What was read of an item's document in another way than [`read`](Versioned::read).
    ///
    /// # Errors
    /// When the document is missing.
    pub fn of(item: &Item, value: T) -> Result<Self, Corrupt> {
        Ok(Self { value, document: Reader(item).text("doc")?.to_owned() })
    }

    /// Names what was read: any other state has another one.
    #[must_use]
    pub fn version(&self) -> Version {
        fingerprint(&self.document)
    }
}

impl<T: Serialize> Versioned<T> {
    /// As it will be read once it is written.
    ///
    /// # Panics
    /// Never: our types have string keys and finite numbers.
    #[must_use]
    pub fn written(value: T) -> Self {
        let document = serialized(&value);
        Self { value, document }
    }
}

impl<T: DeserializeOwned> Versioned<T> {
    /// Reads an item's document.
    ///
    /// # Errors
    /// When the document is missing or unreadable.
    pub fn read(item: &Item) -> Result<Self, TableError> {
        Ok(Self::of(item, read_document(item)?)?)
    }
}

/// Why a transaction was not made that is held to what was read before.
#[derive(Debug)]
pub enum Held<E> {
    /// Something is no longer as it was read.
    Changed,
    /// Anything else.
    Failed(E),
}

impl<E: From<TableError>> From<TableError> for Held<E> {
    fn from(error: TableError) -> Self {
        Self::Failed(error.into())
    }
}

impl<E: From<AlreadyAnswered>> From<AlreadyAnswered> for Held<E> {
    fn from(answered: AlreadyAnswered) -> Self {
        Self::Failed(answered.into())
    }
}

impl<E: From<TableError> + Send + 'static> Tx<Held<E>> {
    /// A write whose refusal means that something is no longer as it was read.
    pub fn hold(&mut self, write: Write) {
        self.require(write, Held::Changed);
    }

    /// Writes all steps or none, and says whether all was still as it was read.
    ///
    /// # Errors
    /// What the first refused step says, or the table's failure.
    pub async fn commit_held(self, table: &Table) -> Result<bool, E> {
        match self.commit(table).await {
            Ok(()) => Ok(true),
            Err(Held::Changed) => Ok(false),
            Err(Held::Failed(error)) => Err(error),
        }
    }
}

/// The version that something has once it is written.
///
/// # Panics
/// Never: our types have string keys and finite numbers.
#[must_use]
pub fn version_of(value: &impl Serialize) -> Version {
    fingerprint(&serialized(value))
}

fn serialized(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("our types are representable in JSON")
}

/// 53 bits, which every reader of JSON takes for the same number.
fn fingerprint(document: &str) -> Version {
    let hash = Sha256::digest(document);
    let bits = hash.iter().take(8).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    Version(bits >> 11)
}

impl Write {
    /// Only if the item's document is just as it was read: compared as written, not as
    /// it would be written today, so that a document of an older version can be changed
    /// too.
    pub fn when_unchanged<T>(self, read: &Versioned<T>) -> Self {
        self.when("doc = :seen").value(":seen", text(&read.document))
    }
}

impl Table {
    /// A document as it is now.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn versioned<T: DeserializeOwned>(&self, key: Key) -> Result<Option<Versioned<T>>, TableError> {
        self.get(key).await?.as_ref().map(Versioned::read).transpose()
    }
}

/// Whether all was still as it was read, for a transaction whose steps say
/// `changed` when it was not.
///
/// # Errors
/// Every other error.
pub fn unchanged<E>(committed: Result<(), E>, is_change: impl Fn(&E) -> bool) -> Result<bool, E> {
    match committed {
        Ok(()) => Ok(true),
        Err(error) if is_change(&error) => Ok(false),
        Err(error) => Err(error),
    }
}
