//! Events: what happened between two versions of a ticket, or of a contact.
//!
//! One committed version is one event. It is derived from the two images of the
//! ticket or contact alone, so it exists exactly when the change does, and the same
//! function answers a dry run. No event carries personal text: fields that may hold
//! some are named as changed, without their values.

mod contact;
mod told;

pub use contact::{ContactData, ContactEvent, ContactImage, ThinContact, between_contacts, lost_contact_version};
pub use told::{Event, EventSource, Subject};

use crate::{
    access::{ActorRef, What},
    id::{
        AccountId, CategoryId, ChannelId, ContactId, EventId, MessageId, RequestId, TagId, TeamId, TicketId,
        TicketNumber, UserId, Version, WorkspaceId,
    },
    message::MessageKind,
    status::{Awaiting, Priority, Shelf, Source, Status, words},
    ticket::Ticket,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

words! {
    /// What happened, the most specific type first.
    EventType {
        TicketCreated = "ticket.created",
        TicketDeleted = "ticket.deleted",
        TicketRestored = "ticket.restored",
        TicketArchived = "ticket.archived",
        TicketFollowUpDue = "ticket.follow_up_due",
        MessageCreated = "message.created",
        MessageDeleted = "message.deleted",
        MessageUpdated = "message.updated",
        TicketStatusChanged = "ticket.status_changed",
        TicketAssigned = "ticket.assigned",
        TicketTeamChanged = "ticket.team_changed",
        TicketTagged = "ticket.tagged",
        /// Any change of an existing ticket.
        TicketUpdated = "ticket.updated",
        ContactCreated = "contact.created",
        /// It became a part of another, which its id means from then on.
        ContactMerged = "contact.merged",
        /// Nobody was on a ticket of theirs, and they are gone.
        ContactDeleted = "contact.deleted",
        /// Nothing personal of them is left.
        ContactErased = "contact.erased",
        /// Any change of an existing contact.
        ContactUpdated = "contact.updated",
        /// An endpoint was switched off after days of failures; told in the delivery log only.
        WebhookDisabled = "webhook.disabled",
        /// A test that somebody asked for.
        WebhookTest = "webhook.test",
    }
}

/// A ticket without personal text, as events carry it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ThinTicket {
    pub id: TicketId,
    pub number: TicketNumber,
    pub version: Version,
    pub status: Status,
    pub shelf: Shelf,
    pub priority: Priority,
    pub source: Source,
    pub channel_id: Option<ChannelId>,
    pub category_id: Option<CategoryId>,
    pub team_id: Option<TeamId>,
    pub assignee_id: Option<UserId>,
    pub contact_id: Option<ContactId>,
    pub account_id: Option<AccountId>,
    pub tag_ids: Vec<TagId>,
    pub awaiting: Awaiting,
    pub replies_count: u64,
    pub is_read_by_customer: bool,
    pub is_read_by_organization: bool,
    pub follow_up_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub last_activity_at: Timestamp,
    pub first_response_at: Option<Timestamp>,
    pub resolved_at: Option<Timestamp>,
    pub closed_at: Option<Timestamp>,
}

impl From<&Ticket> for ThinTicket {
    fn from(ticket: &Ticket) -> Self {
        Self {
            id: ticket.id,
            number: ticket.number,
            version: ticket.version,
            status: ticket.status,
            shelf: ticket.shelf,
            priority: ticket.priority,
            source: ticket.source,
            channel_id: ticket.channel.map(|channel| channel.id),
            category_id: ticket.category,
            team_id: ticket.team,
            assignee_id: ticket.assignee,
            contact_id: ticket.contact.as_ref().map(|contact| contact.id),
            account_id: ticket.account,
            tag_ids: ticket.tags.iter().copied().collect(),
            awaiting: ticket.awaiting,
            replies_count: ticket.replies_count,
            is_read_by_customer: ticket.is_read_by_customer,
            is_read_by_organization: ticket.is_read_by_organization,
            follow_up_at: ticket.follow_up_at,
            created_at: ticket.created_at,
            updated_at: ticket.updated_at,
            last_activity_at: ticket.last_activity_at,
            first_response_at: ticket.first_response_at,
            resolved_at: ticket.resolved_at,
            closed_at: ticket.closed_at,
        }
    }
}

/// One changed field. Personal fields are named without their values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FieldChange {
    /// Its name.
    pub field: String,
    /// Before.
    pub from: Json,
    /// After.
    pub to: Json,
    /// The values are personal and left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_redacted: bool,
}

/// The name that stands for "some fields, nobody knows which" in a change.
pub const UNKNOWN_FIELD: &str = "*";

impl FieldChange {
    /// Of a field whose values are personal.
    fn redacted(field: &str) -> Self {
        Self { field: field.to_owned(), from: Json::Null, to: Json::Null, is_redacted: true }
    }

    /// Of nobody knows which fields.
    #[must_use]
    pub fn unknown() -> Self {
        Self::redacted(UNKNOWN_FIELD)
    }
}

/// The message that an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct MessageRef {
    pub id: MessageId,
    pub kind: MessageKind,
}

/// What the event of a ticket carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TicketData {
    /// The ticket afterwards.
    pub ticket: ThinTicket,
    /// The message, when it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageRef>,
}

