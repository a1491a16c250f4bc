//! The whole of Lambdesk in one process: the very functions that run as Lambdas,
//! over the embedded engine. What AWS does between them is done by plain tasks:
//!
//! | in the cloud | here |
//! |---|---|
//! | API Gateway | one listener, all routers merged ([`stack`]) |
//! | the table's stream → fanout | a pump with a remembered position ([`pump`]) |
//! | the bucket of attachments | a stand-in on the same listener ([`objects`]) |
//! | the queue → deliver | a channel ([`pump`]) |
//! | the schedule → sweep | a timer ([`pump`]) |
//! | TTL, the stream's retention | a timer ([`pump`]) |

pub mod demo;
mod document;
mod error;
mod gateway;
mod keys;
pub mod objects;
mod options;
pub mod pump;
pub mod stack;
mod table;

pub use document::document;
pub use error::StartError;
pub use options::Options;
pub use stack::{Interrupts, Stack};
pub use table::TABLE;
