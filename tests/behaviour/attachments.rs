//! Files of messages: uploaded by a signed request that allows just that, taken
//! by one message, downloaded by whoever sees it, and gone with it.

use lambdesk_domain::{
    access::{AccessRules, Actor},
    command::{Context, RemainingMessages, delete_message},
    id::TicketId,
    time::Timestamp,
};
use lambdesk_local::{Options, Stack};
use lambdesk_runtime::Clock;
use lambdesk_tests::{Api, Desk, Json, Reply, json};
use reqwest::{Client, Method, Response, header::HeaderMap};
use std::time::Duration;

const BYTES: &[u8] = b"%PDF-1.7 a file of some length";

/// The path of a new ticket.
async fn ticket(desk: &Desk) -> String {
    format!("/v1/tickets/{}", desk.ticket("S").await["id"].as_str().unwrap())
}

fn file(name: &str, kind: &str, size: usize) -> Json {
    json!({"file_name": name, "content_type": kind, "size": size})
}

async fn announced(api: &Api, ticket: &str) -> Json {
    api.post(&format!("{ticket}/attachments"), file("report.pdf", "application/pdf", BYTES.len())).await.created()
}

/// Sends an upload as its answer says, with some headers replaced or left out.
async fn send(upload: &Json, body: &'static [u8], other: &[(&str, &str)]) -> Response {
    let mut headers = HeaderMap::new();
    let said = upload["headers"].as_object().unwrap();
    let said = said.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap()));
    for (name, value) in said.chain(other.iter().copied()) {
        let name: reqwest::header::HeaderName = name.parse().unwrap();
        // The client counts the body itself, as browsers do.
        if name == "content-length" || value.is_empty() {
            headers.remove(name);
        } else {
            headers.insert(name, value.parse().unwrap());
        }
    }
    let method: Method = upload["method"].as_str().unwrap().parse().unwrap();
    let request = Client::new().request(method, upload["url"].as_str().unwrap()).headers(headers).body(body);
    request.send().await.unwrap()
}

/// The status and the code of S3's error document.
async fn refused(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let document = response.text().await.unwrap();
    let code = document.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>")).unwrap().0.to_owned();
    (status, code)
}

/// A file that is uploaded, and its id.
pub async fn uploaded(api: &Api, ticket: &str) -> Json {
    let file = announced(api, ticket).await;
    assert_eq!(send(&file["upload"], BYTES, &[]).await.status(), 200);
    file["id"].clone()
}

async fn say(api: &Api, ticket: &str, body: Json) -> Reply {
    api.post(&format!("{ticket}/messages"), body).await
}

#[tokio::test]
async fn a_file_is_uploaded_taken_by_a_message_and_downloaded_as_it_was() {
    let desk = Desk::start().await;
    let path = ticket(&desk).await;
    let wanted = file("C:\\x\\Bericht ü.html", "text/html", BYTES.len());
    let announced = desk.owner.post(&format!("{path}/attachments"), wanted).await;
    let location = announced.header("location").to_owned();
    let announced = announced.created();
    assert_eq!(location, format!("{path}/attachments/{}", announced["id"].as_str().unwrap()));
    assert_eq!((&announced["file_name"], &announced["upload"]["method"]), (&json!("Bericht ü.html"), &json!("PUT")));
    assert_eq!(send(&announced["upload"], BYTES, &[]).await.status(), 200);
    desk.owner.get(&location).await.problem(404, "not_found");

    let body = json!({"body_text": "See the file.", "attachments": [announced["id"]]});
    let message = say(&desk.owner, &path, body).await.created();
    let shown = json!([{"id": announced["id"], "file_name": "Bericht ü.html", "content_type": "text/html", "size": BYTES.len()}]);
    assert_eq!(message["attachments"], shown);
    let thread = desk.owner.get(&path).await.ok();
    assert_eq!(thread["messages"][1]["attachments"], shown);

    let link = desk.owner.get(&location).await;
    assert_eq!(link.header("cache-control"), "no-store");
    let link = link.ok();
    assert_eq!((&link["message_id"], &link["size"]), (&message["id"], &json!(BYTES.len())));
    let download = reqwest::get(link["url"].as_str().unwrap()).await.unwrap();
    let header = |name: &str| download.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "text/html");
    let disposition = header("content-disposition");
    assert!(disposition.starts_with("attachment; ") && disposition.contains("filename*=UTF-8''Bericht%20%C3%BC.html"));
    assert_eq!(download.bytes().await.unwrap(), BYTES);
}