/// What happened to a ticket: an entry of its activity log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct TicketEvent {
    /// Its id: the same however often it is derived.
    pub id: EventId,
    /// The most specific type.
    #[serde(rename = "type")]
    pub kind: EventType,
    /// All types that apply, the most specific first.
    pub types: Vec<EventType>,
    /// When the change was made.
    pub created_at: Timestamp,
    /// The tenant.
    pub workspace_id: WorkspaceId,
    /// The ticket.
    pub ticket_id: TicketId,
    /// The ticket's version: counts from 1 without gaps.
    pub sequence: Version,
    /// Who did it.
    pub actor: ActorRef,
    /// In which request; none on the clock.
    pub request_id: Option<RequestId>,
    /// Recorded without outward effect.
    pub is_silent: bool,
    /// Which fields changed.
    pub changes: Vec<FieldChange>,
    /// The ticket and the message.
    pub data: TicketData,
}

/// Fields that say nothing on their own: they change with every version, or
/// another field tells it better.
const UNTOLD: [&str; 6] = ["version", "updated_at", "last_activity_at", "replies_count", "resolved_at", "closed_at"];

/// Derives the event between two consecutive versions; `old` is none for a new
/// ticket, or where the version before is lost and only the state is known.
#[must_use]
pub fn between(old: Option<&Ticket>, new: &Ticket) -> TicketEvent {
    let message = match new.cause.what {
        Some(What::Message { id, kind } | What::MessageEdited { id, kind } | What::MessageDeleted { id, kind }) => {
            Some(MessageRef { id, kind })
        }
        _ => None,
    };
    let types = types(old, new);
    TicketEvent {
        id: event_id(new.id.uuid(), new.version, new.updated_at),
        kind: types.first().copied().unwrap_or(EventType::TicketUpdated),
        types,
        created_at: new.updated_at,
        workspace_id: new.workspace_id,
        ticket_id: new.id,
        sequence: new.version,
        actor: new.cause.actor,
        request_id: new.cause.request_id,
        is_silent: new.cause.is_silent,
        changes: old.map(|old| changes(old, new)).unwrap_or_default(),
        data: TicketData { ticket: ThinTicket::from(new), message },
    }
}

/// All types that apply, the most specific first.
fn types(old: Option<&Ticket>, new: &Ticket) -> Vec<EventType> {
    let what = new.cause.what;
    let is_new = old.is_none() && new.version == Version::FIRST;
    let changed = |differs: fn(&Ticket, &Ticket) -> bool| old.is_some_and(|old| differs(old, new));
    let moved_to = |shelf| new.shelf == shelf && changed(|old, new| old.shelf != new.shelf);
    [
        (EventType::TicketCreated, is_new),
        (EventType::TicketDeleted, moved_to(Shelf::Trashed)),
        (EventType::TicketRestored, moved_to(Shelf::Live)),
        (EventType::TicketArchived, moved_to(Shelf::Archived)),
        (EventType::TicketFollowUpDue, old.is_some() && what == Some(What::FollowUpDue)),
        (EventType::MessageCreated, matches!(what, Some(What::Message { .. }))),
        (EventType::MessageDeleted, old.is_some() && matches!(what, Some(What::MessageDeleted { .. }))),
        (EventType::MessageUpdated, old.is_some() && matches!(what, Some(What::MessageEdited { .. }))),
        (EventType::TicketStatusChanged, changed(|old, new| old.status != new.status)),
        (EventType::TicketAssigned, changed(|old, new| old.assignee != new.assignee)),
        (EventType::TicketTeamChanged, changed(|old, new| old.team != new.team)),
        (EventType::TicketTagged, changed(|old, new| old.tags != new.tags)),
        (EventType::TicketUpdated, !is_new),
    ]
    .into_iter()
    .filter_map(|(kind, applies)| applies.then_some(kind))
    .collect()
}

fn changes(old: &Ticket, new: &Ticket) -> Vec<FieldChange> {
    let mut changes = differences(&ThinTicket::from(old), &ThinTicket::from(new));
    let personal = [
        ("subject", old.subject != new.subject),
        ("requester", old.requester != new.requester),
        ("custom", old.custom != new.custom),
        ("uid", old.uid != new.uid),
        ("summary", old.summary != new.summary),
    ];
    changes.extend(redacted(&personal));
    changes
}

/// The fields in which two thin images differ, but for those that say nothing.
fn differences<T: Serialize>(old: &T, new: &T) -> Vec<FieldChange> {
    let (before, after) = (fields(old), fields(new));
    let told = after.into_iter().filter(|(field, _)| !UNTOLD.contains(&field.as_str()));
    told.filter_map(|(field, to)| {
        let from = before.get(&field).cloned().unwrap_or(Json::Null);
        (from != to).then_some(FieldChange { field, from, to, is_redacted: false })
    })
    .collect()
}

/// The personal fields that changed, by name alone.
fn redacted(fields: &[(&str, bool)]) -> impl Iterator<Item = FieldChange> {
    let changed = fields.iter().filter(|(_, changed)| *changed);
    changed.map(|(field, _)| FieldChange::redacted(field))
}

fn fields(thing: &impl Serialize) -> Map<String, Json> {
    match serde_json::to_value(thing) {
        Ok(Json::Object(fields)) => fields,
        _ => Map::new(),
    }
}

/// A `UUIDv7` of the change's time whose other bits come from what changed and its
/// version, so that every derivation of the same event gives the same id.
fn event_id(of: Uuid, version: Version, at: Timestamp) -> EventId {
    let version = u128::from(version.0);
    // Two rounds of an odd multiplication spread neighbouring versions; ids need
    // be distinct, not secret.
    let mixed = (of.as_u128() ^ version.wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835))
        .wrapping_mul(0xD1B5_4A32_D192_ED03_8CB9_2BA7_2F3D_8DD7);
    let bytes = mixed.to_be_bytes();
    let random: [u8; 10] = std::array::from_fn(|index| bytes.get(index).copied().unwrap_or_default());
    EventId::new(uuid::Builder::from_unix_timestamp_millis(at.millis(), &random).into_uuid())
}
