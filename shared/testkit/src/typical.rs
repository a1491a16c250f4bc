//! A typical ticket, whose size the figures of the store crates are for: a ticket item of
//! about 0.8 KB and messages of 0.5 KB.

use crate::arbitrary::workspace;
use lambdesk_domain::{
    access::{AccessRules, Actor, Cause, Role},
    command::{Context, NewTicket, Opening, create},
    contact::{Contact, ContactRef, Requester},
    id::{ChannelId, MessageId, RequestId, TicketId, TicketNumber, UserId},
    message::{Content, Message},
    status::{ChannelType, Priority, Source, Status},
    text::EmailAddress,
    ticket::{ChannelRef, Ticket},
    time::Timestamp,
};
use lambdesk_store_contacts::contact_id;
use std::time::Duration;
use uuid::Uuid;

/// When the ticket is made: 2026-01-01.
pub const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

/// An id of the time when Lambdesk was made.
#[must_use]
pub const fn id(number: u128) -> Uuid {
    Uuid::from_u128((0x0190 << 112) + number)
}

/// An agent with an id of 2, five minutes after the ticket.
#[must_use]
pub fn agent() -> Context {
    Context {
        actor: Actor::User { id: UserId::new(id(2)), name: "Ada Lovelace".parse().expect("a name"), role: Role::Agent },
        rules: AccessRules::default(),
        request_id: Some(RequestId::new(id(3))),
        is_silent: false,
        if_match: None,
        now: NOW.plus(Duration::from_mins(5)),
    }
}

/// What a message says.
#[must_use]
pub fn content() -> Content {
    Content::from_text(&"The lamp that I ordered does not light up. ".repeat(4)).expect("not blank")
}

/// Who the ticket is from.
#[must_use]
pub fn contact() -> Contact {
    let email: EmailAddress = "grace.hopper@example.com".parse().expect("an address");
    Contact {
        name: Some("Grace Hopper".parse().expect("a name")),
        email: Some(email.clone()),
        ..Contact::new(contact_id("salt", &email), Cause::SYSTEM, NOW)
    }
}

/// A guest's ticket of the first workspace with its message, which have this id.
#[must_use]
pub fn opened(number: u128) -> (Ticket, Message) {
    let contact = contact();
    let new = NewTicket {
        workspace_id: workspace(1),
        id: TicketId::new(id(number)),
        number: TicketNumber(4_711),
        subject: "My lamp does not light up any more".parse().expect("a subject"),
        status: Status::Open,
        priority: Priority::Normal,
        is_held: false,
        source: Source::Guest,
        channel: Some(ChannelRef { id: ChannelId::new(id(4)), kind: ChannelType::Form }),
        category: None,
        team: None,
        assignee: None,
        contact: Some(ContactRef::from(&contact)),
        account: None,
        requester: Requester { name: contact.name.clone(), email: contact.email, phone: None },
        tags: [].into(),
        custom: [].into(),
        uid: None,
        summary: None,
        follow_up_at: None,
        opening: Some(Opening {
            id: MessageId::new(id(number)),
            content: content(),
            is_outbound: false,
            is_secure: false,
        }),
        continues: None,
    };
    let actor = Actor::Visitor { channel: ChannelId::new(id(4)), contact: None, name: contact.name };
    let (ticket, message) = create(new, &Context { actor, now: NOW, ..agent() }).expect("it may be made");
    (ticket, message.expect("it opens with one"))
}
