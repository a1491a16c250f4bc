//! The ticket: one conversation with a customer, without its thread.

use crate::{
    access::{ActorRef, Cause},
    contact::{ContactRef, Requester},
    custom_field::FieldValue,
    id::{
        AccountId, CategoryId, ChannelId, MessageId, TagId, TeamId, TicketId, TicketNumber, UserId, Version,
        WorkspaceId,
    },
    status::{Awaiting, ChannelType, Priority, Shelf, Source, Status},
    text::{FieldKey, Preview, Subject, Summary, Uid},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The most tags one ticket may have.
pub const MAX_TAGS: usize = 50;

/// A channel as a ticket carries it: the type never changes, the name is looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelRef {
    /// Its id.
    pub id: ChannelId,
    /// Its type.
    pub kind: ChannelType,
}

/// The part of a ticket that is set when it is made and never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Who made it.
    pub creator: ActorRef,
    /// The closed ticket that it continues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<TicketId>,
    /// The message that opened it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening: Option<MessageId>,
}

/// A ticket as of one version.
#[derive(Debug, Clone, PartialEq)]
pub struct Ticket {
    pub workspace_id: WorkspaceId,
    pub id: TicketId,
    pub number: TicketNumber,
    pub version: Version,
    pub subject: Subject,
    pub status: Status,
    /// The status that spam hides.
    pub status_before_spam: Option<Status>,
    pub shelf: Shelf,
    pub priority: Priority,
    pub source: Source,
    pub channel: Option<ChannelRef>,
    pub category: Option<CategoryId>,
    pub team: Option<TeamId>,
    pub assignee: Option<UserId>,
    pub contact: Option<ContactRef>,
    /// What it is about. Its state is read where it is shown: a ticket shows it as it is now.
    pub account: Option<AccountId>,
    pub requester: Requester,
    pub tags: BTreeSet<TagId>,
    pub custom: BTreeMap<FieldKey, FieldValue>,
    /// The end user's name in somebody else's system.
    pub uid: Option<Uid>,
    pub summary: Option<Summary>,
    pub preview: Preview,
    pub awaiting: Awaiting,
    pub replies_count: u64,
    pub is_read_by_customer: bool,
    pub is_read_by_organization: bool,
    pub follow_up_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub last_activity_at: Timestamp,
    pub status_changed_at: Timestamp,
    /// When someone first worked on it.
    pub in_progress_at: Option<Timestamp>,
    pub first_response_at: Option<Timestamp>,
    pub resolved_at: Option<Timestamp>,
    pub closed_at: Option<Timestamp>,
    pub archived_at: Option<Timestamp>,
    pub trashed_at: Option<Timestamp>,
    pub origin: Origin,
    /// What this version is owed to.
    pub cause: Cause,
}

impl Ticket {
    /// On the ordinary shelf with something still to be done: in the assignees' lists.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.shelf == Shelf::Live && self.status.is_active()
    }

    /// Hidden from default lists until its follow-up is due.
    #[must_use]
    pub fn is_put_off(&self, now: Timestamp) -> bool {
        self.follow_up_at.is_some_and(|due| due > now)
    }
}
