//! F11, W2, W4 and others: what the cloud does between the parts, and the local stack.

use futures_util::future::join_all;
use lambdesk_domain::time::Timestamp;
use lambdesk_engine::AwsTrait;
use lambdesk_fanout::Fanout;
use lambdesk_local::{Options, Stack, stack};
use lambdesk_outbound::AddressPolicy;
use lambdesk_runtime::HintQueue;
use lambdesk_sweep::Sweep;
use lambdesk_table::keys::short;
use lambdesk_testkit::{Client, ClientAnswer, Desk, TABLE};
use lambdesk_tests::{Api, Json, json};
use std::{collections::BTreeSet, time::Duration};

/// The owner, as a caller of all functions.
fn owner(desk: &Desk) -> Client {
    let (queue, _) = HintQueue::local(1);
    Client::new(stack::router(&desk.app, stack::functions(&AddressPolicy::public_only(), &queue))).with_key(&desk.key)
}

async fn opened(client: &Client, name: &str) -> ClientAnswer {
    let body = json!({
        "subject": "S",
        "from": {"name": name, "email": "grace@customer.example"},
        "message": {"body_text": "Hello"},
    });
    client.post("/v1/tickets", body).await
}

#[tokio::test]
async fn w4_many_tickets_of_one_contact_at_once_are_all_made() {
    let desk = Desk::on_aws().await;
    let client = owner(&desk);
    desk.table.aws().on(AwsTrait::Conflicts(Duration::from_millis(20)));
    // Unknown at first, then known.
    for round in 0..2 {
        let answers = join_all((0..16).map(|_| opened(&client, "Grace"))).await;
        let contacts: BTreeSet<_> =
            answers.iter().map(|answer| (answer.status, answer.data()["contact"]["id"].to_string())).collect();
        assert_eq!(contacts.len(), 1, "{round}: {contacts:?}");
        assert!(contacts.iter().all(|(status, contact)| *status == 201 && contact != "null"), "{contacts:?}");
    }
}

fn text_of(answer: &ClientAnswer, pointer: &str) -> String {
    let body: Json = serde_json::from_str(&answer.text).unwrap();
    body.pointer(pointer).unwrap().as_str().unwrap().to_owned()
}

/// The sequence numbers that a batch is to be repeated from.
fn failures(answer: &Json) -> usize {
    answer["batchItemFailures"].as_array().unwrap().len()
}

#[tokio::test]
async fn w2_half_a_minute_of_throttled_writes_loses_nothing() {
    let desk = Desk::on_aws().await;
    let (queue, _hints) = HintQueue::local(100);
    let fanout = Fanout::new(&desk.table.table, queue, desk.clock.clone());
    let begin = desk.table.end_of_stream();
    opened(&owner(&desk), "Grace").await;
    let batch = desk.table.batch(begin);
    desk.table.aws().on(AwsTrait::ThrottledWrites(String::new()));
    for _ in 0..3 {
        assert_ne!(failures(&fanout.handle(batch.clone()).await), 0, "it is to be repeated");
    }
    desk.table.aws().off();
    assert_eq!(failures(&fanout.handle(batch).await), 0);
    desk.wait(Duration::from_mins(1));
    let events = owner(&desk).get("/v1/events").await;
    assert_eq!(events.data().as_array().unwrap().len(), 2, "of the ticket and the contact");
    let template = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../infra/template.yaml")).unwrap();
    // Three hours before the stream forgets them: Lambda tells nothing of what is trimmed.
    for setting in ["MaximumRetryAttempts: -1\n", "MaximumRecordAgeInSeconds: 75600\n"] {
        assert!(template.contains(setting), "nearly as long as the stream has them: {setting}");
    }
}

