//! Tickets: create, list, read, change.
//!
//! | to find | look in |
//! |---|---|
//! | `POST /v1/tickets`; whose a new ticket is | [`create`], [`client`] |
//! | `GET /v1/tickets`; its query: filters, orders, names, normal form | [`list`], [`query`] |
//! | a ticket by its number | [`number`] |
//! | one ticket with its thread, its activity log | [`read`] |
//! | PATCH, PUT, and how a change is made and answered | [`change`] |
//! | setters, verbs | [`setters`], [`verbs`] |
//! | the fields of PATCH and PUT; the document of JSON Patch | [`fields`], [`document`] |
//! | ids and names held to the workspace | [`references`] |
//! | what handlers have at hand | [`state`] |

mod activities;
mod again;
mod change;
mod client;
mod create;
mod document;
mod fields;
mod fit;
mod list;
mod number;
pub mod openapi;
mod query;
mod read;
mod references;
mod setters;
mod state;
mod verbs;

use lambdesk_api::function::{Function, Routes, delete, get, post, put};
use state::TicketsState;

/// The routes of this function.
#[must_use]
pub fn routes() -> Function {
    Routes::new()
        .at("/v1/tickets", get(list::list).post(create::create))
        .at("/v1/tickets/number/{number}", get(number::get))
        .at("/v1/tickets/{ticket_id}", get(read::get).patch(change::patch).put(change::replace).delete(verbs::delete))
        .at("/v1/tickets/{ticket_id}/status", put(setters::status))
        .at("/v1/tickets/{ticket_id}/assignee", put(setters::assignee))
        .at("/v1/tickets/{ticket_id}/assign", post(verbs::assign_to_me))
        .at("/v1/tickets/{ticket_id}/team", put(setters::team))
        .at("/v1/tickets/{ticket_id}/tags", put(setters::replace_tags).post(setters::attach_tags))
        .at("/v1/tickets/{ticket_id}/tags/{tag_id}", delete(verbs::detach_tag))
        .at("/v1/tickets/{ticket_id}/follow_up", put(setters::follow_up))
        .at("/v1/tickets/{ticket_id}/archive", post(verbs::archive))
        .at("/v1/tickets/{ticket_id}/restore", post(verbs::restore))
        .at("/v1/tickets/{ticket_id}/read", post(verbs::read))
        .at("/v1/tickets/{ticket_id}/unread", post(verbs::unread))
        .at("/v1/tickets/{ticket_id}/activities", get(activities::list))
        .over(TicketsState::new)
}
