//! Object storage: where the bytes of attachments are.
//!
//! Bytes never pass through a function. Whoever uploads is given a signed request
//! that stores exactly one object of one size and type, once; whoever downloads, a
//! link of some minutes that makes every client save the file instead of showing it.
//! Both are signed here (AWS Signature Version 4, in the query), without a request.
//!
//! | to find | look in |
//! |---|---|
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

mod calls;
mod erasure;
mod error;
mod key;
mod personal_data;
mod removal;
mod sign;

pub use calls::Head;
pub use erasure::remove_files;
pub use error::{ObjectsError, RemovalError};
pub use key::ObjectKey;
pub use personal_data::{JobWorker, Progress};
pub use removal::Removal;
pub use sign::{PENDING, SignedDownload, SignedUpload};

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use std::sync::{Arc, OnceLock};

/// A bucket, and as whom it is asked.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Its region.
    pub region: String,
    /// Whose signature it knows. Their secret parts show in no `Debug`.
    pub credentials: Credentials,
    /// Another base URL than the region's: the bucket's name follows in its path.
    pub endpoint: Option<String>,
}

/// A bucket with what speaks to it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Objects {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    bucket: Bucket,
    connect: fn(Option<&str>) -> SharedHttpConnector,
    http: OnceLock<SharedHttpConnector>,
}

impl Objects {
    /// Over this bucket. `connect` makes the HTTP connector for its endpoint when
    /// the first request is made: signing alone needs none.
    #[must_use]
    pub fn new(bucket: Bucket, connect: fn(Option<&str>) -> SharedHttpConnector) -> Self {
        Self { inner: Arc::new(Inner { bucket, connect, http: OnceLock::new() }) }
    }

    fn bucket(&self) -> &Bucket {
        &self.inner.bucket
    }

    fn http(&self) -> &SharedHttpConnector {
        self.inner.http.get_or_init(|| (self.inner.connect)(self.bucket().endpoint.as_deref()))
    }
}
