//! W5, W9 and W10: what the template sets, and what due rows and replays make of it.

use lambdesk_fanout::Fanout;
use lambdesk_local::stack;
use lambdesk_outbound::AddressPolicy;
use lambdesk_sweep::Sweep;
use lambdesk_table::keys::{DUE_SHARDS, MOST_DUE_SHARDS, set_due_shards};
use lambdesk_testkit::{Client, Desk, Hints};
use lambdesk_tests::{
    Json, json,
    template::{Template, repository},
};
use std::{collections::BTreeSet, fs, time::Duration};

/// A key's holder, as a caller of all functions.
fn caller(desk: &Desk, hints: &Hints, key: &str) -> Client {
    let functions = stack::functions(&AddressPolicy::public_only(), &hints.queue);
    Client::new(stack::router(&desk.app, functions)).with_key(key)
}

/// An endpoint, and so many tickets of which it was told; answers the path of its replays.
async fn told(desk: &Desk, hints: &Hints, client: &Client, tickets: usize) -> String {
    let hook = json!({"url": "https://hooks.example.com/", "types": ["ticket.created"]});
    let hook = client.post("/v1/webhooks", hook).await.created();
    let begin = desk.table.end_of_stream();
    for _ in 0..tickets {
        assert_eq!(client.post("/v1/tickets", json!({"subject": "S"})).await.status, 201);
    }
    let fanout = Fanout::new(&desk.table.table, hints.queue.clone(), desk.clock.clone());
    assert_eq!(fanout.handle(desk.table.batch(begin)).await["batchItemFailures"], json!([]));
    assert_eq!(hints.take().len(), tickets);
    format!("/v1/webhooks/{}", hook["id"].as_str().unwrap())
}

#[tokio::test]
async fn w5_replays_of_one_tenant_come_due_at_its_pace_and_leave_the_others_alone() {
    const TICKETS: usize = 130;
    let (desk, hints) = (Desk::open().await, Hints::default());
    let client = caller(&desk, &hints, &desk.key);
    let since = desk.now();
    let hook = told(&desk, &hints, &client, TICKETS).await;
    let (_, key) = desk.other_workspace().await;
    let other = caller(&desk, &hints, &key);
    let other_hook = told(&desk, &hints, &other, 1).await;
    desk.wait(Duration::from_mins(3));
    let range = |ago: u64| json!({"since": since, "until": desk.now().minus(Duration::from_mins(1)).minus(Duration::from_millis(ago))});

    let queued = client.post(&format!("{hook}/replay"), range(0)).await;
    assert_eq!((queued.status, &queued.data()["queued"]), (202, &json!(TICKETS)), "{}", queued.text);
    assert_eq!(hints.take().len(), 101, "a second's worth is due later");
    let (mut due, mut cursor) = (BTreeSet::new(), String::new());
    for _ in 0..3 {
        let page = client.get(&format!("{hook}/deliveries?limit=100{cursor}")).await.json();
        let replayed = page["data"].as_array().unwrap().iter().filter(|one| one["is_replay"] == true);
        due.extend(replayed.map(|one| one["next_attempt_at"].to_string()));
        cursor = format!("&cursor={}", page["page"]["next_cursor"].as_str().unwrap_or_default());
    }
    assert_eq!(due.len(), 30, "of 130: 101 now, 29 a tenth of a second apart");
    let again = client.post(&format!("{hook}/replay"), range(0)).await.data();
    assert_eq!((&again["queued"], &again["queued_before"]), (&json!(0), &json!(TICKETS)));
    assert_eq!(hints.take().len(), 0);

    // Whoever goes on and on has to wait, and nobody else.
    let mut asked = 1;
    let refused = loop {
        let answer = client.post(&format!("{hook}/replay"), range(asked)).await;
        if answer.status != 202 {
            break answer;
        }
        assert_eq!(hints.take().len(), 0, "what was at once is used");
        asked += 1;
        assert!(asked < 40);
    };
    assert_eq!(refused.problem(), (429, "too_many_requests".to_owned()));
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait) && asked > 20, "{wait} {asked}");
    let elsewhere = other.post(&format!("{other_hook}/replay"), range(0)).await;
    assert_eq!((elsewhere.status, &elsewhere.data()["queued"]), (202, &json!(1)), "{}", elsewhere.text);
    assert_eq!(hints.take().len(), 1, "at once");

    desk.wait(Duration::from_secs(wait));
    assert_eq!(client.post(&format!("{hook}/replay"), range(asked)).await.status, 202);
    desk.wait(Duration::from_mins(1));
    let sweep = Sweep::new(&desk.table.table, None, hints.queue.clone(), desk.clock.clone());
    let run = sweep.handle(json!({})).await;
    assert!(run["deliveries"]["done"].as_u64().unwrap() > 600, "the sweep finds what has come due: {run}");
}

