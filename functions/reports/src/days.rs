//! `GET /v1/reports/days`: what happened, day by day.

use crate::{counted, day_range::DayRange};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use lambdesk_api::{auth::Session, idempotency::Answer, problem::Problem, query::QueryParameters};
use lambdesk_domain::{
    day::Day,
    report::{Counter, Counters, Happening},
    time::Timestamp,
};
use lambdesk_store_reports::Reports;
use serde::Serialize;

/// What happened on the days from one to another, both included, in UTC.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct DaysReport {
    /// Every change up to here is counted: up to 38 seconds ago, or as far as the fan-out has
    /// come while it is known to be behind.
    as_of: Timestamp,
    from: Day,
    to: Day,
    /// All days together.
    sums: DayCounts,
    /// Every day, the first one first.
    days: Vec<DayReport>,
}

#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct DayReport {
    date: Day,
    #[serde(flatten)]
    counts: DayCounts,
}

/// How often things happened. A ticket that is resolved twice counts twice.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct DayCounts {
    /// New tickets, also those that were held back or spam.
    created: u64,
    /// Tickets that became resolved or closed and were neither before.
    resolved: u64,
    /// Tickets that became closed.
    closed: u64,
    /// Tickets that became active again after they were resolved or closed.
    reopened: u64,
    /// Messages to customers; those that open a ticket aren't counted.
    replied: u64,
}

impl DayCounts {
    fn of(counters: &Counters) -> Self {
        let count = |happening| counters.get(Counter::Happened(happening));
        Self {
            created: count(Happening::Created),
            resolved: count(Happening::Resolved),
            closed: count(Happening::Closed),
            reopened: count(Happening::Reopened),
            replied: count(Happening::Replied),
        }
    }
}

/// `GET /v1/reports/days?from=&to=`, of `channel_id` or `assignee_id` alone if range.
pub async fn get(
    session: Session,
    State(reports): State<Reports>,
    query: QueryParameters,
) -> Result<Response, Problem> {
    let range = DayRange::read(query, &session)?;
    counted::require(&session)?;
    let (standings, as_of) = counted::up_to_date(&reports, &session).await?;
    let counted = range.days(&reports, session.workspace(), &standings).await?;
    let mut sum = Counters::default();
    for counters in counted.values() {
        sum.add(counters);
    }
    let dates = (range.from.number()..=range.to.number()).map(Day::from_number);
    let nothing = Counters::default();
    let days = dates.map(|date| DayReport { date, counts: DayCounts::of(counted.get(&date).unwrap_or(&nothing)) });
    let (from, to) = (range.from, range.to);
    let report = DaysReport { as_of, from, to, sums: DayCounts::of(&sum), days: days.collect() };
    Ok(Answer::ok(&report).into_response())
}
