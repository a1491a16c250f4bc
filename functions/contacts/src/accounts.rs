//! `/v1/accounts`: what contacts write about, as the customer's own system knows it.

use crate::{
    access::require,
    account_body::{AccountBody, AccountRecord, NO_CONTACT},
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
    cascade::RemovedValue,
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
/// contact, or the one of a kind with an `external_id`.
pub async fn list(session: Session, mut request: ListRequest) -> Result<Response, Problem> {
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
    let page = found(&session, &filter, &listing).await?;
    let next = page.next.map(|id| id.to_string());
    Ok(listing.respond(page.accounts.iter().map(AccountRecord::from).collect(), listing.info(next.as_deref(), None)))
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
pub async fn get(caller: Caller, Id(id): Id<AccountId>, query: QueryParameters) -> Result<Response, Problem> {
    query.finish()?;
    // On the heap: together the reads are some 18 KB of state.
    let read = Box::pin(caller.verify_while(async |app, workspace| app.contacts.account(workspace, id).await));
    let (session, found) = read.await?;
    require(&session, Scope::ContactsRead)?;
    let account = found.ok_or_else(Problem::not_found)?;
    Ok(answered(&account).into_response())
}

fn answered(account: &Account) -> Answer {
    Answer::ok(&AccountRecord::from(account)).with_version(account.version)
}

/// `POST /v1/accounts`: its contact, where it has one, must exist.
pub async fn create(session: Session, write: WriteOptions, body: JsonBody<AccountBody>) -> Result<Response, Problem> {
    require(&session, Scope::ContactsWrite)?;
    write.require_new()?;
    let executor = Executor::of(&session, &write, &body.raw);
    if let Some(response) = executor.answered_before().await? {
        return Ok(response);
    }
    let contact = owner(&session, &body.value).await?;
    let account = body.value.applied_to(Err((AccountId::new(session.app.new_id()), session.now)), contact)?;
    if write.is_dry_run {
        free_name(&session, &account).await?;
        return Ok(DryRun::between(&(), &AccountRecord::from(&account)));
    }
    let answer = Answer::created(format!("{PATH}/{}", account.id), &AccountRecord::from(&account));
    let answer = answer.with_version(account.version);
    let record = executor.remember(&answer);
    match session.app.contacts.add_account(session.workspace(), &account, record.as_ref(), session.now).await {
        Ok(true) => Ok(answer.into_response()),
        Ok(false) => Err(no_contact()),
        Err(ContactError::Answered(AlreadyAnswered(record))) => Ok(executor.replay(&record)?),
        Err(ContactError::Taken(_)) => Err(taken(&session, &account).await?),
        Err(error) => Err(error.into()),
    }
}

/// `PATCH /v1/accounts/{account_id}`: JSON Merge Patch (RFC 7396).
pub async fn patch(
    session: Session,
    Id(id): Id<AccountId>,
    write: WriteOptions,
    body: PatchBody<AccountBody>,
) -> Result<Response, Problem> {
    require(&session, Scope::ContactsWrite)?;
    let contacts = &session.app.contacts;
    for _ in 0..ATTEMPTS {
        let before = contacts.versioned_account(session.workspace(), id).await?.ok_or_else(Problem::not_found)?;
        write.require_version(before.value.version)?;
        let contact = owner(&session, &body.value).await?;
        let after = body.value.clone().applied_to(Ok(&before.value), contact)?;
        if after == before.value && !write.is_dry_run {
            return Ok(answered(&after).into_response());
        }
        let after = if after == before.value { after } else { after.changed(session.now) };
        if write.is_dry_run {
            free_name(&session, &after).await?;
            return Ok(DryRun::between(&AccountRecord::from(&before.value), &AccountRecord::from(&after)));
        }
        match contacts
            .change_account(session.workspace(), AccountChange::new(&before, Some(&after)), None, session.now)
            .await
        {
            Ok(true) => return Ok(answered(&after).into_response()),
            Ok(false) => {}
            Err(ContactError::Taken(_)) => return Err(taken(&session, &after).await?),
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
        write.require_version(before.value.version)?;
        if !is_forced {
            uses::free_account(&session, &lists, id).await?;
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
/// one.
async fn owner(session: &Session, body: &AccountBody) -> Result<Option<ContactId>, Problem> {
    let Input::Value(id) = body.contact_id else {
        return Ok(None);
    };
    Ok(session.app.contacts.contact(session.workspace(), id).await?.map(|contact| contact.id))
}

async fn free_name(session: &Session, account: &Account) -> Result<(), Problem> {
    match same_name(session, account).await? {
        Some(other) if other.id != account.id => Err(conflict(other.id)),
        _ => Ok(()),
    }
}

async fn taken(session: &Session, account: &Account) -> Result<Problem, Problem> {
    Ok(same_name(session, account).await?.map_or_else(Problem::unavailable, |other| conflict(other.id)))
}

async fn same_name(session: &Session, account: &Account) -> Result<Option<Account>, Problem> {
    match &account.external_id {
        Some(id) => Ok(session.app.contacts.account_named(session.workspace(), &account.kind, id).await?),
        None => Ok(None),
    }
}

fn conflict(by: AccountId) -> Problem {
    Problem::conflict("taken", "the external id is taken").with_extra("existing_id", by.to_string())
}

fn no_contact() -> Problem {
    let (pointer, code, detail) = NO_CONTACT;
    Problem::invalid(vec![FieldError::new(pointer, code, detail)])
}
