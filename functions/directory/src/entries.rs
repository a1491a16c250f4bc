//! List, get, create, change and delete, the same for every kind of entry.

use crate::{
    cut::cut,
    kind::Kind,
    made_keys::MadeKeys,
    uses::{self, EntryWrite, Uses},
};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use lambdesk_api::{
    auth::Session,
    body::{Checker, JsonBody, PatchBody},
    cascades,
    execute::{ATTEMPTS, DryRun, Executor},
    idempotency::Answer,
    listing::ListRequest,
    path::Id,
    problem::Problem,
    query::QueryParameters,
    write::WriteOptions,
};
use lambdesk_domain::{
    access::Scope,
    directory::{Directory, Entry, KeyHolder, User},
};
use lambdesk_store_directory::{EntryChange, EntryError, unique_part};
use lambdesk_table::{AlreadyAnswered, TableError, Versioned, log_failure, version_of};
use std::sync::Arc;
use uuid::Uuid;

/// Lists entries, oldest first.
pub async fn list<K: Kind>(session: Session, mut request: ListRequest) -> Result<Response, Problem> {
    let filter = K::filter(&mut request.query);
    let listing = request.listing(session.workspace(), K::PATH, &filter.normal_form())?;
    may_read(&session)?;
    let directory = directory(&session).await?;
    let wanted = K::all(&directory).into_iter().filter(|row| filter.takes(row));
    let mut rows: Vec<_> = wanted.map(|row| (row.clone().entry().id(), row)).collect();
    rows.sort_by_key(|(id, _)| *id);
    cut(&listing, rows.into_iter().map(|(id, row)| (id, row.view(&session))).collect())
}

/// One entry.
pub async fn get<K: Kind>(session: Session, Id(id): Id<K::Id>, query: QueryParameters) -> Result<Response, Problem> {
    query.finish()?;
    may_read(&session)?;
    let (read, found) = load::<K>(&session, K::uuid(id)).await?;
    Ok(Answer::ok(&found.view(&session)).with_version(read.version()).into_response())
}

/// Makes an entry.
pub async fn create<K: Kind>(
    session: Session,
    write: WriteOptions,
    body: JsonBody<K::Body>,
) -> Result<Response, Problem> {
    session.require_admin()?;
    write.require_new()?;
    let executor = Executor::of(&session, &write, &body.raw);
    if let Some(response) = executor.answered_before().await? {
        return Ok(response);
    }
    let id = session.app.new_id();
    let new = checked(|check| K::create(body.value, id, session.now, check))?;
    refer(&session, None, Some(&new)).await?;
    K::permit(None, Some(&new), &session)?;
    if K::all(&session.directory).len() >= K::MOST {
        return Err(crowded(K::MOST));
    }
    let entry = new.clone().entry();
    if write.is_dry_run {
        return dry_run(&session, None, Some(new), None).await;
    }
    let answer = Answer::created(format!("{}/{id}", K::PATH), &new.view(&session)).with_version(version_of(&entry));
    let record = executor.remember(&answer);
    match session.app.directories.add_entry(session.workspace(), &entry, record.as_ref(), session.now).await {
        Ok(()) => Ok(answer.into_response()),
        Err(EntryError::Answered(AlreadyAnswered(record))) => Ok(executor.replay(&record)?),
        Err(error) => Err(error.into()),
    }
}

/// Changes an entry by a merge patch (RFC 7396).
pub async fn patch<K: Kind>(
    session: Session,
    State(uses): State<Uses>,
    Id(id): Id<K::Id>,
    change: EntryWrite,
    body: PatchBody<K::Body>,
) -> Result<Response, Problem> {
    let decide = |before: &K| checked(|check| Some(before.clone().patch(body.value.clone(), check))).map(Some);
    changed(&session, &uses, &change, &body.raw, K::uuid(id), decide).await
}

/// Deletes an entry, and the API keys that stand for it.
pub async fn delete<K: Kind>(
    session: Session,
    State(uses): State<Uses>,
    Id(id): Id<K::Id>,
    change: EntryWrite,
) -> Result<Response, Problem> {
    changed::<K>(&session, &uses, &change, &[], K::uuid(id), |_| Ok(None)).await
}

