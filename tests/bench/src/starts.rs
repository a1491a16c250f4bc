//! How fast functions start, how much memory they hold and CPU they use.

use crate::{
    bed::Bed,
    events::Events,
    peers::{self, Peer},
    program::{Program, cpu, invoke},
    report::{Cell, Table},
    sample::{Times, millis},
    targets::{self, Targets},
};
use serde_json::Value as Json;
use std::net::TcpListener;

/// Starts of each function.
const STARTS: usize = 30;
/// Starts of each peer, which take a hundred times as long.
const PEER_STARTS: usize = 10;
/// Requests that warm up, and those that count.
const WARM_UP: usize = 100;
const REQUESTS: usize = 1_000;

/// Both tables: starts with memory, and CPU per request.
pub async fn tables(targets: &mut Targets) -> Result<Vec<Table>, String> {
    let bed = Bed::make().await;
    let events = Events::prepare(&bed).await;
    let peers = peers::all(&bed, &events.ticket).await;
    let starts = starts(&bed, &events, &peers, targets).await?;
    let requests = requests(&bed, &events, &peers, targets).await?;
    Ok(vec![starts, requests])
}

async fn starts(
    bed: &Bed,
    events: &Events,
    peers: &Result<Vec<Peer>, String>,
    targets: &mut Targets,
) -> Result<Table, String> {
    let columns = ["function", "starts", "first next p50 ms", "min", "max", "with TLS set up p50 ms", "peak MB"];
    let title = "Start to the first `next` on the Runtime API stand-in, and memory after one event";
    let mut table = Table::new("starts", title, &columns);
    // Accepts connections and never speaks: the client is made with TLS and all its
    // roots, and its handshake waits in the background.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let tls = format!("https://{}", silent.local_addr().unwrap());
    let (mut slowest, mut largest): (f64, f64) = (0.0, 0.0);
    for (name, event) in &events.each {
        let program = Program::function(name, bed)?;
        let plain = times(&program, STARTS).await;
        let with_tls = times(&program.clone().with("AWS_ENDPOINT_URL", &tls), STARTS).await;
        let peak = peak(&program, std::slice::from_ref(event)).await;
        (slowest, largest) = (slowest.max(plain.median()), largest.max(peak));
        table.row(row(name, &plain, Some(&with_tls), peak));
    }
    for Peer { program, get, .. } in peers.iter().flatten() {
        let plain = times(program, PEER_STARTS).await;
        let peak = peak(program, std::slice::from_ref(get)).await;
        table.row(row(&program.name, &plain, None, peak));
    }
    targets.hold("slowest start to first next, p50 ms", slowest, targets::START, 2);
    targets.hold("largest peak memory after one event, MB", largest, targets::MEMORY, 1);
    table.note(
        "From before the process is spawned to its first request for an event, variables as in the template, the table \
         on the embedded engine over plain HTTP. `with TLS set up`: the same with a table behind https, so that the \
         client reads its roots; no handshake is waited for.",
    );
    if let Err(sentence) = peers {
        table.note(sentence.as_str());
    }
    Ok(table)
}

fn row(name: &str, plain: &Times, with_tls: Option<&Times>, peak: f64) -> [Cell; 7] {
    [
        name.into(),
        plain.count().into(),
        Cell::Figure(plain.median(), 2),
        Cell::Figure(plain.percentile(0), 2),
        Cell::Figure(plain.percentile(100), 2),
        Cell::maybe(with_tls.map(Times::median), 2),
        Cell::Figure(peak, 1),
    ]
}

async fn times(program: &Program, count: usize) -> Times {
    let mut times = Vec::with_capacity(count);
    // The first is read from the disk.
    for _ in 0..=count {
        times.push(program.started().await.1);
    }
    times.into_iter().skip(1).collect()
}

/// The most memory that a new process holds while it handles these events, in MB.
async fn peak(program: &Program, events: &[Json]) -> f64 {
    let (function, _) = program.started().await;
    for event in events {
        invoke(&function, event).await;
    }
    #[expect(clippy::cast_precision_loss, reason = "kilobytes")]
    let kibibytes = function.peak_memory().unwrap() as f64;
    kibibytes * 1024.0 / 1e6
}

async fn requests(
    bed: &Bed,
    events: &Events,
    peers: &Result<Vec<Peer>, String>,
    targets: &mut Targets,
) -> Result<Table, String> {
    let columns = ["function", "request", "requests", "CPU ms", "wall ms", "× ours"];
    let mut table = Table::new("requests", "CPU of the function's process per request, warm", &columns);
    let ours = Program::function("tickets", bed)?;
    let ours = Peer { program: ours, get: events.get.clone(), list: events.list.clone() };
    let peers = peers.iter().flatten();
    let mut base = Vec::new();
    for Peer { program, get, list } in [&ours].into_iter().chain(peers) {
        let (function, _) = program.started().await;
        for (index, (name, event)) in
            [("get, 20 messages", get), ("list of 25, one state", list)].into_iter().enumerate()
        {
            assert_eq!(rows(&invoke(&function, event).await), [20, 25][index], "{}: {name}", program.name);
            for _ in 0..WARM_UP {
                invoke(&function, event).await;
            }
            let (begun, started) = (cpu(function.pid()).unwrap(), std::time::Instant::now());
            for _ in 0..REQUESTS {
                invoke(&function, event).await;
            }
            #[expect(clippy::cast_precision_loss, reason = "a thousand")]
            let per = |total| millis(total) / REQUESTS as f64;
            let wall = per(started.elapsed());
            let used = per(cpu(function.pid()).unwrap().saturating_sub(begun));
            base.push(used);
            let factor = (base.len() > 2).then(|| used / base[index]);
            table.row([
                (&*program.name).into(),
                name.into(),
                REQUESTS.into(),
                Cell::Figure(used, 3),
                Cell::Figure(wall, 3),
                Cell::maybe(factor, 1),
            ]);
        }
    }
    targets.hold("CPU per get, ms", base[0], targets::CPU_GET, 3);
    targets.hold("CPU per list of 25, ms", base[1], targets::CPU_LIST, 3);
    table.note(
        "One process, one event at a time, with the exchange on the Runtime API in it. Peers read the same items with \
         the same queries and answer with JSON, but check neither keys nor parameters.",
    );
    Ok(table)
}

/// The messages of a ticket, or the tickets of a list.
fn rows(answer: &Json) -> usize {
    let body: Json = serde_json::from_str(answer["body"].as_str().unwrap_or_default()).unwrap_or_default();
    let rows = body["data"]["messages"].as_array().or_else(|| body["data"].as_array());
    rows.map_or(0, Vec::len)
}
