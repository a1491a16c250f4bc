//! What a list costs and takes as the number of tickets grows.

use crate::{
    bed::{Bed, is_million},
    ledger::units,
    lists::Lists,
    report::{Cell, Table},
    sample::{millis, sample},
    seed::seed,
    targets::{self, Targets},
};
use axum::http::Method;
use lambdesk_runtime::clock;
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

/// Pages of each kind that are timed.
const SAMPLES: usize = 300;
const SIZES: [u64; 3] = [1_000, 10_000, 100_000];
const MILLION: u64 = 1_000_000;

const FILTERED: &str = "one state, a filter that matches 1 %";
const LISTS: [(&str, &str); 3] = [
    ("one state, 25", "/v1/tickets?status=open"),
    ("by default (six states), 25", "/v1/tickets"),
    (FILTERED, "/v1/tickets?status=open&priority=urgent"),
];

/// At each size: seed up to it, then time the lists.
pub async fn tables(targets: &mut Targets) -> Vec<Table> {
    let columns = ["tickets", "list", "rows", "round trips", "depth", "read units", "p50 ms", "p99 ms"];
    let mut table = Table::new("growth", "Lists as the number of tickets grows", &columns);
    let bed = Arc::new(Bed::growing().await);
    let largest = std::env::var("LARGEST").map_or(u64::MAX, |largest| largest.parse().unwrap());
    let sizes = SIZES.into_iter().chain(is_million().then_some(MILLION));
    let sizes: Vec<_> = sizes.filter(|size| *size <= largest).collect();
    let begin = clock::now().minus(Duration::from_mins(2 * MILLION));
    let (mut seeded, mut seeding) = (0, Vec::new());
    let mut lists = Lists::default();
    let mut costs: BTreeMap<&str, Vec<[f64; 2]>> = BTreeMap::new();
    for size in sizes {
        let started = Instant::now();
        seed(&bed, begin, seeded..size).await;
        seeding.push(format!("{} in {:.1} s", size - seeded, millis(started.elapsed()) / 1e3));
        seeded = size;
        for (name, path) in LISTS {
            let cost = list(&bed, size, name, path, &mut table).await;
            costs.entry(name).or_default().push(cost);
        }
        lists.measure(&bed, size).await;
    }
    if let Some([_, units]) = costs[FILTERED].last() {
        targets.hold(format!("read units: {FILTERED}"), *units, targets::FILTER, 1);
    }
    for (name, _) in LISTS {
        table.note(verdict(name, &costs[name]));
    }
    table.note(
        "A filtered list reads up to a fixed number of rows, then comes back short with a cursor: that bounds it. A state \
         with fewer rows ends before.",
    );
    table.note(format!("Seeded through the store: {}.", seeding.join(", ")));
    vec![table, lists.table(targets)]
}

/// Times a list and answers its round trips and units.
async fn list(bed: &Arc<Bed>, size: u64, name: &str, path: &'static str, table: &mut Table) -> [f64; 2] {
    // The first call reads key and directory again, if they were forgotten meanwhile.
    bed.call(Method::GET, path, None).await;
    let called = bed.call(Method::GET, path, None).await;
    let rows = called.data().as_array().map_or(0, Vec::len);
    let (read, _) = units(&called.usage);
    let shared = Arc::clone(bed);
    let run = move |_, _| {
        let bed = Arc::clone(&shared);
        async move { bed.call(Method::GET, path, None).await.time }
    };
    let times = sample(1, SAMPLES, run).await.times;
    table.row([
        usize::try_from(size).unwrap().into(),
        name.into(),
        rows.into(),
        called.usage.round_trips().into(),
        called.usage.depth().into(),
        Cell::Figure(read, 1),
        Cell::Figure(times.median(), 2),
        Cell::Figure(times.percentile(99), 2),
    ]);
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    [called.usage.round_trips() as f64, read]
}

#[expect(clippy::float_cmp, reason = "units are halves, exactly")]
fn verdict(name: &str, costs: &[[f64; 2]]) -> String {
    let figures: Vec<_> = costs.iter().map(|[trips, units]| format!("{trips} / {units}")).collect();
    let figures = figures.join(", ");
    if costs.windows(2).all(|pair| pair[0] == pair[1]) {
        format!("FLAT: {name}: round trips and units are the same at every size ({figures}).")
    } else {
        format!("NOT FLAT: {name}: round trips / units {figures}.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_that_grows_is_not_called_flat() {
        assert!(verdict("a", &[[1.0, 2.5], [1.0, 2.5]]).starts_with("FLAT"));
        assert!(verdict("a", &[[1.0, 2.5], [1.0, 3.0]]).starts_with("NOT FLAT"));
        assert!(verdict("a", &[[1.0, 2.5], [2.0, 2.5]]).starts_with("NOT FLAT"));
    }
}
