//! Bearer keys: who calls, in which workspace, with which rights.
//!
//! A key is `ldk_` and 48 bytes in base64url: the workspace's id and 32 random
//! bytes. It is stored as its SHA-256 only (32 random bytes need no slow hash).
//! A key that this process has looked up within the minute is genuine: what it opens is
//! read at once. Before that, nothing of the workspace that a key claims is read, so that
//! a forged one costs one read of a missing item, and its refusal takes the same time
//! whatever exists.

use crate::{layer::new_request_id, problem::Problem, render::ClientDetail, state::App};
use axum::{
    extract::{FromRef, FromRequestParts},
    http::{HeaderMap, header::AUTHORIZATION, request::Parts},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use lambdesk_domain::{
    access::{Actor, Scope, VisibilityScope},
    directory::{ApiKey, Directory, KeyHolder},
    id::{RequestId, WorkspaceId},
    time::Timestamp,
};
use lambdesk_runtime::clock::secret_bytes;
use lambdesk_store_directory::Directories;
use lambdesk_table::{TableError, Tenant, log_failure};
use sha2::{Digest, Sha256};
use std::{fmt::Write as _, sync::Arc};
use uuid::Uuid;

const PREFIX: &str = "ldk_";
const SECRET_BYTES: usize = 32;

/// A bearer key as it came: not yet known to be genuine.
#[derive(Clone)]
pub struct BearerKey {
    workspace: WorkspaceId,
    hash: String,
}

impl BearerKey {
    /// Makes a new key for a workspace: its text, to be shown once, and its hash.
    #[must_use]
    pub fn generate(workspace: WorkspaceId) -> (String, String) {
        let mut bytes = workspace.uuid().as_bytes().to_vec();
        bytes.extend(secret_bytes::<SECRET_BYTES>());
        let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
        let hash = hash(&text);
        (text, hash)
    }

    /// Reads a key's text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
        if bytes.len() != 16 + SECRET_BYTES {
            return None;
        }
        let workspace = Uuid::from_slice(bytes.get(..16)?).ok()?;
        Some(Self { workspace: WorkspaceId::new(workspace), hash: hash(text) })
    }

    /// From `Authorization: Bearer <key>`; the bare key is taken too.
    fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let header = headers.get(AUTHORIZATION).ok_or_else(|| Problem::unauthorized("an API key is needed"))?;
        let text = header.to_str().unwrap_or_default().trim();
        let key = match text.split_once(' ') {
            Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") => key.trim(),
            Some(_) => "",
            None => text,
        };
        Self::parse(key).ok_or_else(invalid_key)
    }
}

fn invalid_key() -> Problem {
    Problem::unauthorized("the API key is not valid")
}

fn hash(text: &str) -> String {
    hex(&Sha256::digest(text))
}

/// Bytes in lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        // Writing to a String can't fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// A caller with a key that is not yet verified.
#[derive(Clone)]
pub struct Caller {
    app: App,
    key: BearerKey,
    request_id: RequestId,
}

impl<S: Sync> FromRequestParts<S> for Caller
where
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let key = BearerKey::of(&parts.headers)?;
        Ok(Self {
            app: App::from_ref(state),
            key,
            request_id: parts.extensions.get().copied().unwrap_or_else(new_request_id),
        })
    }
}

impl Caller {
    /// Verifies the key; writes wait for this.
    ///
    /// # Errors
    /// 401 for a key that is unknown, expired, or whose user is gone.
    pub async fn verify(self) -> Result<Session, Problem> {
        let key = self.genuine_key().await?;
        let directory = self.app.directories.directory(self.key.workspace).await?;
        self.session(key, directory).await
    }

    /// Verifies the key while something of its workspace is read: as soon as the key is
    /// known to be genuine, beside the directory.
    ///
    /// # Errors
    /// As [`Caller::verify`]; and what the read fails with, but only to a genuine caller.
    pub async fn verify_while<T>(
        self,
        read: impl AsyncFnOnce(&App, WorkspaceId) -> Result<T, TableError>,
    ) -> Result<(Session, T), Problem> {
        let key = self.genuine_key().await?;
        let workspace = self.key.workspace;
        let (directory, found) = tokio::join!(
            self.app.directories.directory(workspace),
            // Boxed: requests side by side make a large future.
            Box::pin(read(&self.app, workspace))
        );
        let session = self.session(key, directory?).await?;
        Ok((session, found?))
    }

    /// The key, of the workspace that it names and not over.
    async fn genuine_key(&self) -> Result<ApiKey, Problem> {
        let key = self.app.directories.api_key(&self.key.hash).await?;
        let key = key.filter(|key| key.workspace_id == self.key.workspace).ok_or_else(invalid_key)?;
        if key.is_expired(self.app.clock.now()) {
            return Err(Problem::unauthorized("the API key has expired"));
        }
        Ok(key)
    }

