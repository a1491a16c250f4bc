//! Intake: anonymous visitors open tickets, read them and reply.
//!
//! A channel's public token only names the channel; a session proves that one of
//! its pages asked; a public token opens one ticket. Whatever a visitor learns is
//! what anyone might: nothing of contacts, notes, other tickets, or what became
//! of their own in the screening.
//!
//! | to find | look in |
//! |---|---|
//! | `POST /intake/{channel_token}/session` | [`session`] |
//! | `POST /intake/{channel_token}/tickets`, and what it takes | [`create`], [`body`] |
//! | `GET /intake/tickets/{public_token}`, `…/messages`, `POST …/read` | [`thread`] |
//! | `POST /intake/tickets/{public_token}/messages` | [`reply`] |
//! | who may: by channel token, by public token | [`channel_access`], [`ticket_token`] |
//! | who the site's own login says a visitor is | [`identity`] |
//! | from which pages, and answers that pages can read | [`origin`], [`cors`] |
//! | what a visitor sees | [`view`] |
//!
//! Not here yet: rates and budgets, proof of work, the served form page, uploads.

mod again;
mod attachments;
mod body;
mod channel_access;
mod cors;
mod create;
mod identity;
pub mod openapi;
mod origin;
mod reply;
mod session;
mod thread;
mod ticket_token;
mod view;
mod visitor_write;

use axum::middleware::from_fn;
use lambdesk_api::{
    function::{Function, Methods, Routes, get, post},
    state::App,
};

/// The routes of this function.
#[must_use]
pub fn routes() -> Function {
    Routes::new()
        .at("/intake/{channel_token}/session", of_channel(post(session::begin)))
        .at("/intake/{channel_token}/tickets", of_channel(post(create::create)))
        .at("/intake/tickets/{public_token}", of_ticket(get(thread::get)))
        .at("/intake/tickets/{public_token}/messages", of_ticket(get(thread::list).post(reply::reply)))
        .at("/intake/tickets/{public_token}/read", of_ticket(post(thread::mark_read)))
        .at("/intake/tickets/{public_token}/attachments/{attachment_id}", of_ticket(get(attachments::get)))
        .over(App::clone)
}

fn of_channel(methods: Methods) -> Methods {
    methods.options(channel_access::preflight).wrapped(|methods| methods.layer(from_fn(cors::answer)))
}

fn of_ticket(methods: Methods) -> Methods {
    methods.options(ticket_token::preflight).wrapped(|methods| methods.layer(from_fn(cors::answer)))
}
