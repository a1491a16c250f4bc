//! `POST /v1/tickets`: a new ticket, by a person or a program with a key.

use crate::fields::{self, RequesterBody};
use axum::response::Response;
use lambdesk_api::{
    auth::Session,
    body::{Checker, Input, JsonBody, Unknown},
    content::content,
    execute::Executor,
    idempotency::Answer,
    opening::{self, NO_NUMBER, NewContact},
    problem::Problem,
    render::{MessageView, TicketView},
    write::Write,
};
use lambdesk_domain::{
    access::{Actor, Scope},
    command::{NewTicket, Opening},
    contact::{Account, Contact, Requester},
    custom_field::FieldValue,
    directory::Channel,
    id::{AccountId, CategoryId, ChannelId, ContactId, MessageId, TagId, TeamId, TicketId, UserId},
    message::MessageKind,
    status::{ChannelType, Priority, Source, Status},
    text::{FieldKey, Subject, Summary, Uid},
    ticket::ChannelRef,
    time::Timestamp,
};
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};

/// The message that opens the ticket.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct OpeningBody {
    body_html: Input<String>,
    body_text: Input<String>,
    is_secure: Input<bool>,
    kind: Input<MessageKind>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// What a new ticket is made of.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CreateBody {
    channel_id: Input<ChannelId>,
    subject: Input<Subject>,
    from: Input<RequesterBody>,
    message: Input<OpeningBody>,
    status: Input<Status>,
    priority: Input<Priority>,
    category_id: Input<CategoryId>,
    team_id: Input<TeamId>,
    assignee_id: Input<UserId>,
    contact_id: Input<ContactId>,
    account_id: Input<AccountId>,
    tags: Input<Vec<String>>,
    custom: Input<Map<String, Json>>,
    uid: Input<Uid>,
    summary: Input<Summary>,
    follow_up_at: Input<Timestamp>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// `POST /v1/tickets`.
pub async fn create(mut session: Session, write: Write, body: JsonBody<CreateBody>) -> Result<Response, Problem> {
    session.require(Scope::TicketsWrite)?;
    let (new, contact) = read(body.value, &mut session).await?;
    let executor = Executor::of(&session, &write, &body.raw);
    let reader = (&session.actor).into();
    opening::open(&executor, new, contact, |ticket, message| {
        let messages = message.map(|message| MessageView::of(message, reader)).into_iter().collect();
        let view = TicketView::of(ticket, &session.directory).with_messages(messages, false);
        Answer::created(format!("/v1/tickets/{}", ticket.id), &view).with_version(ticket.version)
    })
    .await
}

/// Reads and checks all of a body, and tells all that is wrong with it.
async fn read(body: CreateBody, session: &mut Session) -> Result<(NewTicket, NewContact), Problem> {
    let mut checker = Checker::default();
    let requester = requester(body.from, &mut checker);
    let channel = channel(body.channel_id, session, &mut checker).await?;
    let references = References::read(
        body.category_id,
        body.team_id,
        body.assignee_id,
        body.contact_id,
        body.account_id,
        body.tags,
        body.custom,
        session,
        &mut checker,
    )
    .await?;
    let opening = opening_of(body.message, session, &mut checker);
    let subject = checker.required("/subject", body.subject);
    let status = checker.present("/status", body.status);
    let priority = checker.present("/priority", body.priority);
    let uid = checker.optional("/uid", body.uid);
    let summary = checker.optional("/summary", body.summary);
    let follow_up_at = checker.optional("/follow_up_at", body.follow_up_at);
    checker.unknown("", body.unknown);
    checker.finish()?;
    // A clean check has them all.
    let subject = subject.ok_or_else(Problem::internal)?;
    let contact = new_contact(references.contact, &requester, channel.as_ref(), session);
    let new = NewTicket {
        workspace_id: session.workspace(),
        id: TicketId::new(session.app.new_id()),
        number: NO_NUMBER,
        subject,
        status: status.unwrap_or(Status::Open),
        priority: priority
            .or_else(|| channel.as_ref().map(|channel| channel.default_priority))
            .unwrap_or(Priority::Normal),
        is_held: false,
        source: source(&session.actor, channel.as_ref()),
        channel: channel.as_ref().map(|channel| ChannelRef { id: channel.id, kind: channel.kind }),
        category: references.category,
        team: references.team,
        assignee: references.assignee,
        contact: None,
        account: references.account,
        requester,
        tags: references.tags,
        custom: references.custom,
        uid,
        summary,
        follow_up_at,
        opening,
        continues: None,
    };
    Ok((new, contact))
}

fn requester(from: Input<RequesterBody>, checker: &mut Checker) -> Requester {
    let Some(from) = checker.optional("/from", from) else {
        return Requester::default();
    };
    checker.within("/from", |checker| {
        checker.unknown("", from.unknown);
        Requester {
            name: checker.optional("/name", from.name),
            email: checker.optional("/email", from.email),
            phone: checker.optional("/phone", from.phone),
        }
    })
}

