//! `/v1/workspace`: the settings. Administrators only.

use axum::response::{IntoResponse, Response};
use lambdesk_api::{
    auth::Session,
    body::{Checker, Input, PatchBody, Unknown},
    execute::{ATTEMPTS, DryRun},
    idempotency::Answer,
    openapi::nullable,
    problem::Problem,
    query::QueryParameters,
    write::WriteOptions,
};
use lambdesk_domain::{
    access::{AccessRules, AgentVisibility},
    directory::{Days, DeletionPolicy, Retention, Workspace},
    id::WorkspaceId,
    text::Name,
    time::Timestamp,
};
use lambdesk_table::version_of;
use serde::{Deserialize, Serialize};

/// The settings as they are answered.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Workspace")]
pub struct WorkspaceView {
    id: WorkspaceId,
    name: Name,
    agent_visibility: AgentVisibility,
    agents_assign_others: bool,
    deletion: DeletionPolicy,
    /// How long a deleted ticket can be restored. It is purged within a day after that, or
    /// with the next sweep if none ran.
    restore_window_days: Days,
    /// After how long finished tickets are deleted, within a day; null: never.
    retention_days: Option<Days>,
    created_at: Timestamp,
}

impl From<&Workspace> for WorkspaceView {
    fn from(workspace: &Workspace) -> Self {
        // All fields are named, so that a new one is shown or left out on purpose.
        let Workspace { id, name, access, deletion, retention, salt: _, created_at } = workspace.clone();
        let AccessRules { agent_visibility, agents_assign_others } = access;
        let Retention { restore_window: restore_window_days, finished: retention_days } = retention;
        Self {
            id,
            name,
            agent_visibility,
            agents_assign_others,
            deletion,
            restore_window_days,
            retention_days,
            created_at,
        }
    }
}

/// The settings that can be changed.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "WorkspaceFields")]
pub struct SettingsBody {
    /// Its name.
    name: Input<Name>,
    /// Which tickets agents see.
    agent_visibility: Input<AgentVisibility>,
    /// Whether agents may assign tickets to others than themselves.
    agents_assign_others: Input<bool>,
    /// What deleting does to a ticket.
    deletion: Input<DeletionPolicy>,
    /// How many days a deleted ticket can be restored.
    restore_window_days: Input<Days>,
    /// After how many days without a change finished tickets (resolved, closed, spam,
    /// archived) are deleted; null: never.
    #[schemars(transform = nullable)]
    retention_days: Input<Days>,
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
        set(&mut after.retention.restore_window, check.present("/restore_window_days", self.restore_window_days));
        after.retention.finished =
            check.field("/retention_days", self.retention_days).applied_to(after.retention.finished);
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
pub async fn get(session: Session, query: QueryParameters) -> Result<Response, Problem> {
    query.finish()?;
    session.require_admin()?;
    let settings = session.app.directories.settings(session.workspace()).await?.ok_or_else(Problem::not_found)?;
    Ok(Answer::ok(&WorkspaceView::from(&settings.value)).with_version(settings.version()).into_response())
}

/// `PATCH /v1/workspace`.
pub async fn patch(session: Session, write: WriteOptions, body: PatchBody<SettingsBody>) -> Result<Response, Problem> {
    session.require_admin()?;
    let directories = &session.app.directories;
    for _ in 0..ATTEMPTS {
        let before = directories.settings(session.workspace()).await?.ok_or_else(Problem::not_found)?;
        write.require_version(before.version())?;
        let after = body.value.clone().applied_to(&before.value)?;
        if write.is_dry_run {
            return Ok(DryRun::between(&WorkspaceView::from(&before.value), &WorkspaceView::from(&after)));
        }
        if after == before.value || directories.change_settings(&before, &after, session.now).await? {
            return Ok(Answer::ok(&WorkspaceView::from(&after)).with_version(version_of(&after)).into_response());
        }
    }
    Err(Problem::unavailable())
}
