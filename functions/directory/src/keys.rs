//! `/v1/api-keys`. Administrators only; a key's text is shown once, when it is made.

use crate::{
    cut::cut,
    fields::immutable,
    filter::ListFilter,
    key_rules::{end_of_new, holders_role, maker, may_change, may_grant, not_above, read_holder},
    key_view::{KeyKind, KeyView},
};
use axum::response::{IntoResponse, Response};
use lambdesk_api::{
    auth::{BearerKey, Session},
    body::{Checker, Input, JsonBody, PatchBody, Unknown},
    execute::{ATTEMPTS, DryRun, Executor},
    idempotency::Answer,
    listing::ListRequest,
    openapi::nullable,
    path::Id,
    problem::Problem,
    query::QueryParameters,
    write::WriteOptions,
};
use lambdesk_domain::{
    access::{Scope, Scopes},
    directory::{ApiKey, KeyHolder},
    id::{ApiKeyId, ChannelId, UserId},
    text::Name,
    time::Timestamp,
};
use lambdesk_store_directory::{AddKeyError, KeyChange, ListedKey, NewApiKey};
use lambdesk_table::AlreadyAnswered;
use serde::Deserialize;
use uuid::Uuid;

/// What a channel key can be narrowed to: nothing beyond the tickets of its channel.
const OF_CHANNELS: [Scope; 2] = [Scope::TicketsRead, Scope::TicketsWrite];

