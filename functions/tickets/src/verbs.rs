//! Verbs: what is done to a ticket without saying a value.

use crate::{
    again::changed,
    change::{answer_with, run, set},
};
use axum::response::Response;
use lambdesk_api::{
    auth::Session,
    body::NoBody,
    execute::{CommandError, Executor},
    idempotency::Answer,
    path::{Id, Ids},
    problem::Problem,
    write::WriteOptions,
};
use lambdesk_domain::{
    access::{Actor, Forbidden, Scope},
    command::{Fields, Rejection, Update},
    id::{TagId, TicketId},
    patch::TagChange,
    set::Set,
};

/// `POST /v1/tickets/{ticket_id}/assign`: to the caller.
pub async fn assign_to_me(
    session: Session,
    Id(id): Id<TicketId>,
    write: WriteOptions,
    body: NoBody,
) -> Result<Response, Problem> {
    session.require(Scope::TicketsWrite)?;
    body.check()?;
    let Actor::User { id: me, .. } = session.actor else {
        return Err(Forbidden::NotAPerson.into());
    };
    set(&session, id, &write, &body.raw, Fields::of([Set::Assignee(Some(me))])).await
}

/// `DELETE /v1/tickets/{ticket_id}/tags/{tag_id}`.
pub async fn detach_tag(
    session: Session,
    Ids((id, tag)): Ids<(TicketId, TagId)>,
    write: WriteOptions,
) -> Result<Response, Problem> {
    session.require(Scope::TicketsWrite)?;
    let fields = Fields { tags: TagChange::Detach([tag].into()), ..Fields::default() };
    let update = Update::Fields(Box::new(fields));
    let executor = Executor::of(&session, &write, &[]);
    Ok(run(&executor, id, &update, |_| Answer::no_content(), false).await?.whole()?)
}

/// `POST /v1/tickets/{ticket_id}/archive`.
pub async fn archive(
    session: Session,
    Id(id): Id<TicketId>,
    write: WriteOptions,
    body: NoBody,
) -> Result<Response, Problem> {
    verb(&session, id, &write, body, Update::Archive).await
}

/// `POST /v1/tickets/{ticket_id}/restore`: from the archive, the trash, or the screening.
pub async fn restore(
    session: Session,
    Id(id): Id<TicketId>,
    write: WriteOptions,
    body: NoBody,
) -> Result<Response, Problem> {
    let window = session.directory.workspace.retention.restore_window;
    verb(&session, id, &write, body, Update::Restore(window)).await
}

/// `POST /v1/tickets/{ticket_id}/read`: seen by us.
pub async fn read(
    session: Session,
    Id(id): Id<TicketId>,
    write: WriteOptions,
    body: NoBody,
) -> Result<Response, Problem> {
    verb(&session, id, &write, body, seen(true)).await
}

/// `POST /v1/tickets/{ticket_id}/unread`.
pub async fn unread(
    session: Session,
    Id(id): Id<TicketId>,
    write: WriteOptions,
    body: NoBody,
) -> Result<Response, Problem> {
    verb(&session, id, &write, body, seen(false)).await
}

fn seen(is_read: bool) -> Update {
    Update::Fields(Box::new(Fields::of([Set::ReadByOrganization(is_read)])))
}

/// `DELETE /v1/tickets/{ticket_id}`: into the trash, where the workspace allows it.
pub async fn delete(session: Session, Id(id): Id<TicketId>, write: WriteOptions) -> Result<Response, Problem> {
    session.require(Scope::TicketsWrite)?;
    let update = Update::Delete(session.directory.workspace.deletion);
    let executor = Executor::of(&session, &write, &[]);
    match run(&executor, id, &update, |_| Answer::no_content(), false).await {
        // What is in the trash already is gone to whoever deletes.
        Err(CommandError::Rejected(Rejection::Trashed)) => Err(Problem::not_found()),
        deleted => Ok(deleted?.whole()?),
    }
}

async fn verb(
    session: &Session,
    id: TicketId,
    write: &WriteOptions,
    body: NoBody,
    update: Update,
) -> Result<Response, Problem> {
    session.require(Scope::TicketsWrite)?;
    body.check()?;
    let executor = Executor::of(session, write, &body.raw);
    let done = run(&executor, id, &update, answer_with(session), true).await;
    changed(session, &executor, done.map_err(Problem::from)).await
}
