//! Visitors of a shop's pages, and the few requests that every test here makes.
#![allow(clippy::indexing_slicing, reason = "tests")]

use lambdesk_api::visitor::PublicToken;
use lambdesk_domain::{directory::Channel, id::TicketId};
use lambdesk_testkit::{Client, ClientAnswer, Desk};
use serde_json::{Value as Json, json};

pub const PAGE: &str = "https://shop.example";
pub const JSON: (&str, &str) = ("content-type", "application/json");

/// Whoever comes, from no page.
pub fn nobody(desk: &Desk) -> Client {
    desk.client(lambdesk_intake::routes()).nobody()
}

/// A page of the shop begins a session.
pub async fn begin(desk: &Desk, channel: &Channel) -> ClientAnswer {
    let path = format!("/intake/{}/session", desk.token(channel));
    nobody(desk).send("POST", &path, &[("origin", PAGE)], "").await
}

pub async fn session(desk: &Desk, channel: &Channel) -> String {
    begin(desk, channel).await.created()["session"].as_str().expect("a session").to_owned()
}

/// A page of the shop opens a ticket in a session of its own.
pub async fn open(desk: &Desk, channel: &Channel, body: &Json) -> ClientAnswer {
    let session = session(desk, channel).await;
    open_in(desk, channel, &session, &[], body).await
}

pub async fn open_in(
    desk: &Desk,
    channel: &Channel,
    session: &str,
    more: &[(&str, &str)],
    body: &Json,
) -> ClientAnswer {
    let path = format!("/intake/{}/tickets", desk.token(channel));
    let page = nobody(desk).with("origin", PAGE).with("authorization", &format!("Bearer {session}"));
    let headers: Vec<_> = [JSON].into_iter().chain(more.iter().copied()).collect();
    page.send("POST", &path, &headers, body.to_string()).await
}

/// A visitor with a ticket.
pub struct Visitor {
    pub channel: Channel,
    pub token: String,
    pub ticket: TicketId,
    client: Client,
}

impl Visitor {
    pub fn of(desk: &Desk, channel: Channel, answer: &ClientAnswer) -> Self {
        let token = answer.created()["public_token"].as_str().expect("a token").to_owned();
        let ticket = PublicToken::open(&token, &desk.app.sealing).expect("genuine").ticket;
        Self { channel, token, ticket, client: nobody(desk) }
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

    pub async fn get(&self, rest: &str) -> ClientAnswer {
        self.client.get(&self.path(rest)).await
    }

    pub async fn say(&self, text: &str) -> ClientAnswer {
        self.client.post(&self.path("/messages"), json!({"body_text": text})).await
    }
}

pub fn ada() -> Json {
    json!({
        "subject": "My order",
        "message": {"body_text": "Where is it?"},
        "from": {"name": "Ada", "email": "ada@example.com"},
    })
}
