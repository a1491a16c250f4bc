//! `/v1/accounts`: what contacts write about, as the customer's own system knows it.

use crate::require;
use axum::response::{IntoResponse, Response};
use lambdesk_api::{
    auth::{Caller, Session},
    body::{Checker, Input, JsonBody, Unknown},
    execute::{DryRun, Executor},
    idempotency::Answer,
    path::Id,
    problem::{FieldError, Problem},
    query::Query,
    write::Write,
};
use lambdesk_domain::{
    access::Scope,
    contact::{Account, AccountKind},
    id::{AccountId, ContactId},
    text::{Currency, ExternalId, Name},
    time::Timestamp,
};
use lambdesk_store::{CommitError, New};
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct AccountBody {
    kind: Input<AccountKind>,
    name: Input<Name>,
    external_id: Input<ExternalId>,
    status: Input<Name>,
    current_balance_cents: Input<i64>,
    currency: Input<Currency>,
    contact_id: Input<ContactId>,
    #[serde(flatten)]
    unknown: Unknown,
}

#[derive(Serialize)]
struct AccountView {
    id: AccountId,
    kind: AccountKind,
    name: Option<Name>,
    external_id: Option<ExternalId>,
    status: Option<Name>,
    current_balance_cents: Option<i64>,
    currency: Option<Currency>,
    contact_id: Option<ContactId>,
    created_at: Timestamp,
}

impl From<Account> for AccountView {
    fn from(account: Account) -> Self {
        let Account { id, kind, name, external_id, status, current_balance_cents, currency, contact_id, created_at } =
            account;
        Self { id, kind, name, external_id, status, current_balance_cents, currency, contact_id, created_at }
    }
}

impl AccountBody {
    fn check(self, id: AccountId, created_at: Timestamp, check: &mut Checker) -> Option<Account> {
        let kind = check.required("/kind", self.kind);
        let name = check.optional("/name", self.name);
        let external_id = check.optional("/external_id", self.external_id);
        let status = check.optional("/status", self.status);
        let current_balance_cents = check.optional("/current_balance_cents", self.current_balance_cents);
        let has_currency = !matches!(self.currency, Input::Absent | Input::Null);
        let currency = check.optional("/currency", self.currency);
        let contact_id = check.optional("/contact_id", self.contact_id);
        check.unknown("", self.unknown);
        if current_balance_cents.is_some() && !has_currency {
            check.error("/currency", "required", "a balance needs its currency");
        }
        Some(Account {
            id,
            kind: kind?,
            name,
            external_id,
            status,
            current_balance_cents,
            currency,
            contact_id,
            created_at,
        })
    }
}

/// `GET /v1/accounts/{account_id}`.
pub async fn get(caller: Caller, Id(id): Id<AccountId>, query: Query) -> Result<Response, Problem> {
    query.finish()?;
    // On the heap: together the reads are some 18 KB of state.
    let read = Box::pin(caller.verify_while(async |store, workspace| store.account(workspace, id).await));
    let (session, found) = read.await?;
    require(&session, Scope::ContactsRead)?;
    let account = found.ok_or_else(Problem::not_found)?;
    Ok(Answer::ok(&AccountView::from(account)).into_response())
}

/// `POST /v1/accounts`: its contact, where it has one, must exist.
pub async fn create(session: Session, write: Write, body: JsonBody<AccountBody>) -> Result<Response, Problem> {
    require(&session, Scope::ContactsWrite)?;
    let executor = Executor::of(&session, &write, &body.raw);
    if let Some(response) = executor.answered_before().await? {
        return Ok(response);
    }
    let account = checked(&session, body.value).await?;
    if write.is_dry_run {
        return Ok(DryRun::answer(Vec::new()));
    }
    let answer = Answer::created(format!("/v1/accounts/{}", account.id), &AccountView::from(account.clone()));
    let record = executor.remember(&answer);
    match session.store.add(session.workspace(), New::Account(&account), record.as_ref(), session.now).await {
        Ok(()) => Ok(answer.into_response()),
        Err(CommitError::Answered(record)) => executor.replay(&record),
        Err(CommitError::Absent) => Err(Problem::invalid(vec![no_such_contact()])),
        Err(error) => Err(error.into()),
    }
}

async fn checked(session: &Session, body: AccountBody) -> Result<Account, Problem> {
    let contact = if let Input::Value(contact) = body.contact_id { Some(contact) } else { None };
    let mut check = Checker::new();
    let account = body.check(AccountId::new(session.app.new_id()), session.now, &mut check);
    if let Some(contact) = contact
        && session.store.contact(session.workspace(), contact).await?.is_none()
    {
        let FieldError { pointer, code, detail } = no_such_contact();
        check.error(&pointer, code, detail);
    }
    check.finish()?;
    account.ok_or_else(Problem::internal)
}

fn no_such_contact() -> FieldError {
    FieldError::new("/contact_id", "no_such_reference", "there is no such contact")
}
