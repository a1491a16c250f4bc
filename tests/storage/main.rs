//! What is stored, byte by byte: keys, indexes, attributes, projected columns, codes
//! and documents, for fixed ids. Rows of earlier versions stay readable only while
//! nothing of this changes.
//!
//! `UPDATE_GOLDEN=1 cargo test -p lambdesk-tests --test storage` writes it anew.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod codes;
mod columns;
mod items;
mod keys;
mod sources;
mod unknown;
mod values;

use lambdesk_table::Value;
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

/// A value as one text, in the same order each time.
fn shown(value: &Value) -> String {
    match value {
        Value::S(text) => text.clone(),
        Value::N(digits) => digits.clone(),
        Value::Bool(flag) => flag.to_string(),
        Value::B(bytes) => bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat(),
        Value::L(values) => format!("[{}]", values.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Value::Ss(set) => {
            let mut set = set.clone();
            set.sort();
            format!("<{}>", set.join(", "))
        }
        Value::M(map) => {
            let mut parts: Vec<_> = map.iter().map(|(name, value)| format!("{name}: {}", shown(value))).collect();
            parts.sort();
            format!("{{{}}}", parts.join(", "))
        }
        other => panic!("not a type that the store uses: {other:?}"),
    }
}

/// The letter of a value's type, as the table calls it.
const fn kind(value: &Value) -> &'static str {
    match value {
        Value::S(_) => "S",
        Value::N(_) => "N",
        Value::Bool(_) => "BOOL",
        Value::B(_) => "B",
        Value::L(_) => "L",
        Value::Ss(_) => "SS",
        Value::M(_) => "M",
        _ => "?",
    }
}
