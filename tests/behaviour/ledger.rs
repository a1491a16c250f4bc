//! The request ledger: what every operation asks of the table, one ticket's whole life, and
//! writes that are refused, held exactly. The README says the same.
//!
//! `UPDATE_GOLDEN=1 cargo test -p lambdesk-tests ledger` writes it anew.

use lambdesk_table::{TableRequest, Usage};
use lambdesk_tests::ledger::{
    charge::{self, Charge},
    every_operation,
    life::{Life, Share, life},
    pipeline::{FunctionKind, RecordedInvocation},
    prices::{self, BillItem, TICKETS},
    refused::{RefusedWrite, refused},
};
use std::{collections::BTreeMap, fmt::Write as _, fs};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/golden/ledger.txt");
const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
const HEAD: &str = "operation                          round trips, depth, units: requests with units of the table and of its indexes\n";
const LIFE: &str = "
one ticket's life, in batches of one step    requests, read and write units: of what (r: read units, *: refused, computed)
";
const REFUSED: &str = "
refused, as AWS charges it                   requests, read and write units: of what (*: refused, computed)
";

#[tokio::test]
async fn every_operation_and_a_tickets_whole_life_cost_what_the_ledger_says() {
    let mut ledger = HEAD.to_owned();
    for entry in every_operation().await {
        write_line(&mut ledger, entry.name, &entry.usage);
    }
    ledger.push_str(REFUSED);
    let refused = Box::pin(refused()).await;
    for entry in &refused {
        write_charges(&mut ledger, entry.name, &entry.invocation.charges, &what(&entry.invocation));
    }
    let life = Box::pin(life()).await;
    ledger.push_str(LIFE);
    write_life(&mut ledger, &life);
    write_bill(&mut ledger, &life);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(GOLDEN, &ledger).unwrap();
    }
    let golden = fs::read_to_string(GOLDEN).unwrap_or_default();
    assert!(ledger == golden, "the ledger changed; look why, then UPDATE_GOLDEN=1\n{ledger}");
    let readme = fs::read_to_string(README).unwrap();
    let readme: Vec<_> = readme.split_whitespace().collect();
    let readme = readme.join(" ");
    let rows = [rows_of_refused(&refused), rows_of_life(&life), rows_of_bill(&life)].concat();
    let missing: Vec<_> = rows.iter().filter(|row| !readme.contains(row.as_str())).collect();
    assert!(missing.is_empty(), "the README lacks {missing:#?} of\n{}", rows.join("\n"));
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

fn request(operation: &TableRequest) -> String {
    let indexes = operation.index_units.iter().map(|(index, units)| format!(" {index} {units}"));
    format!("{} {}{}", operation.name, operation.table_units, indexes.collect::<String>())
}

fn write_charges(ledger: &mut String, name: &str, charges: &[Charge], what: &str) {
    let (reads, writes) = charge::units(charges);
    writeln!(ledger, "{name:<44} {:>2} {reads:>6} {writes:>6}  {what}", charges.len()).unwrap();
}

fn what(RecordedInvocation { function, charges, .. }: &RecordedInvocation) -> String {
    if *function == FunctionKind::Http { operations(charges) } else { parts(charges) }
}

/// What was asked for, in the order of the answers.
fn operations(charges: &[Charge]) -> String {
    let one = |charge: &Charge| {
        let mark = if charge.is_refused { "*" } else { "" };
        format!("{} {}{mark}", charge.operation, charge.reads + charge.writes)
    };
    charges.iter().map(one).collect::<Vec<_>>().join(" | ")
}

/// What it was about: writes before reads, in order of the names.
fn parts(charges: &[Charge]) -> String {
    let mut parts: BTreeMap<(bool, &str, &str), f64> = BTreeMap::new();
    for Charge { part, reads, writes, is_refused, .. } in charges {
        let (is_read, mark) = (*writes == 0.0, if *is_refused { "*" } else { "" });
        *parts.entry((is_read, part, mark)).or_default() += reads + writes;
    }
    let text = |((is_read, part, mark), units): (&(bool, &str, &str), &f64)| {
        format!("{part} {units}{}{mark}", if *is_read { "r" } else { "" })
    };
    parts.iter().map(text).collect::<Vec<_>>().join(", ")
}

