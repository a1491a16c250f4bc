//! `/v1/contacts`: people, unique by address, external id and uid.

use crate::{
    access::require,
    contact_body::{ContactBody, ContactView},
    sight::Sight,
    uses,
};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use lambdesk_api::{
    auth::{Caller, Session},
    body::{JsonBody, PatchBody},
    cascades,
    execute::{ATTEMPTS, DryRun, Executor},
    idempotency::Answer,
    listing::ListRequest,
    normal_form::NormalForm,
    path::Id,
    problem::Problem,
    query::QueryParameters,
    write::WriteOptions,
};
use lambdesk_domain::{
    access::{Cause, Scope},
    cascade::{Cascade, CascadeStep},
    contact::{Contact, ContactEnd, ContactRef},
    id::ContactId,
    text::{EmailAddress, ExternalId, Uid},
};
use lambdesk_store_contacts::{ContactError, ContactPlan, ContactSlot, contact_id};
use lambdesk_store_lists::Lists;
use lambdesk_table::{AlreadyAnswered, Write, keys::Unique};
use serde_json::json;

const PATH: &str = "/v1/contacts";

/// `GET /v1/contacts`: all, in order of their ids; or the one with an `email`,
/// `external_id` or `uid`, also one that belonged to a contact merged into it. Restricted
/// users have those of their own tickets, in the order of these: one may come again.
pub async fn list(session: Session, State(lists): State<Lists>, mut request: ListRequest) -> Result<Response, Problem> {
    require(&session, Scope::ContactsRead)?;
    let query = &mut request.query;
    let email = query.parsed("email", str::parse::<EmailAddress>);
    let external_id = query.parsed("external_id", str::parse::<ExternalId>);
    let uid = query.parsed("uid", str::parse::<Uid>);
    let filter = NormalForm::of(&json!({ "email": email, "external_id": external_id, "uid": uid }));
    let listing = request.forward(session.workspace(), PATH, &filter)?;
    let sight = Sight::of(&session, &lists);
    let (found, next) = if email.is_some() || external_id.is_some() || uid.is_some() {
        let found = named(&session, email.as_ref(), external_id.as_ref(), uid.as_ref()).await?;
        (seen(sight, found).await?, None)
    } else if !sight.is_whole() {
        sight.contacts(&listing).await?
    } else {
        let page = session.app.contacts.contacts(session.workspace(), listing.after()?, listing.limit).await?;
        (page.contacts, page.next.map(|id| id.to_string()))
    };
    let views = found.iter().map(|contact| (contact.id, ContactView::from(contact)));
    Ok(listing.respond(views, listing.info(next.as_deref(), None)))
}

/// Those in sight.
async fn seen(sight: Sight<'_>, found: Vec<Contact>) -> Result<Vec<Contact>, Problem> {
    let mut seen = Vec::new();
    for contact in found {
        if sight.has(&contact).await? {
            seen.push(contact);
        }
    }
    Ok(seen)
}

/// The contact that all the given names mean, if they mean one.
async fn named(
    session: &Session,
    email: Option<&EmailAddress>,
    external_id: Option<&ExternalId>,
    uid: Option<&Uid>,
) -> Result<Vec<Contact>, Problem> {
    let (contacts, workspace) = (&session.app.contacts, session.workspace());
    let mut found = Vec::new();
    if let Some(email) = email {
        found.push(contacts.contact_with_email(workspace, &session.directory.workspace.salt, email).await?);
    }
    if let Some(id) = external_id {
        found.push(contacts.contact_named(workspace, Unique::ExternalId(id.as_str())).await?);
    }
    if let Some(uid) = uid {
        found.push(contacts.contact_named(workspace, Unique::Uid(uid.as_str())).await?);
    }
    let first = found.first().cloned().flatten();
    let is_one = found.iter().all(|other| other.as_ref().map(|other| other.id) == first.as_ref().map(|one| one.id));
    Ok(first.filter(|_| is_one).into_iter().collect())
}

/// `GET /v1/contacts/{contact_id}`.
pub async fn get(
    caller: Caller,
    State(lists): State<Lists>,
    Id(id): Id<ContactId>,
    query: QueryParameters,
) -> Result<Response, Problem> {
    query.finish()?;
    // On the heap: together the reads are some 18 KB of state.
    let read = Box::pin(caller.verify_while(async |app, workspace| app.contacts.contact(workspace, id).await));
    let (session, found) = read.await?;
    require(&session, Scope::ContactsRead)?;
    let contact = found.ok_or_else(Problem::not_found)?;
    if !Sight::of(&session, &lists).has(&contact).await? {
        return Err(Problem::not_found());
    }
    Ok(answered(&contact).into_response())
}

/// A contact, with its version.
pub fn answered(contact: &Contact) -> Answer {
    Answer::ok(&ContactView::from(contact)).with_version(contact.version)
}

