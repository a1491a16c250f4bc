//! What is measured on: the functions' routes over an engine, without the stream,
//! the queue and the clock beside them, as in a Lambda.

use aws_credential_types::Credentials;
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    http::{Method, Request, header},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use lambdesk_api::{seal::SealingKey, state::App};
use lambdesk_domain::id::WorkspaceId;
use lambdesk_engine::{Engine, Storage};
use lambdesk_local::stack;
use lambdesk_outbound::AddressPolicy;
use lambdesk_runtime::{Clock, Hint, HintQueue, aws, config::Aws};
use lambdesk_table::{Table, Usage};
use lambdesk_testkit::Stores;
use serde_json::Value as Json;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tower::ServiceExt as _;

/// The table's name.
pub const TABLE: &str = "lambdesk-bench";
/// The key of every bed: nothing is secret here.
const SEALING: [u8; 32] = [7; 32];
/// Hosts that webhooks may go to.
pub const ALLOWED_HOST: &str = "127.0.0.1";

/// Whether the largest size is asked for, too.
pub fn is_million() -> bool {
    std::env::var_os("MILLION").is_some()
}

/// An engine with a workspace in it, and the routes over it.
pub struct Bed {
    /// Below.
    pub engine: Engine,
    /// What the functions share.
    pub app: App,
    /// The stores over the same table.
    pub stores: Stores,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The header with its owner's key.
    pub authorization: String,
    router: Router,
    _hints: mpsc::Receiver<Hint>,
    _folder: Option<TempDir>,
}

/// What came of a call.
pub struct Called {
    /// From handing the request over to the last byte of the answer.
    pub time: Duration,
    /// What it cost.
    pub usage: Usage,
    /// Its body.
    pub body: Bytes,
}

impl Called {
    /// Its `data`.
    pub fn data(&self) -> Json {
        let mut answer: Json = serde_json::from_slice(&self.body).unwrap();
        answer["data"].take()
    }
}

impl Bed {
    /// A new one in memory, with an empty table but for the workspace.
    pub async fn make() -> Self {
        Self::within(Storage::Memory, None).await
    }

    /// One that has room for what grows: with `MILLION=1` in a file, because memory
    /// holds a gigabyte.
    pub async fn growing() -> Self {
        if !is_million() {
            return Self::make().await;
        }
        let folder = tempfile::tempdir().unwrap();
        Self::within(Storage::File(folder.path().join("bench.db")), Some(folder)).await
    }

    async fn within(storage: Storage, folder: Option<TempDir>) -> Self {
        let engine = Engine::open(storage).unwrap();
        let table = Table::new(&aws::connection(&aws_of(&engine)), TABLE);
        table.create().await.unwrap();
        table.check_format().await.unwrap().unwrap();
        let (app, stores) = (App::new(&table, SealingKey::new(&SEALING)), Stores::new(&table));
        let (queue, hints) = HintQueue::local(1_000);
        let policy = AddressPolicy::allowing([ALLOWED_HOST]).unwrap();
        let router = stack::router(&app, stack::functions(&policy, &queue));
        let [name, owner] = ["Bench", "Olga Owner"].map(|name| name.parse().unwrap());
        let email = "owner@desk.example".parse().unwrap();
        let made = lambdesk_directory::bootstrap(&stores.directories, &Clock::system(), name, owner, email).await;
        let made = made.unwrap();
        let authorization = format!("Bearer {}", made.key_text);
        let workspace = made.workspace.id;
        Self { engine, app, stores, workspace, authorization, router, _hints: hints, _folder: folder }
    }

    /// Calls within the process; the answer must be a success.
    pub async fn call(&self, method: Method, path: &str, body: Option<&Json>) -> Called {
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, &self.authorization)
            .header(header::CONTENT_TYPE, "application/json")
            .body(body)
            .unwrap();
        let router = self.router.clone();
        let started = Instant::now();
        let response = router.oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let time = started.elapsed();
        assert!(parts.status.is_success(), "{path}: {} {}", parts.status, String::from_utf8_lossy(&body));
        let usage = parts.extensions.get::<Usage>().cloned().unwrap_or_default();
        Called { time, usage, body }
    }

    /// As [`Bed::call`], for the `data`.
    pub async fn data(&self, method: Method, path: &str, body: Option<&Json>) -> Json {
        self.call(method, path, body).await.data()
    }

    /// The variables of a function over this bed, as the template sets them.
    pub fn variables(&self) -> Vec<(&'static str, String)> {
        let queue = format!("{}/queue", self.engine.url());
        vec![
            ("LAMBDESK_TABLE", TABLE.to_owned()),
            ("LAMBDESK_SEALING_KEY", STANDARD.encode(SEALING)),
            ("LAMBDESK_OPERATOR_TOKEN", "an-operator-token-of-the-benchmark".to_owned()),
            ("LAMBDESK_QUEUE_URL", queue),
            ("LAMBDESK_BUCKET", "lambdesk-bench".to_owned()),
            ("LAMBDESK_ALLOWED_HOSTS", ALLOWED_HOST.to_owned()),
            ("AWS_ENDPOINT_URL", self.engine.url()),
        ]
    }
}

fn aws_of(engine: &Engine) -> Aws {
    let credentials = Credentials::from_keys("bench", "bench", None);
    Aws { region: "bench".to_owned(), credentials, dynamodb_url: Some(engine.url()), sqs_url: None }
}
