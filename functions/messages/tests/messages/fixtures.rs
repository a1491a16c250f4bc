//! A customer's ticket, its callers, and the few requests that every test here makes.
#![allow(clippy::unwrap_used, reason = "tests")]

use lambdesk_domain::{
    command::{NewTicket, Opening},
    contact::{ContactRef, Requester},
    directory::Channel,
    id::{ContactId, MessageId, TicketId},
    message::Content,
    testing::samples,
    text::Name,
    ticket::ChannelRef,
};
use lambdesk_testkit::{Client, ClientAnswer, Desk};
use serde_json::json;

/// The owner of the workspace.
pub fn owner(desk: &Desk) -> Client {
    desk.client(lambdesk_messages::routes())
}

/// Somebody with this key.
pub fn caller(desk: &Desk, key: &str) -> Client {
    owner(desk).with_key(key)
}

/// Ada's ticket on a channel: open, unassigned, with one message.
pub async fn ticket(desk: &Desk, channel: &Channel) -> TicketId {
    let (id, ada): (_, Name) = (TicketId::new(desk.clock.new_uuid()), "Ada".parse().unwrap());
    let contact = ContactId::new(desk.clock.new_uuid());
    let new = NewTicket {
        channel: Some(ChannelRef { id: channel.id, kind: channel.kind }),
        contact: Some(ContactRef {
            id: contact,
            name: Some(ada.clone()),
            email: None,
            external_id: None,
            is_unproved: false,
        }),
        requester: Requester { name: Some(ada), ..Requester::default() },
        uid: Some("u-7".parse().unwrap()),
        opening: Some(Opening {
            id: MessageId::new(desk.clock.new_uuid()),
            content: Content::from_text("Where is it?").unwrap(),
            is_outbound: false,
            is_secure: false,
        }),
        ..samples::new_ticket(desk.workspace, id)
    };
    desk.ticket_of(new, desk.agent()).await.id
}

pub fn thread(ticket: TicketId) -> String {
    format!("/v1/tickets/{ticket}/messages")
}

/// Posts a message of a kind.
pub async fn say(caller: &Client, ticket: TicketId, kind: &str, text: &str) -> ClientAnswer {
    caller.post(&thread(ticket), json!({"kind": kind, "body_text": text})).await
}
