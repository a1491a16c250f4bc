//! The directory: workspaces, their settings, API keys, and what tickets refer to.
//!
//! | to find | look in |
//! |---|---|
//! | `POST /v1/workspaces`: a workspace with its owner and first key | [`bootstrap`](mod@bootstrap), [`operator`] |
//! | `/v1/workspace`: the settings | [`workspace`] |
//! | `/v1/api-keys`; a second secret beside the first; how keys are shown | [`keys`], [`rotation`], [`key_view`] |
//! | what a key may grant, and for how long | [`key_rules`] |
//! | list, get, create, patch, delete of every kind of entry | [`entries`], [`kind`] |
//! | `/v1/users`; the keys that a user leaves behind | [`users`], [`made_keys`] |
//! | `/v1/teams`, `/v1/categories`, `/v1/tags` | [`labels`] |
//! | `/v1/channels`; what a site signs its visitors' identities with | [`channels`], [`identity`] |
//! | which hosts a channel may name | [`hosts`] |
//! | what lists are narrowed by; what still uses an entry | [`filter`], [`uses`] |
//! | `/v1/custom-fields` | [`fields`] |
//! | a page out of a list that is small enough to be read whole | [`cut`](mod@cut) |
//! | what handlers have at hand | [`state`] |
//!
//! Owners, admins and machine keys with the scope `admin` write; whoever reads
//! tickets may read the entries. Nobody grants a role above their own.
//!
//! # What deleting does
//! What is in use is not deleted by mistake: 409 `in_use` names some of the tickets,
//! channels, webhooks and keys that use it, and how many there are. Where no index
//! leads to its tickets, the newest of every state are looked at; if that is not all,
//! and none of them uses it, the answer says that it can't be sure. An option is
//! deleted from a custom field under the same rule.
//!
//! `?force=true` goes on all the same. Tickets keep the ids of what they refer to: a
//! category, tag, team or user that is deleted has no name on them from then on, and
//! the values of a deleted field or option stay. With a user or a channel its API keys
//! go. So that history stays readable, switch users off instead: they can do nothing
//! and get no more tickets, but keep their names.
//!
//! The last owner who is switched on stays, and a channel that is switched on too.

mod bootstrap;
mod channels;
mod cut;
mod entries;
mod fields;
mod filter;
mod hosts;
mod identity;
mod key_rules;
mod key_view;
mod keys;
mod kind;
mod labels;
mod made_keys;
pub mod openapi;
mod operator;
mod rotation;
mod state;
mod users;
mod uses;
mod workspace;

pub use bootstrap::{Bootstrapped, bootstrap};
pub use operator::OperatorToken;

use crate::{kind::Kind, state::DirectoryState};
use axum::Extension;
use lambdesk_api::function::{Function, Routes, get, post};
use lambdesk_domain::{
    custom_field::FieldDefinition,
    directory::{Category, Channel, Tag, Team, User},
};

/// The routes of this function. Without the operator's token nobody makes workspaces.
#[must_use]
pub fn routes(operator: Option<OperatorToken>) -> Function {
    let routes = Routes::new()
        .at("/v1/workspaces", post(bootstrap::create).wrapped(|methods| methods.layer(Extension(operator))))
        .at("/v1/workspace", get(workspace::get).patch(workspace::patch))
        .at("/v1/api-keys", get(keys::list).post(keys::create))
        .at("/v1/api-keys/{api_key_id}", get(keys::get).patch(keys::patch).delete(keys::revoke))
        .at("/v1/api-keys/{api_key_id}/rotate", post(rotation::rotate))
        .at("/v1/channels/{channel_id}/rotate-token", post(channels::rotate_token))
        .at("/v1/channels/{channel_id}/identity-secret", post(identity::next_secret));
    let routes = entries_of::<Team>(entries_of::<User>(routes));
    let routes = entries_of::<Category>(entries_of::<Tag>(routes));
    entries_of::<FieldDefinition>(entries_of::<Channel>(routes)).over(DirectoryState::of)
}

fn entries_of<K: Kind>(routes: Routes<DirectoryState>) -> Routes<DirectoryState> {
    let one = get(entries::get::<K>).patch(entries::patch::<K>).delete(entries::delete::<K>);
    routes.at(K::PATH, get(entries::list::<K>).post(entries::create::<K>)).at(K::ITEM_PATH, one)
}
