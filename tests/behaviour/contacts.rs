//! Everything of one person: merged, exported, erased, however much happens at the
//! same time.

use lambdesk_local::TABLE;
use lambdesk_runtime::Clock;
use lambdesk_tests::{Api, Desk, Json, json};
use reqwest::Client;
use std::time::Duration;

/// A word that no part of the product has.
const SECRET: &str = "zyxwombat";

async fn desk() -> Desk {
    Desk::start_at(Clock::manual("2027-01-15T08:00:00Z".parse().unwrap())).await
}

async fn contact(api: &Api, body: Json) -> (String, String) {
    let id = api.post("/v1/contacts", body).await.created()["id"].as_str().unwrap().to_owned();
    (format!("/v1/contacts/{id}"), id)
}

async fn ticket_from(api: &Api, email: &str) -> Json {
    let body = json!({"subject": "S", "from": {"email": email}, "message": {"body_text": "Hello."}});
    api.post("/v1/tickets", body).await.created()
}

fn path(ticket: &Json) -> String {
    format!("/v1/tickets/{}", ticket["id"].as_str().unwrap())
}

/// The sweep, as often as it takes until a receipt says that all is done.
async fn completed(desk: &Desk, receipt: &str) -> Json {
    for _ in 0..20 {
        desk.stack.app.clock.advance(Duration::from_secs(61));
        desk.sweep().await;
        let receipt = desk.owner.get(receipt).await.ok();
        if !receipt["completed_at"].is_null() {
            return receipt;
        }
    }
    panic!("it never ends");
}

/// The whole table as text, in lower case.
async fn everything(desk: &Desk) -> String {
    let (mut all, mut from) = (String::new(), Json::Null);
    loop {
        let mut scan = json!({"TableName": TABLE, "ConsistentRead": true});
        if !from.is_null() {
            scan["ExclusiveStartKey"] = from;
        }
        let request = Client::new()
            .post(desk.stack.engine.url())
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", "DynamoDB_20120810.Scan")
            .header(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=test/20260101/local/dynamodb/aws4_request, SignedHeaders=host, Signature=0",
            )
            .header("x-amz-date", "20260101T000000Z")
            .body(scan.to_string());
        let answer = request.send().await.unwrap().text().await.unwrap();
        let mut answer: Json = serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{answer}"));
        assert!(answer["Items"].is_array(), "{answer}");
        all.push_str(&answer["Items"].to_string().to_lowercase());
        from = answer["LastEvaluatedKey"].take();
        if from.is_null() {
            return all;
        }
    }
}

#[tokio::test]
async fn a_merged_contact_is_the_other_one_by_every_name_it_had() {
    let desk = desk().await;
    let (ada, ada_id) = contact(&desk.owner, json!({"email": "ada@customer.example", "name": "Ada"})).await;
    let double = json!({"email": "lovelace@customer.example", "external_id": "c-7", "uid": "ada", "phone": "7"});
    let (double, double_id) = contact(&desk.owner, double).await;
    let account = json!({"kind": "client", "contact_id": double_id});
    let account = desk.owner.post("/v1/accounts", account).await.created();
    let ticket = ticket_from(&desk.owner, "lovelace@customer.example").await;
    let merged = desk.owner.post(&format!("{ada}/merge"), json!({"from": double_id})).await;
    let receipt = merged.header("location").to_owned();
    let answer = merged.expect(202);
    assert_eq!(
        (&answer["data"]["kind"], &answer["data"]["contact_id"], &answer["data"]["merged_ids"]),
        (&json!("merge"), &json!(ada_id), &json!([double_id]))
    );

    let read = desk.owner.get(&double).await.ok();
    assert_eq!((&read["id"], &read["name"], &read["phone"]), (&json!(ada_id), &json!("Ada"), &json!("7")));
    for query in ["email=lovelace@customer.example", "email=ada@customer.example", "external_id=c-7", "uid=ada"] {
        let found = desk.owner.get(&format!("/v1/contacts?{query}")).await.ok();
        assert_eq!(found[0]["id"], json!(ada_id), "{query}");
    }
    let taken = desk.owner.post("/v1/contacts", json!({"email": "lovelace@customer.example"})).await;
    assert_eq!(taken.problem(409, "taken")["existing_id"], json!(ada_id));
    let later = ticket_from(&desk.owner, "lovelace@customer.example").await;
    assert_eq!(later["contact"]["id"], json!(ada_id));
    assert_eq!(desk.owner.get(&path(&ticket)).await.ok()["contact"]["id"], json!(ada_id));
    let account = format!("/v1/accounts/{}", account["id"].as_str().unwrap());
    assert_eq!(desk.owner.get(&account).await.ok()["contact_id"], json!(ada_id));

    let receipt = completed(&desk, &receipt).await;
    assert_eq!((&receipt["counts"]["tickets"], &receipt["counts"]["accounts"]), (&json!(1), &json!(1)));
    let again = desk.owner.post(&format!("{ada}/merge"), json!({"from": double_id})).await;
    assert_eq!(again.bad_fields(), ["/from"]);
    let itself = desk.owner.post(&format!("{ada}/merge"), json!({"from": ada_id})).await;
    assert_eq!(itself.bad_fields(), ["/from"]);
}

