//! A workspace in a table in memory, on a clock that the test turns.

use crate::{client::Client, stores::Stores, table::TestTable};
use lambdesk_api::{auth::BearerKey, channel_token::ChannelToken, function::Function, seal::SealingKey, state::App};
use lambdesk_domain::{
    access::{AccessRules, Actor, Role, Scope, Scopes},
    command::{self, Context, Decision, Fields, NewReply, NewTicket, Prior, Rejection, ReplyKind, Update, create},
    contact::Contact,
    directory::{ApiKey, Channel, DeletionPolicy, Entry, KeyHolder, Retention, User, Workspace},
    id::{ApiKeyId, ChannelId, EndpointId, MessageId, TicketId, UserId, WorkspaceId},
    message::Content,
    status::Status,
    testing::samples,
    ticket::Ticket,
    time::Timestamp,
    webhook::{Endpoint, Subscription},
};
use lambdesk_runtime::Clock;
use lambdesk_store_contacts::ContactPlan;
use lambdesk_store_directory::{EntryChange, NewApiKey, NewWorkspace};
use lambdesk_store_tickets::NewItems;
use std::time::Duration;

/// Where a desk's clock stands at first: 2026-01-15T14:30:00Z, an afternoon on which no
/// reconcile begins by the hour.
pub const START: Timestamp = Timestamp::from_millis(1_768_487_400_000);

/// A workspace in a table in memory, with its owner.
pub struct Desk {
    /// The table.
    pub table: TestTable,
    /// The stores over it.
    pub store: Stores,
    /// The clock; it stands still until it is turned.
    pub clock: Clock,
    /// The state of HTTP functions over it.
    pub app: App,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Its owner.
    pub owner: UserId,
    /// The owner's key.
    pub key: String,
}

impl Desk {
    /// An empty workspace.
    pub async fn open() -> Self {
        Self::open_at(START).await
    }

    /// The same at another time.
    pub async fn open_at(now: Timestamp) -> Self {
        Self::over(TestTable::new().await, now).await
    }

    /// An empty workspace in a table that meets AWS's ways on request.
    pub async fn on_aws() -> Self {
        Self::over(TestTable::on_aws().await, START).await
    }

    async fn over(table: TestTable, now: Timestamp) -> Self {
        let (store, clock) = (table.stores(), Clock::manual(now));
        let app = App { clock: clock.clone(), ..store.app(SealingKey::new(&[7; 32])) };
        let (workspace, owner, key) = new_workspace(&store, &clock, "salt").await;
        Self { table, store, clock, app, workspace, owner, key }
    }

    /// Another workspace over the same table, with another salt, and its owner's key.
    pub async fn other_workspace(&self) -> (WorkspaceId, String) {
        let (workspace, _, key) = new_workspace(&self.store, &self.clock, "other salt").await;
        (workspace, key)
    }

