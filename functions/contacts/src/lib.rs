//! Contacts, the people who write in, and accounts, what they write about.
//!
//! | to find | look in |
//! |---|---|
//! | `/v1/contacts`: list, make, read, change, delete | [`contacts`] |
//! | what a body says of a contact, and how one is answered | [`contact_body`] |
//! | block, unblock, a contact's tickets | [`verbs`] |
//! | merge, erase and their receipts | [`jobs`] |
//! | export | [`export`] |
//! | what a caller and a write are held to | [`access`] |
//! | what handlers have at hand | [`state`] |
//! | `/v1/accounts` | [`accounts`] |
//! | which of them a caller sees | [`sight`] |
//! | what still uses a contact or account | [`uses`] |
//!
//! All of it is for people and machines: a channel key sees its tickets only. Restricted
//! users have it as far as their own tickets go.

mod access;
mod account_body;
mod accounts;
mod contact_body;
mod contacts;
mod export;
mod jobs;
pub mod openapi;
mod sight;
mod state;
mod uses;
mod verbs;

use crate::state::ContactsState;
use lambdesk_api::function::{Function, Routes, get, post};

/// The routes of this function.
#[must_use]
pub fn routes() -> Function {
    Routes::new()
        .at("/v1/contacts", get(contacts::list).post(contacts::create))
        .at("/v1/contacts/{contact_id}", get(contacts::get).patch(contacts::patch).delete(contacts::delete))
        .at("/v1/contacts/{contact_id}/block", post(verbs::block))
        .at("/v1/contacts/{contact_id}/unblock", post(verbs::unblock))
        .at("/v1/contacts/{contact_id}/tickets", get(verbs::tickets))
        .at("/v1/contacts/{contact_id}/merge", post(jobs::merge))
        .at("/v1/contacts/{contact_id}/erase", post(jobs::erase))
        .at("/v1/contacts/{contact_id}/export", get(export::export))
        .at("/v1/contacts/{contact_id}/receipts", get(jobs::receipts))
        .at("/v1/contacts/{contact_id}/receipts/{receipt_id}", get(jobs::receipt))
        .at("/v1/accounts", get(accounts::list).post(accounts::create))
        .at("/v1/accounts/{account_id}", get(accounts::get).patch(accounts::patch).delete(accounts::delete))
        .over(ContactsState::of)
}
