//! The delivery log of an endpoint, and deliveries by hand.

use crate::{
    access,
    endpoints::{load, load_enabled},
    state::Outbound,
    view::{DeliveryDetail, DeliveryView},
};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use lambdesk_api::{
    auth::Session,
    body::NoBody,
    execute::{DryRun, Executor},
    idempotency::Answer,
    listing::{ListRequest, Listing},
    normal_form::NormalForm,
    path::{Id, Ids},
    problem::Problem,
    query::QueryParameters,
    write::WriteOptions,
};
use lambdesk_domain::{
    events::EventType,
    id::{DeliveryId, EndpointId, EventId},
    webhook::{Delivery, DeliveryState},
};
use lambdesk_store_webhooks::{Replaces, Webhooks};
use lambdesk_table::{AlreadyAnswered, AnswerError};
use serde_json::json;

/// How often a filtered page asks the table for more, and for how many rows.
const READS: usize = 5;
const ROWS_PER_READ: u16 = 100;
/// Beyond so many attempts a delivery's log is full.
const MAX_LOGGED_ATTEMPTS: usize = 100;

/// `GET /v1/webhooks/{webhook_id}/deliveries`: newest first.
pub async fn list(
    session: Session,
    State(webhooks): State<Webhooks>,
    Id(id): Id<EndpointId>,
    mut request: ListRequest,
) -> Result<Response, Problem> {
    access::log(&session)?;
    let mut states = request
        .query
        .parsed_values("state", |word| DeliveryState::parse(word).ok_or("expected pending, delivered or failed"));
    states.sort_unstable();
    states.dedup();
    let filter = NormalForm::of(&json!({ "webhook": id, "states": states }));
    let listing = request.forward(session.workspace(), "/v1/webhooks/{webhook_id}/deliveries", &filter)?;
    load(&webhooks, &session, id).await?;
    let (rows, next) = page(&webhooks, &session, id, &states, &listing).await?;
    let info = listing.info(next.map(|id| id.to_string()).as_deref(), None);
    Ok(listing.respond(rows, info))
}

/// The rows of a page, and the delivery after which the next one begins. A filter
/// that leaves out much makes short pages, never long waits.
async fn page(
    webhooks: &Webhooks,
    session: &Session,
    endpoint: EndpointId,
    states: &[DeliveryState],
    listing: &Listing,
) -> Result<(Vec<(DeliveryId, DeliveryView)>, Option<DeliveryId>), Problem> {
    let limit = usize::from(listing.limit);
    let rows_per_read = if states.is_empty() { listing.limit } else { ROWS_PER_READ };
    let mut before: Option<DeliveryId> = listing.after()?;
    let mut rows = Vec::with_capacity(limit);
    for _ in 0..READS {
        let found = webhooks.deliveries(session.workspace(), endpoint, before, rows_per_read).await?;
        for delivery in &found.items {
            let is_wanted = states.is_empty() || states.contains(&delivery.state);
            if is_wanted && rows.len() == limit {
                return Ok((rows, before));
            }
            rows.extend(is_wanted.then(|| (delivery.id, DeliveryView::from(delivery))));
            before = Some(delivery.id);
        }
        if !found.has_more {
            return Ok((rows, None));
        }
        if rows.len() == limit {
            break;
        }
    }
    Ok((rows, before))
}

/// `GET /v1/webhooks/{webhook_id}/deliveries/{delivery_id}`: with its attempts.
pub async fn get(
    session: Session,
    State(webhooks): State<Webhooks>,
    Ids((endpoint, id)): Ids<(EndpointId, DeliveryId)>,
    query: QueryParameters,
) -> Result<Response, Problem> {
    query.finish()?;
    access::log(&session)?;
    load(&webhooks, &session, endpoint).await?;
    Ok(Answer::ok(&DeliveryDetail::from(&delivery(&webhooks, &session, endpoint, id).await?)).into_response())
}

