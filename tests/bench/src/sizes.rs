//! How large the function binaries are.

use crate::{
    build::{self, FUNCTIONS},
    report::{Cell, Table},
    targets::{self, Targets},
};

/// Bytes of what `cargo build --release` and `make build` left behind.
pub fn table(targets: &mut Targets) -> Table {
    let columns = ["function", "bytes", "MB", "arm64 bytes", "arm64 MB"];
    let title = format!("Stripped function binaries for {}", build::host());
    let mut table = Table::new("binaries", &title, &columns);
    let mut largest: f64 = 0.0;
    for function in FUNCTIONS {
        #[expect(clippy::cast_precision_loss, reason = "megabytes")]
        let size = |path| std::fs::metadata(path).ok().map(|file| file.len() as f64);
        let (host, arm) = (size(build::binary(function)), size(build::artefact(function)));
        let mega = |bytes: Option<f64>| Cell::maybe(bytes.map(|bytes| bytes / 1e6), 2);
        largest = largest.max(host.unwrap_or_default()).max(arm.unwrap_or_default());
        table.row([function.into(), Cell::maybe(host, 0), mega(host), Cell::maybe(arm, 0), mega(arm)]);
    }
    targets.hold("largest function binary, MB", largest / 1e6, targets::BINARY, 2);
    table.note("arm64: what `make build` leaves in target/lambda; empty before it.");
    table
}
