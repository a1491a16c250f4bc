//! The ticket: one conversation with a customer, without its thread. As of one version, as it
//! is made, and without personal text.

use crate::{
    access::{ActorRef, Cause},
    contact::{ContactRef, Requester},
    custom_field::FieldValue,
    id::{
        AccountId, CategoryId, ChannelId, ContactId, MessageId, TagId, TeamId, TicketId, TicketNumber, UserId, Version,
        WorkspaceId,
    },
    message::{Content, Message, MessageKind},
    status::{Awaiting, ChannelType, Lifecycle, Priority, Source, Status},
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

/// The message that opens a ticket.
#[derive(Debug, Clone, PartialEq)]
pub struct Opening {
    /// The id it will have.
    pub id: MessageId,
    /// What it says.
    pub content: Content,
    /// From us to the customer, when an agent writes first.
    pub is_outbound: bool,
    /// For the people of the ticket alone.
    pub is_secure: bool,
}

/// A ticket to be made. References are checked against the directory before.
#[derive(Debug, Clone, PartialEq)]
pub struct NewTicket {
    /// The tenant.
    pub workspace_id: WorkspaceId,
    /// The id it will have.
    pub id: TicketId,
    /// The number it will have, by which people name it.
    pub number: TicketNumber,
    /// What it is about, in the words of whoever made it.
    pub subject: Subject,
    /// Where it stands.
    pub status: Status,
    /// How urgent it is.
    pub priority: Priority,
    /// Kept back until someone looks.
    pub is_held: bool,
    /// How it came in.
    pub source: Source,
    /// The channel that it came in through; none when made without one.
    pub channel: Option<ChannelRef>,
    /// Its category.
    pub category: Option<CategoryId>,
    /// The team that it is in the queue of.
    pub team: Option<TeamId>,
    /// The user who is to answer it.
    pub assignee: Option<UserId>,
    /// The contact who asks, when they are known.
    pub contact: Option<ContactRef>,
    /// The business object that it is about.
    pub account: Option<AccountId>,
    /// Who asks, in their own words, known or not.
    pub requester: Requester,
    /// Its tags: at most [`MAX_TAGS`].
    pub tags: BTreeSet<TagId>,
    /// The values of its custom fields, by key.
    pub custom: BTreeMap<FieldKey, FieldValue>,
    /// The end user's name in somebody else's system.
    pub uid: Option<Uid>,
    /// A summary of the conversation.
    pub summary: Option<Summary>,
    /// When it is to come back to the lists; none while it is in them.
    pub follow_up_at: Option<Timestamp>,
    /// The message that opens it; a ticket may have none.
    pub opening: Option<Opening>,
    /// The closed ticket that it continues.
    pub continues: Option<TicketId>,
}

/// A ticket as of one version.
#[derive(Debug, Clone, PartialEq)]
pub struct Ticket {
    /// The tenant.
    pub workspace_id: WorkspaceId,
    /// Its id.
    pub id: TicketId,
    /// The number by which people name it, counted per workspace.
    pub number: TicketNumber,
    /// Counts its changes, from 1.
    pub version: Version,
    /// What it is about, in the words of whoever made it.
    pub subject: Subject,
    /// Where it stands.
    pub status: Status,
    /// The status that spam hides.
    pub status_before_spam: Option<Status>,
    /// Which lists it can be in at all.
    pub lifecycle: Lifecycle,
    /// How urgent it is.
    pub priority: Priority,
    /// How it came in.
    pub source: Source,
    /// The channel that it came in through; none when made without one.
    pub channel: Option<ChannelRef>,
    /// Its category.
    pub category: Option<CategoryId>,
    /// The team that it is in the queue of.
    pub team: Option<TeamId>,
    /// The user who is to answer it.
    pub assignee: Option<UserId>,
    /// The contact who asks, when they are known.
    pub contact: Option<ContactRef>,
    /// What it is about. Its state is read where it is shown: a ticket shows it as it is now.
    pub account: Option<AccountId>,
    /// Who asks, in their own words, known or not.
    pub requester: Requester,
    /// Its tags: at most [`MAX_TAGS`].
    pub tags: BTreeSet<TagId>,
    /// The values of its custom fields, by key.
    pub custom: BTreeMap<FieldKey, FieldValue>,
    /// The end user's name in somebody else's system.
    pub uid: Option<Uid>,
    /// A summary of the conversation.
    pub summary: Option<Summary>,
    /// The beginning of the latest public message.
    pub preview: Preview,
    /// Whose turn it is.
    pub awaiting: Awaiting,
    /// How many public messages followed the one that opened it.
    pub replies_count: u64,
    /// The customer has seen the latest message.
    pub is_read_by_customer: bool,
    /// Somebody of the workspace has seen the latest message.
    pub is_read_by_organization: bool,
    /// When it is to come back to the lists; none while it is in them.
    pub follow_up_at: Option<Timestamp>,
    /// Nobody outside is told when it comes back, as nobody was told that it went.
    pub is_follow_up_silent: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When this version was made.
    pub updated_at: Timestamp,
    /// When something last happened that moves it to the top of lists.
    pub last_activity_at: Timestamp,
    /// Since when it has this status.
    pub status_changed_at: Timestamp,
    /// When someone first worked on it.
    pub in_progress_at: Option<Timestamp>,
    /// When we first answered.
    pub first_response_at: Option<Timestamp>,
    /// When it was resolved or closed; none while it is neither.
    pub resolved_at: Option<Timestamp>,
    /// When it was closed; none while it is not.
    pub closed_at: Option<Timestamp>,
    /// When it was archived; none while it is not.
    pub archived_at: Option<Timestamp>,
    /// When it was deleted; none while it is not in the trash.
    pub trashed_at: Option<Timestamp>,
    /// The ticket that continues this one: what its customer says goes there, while this
    /// one is closed and that one is not.
    pub continued_by: Option<TicketId>,
    /// What was settled when it was made.
    pub origin: Origin,
    /// What this version is owed to.
    pub cause: Cause,
}

impl Ticket {
    /// The first version of a new ticket, opened by a message or by none.
    #[must_use]
    pub fn new(new: NewTicket, message: Option<&Message>, cause: Cause, now: Timestamp) -> Self {
        let by_customer = message.is_some_and(|message| message.kind == MessageKind::Inbound);
        Self {
            workspace_id: new.workspace_id,
            id: new.id,
            number: new.number,
            version: Version::FIRST,
            subject: new.subject,
            status: new.status,
            status_before_spam: (new.status == Status::Spam).then_some(Status::Open),
            lifecycle: if new.is_held { Lifecycle::Unprocessed } else { Lifecycle::Live },
            priority: new.priority,
            source: new.source,
            channel: new.channel,
            category: new.category,
            team: new.team,
            assignee: new.assignee,
            contact: new.contact,
            account: new.account,
            requester: new.requester,
            tags: new.tags,
            custom: new.custom,
            uid: new.uid,
            summary: new.summary,
            preview: message.and_then(Message::preview).unwrap_or_default(),
            awaiting: match message.map(|message| message.kind) {
                Some(MessageKind::Inbound) => Awaiting::Agent,
                Some(MessageKind::Outbound) => Awaiting::Customer,
                _ => Awaiting::None,
            },
            replies_count: 0,
            is_read_by_customer: by_customer,
            is_read_by_organization: !by_customer,
            follow_up_at: new.follow_up_at,
            is_follow_up_silent: new.follow_up_at.is_some() && cause.is_silent,
            created_at: now,
            updated_at: now,
            last_activity_at: now,
            status_changed_at: now,
            in_progress_at: (new.status == Status::InProgress).then_some(now),
            first_response_at: None,
            resolved_at: new.status.is_closed().then_some(now),
            closed_at: (new.status == Status::Closed).then_some(now),
            archived_at: None,
            trashed_at: None,
            continued_by: None,
            origin: Origin {
                creator: cause.actor,
                continues: new.continues,
                opening: message.map(|message| message.id),
            },
            cause,
        }
    }

    /// On live tickets with something still to be done: in the assignees' lists.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.lifecycle == Lifecycle::Live && self.status.is_active()
    }

    /// Whoever opened it has said who they are, and nobody has proved it.
    #[must_use]
    pub fn is_guests(&self) -> bool {
        self.source == Source::Guest || self.contact.as_ref().is_some_and(|contact| contact.is_unproved)
    }

    /// Hidden from default lists until its follow-up is due.
    #[must_use]
    pub fn is_snoozed(&self, now: Timestamp) -> bool {
        self.follow_up_at.is_some_and(|due| due > now)
    }
}

