//! The routes over an engine in memory, and short words to call them.

use aws_credential_types::Credentials;
use http_body_util::BodyExt as _;
use lambdesk_api::{auth::BearerKey, seal::SealingKey, state::App as State};
use lambdesk_domain::{
    access::{AccessRules, Role, Scope, Scopes},
    directory::{ApiKey, Channel, DeletionPolicy, Entry, KeyHolder, Retention, User, Workspace},
    id::{ApiKeyId, ChannelId, UserId, WorkspaceId},
    status::ChannelType,
    testing::samples::form,
    text::Name,
    time::Timestamp,
};
use lambdesk_engine::{Engine, Storage};
use lambdesk_runtime::{Clock, aws::dynamo_client, config::Aws, new_uuid};
use lambdesk_store::{New, Store};
use serde_json::{Value, json};
use tower::ServiceExt as _;

pub const NOW: &str = "2027-01-15T08:00:00.000Z";

/// One installation.
pub struct App {
    pub store: Store,
    router: axum::Router,
    _engine: Engine,
}

/// What was answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: axum::http::HeaderMap,
    pub body: Value,
}

impl Answer {
    /// The thing that was answered.
    pub fn data(&self) -> &Value {
        &self.body["data"]
    }

    /// Its id.
    pub fn id(&self) -> String {
        self.data()["id"].as_str().unwrap_or_else(|| panic!("{}", self.body)).to_owned()
    }

    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Pointer and code of every bad field.
    pub fn errors(&self) -> Vec<(&str, &str)> {
        let errors = self.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().map(|error| (error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap())).collect()
    }
}

impl App {
    pub async fn start() -> Self {
        let engine = Engine::open(Storage::Memory).unwrap();
        let credentials = Credentials::from_keys("test", "test", None);
        let aws = Aws { region: "local".to_owned(), credentials, dynamodb_url: Some(engine.url()), sqs_url: None };
        let store = Store::new(dynamo_client(&aws), "lambdesk-test");
        store.create_table().await.unwrap();
        let clock = Clock::manual(NOW.parse().unwrap());
        let state = State { clock, ..State::new(store.clone(), SealingKey::new(&[7; 32])) };
        let router = lambdesk_contacts::routes().router(&state);
        Self { store, router, _engine: engine }
    }

    /// A new workspace, and its owner's key.
    pub async fn workspace(&self) -> (WorkspaceId, String) {
        let created_at: Timestamp = NOW.parse().unwrap();
        let id = WorkspaceId::new(new_uuid());
        let workspace = Workspace {
            id,
            name: name("Acme"),
            access: AccessRules::default(),
            deletion: DeletionPolicy::Trash,
            retention: Retention::default(),
            salt: id.to_string(),
            created_at,
        };
        let user = UserId::new(new_uuid());
        let email = "ada@acme.example".parse().unwrap();
        let owner = Entry::User(User {
            id: user,
            name: name("Ada"),
            email,
            role: Role::Owner,
            is_enabled: true,
            picture_url: None,
            timezone: None,
        });
        let (text, hash) = BearerKey::generate(id);
        let key = api_key(id, KeyHolder::User { user_id: user }, Scopes::ALL);
        let new = New::Workspace { workspace: &workspace, owner: &owner, key: &key, hash: &hash };
        self.store.add(id, new, None, created_at).await.unwrap();
        (id, text)
    }

    /// A further key of a machine with these scopes, or of a channel with all.
    pub async fn key(&self, workspace: WorkspaceId, scopes: &[Scope]) -> String {
        let (holder, scopes) = match scopes {
            [] => (KeyHolder::Channel { channel_id: self.channel(workspace).await }, Scopes::ALL),
            scopes => (KeyHolder::Machine, scopes.iter().copied().collect()),
        };
        let (text, hash) = BearerKey::generate(workspace);
        let key = api_key(workspace, holder, scopes);
        let new = New::ApiKey { key: &key, hash: &hash, holder: None };
        self.store.add(workspace, new, None, key.created_at).await.unwrap();
        text
    }

    async fn channel(&self, workspace: WorkspaceId) -> ChannelId {
        let channel = Channel {
            name: "Phone".parse().unwrap(),
            kind: ChannelType::Phone,
            created_at: NOW.parse().unwrap(),
            ..form(ChannelId::new(new_uuid()))
        };
        let entry = Entry::Channel(channel.clone());
        self.store.add(workspace, New::Entry(&entry), None, channel.created_at).await.unwrap();
        channel.id
    }

    pub async fn get(&self, path: &str, key: &str) -> Answer {
        self.send("GET", path, key, &[], "").await
    }

    pub async fn patch(&self, path: &str, key: &str, body: Value) -> Answer {
        self.send("PATCH", path, key, &[], &body.to_string()).await
    }

    pub async fn delete(&self, path: &str, key: &str) -> Answer {
        self.send("DELETE", path, key, &[], "").await
    }

    pub async fn post(&self, path: &str, key: &str, body: Value) -> Answer {
        self.send("POST", path, key, &[], &body.to_string()).await
    }

    pub async fn send(&self, method: &str, path: &str, key: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request =
            axum::http::Request::builder().method(method).uri(path).header("authorization", format!("Bearer {key}"));
        for (name, value) in headers.iter().chain(&[("content-type", "application/json")]) {
            request = request.header(*name, *value);
        }
        let request = request.body(axum::body::Body::from(body.to_owned())).unwrap();
        let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = if bytes.is_empty() { json!(null) } else { serde_json::from_slice(&bytes).unwrap() };
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn api_key(workspace_id: WorkspaceId, holder: KeyHolder, scopes: Scopes) -> ApiKey {
    let id = ApiKeyId::new(new_uuid());
    ApiKey { id, workspace_id, name: name("Key"), holder, scopes, expires_at: None, created_at: NOW.parse().unwrap() }
}
