//! `make bench`: the figures, as tables on the screen and as JSON in `target/bench.json`.
//!
//! | variable | what it does |
//! |---|---|
//! | `ONLY=growth,webhook` | these sections alone |
//! | `MILLION=1` | lists at 1,000,000 tickets too, and searches at as many messages: about 10 GB in `TMPDIR`, best one in memory |
//! | `LARGEST=10000` | lists, searches and the local stack at no more tickets and messages than that |
//! | `INSTRUCTIONS=1` | counts instructions with valgrind |
//! | `PEERS=1` | the same get and list in Node.js and Python; fetches their SDKs |
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark that fails here has failed")]

mod bed;
mod build;
mod dearest;
mod desk;
mod events;
mod growth;
mod handlers;
mod instructions;
mod ledger;
mod lists;
mod peers;
mod program;
mod receiver;
mod report;
mod sample;
mod search;
mod seed;
mod sizes;
mod starts;
mod targets;
mod webhook;

use report::Table;
use serde_json::{Map, Value as Json};
use std::{fs, process::ExitCode, time::Instant};
use targets::Targets;

/// The sections in their order.
const SECTIONS: [&str; 10] =
    ["ledger", "dearest", "binaries", "starts", "handlers", "webhook", "growth", "search", "desk", "instructions"];

/// What has been measured so far: printed at once, written at the end.
#[derive(Default)]
struct Report {
    targets: Targets,
    json: Map<String, Json>,
}

impl Report {
    fn add(&mut self, table: &Table) {
        print!("{}", table.text());
        let (name, json) = table.json();
        self.json.insert(name, json);
    }

    async fn section(&mut self, name: &'static str) {
        let targets = &mut self.targets;
        let tables = match name {
            "ledger" => Ok(Box::pin(ledger::tables(targets)).await),
            "dearest" => Ok(vec![Box::pin(dearest::table()).await]),
            "binaries" => Ok(vec![sizes::table(targets)]),
            "starts" => starts::tables(targets).await,
            "handlers" => Ok(vec![handlers::table().await]),
            "webhook" => Ok(vec![webhook::table(targets)]),
            "growth" => Ok(growth::tables(targets).await),
            "search" => Ok(search::tables(targets).await),
            "desk" => desk::tables().await,
            _ => instructions::table(targets).await.map(|table| vec![table]),
        };
        match tables {
            Ok(tables) => tables.iter().for_each(|table| self.add(table)),
            Err(sentence) => self.add(&Table::absent(name, name, &sentence)),
        }
    }
}

/// On one thread, as a Lambda runs: what is issued together then never ends before
/// all of it is issued, so depths are the same in every run.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let only = std::env::var("ONLY").unwrap_or_default();
    let wanted = |name: &&str| only.is_empty() || only.split(',').any(|one| one == *name);
    let mut report = Report::default();
    report.add(&machine());
    for name in SECTIONS.iter().filter(|name| wanted(name)) {
        let started = Instant::now();
        Box::pin(report.section(name)).await;
        eprintln!("({name}: {:.0} s)", started.elapsed().as_secs_f64());
    }
    let targets = std::mem::take(&mut report.targets).table();
    report.add(&targets);
    let path = build::target().join("bench.json");
    match fs::write(&path, format!("{:#}\n", Json::Object(report.json))) {
        Ok(()) => {
            println!("\nThe same as JSON: target/bench.json");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{} can't be written: {error}", path.display());
            ExitCode::FAILURE
        }
    }
}

/// Where this was measured, and how busy it was.
fn machine() -> Table {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpus = read("/proc/cpuinfo");
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1)).unwrap_or("unknown");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = read("/proc/loadavg");
    let mut table = Table::new("machine", "Machine", &["processor", "cores", "host", "load at the start"]);
    let load = load.split_whitespace().next().unwrap_or("unknown");
    table.row([model.into(), cores.into(), build::host().into(), load.into()]);
    table
}