#[tokio::test]
async fn w2_words_of_one_workspace_that_fail_hold_up_nobody_and_are_found_later() {
    let desk = Desk::on_aws().await;
    let (queue, _hints) = HintQueue::local(100);
    let sweep = Sweep::new(&desk.table.table, None, queue.clone(), desk.clock.clone());
    let fanout = Fanout::new(&desk.table.table, queue, desk.clock.clone());
    let begin = desk.table.end_of_stream();
    opened(&owner(&desk), "Grace").await;
    let index = format!("{}#s#fresh", short(desk.workspace.uuid()));
    let throttled = desk.table.batch(begin);
    let end = desk.table.end_of_stream();
    desk.table.aws().on(AwsTrait::ThrottledWrites(index));
    assert_eq!(failures(&fanout.handle(throttled).await), 0, "its words are left to the sweep");
    desk.table.aws().off();
    desk.wait(Duration::from_mins(2));
    sweep.handle(json!({})).await;
    // Nothing of what was handed over before comes again.
    assert_eq!(failures(&fanout.handle(desk.table.batch(end)).await), 0);
    let found = owner(&desk).get("/v1/tickets?q=hello").await;
    assert_eq!(found.data().as_array().unwrap().len(), 1, "{}", found.text);
}

#[tokio::test]
async fn w2_what_the_stream_gave_up_is_checked_at_once() {
    let desk = Desk::on_aws().await;
    let (queue, _hints) = HintQueue::local(100);
    let sweep = Sweep::new(&desk.table.table, None, queue.clone(), desk.clock.clone());
    sweep.handle(json!({})).await;
    // Its record never reaches the fan-out.
    opened(&owner(&desk), "Grace").await;
    desk.wait(Duration::from_mins(20));
    assert_eq!(sweep.handle(json!({})).await["reconciled"]["done"], 0);
    let batch =
        json!({"DDBStreamBatchInfo": {"approximateArrivalOfFirstRecord": desk.now().minus(Duration::from_mins(20))}});
    let message = json!({"messageId": "1", "eventSource": "aws:sqs", "body": batch.to_string()});
    assert_eq!(failures(&sweep.handle(json!({"Records": [message]})).await), 0);
    let requests = desk.table.end_of_stream();
    let run = sweep.handle(json!({})).await;
    assert_eq!((&run["reconciled"]["done"], &run["reconciled"]["is_complete"]), (&json!(2), &json!(true)), "{run}");
    let fanout = Fanout::new(&desk.table.table, queue, desk.clock.clone());
    assert_eq!(failures(&fanout.handle(desk.table.batch(requests)).await), 0);
    desk.wait(Duration::from_mins(1));
    let events = owner(&desk).get("/v1/events").await;
    assert_eq!(events.data().as_array().unwrap().len(), 2);
    assert_eq!(sweep.handle(json!({})).await["reconciled"]["found"], 0, "once");
}

#[tokio::test]
async fn w6_neither_feed_nor_counters_pass_an_event_while_an_index_lags() {
    let desk = Desk::on_aws().await;
    let (queue, _hints) = HintQueue::local(100);
    let fanout = Fanout::new(&desk.table.table, queue, desk.clock.clone());
    let client = owner(&desk);
    let mut begin = desk.table.end_of_stream();
    let mut after = String::new();
    let mut told = 0;
    for round in 1..=3 {
        desk.table.aws().on(AwsTrait::LaggingIndexes);
        opened(&client, "Grace").await;
        assert_eq!(failures(&fanout.handle(desk.table.batch(begin)).await), 0);
        begin = desk.table.end_of_stream();
        desk.wait(Duration::from_mins(1));
        let page = client.get(&format!("/v1/events?limit=100{after}")).await;
        told += page.data().as_array().unwrap().len();
        after = format!("&after={}", text_of(&page, "/page/next"));
        assert_eq!(told, round + 1, "of the contact, and of each ticket");
        let report = client.get("/v1/reports/tickets").await;
        assert_eq!(report.data()["total"], round, "{}", report.text);
        desk.table.aws().off();
    }
}

