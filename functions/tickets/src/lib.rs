//! Tickets: create, list, read, change.
//!
//! | to find | look in |
//! |---|---|
//! | `POST /v1/tickets` | [`create`] |
//! | `GET /v1/tickets` and its filters | [`list`] |
//! | one ticket with its thread, its activity log | [`read`] |
//! | patches, setters and verbs | [`change`] |
//! | the fields they take, checked against the directory | [`fields`] |

mod change;
mod create;
mod fields;
mod list;
mod read;

use axum::routing::{delete, get, post, put};
use lambdesk_api::function::Routes;

/// The routes of this function.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .at("/v1/tickets", get(list::list).post(create::create))
        .at("/v1/tickets/{ticket_id}", get(read::get).patch(change::patch).put(change::replace).delete(change::delete))
        .at("/v1/tickets/{ticket_id}/status", put(change::status))
        .at("/v1/tickets/{ticket_id}/assignee", put(change::assignee))
        .at("/v1/tickets/{ticket_id}/assign", post(change::assign_to_me))
        .at("/v1/tickets/{ticket_id}/team", put(change::team))
        .at("/v1/tickets/{ticket_id}/tags", put(change::replace_tags).post(change::attach_tags))
        .at("/v1/tickets/{ticket_id}/tags/{tag_id}", delete(change::detach_tag))
        .at("/v1/tickets/{ticket_id}/follow_up", put(change::follow_up))
        .at("/v1/tickets/{ticket_id}/archive", post(change::archive))
        .at("/v1/tickets/{ticket_id}/restore", post(change::restore))
        .at("/v1/tickets/{ticket_id}/read", post(change::read))
        .at("/v1/tickets/{ticket_id}/unread", post(change::unread))
        .at("/v1/tickets/{ticket_id}/activities", get(read::activities))
}