#[tokio::test]
async fn a_download_may_be_a_redirect() {
    let desk = Desk::start().await;
    let path = ticket(&desk).await;
    let id = uploaded(&desk.owner, &path).await;
    say(&desk.owner, &path, json!({"body_text": "x", "attachments": [id]})).await.created();
    let url = format!("{}{path}/attachments/{}?redirect=true", desk.stack.url(), id.as_str().unwrap());
    let key = desk.key(json!({"name": "P", "kind": "machine", "scopes": ["tickets:read"]})).await;
    let followed = Client::new().get(&url).bearer_auth(&key).send().await.unwrap();
    assert_eq!(followed.bytes().await.unwrap(), BYTES);
    let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let response = client.get(&url).bearer_auth(&key).send().await.unwrap();
    assert_eq!(response.status(), 302);
    assert!(response.headers()["location"].to_str().unwrap().contains("X-Amz-Signature="));
}

#[tokio::test]
async fn an_upload_stores_exactly_what_was_announced_and_once() {
    let desk = Desk::start().await;
    let path = ticket(&desk).await;
    let file = announced(&desk.owner, &path).await;
    let upload = &file["upload"];
    let mismatch = || (403, "SignatureDoesNotMatch".to_owned());
    assert_eq!(refused(send(upload, b"too short", &[]).await).await, mismatch());
    assert_eq!(refused(send(upload, BYTES, &[("content-type", "text/html")]).await).await, mismatch());
    assert_eq!(refused(send(upload, BYTES, &[("if-none-match", "")]).await).await, mismatch());
    assert_eq!(refused(send(upload, BYTES, &[("x-amz-tagging", "state=kept")]).await).await, mismatch());
    let unsigned = [("x-amz-storage-class", "GLACIER")];
    assert_eq!(refused(send(upload, BYTES, &unsigned).await).await, (403, "AccessDenied".to_owned()));
    for (from, to) in [("PUT", "DELETE"), ("PUT", "GET"), ("PUT", "POST")] {
        let mut other = upload.clone();
        assert_eq!(other["method"], from);
        other["method"] = json!(to);
        assert_eq!(refused(send(&other, BYTES, &[]).await).await, mismatch(), "{to}");
    }
    let mut elsewhere = upload.clone();
    let url = upload["url"].as_str().unwrap();
    elsewhere["url"] = json!(url.replace(file["id"].as_str().unwrap(), "01890a5d-ac96-774b-bcce-b302099a8057"));
    assert_eq!(refused(send(&elsewhere, BYTES, &[]).await).await, mismatch());
    elsewhere["url"] = json!(url.split_once('?').unwrap().0);
    assert_eq!(refused(send(&elsewhere, BYTES, &[]).await).await, (403, "AccessDenied".to_owned()));

    assert_eq!(send(upload, BYTES, &[]).await.status(), 200);
    assert_eq!(refused(send(upload, BYTES, &[]).await).await, (412, "PreconditionFailed".to_owned()));
}

