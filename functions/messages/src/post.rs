//! `POST /v1/tickets/{ticket_id}/messages`: a reply, a note, or the customer's
//! words as a program relays them, with files that were uploaded before.

use crate::{again, take::take};

use axum::response::Response;
use lambdesk_api::{
    auth::Session,
    body::{Checker, Input, JsonBody, Unknown},
    content::{content, content_beside_files},
    execute::{Command, CommandError, CommandOutcome, Executor, Written},
    idempotency::{Answer, Made},
    opening,
    path::Id,
    problem::Problem,
    render::MessageView,
    visitor::Continuing,
    write::WriteOptions,
};
use lambdesk_domain::{
    access::{Actor, Scope},
    attachment::MAX_PER_MESSAGE,
    command::{self, Change, Context, NewReply, Prior, Rejection, ReplyKind},
    id::{AttachmentId, MessageId, TicketId},
    message::{Message, Sender, SenderKind},
    status::Status,
    text::Name,
    ticket::Ticket,
};
use serde::Deserialize;

/// What is written.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "NewMessage")]
#[schemars(transform = lambdesk_api::openapi::text_or_html_or_files)]
pub struct PostBody {
    /// `reply` when left out.
    kind: Input<NewMessageKind>,
    /// What it says in HTML, which is sanitised; or `body_text`. Neither is needed where there
    /// are files.
    body_html: Input<String>,
    /// What it says in plain text; or `body_html`.
    body_text: Input<String>,
    /// For the people of the ticket alone.
    is_secure: Input<bool>,
    /// Forwarded from elsewhere.
    is_forward: Input<bool>,
    /// The status to set, instead of the automatic move.
    status: Input<Status>,
    /// Who wrote what a program relays, if not simply the ticket's customer.
    from: Input<AuthorBody>,
    /// Ids of files that were uploaded to this ticket; at most 20.
    attachments: Input<Vec<Input<AttachmentId>>>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// Somebody who wrote.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "Author")]
struct AuthorBody {
    /// Their name.
    name: Input<Name>,
    #[serde(flatten)]
    unknown: Unknown,
}

#[derive(Debug, Clone, Copy, Default, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
enum NewMessageKind {
    #[default]
    Reply,
    Note,
    Inbound,
}

impl From<NewMessageKind> for ReplyKind {
    fn from(kind: NewMessageKind) -> Self {
        match kind {
            NewMessageKind::Reply => Self::Reply,
            NewMessageKind::Note => Self::Note,
            NewMessageKind::Inbound => Self::Inbound,
        }
    }
}

/// Writes a message: one transaction with the ticket's change. What a customer
/// says on a closed ticket goes to the one that continues it, and starts that one where
/// there is none that is open; `ticket_id` tells.
pub async fn post(
    session: Session,
    Id(ticket): Id<TicketId>,
    write: WriteOptions,
    body: JsonBody<PostBody>,
) -> Result<Response, Problem> {
    session.require(Scope::TicketsWrite)?;
    let (mut reply, files) = body.value.into_reply(ticket, &session)?;
    let mut executor = Executor::of(&session, &write, &body.raw);
    let customers = customers_ticket(&executor, &reply).await?;
    let is_blocked = match &customers {
        Some(ticket) => opening::is_from_blocked(&session.app.contacts, ticket, &session.actor).await?,
        None => false,
    };
    executor.context.is_silent |= is_blocked;
    match take(&executor, reply.ticket_id, &files).await {
        Ok(files) => reply.attachments = files,
        // They are taken, too, by the very request that is sent again.
        Err(refusal) => return again::written(&session, &executor, Err(refusal)).await,
    }
    let reader = (&session.actor).into();
    let answer = |message: Option<&Message>, ticket: Option<&Ticket>| match message {
        Some(message) => {
            let view = MessageView::of(message.clone(), reader).with_sender(
                &session.directory,
                ticket,
                session.client_detail(),
            );
            let made = Made::Message(message.ticket_id, message.id);
            Answer::created(location(message), &view).made_of(made)
        }
        None => Answer::no_content(),
    };
    let written = executor.execute(Command {
        ticket,
        decide: |context: &Context, prior: Prior<'_>| {
            let decision = command::reply(&reply, context, prior)?;
            Ok(if is_blocked { decision.silent_append() } else { decision })
        },
        answer: |written: Written<'_>| {
            let answer = answer(written.change.and_then(|change| change.message.as_ref()), customers.as_ref());
            // Whoever named the version that they saw is told the next one; others would have to
            // read the ticket anew to know what else its version holds.
            match written.change.and_then(|change| change.guard.sole_version()) {
                Some(seen) => answer.with_version(seen.next()),
                None => answer,
            }
        },
        answer_needs_ticket: false,
    });
    match written.await {
        // Files stay with the ticket that they were uploaded to.
        Err(CommandError::Rejected(Rejection::Closed)) if files.is_empty() => {
            let opened = continue_closed(&executor, reply, is_blocked, answer).await;
            again::written(&session, &executor, opened.map_err(Problem::from)).await
        }
        written => again::written(&session, &executor, written.map_err(Problem::from)).await,
    }
}

