//! How long the handlers take, beside the bare requests to the same engine.

use crate::{
    bed::{Bed, TABLE},
    report::{Cell, Table},
    sample::{Sampled, sample},
};
use axum::http::Method;
use lambdesk_table::Item;
use lambdesk_testkit::sdk_client;
use serde_json::{Value as Json, json};
use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// Samples of each operation.
const SAMPLES: usize = 2_000;
/// How many ask at once.
const CLIENTS: [usize; 2] = [1, 16];
/// Messages of the ticket that is read.
const MESSAGES: usize = 20;
/// Tickets in the one state that is listed.
const LISTED: usize = 200;

/// One thing to be timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operation {
    Get,
    List,
    Create,
    Reply,
    Status,
    /// Of the table directly, through the same SDK with the same settings.
    Bare(Bare),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bare {
    Item,
    Thread,
    Page,
    Update,
}

impl Bare {
    /// How many items it reads or writes.
    const fn items(self) -> usize {
        match self {
            Self::Item | Self::Update => 1,
            Self::Thread => MESSAGES + 1,
            Self::Page => 26,
        }
    }
}

/// Those to be timed, with their names. A bare request comes before what is
/// compared to it.
const OPERATIONS: [(&str, Operation, Option<Bare>); 9] = [
    ("engine: GetItem of a head", Operation::Bare(Bare::Item), None),
    ("engine: Query of 20 messages", Operation::Bare(Bare::Thread), None),
    ("get, 20 messages", Operation::Get, Some(Bare::Thread)),
    ("engine: Query of 26 heads", Operation::Bare(Bare::Page), None),
    ("list of 25, one state", Operation::List, Some(Bare::Page)),
    ("engine: UpdateItem of a head", Operation::Bare(Bare::Update), None),
    ("status", Operation::Status, Some(Bare::Update)),
    ("reply", Operation::Reply, None),
    ("create, known contact", Operation::Create, None),
];

/// A bed with what is read and changed in it, and a direct line to its table.
struct Scene {
    bed: Bed,
    direct: Direct,
    /// The path of the ticket that is read.
    read: String,
    changed: Vec<Changed>,
}

/// A ticket that one client changes, and how often it has.
struct Changed {
    path: String,
    times: AtomicUsize,
}

/// Asks the table directly, and says how many items it got. A closure, because
/// the SDK's own types are named in the store alone.
type Direct = Box<dyn Fn(Bare) -> Pin<Box<dyn Future<Output = usize> + Send>> + Send + Sync>;

impl Scene {
    async fn make() -> Self {
        let bed = Bed::make().await;
        let read = open(&bed, 0).await;
        // Before the replies, while it is open as those that are listed.
        let direct = direct(&bed).await;
        for number in 1..MESSAGES {
            let body = json!({"body_text": format!("{number} {}", "y".repeat(300))});
            bed.data(Method::POST, &format!("{read}/messages"), Some(&body)).await;
        }
        let mut changed = Vec::new();
        for number in 1..LISTED {
            let path = open(&bed, number).await;
            changed.push(Changed { path, times: AtomicUsize::new(0) });
        }
        changed.truncate(CLIENTS[1]);
        Self { bed, direct, read, changed }
    }

    async fn run(&self, operation: Operation, client: usize, turn: usize) -> Duration {
        let Changed { path: ticket, times } = &self.changed[client];
        let (method, path, body) = match operation {
            Operation::Get => (Method::GET, self.read.clone(), None),
            Operation::List => (Method::GET, "/v1/tickets?status=open".to_owned(), None),
            Operation::Create => (Method::POST, "/v1/tickets".to_owned(), Some(new_ticket(turn % LISTED))),
            Operation::Reply => {
                (Method::POST, format!("{ticket}/messages"), Some(json!({"body_text": "y".repeat(300)})))
            }
            Operation::Status => {
                // Never the same twice: what changes nothing costs less.
                let status = ["in_progress", "on_hold"][times.fetch_add(1, Ordering::Relaxed) % 2];
                (Method::PUT, format!("{ticket}/status"), Some(json!({"status": status})))
            }
            Operation::Bare(bare) => return self.ask(bare).await,
        };
        self.bed.call(method, &path, body.as_ref()).await.time
    }

    async fn ask(&self, bare: Bare) -> Duration {
        let started = Instant::now();
        let items = (self.direct)(bare).await;
        let time = started.elapsed();
        assert_eq!(items, bare.items(), "{bare:?}");
        time
    }
}

