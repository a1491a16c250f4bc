//! `/v1/workspace`: the settings. Administrators only.

use crate::entries::{ATTEMPTS, unversioned};
use axum::response::{IntoResponse, Response};
use lambdesk_api::{
    auth::Session,
    body::{Checker, Input, PatchBody, Unknown},
    execute::DryRun,
    idempotency::Answer,
    problem::Problem,
    query::Query,
    write::Write,
};
use lambdesk_domain::{
    access::{AccessRules, AgentVisibility},
    directory::{DeletionPolicy, Workspace},
    id::WorkspaceId,
    text::Name,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// The settings as they are answered.
#[derive(Debug, Serialize)]
pub struct WorkspaceView {
    id: WorkspaceId,
    name: Name,
    agent_visibility: AgentVisibility,
    agents_assign_others: bool,
    deletion: DeletionPolicy,
    created_at: Timestamp,
}

impl From<&Workspace> for WorkspaceView {
    fn from(workspace: &Workspace) -> Self {
        // All fields are named, so that a new one is shown or left out on purpose.
        let Workspace { id, name, access, deletion, salt: _, created_at } = workspace.clone();
        let AccessRules { agent_visibility, agents_assign_others } = access;
        Self { id, name, agent_visibility, agents_assign_others, deletion, created_at }
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct SettingsBody {
    name: Input<Name>,
    agent_visibility: Input<AgentVisibility>,
    agents_assign_others: Input<bool>,
    deletion: Input<DeletionPolicy>,
    #[serde(flatten)]
    unknown: Unknown,
}

impl SettingsBody {
    fn applied_to(self, workspace: &Workspace) -> Result<Workspace, Problem> {
        let mut check = Checker::new();
        let mut after = workspace.clone();
        set(&mut after.name, check.present("/name", self.name));
        set(&mut after.access.agent_visibility, check.present("/agent_visibility", self.agent_visibility));
        set(&mut after.access.agents_assign_others, check.present("/agents_assign_others", self.agents_assign_others));
        set(&mut after.deletion, check.present("/deletion", self.deletion));
        check.unknown("", self.unknown);
        check.finish()?;
        Ok(after)
    }
}

fn set<T>(target: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *target = value;
    }
}

/// `GET /v1/workspace`.
pub async fn get(session: Session, query: Query) -> Result<Response, Problem> {
    query.finish()?;
    session.require_admin()?;
    let seen = session.store.settings(session.workspace()).await?.ok_or_else(Problem::not_found)?;
    Ok(Answer::ok(&WorkspaceView::from(&seen.value)).into_response())
}

/// `PATCH /v1/workspace`.
pub async fn patch(session: Session, write: Write, body: PatchBody<SettingsBody>) -> Result<Response, Problem> {
    session.require_admin()?;
    unversioned(&write)?;
    for _ in 0..ATTEMPTS {
        let seen = session.store.settings(session.workspace()).await?.ok_or_else(Problem::not_found)?;
        let after = body.value.clone().applied_to(&seen.value)?;
        if write.is_dry_run {
            return Ok(DryRun::answer(Vec::new()));
        }
        if after == seen.value || session.store.change_settings(&seen, &after).await? {
            return Ok(Answer::ok(&WorkspaceView::from(&after)).into_response());
        }
    }
    Err(Problem::unavailable())
}