/// The ticket, where the reply is its customer's: who that is, and whether somebody has
/// blocked them, stands there.
async fn customers_ticket(executor: &Executor<'_>, reply: &NewReply) -> Result<Option<Ticket>, Problem> {
    if reply.sender.as_ref().is_none_or(|sender| sender.kind != SenderKind::Contact) {
        return Ok(None);
    }
    let ticket = executor.app.tickets.ticket(executor.workspace, reply.ticket_id).await?;
    ticket.filter(|ticket| executor.context.sees(ticket)).ok_or_else(Problem::not_found).map(Some)
}

async fn continue_closed(
    executor: &Executor<'_>,
    reply: NewReply,
    is_blocked: bool,
    answer: impl Fn(Option<&Message>, Option<&Ticket>) -> Answer,
) -> Result<CommandOutcome, CommandError> {
    let continuing = Continuing {
        executor,
        reply,
        is_blocked,
        source: executor.context.actor.source(),
        adjust: |new| new,
        appended: |ticket: &Ticket, change: Option<&Change>| {
            answer(change.and_then(|change| change.message.as_ref()), Some(ticket))
        },
        opened: |ticket: &Ticket, message: Option<&Message>| answer(message, Some(ticket)),
    };
    continuing.run().await
}

fn location(message: &Message) -> String {
    format!("/v1/tickets/{}/messages/{}", message.ticket_id, message.id)
}

impl PostBody {
    fn into_reply(self, ticket_id: TicketId, session: &Session) -> Result<(NewReply, Vec<AttachmentId>), Problem> {
        let mut checker = Checker::new();
        let files = checker.list("/attachments", self.attachments, MAX_PER_MESSAGE).unwrap_or_default();
        let read = if files.is_empty() { content } else { content_beside_files };
        let content = read(self.body_html, self.body_text, &mut checker);
        let kind = checker.present("/kind", self.kind).unwrap_or_default();
        let is_secure = checker.present("/is_secure", self.is_secure);
        let is_forward = checker.present("/is_forward", self.is_forward);
        let status = checker.present("/status", self.status);
        let sender = relayed(kind, self.from, &session.actor, &mut checker);
        checker.unknown("", self.unknown);
        checker.finish()?;
        let reply = NewReply {
            ticket_id,
            id: MessageId::new(session.app.new_id()),
            kind: kind.into(),
            content: content.ok_or_else(Problem::internal)?,
            attachments: Vec::new(),
            is_secure: is_secure.unwrap_or_default(),
            is_forward: is_forward.unwrap_or_default(),
            status,
            sender,
        };
        Ok((reply, files))
    }
}

/// Who wrote what a program relays: the customer, unless it names somebody.
fn relayed(kind: NewMessageKind, from: Input<AuthorBody>, actor: &Actor, checker: &mut Checker) -> Option<Sender> {
    let is_inbound = match kind {
        NewMessageKind::Inbound => true,
        NewMessageKind::Reply => matches!(actor, Actor::Channel { .. }),
        NewMessageKind::Note => false,
    };
    if !is_inbound && !from.is_absent() {
        checker.error("/from", "not_allowed", "only what a program relays is from somebody else");
        return None;
    }
    let name = checker.present("/from", from).and_then(|from| {
        checker.within("/from", |checker| {
            checker.unknown("", from.unknown);
            checker.required("/name", from.name)
        })
    });
    is_inbound.then_some(Sender { kind: SenderKind::Contact, id: None, name })
}
