//! Round trips and capacity units of every operation; one ticket's whole life, in units and
//! money; what refused writes are charged.

use crate::{
    report::{Cell, Table},
    targets::{self, Targets},
};
use lambdesk_table::{TableRequest, Usage};
use lambdesk_tests::ledger::{
    charge, every_operation,
    life::{Life, life},
    pipeline::FunctionKind,
    prices::{self, BillItem, TICKETS},
    refused::refused,
};

/// Requests that consume read units; all others consume write units.
const READS: [&str; 4] = ["GetItem", "BatchGetItem", "Query", "Scan"];

/// Read and write units.
pub fn units(usage: &Usage) -> (f64, f64) {
    let units = |operation: &TableRequest| operation.table_units + operation.index_units.values().sum::<f64>();
    let (reads, writes): (Vec<_>, Vec<_>) =
        usage.operations.iter().partition(|operation| READS.contains(&operation.name));
    (reads.into_iter().map(units).sum(), writes.into_iter().map(units).sum())
}

fn some(units: f64, decimals: usize) -> Cell {
    Cell::maybe((units > 0.0).then_some(units), decimals)
}

/// Measured anew with the scenarios of the golden file.
pub async fn tables(targets: &mut Targets) -> Vec<Table> {
    let operations = operations(targets).await;
    let refused = Box::pin(refusals()).await;
    let life = Box::pin(life()).await;
    vec![operations, refused, of_life(&life), bill(&life), quiet_month(&life)]
}

async fn operations(targets: &mut Targets) -> Table {
    let columns = ["operation", "round trips", "depth", "read units", "write units"];
    let title = "Requests to the table, with key and directory cached but for `cold`";
    let mut table = Table::new("ledger", title, &columns);
    for entry in every_operation().await {
        let (name, trips) = (entry.name, entry.usage.round_trips());
        let (read, write) = units(&entry.usage);
        table.row([name.into(), trips.into(), entry.usage.depth().into(), some(read, 1), some(write, 1)]);
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

async fn refusals() -> Table {
    let columns = ["request", "requests to the table", "read units", "write units", "of them refused"];
    let mut table = Table::new("refused", "Writes that are refused, as AWS charges them", &columns);
    for entry in Box::pin(refused()).await {
        let charges = &entry.invocation.charges;
        let (read, write) = charge::units(charges);
        let (_, lost) = charge::units(charges.iter().filter(|charge| charge.is_refused));
        table.row([entry.name.into(), charges.len().into(), some(read, 1), some(write, 1), some(lost, 1)]);
    }
    table.note("The table tells nothing of what is refused: those units are computed from the sizes of the items.");
    table
}

fn of_life(life: &Life) -> Table {
    let columns = ["step", "by", "requests to the table", "read units", "write units"];
    let title = "One ticket's whole life with one webhook endpoint: each step a batch, each hint an invocation";
    let mut table = Table::new("life", title, &columns);
    for step in &life.steps {
        for invocation in &step.invocations {
            let by = match invocation.function {
                FunctionKind::Http => "request",
                FunctionKind::Fanout => "fan-out",
                FunctionKind::Deliver => "deliver",
                FunctionKind::Sweep => "sweep",
            };
            let (read, write) = charge::units(&invocation.charges);
            let requests = invocation.charges.len();
            table.row([step.name.into(), by.into(), requests.into(), some(read, 2), some(write, 2)]);
        }
    }
    for share in &life.shares {
        let how = share.how.as_str();
        table.row([share.name.into(), how.into(), Cell::Empty, some(share.reads, 2), some(share.writes, 2)]);
    }
    let (read, write) = life.units();
    table.row(["one ticket".into(), Cell::Empty, Cell::Empty, some(read, 2), some(write, 2)]);
    table.note("Measured, but for refused conditions, which are computed, and key and directory, which are assumed.");
    table
}

fn bill(life: &Life) -> Table {
    let mut table = money("bill", "10,000 such tickets in us-east-1", &prices::of_life(life), TICKETS);
    let stored = prices::stored(life);
    let (kilobytes, dollars) = (stored.quantity / 1e3, stored.dollars(TICKETS));
    table.note(format!("Afterwards each has {kilobytes} KB in table and indexes: $ {dollars:.2} a month for all."));
    table.note(
        "Units and requests are measured, the functions' time is a model (`tests/support/ledger/prices.rs`). List \
         prices on demand without free tiers. Lambda reads the stream free of charge.",
    );
    table
}

fn quiet_month(life: &Life) -> Table {
    money("quiet_month", "A month in which nothing happens, storage aside", &prices::of_quiet_month(life), 1.0)
}

fn money(name: &'static str, title: &str, items: &[BillItem], times: f64) -> Table {
    let mut table = Table::new(name, title, &["what", "quantity", "price, $", "a", "published at", "$"]);
    for item in items {
        let BillItem { price, quantity } = item;
        let (price_of, source) = (Cell::Figure(price.dollars, 4), price.source.into());
        let quantity = Cell::Figure(*quantity, 2);
        table.row([
            price.of.into(),
            quantity,
            price_of,
            price.unit.into(),
            source,
            Cell::Figure(item.dollars(times), 2),
        ]);
    }
    let total = Cell::Figure(prices::total(items, times), 2);
    table.row(["together".into(), Cell::Empty, Cell::Empty, Cell::Empty, Cell::Empty, total]);
    table
}