/// A line to the table of a bed that has one ticket only.
async fn direct(bed: &Bed) -> Direct {
    let client = sdk_client(&bed.engine);
    let heads = client.scan().table_name(TABLE).index_name("list").send().await.unwrap().items.unwrap();
    let head = Arc::new(<[Item; 1]>::try_from(heads).expect("one ticket")[0].clone());
    let updates = Arc::new(AtomicUsize::new(0));
    Box::new(move |bare| {
        let (client, head, updates) = (client.clone(), Arc::clone(&head), Arc::clone(&updates));
        Box::pin(async move {
            let attribute = |name: &str| head[name].clone();
            // As the store asks, down to the capacity that it wants to know.
            let query = || {
                let query = client.query().table_name(TABLE).scan_index_forward(false);
                query.return_consumed_capacity("INDEXES".into())
            };
            match bare {
                Bare::Item => {
                    let request = client.get_item().table_name(TABLE).consistent_read(true);
                    let request = request.key("pk", attribute("pk")).key("sk", attribute("sk"));
                    request.send().await.unwrap().item.map_or(0, |_| 1)
                }
                Bare::Thread => {
                    let request = query().consistent_read(true).key_condition_expression("pk = :pk");
                    let request = request.expression_attribute_values(":pk", attribute("pk")).limit(22);
                    request.send().await.unwrap().items().len()
                }
                Bare::Page => {
                    // With the filter on follow-ups; any number stands for the time.
                    let request = query().index_name("list").key_condition_expression("l_pk = :pk");
                    let request = request.filter_expression("attribute_not_exists(fu) OR fu <= :now");
                    let request = request.expression_attribute_values(":now", attribute("num"));
                    let request = request.expression_attribute_values(":pk", attribute("l_pk")).limit(26);
                    request.send().await.unwrap().items().len()
                }
                Bare::Update => {
                    // To and fro between two partitions of the list, as a status does.
                    let to = ["a_pk", "l_pk"][updates.fetch_add(1, Ordering::Relaxed) % 2];
                    let request = client.update_item().table_name(TABLE).update_expression("SET l_pk = :to");
                    let request = request.key("pk", attribute("pk")).key("sk", attribute("sk"));
                    let request =
                        request.expression_attribute_values(":to", attribute(to)).return_values("ALL_NEW".into());
                    request.return_consumed_capacity("INDEXES".into()).send().await.unwrap();
                    1
                }
            }
        })
    })
}

fn new_ticket(number: usize) -> Json {
    json!({
        "subject": format!("A subject of ordinary length, number {number:03}"),
        "from": {"name": "Grace Example", "email": format!("c{number:03}@customer.example")},
        "message": {"body_text": "x".repeat(300)},
    })
}

/// Opens a ticket; answers its path.
async fn open(bed: &Bed, number: usize) -> String {
    let ticket = bed.data(Method::POST, "/v1/tickets", Some(&new_ticket(number))).await;
    format!("/v1/tickets/{}", ticket["id"].as_str().unwrap())
}

/// Measured within this process: routing, authorisation, SDK, loopback, engine.
pub async fn table() -> Table {
    let columns = ["operation", "clients", "samples", "p50 ms", "p99 ms", "per second", "over the engine ms", "×"];
    let mut table = Table::new("handlers", "Handler time over the embedded engine, in this process", &columns);
    let scene = Arc::new(Scene::make().await);
    for clients in CLIENTS {
        let mut bare_medians: Vec<(Bare, f64)> = Vec::new();
        for (name, operation, compared) in OPERATIONS {
            let scene = Arc::clone(&scene);
            let run = move |client, turn| {
                let scene = Arc::clone(&scene);
                async move { scene.run(operation, client, turn).await }
            };
            let Sampled { times, per_second } = sample(clients, SAMPLES, run).await;
            let median = times.median();
            if let Operation::Bare(bare) = operation {
                bare_medians.push((bare, median));
            }
            let bare = bare_medians.iter().find(|(bare, _)| Some(*bare) == compared).map(|(_, bare)| *bare);
            table.row([
                name.into(),
                clients.into(),
                times.count().into(),
                Cell::Figure(median, 3),
                Cell::Figure(times.percentile(99), 3),
                Cell::Figure(per_second, 0),
                // Of one client only: beside others it waits mostly for them.
                Cell::maybe(bare.filter(|_| clients == 1).map(|bare| median - bare), 3),
                Cell::maybe(bare.map(|bare| median / bare), 2),
            ]);
        }
    }
    table.note(
        "From the request handed to the router to the last byte of the answer, with key and directory cached. \
         `engine:` is the bare request through the same SDK in the same run: what the engine and the loopback take. \
         The engine serves one request at a time and shares the cores with its clients.",
    );
    table
}
