//! Merges of two contacts, erasures of one, and the receipts of both. The request writes
//! the contacts and their job in one transaction, works on the job for four seconds at
//! most and answers 202 with a receipt; what is left, the sweep does. The receipt says
//! when nothing is.

use crate::{
    access::{load, require, require_admin},
    contact_body::ContactView,
    contacts::{copies, removal},
};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use lambdesk_api::{
    auth::Session,
    body::{Checker, Input, JsonBody, NoBody, Unknown},
    cascades,
    execute::{ATTEMPTS, DryRun, Executor},
    idempotency::Answer,
    listing::ListRequest,
    normal_form::NormalForm,
    path::{Id, Ids},
    problem::{FieldError, Problem},
    query::QueryParameters,
    write::WriteOptions,
};
use lambdesk_domain::{
    access::{ActorRef, Scope},
    contact::{Contact, ContactEnd, MAX_MERGED},
    id::{ContactId, JobId},
    personal::{Counts, Job, JobKind},
    time::Timestamp,
};
use lambdesk_objects::{JobWorker, Progress};
use lambdesk_store_contacts::{ContactError, ContactPlan, ContactSlot, Holder};
use lambdesk_table::{AlreadyAnswered, TableError, Write, log_failure};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;

/// How long a request works before it leaves the rest to the sweep: well within the
/// function's own time.
const BUDGET: Duration = Duration::from_secs(4);

