//! Round trips and capacity units of every operation.

use crate::{
    report::{Cell, Table},
    targets::{self, Targets},
};
use lambdesk_table::{Operation, Usage};
use lambdesk_tests::ledger::every_operation;

/// Requests that consume read units; all others consume write units.
const READS: [&str; 4] = ["GetItem", "BatchGetItem", "Query", "Scan"];

/// Read and write units.
pub fn units(usage: &Usage) -> (f64, f64) {
    let units = |operation: &Operation| operation.table_units + operation.index_units.values().sum::<f64>();
    let (reads, writes): (Vec<_>, Vec<_>) =
        usage.operations.iter().partition(|operation| READS.contains(&operation.name));
    (reads.into_iter().map(units).sum(), writes.into_iter().map(units).sum())
}

/// Measured anew with the scenario of the golden file.
pub async fn table(targets: &mut Targets) -> Table {
    let columns = ["operation", "round trips", "depth", "read units", "write units"];
    let title = "Requests to the table, with key and directory cached but for `cold`";
    let mut table = Table::new("ledger", title, &columns);
    for entry in every_operation().await {
        let (name, trips) = (entry.name, entry.usage.round_trips());
        let (read, write) = units(&entry.usage);
        let some = |units: f64| Cell::maybe((units > 0.0).then_some(units), 1);
        table.row([name.into(), trips.into(), entry.usage.depth().into(), some(read), some(write)]);
        if let Some(target) = targets::round_trips(name) {
            #[expect(clippy::cast_precision_loss, reason = "a handful")]
            targets.hold(format!("round trips: {name}"), trips as f64, target, 0);
        }
        if let Some(target) = targets::units(name) {
            targets.hold(format!("units: {name}"), read + write, target, 1);
        }
    }
    table.note("Units of the table and its indexes together; heads of about 0.6 KB, messages of 300 characters.");
    table
}
