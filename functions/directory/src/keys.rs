//! `/v1/api-keys`. Administrators only; a key's text is shown once, when it is made.

use crate::{cut::cut, entries::unversioned, users::not_above};
use axum::response::{IntoResponse, Response};
use lambdesk_api::{
    auth::{BearerKey, Session},
    body::{Checker, Input, JsonBody, Unknown},
    execute::{DryRun, Executor},
    idempotency::Answer,
    listing::ListRequest,
    path::Id,
    problem::Problem,
    query::Query,
    write::Write,
};
use lambdesk_domain::{
    access::{Forbidden, Role, Scope, Scopes},
    directory::{ApiKey, Entry, KeyHolder},
    id::{ApiKeyId, ChannelId, UserId},
    text::Name,
    time::Timestamp,
};
use lambdesk_store::{CommitError, New, Seen};
use serde::{Deserialize, Serialize};

/// What a channel key can be narrowed to: nothing beyond the tickets of its channel.
const OF_CHANNELS: [Scope; 2] = [Scope::TicketsRead, Scope::TicketsWrite];

/// A key as answered.
#[derive(Debug, Serialize)]
pub struct KeyView {
    id: ApiKeyId,
    name: Name,
    kind: KeyKind,
    user_id: Option<UserId>,
    channel_id: Option<ChannelId>,
    scopes: Scopes,
    expires_at: Option<Timestamp>,
    created_at: Timestamp,
    /// Its text: in the answer that makes it, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum KeyKind {
    User,
    Machine,
    Channel,
}

impl KeyView {
    /// With its text.
    pub fn shown_once(key: &ApiKey, text: String) -> Self {
        Self { key: Some(text), ..Self::from(key.clone()) }
    }
}

