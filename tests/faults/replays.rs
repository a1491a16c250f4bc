//! A1, A5 and A6 where a request is sent again, and where a visitor reads.

use axum::http::Method;
use lambdesk_domain::budget::{READ_UNITS, VISITOR_ANSWER_BYTES, WRITE_UNITS};
use lambdesk_tests::{Desk, Json, MeasuredApi, MeasuredReply, json};

/// A desk, and a program that writes tickets and tags.
async fn desk() -> (Desk, MeasuredApi) {
    let desk = Desk::start().await;
    let scopes = ["tickets:read", "tickets:write", "admin"];
    let owner = desk.owner.get("/v1/users").await.ok()[0]["id"].clone();
    let key = desk.key(json!({"name": "R", "kind": "user", "user_id": owner, "scopes": scopes})).await;
    let api = MeasuredApi::of(&desk, Some(&key));
    (desk, api)
}

/// The id of what an answer shows.
fn id(reply: &MeasuredReply) -> &str {
    reply.body["data"]["id"].as_str().unwrap()
}

#[tokio::test]
async fn a5_a_request_that_was_carried_out_is_answered_again_although_it_would_be_refused_now() {
    let (desk, api) = desk().await;
    let tag = desk.owner.post("/v1/tags", json!({"name": "lamp", "color": "#112233"})).await.created();
    let text = "What was said at length. ".repeat(200);

    let opening = json!({"subject": "S", "tags": ["lamp"], "message": {"body_text": text}});
    let creator = api.with("idempotency-key", "create");
    let made = creator.post("/v1/tickets", opening.clone()).await.expect(201);
    let path = format!("/v1/tickets/{}", id(&made));
    let message = json!({"body_text": text});
    let first_version = made.body["data"]["version"].as_u64().unwrap();
    let replier = api.with("idempotency-key", "reply").with("if-match", &format!("\"{first_version}\""));
    let reply = replier.post(&format!("{path}/messages"), message.clone()).await.expect(201);

    // Its own write has changed the version; and somebody takes the tag away.
    let removed = format!("/v1/tags/{}?force=true", tag["id"].as_str().unwrap());
    assert_eq!(desk.owner.delete(&removed).await.status, 204);
    let again = replier.post(&format!("{path}/messages"), message.clone()).await.expect(201);
    assert_eq!((id(&again), again.writes()), (id(&reply), 0.0));
    let again = creator.post("/v1/tickets", opening.clone()).await.expect(201);
    assert_eq!((id(&again), again.writes()), (id(&made), 0.0));

    // Another request under these keys is another request, and a new one is refused.
    assert_eq!(creator.post("/v1/tickets", json!({"subject": "T"})).await.status, 422);
    api.post("/v1/tickets", opening).await.expect(422);
    replier.with("idempotency-key", "new").post(&format!("{path}/messages"), message).await;
    let fresh = api.with("idempotency-key", "new").with("if-match", &format!("\"{first_version}\""));
    fresh.post(&format!("{path}/messages"), json!({"body_text": text})).await.expect(412);
}

/// What a visitor's form opens: its public token, and the staff's path of the ticket.
async fn opened(desk: &Desk, api: &MeasuredApi) -> (MeasuredApi, String, String) {
    let channel = desk.channel().await;
    let token = channel["public_token"].as_str().unwrap();
    let page = MeasuredApi::of(desk, None).with("origin", "https://shop.example");
    let session = page.post(&format!("/intake/{token}/session"), json!({})).await.expect(201);
    let session = session.body["data"]["session"].as_str().unwrap().to_owned();
    let visitor = page.with("authorization", &format!("Bearer {session}"));
    let body = json!({"subject": "Help", "message": {"body_text": "Hello"}});
    let opened = visitor.post(&format!("/intake/{token}/tickets"), body).await.expect(201);
    let number = opened.body["data"]["ticket"]["number"].as_u64().unwrap();
    let mine = api.get(&format!("/v1/tickets/number/{number}")).await.expect(200);
    let public = opened.body["data"]["public_token"].as_str().unwrap();
    (page, format!("/intake/tickets/{public}"), format!("/v1/tickets/{}", id(&mine)))
}

