//! Random tickets, commands and circumstances for property tests, here and in
//! the crates above. Behind the feature `testing`; nothing of it ships.
//!
//! References come from small pools, so that "assign to whom it is assigned to"
//! and other coincidences happen. Every personal text contains [`MARKER`].

mod commands;
pub mod samples;
mod tickets;
mod values;

pub use commands::{AnyCommand, actor, command, context, fields, new_reply, rules, trusted, update};
pub use tickets::{Step, created, history, new_ticket, replayed, step, ticket};
pub use values::{
    MARKER, account_id, category, channel, contact, content, custom_fields, custom_value, email, external_id,
    field_key, name, one_of_few, phone, requester, status, subject, summary, tag, tags, team, time, uid, user,
};