#[tokio::test]
async fn l5_what_a_report_says_of_its_time_holds() {
    for lag in [0_u64, 25] {
        let desk = Desk::on_aws().await;
        let (queue, _hints) = HintQueue::local(100);
        let fanout = Fanout::new(&desk.table.table, queue, desk.clock.clone());
        let client = owner(&desk);
        let (mut written, mut ends) = (Vec::new(), vec![desk.table.end_of_stream()]);
        for second in 0..60_u64 {
            if second < 15 {
                assert_eq!(opened(&client, "Grace").await.status, 201);
                written.push(desk.now());
                ends.push(desk.table.end_of_stream());
            }
            if let Some(at) = second.checked_sub(lag).and_then(|at| usize::try_from(at).ok())
                && let Some([begin, end]) = ends.get(at..at + 2)
            {
                let records = desk.table.engine.read_stream(TABLE, *begin, 1_000).unwrap();
                let records: Vec<_> =
                    records.into_iter().filter(|record| record.position <= *end).map(|record| record.event).collect();
                assert_eq!(failures(&fanout.handle(json!({"Records": records})).await), 0);
            }
            let report = client.get("/v1/reports/tickets").await;
            let as_of: Timestamp = report.data()["as_of"].as_str().unwrap().parse().unwrap();
            let claimed = written.iter().filter(|at| **at <= as_of).count();
            let total = report.data()["total"].as_u64().unwrap();
            assert!(total >= claimed as u64, "{lag} s behind, after {second} s: {total} of {claimed}");
            desk.wait(Duration::from_secs(1));
        }
    }
}

#[tokio::test]
async fn a8_many_values_of_many_fields_are_one_list() {
    let desk = Desk::on_aws().await;
    let client = owner(&desk);
    let fields = ["f_one", "f_two", "f_three", "f_four"];
    for key in fields {
        let options: Vec<_> = (0..50).map(|option| format!("option {option}")).collect();
        let field = json!({"key": key, "name": key, "kind": "choices", "options": options});
        let made = client.post("/v1/custom-fields", field).await;
        assert_eq!(made.status, 201, "{}", made.text);
    }
    for option in ["option 1", "option 49", "other"] {
        let custom: serde_json::Map<_, _> = fields.iter().map(|key| ((*key).to_owned(), json!([option]))).collect();
        let body = if option == "other" { json!({"subject": "S"}) } else { json!({"subject": "S", "custom": custom}) };
        assert_eq!(client.post("/v1/tickets", body).await.status, 201);
    }
    let values: Vec<_> = (0..50).map(|option| format!("option%20{option}")).collect();
    let filters: Vec<_> = fields.iter().map(|key| format!("custom.{key}={}", values.join(","))).collect();
    for more in ["", "&sort=-priority", "&with_total=true", "&limit=1", "&sort=created_at"] {
        let page = client.get(&format!("/v1/tickets?{}{more}", filters.join("&"))).await;
        assert_eq!(page.status, 200, "{more} {}", page.text);
        let expected = if more == "&limit=1" { 1 } else { 2 };
        assert_eq!(page.data().as_array().unwrap().len(), expected, "{more}");
    }
}

#[tokio::test]
async fn f11_the_local_stack_makes_more_workspaces_for_its_operator() {
    let options = Options::in_memory();
    let options = Options { operator_token: Some("operator".to_owned().into()), ..options };
    let stack = Stack::start(&options).await.unwrap();
    let workspace = json!({"name": "Second", "owner": {"name": "Otto", "email": "otto@second.example"}});
    let made = Api::of(&stack.url(), Some("operator")).post("/v1/workspaces", workspace.clone()).await.created();
    let key = made["api_key"]["key"].as_str().unwrap_or_default();
    Api::of(&stack.url(), Some(key)).get("/v1/tickets").await.ok();
    Api::of(&stack.url(), Some("another")).post("/v1/workspaces", workspace).await.expect(401);
}
