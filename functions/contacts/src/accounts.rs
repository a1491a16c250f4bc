//! `/v1/accounts`: what contacts write about, as the customer's own system knows it.

use crate::{
    access::require,
    account_body::{AccountBody, AccountRecord, NO_CONTACT},
    sight::Sight,
    uses,
};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use lambdesk_api::{
    auth::{Caller, Session},
    body::{Input, JsonBody, PatchBody},
    cascades,
    execute::{ATTEMPTS, DryRun, Executor},
    idempotency::Answer,
    listing::{ListRequest, Listing},
    normal_form::NormalForm,
    path::Id,
    problem::{FieldError, Problem},
    query::QueryParameters,
    write::{Forcible, WriteOptions},
};
use lambdesk_domain::{
    access::Scope,
    cascade::{CascadeStep, RemovedValue},
    contact::Account,
    id::{AccountId, ContactId},
    text::{AccountKind, ExternalId},
};
use lambdesk_store_contacts::{AccountChange, AccountPage, ContactError};
use lambdesk_store_lists::Lists;
use lambdesk_table::AlreadyAnswered;
use serde::Serialize;
use serde_json::json;

const PATH: &str = "/v1/accounts";

/// What a list of accounts is narrowed to.
#[derive(Debug, Serialize)]
struct AccountFilter {
    contact: Option<ContactId>,
    kind: Option<AccountKind>,
    external_id: Option<ExternalId>,
}

/// `GET /v1/accounts`: all in order of their ids, those of a `kind`, those of a
/// contact, or the one of a kind with an `external_id`. Restricted users have those of
/// their own tickets, in the order of these: one may come again.
pub async fn list(session: Session, State(lists): State<Lists>, mut request: ListRequest) -> Result<Response, Problem> {
    require(&session, Scope::ContactsRead)?;
    let query = &mut request.query;
    let filter = AccountFilter {
        contact: query.parsed("contact_id", str::parse),
        kind: query.parsed("kind", str::parse),
        external_id: query.parsed("external_id", str::parse),
    };
    if filter.external_id.is_some() && filter.kind.is_none() {
        query.error("external_id", "needs_kind", "external ids are unique among accounts of one kind: give kind, too");
    }
    let listing = request.forward(session.workspace(), PATH, &NormalForm::of(&json!(filter)))?;
    let (found, next) = within_sight(Sight::of(&session, &lists), &filter, &listing).await?;
    let views = found.iter().map(|account| (account.id, AccountRecord::from(account)));
    Ok(listing.respond(views, listing.info(next.as_deref(), None)))
}

/// What is in sight of what is asked for, and where that goes on.
async fn within_sight(
    sight: Sight<'_>,
    filter: &AccountFilter,
    listing: &Listing,
) -> Result<(Vec<Account>, Option<String>), Problem> {
    if !sight.is_whole() && filter.contact.is_none() && filter.external_id.is_none() {
        let (mut accounts, next) = sight.accounts(listing).await?;
        accounts.retain(|account| filter.kind.as_ref().is_none_or(|kind| account.kind == *kind));
        return Ok((accounts, next));
    }
    let page = found(sight.session(), filter, listing).await?;
    Ok((sight.seen(page.accounts).await?, page.next.map(|id| id.to_string())))
}

async fn found(session: &Session, filter: &AccountFilter, listing: &Listing) -> Result<AccountPage, Problem> {
    let (contacts, workspace) = (&session.app.contacts, session.workspace());
    let contact = match filter.contact {
        // A merged contact's accounts are the other's now.
        Some(id) => Some(contacts.contact(workspace, id).await?.map_or(id, |contact| contact.id)),
        None => None,
    };
    let is_kind = |account: &Account| filter.kind.as_ref().is_none_or(|kind| account.kind == *kind);
    let is_theirs = |account: &Account| contact.is_none_or(|contact| account.contact_id == Some(contact));
    let mut page = match (&filter.external_id, &filter.kind, contact) {
        (Some(external_id), Some(kind), _) => {
            let one = contacts.account_named(workspace, kind, external_id).await?;
            AccountPage { accounts: one.into_iter().collect(), next: None }
        }
        (_, _, Some(contact)) => contacts.accounts_of(workspace, contact, listing.after()?, listing.limit).await?,
        (_, kind, None) => contacts.account_list(workspace, kind.as_ref(), listing.after()?, listing.limit).await?,
    };
    page.accounts.retain(|account| is_kind(account) && is_theirs(account));
    Ok(page)
}

