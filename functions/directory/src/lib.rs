//! The directory: workspaces, their settings, API keys, and what tickets refer to.
//!
//! | to find | look in |
//! |---|---|
//! | `POST /v1/workspaces`: a workspace with its owner and first key | [`bootstrap`](mod@bootstrap), [`operator`] |
//! | `/v1/workspace`: the settings | [`workspace`] |
//! | `/v1/api-keys` | [`keys`] |
//! | list, get, create, patch, delete of every kind of entry | [`entries`], [`kind`] |
//! | `/v1/users` | [`users`] |
//! | `/v1/teams`, `/v1/categories`, `/v1/tags` | [`labels`] |
//! | `/v1/channels` | [`channels`] |
//! | `/v1/custom-fields` | [`fields`] |
//! | a page out of a list that is small enough to be read whole | [`cut`](mod@cut) |
//!
//! Owners, admins and machine keys with the scope `admin` write; whoever reads
//! tickets may read the entries. Nobody grants a role above their own.
//!
//! # What deleting does
//! Tickets keep the ids of what they refer to: a category, tag, team or user that
//! is deleted has no name on them from then on. The last owner can't be deleted,
//! nor can a channel that is switched on. With a user or a channel its API keys
//! go. The values of a deleted custom field stay on the tickets that have them.

mod bootstrap;
mod channels;
mod cut;
mod entries;
mod fields;
mod filter;
mod keys;
mod kind;
mod labels;
pub mod openapi;
mod operator;
mod rotation;
mod users;
mod uses;
mod workspace;

pub use bootstrap::{Bootstrapped, bootstrap};
pub use operator::OperatorToken;

use axum::Extension;
use kind::Kind;
use lambdesk_api::function::{Routes, get, post};
use lambdesk_domain::{
    custom_field::FieldDefinition,
    directory::{Category, Channel, Tag, Team, User},
};

/// The routes of this function. Without the operator's token nobody makes workspaces.
#[must_use]
pub fn routes(operator: Option<OperatorToken>) -> Routes {
    let routes = Routes::new()
        .at("/v1/workspaces", post(bootstrap::create).wrapped(|methods| methods.layer(Extension(operator))))
        .at("/v1/workspace", get(workspace::get).patch(workspace::patch))
        .at("/v1/api-keys", get(keys::list).post(keys::create))
        .at("/v1/api-keys/{api_key_id}", get(keys::get).patch(keys::patch).delete(keys::revoke))
        .at("/v1/api-keys/{api_key_id}/rotate", post(rotation::rotate))
        .at("/v1/channels/{channel_id}/rotate-token", post(channels::rotate_token));
    let routes = entries_of::<Team>(entries_of::<User>(routes));
    let routes = entries_of::<Category>(entries_of::<Tag>(routes));
    entries_of::<FieldDefinition>(entries_of::<Channel>(routes))
}

fn entries_of<K: Kind>(routes: Routes) -> Routes {
    let one = get(entries::get::<K>).patch(entries::patch::<K>).delete(entries::delete::<K>);
    routes.at(K::PATH, get(entries::list::<K>).post(entries::create::<K>)).at(K::ITEM_PATH, one)
}
