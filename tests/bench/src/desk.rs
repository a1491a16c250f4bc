//! The local stack as somebody's only server: the release binary with its data in a folder,
//! over HTTP. What people do, as the data grows.

use crate::{
    build,
    program::cpu,
    report::{Cell, Table},
    sample::{Sampled, millis, sample},
};
use lambdesk_tests::{Json, json, text::text};
use reqwest::{Client, Method};
use std::{
    fs,
    path::Path,
    process::Stdio,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    process::{Child, Command},
    time::sleep,
};

/// How many tickets, each with an opening message and two replies.
const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
/// Who calls at the same time.
const CLIENTS: usize = 16;
/// Calls of one operation by one client, and by all of them.
const ALONE: usize = 100;
const TOGETHER: usize = 480;
/// Those of one client, with a tenth before that warms up.
const CALLS: f64 = 110.0;
/// Messages of the burst before one that is looked for.
const BURST: usize = 2_000;
/// One ticket in so many has the tag.
const TAGGED: usize = 4;
/// The sweep comes every minute, and merges what was written to the search index.
const SWEEP: Duration = Duration::from_secs(65);
/// How long the stack may take to come to rest.
const PATIENCE: Duration = Duration::from_mins(5);

/// The local stack, as `make run RELEASE=1` starts it.
struct Server {
    child: Child,
    url: String,
    key: String,
}

impl Server {
    /// Starts it over a folder; how long it took until its first answer.
    async fn start(folder: &Path) -> Result<(Self, Duration), String> {
        let binary = build::binary("lambdesk-local");
        if !binary.is_file() {
            return Err(format!("{} is not built; `make bench` builds it", binary.display()));
        }
        let _ = fs::remove_file(folder.join("demo.env"));
        let began = Instant::now();
        let child = Command::new(binary)
            .args(["--port", "0", "--data"])
            .arg(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| error.to_string())?;
        let variable = |text: &str, name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(&format!("export {name}='")));
            line.and_then(|value| value.strip_suffix('\'')).map(str::to_owned)
        };
        loop {
            let text = fs::read_to_string(folder.join("demo.env")).unwrap_or_default();
            if let (Some(url), Some(key)) = (variable(&text, "LAMBDESK_URL"), variable(&text, "LAMBDESK_KEY")) {
                let server = Self { child, url, key };
                server.client().get("/v1/workspace").await;
                return Ok((server, began.elapsed()));
            }
            sleep(Duration::from_millis(2)).await;
        }
    }

    fn client(&self) -> DeskClient {
        DeskClient { http: Client::new(), url: self.url.clone(), key: self.key.clone() }
    }

    fn cpu(&self) -> Duration {
        cpu(self.child.id().unwrap()).unwrap()
    }

    /// Resident and highest resident memory, in MB.
    fn memory(&self) -> [f64; 2] {
        let text = fs::read_to_string(format!("/proc/{}/status", self.child.id().unwrap())).unwrap();
        ["VmRSS:", "VmHWM:"].map(|name| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
            line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or_default() / 1_024.0
        })
    }

    /// Waits until it has nothing to do any more: what follows from writes is done.
    async fn at_rest(&self) {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            let before = self.cpu();
            sleep(Duration::from_secs(2)).await;
            if self.cpu().saturating_sub(before) < Duration::from_millis(60) {
                return;
            }
        }
    }

    /// CPU per second while nobody asks, in milliseconds.
    async fn idle(&self) -> f64 {
        let before = self.cpu();
        sleep(Duration::from_secs(10)).await;
        millis(self.cpu().saturating_sub(before)) / 10.0
    }
}

/// A caller over HTTP.
#[derive(Clone)]
struct DeskClient {
    http: Client,
    url: String,
    key: String,
}

impl DeskClient {
    async fn get(&self, path: &str) -> Json {
        self.send(Method::GET, path, None).await
    }

    async fn send(&self, method: Method, path: &str, body: Option<Json>) -> Json {
        let mut request = self.http.request(method, format!("{}{path}", self.url)).bearer_auth(&self.key);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.unwrap();
        let (status, bytes) = (response.status(), response.bytes().await.unwrap());
        let body: Json = serde_json::from_slice(&bytes).unwrap_or_default();
        assert!(status.is_success(), "{path}: {status} {body}");
        body
    }

    async fn create(&self, number: usize) -> String {
        let tags: &[&str] = if number.is_multiple_of(TAGGED) { &["quarter"] } else { &[] };
        let body = json!({
            "subject": text(number as u64, 6),
            "tags": tags,
            "from": {"email": format!("c{}@customer.example", number % 500)},
            "message": {"body_text": text(number as u64 + 1, 40)},
        });
        let made = self.send(Method::POST, "/v1/tickets", Some(body)).await;
        made["data"]["id"].as_str().unwrap().to_owned()
    }

    async fn reply(&self, ticket: &str, words: &str) {
        let body = json!({"body_text": words});
        self.send(Method::POST, &format!("/v1/tickets/{ticket}/messages"), Some(body)).await;
    }
}

/// Writes tickets until there are so many; their ids.
async fn grow(client: &DeskClient, from: usize, to: usize) -> Vec<String> {
    let share = (to - from).div_ceil(CLIENTS);
    let writers = (0..CLIENTS).map(|writer| {
        let (client, begin) = (client.clone(), from + writer * share);
        tokio::spawn(async move {
            let mut ids = Vec::new();
            for number in begin..(begin + share).min(to) {
                let id = client.create(number).await;
                for reply in 1..=2 {
                    client.reply(&id, &text((number * 3 + reply) as u64, 40)).await;
                }
                ids.push(id);
            }
            ids
        })
    });
    let mut ids = Vec::new();
    for writer in writers.collect::<Vec<_>>() {
        ids.extend(writer.await.unwrap());
    }
    ids
}

