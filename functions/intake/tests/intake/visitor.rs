//! What visitors do, in short words.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use crate::support::{Answer, Desk};
use lambdesk_api::visitor::PublicToken;
use lambdesk_domain::{directory::Channel, id::TicketId};
use serde_json::{Value as Json, json};

pub const PAGE: &str = "https://shop.example";
pub const JSON: (&str, &str) = ("content-type", "application/json");

pub async fn desk() -> Desk {
    Desk::new(lambdesk_intake::routes()).await
}

/// A page of the shop begins a session.
pub async fn begin(desk: &Desk, channel: &Channel) -> Answer {
    let path = format!("/intake/{}/session", desk.token(channel));
    desk.send("POST", &path, &[("origin", PAGE)], "").await
}

pub async fn session(desk: &Desk, channel: &Channel) -> String {
    let answer = begin(desk, channel).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.data()["session"].as_str().unwrap().to_owned()
}

/// A page of the shop opens a ticket in a session of its own.
pub async fn open(desk: &Desk, channel: &Channel, body: &Json) -> Answer {
    let session = session(desk, channel).await;
    open_in(desk, channel, &session, &[], body).await
}

pub async fn open_in(desk: &Desk, channel: &Channel, session: &str, more: &[(&str, &str)], body: &Json) -> Answer {
    let path = format!("/intake/{}/tickets", desk.token(channel));
    let authorization = format!("Bearer {session}");
    let mut headers = vec![JSON, ("origin", PAGE), ("authorization", &authorization)];
    headers.extend(more);
    desk.send("POST", &path, &headers, body.to_string()).await
}

/// A visitor with a ticket.
pub struct Visitor {
    pub channel: Channel,
    pub token: String,
    pub ticket: TicketId,
}

impl Visitor {
    pub fn of(desk: &Desk, channel: Channel, answer: &Answer) -> Self {
        assert_eq!(answer.status, 201, "{answer:?}");
        let token = answer.data()["public_token"].as_str().unwrap().to_owned();
        let ticket = PublicToken::open(&token, &desk.app.sealing).unwrap().ticket;
        Self { channel, token, ticket }
    }

    /// Ada asks where her order is.
    pub async fn new(desk: &Desk) -> Self {
        let channel = desk.channel(|_| ()).await;
        let answer = open(desk, &channel, &ada()).await;
        Self::of(desk, channel, &answer)
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/intake/tickets/{}{rest}", self.token)
    }

    pub async fn get(&self, desk: &Desk, rest: &str) -> Answer {
        desk.send("GET", &self.path(rest), &[], "").await
    }

    pub async fn say(&self, desk: &Desk, text: &str) -> Answer {
        let body = json!({"body_text": text}).to_string();
        desk.send("POST", &self.path("/messages"), &[JSON], body).await
    }
}

pub fn ada() -> Json {
    json!({
        "subject": "My order",
        "message": {"body_text": "Where is it?"},
        "from": {"name": "Ada", "email": "ada@example.com"},
    })
}

/// The texts of a list of messages.
pub fn texts(messages: &Json) -> Vec<&str> {
    let messages = messages.as_array().unwrap().iter();
    messages.map(|message| message["body_text"].as_str().unwrap()).collect()
}
