//! `POST /intake/tickets/{public_token}/messages`: the visitor replies.

use crate::{again, body::MessageBody, ticket_token::OwnTicket, view::RepliedView, visitor_write::VisitorWrite};
use axum::{http::StatusCode, response::Response};
use lambdesk_api::{
    body::{Checker, JsonBody},
    execute::{Command, CommandError, Executor, Written},
    idempotency::{Answer, Made},
    opening,
    problem::Problem,
    seal::SealingKey,
    visitor::Continuing,
};
use lambdesk_domain::{
    command::{self, Change, Context, NewReply, NewTicket, Prior, Rejection, ReplyKind},
    id::MessageId,
    message::{Content, Message},
    status::Source,
    ticket::Ticket,
};

/// Writes it. On a closed ticket it goes to the one that continues it, whose public token is in
/// the answer, and starts that one where there is none that is open; of a blocked sender it is
/// kept and moves nothing.
pub async fn reply(own: OwnTicket, write: VisitorWrite, body: JsonBody<MessageBody>) -> Result<Response, Problem> {
    let mut checker = Checker::new();
    let content = body.value.check(&mut checker);
    checker.finish()?;
    let content = content.ok_or_else(Problem::internal)?;
    let visitor = own.ticket.id.to_string();
    let mut executor = own.executor(write.bind(own.ticket.workspace_id, &visitor, &body.raw));
    let is_blocked = opening::is_from_blocked(&executor.app.contacts, &own.ticket, &executor.context.actor).await?;
    executor.context.is_silent = is_blocked;
    let reply = new_reply(&own, content);
    let sealing = &own.request.app.sealing;
    let command = Command {
        ticket: own.ticket.id,
        decide: |context: &Context, prior: Prior<'_>| {
            let decision = command::reply(&reply, context, prior)?;
            Ok(if is_blocked { decision.silent_append() } else { decision })
        },
        answer: |written: Written<'_>| answer(written.change.and_then(|change| change.message.as_ref()), None, sealing),
        answer_needs_ticket: false,
    };
    match executor.execute_on(&own.ticket, command).await {
        Err(CommandError::Rejected(Rejection::Closed)) => continue_closed(&own, &executor, reply, is_blocked).await,
        written => again::replied(&executor, own.ticket.id, written.map_err(as_visitors_see_it)).await,
    }
}

/// What is in the trash is gone to its visitor.
pub fn as_visitors_see_it(error: CommandError) -> Problem {
    match error {
        CommandError::Rejected(Rejection::Trashed) => Rejection::NotFound.into(),
        error => error.into(),
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

fn answer(message: Option<&Message>, continued: Option<(&Ticket, bool)>, sealing: &SealingKey) -> Answer {
    let answer = Answer::new(StatusCode::CREATED, &RepliedView::of(message, continued, sealing));
    match (message, continued) {
        (Some(message), _) => answer.made_of(Made::Message(message.ticket_id, message.id)),
        (None, Some((ticket, _))) => answer.made_of(Made::Ticket(ticket.id)),
        (None, None) => answer,
    }
}

async fn continue_closed(
    own: &OwnTicket,
    executor: &Executor<'_>,
    reply: NewReply,
    is_blocked: bool,
) -> Result<Response, Problem> {
    // A channel that is off takes no new tickets, but nothing is lost either.
    let is_on = own.directory.channels.get(&own.channel.id).is_some_and(|channel| channel.is_enabled);
    let sealing = &own.request.app.sealing;
    let continuing = Continuing {
        executor,
        reply,
        is_blocked,
        // The token that they reply with was given to whoever opened the closed one.
        source: if own.ticket.source == Source::Portal { Source::Portal } else { Source::Guest },
        adjust: |new: NewTicket| NewTicket { is_held: new.is_held || !is_on, ..new },
        appended: |ticket: &Ticket, change: Option<&Change>| {
            let after = change.map_or_else(|| ticket.clone(), |change| change.applied_to(ticket));
            answer(change.and_then(|change| change.message.as_ref()), Some((&after, true)), sealing)
        },
        opened: |ticket: &Ticket, message: Option<&Message>| answer(message, Some((ticket, false)), sealing),
    };
    again::replied(executor, own.ticket.id, continuing.run().await.map_err(as_visitors_see_it)).await
}
