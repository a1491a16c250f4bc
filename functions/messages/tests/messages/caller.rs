//! What callers with a key do, in short words.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use crate::support::{Answer, Desk};
use lambdesk_domain::{
    access::Scope,
    command::{NewTicket, Opening, create},
    contact::{ContactRef, Requester},
    directory::{Channel, KeyHolder},
    id::{ContactId, MessageId, TicketId, TicketNumber, UserId},
    message::Content,
    status::{Priority, Source, Status},
    ticket::ChannelRef,
};
use lambdesk_store::NewItems;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

pub const JSON: (&str, &str) = ("content-type", "application/json");

pub async fn desk() -> Desk {
    Desk::new(lambdesk_messages::routes()).await
}

/// Somebody with a key.
pub struct Caller<'a> {
    desk: &'a Desk,
    bearer: String,
}

impl<'a> Caller<'a> {
    pub async fn new(desk: &'a Desk, holder: KeyHolder, scopes: &[Scope]) -> Self {
        let bearer = format!("Bearer {}", desk.key(holder, scopes).await);
        Self { desk, bearer }
    }

    pub async fn user(desk: &'a Desk, user_id: UserId) -> Self {
        Self::new(desk, KeyHolder::User { user_id }, Scope::ALL).await
    }

    /// The owner of the workspace.
    pub async fn owner(desk: &'a Desk) -> Self {
        Self::user(desk, desk.owner).await
    }

    pub async fn machine(desk: &'a Desk) -> Self {
        Self::new(desk, KeyHolder::Machine, Scope::ALL).await
    }

    pub async fn channel(desk: &'a Desk, channel: &Channel) -> Self {
        Self::new(desk, KeyHolder::Channel { channel_id: channel.id }, Scope::ALL).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.desk.send("GET", path, &[("authorization", &self.bearer)], "").await
    }

    pub async fn post(&self, path: &str, more: &[(&str, &str)], body: &Json) -> Answer {
        self.post_raw(path, more, body.to_string().into_bytes()).await
    }

    pub async fn post_raw(&self, path: &str, more: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let mut headers = vec![("authorization", self.bearer.as_str())];
        if !more.iter().any(|(name, _)| *name == "content-type") {
            headers.push(JSON);
        }
        headers.extend(more);
        self.desk.send("POST", path, &headers, body).await
    }

    pub async fn delete(&self, path: &str, more: &[(&str, &str)]) -> Answer {
        let mut headers = vec![("authorization", self.bearer.as_str())];
        headers.extend(more);
        self.desk.send("DELETE", path, &headers, "").await
    }

    /// Posts a message of a kind.
    pub async fn say(&self, ticket: TicketId, kind: &str, text: &str) -> Answer {
        self.post(&thread(ticket), &[], &json!({"kind": kind, "body_text": text})).await
    }
}

pub fn thread(ticket: TicketId) -> String {
    format!("/v1/tickets/{ticket}/messages")
}

/// Ada's ticket on a channel: open, unassigned, with one message.
pub async fn ticket(desk: &Desk, channel: &Channel) -> TicketId {
    let id = TicketId::new(desk.app.new_id());
    let new = NewTicket {
        workspace_id: desk.workspace,
        id,
        number: TicketNumber(1),
        subject: "My order".parse().unwrap(),
        status: Status::Open,
        priority: Priority::High,
        is_held: false,
        source: Source::Guest,
        channel: Some(ChannelRef { id: channel.id, kind: channel.kind }),
        category: None,
        team: None,
        assignee: None,
        contact: Some(ContactRef {
            id: ContactId::new(desk.app.new_id()),
            name: Some("Ada".parse().unwrap()),
            email: None,
            external_id: None,
        }),
        account: None,
        requester: Requester { name: Some("Ada".parse().unwrap()), email: None, phone: None },
        tags: BTreeSet::new(),
        custom: std::collections::BTreeMap::new(),
        uid: Some("u-7".parse().unwrap()),
        summary: None,
        follow_up_at: None,
        opening: Some(Opening {
            id: MessageId::new(desk.app.new_id()),
            content: Content::from_text("Where is it?").unwrap(),
            is_outbound: false,
            is_secure: false,
        }),
        continues: None,
    };
    let (ticket, message) = create(new, &desk.context(desk.agent())).unwrap();
    let items = NewItems { message: message.as_ref(), ..NewItems::default() };
    desk.store.create_ticket(&ticket, items).await.unwrap();
    id
}

/// The texts of a list of messages.
pub fn texts(messages: &Json) -> Vec<&str> {
    let messages = messages.as_array().unwrap().iter();
    messages.map(|message| message["body_text"].as_str().unwrap()).collect()
}
