//! An engine with a table, and short words for the tests beside.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "tests")]

use crate::faults::Faults;
use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig, timeout::TimeoutConfig},
    types::{AttributeValue as Av, PutRequest, WriteRequest},
};
use lambdesk_domain::{
    id::{TicketId, WorkspaceId},
    ticket::Ticket,
};
use lambdesk_engine::{Engine, Storage};
use lambdesk_store::{Item, NewItems, Store, keys::Key};
use proptest::{
    prelude::Strategy,
    strategy::ValueTree,
    test_runner::{Config, TestCaseResult, TestError, TestRunner},
};
use std::{collections::HashMap, time::Duration};
use uuid::Uuid;

pub const TABLE: &str = "lambdesk-test";

/// A new engine in memory with the table in it.
pub struct Table {
    pub client: Client,
    pub store: Store,
    /// What goes wrong with the store's requests: nothing, until a test says so.
    pub faults: Faults,
    store_client: Client,
    engine: Engine,
}

impl Table {
    pub async fn new() -> Self {
        let engine = Engine::open(Storage::Memory).expect("an engine in memory opens");
        let client = client(&engine, &Faults::default());
        let faults = Faults::default();
        let store_client = self::client(&engine, &faults);
        let store = Store::new(store_client.clone(), TABLE);
        store.create_table().await.expect("the table is made");
        Self { client, store, faults, store_client, engine }
    }

    /// The store as another process has it: nothing remembered.
    pub fn elsewhere(&self) -> Store {
        Store::new(client(&self.engine, &Faults::default()), TABLE)
    }

    /// The store as it gives up on an answer quickly.
    pub fn impatient(&self) -> Store {
        let timeouts = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_millis(20)).build();
        let config = self.store_client.config().to_builder().timeout_config(timeouts).build();
        Store::new(Client::from_conf(config), TABLE)
    }

    /// Another table in the same engine.
    pub async fn beside(&self, name: &str) -> Store {
        let store = Store::new(client(&self.engine, &Faults::default()), name);
        store.create_table().await.expect("the table is made");
        store
    }

    pub async fn item(&self, key: Key) -> Option<Item> {
        self.item_in(TABLE, key).await
    }

    /// One item as it is stored; sets in order, so that items can be compared.
    pub async fn item_in(&self, table: &str, key: Key) -> Option<Item> {
        let request = self.client.get_item().table_name(table).consistent_read(true);
        let request = request.key("pk", Av::S(key.pk)).key("sk", Av::S(key.sk));
        let mut item = request.send().await.expect("it is read").item?;
        for value in item.values_mut() {
            if let Av::Ss(set) = value {
                set.sort();
            }
        }
        Some(item)
    }

    pub async fn put(&self, item: Item) {
        self.client.put_item().table_name(TABLE).set_item(Some(item)).send().await.expect("it is put");
    }

    pub async fn put_all(&self, items: Vec<Item>) {
        let writes = items.into_iter().map(|item| {
            let put = PutRequest::builder().set_item(Some(item)).build().expect("complete");
            WriteRequest::builder().put_request(put).build()
        });
        for some in writes.collect::<Vec<_>>().chunks(25) {
            let request = self.client.batch_write_item().request_items(TABLE, some.to_vec());
            let output = request.send().await.expect("they are put");
            assert!(output.unprocessed_items().is_none_or(HashMap::is_empty));
        }
    }

    /// How many items the table holds.
    pub async fn size(&self) -> usize {
        let output = self.client.scan().table_name(TABLE).send().await.expect("it is read");
        output.items().len()
    }

    /// Writes tickets as they are.
    pub async fn fill(&self, tickets: &[Ticket]) {
        let put = |ticket: &Ticket| {
            let (store, ticket) = (self.store.clone(), ticket.clone());
            async move { store.create_ticket(&ticket, NewItems::default()).await.expect("it is written") }
        };
        for some in tickets.chunks(16) {
            futures_util::future::join_all(some.iter().map(put)).await;
        }
    }
}

fn client(engine: &Engine, faults: &Faults) -> Client {
    let timeouts = TimeoutConfig::builder().operation_attempt_timeout(Duration::from_secs(5)).build();
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("eu-central-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .http_client(faults.over(aws_smithy_http_client::Builder::new().build_http()))
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(5)))
        .endpoint_url(engine.url())
        .build();
    Client::from_conf(config)
}

/// Runs a property against one table.
#[expect(clippy::needless_pass_by_value, reason = "a closure reads better at the call")]
pub fn check<S: Strategy>(cases: u32, strategy: &S, property: impl AsyncFn(&Table, S::Value) -> TestCaseResult) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let table = runtime.block_on(Table::new());
    // Nothing is kept on disk: a case that fails is shown whole, and small.
    let config = Config { max_shrink_iters: 200, failure_persistence: None, ..Config::with_cases(cases) };
    let result = TestRunner::new(config).run(strategy, |case| runtime.block_on(property(&table, case)));
    match result {
        Ok(()) => {}
        Err(TestError::Fail(reason, case)) => panic!("{reason}\nfor {case:#?}"),
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
}

/// One arbitrary value, always the same.
pub fn sample<S: Strategy>(strategy: &S) -> S::Value {
    strategy.new_tree(&mut TestRunner::deterministic()).expect("a value").current()
}

/// So many arbitrary values.
pub fn samples<S: Strategy>(strategy: &S, count: usize) -> Vec<S::Value> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| strategy.new_tree(&mut runner).expect("a value").current()).collect()
}

pub fn workspace(number: u128) -> WorkspaceId {
    WorkspaceId::new(Uuid::from_u128(number))
}

/// The ticket under another name.
pub fn renamed(ticket: &Ticket, workspace: WorkspaceId, id: u128) -> Ticket {
    Ticket { workspace_id: workspace, id: TicketId::new(Uuid::from_u128(id)), ..ticket.clone() }
}
