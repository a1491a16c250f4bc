//! Bucket: where it is, as whom it is asked, and the handle over which requests are signed
//! and made. Making one costs nothing; the connector is made with the first request.

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use std::sync::{Arc, OnceLock};

/// A bucket, and as whom it is asked.
#[derive(Debug, Clone)]
pub struct ObjectBucket {
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
    bucket: ObjectBucket,
    connect: fn(Option<&str>) -> SharedHttpConnector,
    http: OnceLock<SharedHttpConnector>,
}

impl Objects {
    /// Over this bucket. `connect` makes the HTTP connector for its endpoint when
    /// the first request is made: signing alone needs none.
    #[must_use]
    pub fn new(bucket: ObjectBucket, connect: fn(Option<&str>) -> SharedHttpConnector) -> Self {
        Self { inner: Arc::new(Inner { bucket, connect, http: OnceLock::new() }) }
    }

    pub(crate) fn bucket(&self) -> &ObjectBucket {
        &self.inner.bucket
    }

    pub(crate) fn http(&self) -> &SharedHttpConnector {
        self.inner.http.get_or_init(|| (self.inner.connect)(self.bucket().endpoint.as_deref()))
    }
}
