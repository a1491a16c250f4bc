//! `GET /v1/reports/times`: how long it took to answer and to resolve.

use crate::{counted, day_range::DayRange};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use lambdesk_api::{auth::Session, idempotency::Answer, problem::Problem, query::QueryParameters};
use lambdesk_domain::{
    day::Day,
    report::{Counters, Span, Times},
    time::Timestamp,
};
use lambdesk_store_reports::Reports;
use serde::Serialize;

/// How long it took, for what was done on the days from one to another, both included.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct TimesReport {
    /// Every change up to here is counted: up to 38 seconds ago, or as far as the fan-out has
    /// come while it is known to be behind.
    as_of: Timestamp,
    from: Day,
    to: Day,
    /// From a ticket's creation to the first answer.
    first_response: TimesView,
    /// From a ticket's creation to resolved or closed; every time it became that.
    resolution: TimesView,
}

/// Median and 90th percentile are exact to the second below 32 seconds, and at most
/// 3.2 % off above; null where nothing was done.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "SpanOfTime")]
pub struct TimesView {
    count: u64,
    median_seconds: Option<u64>,
    p90_seconds: Option<u64>,
    mean_seconds: Option<u64>,
}

impl TimesView {
    fn of(counters: &Counters, span: Span) -> Self {
        let times = Times::of(counters, span);
        Self {
            count: times.count(),
            median_seconds: times.percentile(50),
            p90_seconds: times.percentile(90),
            mean_seconds: times.mean(),
        }
    }
}

/// `GET /v1/reports/times?from=&to=`, of `channel_id` or `assignee_id` alone if range.
pub async fn get(
    session: Session,
    State(reports): State<Reports>,
    query: QueryParameters,
) -> Result<Response, Problem> {
    let range = DayRange::read(query, &session)?;
    counted::require(&session)?;
    let (standings, as_of) = counted::up_to_date(&reports, &session).await?;
    let mut sum = Counters::default();
    for counters in range.days(&reports, session.workspace(), &standings).await?.values() {
        sum.add(counters);
    }
    let report = TimesReport {
        as_of,
        from: range.from,
        to: range.to,
        first_response: TimesView::of(&sum, Span::FirstResponse),
        resolution: TimesView::of(&sum, Span::Resolution),
    };
    Ok(Answer::ok(&report).into_response())
}
