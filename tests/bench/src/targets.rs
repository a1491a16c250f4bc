//! What was measured, beside the columns `visibility` and `goal` of the targets.

use crate::report::{Cell, Table};

/// At least to be reached, and the best that is thought possible.
pub type Target = (f64, f64);

/// Stripped function binary, in MB.
pub const BINARY: Target = (6.0, 4.0);
/// From spawn to the first `next`, in milliseconds.
pub const START: Target = (3.0, 2.0);
/// Peak memory, in MB.
pub const MEMORY: Target = (12.0, 8.0);
/// CPU for a get, in milliseconds.
pub const CPU_GET: Target = (0.25, 0.1);
/// CPU for a list of 25, in milliseconds.
pub const CPU_LIST: Target = (0.7, 0.25);
/// A list with a filter that matches 1 %, in read units.
pub const FILTER: Target = (50.0, 20.0);
/// From commit to the first byte of the webhook, p50 in milliseconds.
pub const WEBHOOK: Target = (300.0, 100.0);
/// A search for two words, in read units.
pub const SEARCH: Target = (100.0, 50.0);
/// The same, in rounds of requests.
pub const SEARCH_ROUNDS: Target = (3.0, 3.0);
/// Indexing a message, in units.
pub const INDEXING: Target = (5.0, 2.5);
/// From a write's answer until it is found, p50 in milliseconds: as a webhook.
pub const FRESH: Target = (300.0, 100.0);
/// Instructions to the first `next`, in millions.
pub const INSTRUCTIONS_START: Target = (3.0, 1.5);
/// Instructions for a get, in millions.
pub const INSTRUCTIONS_GET: Target = (0.6, 0.2);
/// Instructions for a list of 25, in millions.
pub const INSTRUCTIONS_LIST: Target = (2.5, 0.9);

/// Round trips of an operation of the ledger.
pub fn round_trips(operation: &str) -> Option<Target> {
    let named = [
        "get, with 20 messages",
        "list one state, 25",
        "status",
        "reply",
        "create, without contact",
        "create, known contact",
    ];
    named.contains(&operation).then_some((1.0, 1.0))
}

/// Capacity units of an operation of the ledger.
pub fn units(operation: &str) -> Option<Target> {
    match operation {
        "create, without contact" | "create, known contact" => Some((8.0, 6.0)),
        "reply" => Some((7.0, 5.0)),
        "status" => Some((4.0, 4.0)),
        "close" => Some((5.0, 5.0)),
        "list one state, 25" => Some((2.5, 2.0)),
        "get, with 20 messages" => Some((3.5, 3.0)),
        _ => None,
    }
}

/// Figures beside their targets.
#[derive(Debug, Default)]
pub struct Targets(Vec<[Cell; 6]>);

impl Targets {
    /// Holds a figure against its target: smaller is better.
    pub fn hold(&mut self, what: impl Into<String>, figure: f64, (visibility, goal): Target, decimals: usize) {
        self.0.push([
            Cell::Text(what.into()),
            Cell::Figure(figure, decimals),
            Cell::Figure(visibility, decimals),
            Cell::Figure(goal, decimals),
            Cell::Verdict(figure <= visibility),
            Cell::Verdict(figure <= goal),
        ]);
    }

    /// All of them.
    pub fn table(self) -> Table {
        let columns = ["what", "measured", "reach", "goal", "reached", "goal met"];
        let mut table = Table::new("targets", "Against the targets", &columns);
        for row in self.0 {
            table.row(row);
        }
        table.note("Not measured: TLS, network, API Gateway, real DynamoDB tails, Graviton.");
        table
    }
}