#[tokio::test]
async fn signatures_end_after_their_time() {
    let clock = Clock::manual(Timestamp::from_millis(1_795_000_000_000));
    let desk = Desk::start_at(clock.clone()).await;
    let later = |minutes: u64| clock.advance(Duration::from_mins(minutes));
    let path = ticket(&desk).await;
    let (first, second) = (announced(&desk.owner, &path).await, announced(&desk.owner, &path).await);
    later(15);
    assert_eq!(send(&first["upload"], BYTES, &[]).await.status(), 200);
    later(1);
    assert_eq!(refused(send(&second["upload"], BYTES, &[]).await).await, (403, "AccessDenied".to_owned()));
    say(&desk.owner, &path, json!({"body_text": "x", "attachments": [first["id"]]})).await.created();
    let link = desk.owner.get(&format!("{path}/attachments/{}", first["id"].as_str().unwrap())).await.ok();
    later(6);
    let expired = reqwest::get(link["url"].as_str().unwrap()).await.unwrap();
    assert_eq!(refused(expired).await, (403, "AccessDenied".to_owned()));
}

#[tokio::test]
async fn what_is_announced_is_checked_all_at_once() {
    let desk = Desk::start().await;
    let path = format!("{}/attachments", ticket(&desk).await);
    let bad = json!({"file_name": "..", "content_type": "text", "size": 26_214_401, "surprise": 1});
    assert_eq!(desk.owner.post(&path, bad).await.bad_fields(), ["/content_type", "/file_name", "/size", "/surprise"]);
    for bad in [json!(0), json!(-1), json!(1.5), json!("7"), Json::Null] {
        assert_eq!(desk.owner.post(&path, json!({"file_name": "a", "size": bad})).await.bad_fields(), ["/size"]);
    }
    let plain = desk.owner.post(&path, json!({"file_name": "a", "size": 26_214_400})).await.created();
    assert_eq!(plain["content_type"], "application/octet-stream");
    desk.owner.post(&format!("{path}?x=1"), json!({"file_name": "a", "size": 1})).await.expect(400);
    let dry = desk.owner.post(&format!("{path}?dry_run=true"), json!({"file_name": "a", "size": 1})).await.ok();
    assert!(dry["changes"].is_array() && !dry.to_string().contains("X-Amz-Signature"), "{dry}");
    let again = desk.owner.with("idempotency-key", "one");
    let first = again.post(&path, json!({"file_name": "a", "size": 1})).await.created();
    let replayed = again.post(&path, json!({"file_name": "a", "size": 1})).await;
    assert_eq!(replayed.header("idempotent-replayed"), "true");
    assert_eq!(replayed.created(), first);
}

