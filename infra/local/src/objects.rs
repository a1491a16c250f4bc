//! A stand-in for the object store, on the same listener: S3's contract as far as
//! attachments need it. Signed requests only, each signature computed anew with
//! code of its own (`signature`), uploads bound to size, type and first time,
//! errors in S3's codes.
//!
//! Not like S3: everything is in one folder or in memory, requests without a
//! signature in the query are refused, and there are no multipart uploads.

mod answer;
mod files;
mod signature;

pub use files::Files;

use crate::objects::{
    answer::ObjectFault,
    files::{Meta, StoredFile},
    signature::{Secret, SignedRequest},
};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Path, RawQuery, State},
    http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header},
    routing::any,
};
use lambdesk_objects::{ObjectBucket, ObjectKey, PENDING};
use lambdesk_runtime::Clock;
use std::{sync::Arc, time::Duration};

/// Where it is served.
pub const PATH: &str = "/objects";
/// What is never taken by a message is removed after this time, as by the bucket's lifecycle.
const PENDING_KEPT: Duration = Duration::from_hours(24);
/// The largest body that is read: more than any announced file.
const LARGEST: usize = 64 * 1024 * 1024;

/// The stand-in: where objects are, and whose signature it knows.
#[derive(Clone)]
pub struct ObjectStore {
    files: Arc<Files>,
    bucket: Arc<ObjectBucket>,
    clock: Clock,
}

impl ObjectStore {
    /// Over these files, known to who signs for this bucket.
    #[must_use]
    pub fn new(files: Files, bucket: ObjectBucket, clock: Clock) -> Self {
        Self { files: Arc::new(files), bucket: Arc::new(bucket), clock }
    }

    /// Its routes.
    pub fn router(self) -> Router {
        Router::new().route(&format!("{PATH}/{{bucket}}/{{*key}}"), any(serve)).with_state(self)
    }

    /// Removes uploads that no message has taken for a day.
    pub fn expire(&self) {
        if let Err(error) = self.files.expire(self.clock.now().minus(PENDING_KEPT)) {
            tracing::warn!(%error, "abandoned uploads can't be removed");
        }
    }

    fn secret(&self) -> Secret<'_> {
        let credentials = &self.bucket.credentials;
        Secret { id: credentials.access_key_id(), key: credentials.secret_access_key(), region: &self.bucket.region }
    }
}

async fn serve(
    State(store): State<ObjectStore>,
    Path((bucket, key)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    request: Request<Body>,
) -> Response<Body> {
    if request.method() == Method::OPTIONS {
        return answer::preflight(request.headers());
    }
    let query = query.unwrap_or_default();
    let is_head = request.method() == Method::HEAD;
    let answered = answer_to(&store, &bucket, &key, &query, request).await;
    let mut response = answered.unwrap_or_else(|fault| fault.answer(is_head));
    answer::allow_any_origin(response.headers_mut());
    response
}

async fn answer_to(
    store: &ObjectStore,
    bucket: &str,
    key: &str,
    query: &str,
    request: Request<Body>,
) -> Result<Response<Body>, ObjectFault> {
    let signed = SignedRequest::read(query)?;
    signed.verify(&store.secret(), &request, store.clock.now())?;
    if bucket != store.bucket.name {
        return Err(ObjectFault::NoSuchBucket);
    }
    let key = ObjectKey::parse(key).ok_or(ObjectFault::NoSuchKey)?;
    let is_of_tags = signed.parameter("tagging").is_some();
    match (request.method().as_str(), is_of_tags) {
        ("PUT", false) => put(store, key, request).await,
        ("GET", false) => get(store, key, &signed),
        ("HEAD", false) => head(store, key),
        ("DELETE", false) => {
            store.files.delete(key)?;
            Ok(answer::empty(StatusCode::NO_CONTENT))
        }
        ("DELETE", true) => {
            store.files.untag(key)?.then_some(()).ok_or(ObjectFault::NoSuchKey)?;
            Ok(answer::empty(StatusCode::NO_CONTENT))
        }
        _ => Err(ObjectFault::MethodNotAllowed),
    }
}

async fn put(store: &ObjectStore, key: ObjectKey, request: Request<Body>) -> Result<Response<Body>, ObjectFault> {
    let (head, body) = request.into_parts();
    let text = |name: &str| text_of(&head.headers, name);
    let length: usize =
        text("content-length").and_then(|length| length.parse().ok()).ok_or(ObjectFault::MissingLength)?;
    let is_once = match text("if-none-match") {
        None => false,
        Some("*") => true,
        Some(_) => return Err(ObjectFault::NotImplemented),
    };
    let bytes = to_bytes(body, LARGEST).await.map_err(|_| ObjectFault::IncompleteBody)?;
    if bytes.len() != length {
        return Err(ObjectFault::IncompleteBody);
    }
    let meta = Meta {
        content_type: text("content-type").unwrap_or("binary/octet-stream").to_owned(),
        is_pending: text("x-amz-tagging") == Some(PENDING),
        at: store.clock.now().millis(),
    };
    if store.files.put(key, StoredFile { meta, bytes }, is_once)? {
        Ok(answer::empty(StatusCode::OK))
    } else {
        Err(ObjectFault::PreconditionFailed)
    }
}

fn get(store: &ObjectStore, key: ObjectKey, signed: &SignedRequest) -> Result<Response<Body>, ObjectFault> {
    let StoredFile { meta, bytes } = store.files.get(key)?.ok_or(ObjectFault::NoSuchKey)?;
    let mut response = Response::new(Body::from(bytes));
    let kind = signed.parameter("response-content-type").unwrap_or(&meta.content_type);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, value(kind)?);
    if let Some(disposition) = signed.parameter("response-content-disposition") {
        headers.insert(header::CONTENT_DISPOSITION, value(disposition)?);
    }
    Ok(response)
}

fn head(store: &ObjectStore, key: ObjectKey) -> Result<Response<Body>, ObjectFault> {
    let StoredFile { meta, bytes } = store.files.get(key)?.ok_or(ObjectFault::NoSuchKey)?;
    let mut response = answer::empty(StatusCode::OK);
    response.headers_mut().insert(header::CONTENT_TYPE, value(&meta.content_type)?);
    response.headers_mut().insert(header::CONTENT_LENGTH, bytes.len().into());
    Ok(response)
}

fn value(text: &str) -> Result<HeaderValue, ObjectFault> {
    HeaderValue::try_from(text).map_err(|_| ObjectFault::InvalidArgument)
}

fn text_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