/// `POST /v1/contacts`: the id of a contact with an address derives from it, so
/// that whoever makes it at the same time meets it.
pub async fn create(
    session: Session,
    State(lists): State<Lists>,
    write: WriteOptions,
    body: JsonBody<ContactBody>,
) -> Result<Response, Problem> {
    require(&session, Scope::ContactsWrite)?;
    let sight = Sight::of(&session, &lists);
    sight.require_whole()?;
    write.require_new()?;
    let executor = Executor::of(&session, &write, &body.raw);
    if let Some(response) = executor.answered_before().await? {
        return Ok(response);
    }
    let new = body.value.applied_to(Contact::new(
        ContactId::new(session.app.new_id()),
        executor.context.cause(None),
        session.now,
    ))?;
    for _ in 0..ATTEMPTS {
        let address = free_address(sight, new.email.as_ref()).await?;
        let (contact, plan) = ContactPlan::create(new.clone(), address);
        if write.is_dry_run {
            free_names(sight, &contact).await?;
            return Ok(DryRun::told(plan.events(session.workspace()), &(), &ContactView::from(&contact)));
        }
        let answer = Answer::created(format!("{PATH}/{}", contact.id), &ContactView::from(&contact));
        let answer = answer.with_version(contact.version);
        if let Some(response) = written(&executor, sight, (&plan, Vec::new()), &contact, answer).await? {
            return Ok(response);
        }
    }
    Err(Problem::unavailable())
}

/// `PATCH /v1/contacts/{contact_id}`: JSON Merge Patch (RFC 7396). The address that
/// it had is free from then on.
pub async fn patch(
    session: Session,
    State(lists): State<Lists>,
    Id(id): Id<ContactId>,
    write: WriteOptions,
    body: PatchBody<ContactBody>,
) -> Result<Response, Problem> {
    require(&session, Scope::ContactsWrite)?;
    let change = |contact: Contact| body.value.clone().applied_to(contact);
    changed(Sight::of(&session, &lists), id, &write, &body.raw, change).await
}

/// Changes a contact as `decide` says; decides again when others were faster.
///
/// # Errors
/// Why it is refused, as a problem document.
pub async fn changed(
    sight: Sight<'_>,
    id: ContactId,
    write: &WriteOptions,
    body: &[u8],
    decide: impl Fn(Contact) -> Result<Contact, Problem>,
) -> Result<Response, Problem> {
    let session = sight.session();
    let executor = Executor::of(session, write, body);
    if let Some(response) = executor.answered_before().await? {
        return Ok(response);
    }
    for _ in 0..ATTEMPTS {
        let (slot, before) = sight.load(id).await?;
        write.require_version(before.version)?;
        let after = decide(before.clone())?;
        let is_changed = after != before;
        let after = if is_changed { after.changed(executor.context.cause(None), session.now) } else { after };
        let plan = plan_of(sight, &slot, &before, &after).await?;
        if write.is_dry_run {
            let events = plan.events(session.workspace());
            return Ok(DryRun::told(events, &ContactView::from(&before), &ContactView::from(&after)));
        }
        if !is_changed {
            return Ok(answered(&before).into_response());
        }
        let copies = copies(session, write, &before, &after);
        let beside = cascades::beginning(session, copies.as_ref());
        if let Some(response) = written(&executor, sight, (&plan, beside), &after, answered(&after)).await? {
            if let Some(copies) = &copies {
                cascades::work(session, copies).await;
            }
            return Ok(response);
        }
    }
    Err(Problem::unavailable())
}

/// What copies a contact anew onto its tickets, which are shown by their copies; none where
/// those stay right.
pub fn copies(session: &Session, write: &WriteOptions, before: &Contact, after: &Contact) -> Option<Cascade> {
    let is_right = ContactRef::from(before) == ContactRef::from(after);
    let steps = if is_right { Vec::new() } else { vec![CascadeStep::Copy(after.id)] };
    cascades::cascade(session, write, steps)
}

async fn plan_of(
    sight: Sight<'_>,
    slot: &ContactSlot,
    before: &Contact,
    after: &Contact,
) -> Result<ContactPlan, Problem> {
    let session = sight.session();
    if before.email == after.email {
        return Ok(ContactPlan::change(slot, after, None, None));
    }
    let old = match &before.email {
        Some(email) => Some(address_slot(session, email).await?),
        None => None,
    };
    let new = match &after.email {
        Some(email) => Some(address_slot(session, email).await?),
        None => None,
    };
    let owner = match (&new, &after.email) {
        (Some(slot), Some(email)) => session.app.contacts.owner(session.workspace(), slot, email).await?,
        _ => None,
    };
    match owner {
        Some(other) if other.id != after.id => Err(taken(sight, &other, "the e-mail address").await?),
        Some(_) => Ok(ContactPlan::change(slot, after, old.as_ref(), None)),
        None => Ok(ContactPlan::change(slot, after, old.as_ref(), new.as_ref())),
    }
}