#[tokio::test]
async fn a_merge_among_replies_and_new_tickets_loses_none_of_them() {
    let desk = desk().await;
    let (ada, ada_id) = contact(&desk.owner, json!({"email": "ada@customer.example"})).await;
    let (_, double) = contact(&desk.owner, json!({"email": "double@customer.example"})).await;
    let mut tickets = Vec::new();
    for _ in 0..12 {
        tickets.push(ticket_from(&desk.owner, "double@customer.example").await);
    }
    let replies = tickets.iter().map(|ticket| {
        let (api, path) = (desk.owner.clone(), format!("{}/messages", path(ticket)));
        tokio::spawn(async move {
            for number in 0..4 {
                api.post(&path, json!({"body_text": format!("Reply {number}")})).await.created();
            }
        })
    });
    let replies: Vec<_> = replies.collect();
    let more = tokio::spawn({
        let api = desk.owner.clone();
        async move {
            let mut more = Vec::new();
            for _ in 0..8 {
                more.push(ticket_from(&api, "double@customer.example").await);
            }
            more
        }
    });
    let merged = desk.owner.post(&format!("{ada}/merge"), json!({"from": double})).await;
    let receipt = merged.header("location").to_owned();
    merged.expect(202);
    for replies in replies {
        replies.await.unwrap();
    }
    tickets.extend(more.await.unwrap());
    completed(&desk, &receipt).await;
    for ticket in &tickets {
        let now = desk.owner.get(&path(ticket)).await.ok();
        assert_eq!(now["contact"]["id"], json!(ada_id), "{now}");
        let activities = format!("{}/activities?limit=100", path(ticket));
        let has_all =
            |body: &Json| body["data"].as_array().map(|events| json!(events.len())) == Some(now["version"].clone());
        desk.owner.eventually(&activities, has_all).await;
    }
    for ticket in &tickets[..12] {
        let messages = desk.owner.get(&format!("{}/messages?limit=100", path(ticket))).await.ok();
        assert_eq!(messages.as_array().unwrap().len(), 5);
    }
}

#[tokio::test]
async fn merges_of_two_contacts_into_each_other_at_once_leave_one() {
    let desk = desk().await;
    for round in 0..4 {
        let (a, a_id) = contact(&desk.owner, json!({"email": format!("a{round}@customer.example")})).await;
        let (b, b_id) = contact(&desk.owner, json!({"email": format!("b{round}@customer.example")})).await;
        let (to_a, to_b) = (format!("{a}/merge"), format!("{b}/merge"));
        let (first, second) =
            tokio::join!(desk.owner.post(&to_a, json!({"from": b_id})), desk.owner.post(&to_b, json!({"from": a_id})));
        let mut statuses = [first.status.as_u16(), second.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [202, 422], "{} {}", first.body, second.body);
        let (a, b) = (desk.owner.get(&a).await.ok(), desk.owner.get(&b).await.ok());
        assert_eq!(a["id"], b["id"]);
    }
}

