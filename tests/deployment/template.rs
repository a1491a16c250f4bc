//! The template, held against the code that it deploys.

use lambdesk_local::{TABLE, stack};
use lambdesk_outbound::AddressPolicy;
use lambdesk_runtime::HintQueue;
use lambdesk_store_events::ChangeRecord;
use lambdesk_table::schema::{TTL_ATTRIBUTE, indexes};
use lambdesk_tests::{
    Desk, Json, Receiver, json,
    routes::{example, select},
    template::{Template, lets_through, repository},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

/// Every path of the functions, with the function's name.
fn served() -> Vec<(&'static str, &'static str)> {
    let (queue, _) = HintQueue::local(1);
    let functions = stack::functions(&AddressPolicy::public_only(), &queue);
    let served = functions.iter().flat_map(|(name, routes)| routes.paths().iter().map(|path| (*path, *name)));
    served.collect()
}

#[test]
fn every_route_of_a_function_reaches_that_function_through_the_templates_routes() {
    let routes: BTreeMap<_, _> = Template::read().routes().into_iter().collect();
    let served = served();
    assert!(served.len() > 30, "{served:?}");
    for (path, function) in served {
        let key = select(routes.keys().map(String::as_str), &example(path));
        assert_eq!(key.map(|key| routes[key].as_str()), Some(function), "{path} reaches {key:?}");
    }
}

#[test]
fn every_route_of_the_template_has_a_path_of_its_function_behind_it_and_is_there_once() {
    let routes = Template::read().routes();
    let keys: BTreeSet<_> = routes.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys.len(), routes.len(), "two functions have the same route: {routes:?}");
    let used: BTreeSet<_> =
        served().iter().filter_map(|(path, _)| select(keys.iter().copied(), &example(path))).collect();
    let unused: Vec<_> = keys.difference(&used).collect();
    assert!(unused.is_empty(), "nothing is behind {unused:?}");
}

