//! Instructions, which don't depend on the machine's mood: counted by callgrind.

use crate::{
    bed::Bed,
    events::Events,
    program::{Program, gone, invoke},
    report::{Cell, Table},
    targets::{self, Targets},
};
use serde_json::Value as Json;
use std::{fs, path::Path, process::Command, time::Duration};

/// Events of the short and of the long run; the difference is what one costs.
const FEW: usize = 20;
const MANY: usize = 120;
/// How long a profiled process may take to write what it counted.
const PATIENCE: Duration = Duration::from_secs(30);

/// Of the tickets function.
pub async fn table(targets: &mut Targets) -> Result<Table, String> {
    if std::env::var_os("INSTRUCTIONS").is_none() {
        return Err("INSTRUCTIONS=1 counts instructions, with valgrind".to_owned());
    }
    if !Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success()) {
        return Err("valgrind is not installed".to_owned());
    }
    let bed = Bed::make().await;
    let events = Events::prepare(&bed).await;
    let program = Program::function("tickets", &bed)?;
    let start = count(&program, None, 0).await?;
    let get = per_event(&program, &events.get).await?;
    let list = per_event(&program, &events.list).await?;
    let mut table = Table::new("instructions", "Instructions of `tickets`, by callgrind", &["what", "millions"]);
    for (what, figure, target) in [
        ("to the first next", start, targets::INSTRUCTIONS_START),
        ("per get, 20 messages", get, targets::INSTRUCTIONS_GET),
        ("per list of 25", list, targets::INSTRUCTIONS_LIST),
    ] {
        table.row([what.into(), Cell::Figure(figure, 3)]);
        targets.hold(format!("M instructions {what}"), figure, target, 2);
    }
    table.note("The whole process, dynamic linking and the opening of the table's connection included; plain HTTP.");
    Ok(table)
}

async fn per_event(program: &Program, event: &Json) -> Result<f64, String> {
    let (few, many) = (count(program, Some(event), FEW).await?, count(program, Some(event), MANY).await?);
    #[expect(clippy::cast_precision_loss, reason = "a hundred")]
    let events = (MANY - FEW) as f64;
    Ok((many - few) / events)
}

/// Millions of instructions from the start to the end of so many events.
async fn count(program: &Program, event: Option<&Json>, events: usize) -> Result<f64, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let out = folder.path().join("callgrind.out");
    let wrapper =
        ["valgrind".to_owned(), "--tool=callgrind".to_owned(), format!("--callgrind-out-file={}", out.display())];
    let (function, _) = program.clone().under(&wrapper).started().await;
    for event in event.into_iter().cycle().take(events) {
        invoke(&function, event).await;
    }
    let pid = function.pid();
    // Terminated, not killed, so that callgrind writes what it has counted.
    let told = Command::new("kill").args(["-TERM", &pid.to_string()]).status();
    if !told.is_ok_and(|status| status.success()) || !gone(pid, PATIENCE).await {
        return Err("the profiled process did not end".to_owned());
    }
    collected(&out).ok_or_else(|| "callgrind wrote no total".to_owned())
}

fn collected(out: &Path) -> Option<f64> {
    let text = fs::read_to_string(out).ok()?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals:").or_else(|| line.strip_prefix("summary:")))?;
    Some(total.split_whitespace().next()?.parse::<f64>().ok()? / 1e6)
}
