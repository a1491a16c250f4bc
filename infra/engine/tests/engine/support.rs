//! An engine with one table like the store's, and short words for the SDK's types.

use std::collections::HashMap;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, StreamSpecification, StreamViewType,
};
use lambdesk_engine::{Engine, Storage};

pub const TABLE: &str = "lambdesk-test";
pub const INDEX: &str = "list";

pub type Item = HashMap<String, AttributeValue>;

/// An engine in memory, a client for it and [`TABLE`] in it.
pub async fn table() -> (Engine, Client) {
    let engine = Engine::open(Storage::Memory).expect("an engine in memory opens");
    let client = client(&engine);
    create_table(&client).await;
    (engine, client)
}

pub fn client(engine: &Engine) -> Client {
    client_at(&engine.url())
}

pub fn client_at(url: &str) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::from_static("eu-central-1"))
        .credentials_provider(Credentials::from_keys("test", "test", None))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(url)
        .build();
    Client::from_conf(config)
}

/// `pk` and `sk`, a stream with both images, and an index on `lpk` and `lsk`.
pub async fn create_table(client: &Client) {
    let index = GlobalSecondaryIndex::builder()
        .index_name(INDEX)
        .key_schema(key("lpk", KeyType::Hash))
        .key_schema(key("lsk", KeyType::Range))
        .projection(Projection::builder().projection_type(ProjectionType::All).build())
        .build()
        .expect("complete");
    let stream = StreamSpecification::builder()
        .stream_enabled(true)
        .stream_view_type(StreamViewType::NewAndOldImages)
        .build()
        .expect("complete");
    let mut request = client
        .create_table()
        .table_name(TABLE)
        .billing_mode(BillingMode::PayPerRequest)
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range))
        .global_secondary_indexes(index)
        .stream_specification(stream);
    for name in ["pk", "sk", "lpk", "lsk"] {
        let attribute = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
        request = request.attribute_definitions(attribute.build().expect("complete"));
    }
    request.send().await.expect("the table is created");
}

fn key(name: &str, kind: KeyType) -> KeySchemaElement {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build().expect("complete")
}

pub fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub fn n(number: i64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

pub fn ss(members: &[&str]) -> AttributeValue {
    AttributeValue::Ss(members.iter().map(ToString::to_string).collect())
}

/// An item's key, as a map that more attributes can be put into.
pub fn item(pk: &str, sk: &str) -> Item {
    Item::from([("pk".to_owned(), s(pk)), ("sk".to_owned(), s(sk))])
}

/// A key and further attributes.
pub fn item_with<const N: usize>(pk: &str, sk: &str, more: [(&str, AttributeValue); N]) -> Item {
    let mut item = item(pk, sk);
    item.extend(more.map(|(name, value)| (name.to_owned(), value)));
    item
}

pub async fn put(client: &Client, item: Item) {
    client.put_item().table_name(TABLE).set_item(Some(item)).send().await.expect("the item is put");
}

pub async fn get(client: &Client, pk: &str, sk: &str) -> Option<Item> {
    client.get_item().table_name(TABLE).set_key(Some(item(pk, sk))).send().await.expect("the item is read").item
}

/// An `UpdateItem` on one key, with its expression.
pub fn update(client: &Client, pk: &str, sk: &str, expression: &str) -> UpdateItemFluentBuilder {
    client.update_item().table_name(TABLE).set_key(Some(item(pk, sk))).update_expression(expression)
}
