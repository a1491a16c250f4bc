//! The table layer over the embedded engine, and over what goes wrong before it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod answers;
mod batches;
mod filtered;
mod reads;
mod retries;
mod schema;
mod transactions;
mod versions;
mod writes;

use lambdesk_table::{
    Item, Key, Table,
    item::{Reader, keyed, number},
};

/// A key of the one partition that most tests use; keys sort by their numbers.
fn key(place: u64) -> Key {
    Key { pk: "p".to_owned(), sk: format!("K#{place:04}") }
}

/// An item at this place that holds a number.
fn item(place: u64, n: u64) -> Item {
    let mut item = keyed(key(place));
    item.insert("n".to_owned(), number(n));
    item
}

/// The number of an item.
fn n(item: &Item) -> u64 {
    Reader(item).number("n").unwrap()
}

/// The number of the item at this place as it is now.
async fn stored(table: &Table, place: u64) -> Option<u64> {
    table.get(key(place)).await.unwrap().as_ref().map(n)
}

/// The places of these items.
fn places(items: &[Item]) -> Vec<u64> {
    items.iter().map(|item| Reader(item).text("sk").unwrap()[2..].parse().unwrap()).collect()
}
