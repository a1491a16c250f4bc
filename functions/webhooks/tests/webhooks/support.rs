//! Two workspaces in a table of their own, and a router to drive.

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, Request},
};
use lambdesk_api::{auth::BearerKey, seal::SealingKey, state::App};
use lambdesk_domain::{
    access::{AccessRules, Role, Scope, Scopes},
    directory::{ApiKey, Channel, DeletionPolicy, Entry, KeyHolder, Retention, User, Workspace},
    events::Event,
    id::{ApiKeyId, ChannelId, TicketId, UserId, WorkspaceId},
    status::ChannelType,
    testing::samples::form,
    time::Timestamp,
};
use lambdesk_engine::{Engine, Storage};
use lambdesk_outbound::AddressPolicy;
use lambdesk_runtime::{Clock, Config, Hint, HintQueue, aws::dynamo_client};
use lambdesk_store::{New, Store};
use serde_json::{Value as Json, json};
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};
use tokio::sync::mpsc::Receiver;
use tower::ServiceExt as _;
use uuid::Uuid;

/// 2026-03-01T12:00:00Z.
const NOW: u64 = 1_772_366_400_000;

/// The function, running.
pub struct Stack {
    pub engine: Engine,
    pub store: Store,
    pub clock: Clock,
    pub hints: Receiver<Hint>,
    router: Router,
    told: AtomicU64,
    pub ours: Tenancy,
    pub theirs: Tenancy,
}

/// A workspace with its owner and one channel.
pub struct Tenancy {
    pub workspace: Workspace,
    pub channel: ChannelId,
    /// The owner's key.
    pub key: String,
}

/// An answer, read.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.text).unwrap()
    }

    pub fn data(&self) -> Json {
        self.json()["data"].take()
    }

    pub fn code(&self) -> (u16, String) {
        (self.status, self.json()["code"].as_str().unwrap().to_owned())
    }

    pub fn pointers(&self) -> Vec<String> {
        let problem = self.json();
        let errors = problem["errors"].as_array().unwrap().iter();
        errors.map(|error| error["pointer"].as_str().unwrap().to_owned()).collect()
    }
}

/// A request to be sent.
pub struct Ask<'a> {
    pub key: &'a str,
    pub method: &'a str,
    pub path: &'a str,
    pub body: Option<Json>,
    pub headers: &'a [(&'a str, &'a str)],
}

impl Stack {
    pub async fn start() -> Self {
        let engine = Engine::open(Storage::Memory).unwrap();
        let url = engine.url();
        let config = Config::read(|name| match name {
            "LAMBDESK_TABLE" => Some("lambdesk-test".to_owned()),
            "AWS_REGION" => Some("eu-central-1".to_owned()),
            "AWS_ENDPOINT_URL" => Some(url.clone()),
            "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("test".to_owned()),
            _ => None,
        });
        let config = config.unwrap();
        let store = Store::new(dynamo_client(&config.aws), &config.table);
        store.create_table().await.unwrap();
        let mut app = App::new(store.clone(), SealingKey::new(&[7; 32]));
        app.clock = Clock::manual(Timestamp::from_millis(NOW));
        let clock = app.clock.clone();
        let (queue, hints) = HintQueue::local(1_000);
        let policy = AddressPolicy::allowing(["localhost:9000"]).unwrap();
        let router = lambdesk_webhooks::routes(policy, Some(queue)).router(&app);
        let (ours, theirs) = (workspace(&store, clock.now()).await, workspace(&store, clock.now()).await);
        Self { engine, store, clock, hints, router, told: AtomicU64::new(1), ours, theirs }
    }

    pub async fn send(&self, ask: Ask<'_>) -> Answer {
        let mut request = Request::builder().method(ask.method).uri(ask.path);
        request = request.header("authorization", format!("Bearer {}", ask.key));
        for (name, value) in ask.headers {
            request = request.header(*name, *value);
        }
        let body = match ask.body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        let response = self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        Answer { status: parts.status.as_u16(), headers: parts.headers, text }
    }

