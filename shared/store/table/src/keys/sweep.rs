//! Keys of the sweep's own items.

use super::{encoding::time_key, index::Key};
use lambdesk_domain::time::Timestamp;

/// The sort keys of the runs of the sweep.
pub const RUNS: (&str, &str) = ("R#", "R$");

/// How far the sweep has come.
#[must_use]
pub fn sweep_state() -> Key {
    Key { pk: "sweeps".to_owned(), sk: "S".to_owned() }
}

/// Since when the table is used.
#[must_use]
pub fn used_since() -> Key {
    Key { pk: "sweeps".to_owned(), sk: "B".to_owned() }
}

/// A run of the sweep.
#[must_use]
pub fn sweep_run(at: Timestamp) -> Key {
    Key { pk: "sweeps".to_owned(), sk: format!("R#{}", time_key(at)) }
}
