//! What happened to a contact.
//!
//! A contact's version counts its changes, and its end is the last of them: so the
//! events of one contact are numbered without gaps, too.

use super::{change::FieldChange, id::event_id, kind::EventType};
use crate::{
    access::{ActorRef, Cause},
    contact::{Contact, ContactEnd, EndedContact},
    id::{ContactId, EventId, RequestId, Version, WorkspaceId},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;

/// A contact without personal text, as events carry it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ThinContact {
    /// Its id.
    pub id: ContactId,
    /// 1 when it was made, one more with every committed change.
    pub version: Version,
    /// Whether their messages wake nothing.
    pub is_blocked: bool,
    /// The contacts that became a part of this one.
    pub merged_ids: BTreeSet<ContactId>,
    /// How it ended; null while it is there.
    pub ended: Option<ContactEnd>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When this version was made.
    pub updated_at: Timestamp,
}

impl From<&Contact> for ThinContact {
    fn from(contact: &Contact) -> Self {
        Self {
            id: contact.id,
            version: contact.version,
            is_blocked: contact.is_blocked,
            merged_ids: contact.merged.clone(),
            ended: None,
            created_at: contact.created_at,
            updated_at: contact.updated_at,
        }
    }
}

impl From<&EndedContact> for ThinContact {
    fn from(contact: &EndedContact) -> Self {
        Self {
            id: contact.id,
            version: contact.version,
            is_blocked: contact.is_blocked,
            merged_ids: contact.merged.clone(),
            ended: Some(contact.end),
            created_at: contact.created_at,
            updated_at: contact.ended_at,
        }
    }
}

/// What the event of a contact carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ContactData {
    /// The contact afterwards.
    pub contact: ThinContact,
}

/// What happened to a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ContactEvent {
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
    /// The contact.
    pub contact_id: ContactId,
    /// The contact's version: counts from 1 without gaps.
    pub sequence: Version,
    /// Who did it.
    pub actor: ActorRef,
    /// In which request; none on the clock.
    pub request_id: Option<RequestId>,
    /// Recorded without outward effect.
    pub is_silent: bool,
    /// Which fields changed.
    pub changes: Vec<FieldChange>,
    /// The contact.
    pub data: ContactData,
}

/// A contact as a version left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactImage<'a> {
    /// It is there.
    Live(&'a Contact),
    /// That was its last version.
    Ended(&'a EndedContact),
}

impl ContactImage<'_> {
    /// Its version.
    #[must_use]
    pub const fn version(self) -> Version {
        match self {
            Self::Live(contact) => contact.version,
            Self::Ended(contact) => contact.version,
        }
    }

    /// When it last changed.
    #[must_use]
    pub const fn updated_at(self) -> Timestamp {
        match self {
            Self::Live(contact) => contact.updated_at,
            Self::Ended(contact) => contact.ended_at,
        }
    }

    const fn cause(&self) -> &Cause {
        match self {
            Self::Live(contact) => &contact.cause,
            Self::Ended(contact) => &contact.cause,
        }
    }

    fn thin(self) -> ThinContact {
        match self {
            Self::Live(contact) => contact.into(),
            Self::Ended(contact) => contact.into(),
        }
    }
}

/// Derives the event between two consecutive versions of a contact; `old` is none
/// for a new one, or where only the present one is known.
#[must_use]
pub fn between_contacts(workspace: WorkspaceId, old: Option<&Contact>, new: ContactImage<'_>) -> ContactEvent {
    let contact = new.thin();
    let changes = old.map(|old| changes(old, new)).unwrap_or_default();
    event(workspace, contact, new.cause(), changes)
}

/// The event of a version whose change the stream never told, made from the contact
/// as it is now. `version` is at most the contact's own. As with tickets
/// ([`crate::sweep::lost_version`]) `changes` has one entry for the field `*`, and of
/// a version before the present one `data.contact` is the present contact and the
/// actor the system.
#[must_use]
pub fn lost_contact_version(workspace: WorkspaceId, now: ContactImage<'_>, version: Version) -> ContactEvent {
    let is_first = version == Version::FIRST;
    let contact = now.thin();
    if version == contact.version {
        let changes = if is_first { Vec::new() } else { vec![FieldChange::unknown()] };
        return event(workspace, contact, now.cause(), changes);
    }
    let (created_at, updated_at) = (contact.created_at, contact.updated_at);
    let as_if = ThinContact { version, updated_at: created_at, ended: None, ..contact.clone() };
    let mut event = event(workspace, as_if, &Cause::SYSTEM, vec![FieldChange::unknown()]);
    if !is_first {
        event.created_at = updated_at;
    }
    event.data = ContactData { contact };
    event
}

fn event(workspace: WorkspaceId, contact: ThinContact, cause: &Cause, changes: Vec<FieldChange>) -> ContactEvent {
    let (kind, types) = types(&contact);
    ContactEvent {
        id: event_id(contact.id.uuid(), contact.version, contact.updated_at),
        kind,
        types,
        created_at: contact.updated_at,
        workspace_id: workspace,
        contact_id: contact.id,
        sequence: contact.version,
        actor: cause.actor,
        request_id: cause.request_id,
        is_silent: cause.is_silent,
        changes,
        data: ContactData { contact },
    }
}

/// The most specific type, and all that apply.
fn types(contact: &ThinContact) -> (EventType, Vec<EventType>) {
    let kind = match contact.ended {
        None if contact.version == Version::FIRST => EventType::ContactCreated,
        None => EventType::ContactUpdated,
        Some(ContactEnd::Merged { .. }) => EventType::ContactMerged,
        Some(ContactEnd::Deleted) => EventType::ContactDeleted,
        Some(ContactEnd::Erased) => EventType::ContactErased,
    };
    let is_change = !matches!(kind, EventType::ContactCreated | EventType::ContactUpdated);
    let more = is_change.then_some(EventType::ContactUpdated);
    (kind, std::iter::once(kind).chain(more).collect())
}

fn changes(old: &Contact, new: ContactImage<'_>) -> Vec<FieldChange> {
    let mut changes = differences(&ThinContact::from(old), &new.thin());
    if let ContactImage::Live(new) = new {
        let personal = [
            ("name", old.name != new.name),
            ("email", old.email != new.email),
            ("phone", old.phone != new.phone),
            ("external_id", old.external_id != new.external_id),
            ("uid", old.uid != new.uid),
        ];
        let personal = personal.into_iter().filter(|(_, changed)| *changed);
        changes.extend(personal.map(|(field, _)| FieldChange::redacted(field)));
    }
    changes
}

/// The fields in which two thin images differ, but for those that change with every version.
fn differences(old: &ThinContact, new: &ThinContact) -> Vec<FieldChange> {
    let (before, after) = (members(old), members(new));
    let told = after.into_iter().filter(|(field, _)| !matches!(field.as_str(), "version" | "updated_at"));
    told.filter_map(|(field, to)| {
        let from = before.get(&field).cloned().unwrap_or(Json::Null);
        (from != to).then_some(FieldChange { field, from, to, is_redacted: false })
    })
    .collect()
}

fn members(contact: &ThinContact) -> Map<String, Json> {
    match serde_json::to_value(contact) {
        Ok(Json::Object(members)) => members,
        _ => Map::new(),
    }
}