/// The channel: the one named, or the key's own.
async fn channel(
    input: Input<ChannelId>,
    session: &mut Session,
    checker: &mut Checker,
) -> Result<Option<Channel>, Problem> {
    let own = if let Actor::Channel { channel, .. } = session.actor { Some(channel) } else { None };
    let Some(id) = checker.optional("/channel_id", input).or(own) else {
        return Ok(None);
    };
    let found = session.find(|directory| directory.channels.get(&id).cloned()).await?;
    match &found {
        None => checker.error("/channel_id", "no_such_reference", "there is no such channel"),
        Some(channel) if !channel.is_enabled => {
            checker.error("/channel_id", "channel_off", "the channel is switched off");
        }
        Some(_) => {}
    }
    Ok(found)
}

fn opening_of(input: Input<OpeningBody>, session: &Session, checker: &mut Checker) -> Option<Opening> {
    let body = checker.present("/message", input)?;
    checker.within("/message", |checker| {
        let kind = checker.present("/kind", body.kind);
        if kind.is_some_and(|kind| !matches!(kind, MessageKind::Inbound | MessageKind::Outbound)) {
            checker.error("/kind", "invalid", "must be inbound or outbound");
        }
        let is_secure = checker.present("/is_secure", body.is_secure).unwrap_or(false);
        checker.unknown("", body.unknown);
        let content = content(body.body_html, body.body_text, checker)?;
        let id = MessageId::new(session.app.new_id());
        Some(Opening { id, content, is_outbound: kind == Some(MessageKind::Outbound), is_secure })
    })
}

/// How a ticket came in: by whom, or through which kind of channel.
fn source(actor: &Actor, channel: Option<&Channel>) -> Source {
    match (actor, channel.map(|channel| channel.kind)) {
        (Actor::User { .. }, _) => Source::Agent,
        (_, Some(ChannelType::Email)) => Source::Email,
        (_, Some(ChannelType::Phone)) => Source::Phone,
        (_, Some(ChannelType::Chat | ChannelType::Whatsapp | ChannelType::Teams)) => Source::Chat,
        _ => actor.source(),
    }
}

fn new_contact(
    known: Option<Contact>,
    requester: &Requester,
    channel: Option<&Channel>,
    session: &Session,
) -> NewContact {
    match (known, &requester.email) {
        (Some(contact), _) => NewContact::Known(Box::new(contact)),
        (None, Some(email)) => NewContact::WithAddress {
            email: email.clone(),
            salt: session.directory.workspace.salt.clone(),
            must_exist: channel.is_some_and(|channel| channel.require_existing_contact),
        },
        (None, None) => NewContact::Nobody,
    }
}

/// What the body refers to, looked up.
struct References {
    category: Option<CategoryId>,
    team: Option<TeamId>,
    assignee: Option<UserId>,
    contact: Option<Contact>,
    account: Option<Account>,
    tags: BTreeSet<TagId>,
    custom: BTreeMap<FieldKey, FieldValue>,
}

impl References {
    #[expect(clippy::too_many_arguments, reason = "the fields of one body, each of its own type")]
    async fn read(
        category: Input<CategoryId>,
        team: Input<TeamId>,
        assignee: Input<UserId>,
        contact: Input<ContactId>,
        account: Input<AccountId>,
        tags: Input<Vec<String>>,
        custom: Input<Map<String, Json>>,
        session: &mut Session,
        checker: &mut Checker,
    ) -> Result<Self, Problem> {
        let category = checker.optional("/category_id", category);
        if let Some(id) = category {
            fields::require_category(id, session, checker).await?;
        }
        let team = checker.optional("/team_id", team);
        if let Some(id) = team {
            fields::require_team(id, session, checker).await?;
        }
        let assignee = checker.optional("/assignee_id", assignee);
        if let Some(id) = assignee {
            fields::require_user(id, session, checker).await?;
        }
        let contact = match checker.optional("/contact_id", contact) {
            Some(id) => fields::contact(id, session, checker).await?,
            None => None,
        };
        let account = match checker.optional("/account_id", account) {
            Some(id) => fields::account(id, session, checker).await?,
            None => None,
        };
        owns(contact.as_ref(), account.as_ref(), checker);
        let names = checker.optional("/tags", tags).unwrap_or_default();
        let tags = fields::tags(&names, session, checker).await?;
        let given = checker.optional("/custom", custom).unwrap_or_default();
        let custom = fields::custom(&given, true, session, checker).await?;
        let custom = custom.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
        Ok(Self { category, team, assignee, contact, account, tags, custom })
    }
}

/// An account of somebody can't be on a ticket of somebody else.
fn owns(contact: Option<&Contact>, account: Option<&Account>, checker: &mut Checker) {
    let owner = account.and_then(|account| account.contact_id);
    if let (Some(contact), Some(owner)) = (contact, owner)
        && contact.id != owner
    {
        checker.error("/account_id", "foreign_account", "the account belongs to another contact");
    }
}
