//! Messages: a ticket's thread, replies, notes.
//!
//! | to find | look in |
//! |---|---|
//! | `GET /v1/tickets/{ticket_id}/messages`, one message | [`read`] |
//! | `POST /v1/tickets/{ticket_id}/messages` | [`post`](mod@post), with files [`take`](mod@take) |
//! | `PATCH`, `DELETE /v1/tickets/{ticket_id}/messages/{message_id}` | [`edit`], [`delete`](mod@delete) |
//! | what is answered again to a request that was sent twice | [`again`](mod@again) |
//! | `/v1/tickets/{ticket_id}/attachments` | [`attachments`] |

mod again;
mod attachments;
mod delete;
mod edit;
pub mod openapi;
mod post;
mod read;
mod take;

use lambdesk_api::{
    function::{Function, Routes, get, post},
    state::App,
};

/// The routes of this function.
#[must_use]
pub fn routes() -> Function {
    Routes::new()
        .at("/v1/tickets/{ticket_id}/messages", get(read::list).post(post::post))
        .at("/v1/tickets/{ticket_id}/messages/{message_id}", get(read::get).patch(edit::edit).delete(delete::delete))
        .at("/v1/tickets/{ticket_id}/attachments", post(attachments::announce))
        .at("/v1/tickets/{ticket_id}/attachments/{attachment_id}", get(attachments::get))
        .over(App::clone)
}
