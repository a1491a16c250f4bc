//! Reports: how many tickets stand where, what happened on which day, how long it took.
//!
//! | to find | look in |
//! |---|---|
//! | `GET /v1/reports/tickets` | [`tickets`] |
//! | `GET /v1/reports/days` | [`days`] |
//! | `GET /v1/reports/times` | [`times`] |
//! | `POST /v1/reports/recount` | [`recount`] |
//! | which days and whose tickets are asked for | [`asked`] |
//! | who may ask, and up to when it is counted | [`counted`] |
//!
//! All of it is read from counters that follow the feed of events, which tells of a
//! change some eight seconds after it: every answer says up to when in `as_of`.

mod asked;
mod counted;
mod days;
pub mod openapi;
mod recount;
mod tickets;
mod times;

use lambdesk_api::function::{Routes, get, post};

/// The routes of this function.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .at("/v1/reports/tickets", get(tickets::get))
        .at("/v1/reports/days", get(days::get))
        .at("/v1/reports/times", get(times::get))
        .at("/v1/reports/recount", post(recount::recount))
}
