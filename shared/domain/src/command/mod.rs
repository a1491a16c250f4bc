//! Commands decided into changes.
//!
//! Every decision is made for a [`Prior`]: without the ticket, on the likely case,
//! or with it. The property that ties both together is tested: whenever the
//! guard of the uninformed decision admits a ticket, the informed one has the
//! same effect on it.

mod context;
mod continued;
mod create;
mod decision;
mod delete_message;
mod edit_message;
mod rejection;
mod reply;
mod update;

pub use context::{Context, Prior};
pub use continued::continued;
pub use create::create;
pub use decision::{Change, Decision};
pub use delete_message::{RemainingMessages, delete_message};
pub use edit_message::edit_message;
pub use rejection::Rejection;
pub use reply::{NewReply, ReplyKind, reply};
pub use update::{Fields, Update, follow_up_due, update};

pub use crate::ticket::{NewTicket, Opening};