#[tokio::test]
async fn chains_of_merges_end_at_the_last_and_are_erased_with_it() {
    let desk = desk().await;
    let mut contacts = Vec::new();
    for number in 0..4 {
        let email = format!("{SECRET}{number}@customer.example");
        let body =
            json!({"email": email, "external_id": format!("{SECRET}-{number}"), "uid": format!("{SECRET}.{number}")});
        contacts.push(contact(&desk.owner, body).await);
        ticket_from(&desk.owner, &email).await;
    }
    for pair in contacts.windows(2) {
        let [(_, from), (into, _)] = pair else { panic!("two") };
        desk.owner.post(&format!("{into}/merge"), json!({"from": from})).await.expect(202);
    }
    let (last, last_id) = &contacts[3];
    for (path, _) in &contacts {
        assert_eq!(desk.owner.get(path).await.ok()["id"], json!(last_id));
    }
    let erased = desk.owner.post(&format!("{last}/erase"), json!({})).await;
    let receipt = erased.header("location").to_owned();
    erased.expect(202);
    for (path, _) in &contacts {
        desk.owner.get(path).await.problem(404, "not_found");
    }
    completed(&desk, &receipt).await;
    let all = everything(&desk).await;
    assert!(!all.contains(SECRET), "{}", around(&all));
    let anew = contact(
        &desk.owner,
        json!({"email": format!("{SECRET}1@customer.example"), "external_id": format!("{SECRET}-3")}),
    )
    .await;
    assert!(contacts.iter().all(|(_, id)| *id != anew.1), "who comes back inherits nothing");
}

fn around(all: &str) -> &str {
    let at = all.find(SECRET).unwrap_or_default();
    let (from, to) = (at.saturating_sub(300), (at + 100).min(all.len()));
    all.get(from..to).unwrap_or("not at a character")
}

/// A person with something personal wherever it can be.
async fn person(desk: &Desk) -> (String, Vec<Json>) {
    let field = json!({"key": "story", "name": "Story", "kind": "text"});
    desk.owner.post("/v1/custom-fields", field).await.created();
    let body = json!({
        "email": format!("{SECRET}@customer.example"), "name": format!("Ada {SECRET}"), "phone": format!("{SECRET} 7"),
        "external_id": format!("{SECRET}-7"), "uid": format!("{SECRET}.7"),
    });
    let (path, id) = contact(&desk.owner, body).await;
    let account = json!({
        "kind": "debt_account", "name": format!("Loan of {SECRET}"), "external_id": format!("{SECRET}-L"),
        "status": SECRET, "current_balance_cents": 7, "currency": "EUR", "contact_id": id,
    });
    let account = desk.owner.post("/v1/accounts", account).await.created();
    let mut tickets = Vec::new();
    for number in 0..3 {
        let body = json!({
            "subject": format!("I am {SECRET}"), "uid": format!("{SECRET}{number}"), "summary": format!("About {SECRET}"),
            "from": {"email": format!("{SECRET}@customer.example"), "name": SECRET, "phone": SECRET},
            "custom": {"story": format!("Once {SECRET}")}, "account_id": account["id"],
            "message": {"body_html": format!("<p>My name is <b>{SECRET}</b></p>")},
        });
        let api = desk.owner.with("idempotency-key", &format!("ticket {number}"));
        let ticket = api.post("/v1/tickets", body).await.created();
        let messages = format!("{}/messages", self::path(&ticket));
        for body in [
            json!({"body_text": format!("Dear {SECRET}")}),
            json!({"body_text": format!("{SECRET} is difficult"), "kind": "note"}),
            json!({"body_text": format!("PIN of {SECRET}"), "is_secure": true}),
        ] {
            desk.owner.post(&messages, body).await.created();
        }
        tickets.push(ticket);
    }
    let trashed = self::path(&tickets[1]);
    desk.owner.delete(&trashed).await;
    desk.owner.post(&format!("{}/archive", self::path(&tickets[2])), json!({})).await.ok();
    (path, tickets)
}