    /// By our owner, without headers.
    pub async fn ask(&self, method: &str, path: &str, body: Option<Json>) -> Answer {
        self.send(Ask { key: &self.ours.key, method, path, body, headers: &[] }).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, None).await
    }

    pub async fn post(&self, path: &str, body: Json) -> Answer {
        self.ask("POST", path, Some(body)).await
    }

    /// A new endpoint of ours that takes everything: its data, with the secret.
    pub async fn endpoint(&self) -> Json {
        let answer = self.post("/v1/webhooks", json!({"url": "https://hooks.example.com/in", "types": ["*"]})).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.data()
    }

    /// The path of a new endpoint.
    pub async fn endpoint_path(&self) -> String {
        path_of(&self.endpoint().await)
    }

    /// A new key of ours for a new user of this role.
    pub async fn user_key(&self, role: Role) -> String {
        let user = user(role);
        let id = user.id;
        let workspace = self.ours.workspace.id;
        self.store.add(workspace, New::Entry(&Entry::User(user)), None, self.clock.now()).await.unwrap();
        self.key(KeyHolder::User { user_id: id }, Scopes::ALL).await
    }

    pub async fn key(&self, holder: KeyHolder, scopes: Scopes) -> String {
        let (key, hash, text) = key(self.ours.workspace.id, holder, scopes, self.clock.now());
        let new = New::ApiKey { key: &key, hash: &hash, holder: None };
        self.store.add(key.workspace_id, new, None, self.clock.now()).await.unwrap();
        text
    }

    pub async fn machine_key(&self, scopes: &[Scope]) -> String {
        self.key(KeyHolder::Machine, scopes.iter().copied().collect()).await
    }

    /// Writes an event of ours, told now.
    pub async fn tell(&self, event: &Event) {
        assert!(self.store.add_event(event, self.position(), self.clock.now()).await.unwrap());
    }

    /// A new position of the feed. Not from [`Clock::new_uuid`]: all manual clocks of a
    /// process give ascending ids together, so another test's later clock shows in them.
    fn position(&self) -> Uuid {
        let mut random = [0; 10];
        random[2..].copy_from_slice(&self.told.fetch_add(1, Ordering::SeqCst).to_be_bytes());
        uuid::Builder::from_unix_timestamp_millis(self.clock.now().millis(), &random).into_uuid()
    }

    pub fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// The `version`th event of a ticket of ours.
    pub fn event(&self, ticket: u128, version: u64, kind: &str) -> Event {
        event(self.ours.workspace.id, ticket, version, kind, self.clock.now())
    }
}

pub fn path_of(endpoint: &Json) -> String {
    format!("/v1/webhooks/{}", endpoint["id"].as_str().unwrap())
}

pub fn ticket_id(number: u128) -> TicketId {
    TicketId::new(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + number))
}

pub fn event(workspace: WorkspaceId, ticket: u128, version: u64, kind: &str, at: Timestamp) -> Event {
    let (ticket, is_new) = (ticket_id(ticket), kind == "ticket.created");
    let types = if is_new { vec![kind] } else { vec![kind, "ticket.updated"] };
    let event = serde_json::from_value(json!({
        "id": Uuid::now_v7(), "type": kind, "types": types, "created_at": at, "workspace_id": workspace,
        "ticket_id": ticket, "sequence": version, "actor": {"kind": "system"}, "request_id": null,
        "is_silent": false, "changes": [],
        "data": {"ticket": {
            "id": ticket, "number": 1, "version": version, "status": "open", "shelf": "live", "priority": "normal",
            "source": "api", "channel_id": null, "category_id": null, "team_id": null, "assignee_id": null,
            "contact_id": null, "account_id": null, "tag_ids": [], "awaiting": "agent", "replies_count": 0,
            "is_read_by_customer": false, "is_read_by_organization": false, "follow_up_at": null,
            "created_at": at, "updated_at": at, "last_activity_at": at, "resolved_at": null, "closed_at": null,
        }},
    }));
    Event::Ticket(event.unwrap())
}

fn user(role: Role) -> User {
    let id = Uuid::now_v7();
    User {
        id: UserId::new(id),
        name: "Ada".parse().unwrap(),
        email: format!("{id}@example.com").parse().unwrap(),
        role,
        is_enabled: true,
        picture_url: None,
        timezone: None,
    }
}

fn key(workspace: WorkspaceId, holder: KeyHolder, scopes: Scopes, now: Timestamp) -> (ApiKey, String, String) {
    let (text, hash) = BearerKey::generate(workspace);
    let key = ApiKey {
        id: ApiKeyId::new(Uuid::now_v7()),
        workspace_id: workspace,
        name: "key".parse().unwrap(),
        holder,
        scopes,
        expires_at: None,
        created_at: now,
    };
    (key, hash, text)
}

async fn workspace(store: &Store, now: Timestamp) -> Tenancy {
    let workspace = Workspace {
        id: WorkspaceId::new(Uuid::now_v7()),
        name: "Workspace".parse().unwrap(),
        access: AccessRules::default(),
        deletion: DeletionPolicy::Trash,
        retention: Retention::default(),
        salt: "salt".to_owned(),
        created_at: now.minus(Duration::from_hours(365 * 24)),
    };
    let owner = user(Role::Owner);
    let holder = KeyHolder::User { user_id: owner.id };
    let (key, hash, text) = key(workspace.id, holder, Scopes::ALL, now);
    let owner = Entry::User(owner);
    let new = New::Workspace { workspace: &workspace, owner: &owner, key: &key, hash: &hash };
    store.add(workspace.id, new, None, now).await.unwrap();
    let channel = Channel {
        name: "Phone".parse().unwrap(),
        kind: ChannelType::Phone,
        token: Uuid::now_v7().to_string(),
        created_at: now,
        ..form(ChannelId::new(Uuid::now_v7()))
    };
    store.add(workspace.id, New::Entry(&Entry::Channel(channel.clone())), None, now).await.unwrap();
    Tenancy { workspace, channel: channel.id, key: text }
}
