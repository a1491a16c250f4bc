//! Tickets as they are answered.

use super::{Accounts, ClientDetail, MessageView, TicketAccount};
use lambdesk_domain::{
    access::ActorRef,
    contact::{ContactRef, Requester},
    custom_field::FieldValue,
    directory::{Directory, Tag, User},
    id::{ChannelId, ContactId, MessageId, TagId, TicketId, TicketNumber, UserId, Version},
    status::{Awaiting, ChannelType, Lifecycle, Priority, Source, Status},
    text::{Color, EmailAddress, FieldKey, Name, Preview, Subject, Summary, TimeZoneName, Uid, WebLink},
    ticket::Ticket,
    time::Timestamp,
};
use serde::Serialize;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Something with a name; the name is null once it has been deleted.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Label")]
pub struct LabelView {
    id: Uuid,
    name: Option<Name>,
}

/// A channel on a ticket.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct TicketChannel {
    id: ChannelId,
    name: Option<Name>,
    #[serde(rename = "type")]
    kind: ChannelType,
    color: Option<Color>,
}

/// An assignee.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Assignee")]
pub struct TicketUser {
    id: UserId,
    name: Option<Name>,
    email: Option<EmailAddress>,
    picture_url: Option<WebLink>,
    timezone: Option<TimeZoneName>,
}

/// A contact on a ticket; all but the id is null for keys without the scope
/// `contacts:read`, and for channel keys.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct TicketContact {
    id: ContactId,
    name: Option<Name>,
    email: Option<EmailAddress>,
    external_id: Option<lambdesk_domain::text::ExternalId>,
    /// It was found by an address that a guest gave and nobody has proved; naming the
    /// contact by its id confirms it. Left out where it is not so.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_unproved: bool,
}

impl From<ContactRef> for TicketContact {
    fn from(ContactRef { id, name, email, external_id, is_unproved }: ContactRef) -> Self {
        Self { id, name, email, external_id, is_unproved }
    }
}

#[derive(Debug, Serialize, schemars::JsonSchema)]
struct TicketTag {
    id: TagId,
    name: Option<Name>,
    color: Option<Color>,
}

/// A ticket as it is answered.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[expect(clippy::struct_excessive_bools, reason = "the answer's fields, as published")]
#[schemars(rename = "Ticket")]
pub struct TicketView {
    id: TicketId,
    number: TicketNumber,
    version: Version,
    subject: Subject,
    status: Status,
    is_closed: bool,
    is_spam: bool,
    is_processed: bool,
    is_archived: bool,
    priority: Priority,
    source: Source,
    awaiting: Awaiting,
    channel: Option<TicketChannel>,
    category: Option<LabelView>,
    team: Option<LabelView>,
    assignee: Option<TicketUser>,
    contact: Option<TicketContact>,
    account: Option<TicketAccount>,
    requester: Requester,
    creator: ActorRef,
    tags: Vec<TicketTag>,
    custom: BTreeMap<FieldKey, FieldValue>,
    uid: Option<Uid>,
    summary: Option<Summary>,
    preview: Preview,
    replies_count: u64,
    is_read_by_customer: bool,
    is_read_by_organization: bool,
    follow_up_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
    last_activity_at: Timestamp,
    status_changed_at: Timestamp,
    in_progress_at: Option<Timestamp>,
    first_response_at: Option<Timestamp>,
    resolved_at: Option<Timestamp>,
    closed_at: Option<Timestamp>,
    archived_at: Option<Timestamp>,
    trashed_at: Option<Timestamp>,
    continues_ticket_id: Option<TicketId>,
    /// The ticket that continues this one: what its customer says goes there while this
    /// one is closed and that one is not.
    continued_by: Option<TicketId>,
    opening_message_id: Option<MessageId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[expect(clippy::option_option, reason = "told at all, and null where there is none")]
    opening_message: Option<Option<MessageView>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    messages: Option<Vec<MessageView>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    has_more_messages: Option<bool>,
}

