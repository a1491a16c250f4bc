//! What a page costs, by filter and order, as the number of tickets grows.

use crate::{
    bed::Bed,
    ledger::units,
    report::{Cell, Table},
    seed,
    targets::{self, Targets},
};
use axum::http::Method;
use std::{collections::BTreeMap, sync::Arc};

/// The orders that are tried with every filter.
const SORTS: [&str; 3] = ["-last_activity_at", "-created_at", "priority"];
/// What matches one ticket in a hundred.
const RARE: [&str; 4] = ["urgent, 1 %", "channel, 1 %", "tag, 1 %", "open, urgent, common tag: 0.5 %"];

/// What one page cost.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Cost {
    rows: usize,
    trips: usize,
    depth: usize,
    units: f64,
}

/// The costs of every filter and order, at the sizes so far.
#[derive(Default)]
pub struct Lists {
    sizes: Vec<u64>,
    costs: BTreeMap<(usize, usize), Vec<Cost>>,
}

/// Filters with their names.
fn filters() -> [(&'static str, String); 10] {
    let (rare, common) = (seed::rare_tag(), seed::common_tag());
    [
        ("none (six states)", String::new()),
        ("one state, 30 %", "&status=open".to_owned()),
        ("urgent, 1 %", "&priority=urgent".to_owned()),
        ("channel, 1 %", format!("&channel_id={}", seed::rare_channel())),
        ("assignee, 2 %", format!("&assignee_id={}", seed::assignee())),
        ("tag, 1 %", format!("&tag_id={rare}")),
        ("tag, 50 %", format!("&tag_id={common}")),
        ("contact, 40 tickets", format!("&contact_id={}", seed::client())),
        ("team and category, 2 %", format!("&team_id={}&category_id={}", seed::team(), seed::category())),
        ("open, urgent, common tag: 0.5 %", format!("&status=open&priority=urgent&tag_id={common}")),
    ]
}

impl Lists {
    /// Asks for the first page of everything.
    pub async fn measure(&mut self, bed: &Arc<Bed>, size: u64) {
        self.sizes.push(size);
        for (filter, (_, query)) in filters().into_iter().enumerate() {
            for (sort, name) in SORTS.into_iter().enumerate() {
                let path = format!("/v1/tickets?sort={name}{query}");
                // The first call reads key and directory again, if they were forgotten meanwhile.
                bed.call(Method::GET, &path, None).await;
                let called = bed.call(Method::GET, &path, None).await;
                let (units, _) = units(&called.usage);
                let cost = Cost {
                    rows: called.data().as_array().map_or(0, Vec::len),
                    trips: called.usage.round_trips(),
                    depth: called.usage.depth(),
                    units,
                };
                self.costs.entry((filter, sort)).or_default().push(cost);
            }
        }
    }

    /// All of it.
    pub fn table(self, targets: &mut Targets) -> Table {
        let columns = ["filter", "order", "tickets", "rows", "round trips", "depth", "read units"];
        let mut table = Table::new("lists", "First pages by filter and order, 25 rows asked for", &columns);
        let mut most = 0.0_f64;
        let mut rare = 0.0_f64;
        for ((filter, sort), costs) in &self.costs {
            let (name, _) = filters()[*filter].clone();
            for (size, cost) in self.sizes.iter().zip(costs) {
                table.row([
                    name.into(),
                    SORTS[*sort].into(),
                    usize::try_from(*size).unwrap().into(),
                    cost.rows.into(),
                    cost.trips.into(),
                    cost.depth.into(),
                    Cell::Figure(cost.units, 1),
                ]);
                most = most.max(cost.units);
                if RARE.contains(&name) {
                    rare = rare.max(cost.units);
                }
            }
        }
        targets.hold("read units: a filter that matches 1 %, in any order".to_owned(), rare, targets::FILTER, 1);
        table.note(format!("At most {most:.1} units a page, at every size, by every filter and order."));
        table.note(
            "A page of which fewer rows are there than asked for has either all there are, or has spent its budget and \
             goes on with its cursor.",
        );
        table
    }
}