#[test]
fn the_table_of_the_template_has_the_stores_keys_indexes_stream_and_expiry() {
    let template = Template::read();
    let table = template.resource("Table");
    let keys = |partition: &str, sort: &str| json!([{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]);
    assert_eq!(table["KeySchema"], keys("pk", "sk"));
    let mut deployed = table["GlobalSecondaryIndexes"].as_array().unwrap().clone();
    deployed.sort_by_key(|index| index["IndexName"].to_string());
    let wanted: Vec<_> = indexes()
        .iter()
        .map(|index| {
            let projection = json!({"ProjectionType": index.projection});
            json!({"IndexName": index.name, "KeySchema": keys(&index.partition, &index.sort), "Projection": projection})
        })
        .collect();
    assert_eq!(deployed, wanted);
    assert_eq!(table["StreamSpecification"]["StreamViewType"], "NEW_AND_OLD_IMAGES");
    assert_eq!(table["TimeToLiveSpecification"], json!({"AttributeName": TTL_ATTRIBUTE, "Enabled": true}));
}

#[tokio::test]
async fn the_table_of_the_template_is_the_one_that_the_local_stack_creates() {
    let (template, desk) = (Template::read(), Desk::start().await);
    let wanted = template.resource("Table");
    let asked = json!({"TableName": TABLE});
    let local =
        lambdesk_tests::local::dynamodb(&desk.stack.engine.url(), "DescribeTable", &asked).await["Table"].take();
    for name in ["KeySchema", "AttributeDefinitions"] {
        assert_eq!(sorted(&local[name]), sorted(&wanted[name]), "{name}");
    }
    let indexes: Vec<_> = local["GlobalSecondaryIndexes"].as_array().unwrap().iter().map(as_in_the_template).collect();
    assert_eq!(sorted(&json!(indexes)), sorted(&wanted["GlobalSecondaryIndexes"]));
    assert_eq!(local["StreamSpecification"]["StreamViewType"], wanted["StreamSpecification"]["StreamViewType"]);
    assert_eq!(local["BillingModeSummary"]["BillingMode"], wanted["BillingMode"]);
    let expiry = lambdesk_tests::local::dynamodb(&desk.stack.engine.url(), "DescribeTimeToLive", &asked).await;
    let expiry = &expiry["TimeToLiveDescription"];
    assert_eq!(expiry["AttributeName"], wanted["TimeToLiveSpecification"]["AttributeName"]);
    assert_eq!(expiry["TimeToLiveStatus"], "ENABLED");
}

/// What an index has been given, without what the table says about it.
fn as_in_the_template(index: &Json) -> Json {
    json!({"IndexName": index["IndexName"], "KeySchema": index["KeySchema"], "Projection": index["Projection"]})
}

fn sorted(list: &Json) -> Vec<String> {
    let mut texts: Vec<_> = list.as_array().unwrap().iter().map(Json::to_string).collect();
    texts.sort();
    texts
}

/// What each function asks its configuration for, beside what every one does.
const NEEDS: [(&str, &[&str]); 11] = [
    ("contacts", &["LAMBDESK_SEALING_KEY", "LAMBDESK_SEALING_KEY_PREVIOUS", "LAMBDESK_BUCKET"]),
    ("deliver", &[]),
    ("directory", &["LAMBDESK_SEALING_KEY", "LAMBDESK_SEALING_KEY_PREVIOUS", "LAMBDESK_OPERATOR_TOKEN"]),
    ("docs", &[]),
    ("fanout", &["LAMBDESK_QUEUE_URL"]),
    ("intake", &["LAMBDESK_SEALING_KEY", "LAMBDESK_SEALING_KEY_PREVIOUS", "LAMBDESK_BUCKET"]),
    ("messages", &["LAMBDESK_SEALING_KEY", "LAMBDESK_SEALING_KEY_PREVIOUS", "LAMBDESK_BUCKET"]),
    ("reports", &["LAMBDESK_SEALING_KEY", "LAMBDESK_SEALING_KEY_PREVIOUS"]),
    ("sweep", &["LAMBDESK_QUEUE_URL", "LAMBDESK_BUCKET"]),
    ("tickets", &["LAMBDESK_SEALING_KEY", "LAMBDESK_SEALING_KEY_PREVIOUS"]),
    ("webhooks", &["LAMBDESK_SEALING_KEY", "LAMBDESK_SEALING_KEY_PREVIOUS", "LAMBDESK_QUEUE_URL"]),
];

#[test]
fn every_function_is_given_the_variables_that_it_reads_and_no_others() {
    let functions = Template::read().functions();
    let names: Vec<_> = functions.iter().map(|function| function.name.as_str()).collect();
    assert_eq!(names, NEEDS.map(|(name, _)| name));
    for (function, (_, needs)) in functions.iter().zip(NEEDS) {
        let given = function.variables();
        let given: BTreeSet<_> = given.keys().map(String::as_str).collect();
        let needs: BTreeSet<_> =
            needs.iter().copied().chain(["LAMBDESK_TABLE", "LAMBDESK_BASE_PATH", "LAMBDESK_DUE_SHARDS"]).collect();
        assert_eq!(given, needs, "{}", function.name);
    }
}

#[test]
fn whoever_has_the_queues_url_may_send_to_it() {
    let template = Template::read();
    for function in template.functions() {
        let role =
            template.resource(function.properties["Role"]["Fn::GetAtt"].as_str().unwrap().trim_end_matches(".Arn"));
        let statements = role["Policies"][0]["PolicyDocument"]["Statement"].as_array().unwrap();
        let sends = statements.iter().any(|statement| {
            let actions = statement["Action"].as_array().unwrap();
            actions.contains(&json!("sqs:SendMessage")) && statement["Resource"] == json!({"Fn::GetAtt": "Queue.Arn"})
        });
        assert_eq!(sends, function.variables().contains_key("LAMBDESK_QUEUE_URL"), "{}", function.name);
    }
}

#[test]
fn every_function_of_the_template_is_a_binary_of_its_folder() {
    for function in Template::read().functions() {
        let (name, properties) = (&function.name, &function.properties);
        assert_eq!(properties["Handler"], "bootstrap");
        assert_eq!(properties["CodeUri"], format!("../target/lambda/{name}/"));
        let manifest = fs::read_to_string(repository(&format!("functions/{name}/Cargo.toml"))).unwrap();
        let binary = manifest.split_once("[[bin]]").map(|(_, binary)| binary.trim_start().lines().next());
        assert_eq!(binary, Some(Some(format!("name = \"{name}\"").as_str())), "{manifest}");
    }
}

#[tokio::test]
async fn the_streams_filter_lets_through_what_the_local_pump_does_and_fanout_reads() {
    let desk = Desk::start().await;
    let receiver: Receiver = desk.receiver(&["*"]).await;
    let ticket = desk.ticket("Hello").await;
    let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    desk.owner.post(&format!("{path}/messages"), json!({"body_text": "Hi"})).await.created();
    let is_told = |log: &Json| log["data"].as_array().is_some_and(|events| events.len() == 2);
    desk.owner.eventually(&format!("{path}/activities"), is_told).await;
    desk.owner.post("/v1/contacts", json!({"name": "Ada"})).await.created();
    let filters = Template::read().stream_filters();
    let records = desk.stack.engine.read_stream(TABLE, lambdesk_engine::Position::START, 1_000).unwrap();
    let through = records.iter().filter(|record| lets_through(&filters, &record.event)).count();
    assert!(through >= 4 && through < records.len(), "{through} of {}", records.len());
    for record in &records {
        let is_through = lets_through(&filters, &record.event);
        // The pump asks the same.
        assert_eq!(is_through, ChangeRecord::of(&record.event).is_projected(), "{}", record.event);
    }
    drop(receiver);
}
