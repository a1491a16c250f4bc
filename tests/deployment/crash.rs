//! `kill -9` in the middle of work: nothing that was acknowledged is lost.

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use lambdesk_tests::{Api, Json, json};
use lambdesk_tests::{binary::free_port, local::Local};
use reqwest::Client;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    task::JoinSet,
    time::{sleep, timeout},
};

const CLIENTS: usize = 8;
/// A delivery whose attempt was under way is tried again when its lease of a minute
/// has ended; the rest is for the sweep and the attempt.
const PATIENCE: Duration = Duration::from_secs(100);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_kills_lose_no_acknowledged_ticket_no_webhook_and_no_event() {
    kills_lose_nothing(3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a proof: takes minutes"]
async fn twenty_kills_lose_no_acknowledged_ticket_no_webhook_and_no_event() {
    kills_lose_nothing(20).await;
}

async fn kills_lose_nothing(kills: usize) {
    let folder = TempDir::new().unwrap();
    let port = free_port().to_string();
    let mut local = start(folder.path(), &port).await;
    let receiver = Receiver::subscribed(&local.api()).await;
    let mut acknowledged = BTreeSet::new();
    for _ in 0..kills {
        acknowledged.extend(create_until_killed(local).await);
        local = start(folder.path(), &port).await;
        every_ticket_is_there(&local.api(), &acknowledged).await;
    }
    receiver.is_told_of(&acknowledged).await;
    every_event_is_there_once(&local.api(), &acknowledged).await;
}

async fn start(folder: &Path, port: &str) -> Local {
    Local::start(folder, &["--port", port, "--sweep-every", "1"]).await.unwrap()
}

/// Creates tickets from several clients until the process is killed at a random
/// moment; answers the ids of those that were acknowledged.
async fn create_until_killed(local: Local) -> Vec<String> {
    let created = Arc::new(AtomicUsize::new(0));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        clients.spawn(create(local.url.clone(), local.key.clone(), Arc::clone(&created)));
    }
    let enough = fastrand::usize(20..120);
    while created.load(Ordering::SeqCst) < enough {
        assert!(clients.try_join_next().is_none(), "a client gave up before the kill");
        sleep(Duration::from_millis(1)).await;
    }
    sleep(Duration::from_micros(fastrand::u64(0..5_000))).await;
    local.kill().await;
    clients.join_all().await.concat()
}

/// One client, until it gets no answer.
async fn create(url: String, key: String, created: Arc<AtomicUsize>) -> Vec<String> {
    let (client, body) = (Client::new(), json!({"subject": "Kept", "message": {"body_text": "Hello."}}).to_string());
    let mut acknowledged = Vec::new();
    loop {
        let request = client.post(format!("{url}/v1/tickets")).bearer_auth(&key);
        let sent = request.header("content-type", "application/json").body(body.clone()).send().await;
        let Ok(response) = sent else {
            return acknowledged;
        };
        assert_eq!(response.status(), 201);
        let Ok(bytes) = response.bytes().await else {
            return acknowledged;
        };
        let answer: Json = serde_json::from_slice(&bytes).unwrap();
        acknowledged.push(answer["data"]["id"].as_str().unwrap().to_owned());
        created.fetch_add(1, Ordering::SeqCst);
    }
}

async fn every_ticket_is_there(api: &Api, acknowledged: &BTreeSet<String>) {
    for id in acknowledged {
        assert_eq!(api.get(&format!("/v1/tickets/{id}")).await.ok()["id"], **id);
    }
}

/// The feed holds events back for seconds, so it is read until all are there.
async fn every_event_is_there_once(api: &Api, acknowledged: &BTreeSet<String>) {
    let told = async {
        loop {
            let events = events_of_the_feed(api).await;
            if acknowledged.iter().all(|id| events.contains_key(id)) {
                return events;
            }
            sleep(Duration::from_millis(200)).await;
        }
    };
    let events = timeout(PATIENCE, told).await.expect("every event is told");
    for id in acknowledged {
        assert_eq!(events[id], 1, "events of ticket {id}");
    }
}

/// How often the creation of each ticket is told.
async fn events_of_the_feed(api: &Api) -> BTreeMap<String, usize> {
    let mut events = BTreeMap::<String, usize>::new();
    let mut path = "/v1/events?type=ticket.created&limit=100".to_owned();
    loop {
        let page = api.get(&path).await.expect(200);
        for event in page["data"].as_array().unwrap() {
            *events.entry(event["ticket_id"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        if page["page"]["has_more"] == false {
            return events;
        }
        path = format!("/v1/events?type=ticket.created&limit=100&after={}", page["page"]["next"].as_str().unwrap());
    }
}

/// A receiver that outlives the sender, and keeps the tickets that it was told of.
struct Receiver {
    told: Told,
}

type Told = Arc<Mutex<BTreeSet<String>>>;

impl Receiver {
    async fn subscribed(api: &Api) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let endpoint = api.post("/v1/webhooks", json!({"url": url, "types": ["ticket.created"]})).await.created();
        let secret = endpoint["secret"].as_str().unwrap().to_owned();
        let told = Told::default();
        let router = Router::new().route("/", post(receive)).with_state((secret, Arc::clone(&told)));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { told }
    }

    async fn is_told_of(&self, wanted: &BTreeSet<String>) {
        let missing = || wanted.difference(&self.told.lock().unwrap()).count();
        let all = async {
            while missing() > 0 {
                sleep(Duration::from_millis(50)).await;
            }
        };
        let came = timeout(PATIENCE, all).await;
        assert!(came.is_ok(), "{} of {} webhooks did not come", missing(), wanted.len());
    }
}

async fn receive(State((secret, told)): State<(String, Told)>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let webhook = standardwebhooks::Webhook::new(&secret).unwrap();
    webhook.verify(&body, &headers).expect("a valid signature");
    let event: Json = serde_json::from_slice(&body).unwrap();
    told.lock().unwrap().insert(event["ticket_id"].as_str().unwrap().to_owned());
    StatusCode::NO_CONTENT
}