    /// The owner as a caller of a function's routes.
    pub fn client(&self, function: Function) -> Client {
        Client::new(function.router(&self.app)).with_key(&self.key)
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Turns the clock.
    pub fn wait(&self, time: Duration) {
        self.clock.advance(time);
    }

    /// Changes the workspace's settings.
    pub async fn change_settings(&self, change: impl FnOnce(&mut Workspace)) {
        let before = self.store.directories.settings(self.workspace).await.unwrap().unwrap();
        let mut after = before.value.clone();
        change(&mut after);
        assert!(self.store.directories.change_settings(&before, &after, self.now()).await.unwrap());
    }

    /// Adds an entry of the directory.
    pub async fn add(&self, entry: &Entry) {
        self.store.directories.add_entry(self.workspace, entry, None, self.now()).await.unwrap();
    }

    /// An entry becomes what is given here, whatever it is now.
    pub async fn replace(&self, after: &Entry) {
        let seen = self.store.directories.entry(self.workspace, after.id()).await.unwrap().unwrap();
        let change = EntryChange { before: &seen, after: Some(after), co_condition: None, beside: Vec::new() };
        assert!(self.store.directories.change_entry(self.workspace, change, None, self.now()).await.unwrap());
    }

    /// Adds a user of this role.
    pub async fn user(&self, role: Role) -> User {
        let user = sample_user(&self.clock, role);
        self.add(&Entry::User(user.clone())).await;
        user
    }

    /// Adds a key and answers its text.
    pub async fn key(&self, holder: KeyHolder, scopes: &[Scope]) -> String {
        let (key, hash, text) = sample_key(&self.clock, self.workspace, holder, scopes.iter().copied().collect());
        let new = NewApiKey { key: &key, hash: &hash, holder: None };
        self.store.directories.add_api_key(new, None, self.now()).await.unwrap();
        text
    }

    /// A new user of this role, and a key of theirs with all scopes.
    pub async fn user_key(&self, role: Role) -> String {
        let user_id = self.user(role).await.id;
        self.key(KeyHolder::User { user_id }, Scope::ALL).await
    }

    /// A key of a program with these scopes.
    pub async fn machine_key(&self, scopes: &[Scope]) -> String {
        self.key(KeyHolder::Machine, scopes).await
    }

    /// A key of a channel's program with all scopes.
    pub async fn channel_key(&self, channel: &Channel) -> String {
        self.key(KeyHolder::Channel { channel_id: channel.id }, Scope::ALL).await
    }

    /// Adds a channel: the sample form on `shop.example`, as `change` makes it.
    pub async fn channel(&self, change: impl FnOnce(&mut Channel)) -> Channel {
        let id = ChannelId::new(self.clock.new_uuid());
        let mut channel = Channel {
            name: format!("Website {id}").parse().unwrap(),
            hostnames: vec!["shop.example".parse().unwrap()],
            token: ChannelToken::new_secret(),
            created_at: self.now(),
            ..samples::form(id)
        };
        change(&mut channel);
        self.add(&Entry::Channel(channel.clone())).await;
        channel
    }

    /// The public token of a channel.
    pub fn token(&self, channel: &Channel) -> String {
        ChannelToken::of(self.workspace, channel).unwrap().to_string()
    }

    /// Adds a contact.
    pub async fn add_contact(&self, contact: &Contact) {
        let (_, plan) = ContactPlan::create(contact.clone(), None);
        let added = self.store.contacts.write_contacts(self.workspace, &plan, None, None, self.now()).await;
        assert!(added.unwrap());
    }

    /// Adds a webhook endpoint that is told of these types.
    pub async fn endpoint(&self, types: &[Subscription]) -> Endpoint {
        self.endpoint_at("https://hooks.example.com/", types, Vec::new()).await
    }

    /// The same at another address, with these signing secrets.
    pub async fn endpoint_at(&self, url: &str, types: &[Subscription], secrets: Vec<String>) -> Endpoint {
        let endpoint = Endpoint {
            id: EndpointId::new(self.clock.new_uuid()),
            workspace_id: self.workspace,
            name: None,
            url: url.to_owned(),
            types: types.to_vec(),
            channel_ids: Vec::new(),
            secrets,
            disabled: None,
            failing_since: None,
            created_at: self.now(),
        };
        self.store.webhooks.create_endpoint(&endpoint, None).await.unwrap();
        endpoint
    }

    /// A new ticket by the system, without messages.
    pub async fn ticket(&self) -> Ticket {
        self.ticket_of(samples::new_ticket(self.workspace, TicketId::new(self.clock.new_uuid())), Actor::System).await
    }

    /// A new ticket with its opening message.
    pub async fn ticket_of(&self, new: NewTicket, actor: Actor) -> Ticket {
        let (ticket, message) = create(new, &self.context(actor)).unwrap();
        let items = NewItems { message: message.as_ref(), ..NewItems::default() };
        self.store.tickets.create_ticket(&ticket, items).await.unwrap();
        ticket
    }

    /// A ticket as it is now.
    pub async fn ticket_now(&self, id: TicketId) -> Ticket {
        self.store.tickets.ticket(self.workspace, id).await.unwrap().unwrap()
    }

    /// The circumstances of somebody's command now.
    pub fn context(&self, actor: Actor) -> Context {
        let rules = AccessRules::default();
        Context { actor, rules, request_id: None, is_silent: false, if_match: None, now: self.now() }
    }

    /// The owner as an actor.
    pub fn agent(&self) -> Actor {
        Actor::User { id: self.owner, name: "Grace".parse().unwrap(), role: Role::Owner }
    }

    /// Changes a ticket as the rules for an actor have it.
    pub async fn change(
        &self,
        ticket: TicketId,
        context: &Context,
        decide: impl FnOnce(&Context, Prior<'_>) -> Result<Decision, Rejection>,
    ) -> Ticket {
        let before = self.ticket_now(ticket).await;
        let Decision::Change(change) = decide(context, Prior::Known(&before)).unwrap() else {
            panic!("nothing changes");
        };
        self.store.tickets.commit(self.workspace, ticket, &change, None).await.unwrap();
        self.ticket_now(ticket).await
    }

    /// Updates a ticket as its agent.
    pub async fn update(&self, ticket: TicketId, update: &Update) -> Ticket {
        let context = self.context(self.agent());
        self.change(ticket, &context, |context, prior| command::update(update, context, prior)).await
    }

    /// Sets fields of a ticket as its agent.
    pub async fn set(&self, ticket: TicketId, fields: Fields) -> Ticket {
        self.update(ticket, &Update::Fields(Box::new(fields))).await
    }

    /// Sets a ticket's status as its agent.
    pub async fn set_status(&self, ticket: TicketId, status: Status) -> Ticket {
        self.set(ticket, Fields { status: Some(status), ..Fields::default() }).await
    }

    /// Puts a ticket into the trash as its agent.
    pub async fn trash(&self, ticket: TicketId) -> Ticket {
        self.update(ticket, &Update::Delete(DeletionPolicy::Trash)).await
    }

    /// The agent writes; answers the id of what they wrote.
    pub async fn write(&self, ticket: TicketId, kind: ReplyKind, text: &str, is_secure: bool) -> MessageId {
        let id = MessageId::new(self.clock.new_uuid());
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
        let context = self.context(self.agent());
        self.change(ticket, &context, |context, prior| command::reply(&reply, context, prior)).await;
        id
    }
}

/// A user of this role with an address of their own.
#[must_use]
pub fn sample_user(clock: &Clock, role: Role) -> User {
    let id = clock.new_uuid();
    User {
        id: UserId::new(id),
        name: "Grace".parse().unwrap(),
        email: format!("{}@desk.example", id.simple()).parse().unwrap(),
        role,
        is_enabled: true,
        picture_url: None,
        timezone: None,
    }
}

/// A key, its hash and its text.
#[must_use]
pub fn sample_key(
    clock: &Clock,
    workspace_id: WorkspaceId,
    holder: KeyHolder,
    scopes: Scopes,
) -> (ApiKey, String, String) {
    let (text, hash) = BearerKey::generate(workspace_id);
    let (id, name) = (ApiKeyId::new(clock.new_uuid()), "A program".parse().unwrap());
    let key = ApiKey {
        id,
        workspace_id,
        name,
        holder,
        scopes,
        expires_at: None,
        created_at: clock.now(),
        created_by: None,
        rotated_by: None,
    };
    (key, hash, text)
}

/// A new workspace, a year old, with its owner and their key's text. From the salt and
/// their addresses derive the ids of contacts.
pub async fn new_workspace(store: &Stores, clock: &Clock, salt: &str) -> (WorkspaceId, UserId, String) {
    let (id, now) = (WorkspaceId::new(clock.new_uuid()), clock.now());
    let workspace = Workspace {
        id,
        name: "Desk".parse().unwrap(),
        access: AccessRules::default(),
        deletion: DeletionPolicy::Trash,
        retention: Retention::default(),
        salt: salt.to_owned(),
        created_at: now.minus(Duration::from_hours(365 * 24)),
    };
    let owner = sample_user(clock, Role::Owner);
    let user_id = owner.id;
    let (key, hash, text) = sample_key(clock, id, KeyHolder::User { user_id }, Scopes::ALL);
    let owner = Entry::User(owner);
    let new = NewWorkspace { workspace: &workspace, owner: &owner, key: &key, hash: &hash };
    store.directories.add_workspace(id, new, None, now).await.unwrap();
    (id, user_id, text)
}
