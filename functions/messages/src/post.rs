//! `POST /v1/tickets/{ticket_id}/messages`: a reply, a note, or the customer's
//! words as a program relays them.

use axum::response::Response;
use lambdesk_api::{
    auth::Session,
    body::{Checker, Input, JsonBody, Unknown},
    content::content,
    execute::{Command, Executor, Written},
    idempotency::Answer,
    opening,
    path::Id,
    problem::Problem,
    render::MessageView,
    visitor::continuing,
    write::Write,
};
use lambdesk_domain::{
    access::{Actor, Scope},
    command::{self, Context, NewReply, Opening, Prior, ReplyKind},
    id::{MessageId, TicketId},
    message::{Message, Sender, SenderKind},
    status::Status,
};
use serde::Deserialize;

/// What is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PostBody {
    kind: Input<Kind>,
    body_html: Input<String>,
    body_text: Input<String>,
    is_secure: Input<bool>,
    is_forward: Input<bool>,
    status: Input<Status>,
    #[serde(flatten)]
    unknown: Unknown,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    #[default]
    Reply,
    Note,
    Inbound,
}

impl From<Kind> for ReplyKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Reply => Self::Reply,
            Kind::Note => Self::Note,
            Kind::Inbound => Self::Inbound,
        }
    }
}

/// Writes a message: one transaction with the ticket's change. What a customer
/// says on a closed ticket starts a new one that continues it; `ticket_id` tells.
pub async fn post(
    session: Session,
    Id(ticket): Id<TicketId>,
    write: Write,
    body: JsonBody<PostBody>,
) -> Result<Response, Problem> {
    session.require(Scope::TicketsWrite)?;
    let reply = body.value.into_reply(ticket, &session)?;
    let executor = Executor::of(&session, &write, &body.raw);
    let reader = (&session.actor).into();
    let answer = |message: Option<&Message>| match message {
        Some(message) => Answer::created(location(message), &MessageView::of(message, reader)),
        None => Answer::no_content(),
    };
    let written = executor.execute(Command {
        ticket,
        decide: |context: &Context, prior: Prior<'_>| command::reply(&reply, context, prior),
        answer: |written: Written<'_>| answer(written.change.and_then(|change| change.message.as_ref())),
        answer_needs_ticket: false,
    });
    match written.await {
        Err(problem) if problem.code() == "ticket_closed" => continue_closed(&executor, reply, answer).await,
        written => written,
    }
}

async fn continue_closed(
    executor: &Executor<'_>,
    reply: NewReply,
    answer: impl Fn(Option<&Message>) -> Answer,
) -> Result<Response, Problem> {
    let found = executor.store.ticket(executor.workspace, reply.ticket_id);
    let closed = found.await?.filter(|ticket| executor.context.sees(ticket));
    let opening = Opening { id: reply.id, content: reply.content, is_outbound: false, is_secure: reply.is_secure };
    let (new, contact) = continuing(
        executor,
        closed.ok_or_else(Problem::not_found)?,
        TicketId::new(executor.app.new_id()),
        executor.context.actor.source(),
        opening,
    )
    .await?;
    opening::open(executor, new, contact, |_, message| answer(message)).await
}

fn location(message: &Message) -> String {
    format!("/v1/tickets/{}/messages/{}", message.ticket_id, message.id)
}

impl PostBody {
    fn into_reply(self, ticket_id: TicketId, session: &Session) -> Result<NewReply, Problem> {
        let mut checker = Checker::new();
        let content = content(self.body_html, self.body_text, &mut checker);
        let kind = checker.present("/kind", self.kind).unwrap_or_default();
        let is_secure = checker.present("/is_secure", self.is_secure);
        let is_forward = checker.present("/is_forward", self.is_forward);
        let status = checker.present("/status", self.status);
        checker.unknown("", self.unknown);
        checker.finish()?;
        Ok(NewReply {
            ticket_id,
            id: MessageId::new(session.app.new_id()),
            kind: kind.into(),
            content: content.ok_or_else(Problem::internal)?,
            is_secure: is_secure.unwrap_or_default(),
            is_forward: is_forward.unwrap_or_default(),
            status,
            sender: relayed(kind, &session.actor),
        })
    }
}

/// Who wrote what a program relays: the customer, whom it does not name.
fn relayed(kind: Kind, actor: &Actor) -> Option<Sender> {
    let is_inbound = match kind {
        Kind::Inbound => true,
        Kind::Reply => matches!(actor, Actor::Channel { .. }),
        Kind::Note => false,
    };
    is_inbound.then_some(Sender { kind: SenderKind::Contact, id: None, name: None })
}
