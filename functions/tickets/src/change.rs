//! PATCH and PUT, and how any change of the ticket alone is made and answered.

use crate::{
    again::changed,
    document,
    fields::{Asked, FieldsBody},
    references::sight,
};
use axum::{extract::State, response::Response};
use lambdesk_api::{
    auth::Session,
    body::JsonBody,
    execute::{Command, CommandError, CommandOutcome, Executor, Written},
    idempotency::{Answer, Made},
    json_patch::{AnyPatch, AnyPatchBody, PatchOperations},
    path::Id,
    problem::Problem,
    render::TicketView,
    write::WriteOptions,
};
use lambdesk_domain::{
    access::Scope,
    command::{self, Fields, Rejection, Update},
    id::TicketId,
    ticket::Ticket,
};
use lambdesk_store_lists::{ClientSight, Lists};
use lambdesk_table::retry::Attempts;

/// How often a change is made that rests on the whole ticket: more than any other write,
/// because whatever else happens to the ticket meanwhile is in its way.
const ATTEMPTS: u32 = 12;

/// `PATCH /v1/tickets/{ticket_id}`: JSON Merge Patch (RFC 7396) over the editable
/// fields, or JSON Patch (RFC 6902) over the editable document.
pub async fn patch(
    mut session: Session,
    State(lists): State<Lists>,
    Id(id): Id<TicketId>,
    write: WriteOptions,
    body: AnyPatchBody<FieldsBody>,
) -> Result<Response, Problem> {
    session.require(Scope::TicketsWrite)?;
    let sight = sight(&lists, &session);
    let patched = match body.value {
        AnyPatch::Merge(fields) => {
            let asked = fields.asked(sight, &mut session).await;
            settle(&mut session, sight, id, &write, &body.raw, asked).await
        }
        AnyPatch::Operations(operations) => {
            on_version(&mut session, sight, id, &write, &body.raw, Basis::Operations(operations)).await
        }
    };
    changed(&session, &Executor::of(&session, &write, &body.raw), patched).await
}

/// `PUT /v1/tickets/{ticket_id}`: the editable fields as a whole; those left out are cleared.
pub async fn replace(
    mut session: Session,
    State(lists): State<Lists>,
    Id(id): Id<TicketId>,
    write: WriteOptions,
    body: JsonBody<FieldsBody>,
) -> Result<Response, Problem> {
    session.require(Scope::TicketsWrite)?;
    let sight = sight(&lists, &session);
    let asked = body.value.asked_as_a_whole(sight, &mut session).await;
    let replaced = settle(&mut session, sight, id, &write, &body.raw, asked).await;
    changed(&session, &Executor::of(&session, &write, &body.raw), replaced).await
}

/// Sets the fields at once, or on the version that they fit.
async fn settle(
    session: &mut Session,
    sight: ClientSight<'_>,
    id: TicketId,
    write: &WriteOptions,
    body: &[u8],
    asked: Result<Asked, Problem>,
) -> Result<CommandOutcome, Problem> {
    let asked = asked?;
    if asked.fit.is_settled() {
        return Ok(change(session, id, write, body, asked.fields).await?);
    }
    on_version(session, sight, id, write, body, Basis::Asked(Box::new(asked))).await
}

/// What can be read as fields only with the ticket at hand.
enum Basis {
    /// Operations on its document.
    Operations(PatchOperations),
    /// Fields that must fit what it has.
    Asked(Box<Asked>),
}

impl Basis {
    async fn fields(&self, ticket: &Ticket, sight: ClientSight<'_>, session: &mut Session) -> Result<Fields, Problem> {
        match self {
            Self::Operations(operations) => {
                let changes = operations.merge_patch(document::of(ticket, &session.directory))?;
                let asked = FieldsBody::try_from(changes)?.asked(sight, session).await?;
                asked.fit.check(ticket, session).await?;
                Ok(asked.fields)
            }
            Self::Asked(asked) => {
                asked.fit.check(ticket, session).await?;
                Ok(asked.fields.clone())
            }
        }
    }
}

/// Makes a change that rests on the whole ticket: on the very version that it was
/// made for, and anew when that is no longer the newest, unless the caller asked
/// for one version.
async fn on_version(
    session: &mut Session,
    sight: ClientSight<'_>,
    id: TicketId,
    write: &WriteOptions,
    body: &[u8],
    basis: Basis,
) -> Result<CommandOutcome, Problem> {
    let is_bound = write.if_match.is_some();
    let mut attempts = Attempts::new();
    loop {
        let ticket = session.app.tickets.ticket(session.workspace(), id).await?;
        let ticket = ticket.filter(|ticket| write.context(session).sees(ticket)).ok_or_else(Problem::not_found)?;
        if write.if_match.as_ref().is_some_and(|seen| !seen.contains(ticket.version)) {
            return Err(Problem::stale(ticket.version));
        }
        let fields = basis.fields(&ticket, sight, session).await?;
        let bound = WriteOptions { if_match: Some(ticket.version.into()), ..write.clone() };
        match change(session, id, &bound, body, fields).await {
            Err(CommandError::Rejected(Rejection::Stale { .. })) if !is_bound => {
                if !attempts.again(ATTEMPTS).await {
                    return Err(Problem::unavailable());
                }
            }
            outcome => return Ok(outcome?),
        }
    }
}

/// Sets fields and answers the ticket.
pub async fn set(
    session: &Session,
    id: TicketId,
    write: &WriteOptions,
    body: &[u8],
    fields: Fields,
) -> Result<Response, Problem> {
    let changed_to = change(session, id, write, body, fields).await;
    changed(session, &Executor::of(session, write, body), changed_to.map_err(Problem::from)).await
}

async fn change(
    session: &Session,
    id: TicketId,
    write: &WriteOptions,
    body: &[u8],
    fields: Fields,
) -> Result<CommandOutcome, CommandError> {
    let update = Update::Fields(Box::new(fields));
    run(&Executor::of(session, write, body), id, &update, answer_with(session), true).await
}

/// Makes any change of the ticket alone.
pub async fn run(
    executor: &Executor<'_>,
    ticket: TicketId,
    update: &Update,
    answer: impl Fn(Written<'_>) -> Answer,
    answer_needs_ticket: bool,
) -> Result<CommandOutcome, CommandError> {
    let decide = |context: &command::Context, prior: command::Prior<'_>| -> Result<command::Decision, Rejection> {
        command::update(update, context, prior)
    };
    executor.execute(Command { ticket, decide, answer, answer_needs_ticket }).await
}

/// The ticket afterwards, with its version.
pub fn answer_with(session: &Session) -> impl Fn(Written<'_>) -> Answer {
    move |written| match written.ticket {
        Some(ticket) => {
            let view = TicketView::of(ticket.clone(), &session.directory, written.accounts, session.client_detail());
            Answer::ok(&view).with_version(ticket.version).made_of(Made::Ticket(ticket.id))
        }
        None => Answer::no_content(),
    }
}
