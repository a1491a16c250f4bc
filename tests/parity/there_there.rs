//! H · There There.

use lambdesk_tests::{Desk, Json, json};
use std::collections::BTreeSet;

fn inbound(channel: &Json, email: &str) -> Json {
    json!({
        "channel_id": channel["id"],
        "subject": "Cannot connect to the API",
        "from": {"email": email, "name": "John Doe"},
        "message": {"body_html": "<p>I keep getting a <b>403</b> error.</p>"},
    })
}

#[tokio::test]
async fn h1_an_inbound_ticket_is_made_on_a_channel() {
    let desk = Desk::start().await;
    let channel = desk.channel().await;
    let ticket = desk.owner.post("/v1/tickets", inbound(&channel, "john@customer.example")).await.created();
    assert_eq!(ticket["messages"][0]["kind"], "inbound");
    assert_eq!(ticket["messages"][0]["body_html"], "<p>I keep getting a <b>403</b> error.</p>");
    assert_eq!(ticket["messages"][0]["body_text"], "I keep getting a 403 error.");
    let mut long = inbound(&channel, "nope");
    long["subject"] = json!("x".repeat(256));
    long["channel_id"] = json!("01890a5d-ac96-774b-bcce-b302099a8057");
    long["surprise"] = json!(1);
    assert_eq!(
        desk.owner.post("/v1/tickets", long).await.bad_fields(),
        ["/channel_id", "/from/email", "/subject", "/surprise"]
    );
}

#[tokio::test]
async fn h2_it_runs_the_full_inbound_pipeline() {
    let desk = Desk::start().await;
    let channel = desk.channel().await;
    let mut receiver = desk.receiver(&["ticket.created"]).await;
    let ticket = desk.owner.post("/v1/tickets", inbound(&channel, "john@customer.example")).await.created();
    assert!(ticket["contact"]["id"].is_string());
    let told = receiver.next().await;
    assert_eq!(told.event["types"], json!(["ticket.created", "message.created"]));
    assert_eq!(told.event["data"]["ticket"]["id"], ticket["id"]);
    let path = format!("/v1/tickets/{}/activities", ticket["id"].as_str().unwrap());
    let log =
        desk.owner.eventually(&path, |body| body["data"].as_array().is_some_and(|events| !events.is_empty())).await;
    assert_eq!(log["data"][0]["id"], told.event["id"]);

    // Screening: whoever is blocked is kept back and wakes nobody.
    let contact = format!("/v1/contacts/{}", ticket["contact"]["id"].as_str().unwrap());
    desk.owner.post(&format!("{contact}/block"), json!({})).await.ok();
    let held = desk.owner.post("/v1/tickets", inbound(&channel, "john@customer.example")).await.created();
    assert_eq!((&held["is_processed"], &held["contact"]["id"]), (&json!(false), &ticket["contact"]["id"]));
    assert_eq!(desk.owner.get("/v1/tickets").await.ok().as_array().unwrap().len(), 1);
    receiver.silence().await;
}

