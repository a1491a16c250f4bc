//! Endpoints: made, read, changed, removed; their secrets rotated.

use crate::{
    access,
    fields::{EndpointFieldsBody, NewEndpointBody},
    state::Outbound,
    view::EndpointView,
};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use lambdesk_api::{
    auth::Session,
    body::{JsonBody, NoBody, PatchBody},
    execute::{DryRun, Executor},
    idempotency::Answer,
    listing::ListRequest,
    normal_form::NormalForm,
    path::Id,
    problem::Problem,
    query::QueryParameters,
    write::WriteOptions,
};
use lambdesk_domain::{id::EndpointId, webhook::Endpoint};
use lambdesk_outbound::SigningSecret;
use lambdesk_runtime::clock::secret_bytes;
use lambdesk_store_webhooks::Webhooks;
use lambdesk_table::{AlreadyAnswered, AnswerError};
use serde_json::json;

/// The most endpoints of a workspace: each is asked about with every event. Two
/// that are made at the same moment may both be the last one.
pub const MAX_ENDPOINTS: usize = 50;
/// The live secrets of an endpoint: the new one and the one before.
const LIVE_SECRETS: usize = 2;

/// `POST /v1/webhooks`: the only answer but that of a rotation that shows a secret.
pub async fn create(
    mut session: Session,
    State(webhooks): State<Webhooks>,
    State(outbound): State<Outbound>,
    write: WriteOptions,
    body: JsonBody<NewEndpointBody>,
) -> Result<Response, Problem> {
    access::write(&session, &write)?;
    if let Some(answered) = Executor::of(&session, &write, &body.raw).answered_before().await? {
        return Ok(answered);
    }
    let new = body.value.check(&mut session, &outbound.policy).await?;
    if webhooks.endpoints(session.workspace()).await?.len() >= MAX_ENDPOINTS {
        let detail = format!("a workspace has at most {MAX_ENDPOINTS} webhooks");
        return Err(Problem::conflict("too_many_endpoints", detail));
    }
    let endpoint = Endpoint {
        id: EndpointId::new(session.app.new_id()),
        workspace_id: session.workspace(),
        name: new.name,
        url: new.url.as_str().to_owned(),
        types: new.types,
        channel_ids: new.channel_ids,
        secrets: vec![new_secret()],
        disabled: None,
        failing_since: None,
        created_at: session.now,
    };
    if write.is_dry_run {
        return Ok(DryRun::between(&(), &EndpointView::of(&endpoint)));
    }
    let executor = Executor::of(&session, &write, &body.raw);
    let answer = Answer::created(format!("/v1/webhooks/{}", endpoint.id), &EndpointView::with_secret(&endpoint));
    match webhooks.create_endpoint(&endpoint, executor.remember(&answer).as_ref()).await {
        Ok(()) => Ok(answer.into_response()),
        Err(AnswerError::Answered(AlreadyAnswered(record))) => Ok(executor.replay(&record)?),
        Err(error) => Err(error.into()),
    }
}

/// `GET /v1/webhooks`: oldest first.
pub async fn list(
    session: Session,
    State(webhooks): State<Webhooks>,
    request: ListRequest,
) -> Result<Response, Problem> {
    access::read(&session)?;
    let listing = request.forward(session.workspace(), "/v1/webhooks", &NormalForm::of(&json!({})))?;
    let after: Option<EndpointId> = listing.after()?;
    let mut endpoints = webhooks.endpoints(session.workspace()).await?;
    endpoints.retain(|endpoint| after.is_none_or(|after| endpoint.id > after));
    let has_more = endpoints.len() > listing.limit.into();
    endpoints.truncate(listing.limit.into());
    let next = endpoints.last().filter(|_| has_more).map(|endpoint| endpoint.id.to_string());
    let views = endpoints.iter().map(|endpoint| (endpoint.id, EndpointView::of(endpoint)));
    Ok(listing.respond(views, listing.info(next.as_deref(), None)))
}

/// `GET /v1/webhooks/{webhook_id}`.
pub async fn get(
    session: Session,
    State(webhooks): State<Webhooks>,
    Id(id): Id<EndpointId>,
    query: QueryParameters,
) -> Result<Response, Problem> {
    query.finish()?;
    access::read(&session)?;
    Ok(Answer::ok(&EndpointView::of(&load(&webhooks, &session, id).await?)).into_response())
}

