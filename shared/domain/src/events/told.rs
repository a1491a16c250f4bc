//! Events of either kind, and how they are found.

use super::{ContactEvent, EventType, TicketEvent};
use crate::{
    id::{ChannelId, ContactId, EventId, TicketId, Version, WorkspaceId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What happened, as the feed and webhooks tell it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(untagged)]
#[allow(clippy::large_enum_variant, reason = "nearly all are of tickets; a new field must not trip over it")]
pub enum Event {
    /// To a ticket.
    Ticket(TicketEvent),
    /// To a contact.
    Contact(ContactEvent),
}

/// What events are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum EventSubject {
    /// A ticket.
    #[serde(rename = "ticket_id")]
    Ticket(TicketId),
    /// A contact.
    #[serde(rename = "contact_id")]
    Contact(ContactId),
}

impl fmt::Display for EventSubject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ticket(id) => write!(f, "ticket {id}"),
            Self::Contact(id) => write!(f, "contact {id}"),
        }
    }
}

/// The version that an event tells of: so it is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventSource {
    /// Of what.
    #[serde(flatten)]
    pub subject: EventSubject,
    /// Which one.
    pub version: Version,
}

impl Event {
    /// Its id: the same however often it is derived.
    #[must_use]
    pub const fn id(&self) -> EventId {
        match self {
            Self::Ticket(event) => event.id,
            Self::Contact(event) => event.id,
        }
    }

    /// The most specific type.
    #[must_use]
    pub const fn kind(&self) -> EventType {
        match self {
            Self::Ticket(event) => event.kind,
            Self::Contact(event) => event.kind,
        }
    }

    /// All types that apply, the most specific first.
    #[must_use]
    pub fn types(&self) -> &[EventType] {
        match self {
            Self::Ticket(event) => &event.types,
            Self::Contact(event) => &event.types,
        }
    }

    /// The tenant.
    #[must_use]
    pub const fn workspace_id(&self) -> WorkspaceId {
        match self {
            Self::Ticket(event) => event.workspace_id,
            Self::Contact(event) => event.workspace_id,
        }
    }

    /// Recorded without outward effect.
    #[must_use]
    pub const fn is_silent(&self) -> bool {
        match self {
            Self::Ticket(event) => event.is_silent,
            Self::Contact(event) => event.is_silent,
        }
    }

    /// What it is about, and which version of it.
    #[must_use]
    pub const fn source(&self) -> EventSource {
        let (subject, version) = match self {
            Self::Ticket(event) => (EventSubject::Ticket(event.ticket_id), event.sequence),
            Self::Contact(event) => (EventSubject::Contact(event.contact_id), event.sequence),
        };
        EventSource { subject, version }
    }

    /// When the change was made.
    #[must_use]
    pub const fn created_at(&self) -> Timestamp {
        match self {
            Self::Ticket(event) => event.created_at,
            Self::Contact(event) => event.created_at,
        }
    }

    /// The channel of the ticket that it is about; a contact has none.
    #[must_use]
    pub const fn channel(&self) -> Option<ChannelId> {
        match self {
            Self::Ticket(event) => event.data.ticket.channel_id,
            Self::Contact(_) => None,
        }
    }
}

impl From<TicketEvent> for Event {
    fn from(event: TicketEvent) -> Self {
        Self::Ticket(event)
    }
}

impl From<ContactEvent> for Event {
    fn from(event: ContactEvent) -> Self {
        Self::Contact(event)
    }
}