/// Changes an entry as `decide` says, to none to delete it; decides again when
/// others were faster.
///
/// # Errors
/// Why it is refused, as a problem document.
pub async fn changed<K: Kind>(
    session: &Session,
    uses: &Uses,
    change: &EntryWrite,
    body: &[u8],
    id: Uuid,
    decide: impl Fn(&K) -> Result<Option<K>, Problem>,
) -> Result<Response, Problem> {
    session.require_admin()?;
    let executor = Executor::of(session, &change.write, body);
    if let Some(response) = executor.answered_before().await? {
        return Ok(response);
    }
    for _ in 0..ATTEMPTS {
        let (read, before) = load::<K>(session, id).await?;
        change.write.require_version(read.version())?;
        let after = decide(&before)?;
        refer(session, Some(&before), after.as_ref()).await?;
        if let Some(response) = attempt(&executor, session, uses, change, (&read, &before), after).await? {
            return Ok(response);
        }
    }
    Err(Problem::unavailable())
}

/// One try; none when something was no longer as it was read.
async fn attempt<K: Kind>(
    executor: &Executor<'_>,
    session: &Session,
    uses: &Uses,
    forcible: &EntryWrite,
    (read, before): (&Versioned<Entry>, &K),
    after: Option<K>,
) -> Result<Option<Response>, Problem> {
    K::permit(Some(before), after.as_ref(), session)?;
    let needs_other = K::loses_owner(before, after.as_ref());
    let other_owner = if needs_other { another_owner(session, read).await? } else { None };
    if needs_other && other_owner.is_none() {
        return Ok(None);
    }
    let freed = K::freed(before, after.as_ref());
    if let Some(freed) = freed.as_ref().filter(|_| !forcible.is_forced) {
        uses.require_none(session, freed).await?;
    }
    // Also of what nothing uses that was found: others may be writing at this moment.
    let cascade = freed.and_then(|freed| cascades::cascade(session, &forcible.write, freed.removed));
    let entry = after.clone().map(K::entry);
    let left = keys_left(session, before, after.as_ref(), forcible.ends_keys).await?;
    if executor.is_dry_run {
        return dry_run(session, Some(before.clone()), after, left.as_ref()).await.map(Some);
    }
    let is_unchanged = after.as_ref() == Some(before);
    let answer = match (after, &entry, &left) {
        (Some(after), Some(entry), Some(keys)) => {
            Answer::ok(&after.view_without(keys, session)).with_version(version_of(entry))
        }
        (Some(after), Some(entry), None) => Answer::ok(&after.view(session)).with_version(version_of(entry)),
        _ => Answer::no_content(),
    };
    if !is_unchanged {
        let beside = cascades::beginning(session, cascade.as_ref());
        let change = EntryChange { before: read, after: entry.as_ref(), co_condition: other_owner.as_ref(), beside };
        let record = executor.remember(&answer);
        match session.app.directories.change_entry(session.workspace(), change, record.as_ref(), session.now).await {
            Ok(false) => return Ok(None),
            Ok(true) => {}
            Err(EntryError::Answered(AlreadyAnswered(record))) => return Ok(Some(executor.replay(&record)?)),
            Err(error) => return Err(error.into()),
        }
    }
    if entry.is_none() {
        if let Some(holder) = before.key_holder() {
            revoke_keys_of(session, holder).await;
        }
        uses::leave_channels(session, read.value.id()).await;
    }
    if let Some(cascade) = cascade.filter(|_| !is_unchanged) {
        cascades::work(session, &cascade).await;
    }
    if let Some(keys) = &left {
        // Last, for a change that is refused ends none; an answer that says so is true all
        // the same. Answers are remembered of POSTs alone, which end none.
        keys.end(session).await?;
    }
    Ok(Some(answer.into_response()))
}

