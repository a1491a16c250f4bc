//! The request ledger: what every operation asks of the table, held exactly.
//!
//! `UPDATE_GOLDEN=1 cargo test -p lambdesk-tests ledger` writes it anew.

use lambdesk_table::{Operation, Usage};
use lambdesk_tests::ledger::every_operation;
use std::fmt::Write as _;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/ledger.txt");
const HEAD: &str = "operation                          round trips, depth, units: requests with units of the table and of its indexes\n";

#[tokio::test]
async fn every_operation_costs_what_the_ledger_says() {
    let mut ledger = HEAD.to_owned();
    for entry in every_operation().await {
        write_line(&mut ledger, entry.name, &entry.usage);
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(GOLDEN, &ledger).unwrap();
    }
    let golden = std::fs::read_to_string(GOLDEN).unwrap_or_default();
    assert!(ledger == golden, "the ledger changed; look why, then UPDATE_GOLDEN=1\n{ledger}");
}

fn write_line(ledger: &mut String, name: &str, usage: &Usage) {
    let mut requests: Vec<_> = usage.operations.iter().map(|one| (one.after, request(one))).collect();
    // Those that began together end in any order.
    requests.sort();
    let requests: Vec<_> = requests.into_iter().map(|(_, request)| request).collect();
    let requests = if requests.is_empty() { "none".to_owned() } else { requests.join(" | ") };
    let (trips, depth, units) = (usage.round_trips(), usage.depth(), usage.units());
    writeln!(ledger, "{name:<44} {trips:>2} {depth:>2} {units:>5}  {requests}").unwrap();
}

fn request(operation: &Operation) -> String {
    let indexes = operation.index_units.iter().map(|(index, units)| format!(" {index} {units}"));
    format!("{} {}{}", operation.name, operation.table_units, indexes.collect::<String>())
}