#[tokio::test]
async fn an_erased_person_leaves_no_word_in_the_table_and_their_tickets_stay() {
    let desk = desk().await;
    let (person, tickets) = person(&desk).await;
    let file = json!({"file_name": format!("{SECRET}.pdf"), "content_type": "application/pdf", "size": 7});
    desk.owner.post(&format!("{}/attachments", path(&tickets[0])), file).await.created();
    assert!(everything(&desk).await.contains(SECRET));
    let erased = desk.owner.with("idempotency-key", "erase").post(&format!("{person}/erase"), json!({})).await;
    let location = erased.header("location").to_owned();
    let receipt = erased.expect(202)["data"].take();
    assert_eq!((&receipt["kind"], &receipt["completed_at"]), (&json!("erase"), &Json::Null));
    desk.owner.get(&person).await.problem(404, "not_found");
    let receipt = completed(&desk, &location).await;
    let counts = json!({"tickets": 3, "messages": 12, "attachments": 1, "accounts": 1});
    assert_eq!(receipt["counts"], counts);
    assert_eq!(desk.owner.get(&format!("{person}/receipts")).await.ok(), json!([receipt]));

    for ticket in &tickets {
        let now = desk.owner.get(&format!("{}?include=trashed", path(ticket))).await.ok();
        assert_eq!(
            (&now["number"], &now["created_at"], &now["status"]),
            (&ticket["number"], &ticket["created_at"], &json!("waiting"))
        );
        assert_eq!(
            (&now["contact"], &now["subject"], &now["requester"]),
            (&Json::Null, &json!("[erased]"), &json!({}))
        );
        assert_eq!((&now["replies_count"], &now["account"]["current_balance_cents"]), (&json!(2), &json!(7)));
        // The events come through the stream.
        let activities = format!("{}/activities", path(ticket));
        let events = desk.owner.eventually(&activities, |body| body["data"][0]["sequence"] == now["version"]).await;
        let changes = events["data"][0]["changes"].as_array().unwrap().clone();
        assert!(changes.iter().any(|change| change["field"] == "contact_id"), "{changes:?}");
    }
    let search = format!("/v1/tickets?q={SECRET}&include=archived,trashed");
    desk.owner.eventually(&search, |body| body["data"] == json!([])).await;
    let mut all = everything(&desk).await;
    for _ in 0..100 {
        if !all.contains(SECRET) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        all = everything(&desk).await;
    }
    panic!("{}", around(&all));
}

#[tokio::test]
async fn an_export_tells_everything_of_a_person_and_leaves_a_receipt_without_it() {
    let desk = desk().await;
    let (person, tickets) = person(&desk).await;
    ticket_from(&desk.owner, "other@customer.example").await;
    let export = desk.owner.get(&format!("{person}/export")).await.ok();
    assert_eq!(export["contact"]["external_id"], json!(format!("{SECRET}-7")));
    assert_eq!(export["accounts"][0]["external_id"], json!(format!("{SECRET}-L")));
    assert_eq!((export["tickets"].as_array().map(Vec::len), &export["next_cursor"]), (Some(3), &Json::Null));
    for (exported, ticket) in export["tickets"].as_array().unwrap().iter().zip(&tickets) {
        assert_eq!(exported["ticket"]["id"], ticket["id"]);
        let texts: Vec<_> =
            exported["messages"].as_array().unwrap().iter().map(|message| &message["body_text"]).collect();
        let expected = ["My name is zyxwombat", "Dear zyxwombat", "zyxwombat is difficult", "PIN of zyxwombat"];
        assert_eq!(texts, expected);
    }
    let receipts = desk.owner.get(&format!("{person}/receipts")).await.ok();
    assert_eq!(receipts, json!([export["receipt"]]));
    assert!(!receipts.to_string().to_lowercase().contains(SECRET));
    let counts = json!({"tickets": 3, "messages": 12, "attachments": 0, "accounts": 1});
    assert_eq!((&receipts[0]["kind"], &receipts[0]["counts"]), (&json!("export"), &counts));
}

