//! The sweep's own items: a record of every run, and how far it has come.

use crate::Events;
use lambdesk_domain::time::Timestamp;
use lambdesk_table::{
    Query, TableError, Versioned, Write,
    item::{Reader, document, json, number, read_document, time},
    keys,
};
use serde::{Serialize, de::DeserializeOwned};

/// Since when records are lost, beside the sweep's state.
const LOST_SINCE: &str = "lost";

/// The sweep's state as it is kept between runs.
#[derive(Debug, Clone)]
pub struct KeptState<T> {
    /// How far it has come, as it was read; none before the first run.
    pub state: Option<Versioned<T>>,
    /// Records of the table's stream were lost since then: a reconcile is asked for.
    pub lost_since: Option<Timestamp>,
}

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

    /// How far the sweep has come, in its own terms, and what it is asked for.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn sweep_state<T: DeserializeOwned>(&self) -> Result<KeptState<T>, TableError> {
        let Some(item) = self.table.get(keys::sweep_state()).await? else {
            return Ok(KeptState { state: None, lost_since: None });
        };
        let state = if item.contains_key("doc") { Some(Versioned::read(&item)?) } else { None };
        Ok(KeptState { state, lost_since: Reader(&item).time_if_any(LOST_SINCE)? })
    }

    /// Asks the sweep to check the events of all that changed since a time.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn request_reconcile(&self, lost_since: Timestamp) -> Result<(), TableError> {
        let write = Write::update(keys::sweep_state(), format!("SET {LOST_SINCE} = :since"));
        let write = write.when(format!("attribute_not_exists({LOST_SINCE}) OR {LOST_SINCE} > :since"));
        self.table.write(write.value(":since", time(lost_since))).await.map(drop)
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

    /// Remembers how far the sweep has come since its state was read (none of a first run), and
    /// that it has begun what it was asked for. What it is asked for meanwhile stays. False,
    /// and nothing is written, when another run has written its state since then.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn put_sweep_state<T: Serialize>(
        &self,
        state: &T,
        read: Option<&Versioned<T>>,
        begun: Option<Timestamp>,
    ) -> Result<bool, TableError> {
        let set = |more: &str| {
            let write = Write::update(keys::sweep_state(), format!("SET doc = :doc{more}")).value(":doc", json(state));
            match read {
                Some(read) => write.when_unchanged(read),
                None => write.when("attribute_not_exists(doc)"),
            }
        };
        if let Some(begun) = begun {
            let write = set(&format!(" REMOVE {LOST_SINCE}")).when(format!("{LOST_SINCE} = :begun"));
            if self.table.write(write.value(":begun", time(begun))).await? {
                return Ok(true);
            }
        }
        self.table.write(set("")).await
    }
}
