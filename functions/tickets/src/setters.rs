//! Setters: one field of a ticket each.

use crate::{change::set, references};
use axum::response::Response;
use lambdesk_api::{
    auth::Session,
    body::{Checker, Input, JsonBody, Unknown},
    openapi::nullable,
    path::Id,
    problem::Problem,
    write::WriteOptions,
};
use lambdesk_domain::{
    access::Scope,
    command::Fields,
    id::{TagId, TeamId, TicketId, UserId},
    patch::TagChange,
    set::Set,
    status::Status,
    time::Timestamp,
};
use serde::Deserialize;
use std::collections::BTreeSet;

/// A new status.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "NewStatus")]
pub struct StatusBody {
    status: Input<Status>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// `PUT /v1/tickets/{ticket_id}/status`.
pub async fn status(
    session: Session,
    Id(id): Id<TicketId>,
    write: WriteOptions,
    body: JsonBody<StatusBody>,
) -> Result<Response, Problem> {
    session.require(Scope::TicketsWrite)?;
    let mut checker = Checker::default();
    let status = checker.required("/status", body.value.status);
    checker.unknown("", body.value.unknown);
    checker.finish()?;
    set(&session, id, &write, &body.raw, Fields { status, ..Fields::default() }).await
}

/// A new assignee.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "NewAssignee")]
pub struct AssigneeBody {
    #[schemars(transform = nullable)]
    assignee_id: Input<UserId>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// `PUT /v1/tickets/{ticket_id}/assignee`: null unassigns.
pub async fn assignee(
    mut session: Session,
    Id(id): Id<TicketId>,
    write: WriteOptions,
    body: JsonBody<AssigneeBody>,
) -> Result<Response, Problem> {
    session.require(Scope::TicketsWrite)?;
    let mut checker = Checker::default();
    if let Input::Value(user) = body.value.assignee_id {
        references::require_user(user, &mut session, &mut checker).await?;
    }
    let fields = only(Set::Assignee, "/assignee_id", body.value.assignee_id, &mut checker);
    checker.unknown("", body.value.unknown);
    checker.finish()?;
    set(&session, id, &write, &body.raw, fields).await
}

/// A new team.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "NewTeam")]
pub struct TeamBody {
    #[schemars(transform = nullable)]
    team_id: Input<TeamId>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// `PUT /v1/tickets/{ticket_id}/team`: null clears.
pub async fn team(
    mut session: Session,
    Id(id): Id<TicketId>,
    write: WriteOptions,
    body: JsonBody<TeamBody>,
) -> Result<Response, Problem> {
    session.require(Scope::TicketsWrite)?;
    let mut checker = Checker::default();
    if let Input::Value(team) = body.value.team_id {
        references::require_team(team, &mut session, &mut checker).await?;
    }
    let fields = only(Set::Team, "/team_id", body.value.team_id, &mut checker);
    checker.unknown("", body.value.unknown);
    checker.finish()?;
    set(&session, id, &write, &body.raw, fields).await
}

/// Tags by name or id.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "TicketTags")]
pub struct TagsBody {
    /// By name or id; all of them must exist.
    tags: Input<Vec<String>>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// `PUT /v1/tickets/{ticket_id}/tags`: exactly these; an empty list clears.
pub async fn replace_tags(
    session: Session,
    Id(id): Id<TicketId>,
    write: WriteOptions,
    body: JsonBody<TagsBody>,
) -> Result<Response, Problem> {
    tags(session, id, write, body, TagChange::Replace).await
}

/// `POST /v1/tickets/{ticket_id}/tags`: these too.
pub async fn attach_tags(
    session: Session,
    Id(id): Id<TicketId>,
    write: WriteOptions,
    body: JsonBody<TagsBody>,
) -> Result<Response, Problem> {
    tags(session, id, write, body, TagChange::Attach).await
}

async fn tags(
    mut session: Session,
    id: TicketId,
    write: WriteOptions,
    body: JsonBody<TagsBody>,
    change: fn(BTreeSet<TagId>) -> TagChange,
) -> Result<Response, Problem> {
    session.require(Scope::TicketsWrite)?;
    let mut checker = Checker::default();
    let names = checker.required("/tags", body.value.tags).unwrap_or_default();
    let tags = references::tags(&names, &mut session, &mut checker).await?;
    checker.unknown("", body.value.unknown);
    checker.finish()?;
    set(&session, id, &write, &body.raw, Fields { tags: change(tags), ..Fields::default() }).await
}

/// When a ticket comes back.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "NewFollowUp")]
pub struct FollowUpBody {
    /// When it comes back into the lists; null: it is there at once.
    #[schemars(transform = nullable)]
    follow_up_at: Input<Timestamp>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// `PUT /v1/tickets/{ticket_id}/follow_up`: null clears.
pub async fn follow_up(
    session: Session,
    Id(id): Id<TicketId>,
    write: WriteOptions,
    body: JsonBody<FollowUpBody>,
) -> Result<Response, Problem> {
    session.require(Scope::TicketsWrite)?;
    let mut checker = Checker::default();
    let fields = only(Set::FollowUpAt, "/follow_up_at", body.value.follow_up_at, &mut checker);
    checker.unknown("", body.value.unknown);
    checker.finish()?;
    set(&session, id, &write, &body.raw, fields).await
}

/// A setter's one field: absent is an error, null clears.
fn only<T>(set: impl FnOnce(Option<T>) -> Set, pointer: &str, input: Input<T>, checker: &mut Checker) -> Fields {
    if input.is_absent() {
        checker.error(pointer, "required", "must be given; null clears it");
    }
    Fields::of(checker.field(pointer, input).assign(set))
}