/// `PATCH /v1/webhooks/{webhook_id}`: JSON Merge Patch (RFC 7396).
pub async fn patch(
    mut session: Session,
    State(webhooks): State<Webhooks>,
    State(outbound): State<Outbound>,
    Id(id): Id<EndpointId>,
    write: WriteOptions,
    body: PatchBody<EndpointFieldsBody>,
) -> Result<Response, Problem> {
    access::write(&session, &write)?;
    let patch = body.value.check(&mut session, &outbound.policy).await?;
    if write.is_dry_run {
        let before = load(&webhooks, &session, id).await?;
        return Ok(DryRun::between(&EndpointView::of(&before), &EndpointView::of(&patch.applied_to(&before))));
    }
    let revised = webhooks.revise_endpoint(session.workspace(), id, |endpoint| patch.applied_to(endpoint)).await?;
    let endpoint = match revised {
        Some((_, endpoint)) => endpoint,
        None => load(&webhooks, &session, id).await?,
    };
    Ok(Answer::ok(&EndpointView::of(&endpoint)).into_response())
}

/// `DELETE /v1/webhooks/{webhook_id}`: what is still on its way to it is given up.
pub async fn delete(
    session: Session,
    State(webhooks): State<Webhooks>,
    Id(id): Id<EndpointId>,
    write: WriteOptions,
) -> Result<Response, Problem> {
    access::write(&session, &write)?;
    let before = load(&webhooks, &session, id).await?;
    if write.is_dry_run {
        return Ok(DryRun::between(&EndpointView::of(&before), &()));
    }
    webhooks.delete_endpoint(session.workspace(), id).await?;
    Ok(Answer::no_content().into_response())
}

/// `POST /v1/webhooks/{webhook_id}/rotate-secret`: signs with the new secret first
/// and with the one before, until the next rotation.
pub async fn rotate_secret(
    session: Session,
    State(webhooks): State<Webhooks>,
    Id(id): Id<EndpointId>,
    write: WriteOptions,
    body: NoBody,
) -> Result<Response, Problem> {
    access::write(&session, &write)?;
    body.check()?;
    let executor = Executor::of(&session, &write, &body.raw);
    if let Some(answered) = executor.answered_before().await? {
        return Ok(answered);
    }
    if write.is_dry_run {
        load(&webhooks, &session, id).await?;
        return Ok(DryRun::answer(Vec::new()));
    }
    let secret = new_secret();
    let rotate = |mut endpoint: Endpoint| {
        endpoint.secrets.insert(0, secret.clone());
        endpoint.secrets.truncate(LIVE_SECRETS);
        let record = executor.remember(&Answer::ok(&EndpointView::with_secret(&endpoint)));
        (endpoint, record)
    };
    match webhooks.change_endpoint(session.workspace(), id, session.now, rotate).await {
        Ok(Some(endpoint)) => Ok(Answer::ok(&EndpointView::with_secret(&endpoint)).into_response()),
        Ok(None) => Err(Problem::not_found()),
        Err(AnswerError::Answered(AlreadyAnswered(record))) => Ok(executor.replay(&record)?),
        Err(error) => Err(error.into()),
    }
}

/// An endpoint of the caller's workspace.
pub async fn load(webhooks: &Webhooks, session: &Session, id: EndpointId) -> Result<Endpoint, Problem> {
    webhooks.endpoint(session.workspace(), id).await?.ok_or_else(Problem::not_found)
}

/// As [`load`], for sending: it must be switched on.
pub async fn load_enabled(webhooks: &Webhooks, session: &Session, id: EndpointId) -> Result<Endpoint, Problem> {
    let endpoint = load(webhooks, session, id).await?;
    match endpoint.disabled {
        None => Ok(endpoint),
        Some(reason) => {
            let detail = format!("the webhook is switched off ({reason}); nothing is sent to it");
            Err(Problem::conflict("webhook_disabled", detail))
        }
    }
}

fn new_secret() -> String {
    SigningSecret::generate(secret_bytes()).expose()
}
