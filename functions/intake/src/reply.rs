//! `POST /intake/tickets/{public_token}/messages`: the visitor replies.

use crate::{
    again,
    body::MessageBody,
    create::opened,
    ticket_token::OwnTicket,
    view::{RepliedView, VisitorMessageView},
    visitor_write::VisitorWrite,
};
use axum::{http::StatusCode, response::Response};
use lambdesk_api::{
    body::{Checker, JsonBody},
    execute::{Command, CommandError, Executor, Written},
    idempotency::{Answer, Made},
    opening,
    problem::Problem,
    visitor::continuing,
};
use lambdesk_domain::{
    command::{self, Change, Context, NewReply, NewTicket, Opening, Prior, Rejection, ReplyKind},
    id::{MessageId, TicketId},
    message::{Content, Message},
    status::Source,
};

/// Writes it. On a closed ticket it starts a new one, whose public token is in
/// the answer; of a blocked sender it is kept and moves nothing.
pub async fn reply(own: OwnTicket, write: VisitorWrite, body: JsonBody<MessageBody>) -> Result<Response, Problem> {
    let mut checker = Checker::new();
    let content = body.value.check(&mut checker);
    checker.finish()?;
    let content = content.ok_or_else(Problem::internal)?;
    let is_blocked = opening::is_from_blocked(&own.request.app.contacts, &own.ticket).await?;
    let visitor = own.ticket.id.to_string();
    let mut executor = own.executor(write.bind(own.ticket.workspace_id, &visitor, &body.raw));
    executor.context.is_silent = is_blocked;
    let reply = new_reply(&own, content);
    let written = executor.execute(Command {
        ticket: own.ticket.id,
        decide: |context: &Context, prior: Prior<'_>| {
            let decision = command::reply(&reply, context, prior)?;
            Ok(if is_blocked { decision.silent_append() } else { decision })
        },
        answer: |written: Written<'_>| answer(written.change),
        answer_needs_ticket: false,
    });
    match written.await {
        Err(CommandError::Rejected(Rejection::Closed)) => continue_closed(&own, &executor, reply).await,
        written => again::replied(&executor, written.map_err(as_visitors_see_it)).await,
    }
}

/// What is in the trash is gone to its visitor.
pub fn as_visitors_see_it(error: CommandError) -> CommandError {
    match error {
        CommandError::Rejected(Rejection::Trashed) => Rejection::NotFound.into(),
        error => error,
    }
}

fn new_reply(own: &OwnTicket, content: Content) -> NewReply {
    NewReply {
        ticket_id: own.ticket.id,
        id: MessageId::new(own.request.app.new_id()),
        kind: ReplyKind::Reply,
        content,
        attachments: Vec::new(),
        is_secure: false,
        is_forward: false,
        status: None,
        sender: None,
    }
}

fn answer(change: Option<&Change>) -> Answer {
    let message = change.and_then(|change| change.message.as_ref());
    let view = RepliedView { message: message.and_then(VisitorMessageView::sent_back), continued: None };
    let answer = Answer::new(StatusCode::CREATED, &view);
    match message {
        Some(message) => answer.made_of(Made::Message(message.ticket_id, message.id)),
        None => answer,
    }
}

async fn continue_closed(own: &OwnTicket, executor: &Executor<'_>, reply: NewReply) -> Result<Response, Problem> {
    let opening = Opening { id: reply.id, content: reply.content, is_outbound: false, is_secure: false };
    let id = TicketId::new(own.request.app.new_id());
    // The token that they reply with was given to whoever opened the closed one.
    let source = if own.ticket.source == Source::Portal { Source::Portal } else { Source::Guest };
    let (new, contact) = continuing(executor, own.ticket.clone(), id, source, opening).await?;
    // A channel that is off takes no new tickets, but nothing is lost either.
    let is_on = own.directory.channels.get(&own.channel.id).is_some_and(|channel| channel.is_enabled);
    let new = NewTicket { is_held: new.is_held || !is_on, ..new };
    let sealing = &own.request.app.sealing;
    let opened = opening::open(executor, new, contact, |ticket, message: Option<&Message>| {
        let view = RepliedView {
            message: message.and_then(VisitorMessageView::sent_back),
            continued: Some(opened(ticket, message, sealing)),
        };
        Answer::new(StatusCode::CREATED, &view).made_of(Made::Ticket(ticket.id))
    });
    again::replied(executor, opened.await).await
}
