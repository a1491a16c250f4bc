//! The one harness of all tests.
//!
//! | to find | look in |
//! |---|---|
//! | a table in memory, its stream, what goes wrong on request | [`table`], [`faults`] |
//! | every request to the table with its answer | [`traffic`] |
//! | the handles of every store crate over one table | [`stores`] |
//! | a workspace with users, keys, channels, tickets | [`desk`] |
//! | properties against a table, arbitrary values | [`arbitrary`] |
//! | a ticket of the size that figures are for | [`typical`] |
//! | calling a function's routes, and reading answers | [`client`] |
//! | the delivery hints that functions have sent | [`hints`] |
//! | what follows from changes, written as the fan-out writes it | [`Desk::project`] |
//! | Lambda's Runtime API, for whole binaries | [`runtime_api`] |

#![allow(clippy::missing_panics_doc, reason = "a panic is how a test fails")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test fails")]

pub mod arbitrary;
pub mod client;
pub mod desk;
pub mod faults;
pub mod hints;
mod projection;
pub mod runtime_api;
pub mod stores;
pub mod table;
pub mod traffic;
pub mod typical;

pub use arbitrary::{check, renamed, sample, samples, workspace};
pub use client::{Client, ClientAnswer, texts};
pub use desk::Desk;
pub use faults::{Fault, Faults};
pub use hints::Hints;
pub use stores::Stores;
pub use table::{TABLE, TestTable, sdk_client};
pub use traffic::{RecordedRequest, Traffic};
