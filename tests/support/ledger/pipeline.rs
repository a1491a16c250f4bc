//! The pipeline: every function over a table in memory, on a clock that stands still, one
//! called after the other as AWS calls them. What each asks of the table is recorded.

use super::charge::{self, Charge};
use crate::{Json, json};
use axum::{Router, body::Bytes, http::StatusCode, routing::post};
use lambdesk_deliver::Deliver;
use lambdesk_domain::access::{Role, Scope};
use lambdesk_engine::Position;
use lambdesk_fanout::Fanout;
use lambdesk_local::stack;
use lambdesk_outbound::AddressPolicy;
use lambdesk_store_events::ChangeRecord;
use lambdesk_sweep::{BUDGET, Sweep};
use lambdesk_testkit::{Client, ClientAnswer, Desk, Hints, RecordedRequest, TABLE};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::net::TcpListener;

/// More records than one step leaves.
const ALL: usize = 1_000;
/// Any request that reads key and directory into the caches.
const WARMING: &str = "/v1/tickets?status=spam";

/// Which function works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FunctionKind {
    /// One of those behind API Gateway.
    Http,
    /// Behind the stream.
    Fanout,
    /// Behind the queue.
    Deliver,
    /// Behind the schedule.
    Sweep,
}

/// One invocation of a function.
#[derive(Debug, Clone)]
pub struct RecordedInvocation {
    /// Which.
    pub function: FunctionKind,
    /// Records of the stream that it was handed.
    pub records: usize,
    /// What its requests to the table are charged.
    pub charges: Vec<Charge>,
    /// Requests that waited for each other; of HTTP functions alone.
    pub depth: usize,
    /// Bytes of the bodies that it sent out: an answer's or a webhook's.
    pub bytes: usize,
    /// Its requests to the table.
    pub requests: Vec<RecordedRequest>,
}

/// The functions, and what lies between them.
pub struct Pipeline {
    /// The workspace.
    pub desk: Desk,
    /// A program's key.
    pub agent: Client,
    /// The id of a channel.
    pub channel: String,
    /// The id of somebody to assign to.
    pub assignee: String,
    fanout: Fanout,
    deliver: Deliver,
    sweep: Sweep,
    hints: Hints,
    position: Position,
    /// Bytes that the webhook's receiver got.
    received: Arc<AtomicUsize>,
}

impl Pipeline {
    /// Over a workspace with a channel, a colleague, and one endpoint that is told of
    /// everything.
    pub async fn open() -> Self {
        let desk = Desk::open().await;
        let hints = Hints::default();
        let queue = hints.queue.clone();
        let policy = AddressPolicy::allowing(["127.0.0.1"]).unwrap();
        let (table, clock) = (&desk.table.table, &desk.clock);
        let fanout = Fanout::new(table, queue.clone(), clock.clone());
        let deliver = Deliver::new(table, policy.clone(), clock.clone());
        let sweep = Sweep::new(table, None, queue.clone(), clock.clone());
        let owner = Client::new(stack::router(&desk.app, stack::functions(&policy, &queue))).with_key(&desk.key);
        let agent = owner.with_key(&desk.machine_key(&[Scope::TicketsRead, Scope::TicketsWrite]).await);
        let channel = json!({"name": "Website", "type": "chat", "hostnames": ["shop.example"]});
        let channel = owner.post("/v1/channels", channel).await.created()["id"].as_str().unwrap().to_owned();
        let assignee = desk.user(Role::Agent).await.id.to_string();
        let received = Arc::default();
        let url = receiver(Arc::clone(&received)).await;
        owner.post("/v1/webhooks", json!({"url": url, "types": ["*"]})).await.created();
        let position = desk.table.end_of_stream();
        Self { desk, agent, channel, assignee, fanout, deliver, sweep, hints, position, received }
    }

