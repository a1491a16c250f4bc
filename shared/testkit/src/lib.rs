//! The one harness of all tests.
//!
//! | to find | look in |
//! |---|---|
//! | a table in memory, its stream, what goes wrong on request | [`table`], [`faults`] |
//! | every request to the table with its answer | [`traffic`] |
//! | the handles of every store crate over one table | [`stores`] |
//! | a workspace with users, keys, channels, tickets | [`desk`] |
//! | calling a function's routes, and reading answers | [`client`] |
//! | arbitrary values, the same in every run | [`samples`] |
//! | what follows from changes, written as the fan-out writes it | [`Desk::project`] |
//! | Lambda's Runtime API, for whole binaries | [`runtime_api`] |

#![allow(clippy::missing_panics_doc, reason = "a panic is how a test fails")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a panic is how a test fails")]

pub mod client;
pub mod desk;
pub mod faults;
mod projection;
pub mod runtime_api;
mod samples;
pub mod stores;
pub mod table;
pub mod traffic;

pub use client::{Answer, Client, texts};
pub use desk::Desk;
pub use faults::{Fault, Faults};
pub use samples::samples;
pub use stores::Stores;
pub use table::{TABLE, TestTable};
pub use traffic::{RecordedRequest, Traffic};