impl From<ApiKey> for KeyView {
    fn from(ApiKey { id, workspace_id: _, name, holder, scopes, expires_at, created_at }: ApiKey) -> Self {
        let (kind, user_id, channel_id) = match holder {
            KeyHolder::User { user_id } => (KeyKind::User, Some(user_id), None),
            KeyHolder::Machine => (KeyKind::Machine, None, None),
            KeyHolder::Channel { channel_id } => (KeyKind::Channel, None, Some(channel_id)),
        };
        Self { id, name, kind, user_id, channel_id, scopes, expires_at, created_at, key: None }
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct KeyBody {
    name: Input<Name>,
    kind: Input<KeyKind>,
    user_id: Input<UserId>,
    channel_id: Input<ChannelId>,
    scopes: Input<Vec<Input<Scope>>>,
    expires_at: Input<Timestamp>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// What a body says about a key; none where it says it badly.
struct Given {
    name: Option<Name>,
    holder: Option<KeyHolder>,
    scopes: Option<Scopes>,
    expires_at: Option<Timestamp>,
}

impl KeyBody {
    fn check(self, now: Timestamp, check: &mut Checker) -> Given {
        let name = check.required("/name", self.name);
        let kind = check.required("/kind", self.kind);
        let user = only_for(KeyKind::User, kind, "/user_id", self.user_id, check);
        let channel = only_for(KeyKind::Channel, kind, "/channel_id", self.channel_id, check);
        let scopes = scopes(kind, self.scopes, check);
        let expires_at = check.optional("/expires_at", self.expires_at);
        if expires_at.is_some_and(|expiry| expiry <= now) {
            check.error("/expires_at", "past", "must be in the future");
        }
        check.unknown("", self.unknown);
        let holder = kind.and_then(|kind| match kind {
            KeyKind::User => user.map(|user_id| KeyHolder::User { user_id }),
            KeyKind::Machine => Some(KeyHolder::Machine),
            KeyKind::Channel => channel.map(|channel_id| KeyHolder::Channel { channel_id }),
        });
        Given { name, holder, scopes, expires_at }
    }
}

/// A member that keys of one kind must have, and the others can't.
fn only_for<T>(own: KeyKind, kind: Option<KeyKind>, pointer: &str, input: Input<T>, check: &mut Checker) -> Option<T> {
    if kind == Some(own) {
        return check.required(pointer, input);
    }
    let value = check.optional(pointer, input);
    if value.is_some() && kind.is_some() {
        check.error(pointer, "not_applicable", "is not for keys of this kind");
    }
    None
}

fn scopes(kind: Option<KeyKind>, input: Input<Vec<Input<Scope>>>, check: &mut Checker) -> Option<Scopes> {
    if input.is_absent() {
        check.error("/scopes", "required", "must be given");
    }
    let given = check.list("/scopes", input, Scope::ALL.len())?;
    if given.is_empty() {
        check.error("/scopes", "required", "must have at least one item");
    }
    for (index, scope) in given.iter().enumerate() {
        if kind == Some(KeyKind::Channel) && !OF_CHANNELS.contains(scope) {
            check.error(&format!("/scopes/{index}"), "not_applicable", "channel keys can't have this scope");
        }
    }
    Some(given.into_iter().collect())
}

/// `GET /v1/api-keys`: oldest first.
pub async fn list(session: Session, request: ListRequest) -> Result<Response, Problem> {
    let listing = request.listing(session.workspace(), "/v1/api-keys", String::new())?;
    session.require_admin()?;
    let keys = session.store.api_keys(session.workspace()).await?;
    cut(&listing, keys.into_iter().map(|key| (key.id.uuid(), KeyView::from(key))).collect())
}

/// `GET /v1/api-keys/{api_key_id}`.
pub async fn get(session: Session, Id(id): Id<ApiKeyId>, query: Query) -> Result<Response, Problem> {
    query.finish()?;
    session.require_admin()?;
    Ok(Answer::ok(&KeyView::from(find(&session, id).await?)).into_response())
}

/// `POST /v1/api-keys`: grants at most what the caller has.
pub async fn create(session: Session, write: Write, body: JsonBody<KeyBody>) -> Result<Response, Problem> {
    session.require_admin()?;
    let executor = Executor::of(&session, &write, &body.raw);
    if let Some(response) = executor.answered_before().await? {
        return Ok(response);
    }
    let mut check = Checker::new();
    let given = body.value.check(session.now, &mut check);
    let (role, holder) = seen_holder(&session, given.holder, &mut check).await?;
    check.finish()?;
    let key = new_key(&session, given)?;
    may_grant(&session, key.scopes, role)?;
    if write.is_dry_run {
        return Ok(DryRun::answer(Vec::new()));
    }
    let (text, hash) = BearerKey::generate(session.workspace());
    let answer = Answer::created(format!("/v1/api-keys/{}", key.id), &KeyView::shown_once(&key, text));
    let record = executor.remember(&answer);
    let new = New::ApiKey { key: &key, hash: &hash, holder: holder.as_ref() };
    match session.store.add(session.workspace(), new, record.as_ref(), session.now).await {
        Ok(()) => Ok(answer.into_response()),
        Err(CommitError::Answered(record)) => executor.replay(&record),
        // The holder has changed this moment; another try sees it as it is.
        Err(CommitError::Absent) => Err(Problem::unavailable()),
        Err(error) => Err(error.into()),
    }
}

/// `DELETE /v1/api-keys/{api_key_id}`: refused from then on; other instances may
/// take it for a minute more.
pub async fn revoke(session: Session, Id(id): Id<ApiKeyId>, write: Write) -> Result<Response, Problem> {
    session.require_admin()?;
    unversioned(&write)?;
    let key = find(&session, id).await?;
    let (role, _) = seen_holder(&session, Some(key.holder), &mut Checker::new()).await?;
    role.map_or(Ok(()), |role| not_above(role, &session))?;
    if write.is_dry_run {
        return Ok(DryRun::answer(Vec::new()));
    }
    if session.store.revoke_api_key(session.workspace(), id).await? {
        Ok(Answer::no_content().into_response())
    } else {
        Err(Problem::not_found())
    }
}

async fn find(session: &Session, id: ApiKeyId) -> Result<ApiKey, Problem> {
    let keys = session.store.api_keys(session.workspace()).await?;
    keys.into_iter().find(|key| key.id == id).ok_or_else(Problem::not_found)
}

/// The entry that a key stands for as it is now, and its role if it is a user.
async fn seen_holder(
    session: &Session,
    holder: Option<KeyHolder>,
    check: &mut Checker,
) -> Result<(Option<Role>, Option<Seen<Entry>>), Problem> {
    let (pointer, id) = match holder {
        Some(KeyHolder::User { user_id }) => ("/user_id", user_id.uuid()),
        Some(KeyHolder::Channel { channel_id }) => ("/channel_id", channel_id.uuid()),
        Some(KeyHolder::Machine) | None => return Ok((None, None)),
    };
    let seen = session.store.entry(session.workspace(), id).await?;
    match (holder, seen.as_ref().map(|seen| &seen.value)) {
        (Some(KeyHolder::User { .. }), Some(Entry::User(user))) => Ok((Some(user.role), seen)),
        (Some(KeyHolder::Channel { .. }), Some(Entry::Channel(_))) => Ok((None, seen)),
        _ => {
            check.error(pointer, "no_such_reference", "there is no such user or channel");
            Ok((None, None))
        }
    }
}

fn new_key(session: &Session, given: Given) -> Result<ApiKey, Problem> {
    let Given { name: Some(name), holder: Some(holder), scopes: Some(scopes), expires_at } = given else {
        return Err(Problem::internal());
    };
    let id = ApiKeyId::new(session.app.new_id());
    Ok(ApiKey { id, workspace_id: session.workspace(), name, holder, scopes, expires_at, created_at: session.now })
}

/// A key never grants more than its maker has.
fn may_grant(session: &Session, scopes: Scopes, role: Option<Role>) -> Result<(), Problem> {
    if let Some(scope) = scopes.iter().find(|scope| !session.key.scopes.allow(*scope)) {
        return Err(Forbidden::Scope(scope).into());
    }
    role.map_or(Ok(()), |role| not_above(role, session))
}