/// The keys that a user leaves behind who goes: asked for only where they are told or end.
async fn keys_left<K: Kind>(
    session: &Session,
    before: &K,
    after: Option<&K>,
    ends: bool,
) -> Result<Option<MadeKeys>, Problem> {
    match before.leaver(after).filter(|_| after.is_some() || ends) {
        Some(user) => Ok(Some(MadeKeys::of(session, user, ends).await?)),
        None => Ok(None),
    }
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

/// Holds what is new about an entry to entries that are there.
async fn refer<K: Kind>(session: &Session, before: Option<&K>, after: Option<&K>) -> Result<(), Problem> {
    let Some(after) = after.filter(|after| before != Some(*after)) else {
        return Ok(());
    };
    let told = |directory: &Directory| {
        let mut check = Checker::new();
        after.refer(before, directory, &mut check);
        check.finish()
    };
    // The directory at hand may be older than what is referred to.
    if told(&session.directory).is_ok() { Ok(()) } else { told(&*directory(session).await?) }
}

fn crowded(most: usize) -> Problem {
    Problem::conflict("limit_reached", format!("a workspace has at most {most} of these"))
}

/// An entry of this kind as it is now.
///
/// # Errors
/// 404.
pub async fn load<K: Kind>(session: &Session, id: Uuid) -> Result<(Versioned<Entry>, K), Problem> {
    let read = session.app.directories.entry(session.workspace(), id).await?.ok_or_else(Problem::not_found)?;
    let value = K::of(read.value.clone()).ok_or_else(Problem::not_found)?;
    Ok((read, value))
}

async fn directory(session: &Session) -> Result<Arc<Directory>, Problem> {
    session.app.directories.fresh_directory(session.workspace()).await?.ok_or_else(Problem::not_found)
}

/// The answer to a dry run: whether the name would be free, too.
async fn dry_run<K: Kind>(
    session: &Session,
    before: Option<K>,
    after: Option<K>,
    left: Option<&MadeKeys>,
) -> Result<Response, Problem> {
    if let Some(after) = after.clone().map(K::entry) {
        let others =
            K::all(&*directory(session).await?).into_iter().map(K::entry).filter(|other| other.id() != after.id());
        if others.map(|other| other.unique_name()).any(|name| name == after.unique_name()) {
            return Err(Problem::taken(unique_part(&after)));
        }
    }
    let before = before.map(|entry| entry.view(session));
    Ok(match (after, left) {
        (Some(after), Some(keys)) => DryRun::between(&before, &after.view_without(keys, session)),
        (after, _) => DryRun::between(&before, &after.map(|entry| entry.view(session))),
    })
}

/// An owner besides this one; none when the one who was found has changed since.
/// The change is held to that owner staying one, so that two owners who go at the
/// same time can't both go.
async fn another_owner(session: &Session, leaving: &Versioned<Entry>) -> Result<Option<Versioned<Entry>>, Problem> {
    let is_owner = |user: &User| user.is_active_owner() && user.id.uuid() != leaving.value.id();
    let found = directory(session).await?.users.values().find(|user| is_owner(user)).map(|user| user.id.uuid());
    let last = || Problem::conflict("last_owner", "a workspace keeps at least one owner");
    let owner = session.app.directories.entry(session.workspace(), found.ok_or_else(last)?).await?;
    Ok(owner.filter(|read| matches!(&read.value, Entry::User(user) if is_owner(user))))
}

/// Revokes the keys that stand for what is gone. They are refused without that; a
/// failure leaves them in the list, to be revoked by hand.
async fn revoke_keys_of(session: &Session, holder: KeyHolder) {
    let (directories, workspace) = (&session.app.directories, session.workspace());
    let revoked = async {
        let keys = directories.api_keys(workspace).await?.into_iter().map(|listed| listed.key);
        for key in keys.filter(|key| key.holder == holder) {
            directories.revoke_api_key(workspace, key.id, session.now).await?;
        }
        Ok::<_, TableError>(())
    };
    if let Err(error) = revoked.await {
        log_failure!(error, "keys of a deleted holder are refused, but still listed");
    }
}
