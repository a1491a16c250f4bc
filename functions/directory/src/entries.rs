//! List, get, create, change and delete, the same for every kind of entry.

use crate::{cut::cut, kind::Kind};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use lambdesk_api::{
    auth::Session,
    body::{Checker, JsonBody, PatchBody},
    execute::{DryRun, Executor},
    idempotency::Answer,
    listing::ListRequest,
    path::Id,
    problem::Problem,
    query::Query,
    write::Write,
};
use lambdesk_domain::{
    access::{Role, Scope},
    directory::{Directory, Entry, KeyHolder, User},
};
use lambdesk_store::{CommitError, EntryChange, New, Seen, unique_part};
use std::sync::Arc;
use uuid::Uuid;

/// How often a change is decided anew because others changed the same meanwhile.
pub const ATTEMPTS: u32 = 8;

/// Lists entries, oldest first.
pub async fn list<K: Kind>(session: Session, request: ListRequest) -> Result<Response, Problem> {
    let listing = request.listing(session.workspace(), K::PATH, String::new())?;
    may_read(&session)?;
    let directory = directory(&session).await?;
    let mut rows: Vec<_> = K::all(&directory).into_iter().map(|row| (row.clone().entry().id(), row)).collect();
    rows.sort_by_key(|(id, _)| *id);
    cut(&listing, rows.into_iter().map(|(id, row)| (id, row.view(&session))).collect())
}

/// One entry.
pub async fn get<K: Kind>(session: Session, Id(id): Id<K::Id>, query: Query) -> Result<Response, Problem> {
    query.finish()?;
    may_read(&session)?;
    let (_, found) = load::<K>(&session, K::uuid(id)).await?;
    Ok(Answer::ok(&found.view(&session)).into_response())
}

/// Makes an entry.
pub async fn create<K: Kind>(session: Session, write: Write, body: JsonBody<K::Body>) -> Result<Response, Problem> {
    session.require_admin()?;
    let executor = Executor::of(&session, &write, &body.raw);
    if let Some(response) = executor.answered_before().await? {
        return Ok(response);
    }
    let id = session.app.new_id();
    let new = checked(|check| K::create(body.value, id, session.now, check))?;
    K::permit(None, Some(&new), &session)?;
    if K::all(&session.directory).len() >= K::MOST {
        return Err(crowded(K::MOST));
    }
    let entry = new.clone().entry();
    if write.is_dry_run {
        return tried::<K>(&session, Some(&entry)).await;
    }
    let answer = Answer::created(format!("{}/{id}", K::PATH), &new.view(&session));
    let record = executor.remember(&answer);
    match session.store.add(session.workspace(), New::Entry(&entry), record.as_ref(), session.now).await {
        Ok(()) => Ok(answer.into_response()),
        Err(CommitError::Answered(record)) => executor.replay(&record),
        Err(error) => Err(error.into()),
    }
}

/// Changes an entry by a merge patch (RFC 7396).
pub async fn patch<K: Kind>(
    session: Session,
    Id(id): Id<K::Id>,
    write: Write,
    body: PatchBody<K::Body>,
) -> Result<Response, Problem> {
    let change = |before: &K| checked(|check| Some(before.clone().patch(body.value.clone(), check))).map(Some);
    changed(&session, &write, &body.raw, K::uuid(id), change).await
}

/// Deletes an entry, and the API keys that stand for it.
pub async fn delete<K: Kind>(session: Session, Id(id): Id<K::Id>, write: Write) -> Result<Response, Problem> {
    changed::<K>(&session, &write, &[], K::uuid(id), |_| Ok(None)).await
}

/// Changes an entry as `decide` says, to none to delete it; decides again when
/// others were faster.
///
/// # Errors
/// Why it is refused, as a problem document.
pub async fn changed<K: Kind>(
    session: &Session,
    write: &Write,
    body: &[u8],
    id: Uuid,
    decide: impl Fn(&K) -> Result<Option<K>, Problem>,
) -> Result<Response, Problem> {
    session.require_admin()?;
    unversioned(write)?;
    let executor = Executor::of(session, write, body);
    if let Some(response) = executor.answered_before().await? {
        return Ok(response);
    }
    for _ in 0..ATTEMPTS {
        let (seen, before) = load::<K>(session, id).await?;
        let after = decide(&before)?;
        if let Some(response) = attempt(&executor, session, &seen, &before, after).await? {
            return Ok(response);
        }
    }
    Err(Problem::unavailable())
}