/// What people do.
const OPERATIONS: [&str; 7] = ["create", "reply", "get", "list", "list by tag", "search", "list with total"];

async fn operate(client: DeskClient, operation: usize, ids: Arc<Vec<String>>, turn: usize) {
    let id = &ids[(turn * 7_919 + 11) % ids.len()];
    match operation {
        0 => drop(client.create(turn).await),
        1 => client.reply(id, &text(turn as u64 + 77, 40)).await,
        2 => drop(client.get(&format!("/v1/tickets/{id}")).await),
        3 => drop(client.get("/v1/tickets?limit=25").await),
        4 => {
            let page = client.get("/v1/tickets?tag=quarter&limit=25").await;
            assert_eq!(page["data"].as_array().map(Vec::len), Some(25), "a full page");
        }
        5 => {
            let word = lambdesk_tests::text::word(200 + (turn as u64 * 37) % 600);
            drop(client.get(&format!("/v1/tickets?q={word}&limit=25")).await);
        }
        _ => drop(client.get("/v1/tickets?limit=25&with_total=true").await),
    }
}

/// Milliseconds until a message is found that is written right after a burst.
async fn lag(client: &DeskClient, ids: &Arc<Vec<String>>, size: usize) -> f64 {
    let writers: Vec<_> = (0..CLIENTS)
        .map(|writer| {
            let (client, ids) = (client.clone(), Arc::clone(ids));
            tokio::spawn(async move {
                for turn in 0..BURST / CLIENTS {
                    let id = &ids[(writer * 131 + turn * 17) % ids.len()];
                    client.reply(id, &text((turn + writer * 1_000) as u64, 40)).await;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let word = format!("needle{size}");
    client.reply(&ids[0], &word).await;
    let written = Instant::now();
    while client.get(&format!("/v1/tickets?q={word}")).await["data"].as_array().is_none_or(Vec::is_empty) {
        assert!(written.elapsed() < PATIENCE, "{word} is never found");
        sleep(Duration::from_millis(10)).await;
    }
    millis(written.elapsed())
}

/// Bytes of a folder, in MB.
fn disk(folder: &Path) -> f64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(data) if data.is_dir() => disk(&entry.path()),
        Ok(data) => u32::try_from(data.len() / 1_000).map_or(0.0, f64::from) / 1e3,
        Err(_) => 0.0,
    });
    sizes.sum()
}

/// The tables: what each operation takes, and what the stack takes as a whole.
///
/// # Errors
/// A sentence when the stack can't be started.
pub async fn tables() -> Result<Vec<Table>, String> {
    let largest = std::env::var("LARGEST").ok().and_then(|largest| largest.parse().ok()).unwrap_or(usize::MAX);
    let columns = ["tickets", "operation", "p50 ms", "p99 ms", "CPU ms", "a second, 16 clients", "p99 ms, 16 clients"];
    let mut operations = Table::new("desk", "The local stack over HTTP", &columns);
    let columns =
        ["tickets", "start ms", "memory MB", "at most MB", "idle CPU ms/s", "disk MB", "found after a burst, ms"];
    let mut whole = Table::new("desk_whole", "The local stack as a whole", &columns);
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let (mut server, _) = Server::start(folder.path()).await?;
    server.client().send(Method::POST, "/v1/tags", Some(json!({"name": "quarter"}))).await;
    let (mut ids, mut count) = (Vec::new(), 0);
    for size in SIZES.into_iter().filter(|size| *size <= largest) {
        ids.extend(grow(&server.client(), count, size).await);
        count = size;
        sleep(SWEEP).await;
        server.at_rest().await;
        let shared = Arc::new(ids.clone());
        for (operation, name) in OPERATIONS.into_iter().enumerate() {
            let before = server.cpu();
            let alone = run(&server, 1, ALONE, operation, &shared).await;
            let used = millis(server.cpu().saturating_sub(before)) / CALLS;
            let together = run(&server, CLIENTS, TOGETHER, operation, &shared).await;
            let figures = [alone.times.median(), alone.times.percentile(99), used].map(|ms| Cell::Figure(ms, 2));
            let [p50, p99, used] = figures;
            let rate = Cell::Figure(together.per_second, 0);
            let crowded = Cell::Figure(together.times.percentile(99), 2);
            operations.row([size.into(), name.into(), p50, p99, used, rate, crowded]);
        }
        server.at_rest().await;
        let lag = lag(&server.client(), &shared, size).await;
        server.at_rest().await;
        let ([now, most], idle) = (server.memory(), server.idle().await);
        let _ = server.child.kill().await;
        let (again, start) = Server::start(folder.path()).await?;
        server = again;
        let disk = disk(folder.path());
        let figures = [millis(start), now, most, idle, disk, lag].map(|figure| Cell::Figure(figure, 1));
        let [start, now, most, idle, disk, lag] = figures;
        whole.row([size.into(), start, now, most, idle, disk, lag]);
    }
    operations
        .note(format!("CPU is the server's, of {ALONE} calls of one client, with what follows from them meanwhile."));
    whole.note(format!(
        "The burst: {BURST} replies by {CLIENTS} clients. Disk with the stream records of the last hour. Operations are measured after the sweep that follows the load."
    ));
    Ok(vec![operations, whole])
}

async fn run(server: &Server, clients: usize, count: usize, operation: usize, ids: &Arc<Vec<String>>) -> Sampled {
    let (client, ids) = (server.client(), Arc::clone(ids));
    sample(clients, count, move |caller, turn| {
        let (client, ids) = (client.clone(), Arc::clone(&ids));
        async move {
            let began = Instant::now();
            operate(client, operation, ids, caller * 10_007 + turn).await;
            began.elapsed()
        }
    })
    .await
}