impl TicketView {
    /// Without its thread, as lists and writes answer it. Exhaustive on purpose: a field of
    /// the ticket that is forgotten here does not compile.
    #[must_use]
    pub fn of(ticket: Ticket, directory: &Directory, accounts: &Accounts, detail: ClientDetail) -> Self {
        #[rustfmt::skip] // A line per subject: one per field would fill a screen.
        let Ticket {
            workspace_id: _, status_before_spam: _, is_follow_up_silent: _, cause: _,
            id, number, version, subject, status, lifecycle, priority, source, awaiting, origin,
            channel, category, team, assignee, contact, account, requester, uid,
            tags, custom, summary, preview, replies_count, is_read_by_customer, is_read_by_organization, follow_up_at,
            created_at, updated_at, last_activity_at, status_changed_at, in_progress_at,
            first_response_at, resolved_at, closed_at, archived_at, trashed_at, continued_by,
        } = ticket;
        Self {
            id,
            number,
            version,
            subject,
            status,
            is_closed: status.is_closed(),
            is_spam: status == Status::Spam,
            is_processed: lifecycle != Lifecycle::Unprocessed,
            is_archived: lifecycle == Lifecycle::Archived,
            priority,
            source,
            awaiting,
            channel: channel.map(|channel| channel_view(channel.id, channel.kind, directory)),
            category: category.map(|id| LabelView {
                id: id.uuid(),
                name: directory.categories.get(&id).map(|category| category.name.clone()),
            }),
            team: team
                .map(|id| LabelView { id: id.uuid(), name: directory.teams.get(&id).map(|team| team.name.clone()) }),
            assignee: assignee.map(|id| user_view(id, directory.users.get(&id))),
            contact: contact.map(|contact| TicketContact::from(detail.contact(contact))),
            account: account.map(|id| accounts.view(id, detail)),
            requester,
            creator: origin.creator,
            tags: tags.into_iter().map(|id| tag_view(id, directory.tags.get(&id))).collect(),
            custom,
            uid,
            summary,
            preview,
            replies_count,
            is_read_by_customer,
            is_read_by_organization,
            follow_up_at,
            created_at,
            updated_at,
            last_activity_at,
            status_changed_at,
            in_progress_at,
            first_response_at,
            resolved_at,
            closed_at,
            archived_at,
            trashed_at,
            continues_ticket_id: origin.continues,
            continued_by,
            opening_message_id: origin.opening,
            opening_message: None,
            messages: None,
            has_more_messages: None,
        }
    }

    /// With its newest messages, oldest of them first.
    #[must_use]
    pub fn with_messages(self, messages: Vec<MessageView>, has_more: bool) -> Self {
        Self { messages: Some(messages), has_more_messages: Some(has_more), ..self }
    }

    /// With the message that opened it, null where there is none.
    #[must_use]
    pub fn with_opening(self, opening: Option<MessageView>) -> Self {
        Self { opening_message: Some(opening), ..self }
    }
}

fn channel_view(id: ChannelId, kind: ChannelType, directory: &Directory) -> TicketChannel {
    let channel = directory.channels.get(&id);
    TicketChannel {
        id,
        name: channel.map(|channel| channel.name.clone()),
        kind,
        color: channel.and_then(|channel| channel.color.clone()),
    }
}

fn user_view(id: UserId, user: Option<&User>) -> TicketUser {
    TicketUser {
        id,
        name: user.map(|user| user.name.clone()),
        email: user.map(|user| user.email.clone()),
        picture_url: user.and_then(|user| user.picture_url.clone()),
        timezone: user.and_then(|user| user.timezone.clone()),
    }
}

fn tag_view(id: TagId, tag: Option<&Tag>) -> TicketTag {
    TicketTag { id, name: tag.map(|tag| tag.name.clone()), color: tag.and_then(|tag| tag.color.clone()) }
}
