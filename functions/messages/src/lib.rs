//! Messages: a ticket's thread, replies, notes.
//!
//! | to find | look in |
//! |---|---|
//! | `GET /v1/tickets/{ticket_id}/messages`, one message | [`read`] |
//! | `POST /v1/tickets/{ticket_id}/messages` | [`post`](mod@post) |

mod post;
mod read;

use axum::routing::get;
use lambdesk_api::function::Routes;

/// The routes of this function.
#[must_use]
pub fn routes() -> Routes {
    Routes::new()
        .at("/v1/tickets/{ticket_id}/messages", get(read::list).post(post::post))
        .at("/v1/tickets/{ticket_id}/messages/{message_id}", get(read::get))
}
