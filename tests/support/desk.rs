//! A desk: the stack in memory, and callers with keys.

use crate::{api::Api, receiver::Receiver};
use axum::Router;
use lambdesk_api::{seal::SealingKey, state::App};
use lambdesk_local::{Options, Stack, stack};
use lambdesk_outbound::AddressPolicy;
use lambdesk_runtime::{Clock, HintQueue};
use lambdesk_testkit::Stores;
use serde_json::{Value as Json, json};

/// The whole stack, with its owner's key.
pub struct Desk {
    /// The stack.
    pub stack: Stack,
    /// The owner.
    pub owner: Api,
}

impl Desk {
    /// An empty desk.
    pub async fn start() -> Self {
        Self::start_at(Clock::system()).await
    }

    /// An empty desk whose clock the test turns.
    pub async fn start_at(clock: Clock) -> Self {
        Self::of(Stack::start_at(&Options::in_memory(), clock).await.unwrap()).await
    }

    /// A desk over a stack that runs already.
    pub async fn of(stack: Stack) -> Self {
        let key = stack.bootstrap("Test", "Olga Owner", "owner@desk.example").await.unwrap();
        let owner = Api::of(&stack.url(), Some(&key));
        Self { stack, owner }
    }

    /// Somebody without a key.
    pub fn nobody(&self) -> Api {
        Api::of(&self.stack.url(), None)
    }

    /// A caller with this key.
    pub fn with_key(&self, key: &str) -> Api {
        Api::of(&self.stack.url(), Some(key))
    }

    /// The stores over the stack's table, with nothing cached.
    pub fn stores(&self) -> Stores {
        Stores::new(&self.stack.app.table)
    }

    /// The routes of functions that have just started: nothing is cached.
    pub fn cold_router(&self) -> Router {
        let App { table, directories: _, contacts: _, tickets: _, objects, sealing, clock } = self.stack.app.clone();
        let cold = App { objects, clock, ..App::new(&table, SealingKey::clone(&sealing)) };
        let (queue, _) = HintQueue::local(1);
        stack::router(&cold, stack::functions(&AddressPolicy::public_only(), &queue))
    }

    /// Another workspace on the same desk; answers its owner.
    pub async fn other_workspace(&self) -> Api {
        let key = self.stack.bootstrap("Other", "Otto Other", "owner@other.example").await.unwrap();
        self.with_key(&key)
    }

    /// A user of this role, and a caller with a key of theirs.
    pub async fn user(&self, name: &str, role: &str) -> (Json, Api) {
        let email = format!("{}@desk.example", name.to_lowercase().replace(' ', "."));
        let user = json!({"name": name, "email": email, "role": role, "timezone": "Europe/Brussels"});
        let user = self.owner.post("/v1/users", user).await.created();
        let key = self.key(json!({"name": name, "kind": "user", "user_id": user["id"], "scopes": ["tickets:read", "tickets:write"]})).await;
        (user, self.with_key(&key))
    }

    /// A program with a machine key of these scopes.
    pub async fn machine(&self, scopes: &[&str]) -> Api {
        let key = self.key(json!({"name": "Program", "kind": "machine", "scopes": scopes})).await;
        self.with_key(&key)
    }

    /// A new key's text.
    pub async fn key(&self, body: Json) -> String {
        let key = self.owner.post("/v1/api-keys", body).await.created();
        key["key"].as_str().unwrap().to_owned()
    }

    /// A chat channel that `https://shop.example` may embed.
    pub async fn channel(&self) -> Json {
        let channel = json!({"name": "Website", "type": "chat", "color": "#3b82f6", "hostnames": ["shop.example"]});
        self.owner.post("/v1/channels", channel).await.created()
    }

    /// Custom fields of one line of text: `f0`, `f1` and so on.
    pub async fn text_fields(&self, count: usize) {
        for number in 0..count {
            let field = json!({"key": format!("f{number}"), "name": format!("F{number}"), "kind": "text"});
            self.owner.post("/v1/custom-fields", field).await.created();
        }
    }

    /// A ticket with a message from a customer.
    pub async fn ticket(&self, subject: &str) -> Json {
        let body = json!({
            "subject": subject,
            "from": {"name": "Grace Example", "email": "grace@customer.example"},
            "message": {"body_text": "Hello, I need help."},
        });
        self.owner.post("/v1/tickets", body).await.created()
    }

    /// A receiver of webhooks that is subscribed to these types.
    pub async fn receiver(&self, types: &[&str]) -> Receiver {
        let receiver = Receiver::start().await;
        receiver.subscribe(&self.owner, types).await
    }

    /// Runs the sweep now.
    pub async fn sweep(&self) {
        self.stack.sweep.run(self.stack.app.clock.now(), std::time::Duration::from_secs(30)).await;
    }
}
