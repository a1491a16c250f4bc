//! The `OpenAPI` 3.1 document, made from the types that the code runs on.
//!
//! A handler's signature tells most of its operation: a key, ids in the path, a
//! body, what a write may say besides ([`DescribeOperation`]). The rest is told in each
//! function's `openapi.rs`, by handler: [`Operations::op`]. Where a handler is
//! served says [`Routes`](crate::function::Routes) alone. Bounds and words in the
//! schemas are those of the types.
//!
//! Nothing of this runs in a Lambda, and the linker leaves it out: a test makes
//! the document, holds it against the routes, and keeps it in `functions/docs`.

mod access;
mod document;
mod operation;
mod operations;
mod schemas;
mod signature;

pub use access::{Access, Callers};
pub use document::{Incomplete, document, webhook};
pub use operation::Operation;
pub use operations::Operations;
pub use schemas::{Schemas, nullable, text_or_html, text_or_html_or_files};
pub use signature::{DescribeOperation, HandlerArgs};