async fn delivery(
    webhooks: &Webhooks,
    session: &Session,
    endpoint: EndpointId,
    id: DeliveryId,
) -> Result<Delivery, Problem> {
    webhooks.delivery(session.workspace(), endpoint, id).await?.ok_or_else(Problem::not_found)
}

/// `POST /v1/webhooks/{webhook_id}/test`: a `webhook.test` event on its way, whatever
/// types the endpoint asks for.
pub async fn test(
    session: Session,
    State(webhooks): State<Webhooks>,
    State(outbound): State<Outbound>,
    Id(id): Id<EndpointId>,
    write: WriteOptions,
    body: NoBody,
) -> Result<Response, Problem> {
    access::send(&session, &write)?;
    body.check()?;
    let executor = Executor::of(&session, &write, &body.raw);
    if let Some(answered) = executor.answered_before().await? {
        return Ok(answered);
    }
    let endpoint = load_enabled(&webhooks, &session, id).await?;
    let delivery = Delivery {
        id: DeliveryId::new(session.app.new_id()),
        workspace_id: endpoint.workspace_id,
        endpoint_id: endpoint.id,
        event_id: EventId::new(session.app.new_id()),
        event_type: EventType::WebhookTest,
        source: None,
        state: DeliveryState::Pending,
        next_attempt_at: session.now,
        attempts: Vec::new(),
        created_at: session.now,
    };
    queue(&webhooks, &executor, &outbound, delivery, Replaces::Nothing).await
}

/// `POST …/deliveries/{delivery_id}/retry`: due now, whether it was delivered, given up
/// or waits for its next attempt. Where its attempts are used up, it gets one more.
pub async fn retry(
    session: Session,
    State(webhooks): State<Webhooks>,
    State(outbound): State<Outbound>,
    Ids((endpoint, id)): Ids<(EndpointId, DeliveryId)>,
    write: WriteOptions,
    body: NoBody,
) -> Result<Response, Problem> {
    access::send(&session, &write)?;
    body.check()?;
    let executor = Executor::of(&session, &write, &body.raw);
    if let Some(answered) = executor.answered_before().await? {
        return Ok(answered);
    }
    load_enabled(&webhooks, &session, endpoint).await?;
    let before = delivery(&webhooks, &session, endpoint, id).await?;
    if before.attempts.len() >= MAX_LOGGED_ATTEMPTS {
        let detail = format!("the delivery was tried {MAX_LOGGED_ATTEMPTS} times");
        return Err(Problem::conflict("too_many_attempts", detail));
    }
    let replaces = match before.state {
        DeliveryState::Pending => Replaces::Waiting { due: before.next_attempt_at },
        DeliveryState::Delivered | DeliveryState::Failed => Replaces::Finished { was_due: before.next_attempt_at },
    };
    let again = Delivery { state: DeliveryState::Pending, next_attempt_at: session.now, ..before };
    queue(&webhooks, &executor, &outbound, again, replaces).await
}

fn pending() -> Problem {
    Problem::conflict("delivery_pending", "an attempt of the delivery is being made")
}

/// Makes a delivery due, and answers it.
async fn queue(
    webhooks: &Webhooks,
    executor: &Executor<'_>,
    outbound: &Outbound,
    delivery: Delivery,
    replaces: Replaces,
) -> Result<Response, Problem> {
    if executor.is_dry_run {
        return Ok(DryRun::between(&(), &DeliveryView::from(&delivery)));
    }
    let answer = Answer::new(StatusCode::ACCEPTED, &DeliveryDetail::from(&delivery));
    let record = executor.remember(&answer);
    match webhooks.queue_delivery(&delivery, replaces, record.as_ref(), executor.context.now).await {
        Ok(true) => {
            outbound.hint(&[delivery]).await;
            Ok(answer.into_response())
        }
        Ok(false) => Err(pending()),
        Err(AnswerError::Answered(AlreadyAnswered(record))) => Ok(executor.replay(&record)?),
        Err(error) => Err(error.into()),
    }
}
