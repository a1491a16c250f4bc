//! A table over the embedded engine, tickets in it, and its stream.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use lambdesk_domain::{
    access::{AccessRules, Actor},
    command::{Context, Decision, Fields, Prior, Update, create, update},
    directory::DeletionPolicy,
    id::{EndpointId, TicketId, WorkspaceId},
    status::Status,
    testing::samples::new_ticket,
    ticket::Ticket,
    time::Timestamp,
    webhook::{Endpoint, Subscription},
};
use lambdesk_engine::{Engine, Position, Storage};
use lambdesk_fanout::Fanout;
use lambdesk_runtime::{Clock, Config, Hint, HintQueue, aws, new_uuid, now};
use lambdesk_store::{NewItems, Store};
use serde_json::{Value, json};
use tokio::sync::mpsc;

pub const TABLE: &str = "lambdesk-test";

/// An empty table with its fan-out, on a clock that stands still.
pub struct Desk {
    pub store: Store,
    pub clock: Clock,
    pub workspace: WorkspaceId,
    pub engine: Engine,
    queue: HintQueue,
    hints: Mutex<mpsc::Receiver<Hint>>,
}

impl Desk {
    pub async fn open() -> Self {
        let engine = Engine::open(Storage::Memory).unwrap();
        let store = store_at(&engine.url());
        store.create_table().await.unwrap();
        let (queue, hints) = HintQueue::local(1_000);
        Self {
            store,
            clock: Clock::manual(now()),
            workspace: WorkspaceId::new(new_uuid()),
            engine,
            queue,
            hints: Mutex::new(hints),
        }
    }

    /// The fan-out over this store, or over the table seen through another.
    pub fn fanout(&self, store: &Store) -> Fanout {
        Fanout::new(store.clone(), self.queue.clone(), self.clock.clone())
    }

    /// Hands the fan-out what the stream has after a position.
    pub async fn fan_out(&self, after: Position) -> Value {
        self.fanout(&self.store).handle(self.batch(after)).await
    }

    /// As Lambda would hand it over, without its filter for heads.
    pub fn batch(&self, after: Position) -> Value {
        let records = self.engine.read_stream(TABLE, after, 1_000).unwrap();
        json!({ "Records": records.into_iter().map(|record| record.event).collect::<Vec<_>>() })
    }

    pub fn end_of_stream(&self) -> Position {
        let records = self.engine.read_stream(TABLE, Position::START, 1_000).unwrap();
        records.last().map_or(Position::START, |record| record.position)
    }

    pub fn hints(&self) -> Vec<Hint> {
        let mut hints = self.hints.lock().unwrap_or_else(PoisonError::into_inner);
        std::iter::from_fn(|| hints.try_recv().ok()).collect()
    }

    pub async fn ticket(&self) -> Ticket {
        self.ticket_in(self.workspace).await
    }

    pub async fn ticket_in(&self, workspace: WorkspaceId) -> Ticket {
        let (ticket, _) = create(new_ticket(workspace, TicketId::new(new_uuid())), &self.context(false)).unwrap();
        self.store.create_ticket(&ticket, NewItems::default()).await.unwrap();
        ticket
    }

    /// Changes a ticket, a second later.
    pub async fn change(&self, ticket: &Ticket, fields: Fields, is_silent: bool) -> Ticket {
        self.update(ticket, &Update::Fields(Box::new(fields)), is_silent).await
    }

    /// Deletes a ticket, and purges it at once.
    pub async fn purge(&self, ticket: &Ticket) {
        let deleted = self.update(ticket, &Update::Delete(DeletionPolicy::Trash), false).await;
        assert!(self.store.purge_head(&deleted, self.clock.now()).await.unwrap());
    }

    async fn update(&self, ticket: &Ticket, wanted: &Update, is_silent: bool) -> Ticket {
        self.clock.advance(Duration::from_secs(1));
        let Decision::Change(change) = update(wanted, &self.context(is_silent), Prior::Known(ticket)).unwrap() else {
            panic!("it changes something");
        };
        let changed = self.store.commit(ticket.workspace_id, ticket.id, &change, None).await;
        changed.unwrap().unwrap()
    }

    pub async fn set_status(&self, ticket: &Ticket, status: Status) -> Ticket {
        self.change(ticket, Fields { status: Some(status), ..Fields::default() }, false).await
    }

    fn context(&self, is_silent: bool) -> Context {
        Context {
            actor: Actor::System,
            rules: AccessRules::default(),
            request_id: None,
            is_silent,
            if_match: None,
            now: self.clock.now(),
        }
    }

    pub async fn endpoint(&self, types: &[Subscription]) -> Endpoint {
        let endpoint = Endpoint {
            id: EndpointId::new(new_uuid()),
            workspace_id: self.workspace,
            name: None,
            url: "https://hooks.example.com/".to_owned(),
            types: types.to_vec(),
            channel_ids: Vec::new(),
            secrets: Vec::new(),
            disabled: None,
            failing_since: None,
            created_at: self.clock.now(),
        };
        self.store.put_endpoint(&endpoint).await.unwrap();
        endpoint
    }
}

/// Every row that is due by a time, whatever its shard.
pub async fn due(store: &Store, until: Timestamp) -> Vec<lambdesk_store::Due> {
    use lambdesk_store::keys::{DUE_SHARDS, hour};
    let mut rows = Vec::new();
    for shard in 0..DUE_SHARDS {
        for hour in hour(until) - 24..=hour(until) {
            rows.extend(store.due_page((hour, shard), until, None, 100).await.unwrap().rows);
        }
    }
    rows
}

pub fn store_at(url: &str) -> Store {
    let config = Config::read(|name| match name {
        "LAMBDESK_TABLE" => Some(TABLE.to_owned()),
        "AWS_REGION" => Some("eu-central-1".to_owned()),
        "AWS_ENDPOINT_URL" => Some(url.to_owned()),
        "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("test".to_owned()),
        _ => None,
    });
    Store::new(aws::dynamo_client(&config.unwrap().aws), TABLE)
}
