//! The table layer: the only crate that builds a `DynamoDB` request.
//!
//! | to find | look in |
//! |---|---|
//! | the keys of every item and index, with all access patterns | [`keys`] |
//! | one conditional write, alone or as a step of a transaction | [`Write`], [`Tx`] |
//! | reading: one item, many, a range, a filtered page | [`Table`], [`Query`], [`FilteredPage`] |
//! | how often a request is tried, and how long that takes at most | [`retry`] |
//! | what a request costs | [`meter`] |
//! | items: attributes, documents, formats | [`item`] |
//! | something as it was read, so that a write can be held to it | [`Versioned`] |
//! | answers remembered under an idempotency key | [`answers`] |
//! | the table itself, its indexes and stream | [`schema`] |

pub mod answers;
mod batch;
mod error;
mod expression;
mod filtered;
pub mod item;
pub mod keys;
pub mod meter;
mod query;
pub mod retry;
pub mod schema;
mod table;
mod tx;
mod versioned;
mod write;

pub use answers::{AlreadyAnswered, AnswerError, Answered, Record};
pub use batch::BatchWrite;
pub use error::{Corrupt, TableError};
pub use expression::Expression;
pub use filtered::{FilteredPage, FilteredQuery};
pub use item::{FORMAT, Item, Value};
pub use keys::{Index, Key, Tenant};
pub use meter::{Operation, Usage, measured};
pub use query::{Page, Query, Slice};
pub use table::Table;
pub use tx::Tx;
pub use versioned::{Held, Versioned, unchanged, version_of};
pub use write::{Updated, Write};
