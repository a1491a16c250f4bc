//! `PATCH /v1/tickets/{ticket_id}/messages/{message_id}`: what a message says is put right.

use axum::response::{IntoResponse, Response};
use lambdesk_api::{
    auth::Session,
    body::{Checker, Input, PatchBody, Unknown},
    content::{content, content_beside_files},
    execute::{ATTEMPTS, CommandError, DryRun},
    idempotency::Answer,
    path::Ids,
    problem::Problem,
    render::{MessageReader, MessageView},
    write::WriteOptions,
};
use lambdesk_domain::{
    access::Scope,
    command::{self, Change},
    events,
    id::{MessageId, TicketId},
    message::{Content, InvalidContent, Message},
    ticket::Ticket,
};
use lambdesk_store_tickets::CommitError;
use serde::Deserialize;

/// What the message says from now on.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "MessageFields")]
#[schemars(transform = lambdesk_api::openapi::text_or_html)]
pub struct EditBody {
    /// What it says in HTML, which is sanitised; or `body_text`.
    body_html: Input<String>,
    /// What it says in plain text; or `body_html`.
    body_text: Input<String>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// Changes what a message says: its author may, and who administers the workspace.
/// The ticket gets a new version, emitted as `message.updated`; the former words are
/// not kept. `If-Match` takes the ticket's version.
pub async fn edit(
    session: Session,
    Ids((ticket, message)): Ids<(TicketId, MessageId)>,
    write: WriteOptions,
    body: PatchBody<EditBody>,
) -> Result<Response, Problem> {
    session.require(Scope::TicketsWrite)?;
    let said = body.value.content()?;
    for _ in 0..ATTEMPTS {
        let (ticket, message) = read(&session, &write, ticket, message).await?;
        let content = said.beside(&message)?;
        let Some(change) = decide(&session, &write, &ticket, &message, content)? else {
            return Ok(unchanged(&session, &write, &ticket, &message));
        };
        if write.is_dry_run {
            return Ok(DryRun::answer(vec![events::between(Some(&ticket), &change.applied_to(&ticket)).into()]));
        }
        match session.app.tickets.commit(session.workspace(), ticket.id, &change, None).await {
            Ok(_) => return Ok(answer(&session, &ticket, change.edited.as_ref().unwrap_or(&message))),
            Err(CommitError::PreconditionFailed(_)) => {}
            Err(error) => return Err(CommandError::from(error).into()),
        }
    }
    Err(Problem::unavailable())
}

/// What a message is to say, before it is known whether it has files.
struct Said {
    content: Content,
    pointer: &'static str,
}

impl EditBody {
    fn content(self) -> Result<Said, Problem> {
        let mut checker = Checker::default();
        let pointer = if self.body_html.is_absent() { "/body_text" } else { "/body_html" };
        let is_given = !(self.body_html.is_absent() && self.body_text.is_absent());
        let read = if is_given { content_beside_files } else { content };
        let content = read(self.body_html, self.body_text, &mut checker);
        checker.unknown("", self.unknown);
        checker.finish()?;
        Ok(Said { content: content.ok_or_else(Problem::internal)?, pointer })
    }
}

impl Said {
    /// As this message says it: one without files needs a text.
    fn beside(&self, message: &Message) -> Result<Content, Problem> {
        let mut checker = Checker::default();
        if self.content.text().is_empty() && message.attachments.is_empty() {
            checker.error(self.pointer, "required", InvalidContent::Empty.to_string());
        }
        checker.finish()?;
        Ok(self.content.clone())
    }
}

/// The ticket first: the message is then at least as new.
async fn read(
    session: &Session,
    write: &WriteOptions,
    ticket: TicketId,
    message: MessageId,
) -> Result<(Ticket, Message), Problem> {
    let (tickets, workspace) = (&session.app.tickets, session.workspace());
    let found = tickets.ticket(workspace, ticket).await?.filter(|ticket| write.context(session).sees(ticket));
    let found = found.ok_or_else(Problem::not_found)?;
    let reader = MessageReader::from(&session.actor);
    let message = tickets.message(workspace, ticket, message).await?.filter(|message| reader.sees(message));
    Ok((found, message.ok_or_else(Problem::not_found)?))
}

fn decide(
    session: &Session,
    write: &WriteOptions,
    ticket: &Ticket,
    message: &Message,
    content: Content,
) -> Result<Option<Change>, Problem> {
    let change = command::edit_message(message, content, &write.context(session), ticket)?;
    if !message.is_by(session.actor.reference()) {
        session.require(Scope::Admin)?;
    }
    Ok(change)
}

fn unchanged(session: &Session, write: &WriteOptions, ticket: &Ticket, message: &Message) -> Response {
    if write.is_dry_run { DryRun::answer(Vec::new()) } else { answer(session, ticket, message) }
}

fn answer(session: &Session, ticket: &Ticket, message: &Message) -> Response {
    let view = MessageView::of(message.clone(), (&session.actor).into()).with_sender(
        &session.directory,
        Some(ticket),
        session.client_detail(),
    );
    Answer::ok(&view).into_response()
}
