//! A table in memory: the embedded engine, its stream, and on request faults and a
//! record of the traffic.

use crate::{faults::Faults, stores::Stores, traffic::Traffic};
use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
    types::{AttributeValue, PutRequest, WriteRequest},
};
use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use futures_util::future::try_join_all;
use lambdesk_domain::ticket::Ticket;
use lambdesk_engine::{AwsStandIn, AwsSwitches, Engine, Position, Storage};
use lambdesk_store_tickets::NewItems;
use lambdesk_table::{Connection, Item, Key, Table};
use serde_json::{Value as Json, json};
use std::{collections::HashMap, time::Duration};

/// The table's name.
pub const TABLE: &str = "lambdesk-test";
/// How long the table waits for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// An engine in memory with the table in it.
pub struct TestTable {
    /// The table as the stores have it.
    pub table: Table,
    /// The stores over it, of one process.
    pub store: Stores,
    /// What goes wrong with the requests of [`TestTable::table`]: nothing, until a test says so.
    pub faults: Faults,
    /// The requests of [`TestTable::table`] with their answers, while they are recorded.
    pub traffic: Traffic,
    /// The engine.
    pub engine: Engine,
    /// What stands before the engine and does as AWS does, where it is asked for.
    aws: Option<AwsStandIn>,
    /// To look at the table from outside; nothing goes wrong here.
    pub client: Client,
}

impl TestTable {
    /// A new one.
    pub async fn new() -> Self {
        let engine = Engine::open(Storage::Memory).expect("an engine in memory opens");
        let url = engine.url();
        Self::over(engine, &url, None).await
    }

    /// A new one that is reached through what does as AWS does: [`TestTable::aws`].
    pub async fn on_aws() -> Self {
        let engine = Engine::open(Storage::Memory).expect("an engine in memory opens");
        let aws = engine.as_aws().expect("it listens");
        let url = aws.url();
        Self::over(engine, &url, Some(aws)).await
    }

    async fn over(engine: Engine, url: &str, aws: Option<AwsStandIn>) -> Self {
        let (faults, traffic) = (Faults::default(), Traffic::default());
        let wire = faults.over(traffic.over(http()));
        let table = Table::new(&connection_to(url, wire, PATIENCE), TABLE);
        table.create().await.expect("the table is made");
        let client = sdk_client(&engine);
        Self { store: Stores::new(&table), table, faults, traffic, engine, aws, client }
    }

    /// What of AWS's ways [`TestTable::table`] meets; of a table made by
    /// [`TestTable::on_aws`].
    pub fn aws(&self) -> AwsSwitches {
        self.aws.as_ref().expect("the table is made to be on AWS").switches()
    }

    /// The stores as another process has them: nothing remembered; with the same faults.
    pub fn stores(&self) -> Stores {
        Stores::new(&self.table)
    }

    /// The stores as another process has them: nothing remembered, nothing going wrong.
    pub fn elsewhere(&self) -> Stores {
        Stores::new(&Table::new(&connection(&self.engine, http(), PATIENCE), TABLE))
    }

    /// The table as it gives up on an answer after 20 ms.
    pub fn impatient(&self) -> Table {
        Table::new(&connection(&self.engine, self.faults.over(http()), Duration::from_millis(20)), TABLE)
    }

    /// The same table as another process has it that waits so long for an answer, over
    /// connections of its own; of a table made by [`TestTable::on_aws`].
    pub fn of_other_process(&self, patience: Duration) -> Table {
        let url = self.aws.as_ref().expect("the table is made to be on AWS").url();
        Table::new(&Connection::new("eu-central-1", Some(&url), credentials(), http, patience), TABLE)
    }

    /// The stores of another table in the same engine.
    pub async fn beside(&self, name: &str) -> Stores {
        let table = Table::new(&connection(&self.engine, http(), PATIENCE), name);
        table.create().await.expect("the table is made");
        Stores::new(&table)
    }

    /// One item as it is stored; sets in order, so that items can be compared.
    pub async fn item(&self, key: Key) -> Option<Item> {
        self.item_in(TABLE, key).await
    }

    /// The same in another table.
    pub async fn item_in(&self, table: &str, key: Key) -> Option<Item> {
        let request = self.client.get_item().table_name(table).consistent_read(true);
        let request = request.key("pk", AttributeValue::S(key.pk)).key("sk", AttributeValue::S(key.sk));
        let mut item = request.send().await.expect("it is read").item?;
        for value in item.values_mut() {
            if let AttributeValue::Ss(set) = value {
                set.sort();
            }
        }
        Some(item)
    }

    /// Writes an item as it is.
    pub async fn put(&self, item: Item) {
        self.client.put_item().table_name(TABLE).set_item(Some(item)).send().await.expect("it is put");
    }

    /// Writes many items as they are.
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

    /// Writes tickets as they are, without anything that follows from them.
    pub async fn fill(&self, tickets: &[Ticket]) {
        for some in tickets.chunks(16) {
            let put = |ticket| self.store.tickets.create_ticket(ticket, NewItems::default());
            try_join_all(some.iter().map(put)).await.expect("they are written");
        }
    }

    /// All items.
    pub async fn items(&self) -> Vec<Item> {
        let pages = self.client.scan().table_name(TABLE).into_paginator().items().send();
        pages.collect::<Result<_, _>>().await.expect("they are read")
    }

    /// How many items the table holds.
    pub async fn size(&self) -> usize {
        self.items().await.len()
    }

    /// All that the table holds, as text.
    pub async fn everything(&self) -> String {
        format!("{:?}", self.items().await)
    }

    /// The records of the stream after a position, in the shape of an event that Lambda
    /// hands over, without the filter of the template.
    pub fn batch(&self, after: Position) -> Json {
        let records = self.engine.read_stream(TABLE, after, 1_000).expect("it is read");
        json!({ "Records": records.into_iter().map(|record| record.event).collect::<Vec<_>>() })
    }

    /// Where the stream ends now.
    pub fn end_of_stream(&self) -> Position {
        let records = self.engine.read_stream(TABLE, Position::START, 1_000).expect("it is read");
        records.last().map_or(Position::START, |record| record.position)
    }
}

fn http() -> SharedHttpConnector {
    SharedHttpConnector::new(Connector::builder().build_http())
}

fn connection(engine: &Engine, http: SharedHttpConnector, patience: Duration) -> Connection {
    connection_to(&engine.url(), http, patience)
}

fn connection_to(url: &str, http: SharedHttpConnector, patience: Duration) -> Connection {
    Connection::new("eu-central-1", Some(url), credentials(), move || http.clone(), patience)
}

fn credentials() -> Credentials {
    Credentials::new("test", "test", None, None, "test")
}

/// The SDK's own client for an engine: to ask what the stores would not.
pub fn sdk_client(engine: &Engine) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("eu-central-1"))
        .credentials_provider(credentials())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(engine.url())
        .build();
    Client::from_conf(config)
}