fn write_life(ledger: &mut String, life: &Life) {
    for step in &life.steps {
        for (index, invocation) in step.invocations.iter().enumerate() {
            let RecordedInvocation { function, records, charges, .. } = invocation;
            let by = match function {
                FunctionKind::Http => "request".to_owned(),
                FunctionKind::Fanout if *records == 1 => "fan-out, 1 record".to_owned(),
                FunctionKind::Fanout => format!("fan-out, {records} records"),
                FunctionKind::Deliver => "deliver, a hint".to_owned(),
                FunctionKind::Sweep => "sweep".to_owned(),
            };
            let name = if index == 0 { step.name } else { "" };
            write_charges(ledger, &format!("{name:<24}{by}"), charges, &what(invocation));
        }
    }
    let mut add = |name: &str, (reads, writes): (f64, f64), how: &str| {
        let text = format!("{name:<44}    {:>6} {:>6}  {how}", two(reads), two(writes));
        writeln!(ledger, "{}", text.trim_end()).unwrap();
    };
    add("all steps", life.of_steps(), "");
    for share in &life.shares {
        add(share.name, (share.reads, share.writes), &share.how);
    }
    add("one ticket", life.units(), "");
    add("a quiet run of the sweep", life.quiet_run, "every minute, whatever happens; not counted above");
}

/// With two decimals at most.
fn two(units: f64) -> f64 {
    (units * 100.0).round() / 100.0
}

fn write_bill(ledger: &mut String, life: &Life) {
    for (title, items, times) in [
        (
            "10,000 such tickets                     one has  price in $         together, $",
            prices::of_life(life),
            TICKETS,
        ),
        (
            "a quiet month, storage aside           quantity  price in $                  $",
            prices::of_quiet_month(life),
            1.0,
        ),
    ] {
        writeln!(ledger, "\n{title}").unwrap();
        for item in &items {
            let BillItem { price, .. } = item;
            let (of, quantity, dollars) = (price.of, two(item.quantity), item.dollars(times));
            writeln!(ledger, "{of:<36} {quantity:>10}  {:<8} a {:<10} {dollars:>8.2}", price.dollars, price.unit)
                .unwrap();
        }
        writeln!(ledger, "{:<36} {:>42.2}", "together", prices::total(&items, times)).unwrap();
    }
    let stored = prices::stored(life);
    writeln!(
        ledger,
        "\nafterwards a ticket has {} KB in table and indexes: $ {:.2} a month for 10,000",
        stored.quantity / 1e3,
        stored.dollars(TICKETS)
    )
    .unwrap();
}

/// The rows of the README's table of refused writes.
fn rows_of_refused(refused: &[RefusedWrite]) -> Vec<String> {
    let row = |RefusedWrite { name, invocation }: &RefusedWrite| {
        let charges = &invocation.charges;
        let ((reads, writes), all) = (charge::units(charges), charges.len());
        let (_, lost) = charge::units(charges.iter().filter(|charge| charge.is_refused));
        format!("| {name} | {all} | {lost} | {} |", reads + writes)
    };
    refused.iter().map(row).collect()
}

/// The rows of the README's table of one ticket's life.
fn rows_of_life(life: &Life) -> Vec<String> {
    let of_function = |(name, function)| {
        let charges: Vec<_> = life.invocations(function).flat_map(|invocation| &invocation.charges).collect();
        let (reads, writes) = charge::units(charges.iter().copied());
        let invocations = match function {
            // It runs in any case.
            FunctionKind::Sweep => String::new(),
            _ => format!(" {}", life.invocations(function).count()),
        };
        format!("| {name} |{invocations} | {} | {reads} | {writes} |", charges.len())
    };
    let functions = [
        ("the requests themselves", FunctionKind::Http),
        ("fan-out", FunctionKind::Fanout),
        ("deliveries", FunctionKind::Deliver),
        ("sweep", FunctionKind::Sweep),
    ];
    let of_share = |share: &Share| format!("| {} | | | {} | {} |", share.name, two(share.reads), two(share.writes));
    let (reads, writes) = life.units();
    let total = format!("| **one ticket** | | | **{}** | **{}** |", two(reads), two(writes));
    functions.map(of_function).into_iter().chain(life.shares.iter().map(of_share)).chain([total]).collect()
}

/// The rows of the README's table of money, and its sentences.
fn rows_of_bill(life: &Life) -> Vec<String> {
    let items = prices::of_life(life);
    let row = |item: &BillItem| {
        let BillItem { price, quantity } = item;
        let dollars = item.dollars(TICKETS);
        format!("| {} | {} | {} a {} | {dollars:.2} |", price.of, two(*quantity), price.dollars, price.unit)
    };
    let stored = prices::stored(life);
    let (kilobytes, month) = (stored.quantity / 1e3, stored.dollars(TICKETS));
    let sentences = [
        format!("| **together** | | | **{:.2}** |", prices::total(&items, TICKETS)),
        format!("{kilobytes} KB in table and indexes (${month:.2} a month for all)"),
        format!("costs ${:.2} and storage", prices::total(&prices::of_quiet_month(life), 1.0)),
    ];
    items.iter().map(row).chain(sentences).collect()
}
