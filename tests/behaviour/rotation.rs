//! Rotating the sealing key: what one key made lives on beside the next, and ends
//! with it. README.md of `infra` says the same to operators.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use lambdesk_local::{Options, Stack};
use lambdesk_tests::{Api, Desk, Json, Reply, json};
use ring::hmac;
use std::fs;
use tempfile::TempDir;

const PAGE: &str = "https://shop.example";

/// Starts with the data and the sealing keys of this folder.
async fn start(folder: &TempDir) -> Stack {
    Stack::start(&Options::in_folder(folder.path())).await.unwrap()
}

fn desk(stack: Stack, key: &str) -> Desk {
    let owner = Api::of(&stack.url(), Some(key));
    Desk { stack, owner }
}

/// One of each that depends on the sealing key, and the channel that it belongs to.
struct Made {
    /// The channel's, and the idempotency key.
    name: String,
    channel: Json,
    cursor: String,
    session: String,
    public_token: String,
    identity_secret: String,
    answer: Json,
}

impl Made {
    async fn by(desk: &Desk, name: &str) -> Self {
        let channel = json!({"name": name, "type": "chat", "hostnames": ["shop.example"]});
        let channel = desk.owner.post("/v1/channels", channel).await.created();
        let secret_path = format!("/v1/channels/{}/identity-secret", text(&channel["id"]));
        let secret = desk.owner.post(&secret_path, json!({})).await.ok();
        let session = begin(desk, &channel, json!({})).await.created();
        let opened = open(desk, &channel, text(&session["session"])).await.created();
        let answer = create_once(desk, name).await.created();
        let page = desk.owner.get("/v1/tickets?limit=1").await.expect(200);
        Self {
            cursor: text(&page["page"]["next_cursor"]).to_owned(),
            session: text(&session["session"]).to_owned(),
            public_token: text(&opened["public_token"]).to_owned(),
            identity_secret: text(&secret["secret"]).to_owned(),
            name: name.to_owned(),
            channel,
            answer,
        }
    }

    async fn lives_on(&self, desk: &Desk) {
        self.next_page(desk).await.ok();
        open(desk, &self.channel, &self.session).await.created();
        self.own_ticket(desk).await.ok();
        self.log_in(desk).await.created();
        let replayed = create_once(desk, &self.name).await;
        assert_eq!(replayed.header("idempotent-replayed"), "true");
        assert_eq!(replayed.created(), self.answer);
        self.keeps_what_no_key_made(desk).await;
    }

    async fn has_ended(&self, desk: &Desk) {
        self.next_page(desk).await.problem(400, "invalid_cursor");
        open(desk, &self.channel, &self.session).await.problem(401, "unauthorized");
        self.own_ticket(desk).await.problem(404, "not_found");
        self.log_in(desk).await.problem(422, "invalid_identity");
        let before = tickets(desk).await;
        create_once(desk, &self.name).await.problem(409, "answer_unreadable");
        assert_eq!(tickets(desk).await, before, "it is not done twice");
        self.keeps_what_no_key_made(desk).await;
    }

    /// The owner's API key, with which all of this is asked, and the channel's token.
    async fn keeps_what_no_key_made(&self, desk: &Desk) {
        let channel = desk.owner.get(&format!("/v1/channels/{}", text(&self.channel["id"]))).await.ok();
        assert_eq!(channel["public_token"], self.channel["public_token"]);
        begin(desk, &self.channel, json!({})).await.created();
    }

    async fn next_page(&self, desk: &Desk) -> Reply {
        desk.owner.get(&format!("/v1/tickets?limit=1&cursor={}", self.cursor)).await
    }

    async fn own_ticket(&self, desk: &Desk) -> Reply {
        desk.nobody().get(&format!("/intake/tickets/{}", self.public_token)).await
    }

    /// A session for somebody whom the site's own login knows.
    async fn log_in(&self, desk: &Desk) -> Reply {
        let claims = json!({"sub": "customer-7", "exp": desk.stack.app.clock.now().seconds() + 600});
        let [header, claims] = [json!({"alg": "HS256"}), claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let input = format!("{header}.{claims}");
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.identity_secret.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&key, input.as_bytes()));
        begin(desk, &self.channel, json!({"identity": format!("{input}.{signature}")})).await
    }
}

fn text(value: &Json) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}

async fn begin(desk: &Desk, channel: &Json, body: Json) -> Reply {
    let path = format!("/intake/{}/session", text(&channel["public_token"]));
    desk.nobody().with("origin", PAGE).post(&path, body).await
}

async fn open(desk: &Desk, channel: &Json, session: &str) -> Reply {
    let path = format!("/intake/{}/tickets", text(&channel["public_token"]));
    let visitor = desk.nobody().with("origin", PAGE).with("authorization", &format!("Bearer {session}"));
    let from = json!({"name": "Grace Example", "email": "grace@customer.example"});
    let body = json!({"subject": "Where is it?", "message": {"body_text": "Not here."}, "from": from});
    visitor.post(&path, body).await
}

async fn create_once(desk: &Desk, idempotency_key: &str) -> Reply {
    let caller = desk.owner.with("idempotency-key", idempotency_key);
    caller.post("/v1/tickets", json!({"subject": "Once", "message": {"body_text": "x"}})).await
}

async fn tickets(desk: &Desk) -> usize {
    desk.owner.get("/v1/tickets?limit=100").await.ok().as_array().unwrap().len()
}

#[tokio::test]
async fn what_a_sealing_key_made_lives_on_beside_the_next_one_and_ends_without_it() {
    let folder = TempDir::new().unwrap();
    let (current, previous) = (folder.path().join("sealing.key"), folder.path().join("sealing.key.previous"));
    let stack = start(&folder).await;
    let key = stack.bootstrap("Test", "Olga Owner", "owner@desk.example").await.unwrap();
    let before = desk(stack, &key);
    let old = Made::by(&before, "old").await;
    old.lives_on(&before).await;
    before.stack.stop().await;

    fs::rename(&current, &previous).unwrap();
    let overlap = desk(start(&folder).await, &key);
    old.lives_on(&overlap).await;
    let new = Made::by(&overlap, "new").await;
    new.lives_on(&overlap).await;
    overlap.stack.stop().await;

    fs::remove_file(&previous).unwrap();
    let after = desk(start(&folder).await, &key);
    old.has_ended(&after).await;
    new.lives_on(&after).await;
    after.stack.stop().await;
}