/// A ticket without personal text, as events carry it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ThinTicket {
    /// Its id (`UUIDv7`: sorts by creation).
    pub id: TicketId,
    /// The number people say on the phone: unique in a workspace, gaps allowed.
    pub number: TicketNumber,
    /// 1 when it was made, one more with every committed change.
    pub version: Version,
    /// Where it stands.
    pub status: Status,
    /// Which lists it can be in at all.
    #[serde(rename = "shelf")]
    pub lifecycle: Lifecycle,
    /// How urgent it is.
    pub priority: Priority,
    /// How it came in.
    pub source: Source,
    /// The channel that it came in through.
    pub channel_id: Option<ChannelId>,
    /// Its category.
    pub category_id: Option<CategoryId>,
    /// The team that it is in the queue of.
    pub team_id: Option<TeamId>,
    /// The user who is to answer it.
    pub assignee_id: Option<UserId>,
    /// The contact who asks.
    pub contact_id: Option<ContactId>,
    /// The business object that it is about.
    pub account_id: Option<AccountId>,
    /// Its tags, in order.
    pub tag_ids: Vec<TagId>,
    /// Whose turn it is.
    pub awaiting: Awaiting,
    /// How many public messages followed the one that opened it.
    pub replies_count: u64,
    /// The customer has seen the latest message.
    pub is_read_by_customer: bool,
    /// Somebody of the workspace has seen the latest message.
    pub is_read_by_organization: bool,
    /// When it is to come back to the lists; none while it is in them.
    pub follow_up_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When this version was made.
    pub updated_at: Timestamp,
    /// When something last happened that moves it to the top of lists.
    pub last_activity_at: Timestamp,
    /// When we first answered.
    pub first_response_at: Option<Timestamp>,
    /// When it was resolved or closed; none while it is neither.
    pub resolved_at: Option<Timestamp>,
    /// When it was closed; none while it is not.
    pub closed_at: Option<Timestamp>,
}

impl From<&Ticket> for ThinTicket {
    fn from(ticket: &Ticket) -> Self {
        Self {
            id: ticket.id,
            number: ticket.number,
            version: ticket.version,
            status: ticket.status,
            lifecycle: ticket.lifecycle,
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