#[tokio::test]
async fn a6_a_reply_of_escapes_to_a_closed_ticket_fits_and_is_answered_the_same_again() {
    let (desk, api) = desk().await;
    let (page, public, path) = opened(&desk, &api).await;
    api.send(Method::PUT, &format!("{path}/status"), Some(json!({"status": "closed"}))).await.expect(200);
    let texts =
        ["\\".repeat(32_000), "\"".repeat(65_000), "\\".repeat(9_000), "\u{1}x".repeat(20_000), "short".to_owned()];
    for (number, text) in texts.into_iter().enumerate() {
        let replier = page.with("idempotency-key", &number.to_string());
        let body = json!({"body_text": text});
        let first = replier.post(&format!("{public}/messages"), body.clone()).await.expect(201);
        assert!(first.escaped <= VISITOR_ANSWER_BYTES, "{number}: {} bytes", first.escaped);
        assert!(first.writes() <= WRITE_UNITS, "{number}: {} units", first.writes());
        let again = replier.post(&format!("{public}/messages"), body).await.expect(201);
        assert!(again.escaped <= VISITOR_ANSWER_BYTES && again.writes() < f64::EPSILON, "{number}");
        assert_eq!(
            again.body["data"]["ticket"]["has_more_messages"],
            first.body["data"]["ticket"]["has_more_messages"]
        );
        assert_eq!(again.body["data"]["message"]["id"], first.body["data"]["message"]["id"], "{number}");
    }
}

#[tokio::test]
async fn a1_what_a_visitor_reads_stays_within_its_budget_among_many_notes() {
    let (desk, api) = desk().await;
    let (page, public, path) = opened(&desk, &api).await;
    for number in 0..400 {
        let body_text = format!("{number} {}", "noted ".repeat(310));
        api.post(&format!("{path}/messages"), json!({"kind": "note", "body_text": body_text})).await.expect(201);
    }
    let thread = |reply: &MeasuredReply| -> Vec<Json> { reply.body["data"].as_array().cloned().unwrap_or_default() };
    let shown = page.get(&public).await.expect(200);
    assert!(shown.reads() <= READ_UNITS, "{} units", shown.reads());
    let (mut found, mut from) = (Vec::new(), format!("{public}/messages?limit=50"));
    for _ in 0..20 {
        let part = page.get(&from).await.expect(200);
        assert!(part.reads() <= READ_UNITS, "{} units", part.reads());
        found.extend(thread(&part));
        let Some(next) = part.body["page"]["next_cursor"].as_str() else { break };
        from = format!("{public}/messages?limit=50&cursor={next}");
    }
    assert_eq!(found.len(), 1, "the opening message alone is public");
}

#[tokio::test]
async fn a6_a_reply_to_a_closed_ticket_is_answered_again_on_every_retry() {
    let (desk, api) = desk().await;
    let channel = desk.channel().await;
    let token = channel["public_token"].as_str().unwrap();
    let page = MeasuredApi::of(&desk, None).with("origin", "https://shop.example");
    let session = page.post(&format!("/intake/{token}/session"), json!({})).await.expect(201);
    let visitor = page.with("authorization", &format!("Bearer {}", session.body["data"]["session"].as_str().unwrap()));
    let body = json!({"subject": "Help", "message": {"body_text": "Hello"}});
    let opened = visitor.post(&format!("/intake/{token}/tickets"), body).await.expect(201);
    let public = opened.body["data"]["public_token"].as_str().unwrap().to_owned();
    let number = opened.body["data"]["ticket"]["number"].as_u64().unwrap();
    let mine = api.get(&format!("/v1/tickets/number/{number}")).await.expect(200);
    let path = format!("/v1/tickets/{}", mine.body["data"]["id"].as_str().unwrap());
    api.send(Method::PUT, &format!("{path}/status"), Some(json!({"status": "closed"}))).await.expect(200);

    for (key, text) in [("a", "&".repeat(34_000)), ("b", "&".repeat(65_536)), ("c", "short".to_owned())] {
        let replier = page.with("idempotency-key", key);
        let thread = format!("/intake/tickets/{public}/messages");
        let first = replier.post(&thread, json!({"body_text": text})).await.expect(201);
        assert!(first.writes() <= WRITE_UNITS && first.escaped <= VISITOR_ANSWER_BYTES, "{key}: {}", first.escaped);
        for _ in 0..3 {
            let again = replier.post(&thread, json!({"body_text": text})).await.expect(201);
            assert!(again.writes() < f64::EPSILON, "{key}");
            assert_eq!(again.body["data"]["ticket"]["number"], first.body["data"]["ticket"]["number"], "{key}");
        }
    }
    let key = desk.key(json!({"name": "R", "kind": "machine", "scopes": ["tickets:read", "tickets:write"]})).await;
    let agent = MeasuredApi::of(&desk, Some(&key)).with("idempotency-key", "agent");
    let relayed = json!({"kind": "inbound", "body_text": "&".repeat(34_000)});
    let first = agent.post(&format!("{path}/messages"), relayed.clone()).await.expect(201);
    for _ in 0..2 {
        let again = agent.post(&format!("{path}/messages"), relayed.clone()).await.expect(201);
        assert_eq!(again.body["data"]["id"], first.body["data"]["id"]);
    }
}