/// One try; none when something was no longer as it had been seen.
async fn attempt<K: Kind>(
    executor: &Executor<'_>,
    session: &Session,
    seen: &Seen<Entry>,
    before: &K,
    after: Option<K>,
) -> Result<Option<Response>, Problem> {
    K::permit(Some(before), after.as_ref(), session)?;
    let needs_witness = K::loses_owner(before, after.as_ref());
    let witness = if needs_witness { another_owner(session, seen).await? } else { None };
    if needs_witness && witness.is_none() {
        return Ok(None);
    }
    let entry = after.clone().map(K::entry);
    if executor.is_dry_run {
        return tried::<K>(session, entry.as_ref()).await.map(Some);
    }
    let is_unchanged = after.as_ref() == Some(before);
    let answer = after.map_or_else(Answer::no_content, |after| Answer::ok(&after.view(session)));
    if is_unchanged {
        return Ok(Some(answer.into_response()));
    }
    let record = executor.remember(&answer);
    let change = EntryChange { seen, after: entry.as_ref(), witness: witness.as_ref() };
    match session.store.change_entry(session.workspace(), change, record.as_ref(), session.now).await {
        Ok(false) => return Ok(None),
        Ok(true) => {}
        Err(CommitError::Answered(record)) => return executor.replay(&record).map(Some),
        Err(error) => return Err(error.into()),
    }
    if let Some(holder) = before.key_holder().filter(|_| entry.is_none()) {
        revoke_keys_of(session, holder).await;
    }
    Ok(Some(answer.into_response()))
}

/// Reads what a body says, or tells all that is wrong with it.
fn checked<T>(read: impl FnOnce(&mut Checker) -> Option<T>) -> Result<T, Problem> {
    let mut check = Checker::new();
    let value = read(&mut check);
    check.finish()?;
    value.ok_or_else(Problem::internal)
}

/// Whoever reads tickets needs the names on them.
fn may_read(session: &Session) -> Result<(), Problem> {
    session.require_admin().or_else(|_| session.require(Scope::TicketsRead))
}

/// Entries have no version that could be asked for: an `If-Match` never holds
/// (RFC 9110 section 13.1.1), so it must not be passed over in silence.
///
/// # Errors
/// 412 when one is there.
pub fn unversioned(write: &Write) -> Result<(), Problem> {
    let Some(_) = write.if_match else {
        return Ok(());
    };
    let detail = "this has no version: send the change without If-Match";
    Err(Problem::new(StatusCode::PRECONDITION_FAILED, "unversioned", detail))
}

fn crowded(most: usize) -> Problem {
    Problem::conflict("limit_reached", format!("a workspace has at most {most} of these"))
}

async fn load<K: Kind>(session: &Session, id: Uuid) -> Result<(Seen<Entry>, K), Problem> {
    let seen = session.store.entry(session.workspace(), id).await?.ok_or_else(Problem::not_found)?;
    let value = K::of(seen.value.clone()).ok_or_else(Problem::not_found)?;
    Ok((seen, value))
}

async fn directory(session: &Session) -> Result<Arc<Directory>, Problem> {
    session.store.fresh_directory(session.workspace()).await?.ok_or_else(Problem::not_found)
}

/// The answer to a dry run: whether the name would be free, too.
async fn tried<K: Kind>(session: &Session, after: Option<&Entry>) -> Result<Response, Problem> {
    if let Some(after) = after {
        let others =
            K::all(&*directory(session).await?).into_iter().map(K::entry).filter(|other| other.id() != after.id());
        if others.map(|other| other.unique_name()).any(|name| name == after.unique_name()) {
            return Err(CommitError::Taken(unique_part(after)).into());
        }
    }
    Ok(DryRun::answer(Vec::new()))
}

/// An owner besides this one; none when the one who was found has changed since.
/// The change is held to that owner staying one, so that two owners who go at the
/// same time can't both go.
async fn another_owner(session: &Session, leaving: &Seen<Entry>) -> Result<Option<Seen<Entry>>, Problem> {
    let is_owner = |user: &User| user.role == Role::Owner && user.id.uuid() != leaving.value.id();
    let found = directory(session).await?.users.values().find(|user| is_owner(user)).map(|user| user.id.uuid());
    let last = || Problem::conflict("last_owner", "a workspace keeps at least one owner");
    let owner = session.store.entry(session.workspace(), found.ok_or_else(last)?).await?;
    Ok(owner.filter(|seen| matches!(&seen.value, Entry::User(user) if is_owner(user))))
}

/// Revokes the keys that stand for what is gone. A user's keys are refused without
/// that; a failure leaves them to be revoked by hand.
async fn revoke_keys_of(session: &Session, holder: KeyHolder) {
    let workspace = session.workspace();
    let revoked = async {
        for key in session.store.api_keys(workspace).await?.into_iter().filter(|key| key.holder == holder) {
            session.store.revoke_api_key(workspace, key.id).await?;
        }
        Ok::<_, CommitError>(())
    };
    if let Err(error) = revoked.await {
        tracing::warn!(%error, "not all keys of a deleted holder were revoked");
    }
}
