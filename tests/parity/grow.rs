//! G · Grow CRM.

use lambdesk_tests::{Desk, Json, json};

#[tokio::test]
async fn g12_one_ticket_is_read_with_its_version() {
    let desk = Desk::start().await;
    let ticket = desk.ticket("Cannot log in").await;
    let reply = desk.owner.get(&format!("/v1/tickets/{}", ticket["id"].as_str().unwrap())).await;
    assert_eq!(reply.header("etag"), "\"1\"");
    let read = reply.ok();
    assert_eq!((&read["number"], &read["subject"]), (&ticket["number"], &json!("Cannot log in")));
    assert_eq!(read["creator"]["kind"], "user");
}

#[tokio::test]
async fn g13_create_answers_201_and_holds_custom_fields_to_their_definitions() {
    let desk = Desk::start().await;
    for field in [
        json!({"key": "order", "name": "Order", "kind": "text", "is_required": true}),
        json!({"key": "amount", "name": "Amount", "kind": "number"}),
        json!({"key": "vip", "name": "VIP", "kind": "boolean"}),
        json!({"key": "due", "name": "Due", "kind": "date"}),
        json!({"key": "plan", "name": "Plan", "kind": "choice", "options": ["basic", "pro"]}),
        json!({"key": "areas", "name": "Areas", "kind": "choices", "options": ["eu", "us"]}),
    ] {
        desk.owner.post("/v1/custom-fields", field).await.created();
    }
    let missing = desk.owner.post("/v1/tickets", json!({"subject": "S"})).await;
    assert_eq!(missing.bad_fields(), ["/custom/order"]);
    let bad =
        json!({"order": "1", "amount": "x", "vip": 1, "due": "soon", "plan": "max", "areas": ["asia"], "other": 1});
    let bad = desk.owner.post("/v1/tickets", json!({"subject": "S", "custom": bad})).await;
    assert_eq!(
        bad.bad_fields(),
        ["/custom/amount", "/custom/areas", "/custom/due", "/custom/other", "/custom/plan", "/custom/vip"]
    );

    let custom =
        json!({"order": "A-1", "amount": 12.5, "vip": true, "due": "2026-12-24", "plan": "pro", "areas": ["us", "eu"]});
    let reply = desk.owner.post("/v1/tickets", json!({"subject": "S", "custom": custom})).await;
    let location = reply.header("location").to_owned();
    assert_eq!(reply.header("etag"), "\"1\"");
    let created = reply.created();
    assert_eq!(location, format!("/v1/tickets/{}", created["id"].as_str().unwrap()));
    assert_eq!(created["custom"]["areas"], json!(["eu", "us"]));
    desk.owner
        .post("/v1/tickets", json!({"subject": "T", "custom": {"order": "B-2", "plan": "basic"}}))
        .await
        .created();
    for (filter, count) in [
        ("custom.order=A-1", 1),
        ("custom.amount=12.5", 1),
        ("custom.vip=true", 1),
        ("custom.due=2026-12-24", 1),
        ("custom.plan=pro", 1),
        ("custom.plan=basic", 1),
        ("custom.areas=us", 1),
        ("custom.order=A", 0),
        ("custom.plan=pro&custom.areas=eu", 1),
    ] {
        let path = format!("/v1/tickets?{filter}");
        desk.owner.eventually(&path, |page| page["data"].as_array().is_some_and(|found| found.len() == count)).await;
    }
    desk.owner.get("/v1/tickets?custom.none=1").await.expect(400);
    let path = format!("/v1/tickets/{}", created["id"].as_str().unwrap());
    let patched = desk.owner.patch(&path, json!({"custom": {"amount": 3, "vip": null}})).await.ok();
    assert_eq!((&patched["custom"]["amount"], &patched["custom"]["order"]), (&json!(3), &json!("A-1")));
    assert_eq!(patched["custom"].get("vip"), None);
    assert_eq!(desk.owner.patch(&path, json!({"custom": {"order": null}})).await.bad_fields(), ["/custom/order"]);
}

