//! A workspace in an engine in memory, a function's router over it, and short
//! words for the tests beside.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, dead_code, reason = "tests; each uses its own part")]

use aws_credential_types::Credentials;
use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request},
};
use http_body_util::BodyExt as _;
use lambdesk_api::{auth::BearerKey, channel_token::ChannelToken, function::Routes, seal::SealingKey, state::App};
use lambdesk_domain::{
    access::{AccessRules, Actor, Role, Scope, Scopes},
    command::{self, Context, Decision, Fields, NewReply, Prior, Rejection, ReplyKind, Update},
    contact::Contact,
    directory::{
        ApiKey, Channel, DeletionPolicy, Entry, IntakePolicy, KeyHolder, OpeningRules, Retention, User, Workspace,
    },
    id::{ApiKeyId, ChannelId, MessageId, TicketId, UserId, WorkspaceId},
    message::Content,
    status::{ChannelType, Priority, Status},
    ticket::Ticket,
    time::Timestamp,
};
use lambdesk_engine::{Engine, Storage};
use lambdesk_runtime::{Clock, aws::dynamo_client, config::Aws};
use lambdesk_store::{ContactPlan, EntryChange, New, Store, Usage};
use serde_json::Value as Json;
use std::{pin::Pin, time::Duration};
use tower::ServiceExt as _;
use uuid::Uuid;

const TABLE: &str = "lambdesk-test";
/// 2026-01-01.
const START: u64 = 1_767_225_600_000;

/// A function over its own table, with a workspace and its owner.
pub struct Desk {
    pub store: Store,
    pub app: App,
    pub workspace: WorkspaceId,
    pub owner: UserId,
    router: Router,
    table: Table,
    engine: Engine,
}

/// Reads the whole table: how many items it has, and all of them as text.
type Table = Box<dyn Fn() -> Pin<Box<dyn Future<Output = (i32, String)>>>>;

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    pub usage: Usage,
}

impl Answer {
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("no JSON: {}", self.text))
    }

    pub fn data(&self) -> Json {
        self.json()["data"].clone()
    }

    /// A header's text; empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The status and the problem's code.
    pub fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        (self.status, self.json()["code"].as_str().unwrap().to_owned())
    }

    /// The pointers of the bad fields.
    pub fn pointers(&self) -> Vec<String> {
        let errors = self.json()["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect()
    }
}

impl Desk {
    pub async fn new(routes: Routes) -> Self {
        let engine = Engine::open(Storage::Memory).unwrap();
        let client = dynamo_client(&aws(&engine));
        let store = Store::new(client.clone(), TABLE);
        store.create_table().await.unwrap();
        let app = App {
            clock: Clock::manual(Timestamp::from_millis(START)),
            ..App::new(store.clone(), SealingKey::new(&[7; 32]))
        };
        let (workspace, owner) = create_workspace(&store).await;
        let table: Table = Box::new(move || {
            let request = client.scan().table_name(TABLE);
            Box::pin(async move {
                let output = request.send().await.unwrap();
                (output.count(), format!("{:?}", output.items()))
            })
        });
        let served = routes.router(&app);
        Self { store, app, workspace, owner, router: served, table, engine }
    }

    /// The store as another process has it: nothing remembered.
    pub fn elsewhere(&self) -> Store {
        Store::new(dynamo_client(&aws(&self.engine)), TABLE)
    }

    /// How many items the table holds.
    pub async fn size(&self) -> i32 {
        (self.table)().await.0
    }

    /// All that the table holds, as text.
    pub async fn everything(&self) -> String {
        (self.table)().await.1
    }

    pub fn now(&self) -> Timestamp {
        self.app.clock.now()
    }

    pub fn wait(&self, time: Duration) {
        self.app.clock.advance(time);
    }

