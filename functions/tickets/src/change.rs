//! Patches, setters and verbs: whatever changes the ticket alone.

use crate::fields::{self, FieldsBody};
use axum::response::{IntoResponse, Response};
use lambdesk_api::{
    auth::Session,
    body::{Checker, Input, JsonBody, OptionalJsonBody, PatchBody, Unknown},
    execute::{Command, Executor, Written},
    idempotency::Answer,
    path::{Id, Ids},
    problem::Problem,
    render::TicketView,
    write::Write,
};
use lambdesk_domain::{
    access::{Actor, Forbidden, Scope},
    command::{self, Fields, Rejection, Update},
    directory::Directory,
    id::{TagId, TeamId, TicketId, UserId},
    patch::{Field, TagChange},
    status::Status,
    time::Timestamp,
};
use serde::Deserialize;
use std::collections::BTreeSet;

/// `PATCH /v1/tickets/{ticket_id}`: JSON Merge Patch (RFC 7396) over the editable fields.
pub async fn patch(
    mut session: Session,
    Id(id): Id<TicketId>,
    write: Write,
    body: PatchBody<FieldsBody>,
) -> Result<Response, Problem> {
    session.require(Scope::TicketsWrite)?;
    let fields = body.value.into_fields(&mut session).await?;
    set(&session, id, &write, &body.raw, fields).await
}

