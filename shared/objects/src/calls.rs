//! The few requests that we make ourselves. Each may be sent again without harm.

use crate::{bucket::Objects, error::ObjectsError, key::ObjectKey, sign::presign};
use aws_smithy_runtime_api::{
    client::{http::HttpConnector, orchestrator::HttpRequest},
    http::Response,
};
use aws_smithy_types::body::SdkBody;
use lambdesk_domain::time::Timestamp;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// How long the signature of such a request holds.
const LIVES: Duration = Duration::from_mins(1);
/// For one attempt.
const ATTEMPT: Duration = Duration::from_secs(2);
/// Including the first.
const ATTEMPTS: u32 = 3;
/// The wait before the second attempt, doubled for the third.
const BACKOFF: Duration = Duration::from_millis(50);

/// What is stored under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Its length in bytes.
    pub size: u64,
    /// Its media type.
    pub content_type: String,
}

impl Objects {
    /// What is stored under this name; none when nothing is.
    ///
    /// # Errors
    /// When the object store fails or refuses.
    pub async fn head(&self, key: &ObjectKey, now: Timestamp) -> Result<Option<Head>, ObjectsError> {
        let response = self.call("HEAD", key, "", now).await?;
        let header = |name: &str| response.headers().get(name).unwrap_or_default();
        match response.status().as_u16() {
            200 => Ok(Some(Head {
                size: header("content-length").parse().unwrap_or_default(),
                content_type: header("content-type").to_owned(),
            })),
            404 => Ok(None),
            status => Err(ObjectsError::Refused(status)),
        }
    }

    /// Keeps an object for good: takes the tag off by which the lifecycle would
    /// remove it.
    ///
    /// # Errors
    /// When the object store fails or refuses, also because there is no such object.
    pub async fn keep(&self, key: &ObjectKey, now: Timestamp) -> Result<(), ObjectsError> {
        self.done("DELETE", key, "?tagging=", now).await
    }

    /// Removes an object, whether it is there or not.
    ///
    /// # Errors
    /// When the object store fails or refuses.
    pub async fn delete(&self, key: &ObjectKey, now: Timestamp) -> Result<(), ObjectsError> {
        self.done("DELETE", key, "", now).await
    }

    async fn done(&self, method: &str, key: &ObjectKey, query: &str, now: Timestamp) -> Result<(), ObjectsError> {
        match self.call(method, key, query, now).await?.status().as_u16() {
            200 | 204 => Ok(()),
            status => Err(ObjectsError::Refused(status)),
        }
    }

    async fn call(
        &self,
        method: &str,
        key: &ObjectKey,
        query: &str,
        now: Timestamp,
    ) -> Result<Response<SdkBody>, ObjectsError> {
        let url = format!("{}{query}", self.bucket().url(key));
        let url = presign(self.bucket(), method, &url, &[], LIVES, now)?;
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                sleep(BACKOFF * attempt).await;
            }
            let answer = timeout(ATTEMPT, self.http().call(request(method, &url)?)).await;
            match answer {
                Ok(Ok(response)) if !is_passing(response.status().as_u16()) => return Ok(response),
                Ok(Ok(response)) => tracing::warn!(status = response.status().as_u16(), "the object store fails"),
                Ok(Err(_)) | Err(_) => tracing::warn!("the object store does not answer"),
            }
        }
        Err(ObjectsError::Unavailable)
    }
}

/// Whether trying again may help: throttled, or failing.
const fn is_passing(status: u16) -> bool {
    status == 429 || status >= 500
}

fn request(method: &str, url: &str) -> Result<HttpRequest, ObjectsError> {
    let mut request = HttpRequest::new(SdkBody::empty());
    request.set_method(method).map_err(|_| ObjectsError::Address)?;
    request.set_uri(url).map_err(|_| ObjectsError::Address)?;
    Ok(request)
}
