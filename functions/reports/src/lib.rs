//! Reports: how many tickets stand where, what happened on which day, how long it took.
//!
//! | to find | look in |
//! |---|---|
//! | `GET /v1/reports/tickets` | [`tickets`] |
//! | `GET /v1/reports/days` | [`days`] |
//! | `GET /v1/reports/times` | [`times`] |
//! | `POST /v1/reports/recount` | [`recount`] |
//! | which days, and whose tickets | [`day_range`] |
//! | who may read reports, and up to when it is counted | [`counted`] |
//! | what handlers have at hand | [`state`] |
//!
//! All of it is read from counters that follow the feed of events, which emits a
//! change some eight seconds after it: every answer says up to when in `as_of`.

mod counted;
mod day_range;
mod days;
pub mod openapi;
mod recount;
mod state;
mod tickets;
mod times;

use lambdesk_api::function::{Function, Routes, get, post};
use state::ReportsState;

/// The routes of this function.
#[must_use]
pub fn routes() -> Function {
    Routes::new()
        .at("/v1/reports/tickets", get(tickets::get))
        .at("/v1/reports/days", get(days::get))
        .at("/v1/reports/times", get(times::get))
        .at("/v1/reports/recount", post(recount::recount))
        .over(ReportsState::new)
}