/// What a merge is asked for with.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "Merge")]
pub struct MergeBody {
    /// The contact that becomes a part of the one in the path.
    from: Input<ContactId>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// A receipt. It holds no personal text, and stays.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Receipt")]
pub struct ReceiptView {
    id: JobId,
    /// `export`, `merge` or `erase`.
    kind: JobKind,
    /// Whom it is about: of a merge, the contact that stays.
    contact_id: ContactId,
    /// Of a merge: the contacts that became a part of it.
    merged_ids: Vec<ContactId>,
    requested_at: Timestamp,
    requested_by: ActorRef,
    /// What has been handled so far.
    counts: Counts,
    /// When nothing was left to do; null until then. What is found a quarter of an hour and a
    /// day after the request is handled, too: then it is null once more for a while.
    completed_at: Option<Timestamp>,
}

impl From<&Job> for ReceiptView {
    fn from(job: &Job) -> Self {
        let Job { id, kind, contact, subjects, requested_at, requested_by, counts, completed_at, .. } = job.clone();
        let merged_ids = if kind == JobKind::Merge { subjects } else { Vec::new() };
        Self { id, kind, contact_id: contact, merged_ids, requested_at, requested_by, counts, completed_at }
    }
}

/// A job that begins now.
pub fn new_job(session: &Session, kind: JobKind, contact: ContactId, subjects: Vec<ContactId>) -> Job {
    Job {
        id: JobId::new(session.app.new_id()),
        kind,
        contact,
        subjects,
        requested_at: session.now,
        requested_by: session.actor.reference(),
        request_id: session.request_id,
        is_silent: false,
        counts: Counts::default(),
        completed_at: None,
        looks: 0,
    }
}

/// `POST /v1/contacts/{contact_id}/merge`: the contact keeps what it has, takes what
/// it lacks, and with it the other's tickets and accounts; the other's id, address
/// and names mean this one from now on.
pub async fn merge(
    session: Session,
    State(worker): State<JobWorker>,
    Id(id): Id<ContactId>,
    write: WriteOptions,
    body: JsonBody<MergeBody>,
) -> Result<Response, Problem> {
    require_admin(&session, Scope::ContactsWrite)?;
    let executor = Executor::of(&session, &write, &body.raw);
    if let Some(response) = executor.answered_before().await? {
        return Ok(response);
    }
    let mut check = Checker::new();
    let from = check.required("/from", body.value.from);
    check.unknown("", body.value.unknown);
    check.finish()?;
    let from = from.ok_or_else(Problem::internal)?;
    for _ in 0..ATTEMPTS {
        let (target, contact) = load(&session, id).await?;
        write.require_version(contact.version)?;
        let (source, other) = other(&session, from, &contact).await?;
        let merged = contact.merged_with(&other, executor.context.cause(None), session.now).ok_or_else(too_many)?;
        let followers: Vec<_> = other.merged.iter().copied().collect();
        let followers = session.app.contacts.slots(session.workspace(), &followers).await?;
        let plan = ContactPlan::merge(&target, &merged, &source, &followers);
        if write.is_dry_run {
            let events = plan.events(session.workspace());
            return Ok(DryRun::told(events, &ContactView::from(&contact), &ContactView::from(&merged)));
        }
        let subjects = other.ids().collect();
        let job = Job { is_silent: write.is_silent, ..new_job(&session, JobKind::Merge, merged.id, subjects) };
        // The job is about the other's tickets; on those that it has, the contact may be called
        // otherwise from now on.
        let copies = copies(&session, &write, &contact, &merged);
        let begun = (&job, cascades::beginning(&session, copies.as_ref()));
        if let Some(response) = begin(&executor, &session, &worker, &plan, begun).await? {
            if let Some(copies) = &copies {
                cascades::work(&session, copies).await;
            }
            return Ok(response);
        }
    }
    Err(Problem::unavailable())
}

/// The contact to be merged: another one, and no part of this one already.
async fn other(session: &Session, from: ContactId, contact: &Contact) -> Result<(ContactSlot, Contact), Problem> {
    let refused = |code, detail| Err(Problem::invalid(vec![FieldError::new("/from", code, detail)]));
    let slot = session.app.contacts.slot(session.workspace(), from).await?;
    match &slot.holder {
        Holder::Contact(other) if other.id == contact.id => refused("same_contact", "is the contact itself"),
        Holder::Contact(other) => {
            let other = (**other).clone();
            Ok((slot, other))
        }
        Holder::Merged(_) => refused("merged_before", "has been merged into a contact before"),
        Holder::Nobody => refused("no_such_reference", "there is no such contact"),
    }
}

fn too_many() -> Problem {
    Problem::conflict("too_many_merged", format!("at most {MAX_MERGED} contacts can be merged into one"))
}

/// `POST /v1/contacts/{contact_id}/erase`: nothing of the person stays. Their
/// tickets do, without words; so do the figures.
pub async fn erase(
    session: Session,
    State(worker): State<JobWorker>,
    Id(id): Id<ContactId>,
    write: WriteOptions,
    body: NoBody,
) -> Result<Response, Problem> {
    require_admin(&session, Scope::ContactsWrite)?;
    body.check()?;
    let executor = Executor::of(&session, &write, &body.raw);
    if let Some(response) = executor.answered_before().await? {
        return Ok(response);
    }
    for _ in 0..ATTEMPTS {
        let (slot, contact) = load(&session, id).await?;
        write.require_version(contact.version)?;
        let plan = removal(&session, slot, &contact, (ContactEnd::Erased, executor.context.cause(None))).await?;
        if write.is_dry_run {
            return Ok(DryRun::told(plan.events(session.workspace()), &ContactView::from(&contact), &()));
        }
        let subjects = contact.ids().collect();
        let job = Job { is_silent: write.is_silent, ..new_job(&session, JobKind::Erase, contact.id, subjects) };
        if let Some(response) = begin(&executor, &session, &worker, &plan, (&job, Vec::new())).await? {
            return Ok(response);
        }
    }
    Err(Problem::unavailable())
}

/// Writes the plan with its job and what begins beside it, and does the first part of it; none
/// when others were faster. What fails after that is left to the sweep: the job stands.
async fn begin(
    executor: &Executor<'_>,
    session: &Session,
    worker: &JobWorker,
    plan: &ContactPlan,
    (job, beside): (&Job, Vec<Write>),
) -> Result<Option<Response>, Problem> {
    let answer = accepted(job);
    let record = executor.remember(&answer);
    let (contacts, write) = (&session.app.contacts, (plan, Some(job), beside));
    match contacts.write_contacts_with(session.workspace(), write, record.as_ref(), session.now).await {
        Ok(true) => {}
        Ok(false) => return Ok(None),
        Err(ContactError::Answered(AlreadyAnswered(record))) => return Ok(Some(executor.replay(&record)?)),
        Err(error) => return Err(error.into()),
    }
    let latest = Box::pin(work(session, worker, job)).await.unwrap_or_else(|error| {
        log_failure!(error, job = %job.id, "the rest is left to the sweep");
        None
    });
    Ok(Some(latest.map_or(answer, |job| accepted(&job)).into_response()))
}

fn accepted(job: &Job) -> Answer {
    let location = format!("/v1/contacts/{}/receipts/{}", job.contact, job.id);
    Answer::new(StatusCode::ACCEPTED, &ReceiptView::from(job)).with_location(location)
}

/// Works on a job for a while; answers how far it came.
async fn work(session: &Session, worker: &JobWorker, job: &Job) -> Result<Option<Job>, TableError> {
    let clock = &session.app.clock;
    let began = clock.now();
    let is_over = || clock.now().since(began) >= BUDGET;
    let progress = worker.run(session.workspace(), job.contact, job.id, || clock.now(), is_over).await?;
    Ok(progress.map(|progress| match progress {
        Progress::More(read) => read.value,
        Progress::Rest(job) => *job,
    }))
}

/// `GET /v1/contacts/{contact_id}/receipts`: of exports, merges and erasures, the
/// latest first; also of a contact that is gone.
pub async fn receipts(session: Session, Id(id): Id<ContactId>, request: ListRequest) -> Result<Response, Problem> {
    require_admin(&session, Scope::ContactsRead)?;
    let listing =
        request.forward(session.workspace(), "/v1/contacts/{contact_id}/receipts", &NormalForm::of(&json!(id)))?;
    let page = session.app.contacts.jobs(session.workspace(), id, listing.after()?, listing.limit).await?;
    if page.items.is_empty() && listing.position.is_none() {
        load(&session, id).await?;
    }
    let next = page.items.last().filter(|_| page.has_more).map(|job| job.id.to_string());
    let views = page.items.iter().map(|job| (job.id, ReceiptView::from(job)));
    Ok(listing.respond(views, listing.info(next.as_deref(), None)))
}

/// `GET /v1/contacts/{contact_id}/receipts/{receipt_id}`.
pub async fn receipt(
    session: Session,
    Ids((contact, id)): Ids<(ContactId, JobId)>,
    query: QueryParameters,
) -> Result<Response, Problem> {
    query.finish()?;
    require(&session, Scope::ContactsRead)?;
    session.require_admin()?;
    let read = session.app.contacts.job(session.workspace(), contact, id).await?.ok_or_else(Problem::not_found)?;
    Ok(Answer::ok(&ReceiptView::from(&read.value)).into_response())
}