/// `PUT /v1/tickets/{ticket_id}`: the editable fields as a whole; those left out are cleared.
pub async fn replace(
    mut session: Session,
    Id(id): Id<TicketId>,
    write: Write,
    body: JsonBody<FieldsBody>,
) -> Result<Response, Problem> {
    session.require(Scope::TicketsWrite)?;
    let mut checker = Checker::default();
    let subject = checker.required("/subject", body.value.subject.clone());
    let fields = body.value.cleared_where_absent().into_fields(&mut session).await;
    checker.finish()?;
    let fields = Fields { subject, ..fields? };
    set(&session, id, &write, &body.raw, fields).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StatusBody {
    status: Input<Status>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// `PUT /v1/tickets/{ticket_id}/status`.
pub async fn status(
    session: Session,
    Id(id): Id<TicketId>,
    write: Write,
    body: JsonBody<StatusBody>,
) -> Result<Response, Problem> {
    session.require(Scope::TicketsWrite)?;
    let mut checker = Checker::default();
    let status = checker.required("/status", body.value.status);
    checker.unknown("", body.value.unknown);
    checker.finish()?;
    set(&session, id, &write, &body.raw, Fields { status, ..Fields::default() }).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AssigneeBody {
    assignee_id: Input<UserId>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// `PUT /v1/tickets/{ticket_id}/assignee`: null unassigns.
pub async fn assignee(
    mut session: Session,
    Id(id): Id<TicketId>,
    write: Write,
    body: JsonBody<AssigneeBody>,
) -> Result<Response, Problem> {
    session.require(Scope::TicketsWrite)?;
    let mut checker = Checker::default();
    if let Input::Value(user) = body.value.assignee_id {
        fields::require_user(user, &mut session, &mut checker).await?;
    }
    let assignee = must_be_said("/assignee_id", body.value.assignee_id, &mut checker);
    checker.unknown("", body.value.unknown);
    checker.finish()?;
    set(&session, id, &write, &body.raw, Fields { assignee, ..Fields::default() }).await
}

/// `POST /v1/tickets/{ticket_id}/assign`: to the caller.
pub async fn assign_to_me(
    session: Session,
    Id(id): Id<TicketId>,
    write: Write,
    body: OptionalJsonBody<NoBody>,
) -> Result<Response, Problem> {
    session.require(Scope::TicketsWrite)?;
    body.check()?;
    let Actor::User { id: me, .. } = session.actor else {
        return Err(Forbidden::NotAPerson.into());
    };
    set(&session, id, &write, &body.raw, Fields { assignee: Field::Set(me), ..Fields::default() }).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TeamBody {
    team_id: Input<TeamId>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// `PUT /v1/tickets/{ticket_id}/team`: null clears.
pub async fn team(
    mut session: Session,
    Id(id): Id<TicketId>,
    write: Write,
    body: JsonBody<TeamBody>,
) -> Result<Response, Problem> {
    session.require(Scope::TicketsWrite)?;
    let mut checker = Checker::default();
    if let Input::Value(team) = body.value.team_id {
        fields::require_team(team, &mut session, &mut checker).await?;
    }
    let team = must_be_said("/team_id", body.value.team_id, &mut checker);
    checker.unknown("", body.value.unknown);
    checker.finish()?;
    set(&session, id, &write, &body.raw, Fields { team, ..Fields::default() }).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TagsBody {
    tags: Input<Vec<String>>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// `PUT /v1/tickets/{ticket_id}/tags`: exactly these; an empty list clears.
pub async fn replace_tags(
    session: Session,
    Id(id): Id<TicketId>,
    write: Write,
    body: JsonBody<TagsBody>,
) -> Result<Response, Problem> {
    tags(session, id, write, body, TagChange::Replace).await
}

/// `POST /v1/tickets/{ticket_id}/tags`: these too.
pub async fn attach_tags(
    session: Session,
    Id(id): Id<TicketId>,
    write: Write,
    body: JsonBody<TagsBody>,
) -> Result<Response, Problem> {
    tags(session, id, write, body, TagChange::Attach).await
}

async fn tags(
    mut session: Session,
    id: TicketId,
    write: Write,
    body: JsonBody<TagsBody>,
    change: fn(BTreeSet<TagId>) -> TagChange,
) -> Result<Response, Problem> {
    session.require(Scope::TicketsWrite)?;
    let mut checker = Checker::default();
    let names = checker.required("/tags", body.value.tags).unwrap_or_default();
    let tags = fields::tags(&names, &mut session, &mut checker).await?;
    checker.unknown("", body.value.unknown);
    checker.finish()?;
    set(&session, id, &write, &body.raw, Fields { tags: change(tags), ..Fields::default() }).await
}

/// `DELETE /v1/tickets/{ticket_id}/tags/{tag_id}`.
pub async fn detach_tag(
    session: Session,
    Ids((id, tag)): Ids<(TicketId, TagId)>,
    write: Write,
) -> Result<Response, Problem> {
    session.require(Scope::TicketsWrite)?;
    let fields = Fields { tags: TagChange::Detach([tag].into()), ..Fields::default() };
    run(&session, id, &write, &[], &Update::Fields(Box::new(fields)), |_| Answer::no_content(), false).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct FollowUpBody {
    follow_up_at: Input<Timestamp>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// `PUT /v1/tickets/{ticket_id}/follow_up`: null clears.
pub async fn follow_up(
    session: Session,
    Id(id): Id<TicketId>,
    write: Write,
    body: JsonBody<FollowUpBody>,
) -> Result<Response, Problem> {
    session.require(Scope::TicketsWrite)?;
    let mut checker = Checker::default();
    let follow_up_at = must_be_said("/follow_up_at", body.value.follow_up_at, &mut checker);
    checker.unknown("", body.value.unknown);
    checker.finish()?;
    set(&session, id, &write, &body.raw, Fields { follow_up_at, ..Fields::default() }).await
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NoBody {
    #[serde(flatten)]
    unknown: Unknown,
}

/// `POST /v1/tickets/{ticket_id}/archive`.
pub async fn archive(
    session: Session,
    Id(id): Id<TicketId>,
    write: Write,
    body: OptionalJsonBody<NoBody>,
) -> Result<Response, Problem> {
    verb(&session, id, &write, body, Update::Archive).await
}

/// `POST /v1/tickets/{ticket_id}/restore`: from the archive, the trash, or the screening.
pub async fn restore(
    session: Session,
    Id(id): Id<TicketId>,
    write: Write,
    body: OptionalJsonBody<NoBody>,
) -> Result<Response, Problem> {
    verb(&session, id, &write, body, Update::Restore).await
}

/// `POST /v1/tickets/{ticket_id}/read`: seen by us.
pub async fn read(
    session: Session,
    Id(id): Id<TicketId>,
    write: Write,
    body: OptionalJsonBody<NoBody>,
) -> Result<Response, Problem> {
    verb(&session, id, &write, body, seen(true)).await
}

/// `POST /v1/tickets/{ticket_id}/unread`.
pub async fn unread(
    session: Session,
    Id(id): Id<TicketId>,
    write: Write,
    body: OptionalJsonBody<NoBody>,
) -> Result<Response, Problem> {
    verb(&session, id, &write, body, seen(false)).await
}

fn seen(is_read: bool) -> Update {
    Update::Fields(Box::new(Fields { is_read_by_organization: Some(is_read), ..Fields::default() }))
}

/// `DELETE /v1/tickets/{ticket_id}`: into the trash, where the workspace allows it.
pub async fn delete(session: Session, Id(id): Id<TicketId>, write: Write) -> Result<Response, Problem> {
    session.require(Scope::TicketsWrite)?;
    let update = Update::Delete(session.directory.workspace.deletion);
    let deleted = run(&session, id, &write, &[], &update, |_| Answer::no_content(), false).await;
    // What is in the trash already is gone to whoever deletes.
    deleted.map_err(|problem| if problem.code() == "trashed" { Problem::not_found() } else { problem })
}

async fn verb(
    session: &Session,
    id: TicketId,
    write: &Write,
    body: OptionalJsonBody<NoBody>,
    update: Update,
) -> Result<Response, Problem> {
    session.require(Scope::TicketsWrite)?;
    body.check()?;
    run(session, id, write, &body.raw, &update, answer_with(&session.directory), true).await
}

async fn set(session: &Session, id: TicketId, write: &Write, body: &[u8], fields: Fields) -> Result<Response, Problem> {
    let update = Update::Fields(Box::new(fields));
    run(session, id, write, body, &update, answer_with(&session.directory), true).await
}

async fn run(
    session: &Session,
    ticket: TicketId,
    write: &Write,
    body: &[u8],
    update: &Update,
    answer: impl Fn(Written<'_>) -> Answer,
    answer_needs_ticket: bool,
) -> Result<Response, Problem> {
    let decide = |context: &command::Context, prior: command::Prior<'_>| -> Result<command::Decision, Rejection> {
        command::update(update, context, prior)
    };
    let response =
        Executor::of(session, write, body).execute(Command { ticket, decide, answer, answer_needs_ticket }).await?;
    Ok(response.into_response())
}

/// The ticket afterwards, with its version.
fn answer_with(directory: &Directory) -> impl Fn(Written<'_>) -> Answer {
    move |written| match written.ticket {
        Some(ticket) => Answer::ok(&TicketView::of(ticket, directory)).with_version(ticket.version),
        None => Answer::no_content(),
    }
}

/// A setter's one field: absent is an error, null clears.
fn must_be_said<T>(pointer: &str, input: Input<T>, checker: &mut Checker) -> Field<T> {
    if matches!(input, Input::Absent) {
        checker.error(pointer, "required", "must be given; null clears it");
    }
    checker.field(pointer, input)
}

trait Check {
    fn check(&self) -> Result<(), Problem>;
}

impl Check for OptionalJsonBody<NoBody> {
    fn check(&self) -> Result<(), Problem> {
        let mut checker = Checker::default();
        if let Some(body) = &self.value {
            checker.unknown("", body.unknown.clone());
        }
        checker.finish()
    }
}
