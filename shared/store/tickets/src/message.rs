//! The message item: what its key says is not said again, and the rest in few bytes,
//! because twenty of them are read with every ticket.

use lambdesk_domain::{
    attachment::Attachment,
    id::{MessageId, TicketId},
    message::{Content, Message, MessageKind, Sender, SenderKind},
    status::Source,
    text::Name,
    time::Timestamp,
};
use lambdesk_table::{
    Corrupt, Item, Key, Versioned,
    item::{self, Reader},
    keys,
};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct StoredMessage {
    k: MessageKind,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    secure: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    forward: bool,
    by: SenderKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    src: Source,
    at: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    files: Vec<Attachment>,
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    html: Option<String>,
}

/// The item of a message.
#[must_use]
pub fn encode(key: Key, message: &Message) -> Item {
    let (text, html) = message.content.as_stored();
    let stored = StoredMessage {
        k: message.kind,
        secure: message.is_secure,
        forward: message.is_forward,
        by: message.sender.kind,
        id: message.sender.id.map(keys::short),
        name: message.sender.name.as_ref().map(|name| name.as_str().to_owned()),
        src: message.source,
        at: message.created_at.millis(),
        files: message.attachments.clone(),
        text: text.to_owned(),
        html: html.map(str::to_owned),
    };
    item::document(key, &stored)
}

/// Reads the item of a message, so that a write can be held to it.
///
/// # Errors
/// The attribute that is missing or unreadable.
pub(crate) fn decode_versioned(item: &Item) -> Result<Versioned<Message>, Corrupt> {
    Versioned::of(item, decode(item)?)
}

/// Reads the item of a message.
///
/// # Errors
/// The attribute that is missing or unreadable.
pub fn decode(item: &Item) -> Result<Message, Corrupt> {
    let read = Reader(item);
    let (ticket_id, id) = ids(read.text("pk")?, read.text("sk")?).ok_or(Corrupt("sk"))?;
    let StoredMessage { k, secure, forward, by, id: sender, name, src, at, files, text, html } = read.json("doc")?;
    let sender = sender.map(|short| keys::long(&short).ok_or(Corrupt("doc"))).transpose()?;
    Ok(Message {
        id,
        ticket_id,
        kind: k,
        is_secure: secure,
        is_forward: forward,
        sender: Sender { kind: by, id: sender, name: name.map(Name::stored) },
        source: src,
        content: Content::stored(text, html),
        attachments: files,
        created_at: Timestamp::from_millis(at),
    })
}

fn ids(pk: &str, sk: &str) -> Option<(TicketId, MessageId)> {
    let (_, ticket) = keys::parse_ticket(pk)?;
    Some((ticket, keys::parse_message(sk)?))
}
