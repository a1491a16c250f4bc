//! What is answered.

use super::{request::BatchedWrite, value::Wired};
use crate::item::Item;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

/// The answer to a request about one table: of all that there can be said, what this one
/// says.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct TableAnswer {
    /// The item that was asked for.
    pub item: Option<Wired<Item>>,
    /// The item as an update left it.
    pub attributes: Option<Wired<Item>>,
    /// The items of a query.
    pub items: Option<Wired<Vec<Item>>>,
    /// How many they are, or would be.
    pub count: u64,
    /// How many a query looked at, before its filter.
    pub scanned_count: u64,
    /// Where a query goes on.
    pub last_evaluated_key: Option<Wired<Item>>,
    /// What it consumed.
    pub consumed_capacity: Option<Capacity>,
}

/// The answer to a transaction or a batch.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Together {
    /// The items, by table.
    pub responses: Option<HashMap<String, Wired<Vec<Item>>>>,
    /// What has not been read, by table.
    pub unprocessed_keys: Option<HashMap<String, Unread>>,
    /// What has not been written, by table.
    pub unprocessed_items: Option<HashMap<String, Vec<BatchedWrite>>>,
    /// What it consumed, by table.
    pub consumed_capacity: Option<Vec<Capacity>>,
}

/// Keys that a batch has not read.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Unread {
    pub keys: Vec<Wired<Item>>,
}

/// Units that a request consumed at one table.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Capacity {
    /// All of them.
    #[serde(rename = "CapacityUnits")]
    pub total: Option<f64>,
    /// Those of the table itself.
    pub table: Option<Units>,
    /// Those of its indexes, by name.
    pub global_secondary_indexes: Option<BTreeMap<String, Units>>,
}

/// Units of a table or an index.
#[derive(Debug, Clone, Copy, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Units {
    /// Reads and writes alike.
    #[serde(rename = "CapacityUnits")]
    pub number: Option<f64>,
}
