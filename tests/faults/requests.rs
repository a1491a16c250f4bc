//! R3 to R5, L9, L10, T10 and F5: what a request says, and what it is answered.

use axum::{
    body::{Body, to_bytes},
    http::Request,
};
use lambdesk_runtime::Clock;
use lambdesk_tests::{Desk, Json, json};
use reqwest::Method;
use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};
use tower::ServiceExt as _;

fn path(ticket: &Json) -> String {
    format!("/v1/tickets/{}", ticket["id"].as_str().unwrap())
}

#[tokio::test]
async fn r3_preconditions_are_compared_as_rfc_9110_says() {
    let desk = Desk::start().await;
    let ticket = path(&desk.ticket("S").await);
    let tag = json!({"name": "vip"});
    let tag = format!("/v1/tags/{}", desk.owner.post("/v1/tags", tag).await.created()["id"].as_str().unwrap());
    for (path, body) in [(&ticket, json!({"subject": "T"})), (&tag, json!({"color": "#ff0000"}))] {
        let etag = desk.owner.get(path).await.header("etag").to_owned();
        let foreign = r#""never-ours""#;
        for (lines, status) in [
            (format!("W/{etag}"), 412),
            (foreign.to_owned(), 412),
            (r#""0""#.to_owned(), 412),
            (format!("{foreign}, W/{etag}"), 412),
            ("3".to_owned(), 400),
            (format!("{etag} {etag}"), 400),
        ] {
            desk.owner.with("if-match", &lines).patch(path, body.clone()).await.expect(status);
        }
        desk.owner.with("if-match", &format!("{foreign} , {etag}")).patch(path, body.clone()).await.ok();
        desk.owner.with("if-match", &etag).patch(path, body).await.problem(412, "stale");
        desk.owner.with("if-match", "*").patch(path, json!({})).await.ok();

        let read = desk.owner.get(path).await;
        let etag = read.header("etag").to_owned();
        assert_eq!(read.status, 200);
        for lines in [etag.clone(), format!("W/{etag}"), format!("{foreign}, {etag}"), "*".to_owned()] {
            let held = desk.owner.with("if-none-match", &lines).get(path).await;
            assert_eq!((held.status.as_u16(), held.header("etag")), (304, etag.as_str()), "{lines}");
            assert_eq!(held.body, Json::Null);
        }
        for lines in [foreign, r#""1000000""#, "3"] {
            assert_eq!(desk.owner.with("if-none-match", lines).get(path).await.ok(), read.body["data"], "{lines}");
        }
        desk.owner.with("if-none-match", "*").patch(path, json!({})).await.problem(400, "invalid_if_none_match");
    }
    // Nothing tells a stranger what is there.
    let etag = desk.owner.get(&ticket).await.header("etag").to_owned();
    desk.nobody().with("if-none-match", &etag).get(&ticket).await.problem(401, "unauthorized");
    desk.other_workspace().await.with("if-none-match", "*").get(&ticket).await.problem(404, "not_found");
}

#[tokio::test]
async fn r4_what_cannot_be_kept_is_refused_in_true_words() {
    let desk = Desk::start().await;
    for (key, kind) in [("n", "number"), ("t", "text")] {
        desk.owner.post("/v1/custom-fields", json!({"key": key, "name": key, "kind": kind})).await.created();
    }
    let ticket = path(&desk.ticket("S").await);
    let late = json!({"follow_up_at": "9999-12-31T00:00:00Z"});
    let problem = desk.owner.patch(&ticket, late).await.problem(422, "invalid");
    assert!(problem["errors"][0]["detail"].as_str().unwrap().contains("9999-12-30T22:00:00Z"), "{problem}");
    let last = desk.owner.patch(&ticket, json!({"follow_up_at": "9999-12-30T22:00:00Z"})).await.ok();
    assert_eq!(last["follow_up_at"], "9999-12-30T22:00:00.000Z");

    let send = async |body: &str| {
        desk.owner.send_raw(Method::PATCH, &ticket, "application/json", Some(body.as_bytes().to_vec())).await
    };
    for lost in
        ["18446744073709551616", "-9223372036854775809", "0.12345678901234567", "1e-400", "12345678901234.56789"]
    {
        let problem = send(&format!(r#"{{"custom": {{"n": {lost}}}}}"#)).await.problem(422, "invalid");
        assert_eq!(
            (&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]),
            (&json!("/custom/n"), &json!("inexact_number")),
            "{lost}"
        );
        desk.owner.get(&format!("/v1/tickets?custom.n={lost}")).await.problem(400, "invalid_query");
    }
    let operations = r#"[{"op": "add", "path": "/custom/n", "value": 18446744073709551616}]"#;
    let patch =
        desk.owner.send_raw(Method::PATCH, &ticket, "application/json-patch+json", Some(operations.into())).await;
    assert_eq!(patch.problem(422, "invalid")["errors"][0]["pointer"], "/0/value");
    let many = format!(r#"{{"custom": {{"n": [{}]}}}}"#, vec!["18446744073709551616"; 30].join(","));
    let told = send(&many).await.problem(422, "invalid")["errors"].as_array().unwrap().clone();
    assert_eq!((told.len(), &told[20]["detail"]), (21, &json!("10 more numbers are like these")));
    for kept in [
        "9007199254740993",
        "18446744073709551615",
        "-9223372036854775808",
        "0.1",
        "1e20",
        "0.30000000000000004",
        "0.9452706955539223",
        "48.856614000000036",
        "1e-23",
        "3e23",
        "1.602176634e-19",
    ] {
        let ticket = send(&format!(r#"{{"custom": {{"n": {kept}, "t": "18446744073709551616"}}}}"#)).await.ok();
        let read = desk.owner.get(&self::path(&ticket)).await.ok();
        // By their texts: two that are parsed wrong are alike.
        let texts = [&ticket, &read].map(|ticket| ticket["custom"]["n"].to_string().replace("e+", "e"));
        assert_eq!(texts, [kept, kept]);
        let found = format!("/v1/tickets?include=follow_up&custom.n={kept}");
        desk.owner.eventually(&found, |page| page["data"].as_array().is_some_and(|rows| rows.len() == 1)).await;
    }

    let zipped = desk.owner.with("content-encoding", "gzip").patch(&ticket, json!({})).await;
    assert_eq!(zipped.header("accept-encoding"), "identity");
    assert!(
        zipped.problem(415, "unsupported_content_encoding")["detail"].as_str().unwrap().contains("Content-Encoding")
    );
}

#[tokio::test]
async fn l9_a_relayed_message_is_answered_as_it_is_read() {
    let desk = Desk::start().await;
    let relay = desk.machine(&["tickets:read", "tickets:write"]).await;
    let with_contact = desk.ticket("S").await;
    let with_requester =
        desk.owner.post("/v1/tickets", json!({"subject": "S", "from": {"name": "Ada"}})).await.created();
    for ticket in [&with_contact, &with_requester] {
        let messages = format!("{}/messages", path(ticket));
        for body in [
            json!({"kind": "inbound", "body_text": "Hello?"}),
            json!({"kind": "inbound", "body_text": "Hello?", "from": {"name": "Grace's son"}}),
            json!({"body_text": "We look into it"}),
            json!({"kind": "note", "body_text": "Among us"}),
        ] {
            let posted = relay.post(&messages, body).await;
            let location = posted.header("location").to_owned();
            let posted = posted.created();
            assert_eq!(relay.get(&location).await.ok(), posted);
        }
    }
    let name = &relay.get(&format!("{}/messages?kind=inbound", path(&with_contact))).await.ok()[0]["sender"]["name"];
    assert_eq!(name, "Grace Example");

    // Whoever says which version they saw is told the one that their message made.
    let messages = format!("{}/messages", path(&with_contact));
    let etag = relay.get(&path(&with_contact)).await.header("etag").to_owned();
    for body in [json!({"body_text": "One"}), json!({"kind": "inbound", "body_text": "Two"})] {
        let seen = relay.get(&path(&with_contact)).await.header("etag").to_owned();
        let posted = relay.with("if-match", &seen).post(&messages, body).await;
        assert_eq!(posted.status, 201);
        assert_eq!(posted.header("etag"), relay.get(&path(&with_contact)).await.header("etag"));
    }
    relay.with("if-match", &etag).post(&messages, json!({"body_text": "Late"})).await.problem(412, "stale");
}

#[tokio::test]
async fn l10_a_ticket_does_not_lose_what_its_channel_asks_for() {
    let desk = Desk::start().await;
    let category = desk.owner.post("/v1/categories", json!({"name": "Lamps"})).await.created();
    let channel = json!({
        "name": "Shop", "type": "chat", "hostnames": ["shop.example"], "require_category": true, "require_contact": true,
    });
    let channel = desk.owner.post("/v1/channels", channel).await.created();
    let body = json!({
        "subject": "S", "channel_id": channel["id"], "category_id": category["id"],
        "from": {"email": "grace@customer.example"},
    });
    let ticket = desk.owner.post("/v1/tickets", body).await.created();
    let (path, contact) = (path(&ticket), &ticket["contact"]["id"]);
    let put = desk.owner.put(&path, json!({"subject": "T", "contact_id": contact})).await;
    assert_eq!(put.problem(422, "invalid")["errors"][0]["pointer"], "/category_id");
    let put = desk.owner.put(&path, json!({"subject": "T", "category_id": category["id"]})).await;
    assert_eq!(put.problem(422, "invalid")["errors"][0]["pointer"], "/contact_id");
    for (body, pointer) in
        [(json!({"category_id": null}), "/category_id"), (json!({"contact_id": null}), "/contact_id")]
    {
        assert_eq!(desk.owner.patch(&path, body).await.problem(422, "invalid")["errors"][0]["pointer"], pointer);
    }
    let operations = r#"[{"op": "remove", "path": "/category_id"}]"#;
    let removed =
        desk.owner.send_raw(Method::PATCH, &path, "application/json-patch+json", Some(operations.into())).await;
    assert_eq!(removed.problem(422, "invalid")["errors"][0]["pointer"], "/category_id");
    let dry = desk.owner.put(&format!("{path}?dry_run=true"), json!({"subject": "T"})).await;
    dry.problem(422, "invalid");
    let whole = json!({"subject": "T", "category_id": category["id"], "contact_id": contact});
    assert_eq!(desk.owner.put(&path, whole).await.ok()["category"]["id"], category["id"]);
    let elsewhere = self::path(&desk.ticket("S").await);
    desk.owner.patch(&elsewhere, json!({"category_id": category["id"]})).await.ok();
    assert_eq!(
        desk.owner.put(&elsewhere, json!({"subject": "T"})).await.ok()["category"],
        Json::Null,
        "its channel asks for none"
    );
}

#[tokio::test]
async fn t10_a_form_in_another_charset_is_refused_and_not_guessed_at() {
    const FORM: &str = "application/x-www-form-urlencoded";
    let desk = Desk::start().await;
    let channel = desk.channel().await;
    let token = channel["public_token"].as_str().unwrap();
    let page = desk.nobody().with("origin", "https://shop.example");
    let session = page.post(&format!("/intake/{token}/session"), json!({})).await.created();
    let visitor = page.with("authorization", &format!("Bearer {}", session["session"].as_str().unwrap()));
    let tickets = format!("/intake/{token}/tickets");
    let send = async |media_type: &str, body: &[u8]| {
        visitor.send_raw(Method::POST, &tickets, media_type, Some(body.to_vec())).await
    };
    for charset in ["ISO-8859-1", "windows-1252", "utf-16", "\"latin1\""] {
        send(&format!("{FORM}; charset={charset}"), b"message=caf%E9").await.problem(415, "unsupported_charset");
        send(&format!("application/json; charset={charset}"), br#"{"message": {"body_text": "S"}}"#)
            .await
            .problem(415, "unsupported_charset");
    }
    for bytes in
        [&b"message=caf%E9"[..], b"message=caf\xE9", b"message=ok&na%E9me=1", b"message=%C3", b"message=%ED%A0%80"]
    {
        send(FORM, bytes).await.problem(400, "malformed");
    }
    for (media_type, body) in [
        (FORM, &b"message=caf%C3%A9+%2B+100%25"[..]),
        ("Application/X-WWW-Form-URLencoded;Charset=UTF-8", "message=caf\u{e9} %2B 100%".as_bytes()),
    ] {
        let opened = send(media_type, body).await.created();
        let thread = format!("/intake/tickets/{}", opened["public_token"].as_str().unwrap());
        let shown = desk.nobody().get(&thread).await.ok().to_string();
        assert!(shown.contains("caf\u{e9} + 100%"), "{shown}");
    }
}

/// Several requests on one connection, each answered in turn.
struct Connection(TcpStream);

impl Connection {
    fn send(&mut self, request: &str, body: &[u8]) -> Option<(u16, String)> {
        self.0.write_all(request.as_bytes()).ok()?;
        self.0.write_all(body).ok()?;
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            self.0.read_exact(&mut byte).ok()?;
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        let length =
            head.split("content-length: ").nth(1).map_or(0, |rest| rest.split("\r\n").next().unwrap().parse().unwrap());
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).ok()?;
        Some((head.split(' ').nth(1).unwrap().parse().unwrap(), head))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f5_a_request_that_is_refused_early_takes_no_other_along() {
    let desk = Desk::start().await;
    let address = desk.stack.address;
    let refused = [
        ("POST /v1/tickets", "text/plain"),
        ("POST /v1/tickets", "application/json"),
        ("PUT /v1/tickets", "application/json"),
        ("POST /v1/nothing", "application/json"),
        ("PATCH /v1/tickets/nothing", "application/json"),
    ];
    let tried = tokio::task::spawn_blocking(move || {
        let mut connection = Connection(TcpStream::connect(address).unwrap());
        for round in 0..20 {
            for (line, media_type) in refused {
                let body = vec![b'x'; 300_000];
                let request = format!(
                    "{line} HTTP/1.1\r\nhost: desk\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                );
                let (status, _) = connection.send(&request, &body).unwrap_or_else(|| panic!("{line}, round {round}"));
                assert!((400..500).contains(&status), "{line}: {status}");
                let next = connection.send("GET /v1/tickets HTTP/1.1\r\nhost: desk\r\n\r\n", &[]);
                assert_eq!(next.unwrap_or_else(|| panic!("after {line}, round {round}")).0, 401);
            }
        }
        let request = "POST /v1/tickets HTTP/1.1\r\nhost: desk\r\ncontent-type: application/json\r\ncontent-length: 900000000\r\n\r\n";
        let (status, head) = connection.send(request, &[]).unwrap();
        assert_eq!((status, head.contains("connection: close")), (413, true), "{head}");
    });
    tried.await.unwrap();
}

#[tokio::test]
async fn r5_ticket_numbers_rise_with_creation_whichever_process_opens_them() {
    let clock = Clock::manual("2027-01-15T08:00:00Z".parse().unwrap());
    let desk = Desk::start_at(clock.clone()).await;
    let key =
        format!("Bearer {}", desk.key(json!({"name": "R", "kind": "machine", "scopes": ["tickets:write"]})).await);
    let processes = [desk.cold_router(), desk.cold_router(), desk.cold_router()];
    let open = async |process: usize| {
        let request =
            Request::post("/v1/tickets").header("authorization", &key).header("content-type", "application/json");
        let request = request.body(Body::from(r#"{"subject": "S"}"#)).unwrap();
        let response = processes[process].clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 201);
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        serde_json::from_slice::<Json>(&body).unwrap()["data"]["number"].as_u64().unwrap()
    };
    let mut opened: Vec<(u64, u64)> = Vec::new();
    let mut now = 0;
    // Bursts of one process, and processes in turn, in quick succession and after a while.
    for (step, pause) in
        [100, 100, 100, 100, 2_500, 100, 100, 60_000, 100, 1_900, 3_000, 100].repeat(4).into_iter().enumerate()
    {
        clock.advance(Duration::from_millis(pause));
        now += pause;
        opened.push((now, open(if step < 24 { step / 5 % 3 } else { step % 3 }).await));
    }
    for (index, (at, number)) in opened.iter().enumerate() {
        let overtaken = opened[..index].iter().find(|(before, other)| other > number && at - before > 2_000);
        assert_eq!(overtaken, None, "number {number} at {at} of {opened:?}");
    }
    let highest = opened.iter().map(|(_, number)| *number).max().unwrap();
    assert!(highest <= 2 * opened.len() as u64, "small gaps: {highest}");
}