#[tokio::test]
async fn a_long_export_goes_on_in_parts_without_a_gap() {
    let desk = desk().await;
    let (path, _) = contact(&desk.owner, json!({"email": "ada@customer.example"})).await;
    let ticket = ticket_from(&desk.owner, "ada@customer.example").await;
    ticket_from(&desk.owner, "ada@customer.example").await;
    let large = "x".repeat(60_000);
    for number in 0..70 {
        let body = json!({"body_text": format!("{number} {large}")});
        desk.owner.post(&format!("{}/messages", self::path(&ticket)), body).await.created();
    }
    let (mut parts, mut messages, mut cursor) = (0, Vec::new(), String::new());
    loop {
        let part = desk.owner.get(&format!("{path}/export{cursor}")).await.ok();
        assert!(part.to_string().len() < 6_000_000);
        parts += 1;
        let tickets = part["tickets"].as_array().unwrap().clone();
        messages.extend(
            tickets
                .iter()
                .flat_map(|entry| entry["messages"].as_array().unwrap().clone())
                .map(|message| message["id"].to_string()),
        );
        match part["next_cursor"].as_str() {
            Some(next) => cursor = format!("?cursor={next}"),
            None => break,
        }
    }
    assert!(parts > 1);
    let all = messages.len();
    messages.sort();
    messages.dedup();
    assert_eq!((all, messages.len()), (72, 72));
}

#[tokio::test]
async fn what_touches_everything_of_a_person_is_for_admins_and_for_nobody_else() {
    let desk = desk().await;
    let (path, id) = contact(&desk.owner, json!({"email": "ada@customer.example"})).await;
    let (_, agent) = desk.user("Anna Agent", "agent").await;
    let writer = desk.machine(&["contacts:read", "contacts:write"]).await;
    let stranger = desk.other_workspace().await;
    for (method, verb) in [("POST", "merge"), ("POST", "erase"), ("GET", "export"), ("GET", "receipts")] {
        let send = |api: &Api| {
            let (api, path) = (api.clone(), format!("{path}/{verb}"));
            let body = (method == "POST").then(|| if verb == "merge" { json!({"from": id}) } else { json!({}) });
            async move { api.send(method.parse().unwrap(), &path, body).await }
        };
        assert_eq!(send(&agent).await.status.as_u16(), 403, "{verb}");
        assert_eq!(send(&writer).await.status.as_u16(), 403, "{verb}");
        assert_eq!(send(&stranger).await.status.as_u16(), 404, "{verb}");
    }
    desk.owner.get(&path).await.ok();
}

#[tokio::test]
async fn a_contact_with_tickets_is_not_deleted_and_says_which() {
    let desk = desk().await;
    let ticket = ticket_from(&desk.owner, "ada@customer.example").await;
    let contact = ticket["contact"]["id"].as_str().unwrap();
    let refused = desk.owner.delete(&format!("/v1/contacts/{contact}")).await.problem(409, "in_use");
    assert_eq!(refused["uses"], json!([{"kind": "ticket", "count": 1, "is_exact": true, "ids": [ticket["id"]]}]));
}

#[tokio::test]
async fn an_account_that_a_ticket_is_about_is_not_deleted() {
    let desk = desk().await;
    let account = desk.owner.post("/v1/accounts", json!({"kind": "project"})).await.created();
    let ticket = desk.owner.post("/v1/tickets", json!({"subject": "S", "account_id": account["id"]})).await.created();
    let path = format!("/v1/accounts/{}", account["id"].as_str().unwrap());
    // The row that tells comes with the event.
    desk.owner.eventually(&format!("{}/activities", self::path(&ticket)), |body| body["data"][0].is_object()).await;
    let refused = desk.owner.delete(&path).await.problem(409, "in_use");
    assert_eq!(refused["uses"][0]["ids"], json!([ticket["id"]]));
    desk.owner.patch(&self::path(&ticket), json!({"account_id": null})).await.ok();
    desk.owner.delete(&path).await.expect(204);
    desk.owner.get(&path).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_silent_erasure_is_told_to_nobody_and_an_ordinary_one_without_words() {
    // Receivers check the time of signatures.
    let desk = Desk::start().await;
    let mut receiver = desk.receiver(&["ticket.updated"]).await;
    for (query, is_told) in [("?silent=true", false), ("", true)] {
        let ticket = ticket_from(&desk.owner, &format!("{SECRET}@customer.example")).await;
        let contact = ticket["contact"]["id"].as_str().unwrap();
        desk.owner.post(&format!("/v1/contacts/{contact}/erase{query}"), json!({})).await.expect(202);
        if is_told {
            let told = receiver.next().await;
            assert!(told.raw.contains(ticket["id"].as_str().unwrap()) && !told.raw.contains(SECRET), "{}", told.raw);
        } else {
            receiver.silence().await;
        }
    }
}
