//! The wire: `DynamoDB`'s JSON protocol (`application/x-amz-json-1.0`), in just the parts
//! that the table needs.
//!
//! Why not the SDK's client: measured with callgrind over the tickets function, its
//! construction and its machinery were half of a start, its parsing two fifths of a list,
//! and it was 1.5 MB of a binary of 8.9. What is here is one signed POST; the types of
//! values, the signature's arithmetic, HTTP and TLS still come from the SDK's crates, and
//! tests hold the signature and the engine's answers against the SDK.

pub(crate) mod answer;
mod connection;
mod failure;
mod pool;
pub(crate) mod request;
mod sign;
pub(crate) mod value;

pub use connection::Connection;
pub(crate) use failure::{Failure, Reason, ServiceRefusal};
