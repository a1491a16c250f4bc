//! Every Lambda binary, started as Lambda starts it, with the template's
//! environment and events of AWS's shape.

use futures_util::future::join_all;
use lambdesk_testkit::runtime_api::{FunctionError, events};
use lambdesk_tests::cloud::{Cloud, OPERATOR_TOKEN, SEALING_KEY, spawn};
use lambdesk_tests::{Json, Receiver, json, template::Template};
use std::{collections::BTreeMap, net::TcpListener};

const NO_FAILURES: &str = r#"{"batchItemFailures":[]}"#;

fn ticket(subject: &str) -> Json {
    json!({
        "subject": subject,
        "from": {"name": "Grace Example", "email": "grace@customer.example"},
        "message": {"body_text": "What I ordered two weeks ago did not come."},
    })
}

/// Where a ticket's events are, newest first. (The feed holds them back for seconds.)
fn activities(ticket: &Json) -> String {
    format!("/v1/tickets/{}/activities", ticket["id"].as_str().unwrap())
}

#[tokio::test]
async fn tickets_creates_lists_and_asks_strangers_for_a_key() {
    let cloud = Cloud::start().await;
    let reply = cloud.owner.post("/v1/tickets", ticket("Where is it?")).await;
    let location = reply.header("location").to_owned();
    let created = reply.created();
    assert_eq!(location, format!("/v1/tickets/{}", created["id"].as_str().unwrap()));
    let list = cloud.owner.get("/v1/tickets?status=open&limit=2").await.ok();
    assert_eq!((&list[0]["id"], &list[0]["subject"]), (&created["id"], &json!("Where is it?")));
    assert_eq!(cloud.owner.get(&location).await.header("etag"), "\"1\"");
    cloud.caller(None).get("/v1/tickets").await.problem(401, "unauthorized");
    assert_eq!(cloud.called(), ["tickets"]);
}

#[tokio::test]
async fn messages_takes_a_reply_under_the_route_that_is_its_own() {
    let cloud = Cloud::start().await;
    let created = cloud.owner.post("/v1/tickets", ticket("Where is it?")).await.created();
    let messages = format!("/v1/tickets/{}/messages", created["id"].as_str().unwrap());
    let reply = cloud.owner.post(&messages, json!({"body_html": "<p>It is <b>late</b>.</p>"})).await.created();
    assert_eq!((&reply["kind"], &reply["body_text"]), (&json!("outbound"), &json!("It is late.")));
    let one = format!("{messages}/{}", reply["id"].as_str().unwrap());
    assert_eq!(cloud.owner.get(&one).await.ok()["id"], reply["id"]);
    assert_eq!(cloud.called(), ["messages", "tickets"]);
}

#[tokio::test]
async fn contacts_creates_and_reads() {
    let cloud = Cloud::start().await;
    let contact = json!({"name": "Grace Example", "email": "grace@customer.example"});
    let contact = cloud.owner.post("/v1/contacts", contact).await.created();
    let read = cloud.owner.get(&format!("/v1/contacts/{}", contact["id"].as_str().unwrap())).await.ok();
    assert_eq!(read, contact);
    assert_eq!(cloud.called(), ["contacts"]);
}

#[tokio::test]
async fn directory_lists_users_and_makes_workspaces_for_the_operator_only() {
    let cloud = Cloud::start().await;
    let users = cloud.owner.get("/v1/users").await.ok();
    assert_eq!(users[0]["name"], "Olga Owner");
    let workspace = json!({"name": "Second", "owner": {"name": "Otto Other", "email": "otto@second.example"}});
    let operator = cloud.caller(Some(OPERATOR_TOKEN));
    let made = operator.post("/v1/workspaces", workspace.clone()).await.created();
    let other = cloud.caller(made["api_key"]["key"].as_str());
    assert_eq!(other.get("/v1/users").await.ok()[0]["name"], "Otto Other");
    cloud.owner.post("/v1/workspaces", workspace.clone()).await.problem(401, "unauthorized");

    let switched_off = Cloud::start_with(&[("LAMBDESK_OPERATOR_TOKEN", "")]).await;
    let refused = switched_off.caller(Some(OPERATOR_TOKEN)).post("/v1/workspaces", workspace).await;
    refused.problem(403, "bootstrap_off");
    assert_eq!(cloud.called(), ["directory"]);
}