/// A new key.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "NewApiKey")]
pub struct KeyBody {
    /// Its name.
    name: Input<Name>,
    /// Whom it stands for.
    kind: Input<KeyKind>,
    /// The user; for keys of the kind `user`, and only for them.
    #[schemars(transform = nullable)]
    user_id: Input<UserId>,
    /// The channel; for keys of the kind `channel`, and only for them.
    #[schemars(transform = nullable)]
    channel_id: Input<ChannelId>,
    /// What it may do, as far as whom it stands for may: at least one, none that its maker
    /// lacks; of a channel those of tickets alone.
    scopes: Input<Vec<Input<Scope>>>,
    /// From then on it is refused; null: never; left out: with the key that makes it. Never
    /// later than that one.
    #[schemars(transform = nullable)]
    expires_at: Input<Timestamp>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// What a body says about a key; none where it says it badly.
struct GivenKey {
    name: Option<Name>,
    holder: Option<KeyHolder>,
    scopes: Option<Scopes>,
    expires_at: Option<Timestamp>,
}

impl KeyBody {
    fn check(self, session: &Session, check: &mut Checker) -> GivenKey {
        let name = check.required("/name", self.name);
        let kind = check.required("/kind", self.kind);
        let user = only_for(KeyKind::User, kind, "/user_id", self.user_id, check);
        let channel = only_for(KeyKind::Channel, kind, "/channel_id", self.channel_id, check);
        let scopes = scopes(kind, self.scopes, check);
        let expires_at = check.field("/expires_at", self.expires_at);
        let expires_at = end_of_new(&expires_at, session, check);
        check.unknown("", self.unknown);
        let holder = kind.and_then(|kind| match kind {
            KeyKind::User => user.map(|user_id| KeyHolder::User { user_id }),
            KeyKind::Machine => Some(KeyHolder::Machine),
            KeyKind::Channel => channel.map(|channel_id| KeyHolder::Channel { channel_id }),
        });
        GivenKey { name, holder, scopes, expires_at }
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
pub async fn list(session: Session, mut request: ListRequest) -> Result<Response, Problem> {
    let filter = filter(&mut request.query);
    let listing = request.listing(session.workspace(), "/v1/api-keys", &filter.normal_form())?;
    session.require_admin()?;
    let keys = session.app.directories.api_keys(session.workspace()).await?;
    let views = keys.into_iter().map(|listed| (listed.key.id.uuid(), KeyView::listed(listed, session.now)));
    cut(&listing, views.filter(|(_, view)| filter.takes(view)).collect())
}

fn filter(query: &mut QueryParameters) -> ListFilter<KeyView> {
    ListFilter::new()
        .any(query, "kind", KeyKind::parse, |view: &KeyView| Some(view.kind))
        .any(query, "user_id", |text| text.parse::<UserId>().ok(), |view| view.user_id)
        .any(query, "channel_id", |text| text.parse::<ChannelId>().ok(), |view| view.channel_id)
        .any(query, "created_by", |text| text.parse::<Uuid>().ok(), |view| view.created_by.and_then(|maker| maker.id))
        .named(query, "name", |view| view.name.to_string())
}

/// `GET /v1/api-keys/{api_key_id}`.
pub async fn get(session: Session, Id(id): Id<ApiKeyId>, query: QueryParameters) -> Result<Response, Problem> {
    query.finish()?;
    session.require_admin()?;
    let listed = find(&session, id).await?;
    let version = listed.version();
    Ok(Answer::ok(&KeyView::listed(listed, session.now)).with_version(version).into_response())
}

/// `POST /v1/api-keys`: grants at most what the caller has.
pub async fn create(session: Session, write: WriteOptions, body: JsonBody<KeyBody>) -> Result<Response, Problem> {
    session.require_admin()?;
    write.require_new()?;
    let executor = Executor::of(&session, &write, &body.raw);
    if let Some(response) = executor.answered_before().await? {
        return Ok(response);
    }
    let mut check = Checker::new();
    let given = body.value.check(&session, &mut check);
    let (role, holder) = read_holder(&session, given.holder, &mut check).await?;
    check.finish()?;
    let key = new_key(&session, given)?;
    may_grant(&session, key.scopes, role)?;
    if write.is_dry_run {
        return Ok(DryRun::between(&(), &KeyView::from(key)));
    }
    let (text, hash) = BearerKey::generate(session.workspace());
    let version = ListedKey::new(key.clone(), &hash).version();
    let view = KeyView::shown_once(&key, text);
    let answer = Answer::created(format!("/v1/api-keys/{}", key.id), &view).with_version(version);
    let record = executor.remember(&answer);
    let new = NewApiKey { key: &key, hash: &hash, holder: holder.as_ref() };
    match session.app.directories.add_api_key(new, record.as_ref(), session.now).await {
        Ok(()) => Ok(answer.into_response()),
        Err(AddKeyError::Answered(AlreadyAnswered(record))) => Ok(executor.replay(&record)?),
        // The holder has changed this moment; another try sees it as it is.
        Err(AddKeyError::HolderChanged) => Err(Problem::unavailable()),
        Err(error) => Err(error.into()),
    }
}

/// The fields of a key that a patch takes.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "ApiKeyFields")]
pub struct KeyPatch {
    /// Its name.
    name: Input<Name>,
    /// What it may do, as far as whom it stands for may.
    scopes: Input<Vec<Input<Scope>>>,
    /// From then on it is refused; null: never. Not later than the key that asks for it.
    #[schemars(transform = nullable)]
    expires_at: Input<Timestamp>,
    /// Fixed once it is made.
    kind: Input<KeyKind>,
    /// Fixed once it is made.
    user_id: Input<UserId>,
    /// Fixed once it is made.
    channel_id: Input<ChannelId>,
    #[serde(flatten)]
    unknown: Unknown,
}

impl KeyPatch {
    /// Whom a key stands for is fixed when it is made.
    fn applied_to(self, key: &ApiKey, now: Timestamp) -> Result<ApiKey, Problem> {
        let mut check = Checker::new();
        let name = check.present("/name", self.name).unwrap_or_else(|| key.name.clone());
        let scopes = match self.scopes {
            Input::Absent => key.scopes,
            input => scopes(Some(KeyKind::of(key.holder)), input, &mut check).unwrap_or(key.scopes),
        };
        let expires_at = check.field("/expires_at", self.expires_at).applied_to(key.expires_at);
        if expires_at != key.expires_at && expires_at.is_some_and(|expiry| expiry <= now) {
            check.error("/expires_at", "past", "must be in the future");
        }
        immutable("/kind", &self.kind, &mut check);
        immutable("/user_id", &self.user_id, &mut check);
        immutable("/channel_id", &self.channel_id, &mut check);
        check.unknown("", self.unknown);
        check.finish()?;
        Ok(ApiKey { name, scopes, expires_at, ..key.clone() })
    }
}

/// `PATCH /v1/api-keys/{api_key_id}`: its name, scopes and expiry, by a merge patch.
/// Other instances may take it as it was for a minute more.
pub async fn patch(
    session: Session,
    Id(id): Id<ApiKeyId>,
    write: WriteOptions,
    body: PatchBody<KeyPatch>,
) -> Result<Response, Problem> {
    session.require_admin()?;
    for _ in 0..ATTEMPTS {
        let listed = find(&session, id).await?;
        write.require_version(listed.version())?;
        let after = body.value.clone().applied_to(&listed.key, session.now)?;
        let role = holders_role(&session, &listed.key).await?;
        may_grant(&session, after.scopes, role)?;
        may_change(&session, &listed.key, &after)?;
        if write.is_dry_run {
            return Ok(DryRun::between(&KeyView::from(listed.key), &KeyView::from(after)));
        }
        let change = KeyChange::Edit(&after);
        let changed = listed.after(change).ok_or_else(Problem::internal)?;
        if after == listed.key || session.app.directories.change_api_key(&listed, change, None, session.now).await? {
            let version = changed.version();
            return Ok(Answer::ok(&KeyView::listed(changed, session.now)).with_version(version).into_response());
        }
    }
    Err(Problem::unavailable())
}

/// `DELETE /v1/api-keys/{api_key_id}`: refused from then on; other instances may
/// take it for a minute more.
pub async fn revoke(session: Session, Id(id): Id<ApiKeyId>, write: WriteOptions) -> Result<Response, Problem> {
    session.require_admin()?;
    for _ in 0..ATTEMPTS {
        let listed = find(&session, id).await?;
        write.require_version(listed.version())?;
        let role = holders_role(&session, &listed.key).await?;
        role.map_or(Ok(()), |role| not_above(role, &session))?;
        if write.is_dry_run {
            return Ok(DryRun::between(&KeyView::from(listed.key), &()));
        }
        if session.app.directories.change_api_key(&listed, KeyChange::Revoke, None, session.now).await? {
            return Ok(Answer::no_content().into_response());
        }
    }
    Err(Problem::unavailable())
}

/// A key of the workspace.
pub async fn find(session: &Session, id: ApiKeyId) -> Result<ListedKey, Problem> {
    session.app.directories.listed_api_key(session.workspace(), id).await?.ok_or_else(Problem::not_found)
}

fn new_key(session: &Session, given: GivenKey) -> Result<ApiKey, Problem> {
    let GivenKey { name: Some(name), holder: Some(holder), scopes: Some(scopes), expires_at } = given else {
        return Err(Problem::internal());
    };
    let id = ApiKeyId::new(session.app.new_id());
    Ok(ApiKey {
        id,
        workspace_id: session.workspace(),
        name,
        holder,
        scopes,
        expires_at,
        created_at: session.now,
        created_by: Some(maker(session)),
        rotated_by: None,
    })
}