    pub async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.into()).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let answer = Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: String::from_utf8(body.to_vec()).unwrap(),
            usage: parts.extensions.get().cloned().unwrap_or_default(),
        };
        assert!(answer.status < 500, "{method} {path}: {answer:?}");
        answer
    }

    /// Adds a channel for `shop.example` that `change` makes another.
    pub async fn channel(&self, change: impl FnOnce(&mut Channel)) -> Channel {
        let mut channel = Channel {
            id: ChannelId::new(self.app.new_id()),
            name: format!("Website {}", self.app.new_id()).parse().unwrap(),
            kind: ChannelType::Chat,
            color: Some("#00aaff".parse().unwrap()),
            is_enabled: true,
            hostnames: vec!["shop.example".parse().unwrap()],
            intake: IntakePolicy::Accept,
            require_existing_contact: false,
            default_priority: Priority::High,
            opening: OpeningRules::default(),
            token: ChannelToken::new_secret(),
            identity_generation: 0,
            created_at: self.now(),
        };
        change(&mut channel);
        self.add(Entry::Channel(channel.clone())).await;
        channel
    }

    pub async fn add(&self, entry: Entry) {
        self.write_new(New::Entry(&entry)).await;
    }

    /// Adds a contact.
    pub async fn add_contact(&self, contact: &Contact) {
        let (_, plan) = ContactPlan::create(contact.clone(), None);
        let added = self.store.write_contacts(self.workspace, &plan, None, None, self.now()).await;
        assert!(added.unwrap());
    }

    async fn write_new(&self, new: New<'_>) {
        self.store.add(self.workspace, new, None, self.now()).await.unwrap();
    }

    /// An entry becomes what is given here, whatever it is now.
    pub async fn replace(&self, after: &Entry) {
        let seen = self.store.entry(self.workspace, after.id()).await.unwrap().unwrap();
        let change = EntryChange { seen: &seen, after: Some(after), witness: None };
        assert!(self.store.change_entry(self.workspace, change, None, self.now()).await.unwrap());
    }

    /// The public token of a channel.
    pub fn token(&self, channel: &Channel) -> String {
        ChannelToken::of(self.workspace, channel).unwrap().to_string()
    }

    /// Adds a user and answers their id.
    pub async fn user(&self, name: &str, role: Role) -> UserId {
        let user = user(name, role, UserId::new(self.app.new_id()));
        let id = user.id;
        self.add(Entry::User(user)).await;
        id
    }

    /// Adds a key and answers its text.
    pub async fn key(&self, holder: KeyHolder, scopes: &[Scope]) -> String {
        self.key_of(self.workspace, holder, scopes).await
    }

    /// The key of a program of another workspace over the same table.
    pub async fn key_of_another_workspace(&self) -> String {
        let (workspace, _) = create_workspace(&self.store).await;
        self.key_of(workspace, KeyHolder::Machine, Scope::ALL).await
    }

    async fn key_of(&self, workspace: WorkspaceId, holder: KeyHolder, scopes: &[Scope]) -> String {
        let (text, hash) = BearerKey::generate(workspace);
        let key = ApiKey {
            id: ApiKeyId::new(self.app.new_id()),
            workspace_id: workspace,
            name: "A program".parse().unwrap(),
            holder,
            scopes: scopes.iter().copied().collect::<Scopes>(),
            expires_at: None,
            created_at: self.now(),
        };
        let new = New::ApiKey { key: &key, hash: &hash, holder: None };
        self.store.add(workspace, new, None, self.now()).await.unwrap();
        text
    }

    pub async fn ticket(&self, id: TicketId) -> Ticket {
        self.store.ticket(self.workspace, id).await.unwrap().unwrap()
    }

    /// Changes a ticket as an agent, or as the rules for `actor` have it.
    pub async fn change(
        &self,
        ticket: TicketId,
        actor: Actor,
        decide: impl FnOnce(&Context, Prior<'_>) -> Result<Decision, Rejection>,
    ) {
        let before = self.ticket(ticket).await;
        let context = self.context(actor);
        let Decision::Change(change) = decide(&context, Prior::Known(&before)).unwrap() else {
            panic!("nothing changes");
        };
        self.store.commit(self.workspace, ticket, &change, None).await.unwrap();
    }

    pub fn context(&self, actor: Actor) -> Context {
        Context {
            actor,
            rules: AccessRules::default(),
            request_id: None,
            is_silent: false,
            if_match: None,
            now: self.now(),
        }
    }

    /// An agent of the workspace.
    pub fn agent(&self) -> Actor {
        Actor::User { id: self.owner, name: "Grace".parse().unwrap(), role: Role::Owner }
    }

    pub async fn set_status(&self, ticket: TicketId, status: Status) {
        let fields = Fields { status: Some(status), ..Fields::default() };
        self.update(ticket, &Update::Fields(Box::new(fields))).await;
    }

    pub async fn trash(&self, ticket: TicketId) {
        self.update(ticket, &Update::Delete(DeletionPolicy::Trash)).await;
    }

    pub async fn update(&self, ticket: TicketId, update: &Update) {
        self.change(ticket, self.agent(), |context, prior| command::update(update, context, prior)).await;
    }

    /// An agent writes, and the id of what they wrote.
    pub async fn write(&self, ticket: TicketId, kind: ReplyKind, text: &str, is_secure: bool) -> MessageId {
        let id = MessageId::new(self.app.new_id());
        let reply = NewReply {
            ticket_id: ticket,
            id,
            kind,
            content: Content::from_text(text).unwrap(),
            attachments: Vec::new(),
            is_secure,
            is_forward: false,
            status: None,
            sender: None,
        };
        self.change(ticket, self.agent(), |context, prior| command::reply(&reply, context, prior)).await;
        id
    }
}

fn aws(engine: &Engine) -> Aws {
    Aws {
        region: "eu-central-1".to_owned(),
        credentials: Credentials::from_keys("test", "test", None),
        dynamodb_url: Some(engine.url()),
        sqs_url: None,
    }
}

fn user(name: &str, role: Role, id: UserId) -> User {
    User {
        id,
        name: name.parse().unwrap(),
        email: format!("{}@desk.example", id.uuid().simple()).parse().unwrap(),
        role,
        is_enabled: true,
        picture_url: None,
        timezone: None,
    }
}

pub async fn create_workspace(store: &Store) -> (WorkspaceId, UserId) {
    let (workspace, owner) = (WorkspaceId::new(Uuid::now_v7()), UserId::new(Uuid::now_v7()));
    let settings = Workspace {
        id: workspace,
        name: "Desk".parse().unwrap(),
        access: AccessRules::default(),
        deletion: DeletionPolicy::Trash,
        retention: Retention::default(),
        salt: "salt".to_owned(),
        created_at: Timestamp::from_millis(START),
    };
    let (_, hash) = BearerKey::generate(workspace);
    let key = ApiKey {
        id: ApiKeyId::new(Uuid::now_v7()),
        workspace_id: workspace,
        name: "First".parse().unwrap(),
        holder: KeyHolder::User { user_id: owner },
        scopes: Scopes::ALL,
        expires_at: None,
        created_at: Timestamp::from_millis(START),
    };
    let entry = Entry::User(user("Grace", Role::Owner, owner));
    let new = New::Workspace { workspace: &settings, owner: &entry, key: &key, hash: &hash };
    store.add(workspace, new, None, settings.created_at).await.unwrap();
    (workspace, owner)
}
