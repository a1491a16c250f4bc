//! Walking the tour over one engine: API Gateway, the queue and the schedule are the
//! stand-ins of [`lambdesk_tests::cloud`], the stream is the engine's own.

use super::{
    call::{Call, ETAG, Seen, Step, answer_of},
    server::{EngineKind, EngineServer},
    stream::TableStream,
};
use lambdesk_testkit::runtime_api::events;
use lambdesk_tests::cloud::{Cloud, TABLE};
use lambdesk_tests::{Api, Json, Receiver, json};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::sleep;

/// Records of one batch, as in the template.
const BATCH: usize = 100;
/// Hints of one batch, as in the template.
const HINTS: usize = 10;
/// Longer than feed and counters hold an event back.
const SETTLED: Duration = Duration::from_secs(10);

/// What an engine answered.
pub struct Walked {
    /// Which engine.
    pub kind: EngineKind,
    /// The steps.
    pub seen: Vec<Seen>,
    /// Records of the stream.
    pub records: usize,
    /// Hints of deliveries.
    pub hints: usize,
    /// Webhooks that came, with a valid signature.
    pub webhooks: usize,
}

/// Walks all steps.
pub async fn through(kind: EngineKind, steps: Vec<Step>) -> Walked {
    let engine = EngineServer::start(kind).await;
    let cloud = Cloud::start_with(&[("AWS_ENDPOINT_URL_DYNAMODB", &engine.url), ("LAMBDESK_LOG", "info")]).await;
    let stream = TableStream::of(&engine.url, TABLE).await;
    let receiver = Receiver::start().await.subscribe(&cloud.owner, &["*"]).await;
    let kept = [("webhook".to_owned(), receiver.endpoint.clone())].into();
    let walked = Walked { kind, seen: Vec::new(), records: 0, hints: 0, webhooks: 0 };
    let mut walk = Walk { cloud, stream, receiver, kept, walked };
    for step in steps {
        walk.step(step).await;
    }
    walk.walked
}

struct Walk {
    cloud: Cloud,
    stream: TableStream,
    receiver: Receiver,
    /// What `{name}` stands for.
    kept: BTreeMap<String, String>,
    walked: Walked,
}

impl Walk {
    async fn step(&mut self, step: Step) {
        match step {
            Step::Call(call) => self.call(call).await,
            Step::Pages(path) => self.pages(path).await,
            Step::Follow => self.follow().await,
            Step::Sweep => {
                let run = self.cloud.invoke("sweep", events::schedule()).await;
                let answer = format!("errors {}, complete {}", run["errors"], run["is_complete"]);
                self.saw("the sweep", answer);
                self.follow().await;
            }
            Step::Settle => sleep(SETTLED).await,
        }
    }

    fn saw(&mut self, call: &str, answer: String) {
        self.walked.seen.push(Seen { call: call.to_owned(), answer });
    }

    async fn call(&mut self, call: Call) {
        if let Some((_, reason)) = call.left_out.iter().find(|(kind, _)| *kind == self.walked.kind) {
            self.walked.seen.push(Seen::left_out(call.line, reason));
            return;
        }
        let (method, path) = call.line.split_once(' ').unwrap();
        let is_bare = call.body.is_null() && ["GET", "DELETE"].contains(&method);
        let body = (!is_bare).then(|| if call.body.is_null() { json!({}) } else { self.filled_in(&call.body) });
        let reply = self.caller(&call).send(method.parse().unwrap(), &self.filled(path), body).await;
        for (name, pointer) in &call.kept {
            let found = reply.body["data"].pointer(pointer).unwrap_or(&Json::Null);
            let found = if *pointer == ETAG {
                reply.header(ETAG).to_owned()
            } else {
                found.as_str().map_or_else(|| found.to_string(), str::to_owned)
            };
            self.kept.insert((*name).to_owned(), found);
        }
        let mut answer = answer_of(reply.status.as_u16(), &reply.body);
        if reply.header("idempotent-replayed") == "true" {
            answer.push_str(", replayed");
        }
        self.saw(call.line, answer);
    }

    /// The owner, unless the call has another key.
    fn caller(&self, call: &Call) -> Api {
        let is_other = call.headers.iter().any(|(name, _)| *name == "authorization");
        let caller = if is_other { self.cloud.caller(None) } else { self.cloud.owner.clone() };
        let headers = call.headers.iter().filter(|(_, value)| !value.is_empty());
        headers.fold(caller, |caller, (name, value)| caller.with(name, &self.filled(value)))
    }

    fn filled(&self, text: &str) -> String {
        self.kept.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }

    fn filled_in(&self, body: &Json) -> Json {
        serde_json::from_str(&self.filled(&body.to_string())).unwrap()
    }

    async fn pages(&mut self, path: &str) {
        let (mut cursor, mut pages) = (String::new(), Vec::new());
        while pages.len() < 50 {
            let reply = self.cloud.owner.get(&format!("{}{cursor}", self.filled(path))).await;
            pages.push(answer_of(reply.status.as_u16(), &reply.body));
            let Some(next) = reply.body["page"]["next_cursor"].as_str() else {
                break;
            };
            cursor = format!("&cursor={next}");
        }
        let answer = pages.join(" | ");
        self.saw(&format!("GET {path}, all pages"), answer);
    }

    /// What the stream has is handed to fan-out, and its hints to deliver.
    async fn follow(&mut self) {
        let (mut failures, mut kinds) = (0, BTreeMap::<String, usize>::new());
        loop {
            let records = self.stream.records().await;
            let hints = self.cloud.queue.take();
            if records.is_empty() && hints.is_empty() {
                break;
            }
            self.walked.records += records.len();
            self.walked.hints += hints.len();
            for batch in self.cloud.let_through(records).chunks(BATCH) {
                let answer = self.cloud.invoke("fanout", events::stream(batch)).await;
                failures += answer["batchItemFailures"].as_array().unwrap().len();
            }
            for batch in hints.chunks(HINTS) {
                let batch: Vec<_> = batch.iter().map(String::as_str).collect();
                let answer = self.cloud.invoke("deliver", events::sqs(&batch)).await;
                failures += answer["batchItemFailures"].as_array().unwrap().len();
            }
            for told in self.receiver.arrived() {
                self.walked.webhooks += 1;
                *kinds.entry(told.kind().to_owned()).or_default() += 1;
            }
        }
        let kinds: Vec<_> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        self.saw("stream, queue and webhooks", format!("failures {failures}, {}", kinds.join(", ")));
    }
}