#[tokio::test]
async fn h3_a_new_address_makes_exactly_one_contact_even_under_concurrent_creates() {
    let desk = Desk::start().await;
    let channel = desk.channel().await;
    let creations = (0..16).map(|_| {
        let (owner, body) = (desk.owner.clone(), inbound(&channel, "New@Customer.example"));
        tokio::spawn(async move { owner.post("/v1/tickets", body).await.created() })
    });
    let mut contacts = BTreeSet::new();
    for creation in creations.collect::<Vec<_>>() {
        contacts.insert(creation.await.unwrap()["contact"]["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(contacts.len(), 1);
    let contact = desk.owner.get(&format!("/v1/contacts/{}", contacts.first().unwrap())).await.ok();
    assert_eq!((&contact["email"], &contact["name"]), (&json!("new@customer.example"), &json!("John Doe")));
}

#[tokio::test]
async fn h4_lists_have_links_page_numbers_totals_and_previews() {
    let desk = Desk::start().await;
    let channel = desk.channel().await;
    for number in 0..5 {
        desk.owner.post("/v1/tickets", inbound(&channel, &format!("c{number}@customer.example"))).await.created();
    }
    let reply = desk.owner.get("/v1/tickets?limit=2&page=2&with_total=true").await;
    let link = reply.header("link").to_owned();
    for relation in ["first", "next", "prev", "last"] {
        assert!(link.contains(&format!("rel=\"{relation}\"")), "{link}");
    }
    let page = reply.expect(200);
    assert_eq!(page["data"].as_array().unwrap().len(), 2);
    let info = &page["page"];
    assert_eq!(
        (&info["number"], &info["size"], &info["total"], &info["last"]),
        (&json!(2), &json!(2), &json!(5), &json!(3))
    );
    let row = &page["data"][0];
    assert_eq!(row["channel"], json!({"id": channel["id"], "name": "Website", "type": "chat", "color": "#3b82f6"}));
    assert_eq!((&row["assignee"], &row["tags"], &row["summary"]), (&Json::Null, &json!([]), &Json::Null));
    assert_eq!(row["preview"], "I keep getting a 403 error.");
    assert_eq!(row["contact"]["name"], "John Doe");

    let mut seen = Vec::new();
    let mut next = "/v1/tickets?limit=2".to_owned();
    loop {
        let page = desk.owner.get(&next).await.expect(200);
        seen.extend(page["data"].as_array().unwrap().iter().map(|row| row["number"].as_u64().unwrap()));
        match page["page"]["next_cursor"].as_str() {
            Some(cursor) => next = format!("/v1/tickets?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 5);
    let back = desk.owner.get(&next).await.expect(200);
    let back = desk
        .owner
        .get(&format!("/v1/tickets?limit=2&cursor={}", back["page"]["prev_cursor"].as_str().unwrap()))
        .await
        .ok();
    let numbers: Vec<_> = back.as_array().unwrap().iter().map(|row| row["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, seen[2..4]);
    desk.owner.get("/v1/tickets?limit=100&page=11").await.problem(400, "invalid_query");
}

#[tokio::test]
async fn h8_the_status_is_set() {
    let desk = Desk::start().await;
    let ticket = desk.ticket("S").await;
    let path = format!("/v1/tickets/{}/status", ticket["id"].as_str().unwrap());
    for status in ["waiting", "closed", "spam", "open"] {
        assert_eq!(desk.owner.put(&path, json!({"status": status})).await.ok()["status"], status);
    }
    let hidden = desk.owner.put(&path, json!({"status": "spam"})).await.ok();
    assert_eq!(hidden["is_spam"], true);
    assert_eq!(desk.owner.get("/v1/tickets").await.ok(), json!([]));
    assert_eq!(desk.owner.get("/v1/tickets?status=spam").await.ok().as_array().unwrap().len(), 1);
    assert_eq!(desk.owner.get("/v1/tickets?include=spam").await.ok().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn h9_the_assignee_is_set_and_null_clears() {
    let desk = Desk::start().await;
    let (jane, as_jane) = desk.user("Jane Smith", "agent").await;
    let ticket = desk.ticket("S").await;
    desk.ticket("Other").await;
    let path = format!("/v1/tickets/{}/assignee", ticket["id"].as_str().unwrap());
    let assigned = desk.owner.put(&path, json!({"assignee_id": jane["id"]})).await.ok();
    assert_eq!(assigned["assignee"]["id"], jane["id"]);
    let subjects = async |query: &str| -> Vec<Json> {
        as_jane
            .get(&format!("/v1/tickets?{query}"))
            .await
            .ok()
            .as_array()
            .unwrap()
            .iter()
            .map(|t| t["subject"].clone())
            .collect()
    };
    assert_eq!(subjects("assignee_id=me&status=open,in_progress,waiting,on_hold").await, ["S"]);
    assert_eq!(subjects("assignee_id=me").await, ["S"]);
    assert_eq!(subjects("assignee_id=none&status=open").await, ["Other"]);
    let cleared = desk.owner.put(&path, json!({"assignee_id": null})).await.ok();
    assert_eq!(cleared["assignee"], Json::Null);
    assert_eq!(subjects("assignee_id=me").await, [] as [Json; 0]);
    assert_eq!(desk.owner.put(&path, json!({})).await.bad_fields(), ["/assignee_id"]);
    let unknown = json!({"assignee_id": "01890a5d-ac96-774b-bcce-b302099a8057"});
    assert_eq!(desk.owner.put(&path, unknown).await.bad_fields(), ["/assignee_id"]);
}

#[tokio::test]
async fn h10_the_team_is_set_and_null_clears() {
    let desk = Desk::start().await;
    let team = desk.owner.post("/v1/teams", json!({"name": "Billing"})).await.created();
    let ticket = desk.ticket("S").await;
    let path = format!("/v1/tickets/{}/team", ticket["id"].as_str().unwrap());
    let with = desk.owner.put(&path, json!({"team_id": team["id"]})).await.ok();
    assert_eq!(with["team"], json!({"id": team["id"], "name": "Billing"}));
    assert_eq!(desk.owner.put(&path, json!({"team_id": null})).await.ok()["team"], Json::Null);
    for bad in [json!({}), json!({"team_id": "billing"}), json!({"team_id": ticket["id"]})] {
        assert_eq!(desk.owner.put(&path, bad).await.bad_fields(), ["/team_id"]);
    }
}

#[tokio::test]
async fn h11_the_activity_log_tells_every_change() {
    let desk = Desk::start().await;
    let (jane, _) = desk.user("Jane Smith", "agent").await;
    let tag = desk.owner.post("/v1/tags", json!({"name": "urgent", "color": "#ff0000"})).await.created();
    let ticket = desk.ticket("S").await;
    let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    desk.owner.put(&format!("{path}/status"), json!({"status": "in_progress"})).await.ok();
    desk.owner.put(&format!("{path}/assignee"), json!({"assignee_id": jane["id"]})).await.ok();
    desk.owner.put(&format!("{path}/tags"), json!({"tags": ["Urgent"]})).await.ok();
    let log = format!("{path}/activities");
    let events =
        desk.owner.eventually(&log, |body| body["data"].as_array().is_some_and(|events| events.len() == 4)).await;
    let told: Vec<_> = events["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| (event["sequence"].as_u64().unwrap(), event["type"].clone()))
        .collect();
    let expected = [(4, "ticket.tagged"), (3, "ticket.assigned"), (2, "ticket.status_changed"), (1, "ticket.created")];
    assert_eq!(told, expected.map(|(sequence, kind)| (sequence, json!(kind))));
    assert_eq!(events["data"][0]["changes"], json!([{"field": "tag_ids", "from": [], "to": [tag["id"]]}]));
    assert_eq!(events["data"][2]["changes"], json!([{"field": "status", "from": "open", "to": "in_progress"}]));
    assert_eq!(events["data"][2]["actor"]["kind"], "user");
    let page = desk.owner.get(&format!("{log}?limit=3")).await.expect(200);
    let rest =
        desk.owner.get(&format!("{log}?limit=3&cursor={}", page["page"]["next_cursor"].as_str().unwrap())).await.ok();
    assert_eq!(rest[0]["sequence"], 1);
}

#[tokio::test]
async fn h12_spam_is_the_way_where_nothing_may_be_deleted() {
    let desk = Desk::start().await;
    let ticket = desk.ticket("You have won").await;
    let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    assert_eq!(desk.owner.get("/v1/workspace").await.ok()["deletion"], "trash");
    desk.owner.patch("/v1/workspace", json!({"deletion": "off"})).await.ok();
    for refused in [path.clone(), format!("{path}?dry_run=true"), format!("{path}?silent=true")] {
        let problem = desk.owner.delete(&refused).await.problem(409, "deletion_off");
        assert!(problem["detail"].as_str().unwrap().contains("spam"), "{problem}");
    }
    assert_eq!(desk.owner.get(&path).await.ok()["version"], ticket["version"]);

    let spam = desk.owner.put(&format!("{path}/status"), json!({"status": "spam"})).await.ok();
    assert_eq!((&spam["status"], &spam["is_spam"]), (&json!("spam"), &json!(true)));
    assert_eq!(desk.owner.get("/v1/tickets").await.ok(), json!([]));
    for asked in ["status=spam", "is_spam=true", "include=spam"] {
        let found = desk.owner.get(&format!("/v1/tickets?{asked}")).await.ok();
        assert_eq!(found[0]["id"], ticket["id"], "{asked}");
    }
    let back = desk.owner.put(&format!("{path}/status"), json!({"status": "open"})).await.ok();
    assert_eq!((&back["status"], &back["is_spam"]), (&json!("open"), &json!(false)));
}
