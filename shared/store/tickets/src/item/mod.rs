//! The ticket item: its attributes, how it is read, written and changed. Whatever is
//! read or written here is one item; a request is made of it elsewhere.

pub(crate) mod attr;
mod compact;
mod condition;
mod decode;
mod encode;
mod news;
mod update;

pub use attr::filterable;
pub use condition::reach;
pub(crate) use condition::{condition, is_written, unwritten};
pub use decode::decode;
pub use encode::{custom as custom_value, encode};
pub(crate) use update::update;

use lambdesk_domain::ticket::Ticket;
use lambdesk_table::{Expression, Item};

/// Reads a ticket where one that can't be read must not stop a walk over many: it is
/// logged and left out.
#[must_use]
pub fn readable(item: &Item) -> Option<Ticket> {
    decode(item).inspect_err(|error| tracing::error!(%error, "a ticket can't be read")).ok()
}
