//! What happened to a ticket.

use super::{change::FieldChange, id::event_id, kind::EventType};
use crate::{
    access::{ActorRef, VisibilityScope, What},
    id::{EventId, MessageId, RequestId, TicketId, Version, WorkspaceId},
    message::MessageKind,
    set::Set,
    status::Lifecycle,
    ticket::{ThinTicket, Ticket},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// The message that an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct MessageRef {
    /// Its id (`UUIDv7`: sorts by creation).
    pub id: MessageId,
    /// Who wrote to whom.
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

impl TicketEvent {
    /// The event as those outside are told of it: that of a note without the note, and not at
    /// all where nothing else came of it.
    #[must_use]
    pub fn without_note(mut self) -> Option<Self> {
        if self.data.message.as_ref().is_none_or(|message| message.kind != MessageKind::Note) {
            return Some(self);
        }
        // Who writes a note has read the ticket: that is a part of it.
        self.changes.retain(|change| change.field != "is_read_by_organization");
        self.types.retain(|kind| {
            !matches!(kind, EventType::MessageCreated | EventType::MessageUpdated | EventType::MessageDeleted)
        });
        self.data.message = None;
        self.kind = *self.types.first()?;
        (!self.changes.is_empty()).then_some(self)
    }

    /// Whether it is for whoever sees so much: the ticket is within sight after it, or was
    /// before it. So a caller is told of the ticket's coming and going.
    #[must_use]
    pub fn is_within(&self, sight: VisibilityScope) -> bool {
        let ThinTicket { assignee_id, channel_id, .. } = &self.data.ticket;
        let moved = self.changes.iter().find(|change| change.field == "assignee_id");
        let before = moved.map(|change| serde_json::from_value(change.from.clone()).unwrap_or_default());
        let seen = |assignee| sight.covers(assignee, *channel_id);
        seen(*assignee_id) || before.is_some_and(seen)
    }
}

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
    let moved_to = |lifecycle| new.lifecycle == lifecycle && changed(|old, new| old.lifecycle != new.lifecycle);
    [
        (EventType::TicketCreated, is_new),
        (EventType::TicketDeleted, moved_to(Lifecycle::Trashed)),
        (EventType::TicketRestored, moved_to(Lifecycle::Live)),
        (EventType::TicketArchived, moved_to(Lifecycle::Archived)),
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

/// The fields that changed by name, with their values; then the personal ones by name alone.
/// What changes with every version, or follows from what is told, is left out.
fn changes(old: &Ticket, new: &Ticket) -> Vec<FieldChange> {
    let (personal, plain): (Vec<_>, Vec<_>) = Set::between(old, new).partition(is_redacted);
    let plain = plain.iter().map(|set| FieldChange::of(set.name(), &set.current(old).value(), &set.value()));
    let moves = [
        FieldChange::of("awaiting", &old.awaiting, &new.awaiting),
        FieldChange::of("continued_by", &old.continued_by, &new.continued_by),
        FieldChange::of("first_response_at", &old.first_response_at, &new.first_response_at),
        FieldChange::of("shelf", &old.lifecycle, &new.lifecycle),
        FieldChange::of("status", &old.status, &new.status),
        FieldChange::of("tag_ids", &old.tags, &new.tags),
    ];
    let mut changes: Vec<_> = plain.chain(moves).filter(|change| change.from != change.to).collect();
    changes.sort_by(|one, other| one.field.cmp(&other.field));
    let mut personal: Vec<_> = personal.iter().map(Set::name).collect();
    personal.sort_by_key(|name| PERSONAL.iter().position(|known| known == name).unwrap_or(PERSONAL.len()));
    personal.dedup();
    changes.extend(personal.into_iter().map(FieldChange::redacted));
    changes
}

/// A contact is told by its id, which is not personal.
fn is_redacted(set: &Set) -> bool {
    set.is_personal() && !matches!(set, Set::Contact(_))
}

/// The order in which events have always named personal fields; later ones follow.
const PERSONAL: [&str; 5] = ["subject", "requester", "custom", "uid", "summary"];