/// The id that an address derives.
fn address_id(session: &Session, email: &EmailAddress) -> ContactId {
    contact_id(&session.directory.workspace.salt, email)
}

/// The slot that tells whose an address is.
async fn address_slot(session: &Session, email: &EmailAddress) -> Result<ContactSlot, Problem> {
    Ok(session.app.contacts.slot(session.workspace(), address_id(session, email)).await?)
}

/// `DELETE /v1/contacts/{contact_id}`: only when nothing refers to it.
pub async fn delete(
    session: Session,
    State(lists): State<Lists>,
    Id(id): Id<ContactId>,
    write: WriteOptions,
) -> Result<Response, Problem> {
    require(&session, Scope::ContactsWrite)?;
    for _ in 0..ATTEMPTS {
        let sight = Sight::of(&session, &lists);
        let (slot, contact) = sight.load(id).await?;
        write.require_version(contact.version)?;
        uses::free(&session, sight, &contact).await?;
        let cause = write.context(&session).cause(None);
        let plan = removal(&session, slot, &contact, (ContactEnd::Deleted, cause)).await?;
        if write.is_dry_run {
            return Ok(DryRun::told(plan.events(session.workspace()), &ContactView::from(&contact), &()));
        }
        if session.app.contacts.write_contacts(session.workspace(), &plan, None, None, session.now).await? {
            return Ok(Answer::no_content().into_response());
        }
    }
    Err(Problem::unavailable())
}

/// How a contact goes, with all that was merged into it, and what that is owed to.
///
/// # Errors
/// When the table fails.
pub async fn removal(
    session: &Session,
    slot: ContactSlot,
    contact: &Contact,
    (end, cause): (ContactEnd, Cause),
) -> Result<ContactPlan, Problem> {
    let (contacts, workspace) = (&session.app.contacts, session.workspace());
    let merged: Vec<_> = contact.merged.iter().copied().collect();
    let mut slots = vec![slot];
    slots.extend(contacts.slots(workspace, &merged).await?);
    let addresses: Vec<_> =
        slots.iter().filter_map(ContactSlot::email).map(|email| address_id(session, email)).collect();
    let addresses = contacts.slots(workspace, &addresses).await?;
    Ok(ContactPlan::remove(&slots, &addresses, |contact| contact.ended(end, cause.clone(), session.now)))
}

/// The slot of an address that nobody has.
async fn free_address(sight: Sight<'_>, email: Option<&EmailAddress>) -> Result<Option<ContactSlot>, Problem> {
    let session = sight.session();
    let Some(email) = email else {
        return Ok(None);
    };
    let slot = address_slot(session, email).await?;
    match session.app.contacts.owner(session.workspace(), &slot, email).await? {
        Some(owner) => Err(taken(sight, &owner, "the e-mail address").await?),
        None => Ok(Some(slot)),
    }
}

/// Holds a contact's external id and uid to being nobody else's.
async fn free_names(sight: Sight<'_>, contact: &Contact) -> Result<(), Problem> {
    let session = sight.session();
    let external_id = contact.external_id.as_ref().map(|id| (Unique::ExternalId(id.as_str()), "the external id"));
    let uid = contact.uid.as_ref().map(|uid| (Unique::Uid(uid.as_str()), "the uid"));
    for (name, what) in external_id.into_iter().chain(uid) {
        if let Some(other) = session.app.contacts.contact_named(session.workspace(), name).await?
            && other.id != contact.id
        {
            return Err(taken(sight, &other, what).await?);
        }
    }
    Ok(())
}

/// Writes a plan with what begins beside it; none when others were faster.
async fn written(
    executor: &Executor<'_>,
    sight: Sight<'_>,
    (plan, beside): (&ContactPlan, Vec<Write>),
    contact: &Contact,
    answer: Answer,
) -> Result<Option<Response>, Problem> {
    let record = executor.remember(&answer);
    let session = sight.session();
    let (contacts, write) = (&session.app.contacts, (plan, None, beside));
    match contacts.write_contacts_with(session.workspace(), write, record.as_ref(), session.now).await {
        Ok(true) => Ok(Some(answer.into_response())),
        Ok(false) => Ok(None),
        Err(ContactError::Answered(AlreadyAnswered(record))) => Ok(Some(executor.replay(&record)?)),
        // Gone again in between: the next try may take it.
        Err(ContactError::Taken(_)) => free_names(sight, contact).await.map(|()| None),
        Err(error) => Err(error.into()),
    }
}

/// Whose it is, those are told who see them.
async fn taken(sight: Sight<'_>, by: &Contact, what: &str) -> Result<Problem, Problem> {
    let problem = Problem::conflict("taken", format!("{what} is taken"));
    Ok(if sight.has(by).await? { problem.with_extra("existing_id", by.id.to_string()) } else { problem })
}