#[tokio::test]
async fn w5_what_was_due_is_found_when_the_shards_have_grown() {
    let template = Template::read();
    let parameter = template.parameter("DueShards");
    assert_eq!((&parameter["Default"], &parameter["MinValue"]), (&json!(DUE_SHARDS), &json!(DUE_SHARDS)));
    assert_eq!(parameter["MaxValue"], MOST_DUE_SHARDS);
    for function in template.functions() {
        assert_eq!(function.variables()["LAMBDESK_DUE_SHARDS"], json!({"Ref": "DueShards"}), "{}", function.name);
    }
    let (desk, hints) = (Desk::open().await, Hints::default());
    let client = caller(&desk, &hints, &desk.key);
    let fanout = Fanout::new(&desk.table.table, hints.queue.clone(), desk.clock.clone());
    for shards in [DUE_SHARDS, 2 * DUE_SHARDS] {
        set_due_shards(shards);
        let begin = desk.table.end_of_stream();
        for minute in 1..=10 {
            let body = json!({"subject": "S", "follow_up_at": desk.now().plus(Duration::from_mins(minute))});
            assert_eq!(client.post("/v1/tickets", body).await.status, 201);
        }
        fanout.handle(desk.table.batch(begin)).await;
    }
    desk.wait(Duration::from_mins(11));
    let sweep = Sweep::new(&desk.table.table, None, hints.queue.clone(), desk.clock.clone());
    let run = sweep.handle(json!({})).await;
    assert_eq!(run["follow_ups"], json!({"found": 20, "done": 20, "skipped": 0}), "{run}");
}

/// What a value of the template is with the defaults of its parameters.
fn by_default(template: &Template, value: &Json) -> u64 {
    let value = value["Ref"].as_str().map_or(value, |name| &template.parameter(name)["Default"]);
    value.as_u64().unwrap_or_else(|| panic!("no number: {value}"))
}

#[test]
fn w9_by_default_queues_and_stream_leave_half_of_a_new_accounts_quota_to_the_api() {
    const QUOTA: u64 = 10;
    let template = Template::read();
    let mut taken = 1; // the schedule's sweep
    for function in template.functions() {
        let Some(events) = function.properties["Events"].as_object() else { continue };
        for (name, event) in events {
            let properties = &event["Properties"];
            taken += match event["Type"].as_str().unwrap() {
                "SQS" => by_default(&template, &properties["ScalingConfig"]["MaximumConcurrency"]),
                "DynamoDB" => by_default(&template, properties.get("ParallelizationFactor").unwrap_or(&json!(1))),
                _ => 0,
            };
            assert!(event["Type"] != "SQS" || properties["ScalingConfig"].is_object(), "{name} has no bound");
        }
        let reserved = &function.properties["ReservedConcurrentExecutions"];
        let optional =
            json!({"Fn::If": ["ReservesConcurrency", {"Ref": "ReservedConcurrency"}, {"Ref": "AWS::NoValue"}]});
        assert!(reserved.is_null() || *reserved == optional, "{}: {reserved}", function.name);
    }
    assert!(taken > 3 && taken <= QUOTA * 6 / 10, "{taken} of {QUOTA}");
    assert_eq!(template.parameter("ReservedConcurrency")["Default"], 0);
    let readme = fs::read_to_string(repository("infra/README.md")).unwrap();
    assert!(readme.contains("aws lambda get-account-settings"), "the quota is checked first");
}

/// Where a value names the table that the template makes without asking whether it makes it.
fn unasked(value: &Json, at: &str, found: &mut Vec<String>) {
    match value {
        Json::Object(fields) => {
            for (name, value) in fields {
                let is_choice = name == "Fn::If" && value[0] == "MakesTable";
                if is_choice && value[2].to_string().contains("ExistingTable") {
                    continue;
                }
                let names_it = match name.as_str() {
                    "Ref" => *value == "Table",
                    "Fn::GetAtt" | "Fn::Sub" => {
                        value.to_string().contains("Table.") && !value.to_string().contains("ExistingTable")
                    }
                    _ => false,
                };
                found.extend(names_it.then(|| format!("{at}: {value}")));
                unasked(value, &format!("{at}/{name}"), found);
            }
        }
        Json::Array(items) => items.iter().for_each(|item| unasked(item, at, found)),
        _ => {}
    }
}

#[test]
fn w10_a_table_that_is_there_takes_the_place_of_the_templates_everywhere() {
    let template = Template::read();
    let mut found = Vec::new();
    unasked(template.whole(), "", &mut found);
    assert_eq!(found, Vec::<String>::new());
    let table = &template.whole()["Resources"]["Table"];
    assert_eq!((&table["Condition"], &table["DeletionPolicy"]), (&json!("MakesTable"), &json!("Retain")));
    let rule = &template.whole()["Rules"]["ExistingTableHasItsStream"];
    assert!(rule["Assertions"].to_string().contains("ExistingTableStream"), "{rule}");
    let readme = fs::read_to_string(repository("infra/README.md")).unwrap();
    for section in ["## Restore a table", "## Uninstall", "## The first workspace"] {
        assert!(readme.contains(section), "{section}");
    }
}
