//! `POST /v1/tickets`: a new ticket, by a person or a program with a key.

use crate::{
    again::created,
    client,
    fields::RequesterBody,
    read::view_of,
    references::{self, Custom},
};
use axum::{extract::State, response::Response};
use lambdesk_api::{
    auth::Session,
    body::{Checker, Input, JsonBody, Unknown},
    content::content,
    execute::{CommandError, CommandOutcome, Executor},
    idempotency::{Answer, Made},
    openapi::nullable,
    opening::{self, NO_NUMBER, NewContact},
    problem::Problem,
    render::{Accounts, TicketView},
    write::WriteOptions,
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
use lambdesk_store_lists::{ClientSight, Lists};
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};

/// The message that opens the ticket.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "OpeningMessage")]
#[schemars(transform = lambdesk_api::openapi::text_or_html)]
pub struct OpeningBody {
    /// As HTML, of which what is safe stays; or as text.
    body_html: Input<String>,
    /// As text, or as HTML.
    body_text: Input<String>,
    /// Shown to the people of the ticket only: in no webhook, search, log or preview.
    is_secure: Input<bool>,
    /// Whose it is: `inbound` (also when left out) or `outbound`.
    kind: Input<MessageKind>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// What a new ticket is made of.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "NewTicket")]
pub struct CreateBody {
    /// The channel that it comes in on.
    #[schemars(transform = nullable)]
    channel_id: Input<ChannelId>,
    /// What it is about.
    subject: Input<Subject>,
    /// Who asks. Of whom there is no contact with this address yet, there is one then. A
    /// restricted user's ticket has the contact where that is on a ticket of theirs already,
    /// and none otherwise.
    #[schemars(transform = nullable)]
    from: Input<RequesterBody>,
    /// What opens it.
    message: Input<OpeningBody>,
    /// Where it stands: `open` when left out.
    status: Input<Status>,
    /// How urgent it is.
    priority: Input<Priority>,
    /// Its category.
    #[schemars(transform = nullable)]
    category_id: Input<CategoryId>,
    /// The team that works on it.
    #[schemars(transform = nullable)]
    team_id: Input<TeamId>,
    /// The user who works on it.
    #[schemars(transform = nullable)]
    assignee_id: Input<UserId>,
    /// The contact whose it is.
    #[schemars(transform = nullable)]
    contact_id: Input<ContactId>,
    /// The account that it is about: the contact's, or nobody's.
    #[schemars(transform = nullable)]
    account_id: Input<AccountId>,
    /// Its tags, by name or id.
    #[schemars(transform = nullable)]
    tags: Input<Vec<String>>,
    /// Values of custom fields by their keys.
    #[schemars(transform = nullable)]
    custom: Input<Map<String, Json>>,
    /// What another system calls the end user.
    #[schemars(transform = nullable)]
    uid: Input<Uid>,
    /// What it comes down to.
    #[schemars(transform = nullable)]
    summary: Input<Summary>,
    /// When it comes into the lists.
    #[schemars(transform = nullable)]
    follow_up_at: Input<Timestamp>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// `POST /v1/tickets`.
pub async fn create(
    mut session: Session,
    State(lists): State<Lists>,
    write: WriteOptions,
    body: JsonBody<CreateBody>,
) -> Result<Response, Problem> {
    session.require(Scope::TicketsWrite)?;
    write.require_new()?;
    let read = read(body.value, references::sight(&lists, &session), &mut session).await;
    let executor = Executor::of(&session, &write, &body.raw);
    let opened = match read {
        Ok(new) => open(&session, &executor, new).await.map_err(Problem::from),
        Err(refusal) => Err(refusal),
    };
    created(&session, &executor, opened).await
}

async fn open(session: &Session, executor: &Executor<'_>, new: New) -> Result<CommandOutcome, CommandError> {
    let New { ticket, contact, accounts } = new;
    let opened = opening::open(executor, ticket, contact, |ticket, message| {
        let messages = message.map(|message| view_of(session, ticket, message.clone())).into_iter().collect();
        let view = TicketView::of(ticket.clone(), &session.directory, &accounts, session.client_detail());
        let view = view.with_messages(messages, false);
        let answer = Answer::created(format!("/v1/tickets/{}", ticket.id), &view);
        answer.with_version(ticket.version).made_of(Made::Ticket(ticket.id))
    });
    opened.await
}

/// What a body comes to.
struct New {
    ticket: NewTicket,
    contact: NewContact,
    /// The account that it is about, for the answer.
    accounts: Accounts,
}

/// Reads and checks all of a body, and tells all that is wrong with it.
async fn read(body: CreateBody, sight: ClientSight<'_>, session: &mut Session) -> Result<New, Problem> {
    references::require_unnamed(&body.contact_id, &body.account_id, session)?;
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
        sight,
        session,
        &mut checker,
    )
    .await?;
    let opening = channel.as_ref().map(|channel| session.directory.opening_of(channel)).unwrap_or_default();
    let category = client::category(references.category, &opening, &mut checker);
    let contact = client::client(
        references.contact,
        references.account.as_ref(),
        &requester,
        channel.as_ref(),
        (session, sight),
        &mut checker,
    )
    .await?;
    let message = opening_of(body.message, session, &mut checker);
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
    let ticket = NewTicket {
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
        category,
        team: references.team.or(opening.default_team),
        assignee: references.assignee,
        contact: None,
        account: references.account.as_ref().map(|account| account.id),
        requester,
        tags: references.tags,
        custom: references.custom,
        uid,
        summary,
        follow_up_at,
        opening: message,
        continues: None,
    };
    Ok(New { ticket, contact, accounts: references.account.into_iter().collect() })
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
        sight: ClientSight<'_>,
        session: &mut Session,
        checker: &mut Checker,
    ) -> Result<Self, Problem> {
        let category = checker.optional("/category_id", category);
        if let Some(id) = category {
            references::require_category(id, session, checker).await?;
        }
        let team = checker.optional("/team_id", team);
        if let Some(id) = team {
            references::require_team(id, session, checker).await?;
        }
        let assignee = checker.optional("/assignee_id", assignee);
        if let Some(id) = assignee {
            references::require_user(id, session, checker).await?;
        }
        let contact = match checker.optional("/contact_id", contact) {
            Some(id) => references::contact(id, sight, session, checker).await?,
            None => None,
        };
        let account = match checker.optional("/account_id", account) {
            Some(id) => references::account(id, sight, session, checker).await?,
            None => None,
        };
        let names = checker.optional("/tags", tags).unwrap_or_default();
        let tags = references::tags(&names, session, checker).await?;
        let given = checker.optional("/custom", custom).unwrap_or_default();
        let custom = references::custom(&given, Custom::All, session, checker).await?;
        let custom = custom.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
        Ok(Self { category, team, assignee, contact, account, tags, custom })
    }
}
