#![doc = include_str!("../README.md")]

mod attachments;
mod bodies;
mod cascades;
mod commit;
mod create;
mod erase;
mod error;
mod handle;
pub mod item;
pub mod message;
mod number_reserve;
mod numbers;
mod purge;
mod reconcile;
mod reindex;
mod thread;
mod uses;

pub use cascades::{CascadeProgress, begin_cascade};
pub use create::NewItems;
pub use error::{CommitError, CreateError};
pub use handle::Tickets;
pub use purge::OldestTickets;
pub use reconcile::TicketSlice;
pub use thread::{MessagesRead, ThreadCut, ThreadPage};
pub use uses::{UsedBy, UserKind, index_entries};
