//! `/v1/contacts`: people, unique by address and by external id.

use crate::require;
use axum::response::{IntoResponse, Response};
use lambdesk_api::{
    auth::{Caller, Session},
    body::{Checker, Input, JsonBody, Unknown},
    execute::{DryRun, Executor},
    idempotency::Answer,
    path::Id,
    problem::Problem,
    query::Query,
    write::Write,
};
use lambdesk_domain::{
    access::Scope,
    contact::Contact,
    id::ContactId,
    text::{EmailAddress, ExternalId, Name, Phone},
    time::Timestamp,
};
use lambdesk_store::{CommitError, New, contact_id};
use serde::{Deserialize, Serialize};

/// How many derived ids are tried: more than one only where a contact has moved
/// on to another address and keeps the id derived from its old one.
const ATTEMPTS: u8 = 8;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ContactBody {
    name: Input<Name>,
    email: Input<EmailAddress>,
    phone: Input<Phone>,
    external_id: Input<ExternalId>,
    #[serde(flatten)]
    unknown: Unknown,
}

#[derive(Serialize)]
struct ContactView {
    id: ContactId,
    name: Option<Name>,
    email: Option<EmailAddress>,
    phone: Option<Phone>,
    external_id: Option<ExternalId>,
    is_blocked: bool,
    created_at: Timestamp,
}

impl From<Contact> for ContactView {
    fn from(Contact { id, name, email, phone, external_id, is_blocked, created_at }: Contact) -> Self {
        Self { id, name, email, phone, external_id, is_blocked, created_at }
    }
}

impl ContactBody {
    /// The contact, under an id that an address replaces.
    fn check(self, id: ContactId, created_at: Timestamp) -> Result<Contact, Problem> {
        let mut check = Checker::new();
        let name = check.optional("/name", self.name);
        let email = check.optional("/email", self.email);
        let phone = check.optional("/phone", self.phone);
        let external_id = check.optional("/external_id", self.external_id);
        check.unknown("", self.unknown);
        let is_nobody = name.is_none() && email.is_none() && phone.is_none() && external_id.is_none();
        if is_nobody && check.is_clean() {
            check.error("", "required", "name, email, phone or external_id must be given");
        }
        check.finish()?;
        Ok(Contact { id, name, email, phone, external_id, is_blocked: false, created_at })
    }
}

/// `GET /v1/contacts/{contact_id}`.
pub async fn get(caller: Caller, Id(id): Id<ContactId>, query: Query) -> Result<Response, Problem> {
    query.finish()?;
    // On the heap: together the reads are some 18 KB of state.
    let read = Box::pin(caller.verify_while(async |store, workspace| store.contact(workspace, id).await));
    let (session, found) = read.await?;
    require(&session, Scope::ContactsRead)?;
    let contact = found.ok_or_else(Problem::not_found)?;
    Ok(Answer::ok(&ContactView::from(contact)).into_response())
}

/// `POST /v1/contacts`: the id of a contact with an address derives from it, so
/// that whoever makes it at the same time meets it.
pub async fn create(session: Session, write: Write, body: JsonBody<ContactBody>) -> Result<Response, Problem> {
    require(&session, Scope::ContactsWrite)?;
    let executor = Executor::of(&session, &write, &body.raw);
    if let Some(response) = executor.answered_before().await? {
        return Ok(response);
    }
    let contact = body.value.check(ContactId::new(session.app.new_id()), session.now)?;
    for attempt in 0..ATTEMPTS {
        let contact = derived(contact.clone(), &session.directory.workspace.salt, attempt);
        let met =
            if write.is_dry_run { try_to_add(&executor, &contact).await? } else { add(&executor, &contact).await? };
        match met {
            Met::Nobody(response) => return Ok(response),
            Met::Same(id, what) => return Err(taken(id, what)),
            Met::Moved => {}
        }
    }
    Err(Problem::unavailable())
}

fn derived(contact: Contact, salt: &str, attempt: u8) -> Contact {
    let id = contact.email.as_ref().map_or(contact.id, |email| contact_id(salt, email, attempt));
    Contact { id, ..contact }
}

/// Who was there already.
enum Met {
    /// Nobody; this is the answer.
    Nobody(Response),
    /// The contact with the same address or external id, in words.
    Same(ContactId, &'static str),
    /// Somebody who had the address before: the next id is to be tried.
    Moved,
}

async fn add(executor: &Executor<'_>, contact: &Contact) -> Result<Met, Problem> {
    let answer = Answer::created(format!("/v1/contacts/{}", contact.id), &ContactView::from(contact.clone()));
    let record = executor.remember(&answer);
    let added =
        executor.store.add(executor.workspace, New::Contact(contact), record.as_ref(), executor.context.now).await;
    match added {
        Ok(()) => Ok(Met::Nobody(answer.into_response())),
        Err(CommitError::Answered(record)) => executor.replay(&record).map(Met::Nobody),
        Err(CommitError::OtherContact(other)) => Ok(met(contact, &other)),
        Err(CommitError::Taken(_)) => with_external_id(executor, contact).await?.ok_or_else(Problem::unavailable),
        Err(error) => Err(error.into()),
    }
}

/// As [`add`] would find it, with nothing written.
async fn try_to_add(executor: &Executor<'_>, contact: &Contact) -> Result<Met, Problem> {
    if let Some(other) = executor.store.contact(executor.workspace, contact.id).await? {
        return Ok(met(contact, &other));
    }
    let met = with_external_id(executor, contact).await?;
    Ok(met.unwrap_or_else(|| Met::Nobody(DryRun::answer(Vec::new()))))
}

fn met(contact: &Contact, other: &Contact) -> Met {
    let is_same = contact.email.is_some() && contact.email == other.email;
    if is_same { Met::Same(other.id, "the e-mail address") } else { Met::Moved }
}

async fn with_external_id(executor: &Executor<'_>, contact: &Contact) -> Result<Option<Met>, Problem> {
    let Some(id) = &contact.external_id else {
        return Ok(None);
    };
    let other = executor.store.contact_with_external_id(executor.workspace, id).await?;
    Ok(other.map(|other| Met::Same(other, "the external id")))
}

fn taken(by: ContactId, what: &str) -> Problem {
    Problem::conflict("taken", format!("{what} is taken")).with_extra("existing_id", by.to_string())
}