/// `GET /v1/accounts/{account_id}`.
pub async fn get(
    caller: Caller,
    State(lists): State<Lists>,
    Id(id): Id<AccountId>,
    query: QueryParameters,
) -> Result<Response, Problem> {
    query.finish()?;
    // On the heap: together the reads are some 18 KB of state.
    let read = Box::pin(caller.verify_while(async |app, workspace| app.contacts.account(workspace, id).await));
    let (session, found) = read.await?;
    require(&session, Scope::ContactsRead)?;
    let account = found.ok_or_else(Problem::not_found)?;
    require_seen(Sight::of(&session, &lists), &account).await?;
    Ok(answered(&account).into_response())
}

/// # Errors
/// 404 for an account out of sight.
async fn require_seen(sight: Sight<'_>, account: &Account) -> Result<(), Problem> {
    if sight.has_account(account).await? { Ok(()) } else { Err(Problem::not_found()) }
}

fn answered(account: &Account) -> Answer {
    Answer::ok(&AccountRecord::from(account)).with_version(account.version)
}

/// `POST /v1/accounts`: its contact, where it has one, must exist.
pub async fn create(
    session: Session,
    State(lists): State<Lists>,
    write: WriteOptions,
    body: JsonBody<AccountBody>,
) -> Result<Response, Problem> {
    require(&session, Scope::ContactsWrite)?;
    let sight = Sight::of(&session, &lists);
    if !matches!(body.value.contact_id, Input::Value(_)) {
        sight.require_whole()?;
    }
    write.require_new()?;
    let executor = Executor::of(&session, &write, &body.raw);
    if let Some(response) = executor.answered_before().await? {
        return Ok(response);
    }
    let contact = owner(sight, &body.value).await?;
    let account = body.value.applied_to(Err((AccountId::new(session.app.new_id()), session.now)), contact)?;
    if write.is_dry_run {
        free_name(sight, &account).await?;
        return Ok(DryRun::between(&(), &AccountRecord::from(&account)));
    }
    let answer = Answer::created(format!("{PATH}/{}", account.id), &AccountRecord::from(&account));
    let answer = answer.with_version(account.version);
    let record = executor.remember(&answer);
    match session.app.contacts.add_account(session.workspace(), &account, record.as_ref(), session.now).await {
        Ok(true) => Ok(answer.into_response()),
        Ok(false) => Err(no_contact()),
        Err(ContactError::Answered(AlreadyAnswered(record))) => Ok(executor.replay(&record)?),
        Err(ContactError::Taken(_)) => Err(taken(sight, &account).await?),
        Err(error) => Err(error.into()),
    }
}