#[tokio::test]
async fn g16_the_status_has_its_own_setter() {
    let desk = Desk::start().await;
    let ticket = desk.ticket("S").await;
    let path = format!("/v1/tickets/{}/status", ticket["id"].as_str().unwrap());
    for (said, answered) in [
        ("on_hold", "on_hold"),
        ("answered", "waiting"),
        ("customer_replied", "open"),
        ("ongoing", "in_progress"),
        ("completed", "resolved"),
        ("closed", "closed"),
        ("pending", "open"),
        ("spam", "spam"),
        ("open", "open"),
    ] {
        let ticket = desk.owner.put(&path, json!({"status": said})).await.ok();
        assert_eq!(ticket["status"], answered);
        assert_eq!(ticket["is_closed"], json!(answered == "closed" || answered == "resolved"));
    }
    let twice = desk.owner.put(&path, json!({"status": "open"})).await;
    assert_eq!(twice.header("etag"), "\"10\"", "saying it again changes nothing");
    assert_eq!(desk.owner.put(&path, json!({"status": "nope"})).await.bad_fields(), ["/status"]);
    assert_eq!(desk.owner.put(&path, json!({})).await.bad_fields(), ["/status"]);
    assert_eq!(desk.owner.put(&path, json!({"status": "open", "x": 1})).await.bad_fields(), ["/x"]);
}

#[tokio::test]
async fn g20_replies_are_listed_page_by_page() {
    let desk = Desk::start().await;
    let ticket = desk.ticket("S").await;
    let path = format!("/v1/tickets/{}/messages", ticket["id"].as_str().unwrap());
    for number in 1..=6 {
        desk.owner.post(&path, json!({"body_text": number.to_string()})).await.created();
    }
    let (mut texts, mut next) = (Vec::new(), Some(format!("{path}?limit=3")));
    while let Some(page) = next {
        let page = desk.owner.get(&page).await.expect(200);
        texts.extend(
            page["data"].as_array().unwrap().iter().map(|message| message["body_text"].as_str().unwrap().to_owned()),
        );
        next = page["page"]["next_cursor"].as_str().map(|cursor| format!("{path}?limit=3&cursor={cursor}"));
    }
    assert_eq!(texts, ["Hello, I need help.", "1", "2", "3", "4", "5", "6"]);
}

#[tokio::test]
async fn g21_a_reply_or_a_note_is_posted() {
    let desk = Desk::start().await;
    let ticket = desk.ticket("S").await;
    let id = ticket["id"].as_str().unwrap();
    let path = format!("/v1/tickets/{id}/messages");
    let note = desk.owner.post(&path, json!({"kind": "note", "body_text": "She called twice."})).await.created();
    assert_eq!(note["kind"], "note");
    let after_note = desk.owner.get(&format!("/v1/tickets/{id}")).await.ok();
    assert_eq!(
        (&after_note["status"], &after_note["replies_count"], &after_note["awaiting"]),
        (&json!("open"), &json!(0), &json!("agent"))
    );
    assert_eq!(after_note["preview"], "Hello, I need help.");

    let reply = json!({"body_html": "<p>We are <b>looking</b> into this<script>x()</script></p>"});
    let reply = desk.owner.post(&path, reply).await;
    assert_eq!(reply.header("location"), format!("{path}/{}", reply.body["data"]["id"].as_str().unwrap()));
    let reply = reply.created();
    assert_eq!((&reply["kind"], &reply["body_text"]), (&json!("outbound"), &json!("We are looking into this")));
    assert_eq!(reply["body_html"], "<p>We are <b>looking</b> into this</p>");
    let after = desk.owner.get(&format!("/v1/tickets/{id}")).await.ok();
    assert_eq!(
        (&after["status"], &after["replies_count"], &after["awaiting"]),
        (&json!("waiting"), &json!(1), &json!("customer"))
    );
    assert!(after["first_response_at"].is_string());

    let closing = desk.owner.post(&path, json!({"body_text": "Done.", "status": "closed"})).await.created();
    assert!(closing["id"].is_string());
    assert_eq!(desk.owner.get(&format!("/v1/tickets/{id}")).await.ok()["status"], "closed");
    assert_eq!(desk.owner.post(&path, json!({"body_text": " "})).await.bad_fields(), ["/body_text"]);
    assert_eq!(desk.owner.post(&path, json!({"kind": "shout"})).await.bad_fields(), ["/body_text", "/kind"]);
    desk.owner.post(&path, json!({"body_text": "x".repeat(65_537)})).await.problem(413, "too_large");
    let absent =
        desk.owner.post("/v1/tickets/01890a5d-ac96-774b-bcce-b302099a8057/messages", json!({"body_text": "x"})).await;
    absent.problem(404, "not_found");
    assert_eq!(Json::Null, desk.owner.get(&format!("/v1/tickets/{id}")).await.ok()["archived_at"]);
}
