//! A table over the embedded engine, tickets in it, and what reads its stream.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use lambdesk_domain::{
    access::{AccessRules, Actor},
    command::{Context, Decision, Fields, NewTicket, Prior, Update, create, update},
    id::{EndpointId, TicketId, WorkspaceId},
    patch::Field,
    set::Set,
    status::Status,
    sweep::Run,
    testing::samples::new_ticket,
    ticket::Ticket,
    time::Timestamp,
    webhook::{Endpoint, Subscription},
};
use lambdesk_engine::{Engine, Position, Storage};
use lambdesk_runtime::{Clock, Config, Hint, HintQueue, aws, new_uuid};
use lambdesk_store::{Image, NewItems, Store, StreamChange};
use lambdesk_sweep::{BUDGET, Sweep};
use tokio::sync::mpsc;

pub const TABLE: &str = "lambdesk-test";

/// An empty table with its sweep, on a clock that stands still.
pub struct Desk {
    pub store: Store,
    pub clock: Clock,
    pub workspace: WorkspaceId,
    pub sweep: Sweep,
    engine: Engine,
    hints: Mutex<mpsc::Receiver<Hint>>,
}

impl Desk {
    /// In the afternoon, when no reconcile begins by the hour.
    pub async fn open() -> Self {
        let engine = Engine::open(Storage::Memory).unwrap();
        let store = store_at(&engine.url());
        store.create_table().await.unwrap();
        let (queue, hints) = HintQueue::local(1_000);
        let clock = Clock::manual("2026-11-21T14:30:00Z".parse().unwrap());
        Self {
            sweep: Sweep::new(store.clone(), queue, clock.clone()),
            store,
            clock,
            workspace: WorkspaceId::new(new_uuid()),
            engine,
            hints: Mutex::new(hints),
        }
    }

    /// One run at the clock's time.
    pub async fn run(&self) -> Run {
        self.sweep.run(self.clock.now(), BUDGET).await
    }

    pub fn hints(&self) -> Vec<Hint> {
        let mut hints = self.hints.lock().unwrap_or_else(PoisonError::into_inner);
        std::iter::from_fn(|| hints.try_recv().ok()).collect()
    }

    /// The committed changes of a ticket, in their order.
    pub fn changes(&self, ticket: TicketId) -> Vec<StreamChange> {
        let records = self.engine.read_stream(TABLE, Position::START, 1_000).unwrap();
        let images = records.iter().map(|record| Image::of(&record.event));
        images
            .filter(|image| image.ticket().is_some_and(|(_, of)| of == ticket))
            .filter_map(|image| image.change().unwrap())
            .collect()
    }

    /// Does for these changes what the fan-out does, but for the hints.
    pub async fn publish(&self, changes: &[StreamChange]) {
        let endpoints = self.store.endpoints(self.workspace).await.unwrap();
        for change in changes {
            self.store.publish(change, &endpoints, self.clock.new_uuid(), self.clock.now()).await.unwrap();
        }
    }

    pub async fn publish_all(&self, ticket: TicketId) {
        self.publish(&self.changes(ticket)).await;
    }

    pub async fn ticket(&self) -> Ticket {
        self.ticket_due(None).await
    }

    pub async fn ticket_due(&self, follow_up_at: Option<Timestamp>) -> Ticket {
        let new = NewTicket { follow_up_at, ..new_ticket(self.workspace, TicketId::new(new_uuid())) };
        let (ticket, _) = create(new, &self.context()).unwrap();
        self.store.create_ticket(&ticket, NewItems::default()).await.unwrap();
        ticket
    }

    /// A ticket whose follow-up is due after a while, with all that the fan-out writes.
    pub async fn put_off(&self, wait: Duration) -> Ticket {
        let ticket = self.ticket().await;
        let ticket = self.follow_up(&ticket, Field::Set(self.clock.now().plus(wait))).await;
        self.publish_all(ticket.id).await;
        ticket
    }

    pub async fn follow_up(&self, ticket: &Ticket, at: Field<Timestamp>) -> Ticket {
        self.change(ticket, &Update::Fields(Box::new(Fields::of(at.assign(Set::FollowUpAt))))).await
    }

    pub async fn set_status(&self, ticket: &Ticket, status: Status) -> Ticket {
        self.change(ticket, &Update::Fields(Box::new(Fields { status: Some(status), ..Fields::default() }))).await
    }

    pub async fn change(&self, ticket: &Ticket, asked: &Update) -> Ticket {
        let Decision::Change(change) = update(asked, &self.context(), Prior::Known(ticket)).unwrap() else {
            panic!("it changes something");
        };
        self.store.commit(self.workspace, ticket.id, &change, None).await.unwrap().unwrap()
    }

    pub async fn now(&self, ticket: &Ticket) -> Ticket {
        self.store.ticket(self.workspace, ticket.id).await.unwrap().unwrap()
    }

    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    pub fn context(&self) -> Context {
        Context {
            actor: Actor::System,
            rules: AccessRules::default(),
            request_id: None,
            is_silent: false,
            if_match: None,
            now: self.clock.now(),
        }
    }

    pub async fn endpoint(&self) -> Endpoint {
        let endpoint = Endpoint {
            id: EndpointId::new(new_uuid()),
            workspace_id: self.workspace,
            name: None,
            url: "https://hooks.example.com/".to_owned(),
            types: vec![Subscription::All],
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
