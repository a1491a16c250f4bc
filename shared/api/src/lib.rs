//! The HTTP edge: what every HTTP function shares between the socket and the rules.
//!
//! | module | subject |
//! |---|---|
//! | [`layer`] | request ids, problem documents for everything, panics, one log line |
//! | [`problem`] | RFC 9457 problem documents |
//! | [`body`], [`json_patch`], [`media`], [`query`] | strict bodies, patches and query strings, all bad fields at once |
//! | [`page`], [`precondition`], [`cursor`] | answers, lists, versions, sealed positions |
//! | [`state`], [`function`] | what handlers have at hand, a function's routes and binary |
//! | [`auth`] | bearer keys: who calls, with which rights |
//! | [`execute`], [`opening`], [`write`](mod@write), [`idempotency`] | how a command becomes a commit and an answer |
//! | [`cascades`] | what tickets have of something that is deleted |
//! | [`listing`], [`normal_form`] | limits, cursors and page numbers of lists; what cursors are bound to |
//! | [`render`] | how tickets and messages are shown |
//! | [`download`] | links to files of messages |
//! | [`openapi`] | the `OpenAPI` document, made from the types |
//! | [`visitor`] | what a visitor carries: intake sessions, public tokens |
//! | [`channel_token`] | the public token that names a channel |
//! | [`seal`] | the key that seals and signs what leaves and comes back |

pub mod auth;
pub mod body;
pub mod cascades;
pub mod channel_token;
mod checker;
pub mod content;
pub mod cursor;
pub mod download;
mod dry_run;
mod etag;
pub mod execute;
mod failure;
pub mod function;
pub mod idempotency;
pub mod json_patch;
pub mod layer;
pub mod listing;
pub mod media;
pub mod normal_form;
pub mod openapi;
pub mod opening;
pub mod page;
pub mod path;
pub mod precondition;
pub mod problem;
pub mod query;
pub mod render;
pub mod room;
pub mod seal;
pub mod state;
pub mod uses;
pub mod visitor;
pub mod write;
