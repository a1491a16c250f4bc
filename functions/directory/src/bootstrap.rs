//! `POST /v1/workspaces`: a workspace with its owner and the owner's key.

use crate::{key_view::KeyView, operator::Operator, users::UserView, workspace::WorkspaceView};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use lambdesk_api::{
    auth::BearerKey,
    body::{Checker, Input, JsonBody, Unknown},
    execute::{DryRun, Executor},
    idempotency::Answer,
    problem::Problem,
    render::ClientDetail,
    state::App,
    write::WriteOptions,
};
use lambdesk_domain::{
    access::{AccessRules, Actor, Role, Scopes},
    command::Context,
    directory::{ApiKey, DeletionPolicy, Entry, KeyHolder, Retention, User, Workspace},
    id::{ApiKeyId, UserId, WorkspaceId},
    text::{EmailAddress, Name},
};
use lambdesk_runtime::{Clock, clock::secret_bytes};
use lambdesk_store_directory::{Directories, EntryError, NewWorkspace};
use lambdesk_table::{AlreadyAnswered, Record};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A new workspace.
#[derive(Clone)]
pub struct Bootstrapped {
    /// Its settings: those that every workspace begins with.
    pub workspace: Workspace,
    /// Its first user, who owns it.
    pub user: User,
    /// The owner's key, with every scope and without expiry.
    pub key: ApiKey,
    /// The key's text, which is stored nowhere.
    pub key_text: String,
    hash: String,
}

/// Makes a workspace with its owner and the owner's key.
///
/// # Errors
/// When the table fails.
pub async fn bootstrap(
    directories: &Directories,
    clock: &Clock,
    name: Name,
    owner_name: Name,
    owner_email: EmailAddress,
) -> Result<Bootstrapped, EntryError> {
    let new = Bootstrapped::new(clock, name, owner_name, owner_email);
    new.commit(directories, new.workspace.id, None).await?;
    Ok(new)
}

impl Bootstrapped {
    fn new(clock: &Clock, name: Name, owner_name: Name, owner_email: EmailAddress) -> Self {
        let created_at = clock.now();
        let workspace = Workspace {
            id: WorkspaceId::new(clock.new_uuid()),
            name,
            access: AccessRules::default(),
            deletion: DeletionPolicy::Trash,
            retention: Retention::default(),
            salt: URL_SAFE_NO_PAD.encode(secret_bytes::<32>()),
            created_at,
        };
        let user = User {
            id: UserId::new(clock.new_uuid()),
            name: owner_name,
            email: owner_email,
            role: Role::Owner,
            is_enabled: true,
            picture_url: None,
            timezone: None,
        };
        let (key_text, hash) = BearerKey::generate(workspace.id);
        let key = ApiKey {
            id: ApiKeyId::new(clock.new_uuid()),
            workspace_id: workspace.id,
            name: user.name.clone(),
            holder: KeyHolder::User { user_id: user.id },
            scopes: Scopes::ALL,
            expires_at: None,
            created_at,
            created_by: None,
            rotated_by: None,
        };
        Self { workspace, user, key, key_text, hash }
    }

    /// Writes all of it, and the answer that `caller` is to be given again.
    async fn commit(
        &self,
        directories: &Directories,
        caller: WorkspaceId,
        answer: Option<&Record>,
    ) -> Result<(), EntryError> {
        let owner = Entry::User(self.user.clone());
        let new = NewWorkspace { workspace: &self.workspace, owner: &owner, key: &self.key, hash: &self.hash };
        directories.add_workspace(caller, new, answer, self.workspace.created_at).await
    }

    fn answer(&self) -> Answer {
        let view = BootstrapView {
            workspace: WorkspaceView::from(&self.workspace),
            user: UserView::from(self.user.clone()),
            api_key: KeyView::shown_once(&self.key, self.key_text.clone()),
        };
        Answer::created("/v1/workspace".to_owned(), &view)
    }
}

/// What was made.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "MadeWorkspace")]
pub struct BootstrapView {
    workspace: WorkspaceView,
    user: UserView,
    api_key: KeyView,
}

/// A new workspace.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "NewWorkspace")]
pub struct WorkspaceBody {
    /// Its name.
    name: Input<Name>,
    /// Its first user, who is given a key with every scope.
    owner: Input<OwnerBody>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// A workspace's first user.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "NewOwner")]
pub struct OwnerBody {
    /// Their name.
    name: Input<Name>,
    /// Their address.
    email: Input<EmailAddress>,
    #[serde(flatten)]
    unknown: Unknown,
}

impl WorkspaceBody {
    fn check(self) -> Result<(Name, Name, EmailAddress), Problem> {
        let mut check = Checker::new();
        let name = check.required("/name", self.name);
        let owner = check.required("/owner", self.owner).map(|owner| {
            check.within("/owner", |check| {
                check.unknown("", owner.unknown);
                (check.required("/name", owner.name), check.required("/email", owner.email))
            })
        });
        check.unknown("", self.unknown);
        check.finish()?;
        match (name, owner) {
            (Some(name), Some((Some(owner), Some(email)))) => Ok((name, owner, email)),
            _ => Err(Problem::internal()),
        }
    }
}

/// `POST /v1/workspaces`, by the operator.
pub async fn create(
    _: Operator,
    State(app): State<App>,
    write: WriteOptions,
    body: JsonBody<WorkspaceBody>,
) -> Result<Response, Problem> {
    write.require_new()?;
    let executor = executor(&app, &write, &body.raw);
    if let Some(response) = executor.answered_before().await? {
        return Ok(response);
    }
    let (name, owner, email) = body.value.check()?;
    let new = Bootstrapped::new(&app.clock, name, owner, email);
    if write.is_dry_run {
        return Ok(DryRun::between(&(), &WorkspaceView::from(&new.workspace)));
    }
    let answer = new.answer();
    let record = executor.remember(&answer);
    match new.commit(&app.directories, executor.workspace, record.as_ref()).await {
        Ok(()) => Ok(answer.into_response()),
        Err(EntryError::Answered(AlreadyAnswered(record))) => Ok(executor.replay(&record)?),
        Err(error) => Err(error.into()),
    }
}

/// The operator is in no workspace: its answers are remembered under the id that
/// no workspace has.
fn executor<'a>(app: &'a App, write: &WriteOptions, body: &[u8]) -> Executor<'a> {
    let workspace = WorkspaceId::new(Uuid::nil());
    let context = Context {
        actor: Actor::System,
        rules: AccessRules::default(),
        request_id: None,
        is_silent: write.is_silent,
        if_match: write.if_match.clone(),
        now: app.clock.now(),
    };
    let idempotency = write.idempotency.as_ref().map(|key| key.bind(workspace, "operator", body));
    Executor { app, workspace, context, is_dry_run: write.is_dry_run, idempotency, detail: ClientDetail::Ids }
}