#[tokio::test]
async fn intake_gives_a_session_to_the_channels_own_page_and_takes_its_ticket() {
    let cloud = Cloud::start().await;
    let channel = json!({"name": "Website", "type": "chat", "hostnames": ["shop.example"]});
    let channel = cloud.owner.post("/v1/channels", channel).await.created();
    let path = format!("/intake/{}", channel["public_token"].as_str().unwrap());
    let session = format!("{path}/session");
    let elsewhere = cloud.caller(None).with("origin", "https://elsewhere.example");
    elsewhere.post(&session, json!({})).await.expect(403);
    let page = cloud.caller(None).with("origin", "https://shop.example");
    let session = page.post(&session, json!({})).await.created();
    let visitor = page.with("authorization", &format!("Bearer {}", session["session"].as_str().unwrap()));
    let opened = visitor.post(&format!("{path}/tickets"), ticket("Is it there?")).await.created();
    let seen = page.get(&format!("/intake/tickets/{}", opened["public_token"].as_str().unwrap())).await.ok();
    assert_eq!(seen["messages"][0]["body_text"], "What I ordered two weeks ago did not come.");
    assert_eq!(cloud.called(), ["directory", "intake"]);
}

#[tokio::test]
async fn docs_gives_the_document_to_anybody() {
    let cloud = Cloud::start().await;
    let document = cloud.caller(None).get("/openapi.json").await.expect(200);
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(cloud.caller(None).get("/docs").await.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(cloud.called(), ["docs"]);
}

#[tokio::test]
async fn reports_counts_and_recounts() {
    let cloud = Cloud::start().await;
    assert_eq!(cloud.owner.get("/v1/reports/tickets").await.ok()["total"], 0);
    assert_eq!(cloud.owner.post("/v1/reports/recount", json!({})).await.ok()["is_complete"], true);
    assert_eq!(cloud.called(), ["reports"]);
}

#[tokio::test]
async fn webhooks_makes_an_endpoint_and_shows_its_secret_once() {
    let cloud = Cloud::start().await;
    let endpoint = json!({"url": "https://hooks.customer.example/desk", "types": ["ticket.created"]});
    let made = cloud.owner.post("/v1/webhooks", endpoint).await.created();
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
    let read = cloud.owner.get(&format!("/v1/webhooks/{}", made["id"].as_str().unwrap())).await.ok();
    assert_eq!((&read["url"], &read["secret"]), (&made["url"], &Json::Null));
    assert_eq!(cloud.called(), ["webhooks"]);
}

#[tokio::test]
async fn webhooks_sends_the_hint_of_a_test_to_the_queue() {
    let cloud = Cloud::start().await;
    let receiver = Receiver::start().await.subscribe(&cloud.owner, &["*"]).await;
    let tested = cloud.owner.post(&format!("/v1/webhooks/{}/test", receiver.endpoint), json!({})).await;
    assert!(tested.status.is_success(), "{}", tested.body);
    let hints = cloud.queue.take();
    assert_eq!(hints.len(), 1);
    assert!(hints[0].contains(&receiver.endpoint), "{}", hints[0]);
}

#[tokio::test]
async fn fanout_turns_the_stream_into_one_event_and_a_hint_however_often_it_comes() {
    let cloud = Cloud::start().await;
    let receiver = Receiver::start().await.subscribe(&cloud.owner, &["ticket.created"]).await;
    let created = cloud.owner.post("/v1/tickets", ticket("Where is it?")).await.created();
    for _ in 0..2 {
        let answer = cloud.invoke("fanout", events::stream(&cloud.stream())).await;
        assert_eq!(answer.to_string(), NO_FAILURES);
    }
    let hints = cloud.queue.take();
    assert!(!hints.is_empty() && hints.iter().all(|hint| *hint == hints[0]), "{hints:?}");
    assert!(hints[0].contains(&receiver.endpoint), "{hints:?}");
    let log = cloud.owner.get(&activities(&created)).await.ok();
    assert_eq!(log.as_array().unwrap().len(), 1, "{log}");
    assert_eq!((&log[0]["type"], &log[0]["ticket_id"]), (&json!("ticket.created"), &created["id"]));
    assert_eq!(cloud.called(), ["fanout", "tickets", "webhooks"]);
}

#[tokio::test]
async fn deliver_posts_what_a_hint_names_signed_and_logs_the_attempt() {
    let cloud = Cloud::start().await;
    let mut receiver = Receiver::start().await.subscribe(&cloud.owner, &["ticket.created"]).await;
    let created = cloud.owner.post("/v1/tickets", ticket("Where is it?")).await.created();
    cloud.invoke("fanout", events::stream(&cloud.stream())).await;
    let hints = cloud.queue.take();
    let answer = cloud.invoke("deliver", events::sqs(&[hints[0].as_str(), hints[0].as_str()])).await;
    assert_eq!(answer.to_string(), NO_FAILURES);
    let told = receiver.next().await;
    assert_eq!((told.kind(), &told.event["ticket_id"]), ("ticket.created", &created["id"]));
    receiver.silence().await;
    let log = cloud.owner.get(&format!("/v1/webhooks/{}/deliveries", receiver.endpoint)).await.ok();
    assert_eq!(log[0]["state"], "delivered", "{log}");
}

#[tokio::test]
async fn a_hint_that_the_queue_does_not_take_fails_nothing_and_the_sweep_finds_its_delivery() {
    let closed = closed_address();
    let without_queue = Cloud::start_with(&[("AWS_ENDPOINT_URL_SQS", &closed)]).await;
    Receiver::start().await.subscribe(&without_queue.owner, &["ticket.created"]).await;
    without_queue.owner.post("/v1/tickets", ticket("Where is it?")).await.created();
    let answer = without_queue.invoke("fanout", events::stream(&without_queue.stream())).await;
    assert_eq!(answer.to_string(), NO_FAILURES);
    let run = without_queue.invoke("sweep", events::schedule()).await;
    assert_eq!(run["deliveries"], json!({"found": 1, "done": 0, "skipped": 1}), "{run}");
}

#[tokio::test]
async fn sweep_hints_at_overdue_deliveries_and_its_run_is_recorded() {
    let cloud = Cloud::start().await;
    Receiver::start().await.subscribe(&cloud.owner, &["ticket.created"]).await;
    cloud.owner.post("/v1/tickets", ticket("Where is it?")).await.created();
    cloud.invoke("fanout", events::stream(&cloud.stream())).await;
    let lost = cloud.queue.take();
    let run = cloud.invoke("sweep", events::schedule()).await;
    assert_eq!(run["deliveries"], json!({"found": 1, "done": 1, "skipped": 0}), "{run}");
    assert_eq!((&run["errors"], &run["is_complete"]), (&json!(0), &json!(true)), "{run}");
    assert_eq!(cloud.queue.take(), lost);
    assert_eq!(cloud.owner.get("/v1/sweeps").await.ok()[0]["deliveries"]["done"], 1);
}

#[tokio::test]
async fn sweep_brings_a_follow_up_back_which_the_stream_then_tells() {
    let cloud = Cloud::start().await;
    let body = json!({"subject": "Later", "follow_up_at": in_a_moment()});
    let created = cloud.owner.post("/v1/tickets", body).await.created();
    cloud.invoke("fanout", events::stream(&cloud.stream())).await;
    for _ in 0..200 {
        let run = cloud.invoke("sweep", events::schedule()).await;
        if run["follow_ups"]["done"] == 1 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    cloud.invoke("fanout", events::stream(&cloud.stream())).await;
    let log = cloud.owner.get(&activities(&created)).await.ok();
    assert_eq!(log[0]["type"], "ticket.follow_up_due", "{log}");
}

/// As RFC 3339.
fn in_a_moment() -> String {
    lambdesk_runtime::now().plus(std::time::Duration::from_millis(500)).to_string()
}

/// An address at which nobody listens.
fn closed_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// Every call of the other tests is held to that, too, at the level `debug`.
#[tokio::test]
async fn no_key_and_no_personal_text_reaches_a_log_even_at_the_finest_level() {
    let cloud = Cloud::start_with(&[("LAMBDESK_LOG", "trace")]).await;
    let mut receiver = Receiver::start().await.subscribe(&cloud.owner, &["*"]).await;
    cloud.owner.post("/v1/tickets", ticket("Where is it?")).await.created();
    cloud.invoke("fanout", events::stream(&cloud.stream())).await;
    let hints = cloud.queue.take();
    cloud.invoke("deliver", events::sqs(&[hints[0].as_str()])).await;
    receiver.next().await;
    cloud.invoke("sweep", events::schedule()).await;
}

#[tokio::test]
async fn a_function_without_one_of_its_variables_ends_with_a_sentence_that_names_it() {
    // Without the one nobody makes workspaces; without the other deliveries wait for the sweep.
    // Of every function: without a key before, no rotation is under way; without the others
    // the API is at the root of its domain, and due rows are spread as they were at first.
    const EVERYWHERE: [&str; 3] = ["LAMBDESK_SEALING_KEY_PREVIOUS", "LAMBDESK_BASE_PATH", "LAMBDESK_DUE_SHARDS"];
    const OPTIONAL: [(&str, &str); 2] = [("directory", "LAMBDESK_OPERATOR_TOKEN"), ("webhooks", "LAMBDESK_QUEUE_URL")];
    let template = &Template::read();
    let functions = template.functions();
    assert_eq!(functions.len(), 11);
    join_all(functions.iter().map(async |function| {
        for variable in function.variables().keys() {
            let is_optional = OPTIONAL.contains(&(function.name.as_str(), variable));
            if is_optional || EVERYWHERE.contains(&variable.as_str()) {
                continue;
            }
            let process = spawn(template, &function.name, &BTreeMap::new(), variable).await;
            let ended = process.first_next().await.expect_err(variable);
            let FunctionError::Exited { status, logs } = ended else {
                panic!("{} without {variable}: {ended}", function.name);
            };
            assert_eq!(status.code(), Some(1));
            let line: Json = serde_json::from_str(&logs).unwrap_or_else(|_| panic!("not one line: {logs}"));
            assert_eq!(line["error"], format!("the variable {variable} is not set"), "{logs}");
        }
    }))
    .await;
}

#[tokio::test]
async fn a_function_with_a_bad_previous_sealing_key_ends_with_a_sentence_that_does_not_show_it() {
    let template = &Template::read();
    let other = "bmV4dCBrZXkgb2YgdGhlIGRlcGxveW1lbnQgdGVzdHM=";
    for (previous, problem) in [
        (SEALING_KEY, "must be another key than LAMBDESK_SEALING_KEY"),
        (&other[1..], "must be 32 bytes in base64 (44 characters, padded)"),
    ] {
        let variables = [("LAMBDESK_SEALING_KEY_PREVIOUS".to_owned(), previous.to_owned())].into();
        let process = spawn(template, "intake", &variables, "").await;
        let FunctionError::Exited { status, logs } = process.first_next().await.expect_err(problem) else {
            panic!("intake goes on");
        };
        assert_eq!(status.code(), Some(1));
        let line: Json = serde_json::from_str(&logs).unwrap_or_else(|_| panic!("not one line: {logs}"));
        assert_eq!(line["error"], format!("the variable LAMBDESK_SEALING_KEY_PREVIOUS {problem}"), "{logs}");
        assert!(!logs.contains(previous), "{logs}");
    }
}