#[tokio::test]
async fn a_message_takes_only_files_that_were_uploaded_to_its_ticket_and_are_free() {
    let desk = Desk::start().await;
    let (path, other) = (ticket(&desk).await, ticket(&desk).await);
    let pending = announced(&desk.owner, &path).await["id"].clone();
    let foreign = uploaded(&desk.owner, &other).await;
    let free = uploaded(&desk.owner, &path).await;
    let taken = uploaded(&desk.owner, &path).await;
    say(&desk.owner, &path, json!({"body_text": "x", "attachments": [taken]})).await.created();
    let files = json!([pending, foreign, free, taken, free]);
    let refused = say(&desk.owner, &path, json!({"body_text": "x", "attachments": files})).await;
    let codes: Vec<_> = refused.body["errors"].as_array().unwrap().iter().map(|error| error["code"].clone()).collect();
    assert_eq!(codes, ["not_uploaded", "no_such_reference", "already_attached", "no_such_reference"]);
    assert_eq!(refused.bad_fields(), ["/attachments/0", "/attachments/1", "/attachments/3", "/attachments/4"]);
    for bad in [json!("x"), json!(["x"]), json!([free, null]), json!(vec![&free; 21])] {
        let refused = say(&desk.owner, &path, json!({"body_text": "x", "attachments": bad})).await;
        assert!(refused.bad_fields()[0].starts_with("/attachments"), "{bad}");
    }
    let body = json!({"body_text": "x", "attachments": [free]});
    let dry = desk.owner.post(&format!("{path}/messages?dry_run=true"), body).await;
    assert_eq!(dry.ok()["events"][0]["type"], "message.created");
    let with_key = desk.owner.with("idempotency-key", "once");
    let body = json!({"body_text": "x", "attachments": [free]});
    let first = say(&with_key, &path, body.clone()).await.created();
    assert_eq!(say(&with_key, &path, body).await.created(), first);
    assert_eq!(desk.owner.get(&path).await.ok()["messages"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn of_sixteen_messages_one_takes_the_file() {
    let desk = Desk::start().await;
    let path = ticket(&desk).await;
    let id = uploaded(&desk.owner, &path).await;
    let attempts = (0..16).map(|_| {
        let (owner, path, body) = (desk.owner.clone(), path.clone(), json!({"body_text": "x", "attachments": [id]}));
        tokio::spawn(async move { say(&owner, &path, body).await.status.as_u16() })
    });
    let mut made = 0;
    for attempt in attempts.collect::<Vec<_>>() {
        let status = attempt.await.unwrap();
        assert!([201, 409, 422, 503].contains(&status), "{status}");
        made += usize::from(status == 201);
    }
    assert_eq!(made, 1);
    assert_eq!(desk.owner.get(&path).await.ok()["messages"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn files_are_seen_by_those_who_see_what_their_message_says() {
    let desk = Desk::start().await;
    let channel = desk.channel().await;
    let body = json!({"subject": "S", "channel_id": channel["id"], "from": {"email": "a@customer.example"}, "message": {"body_text": "x"}});
    let made = desk.owner.post("/v1/tickets", body).await.created();
    let path = format!("/v1/tickets/{}", made["id"].as_str().unwrap());
    let scopes = ["tickets:read", "tickets:write"];
    let phone = desk.with_key(
        &desk.key(json!({"name": "Phone", "kind": "channel", "channel_id": channel["id"], "scopes": scopes})).await,
    );
    let machine = desk.machine(&scopes).await;
    let (_, restricted) = desk.user("Rick", "restricted").await;
    let stranger = desk.other_workspace().await;
    let mut files = Vec::new();
    for more in [json!({}), json!({"kind": "note"}), json!({"is_secure": true})] {
        let id = uploaded(&desk.owner, &path).await;
        let mut body = json!({"body_text": "x", "attachments": [id]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        say(&desk.owner, &path, body).await.created();
        files.push(format!("{path}/attachments/{}", id.as_str().unwrap()));
    }
    for (who, api, seen) in [
        ("owner", &desk.owner, [200, 200, 200]),
        ("machine", &machine, [200, 200, 404]),
        ("phone", &phone, [200, 404, 404]),
        ("restricted", &restricted, [404, 404, 404]),
        ("stranger", &stranger, [404, 404, 404]),
        ("nobody", &desk.nobody(), [401, 401, 401]),
    ] {
        for (file, status) in files.iter().zip(seen) {
            assert_eq!(api.get(file).await.status, status, "{who} {file}");
        }
    }
    for list in [format!("{path}/messages"), path.clone()] {
        let (program, line) = (machine.get(&list).await.body.to_string(), phone.get(&list).await.body.to_string());
        assert_eq!((program.matches("report.pdf").count(), line.matches("report.pdf").count()), (2, 1), "{list}");
        assert!(program.contains("\"note\"") && !line.contains("\"note\""), "{list}");
    }
    stranger.post(&format!("{path}/attachments"), file("a", "a/b", 1)).await.problem(404, "not_found");
    restricted.post(&format!("{path}/attachments"), file("a", "a/b", 1)).await.problem(404, "not_found");
    let reader = desk.machine(&["tickets:read"]).await;
    reader.post(&format!("{path}/attachments"), file("a", "a/b", 1)).await.problem(403, "missing_scope");
}

#[tokio::test]
async fn a_deleted_message_takes_its_files_with_it() {
    let desk = Desk::start().await;
    let path = ticket(&desk).await;
    let id = uploaded(&desk.owner, &path).await;
    let message = say(&desk.owner, &path, json!({"body_text": "x", "attachments": [id]})).await.created();
    let file = format!("{path}/attachments/{}", id.as_str().unwrap());
    let link = desk.owner.get(&file).await.ok()["url"].clone();
    assert_eq!(reqwest::get(link.as_str().unwrap()).await.unwrap().status(), 200);
    let one = format!("{path}/messages/{}", message["id"].as_str().unwrap());
    desk.owner.delete(&one).await.expect(204);
    desk.owner.get(&file).await.problem(404, "not_found");
    let gone = reqwest::get(link.as_str().unwrap()).await.unwrap();
    assert_eq!(refused(gone).await, (404, "NoSuchKey".to_owned()));
}

#[tokio::test]
async fn no_event_webhook_or_preview_tells_of_a_file() {
    let desk = Desk::start().await;
    let mut receiver = desk.receiver(&["message.created"]).await;
    let path = ticket(&desk).await;
    receiver.next().await;
    let id = uploaded(&desk.owner, &path).await;
    say(&desk.owner, &path, json!({"body_text": "A secret", "is_secure": true, "attachments": [id]})).await.created();
    let told = receiver.next().await;
    assert!(!told.raw.contains("report") && !told.raw.contains("secret"), "{}", told.raw);
    let log = desk.owner.get(&format!("{path}/activities")).await.body.to_string();
    assert!(!log.contains("report") && !log.contains("secret"), "{log}");
    assert_eq!(desk.owner.get(&path).await.ok()["preview"], "Hello, I need help.");
}

#[tokio::test]
async fn browsers_of_any_page_may_upload_with_a_signed_request() {
    let desk = Desk::start().await;
    let path = ticket(&desk).await;
    let upload = announced(&desk.owner, &path).await["upload"].clone();
    let request = Client::new().request(Method::OPTIONS, upload["url"].as_str().unwrap());
    let request = request.header("origin", "https://agents.example").header("access-control-request-method", "PUT");
    let answer = request.header("access-control-request-headers", "content-type,if-none-match,x-amz-tagging").send();
    let answer = answer.await.unwrap();
    assert_eq!(answer.status(), 200);
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("access-control-allow-origin"), "*");
    assert!(header("access-control-allow-methods").contains("PUT"));
    assert!(header("access-control-allow-headers").contains("x-amz-tagging"));
    let stored = send(&upload, BYTES, &[("origin", "https://agents.example")]).await;
    assert_eq!(
        (stored.status().as_u16(), &stored.headers()["access-control-allow-origin"]),
        (200, &"*".parse().unwrap())
    );
}

#[tokio::test]
async fn files_outlive_a_restart_and_abandoned_ones_do_not() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options::in_folder(folder.path());
    let clock = Clock::manual(Timestamp::from_millis(1_795_000_000_000));
    let desk = Desk::of(Stack::start_at(&options, clock.clone()).await.unwrap()).await;
    let key = desk.key(json!({"name": "P", "kind": "machine", "scopes": ["tickets:read", "tickets:write"]})).await;
    let path = ticket(&desk).await;
    let (kept, left) = (uploaded(&desk.owner, &path).await, uploaded(&desk.owner, &path).await);
    say(&desk.owner, &path, json!({"body_text": "x", "attachments": [kept]})).await.created();
    desk.stack.stop().await;
    clock.advance(Duration::from_hours(25));

    let stack = Stack::start_at(&options, clock).await.unwrap();
    let api = Api::of(&stack.url(), Some(&key));
    let link = api.get(&format!("{path}/attachments/{}", kept.as_str().unwrap())).await.ok();
    assert_eq!(reqwest::get(link["url"].as_str().unwrap()).await.unwrap().bytes().await.unwrap(), BYTES);
    let late = say(&api, &path, json!({"body_text": "x", "attachments": [left]})).await;
    assert_eq!(late.body["errors"][0]["code"], "not_uploaded", "{}", late.body);
    stack.stop().await;
}

#[tokio::test]
async fn a_visitor_downloads_the_files_of_public_messages_and_no_others() {
    let desk = Desk::start().await;
    let channel = desk.channel().await;
    let intake = format!("/intake/{}", channel["public_token"].as_str().unwrap());
    let page = desk.nobody().with("origin", "https://shop.example");
    let session = page.post(&format!("{intake}/session"), json!({})).await.created();
    let visitor = page.with("authorization", &format!("Bearer {}", session["session"].as_str().unwrap()));
    let body = json!({"subject": "Help", "message": {"body_text": "Where is it?"}});
    let opened = visitor.post(&format!("{intake}/tickets"), body).await.created();
    let own = format!("/intake/tickets/{}", opened["public_token"].as_str().unwrap());
    let listed = desk.owner.get("/v1/tickets?include=unprocessed").await.ok();
    let path = format!("/v1/tickets/{}", listed[0]["id"].as_str().unwrap());
    let mut files = Vec::new();
    for more in [json!({}), json!({"kind": "note"}), json!({"is_forward": true})] {
        let id = uploaded(&desk.owner, &path).await;
        let mut body = json!({"body_text": "x", "attachments": [id]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        say(&desk.owner, &path, body).await.created();
        files.push(id);
    }
    let pending = uploaded(&desk.owner, &path).await;
    let seen = page.get(&own).await.ok();
    let shown: Vec<_> =
        seen["messages"].as_array().unwrap().iter().map(|message| &message["attachments"][0]["id"]).collect();
    assert_eq!(shown, [&Json::Null, &files[0], &files[2]]);
    let file = |id: &Json| format!("{own}/attachments/{}", id.as_str().unwrap());
    for id in [&files[0], &files[2]] {
        let link = page.get(&file(id)).await.ok();
        assert_eq!(reqwest::get(link["url"].as_str().unwrap()).await.unwrap().bytes().await.unwrap(), BYTES);
    }
    for id in [&files[1], &pending, &json!("x")] {
        page.get(&file(id)).await.problem(404, "not_found");
    }
    desk.nobody().with("origin", "https://evil.example").get(&file(&files[0])).await.expect(403);
    page.get(&file(&files[0]).replace(own.rsplit('/').next().unwrap(), "x")).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_deletion_that_was_interrupted_is_finished_by_asking_again() {
    let desk = Desk::start().await;
    let path = ticket(&desk).await;
    let id = uploaded(&desk.owner, &path).await;
    let message = say(&desk.owner, &path, json!({"body_text": "x", "attachments": [id]})).await.created();
    let link = desk.owner.get(&format!("{path}/attachments/{}", id.as_str().unwrap())).await.ok()["url"].clone();
    commit_deletion(&desk, &message).await;
    let download = async || reqwest::get(link.as_str().unwrap()).await.unwrap().status().as_u16();
    assert_eq!(download().await, 200, "the object is still there");
    desk.owner.get(&format!("{path}/attachments/{}", id.as_str().unwrap())).await.problem(404, "not_found");
    desk.owner.delete(&format!("{path}/messages/{}", message["id"].as_str().unwrap())).await.problem(404, "not_found");
    assert_eq!(download().await, 404);
}

/// What a deletion writes first; then its function ends.
async fn commit_deletion(desk: &Desk, message: &Json) {
    let (tickets, clock) = (&desk.stack.app.tickets, &desk.stack.app.clock);
    let workspace = desk.owner.get("/v1/workspace").await.ok()["id"].as_str().unwrap().parse().unwrap();
    let ticket: TicketId = message["ticket_id"].as_str().unwrap().parse().unwrap();
    let head = tickets.ticket(workspace, ticket).await.unwrap().unwrap();
    let message = tickets.message(workspace, ticket, message["id"].as_str().unwrap().parse().unwrap()).await;
    let context = Context {
        actor: Actor::System,
        rules: AccessRules::default(),
        request_id: None,
        is_silent: false,
        if_match: None,
        now: clock.now(),
    };
    let remains = RemainingMessages { newest: &[], is_all: false };
    let change = delete_message(&message.unwrap().unwrap(), remains, &context, &head).unwrap();
    tickets.commit(workspace, ticket, &change, None).await.unwrap();
}
