#![doc = include_str!("../README.md")]

pub mod answers;
mod batch;
mod error;
mod expression;
mod filtered;
mod format;
pub mod item;
pub mod keys;
pub mod meter;
pub mod packed;
mod projection;
mod query;
pub mod retry;
pub mod schema;
mod table;
mod tx;
mod versioned;
mod wire;
mod write;

pub use answers::{AlreadyAnswered, AnswerError, Answered, Record};
pub use batch::BatchWrite;
pub use error::{Corrupt, TableError};
pub use expression::Expression;
pub use filtered::{FilteredPage, FilteredQuery};
pub use item::{FORMAT, Item, Value};
pub use keys::{Index, Key, Tenant};
pub use meter::{TableRequest, Usage, measured};
pub use query::{Page, Query, Slice};
pub use table::Table;
pub use tx::Tx;
pub use versioned::{Held, Versioned, unchanged, version_of};
pub use wire::Connection;
pub use write::{Updated, Write};

// For `log_failure!` alone, so that it works in crates that log nothing else.
#[doc(hidden)]
pub use tracing;