/// `PATCH /v1/accounts/{account_id}`: JSON Merge Patch (RFC 7396).
pub async fn patch(
    session: Session,
    State(lists): State<Lists>,
    Id(id): Id<AccountId>,
    write: WriteOptions,
    body: PatchBody<AccountBody>,
) -> Result<Response, Problem> {
    require(&session, Scope::ContactsWrite)?;
    let (contacts, sight) = (&session.app.contacts, Sight::of(&session, &lists));
    for _ in 0..ATTEMPTS {
        let before = contacts.versioned_account(session.workspace(), id).await?.ok_or_else(Problem::not_found)?;
        require_seen(sight, &before.value).await?;
        write.require_version(before.value.version)?;
        let contact = owner(sight, &body.value).await?;
        let after = body.value.clone().applied_to(Ok(&before.value), contact)?;
        if after == before.value && !write.is_dry_run {
            return Ok(answered(&after).into_response());
        }
        let after = if after == before.value { after } else { after.changed(session.now) };
        if write.is_dry_run {
            free_name(sight, &after).await?;
            return Ok(DryRun::between(&AccountRecord::from(&before.value), &AccountRecord::from(&after)));
        }
        let steps = if after.has_words_of(&before.value) { Vec::new() } else { vec![CascadeStep::Reindex(id)] };
        let cascade = cascades::cascade(&session, &write, steps);
        let beside = cascades::beginning(&session, cascade.as_ref());
        let change = AccountChange { before: &before, after: Some(&after), beside };
        match contacts.change_account(session.workspace(), change, None, session.now).await {
            Ok(true) => {
                if let Some(cascade) = cascade {
                    cascades::work(&session, &cascade).await;
                }
                return Ok(answered(&after).into_response());
            }
            Ok(false) => {}
            Err(ContactError::Taken(_)) => return Err(taken(sight, &after).await?),
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::unavailable())
}

/// `DELETE /v1/accounts/{account_id}`: only when no ticket is about it, or by force; then
/// the tickets that are about it are about none.
pub async fn delete(
    session: Session,
    State(lists): State<Lists>,
    Id(id): Id<AccountId>,
    Forcible { write, is_forced }: Forcible,
) -> Result<Response, Problem> {
    require(&session, Scope::ContactsWrite)?;
    let contacts = &session.app.contacts;
    let cascade = cascades::cascade(&session, &write, vec![RemovedValue::Account(id)]);
    for _ in 0..ATTEMPTS {
        let before = contacts.versioned_account(session.workspace(), id).await?.ok_or_else(Problem::not_found)?;
        let sight = Sight::of(&session, &lists);
        require_seen(sight, &before.value).await?;
        write.require_version(before.value.version)?;
        if is_forced {
            // By force also tickets out of sight are about none.
            sight.require_whole()?;
        } else {
            uses::free_account(&session, &lists, sight, id).await?;
        }
        if write.is_dry_run {
            return Ok(DryRun::between(&AccountRecord::from(&before.value), &()));
        }
        let beside = cascades::beginning(&session, cascade.as_ref());
        let change = AccountChange { before: &before, after: None, beside };
        if contacts.change_account(session.workspace(), change, None, session.now).await? {
            if let Some(cascade) = cascade {
                cascades::work(&session, &cascade).await;
            }
            return Ok(Answer::no_content().into_response());
        }
    }
    Err(Problem::unavailable())
}

/// The contact that the body names, as it is called now; none where there is no such
/// one in sight.
async fn owner(sight: Sight<'_>, body: &AccountBody) -> Result<Option<ContactId>, Problem> {
    let Input::Value(id) = body.contact_id else {
        return Ok(None);
    };
    let session = sight.session();
    match session.app.contacts.contact(session.workspace(), id).await? {
        Some(contact) if sight.has(&contact).await? => Ok(Some(contact.id)),
        _ => Ok(None),
    }
}

async fn free_name(sight: Sight<'_>, account: &Account) -> Result<(), Problem> {
    match same_name(sight.session(), account).await? {
        Some(other) if other.id != account.id => Err(conflict(sight, &other).await?),
        _ => Ok(()),
    }
}

async fn taken(sight: Sight<'_>, account: &Account) -> Result<Problem, Problem> {
    match same_name(sight.session(), account).await? {
        Some(other) => conflict(sight, &other).await,
        None => Ok(Problem::unavailable()),
    }
}

async fn same_name(session: &Session, account: &Account) -> Result<Option<Account>, Problem> {
    match &account.external_id {
        Some(id) => Ok(session.app.contacts.account_named(session.workspace(), &account.kind, id).await?),
        None => Ok(None),
    }
}

/// Which one has it, those are told who see it.
async fn conflict(sight: Sight<'_>, by: &Account) -> Result<Problem, Problem> {
    let problem = Problem::conflict("taken", "the external id is taken");
    Ok(if sight.has_account(by).await? { problem.with_extra("existing_id", by.id.to_string()) } else { problem })
}

fn no_contact() -> Problem {
    let (pointer, code, detail) = NO_CONTACT;
    Problem::invalid(vec![FieldError::new(pointer, code, detail)])
}
