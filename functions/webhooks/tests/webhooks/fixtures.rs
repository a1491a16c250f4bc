//! A desk that the function serves, and events that are emitted at times of a test's own.

use lambdesk_domain::{
    directory::{Channel, Entry},
    events::Event,
    id::{ChannelId, DeliveryId, TicketId, WorkspaceId},
    status::ChannelType,
    testing::samples,
    time::Timestamp,
    webhook::Endpoint,
};
use lambdesk_outbound::AddressPolicy;
use lambdesk_testkit::{Client, ClientAnswer, Desk, Hints};
use serde_json::{Value as Json, json};
use std::time::Duration;
use uuid::Uuid;

/// 2026-03-01T12:00:00Z.
const NOW: Timestamp = Timestamp::from_millis(1_772_366_400_000);

/// The function over a desk.
pub struct Hooks {
    pub desk: Desk,
    /// The owner, calling it.
    pub owner: Client,
    /// What it has hinted.
    pub hints: Hints,
}

impl Hooks {
    pub async fn start() -> Self {
        let desk = Desk::open_at(NOW).await;
        let hints = Hints::default();
        let policy = AddressPolicy::allowing(["localhost:9000"]).unwrap();
        let owner = desk.client(lambdesk_webhooks::routes(policy, Some(hints.queue.clone())));
        Self { desk, owner, hints }
    }

    /// Somebody with this key.
    pub fn caller(&self, key: &str) -> Client {
        self.owner.with_key(key)
    }

    /// POST without a body, by the owner.
    pub async fn verb(&self, path: &str) -> ClientAnswer {
        self.owner.send("POST", path, &[], "").await
    }

    /// POST with an idempotency key, by the owner.
    pub async fn once(&self, path: &str, key: &str, body: Json) -> ClientAnswer {
        self.owner.with("idempotency-key", key).post(path, body).await
    }

    /// A new endpoint that takes everything: its data, with the secret.
    pub async fn endpoint(&self) -> Json {
        self.owner.post("/v1/webhooks", json!({"url": "https://hooks.example.com/in", "types": ["*"]})).await.created()
    }

    /// The path of a new endpoint.
    pub async fn endpoint_path(&self) -> String {
        path_of(&self.endpoint().await)
    }

    /// An endpoint as it is stored.
    pub async fn stored(&self, endpoint: &Json) -> Option<Endpoint> {
        let id = endpoint["id"].as_str().unwrap().parse().unwrap();
        self.desk.store.webhooks.endpoint(self.desk.workspace, id).await.unwrap()
    }

    /// A phone line.
    pub async fn channel(&self) -> Channel {
        self.desk.channel(|channel| channel.kind = ChannelType::Phone).await
    }

    /// A channel of another workspace.
    pub async fn foreign_channel(&self) -> ChannelId {
        let (workspace, _) = self.desk.other_workspace().await;
        let channel = samples::form(ChannelId::new(self.desk.clock.new_uuid()));
        let id = channel.id;
        let entry = Entry::Channel(channel);
        self.desk.store.directories.add_entry(workspace, &entry, None, self.desk.now()).await.unwrap();
        id
    }

    /// Writes an event, emitted now.
    pub async fn emit(&self, event: &Event) {
        assert!(self.desk.store.events.tell(event, self.desk.clock.new_uuid(), self.desk.now()).await.unwrap());
    }

    pub fn advance(&self, seconds: u64) {
        self.desk.wait(Duration::from_secs(seconds));
    }

    /// The `version`th event of a ticket.
    pub fn event(&self, ticket: u128, version: u64, kind: &str) -> Event {
        event(self.desk.workspace, ticket, version, kind, self.desk.now())
    }

    /// The ids of a whole list, page by page.
    pub async fn pages(&self, list: &str) -> Vec<String> {
        let (mut seen, mut path) = (Vec::new(), list.to_owned());
        loop {
            let answer = self.owner.get(&path).await;
            seen.extend(answer.data().as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()));
            match answer.json()["page"]["next_cursor"].as_str() {
                Some(next) => path = format!("{list}&cursor={next}"),
                None => return seen,
            }
        }
    }
}

pub fn path_of(endpoint: &Json) -> String {
    format!("/v1/webhooks/{}", endpoint["id"].as_str().unwrap())
}

pub fn id_of(delivery: &Json) -> DeliveryId {
    delivery["id"].as_str().unwrap().parse().unwrap()
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