    /// One request, with key and directory cached.
    pub async fn request(
        &self,
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: &Json,
    ) -> (ClientAnswer, RecordedInvocation) {
        self.agent.get(WARMING).await;
        let headers: Vec<_> = headers.iter().copied().chain([("content-type", "application/json")]).collect();
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let sent = self.agent.send(method, path, &headers, body);
        let (answer, charges, requests) = self.observed(sent).await;
        let (reads, writes) = charge::units(charges.iter().filter(|charge| !charge.is_refused));
        assert!((answer.usage.units() - reads - writes).abs() < 1e-9, "{path}: {charges:?} {:?}", answer.usage);
        let (depth, bytes) = (answer.usage.depth(), answer.text.len());
        (answer, RecordedInvocation { function: FunctionKind::Http, records: 0, charges, depth, bytes, requests })
    }

    /// All that follows from what was written: one batch of the stream with all its
    /// records, then one invocation for every hint.
    pub async fn follow(&mut self) -> Vec<RecordedInvocation> {
        let batch = self.batch();
        self.follow_batch(&batch).await
    }

    /// The same for a batch of these records.
    pub async fn follow_batch(&mut self, records: &[Json]) -> Vec<RecordedInvocation> {
        let mut invocations = Vec::new();
        if records.is_empty() {
            return invocations;
        }
        let handled = self.fanout.handle(json!({ "Records": records }));
        let (answer, charges, requests) = self.observed(handled).await;
        assert_eq!(answer, json!({"batchItemFailures": []}));
        let function = FunctionKind::Fanout;
        invocations.push(RecordedInvocation {
            function,
            records: records.len(),
            charges,
            depth: 0,
            bytes: 0,
            requests,
        });
        for hint in self.hints.take() {
            let (done, charges, requests) = self.observed(self.deliver.attempt(hint)).await;
            done.unwrap();
            let bytes = self.received.swap(0, Ordering::Relaxed);
            invocations.push(RecordedInvocation {
                function: FunctionKind::Deliver,
                records: 0,
                charges,
                depth: 0,
                bytes,
                requests,
            });
        }
        invocations
    }

    /// The records since the last batch that the stream's filter lets through.
    pub fn batch(&mut self) -> Vec<Json> {
        let records = self.desk.table.engine.read_stream(TABLE, self.position, ALL).unwrap();
        self.position = records.last().map_or(self.position, |record| record.position);
        let records = records.into_iter().map(|record| record.event);
        records.filter(|record| ChangeRecord::of(record).is_projected()).collect()
    }

    /// One run of the sweep.
    pub async fn swept(&self) -> RecordedInvocation {
        let run = self.sweep.run(self.desk.now(), BUDGET);
        let (run, charges, requests) = self.observed(run).await;
        assert_eq!((run.is_complete, run.errors), (true, 0), "{run:?}");
        RecordedInvocation { function: FunctionKind::Sweep, records: 0, charges, depth: 0, bytes: 0, requests }
    }

    /// The charges of whatever a future asks of the table.
    pub async fn recorded<T>(&self, future: impl Future<Output = T>) -> (T, Vec<Charge>) {
        let (output, charges, _) = self.observed(future).await;
        (output, charges)
    }

    /// The same, with the requests themselves.
    async fn observed<T>(&self, future: impl Future<Output = T>) -> (T, Vec<Charge>, Vec<RecordedRequest>) {
        self.desk.table.traffic.start();
        let output = future.await;
        let requests = self.desk.table.traffic.stop();
        let charges = charge::charges(&requests, &self.desk.table.engine);
        (output, charges, requests)
    }

    /// Lets time go by.
    pub fn wait(&self, time: Duration) {
        self.desk.wait(time);
    }
}

/// A receiver that answers 204 and counts what it gets; its URL.
async fn receiver(received: Arc<AtomicUsize>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let count = move |body: Bytes| async move {
        received.fetch_add(body.len(), Ordering::Relaxed);
        StatusCode::NO_CONTENT
    };
    let router = Router::new().route("/hook", post(count));
    tokio::spawn(async move { axum::serve(listener, router).await });
    url
}