    async fn session(self, key: ApiKey, directory: Option<Arc<Directory>>) -> Result<Session, Problem> {
        let now = self.app.clock.now();
        let mut directory = directory.ok_or_else(invalid_key)?;
        let mut is_fresh = false;
        if actor(&key, &directory).is_none() {
            // Made since the directory was read, or gone.
            directory = self.app.directories.fresh_directory(key.workspace_id).await?.ok_or_else(invalid_key)?;
            is_fresh = true;
        }
        let actor = actor(&key, &directory).ok_or_else(invalid_key)?;
        note_use(&self.app.directories, &key, now);
        Ok(Session { app: self.app, directory, key, actor, request_id: self.request_id, now, is_fresh })
    }
}

/// Records the hour of a key's use, at most once in it, beside the request: nobody
/// waits for it (a Lambda that is frozen meanwhile goes on with its next request),
/// and a use that fails to be recorded is none.
fn note_use(directories: &Directories, key: &ApiKey, now: Timestamp) {
    let Some(hour) = directories.note_key_use(key.id, now) else {
        return;
    };
    let (directories, workspace, id) = (directories.clone(), key.workspace_id, key.id);
    tokio::spawn(async move {
        if let Err(error) = directories.record_key_use(workspace, id, hour).await {
            log_failure!(error, key = %id, "the last use of a key was not recorded");
        }
    });
}

/// Whom a key stands for; none when that user is not in the directory or switched
/// off, or that channel not in the directory.
fn actor(key: &ApiKey, directory: &Directory) -> Option<Actor> {
    match key.holder {
        KeyHolder::User { user_id } => {
            let user = directory.users.get(&user_id).filter(|user| user.is_enabled)?;
            Some(Actor::User { id: user.id, name: user.name.clone(), role: user.role })
        }
        KeyHolder::Machine => Some(Actor::Machine { key: key.id, name: key.name.clone() }),
        KeyHolder::Channel { channel_id } => {
            let channel = directory.channels.get(&channel_id)?;
            Some(Actor::Channel { key: key.id, channel: channel.id })
        }
    }
}

/// A verified caller, and all that a handler needs to serve it.
#[derive(Clone)]
pub struct Session {
    /// The function's state.
    pub app: App,
    /// What tickets refer to.
    pub directory: Arc<Directory>,
    /// The key.
    pub key: ApiKey,
    /// Whom it stands for.
    pub actor: Actor,
    /// The request.
    pub request_id: RequestId,
    /// When it came.
    pub now: Timestamp,
    is_fresh: bool,
}

impl<S: Sync> FromRequestParts<S> for Session
where
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Caller::from_request_parts(parts, state).await?.verify().await
    }
}

impl Session {
    /// The tenant.
    #[must_use]
    pub fn workspace(&self) -> WorkspaceId {
        self.directory.workspace.id
    }

    /// The tenant's keys.
    #[must_use]
    pub fn tenant(&self) -> Tenant {
        Tenant::new(self.workspace())
    }

    /// Which tickets the caller sees.
    #[must_use]
    pub fn visibility(&self) -> VisibilityScope {
        self.actor.visibility(self.directory.workspace.access)
    }

    /// How much of a ticket's contact and account the caller is told.
    #[must_use]
    pub const fn client_detail(&self) -> ClientDetail {
        ClientDetail::of(&self.actor, self.key.scopes)
    }

    /// Holds the caller to a scope.
    ///
    /// # Errors
    /// 403 naming the scope that is missing.
    pub fn require(&self, scope: Scope) -> Result<(), Problem> {
        if self.key.scopes.allow(scope) { Ok(()) } else { Err(lambdesk_domain::access::Forbidden::Scope(scope).into()) }
    }

    /// Holds the caller to administration: role and scope.
    ///
    /// # Errors
    /// 403 naming the rule.
    pub fn require_admin(&self) -> Result<(), Problem> {
        self.actor.may_administer()?;
        self.require(Scope::Admin)
    }

    /// Looks something up in the directory; what is not found is looked up once
    /// more in the directory as it is now, so that new entries work at once.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn find<T>(&mut self, find: impl Fn(&Directory) -> Option<T>) -> Result<Option<T>, Problem> {
        if let Some(found) = find(&self.directory) {
            return Ok(Some(found));
        }
        self.refresh().await?;
        Ok(find(&self.directory))
    }

    /// Reads the directory as it is now, once in a request; says whether it did.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn refresh(&mut self) -> Result<bool, Problem> {
        if self.is_fresh {
            return Ok(false);
        }
        self.is_fresh = true;
        if let Some(fresh) = self.app.directories.fresh_directory(self.workspace()).await? {
            self.directory = fresh;
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_key_reads_back_and_any_change_of_it_is_another_or_none() {
        let workspace = WorkspaceId::new(Uuid::from_u128(7));
        let (text, hash) = BearerKey::generate(workspace);
        let key = BearerKey::parse(&text).expect("valid");
        assert_eq!((key.workspace, &key.hash), (workspace, &hash));
        for end in 0..text.len() {
            assert!(BearerKey::parse(text.get(..end).expect("ascii")).is_none());
        }
        assert_ne!(BearerKey::generate(workspace).0, text);
    }
}
