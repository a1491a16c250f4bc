//! The sweep's own items: a record of every run, and how far it has come.

use crate::Events;
use lambdesk_domain::time::Timestamp;
use lambdesk_table::{
    Item, Key, Query, TableError, Write,
    item::{document, json, number, read_document, text},
    keys,
};
use serde::{Serialize, de::DeserializeOwned};

impl Events {
    /// Records one run of the sweep; kept for 30 days.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn record_run(&self, at: Timestamp, run: &impl Serialize) -> Result<(), TableError> {
        let mut item = document(keys::sweep_run(at), run);
        item.insert("expires_at".to_owned(), number(at.seconds() + 30 * 86_400));
        self.table.write(Write::put(item)).await.map(drop)
    }

    /// The latest runs of the sweep, newest first.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn runs<T: DeserializeOwned>(&self, limit: u16) -> Result<Vec<T>, TableError> {
        let (first, last) = keys::RUNS;
        let runs = Query::of(keys::sweep_run(Timestamp::EPOCH).pk).between(first, last).ascending(false);
        Ok(self.table.page(runs, limit).await?.documents()?.items)
    }

    /// How far the sweep has come, in its own terms.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn sweep_state<T: DeserializeOwned>(&self) -> Result<Option<T>, TableError> {
        let item = self.table.get(keys::sweep_state()).await?;
        Ok(item.map(|item| read_document(&item)).transpose()?)
    }

    /// Since when the table is used: nothing was due before. None where nothing was ever
    /// written that says so.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn used_since(&self) -> Result<Option<Timestamp>, TableError> {
        let item = self.table.get(keys::used_since()).await?;
        Ok(item.map(|item| read_document(&item)).transpose()?)
    }

    /// Remembers how far the sweep has come.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn put_sweep_state(&self, state: &impl Serialize) -> Result<(), TableError> {
        let Key { pk, sk } = keys::sweep_state();
        let item =
            Item::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk)), ("doc".to_owned(), json(state))]);
        self.table.write(Write::put(item)).await.map(drop)
    }
}
