//! Replays: the events of a range of time sent to an endpoint once more.
//!
//! What is queued are new deliveries beside the old ones. Their ids derive from
//! endpoint, event and request, so the same request again queues nothing twice. They come due
//! at the workspace's pace ([`lambdesk_domain::pace`]): those that are due now have their hints
//! at once, the sweep finds the others.

use crate::{
    access,
    endpoints::load_enabled,
    events::{FeedReader, FeedSlice},
    replay_id::replay_id,
    state::WebhooksState,
};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use futures_util::future::try_join_all;
use lambdesk_api::{
    auth::Session,
    body::{Checker, Input, JsonBody, Unknown},
    execute::{DryRun, Executor},
    idempotency::Answer,
    openapi::nullable,
    path::Id,
    problem::Problem,
    write::WriteOptions,
};
use lambdesk_domain::{
    events::Event,
    id::EndpointId,
    time::Timestamp,
    webhook::{Delivery, Endpoint},
};
use lambdesk_store_events::{Events, FeedPosition};
use lambdesk_store_webhooks::{Webhooks, delivery_of};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How far back a replay may begin.
const FURTHEST: Duration = Duration::from_hours(30 * 24);
/// After so long the feed has emitted everything up to a time.
const SETTLED: Duration = Duration::from_mins(1);
/// The most deliveries that one request queues.
const MAX_QUEUED: usize = 500;
/// Pages of 100 events that one request looks through.
const READS: usize = 30;
/// Deliveries that are written at the same time.
const TOGETHER: usize = 25;

/// What a replay takes.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "Replay")]
pub struct ReplayBody {
    /// The first time, that time included.
    since: Input<Timestamp>,
    /// The time right after the last one: now at most. What happened in the last minute may
    /// not all be told yet; then the answer is not complete, and the same request goes on.
    until: Input<Timestamp>,
    /// Where the answer before said that the same request goes on: its `next`.
    #[schemars(transform = nullable)]
    after: Input<String>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// A range of the feed: from `since`, included, to `until`, left out.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Range {
    since: Timestamp,
    until: Timestamp,
    after: FeedPosition,
}

impl ReplayBody {
    fn check(self, now: Timestamp) -> Result<Range, Problem> {
        let mut checker = Checker::new();
        let since = checker.required("/since", self.since);
        let until = checker.required("/until", self.until);
        let after = self.after.try_map(|text| text.parse().map_err(|error| ("unknown_position", error)));
        let after: Option<FeedPosition> = checker.optional("/after", after);
        checker.unknown("", self.unknown);
        if since.is_some_and(|since| since < now.minus(FURTHEST)) {
            checker.error("/since", "too_early", "must be within the last 30 days");
        }
        if until.is_some_and(|until| until > now) {
            checker.error("/until", "too_late", "must not be later than now");
        }
        if let (Some(since), Some(until)) = (since, until)
            && since >= until
        {
            checker.error("/until", "invalid", "must be later than since");
        }
        checker.finish()?;
        let (Some(since), Some(until)) = (since, until) else {
            return Err(Problem::internal());
        };
        let first = FeedPosition::at(since);
        Ok(Range { since, until, after: after.map_or_else(|| first.clone(), |after| after.max(first.clone())) })
    }
}

/// What a replay did.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "ReplayOutcome")]
pub struct ReplayOutcome {
    /// Deliveries that are on their way now.
    queued: usize,
    /// Those that the same replay had queued before.
    queued_before: usize,
    /// The whole range was looked through, and nothing more of it can come.
    is_complete: bool,
    /// Otherwise: the `after` with which the same request goes on.
    next: Option<String>,
}

/// `POST /v1/webhooks/{webhook_id}/replay`: what the endpoint wants, as it is now,
/// of the events that the feed emitted in a range of time.
pub async fn replay(
    session: Session,
    State(state): State<WebhooksState>,
    Id(id): Id<EndpointId>,
    write: WriteOptions,
    body: JsonBody<ReplayBody>,
) -> Result<Response, Problem> {
    access::send(&session, &write)?;
    let executor = Executor::of(&session, &write, &body.raw);
    if let Some(answered) = executor.answered_before().await? {
        return Ok(answered);
    }
    let range = body.value.check(session.now)?;
    let endpoint = load_enabled(&state.webhooks, &session, id).await?;
    let slice = wanted(&state.events, &session, &endpoint, &range).await?;
    let events: Vec<_> = slice.events.into_iter().map(|(_, event)| event).collect();
    if write.is_dry_run {
        return Ok(DryRun::answer(events));
    }
    let queued = queue(&state.webhooks, &session, &endpoint, &range, &events).await?;
    let due: Vec<_> = queued.iter().filter(|delivery| delivery.next_attempt_at <= session.now).cloned().collect();
    state.outbound.hint(&due).await;
    let is_complete = !slice.has_more && range.until <= session.now.minus(SETTLED);
    let answer = Answer::new(
        StatusCode::ACCEPTED,
        &ReplayOutcome {
            queued: queued.len(),
            queued_before: events.len() - queued.len(),
            is_complete,
            next: (!is_complete).then_some(slice.next),
        },
    );
    // Repeating is safe, so the answer needs not be written together with the rest.
    if let Some(record) = executor.remember(&answer) {
        session.app.table.remember(session.workspace(), &record, session.now).await?;
    }
    Ok(answer.into_response())
}

/// The events of the range that the endpoint wants.
async fn wanted(events: &Events, session: &Session, endpoint: &Endpoint, range: &Range) -> Result<FeedSlice, Problem> {
    let until = FeedPosition::at(range.until);
    let workspace = session.workspace();
    // Bounded by its reads: whoever replays asks for many at once.
    let units = f64::INFINITY;
    let reader = FeedReader { events, workspace, now: session.now, until: Some(&until), per_read: 100, units };
    reader.read(&range.after, MAX_QUEUED, READS, |event| endpoint.wants(event)).await
}

/// Writes the deliveries; answers those that are new. Only these take part in the pace.
async fn queue(
    webhooks: &Webhooks,
    session: &Session,
    endpoint: &Endpoint,
    range: &Range,
    events: &[Event],
) -> Result<Vec<Delivery>, Problem> {
    let mut queued = Vec::new();
    if events.is_empty() {
        return Ok(queued);
    }
    let paced = webhooks.pace_replay(session.workspace(), events.len(), session.now).await?;
    let paced = paced.map_err(Problem::too_many)?;
    for events in events.chunks(TOGETHER) {
        let used = queued.len();
        let added = try_join_all(events.iter().enumerate().map(async |(number, event)| {
            let due = paced.times.due(used + number);
            let delivery = again(event, endpoint, range, session.now, due);
            let is_new = webhooks.add_delivery(&delivery).await?;
            Ok::<_, Problem>(is_new.then_some(delivery))
        }));
        queued.extend(added.await?.into_iter().flatten());
    }
    webhooks.end_replay(paced, queued.len()).await?;
    Ok(queued)
}

fn again(event: &Event, endpoint: &Endpoint, range: &Range, now: Timestamp, due: Timestamp) -> Delivery {
    let delivery = delivery_of(event, endpoint, now);
    let id = replay_id(delivery.id, range.since, range.until);
    Delivery { id, next_attempt_at: due, ..delivery }
}
