//! The message item: what its key says is not said again, and the rest in few bytes,
//! because twenty of them are read with every ticket.
//!
//! What a message says stands in its item as it is while it is short, as nearly always.
//! Longer texts are [packed]; they stay in the item while that is small, and else have an
//! item of their own, whose size the message item tells. So a page of a thread reads small
//! items, and then knows what the rest would cost.
//!
//! [packed]: lambdesk_table::packed

mod body;

pub use self::body::BodyRef;
pub(crate) use self::body::{decode_body, is_of, may_be_elsewhere};

use self::body::{PACKED, PackedBody};
use lambdesk_domain::{
    attachment::Attachment,
    id::{MessageId, TicketId},
    message::{Content, Message, MessageKind, Sender, SenderKind},
    status::Source,
    text::Name,
    time::Timestamp,
};
use lambdesk_table::{
    Corrupt, Item, TableError, Tenant, Tx, Versioned, Write,
    item::{self, Reader, binary},
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
    /// None of a packed body, which has files and HTML too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    html: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<BodyRef>,
}

/// A message as its own item has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageItem {
    /// The message; it says nothing and has no files where its body is elsewhere.
    pub message: Message,
    /// What is told of its body, where that is packed.
    pub body: Option<BodyRef>,
}

impl MessageItem {
    /// Whether what it says is in an item of its own.
    #[must_use]
    pub fn is_elsewhere(&self) -> bool {
        self.body.as_ref().is_some_and(|body| body.stored.is_some())
    }
}

/// The items of a message: its own one, and that of its body if it has one.
#[derive(Debug, Clone, PartialEq)]
pub struct MessageItems {
    /// Read with every page of the thread.
    pub message: Item,
    /// Read after it, where what the message says is long.
    pub body: Option<Item>,
}

/// Writes the items of a new message.
pub(crate) fn add<E: From<TableError>>(tx: &mut Tx<E>, tenant: &Tenant, message: &Message) {
    let MessageItems { message, body } = items(tenant, message);
    tx.write(Write::create(message));
    if let Some(body) = body {
        tx.write(Write::put(body));
    }
}

/// The items of a message.
#[must_use]
pub fn items(tenant: &Tenant, message: &Message) -> MessageItems {
    let (key, body_key) =
        (tenant.message(message.ticket_id, message.id), tenant.message_body(message.ticket_id, message.id));
    let (text, html) = message.content.as_stored();
    let mut stored = StoredMessage {
        k: message.kind,
        secure: message.is_secure,
        forward: message.is_forward,
        by: message.sender.kind,
        id: message.sender.id.map(keys::short),
        name: message.sender.name.as_ref().map(|name| name.as_str().to_owned()),
        src: message.source,
        at: message.created_at.millis(),
        files: Vec::new(),
        text: None,
        html: None,
        body: None,
    };
    let Some(PackedBody { about, packed }) = PackedBody::of(message) else {
        stored.files.clone_from(&message.attachments);
        (stored.text, stored.html) = (Some(text.to_owned()), html.map(str::to_owned));
        return MessageItems { message: item::document(key, &stored), body: None };
    };
    let is_elsewhere = about.stored.is_some();
    stored.body = Some(about.clone());
    let mut message = item::document(key, &stored);
    if !is_elsewhere {
        message.insert(PACKED.to_owned(), binary(packed));
        return MessageItems { message, body: None };
    }
    let mut body = item::document(body_key, &about);
    body.insert(PACKED.to_owned(), binary(packed));
    MessageItems { message, body: Some(body) }
}

/// Reads the item of a message, so that a write can be held to it.
///
/// # Errors
/// The attribute that is missing or unreadable.
pub(crate) fn decode_versioned(item: &Item) -> Result<Versioned<MessageItem>, Corrupt> {
    Versioned::of(item, decode(item)?)
}

/// Reads the item of a message.
///
/// # Errors
/// The attribute that is missing or unreadable.
pub fn decode(item: &Item) -> Result<MessageItem, Corrupt> {
    let read = Reader(item);
    let (ticket_id, id) = ids(read.text("pk")?, read.text("sk")?).ok_or(Corrupt("sk"))?;
    let StoredMessage { k, secure, forward, by, id: sender, name, src, at, files, text, html, body } =
        read.json("doc")?;
    let sender = sender.map(|short| keys::long(&short).ok_or(Corrupt("doc"))).transpose()?;
    let mut message = Message {
        id,
        ticket_id,
        kind: k,
        is_secure: secure,
        is_forward: forward,
        sender: Sender { kind: by, id: sender, name: name.map(Name::stored) },
        source: src,
        content: Content::nothing(),
        attachments: files,
        created_at: Timestamp::from_millis(at),
    };
    match (&body, text) {
        (None, Some(text)) => message.content = Content::stored(text, html),
        (Some(BodyRef { stored: None, .. }), _) => (message.content, message.attachments) = decode_body(item)?,
        (Some(_), _) => {}
        (None, None) => return Err(Corrupt("doc")),
    }
    Ok(MessageItem { message, body })
}

fn ids(pk: &str, sk: &str) -> Option<(TicketId, MessageId)> {
    let (_, ticket) = keys::parse_ticket(pk)?;
    Some((ticket, keys::parse_message(sk)?))
}
