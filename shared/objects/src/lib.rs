//! Object storage: where the bytes of attachments are.
//!
//! Bytes never pass through a function. Whoever uploads is given a signed request
//! that stores exactly one object of one size and type, once; whoever downloads, a
//! link of some minutes that makes every client save the file instead of showing it.
//! Both are signed here (AWS Signature Version 4, in the query), without a request.
//!
//! | to find | look in |
//! |---|---|
//! | the bucket, and the handle of it | [`ObjectBucket`], [`Objects`] |
//! | names of objects | [`ObjectKey`] |
//! | signing | `sign` |
//! | the few requests that we make ourselves | `calls` |
//! | removing what a ticket has stored | `removal` |
//! | the worker of merge and erase jobs | `personal_data` |
//!
//! An object is stored with the tag `state=pending`, and loses it when a message
//! takes it. What still has the tag after a day is removed by the bucket's
//! lifecycle, so an upload that is abandoned, or whose ticket went meanwhile, goes
//! by itself. The table's item of a file outlives its object: what is stored for
//! good can be found from the ticket.
//!
//! S3's rules that this rests on: a signed header must be sent just so
//! (`content-length` and `content-type` bind size and type), and `If-None-Match: *`
//! stores only where nothing is yet.

mod bucket;
mod calls;
mod erasure;
mod error;
mod key;
mod personal_data;
mod removal;
mod sign;

pub use bucket::{ObjectBucket, Objects};
pub use calls::Head;
pub use erasure::remove_files;
pub use error::{ObjectsError, RemovalError};
pub use key::ObjectKey;
pub use personal_data::{JobWorker, Progress};
pub use removal::Removal;
pub use sign::{PENDING, SignedDownload, SignedUpload};
