//! Rows of several systems that are about messages: G22, H7 and the rest of T13.

use lambdesk_tests::{Desk, Json, json};
use reqwest::Client;

#[tokio::test]
async fn g22_a_reply_is_deleted_and_the_list_goes_on_without_it() {
    let desk = Desk::start().await;
    let mut receiver = desk.receiver(&["message.deleted"]).await;
    let ticket = desk.ticket("S").await;
    let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    let messages = format!("{path}/messages");
    let mut replies = Vec::new();
    for text in ["one", "two", "three"] {
        replies.push(desk.owner.post(&messages, json!({"body_text": text})).await.created());
    }
    let first = desk.owner.get(&format!("{messages}?limit=3")).await.expect(200);
    let doomed = format!("{messages}/{}", replies[1]["id"].as_str().unwrap());
    desk.owner.delete(&doomed).await.expect(204);
    desk.owner.delete(&doomed).await.problem(404, "not_found");
    desk.owner.get(&doomed).await.problem(404, "not_found");
    // The page before ended at the deleted one: its cursor still goes on from there.
    let cursor = first["page"]["next_cursor"].as_str().unwrap();
    let rest = desk.owner.get(&format!("{messages}?limit=3&cursor={cursor}")).await.ok();
    assert_eq!((rest.as_array().unwrap().len(), &rest[0]["body_text"]), (1, &json!("three")));

    let after = desk.owner.get(&path).await.ok();
    let texts: Vec<_> = after["messages"].as_array().unwrap().iter().map(|message| &message["body_text"]).collect();
    assert_eq!(texts, ["Hello, I need help.", "one", "three"]);
    assert_eq!(
        (&after["replies_count"], &after["preview"], &after["version"]),
        (&json!(2), &json!("three"), &json!(5))
    );

    let told = receiver.next().await;
    assert_eq!(told.event["types"], json!(["message.deleted", "ticket.updated"]));
    assert_eq!(told.event["data"]["message"], json!({"id": replies[1]["id"], "kind": "outbound"}));
    assert!(!told.raw.contains("two"), "{}", told.raw);
}

#[tokio::test]
async fn h7_a_message_has_type_html_sender_attachments_and_forward_flag() {
    let desk = Desk::start().await;
    let (jane, as_jane) = desk.user("Jane Smith", "agent").await;
    let ticket = desk.ticket("S").await;
    let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    let size = "a picture".len();
    let file = json!({"file_name": "screen.png", "content_type": "image/png", "size": size});
    let file = as_jane.post(&format!("{path}/attachments"), file).await.created();
    let mut upload = Client::new().put(file["upload"]["url"].as_str().unwrap()).body("a picture");
    for (name, value) in file["upload"]["headers"].as_object().unwrap() {
        if name != "content-length" {
            upload = upload.header(name, value.as_str().unwrap());
        }
    }
    assert_eq!(upload.send().await.unwrap().status(), 200);
    let body = json!({"body_html": "<p>See <b>this</b></p>", "is_forward": true, "attachments": [file["id"]]});
    as_jane.post(&format!("{path}/messages"), body).await.created();

    let messages = desk.owner.get(&format!("{path}/messages")).await.ok();
    let (asked, answered) = (&messages[0], &messages[1]);
    assert_eq!((&asked["kind"], &answered["kind"]), (&json!("inbound"), &json!("outbound")));
    assert_eq!((&asked["is_forward"], &answered["is_forward"]), (&json!(false), &json!(true)));
    assert_eq!(answered["body_html"], "<p>See <b>this</b></p>");
    let sender = json!({"kind": "user", "id": jane["id"], "name": "Jane Smith", "email": jane["email"]});
    assert_eq!(answered["sender"], sender);
    let contact = json!({"kind": "contact", "id": ticket["contact"]["id"], "name": "Grace Example", "email": "grace@customer.example"});
    assert_eq!(asked["sender"], contact);
    let shown = json!([{"id": file["id"], "file_name": "screen.png", "content_type": "image/png", "size": size}]);
    assert_eq!((&asked["attachments"], &answered["attachments"]), (&json!([]), &shown));
    let link = desk.owner.get(&format!("{path}/attachments/{}", file["id"].as_str().unwrap())).await.ok();
    assert_eq!(reqwest::get(link["url"].as_str().unwrap()).await.unwrap().text().await.unwrap(), "a picture");
}

#[tokio::test]
async fn t13_messages_have_source_and_sender_and_secure_ones_stay_out_of_search_and_visitors_notes() {
    let desk = Desk::start().await;
    let machine = desk.machine(&["tickets:read", "tickets:write"]).await;
    let ticket = desk.ticket("S").await;
    let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    let messages = format!("{path}/messages");
    let relayed = json!({"kind": "inbound", "body_text": "From the phone", "from": {"name": "Bo Example"}});
    machine.post(&messages, relayed).await.created();
    let by_user = json!({"body_text": "xylophone 4711", "is_secure": true});
    desk.owner.post(&messages, by_user).await.created();
    let listed = desk.owner.get(&messages).await.ok();
    let fact = |index: usize, name: &str| listed[index][name].clone();
    assert_eq!((fact(1, "source"), fact(2, "source")), (json!("api"), json!("agent")));
    assert_eq!(fact(1, "sender"), json!({"kind": "contact", "name": "Bo Example"}));
    assert_eq!(fact(2, "sender")["kind"], "user");
    assert!(fact(1, "created_at").is_string() && fact(2, "is_secure") == json!(true));
    let found = |reply: &Json| reply["data"].as_array().is_some_and(|rows| rows.len() == 1);
    desk.owner.eventually("/v1/tickets?q=phone", found).await;
    assert_eq!(desk.owner.get("/v1/tickets?q=xylophone").await.ok(), json!([]));
    assert!(!machine.get(&messages).await.body.to_string().contains("xylophone"));
}
