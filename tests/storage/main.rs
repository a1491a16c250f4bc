//! What is stored, byte by byte: keys, indexes, attributes, projected columns, codes
//! and documents, for fixed ids. Rows of earlier versions stay readable only while
//! nothing of this changes.
//!
//! `UPDATE_GOLDEN=1 cargo test -p lambdesk-tests --test storage` writes it anew.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod cascades;
mod codes;
mod columns;
mod items;
mod keys;
mod shown;
mod sources;
mod unknown;
mod values;

use lambdesk_testkit::TestTable;
use std::fmt::Write as _;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/storage.txt");

#[tokio::test]
async fn what_is_stored_is_as_it_always_was() {
    let table = TestTable::new().await;
    let mut stored = String::new();
    for (title, lines) in [
        ("Keys", keys::builders()),
        ("Indexes", keys::indexes()),
        ("Positions, which cursors carry", keys::positions()),
        ("Words, and codes", codes::words()),
        ("Documents of one variant each", codes::documents()),
        ("Columns and attributes by what a ticket is", columns::lines(&table).await),
        ("Items", items::lines().await),
    ] {
        let heading = if stored.is_empty() { "" } else { "\n" };
        writeln!(stored, "{heading}# {title}\n{}", lines.join("\n")).unwrap();
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(GOLDEN, &stored).unwrap();
    }
    let golden = std::fs::read_to_string(GOLDEN).unwrap_or_default();
    let changed: Vec<_> = stored.lines().filter(|line| !golden.lines().any(|known| known == *line)).collect();
    assert!(stored == golden, "what is stored changed; look why, then UPDATE_GOLDEN=1\n{}", changed.join("\n"));
}
