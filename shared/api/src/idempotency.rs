//! `Idempotency-Key`: the same request gives the same answer, once done.
//!
//! The answer is written in the same transaction as the change, so there is no
//! moment in which one exists without the other. Its body is sealed: it may
//! hold personal text, or a token that is shown once. A body that makes the record larger
//! than a unit is not remembered where it can be [`Made`] again of what was written: then
//! the answer says what that is like by now.

mod made;

pub use self::made::{Made, MadeAgain};

use crate::{
    auth::hex,
    page::{One, USUAL_BODY},
    problem::Problem,
    seal::SealingKey,
};
use axum::{
    body::Body,
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_TYPE, ETAG, LOCATION},
        request::Parts,
    },
    response::{IntoResponse, Response},
};
use lambdesk_domain::{
    budget,
    id::{Version, WorkspaceId},
};
use lambdesk_table::{
    Answered, Record,
    packed::{is_packed, pack, unpack},
};
use serde::Serialize;
use sha2::{Digest, Sha256};

const HEADER: &str = "idempotency-key";
const PURPOSE: &str = "idempotent-answer";
/// Shorter bodies are remembered as they are.
const WORTH_PACKING: usize = 600;
/// No remembered body has so many bytes.
const MOST_UNPACKED: usize = 4 << 20;
/// The longest key taken.
pub(crate) const MAX_KEY: usize = 255;

/// A caller's key for one request.
#[derive(Debug, Clone)]
pub struct IdempotencyKey {
    key: String,
    route: String,
}

impl IdempotencyKey {
    pub(crate) fn of(parts: &Parts) -> Result<Option<Self>, Problem> {
        let mut headers = parts.headers.get_all(HEADER).iter();
        let Some(header) = headers.next() else {
            return Ok(None);
        };
        let key = header.to_str().unwrap_or_default().trim();
        if key.is_empty() || key.len() > MAX_KEY || headers.next().is_some() {
            return Err(Problem::malformed("Idempotency-Key must be given once, with 1 to 255 ASCII characters"));
        }
        Ok(Some(Self { key: key.to_owned(), route: parts.uri.path().to_owned() }))
    }

    /// Bound to who asks and to what was asked.
    #[must_use]
    pub fn bind(&self, workspace: WorkspaceId, caller: &str, body: &[u8]) -> Idempotency {
        let hash = |parts: &[&[u8]]| {
            let digest = parts
                .iter()
                .fold(Sha256::new(), |hash, part| hash.chain_update(part.len().to_be_bytes()).chain_update(part));
            // 128 bits are plenty: the key is bound to its caller already.
            let mut hex = hex(&digest.finalize());
            hex.truncate(32);
            hex
        };
        let key = hash(&[caller.as_bytes(), self.route.as_bytes(), self.key.as_bytes()]);
        Idempotency { workspace, key, request: hash(&[body]) }
    }
}

/// A key bound to its caller and request.
#[derive(Debug, Clone)]
pub struct Idempotency {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// Names the record.
    pub key: String,
    request: String,
}

/// Why a remembered answer can't be given to a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// It is the answer to another request with the same key.
    #[error("this Idempotency-Key was used for another request body")]
    KeyReused,
    /// The sealing key of the answer is no longer in use. Doing it again would do it twice.
    #[error("this was done with this Idempotency-Key, but its answer can't be read any more: look what it did")]
    Sealed,
    /// What it showed is gone, or out of the caller's sight.
    #[error("this was done with this Idempotency-Key, but what its answer showed is gone")]
    Gone,
    /// Its record can't be read: a defect of ours.
    #[error("a remembered answer can't be read")]
    Unreadable,
}

impl From<ReplayError> for Problem {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::KeyReused => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", error.to_string())
            }
            ReplayError::Sealed | ReplayError::Gone => Self::conflict("answer_unreadable", error.to_string()),
            ReplayError::Unreadable => Self::internal(),
        }
    }
}

/// What a record remembers of an answer.
#[derive(Debug)]
pub enum Replayed {
    /// All of it.
    Whole(Response),
    /// What it is to be made of again.
    Again(MadeAgain),
}

/// An answer that can be sent, remembered and sent again.
#[derive(Debug, Clone)]
pub struct Answer {
    status: StatusCode,
    location: Option<String>,
    etag: Option<String>,
    body: Vec<u8>,
    made: Option<Made>,
}

impl Answer {
    /// `{"data": …}` with a status.
    ///
    /// # Panics
    /// Never: our answers have string keys and finite numbers.
    #[must_use]
    pub fn new(status: StatusCode, data: &impl Serialize) -> Self {
        let mut body = Vec::with_capacity(USUAL_BODY);
        serde_json::to_writer(&mut body, &One::new(data)).expect("our answers are representable in JSON");
        Self { status, location: None, etag: None, body, made: None }
    }

    /// Of what it can be made again, where its body is too large to be remembered.
    #[must_use]
    pub fn made_of(self, made: Made) -> Self {
        Self { made: Some(made), ..self }
    }

    /// 201 with its `Location`.
    #[must_use]
    pub fn created(location: String, data: &impl Serialize) -> Self {
        Self { location: Some(location), ..Self::new(StatusCode::CREATED, data) }
    }

    /// With its `Location`.
    #[must_use]
    pub fn with_location(self, location: String) -> Self {
        Self { location: Some(location), ..self }
    }

    /// 200.
    #[must_use]
    pub fn ok(data: &impl Serialize) -> Self {
        Self::new(StatusCode::OK, data)
    }

    /// 204.
    #[must_use]
    pub const fn no_content() -> Self {
        Self { status: StatusCode::NO_CONTENT, location: None, etag: None, body: Vec::new(), made: None }
    }

    /// With the version as `ETag`.
    #[must_use]
    pub fn with_version(self, version: Version) -> Self {
        Self { etag: Some(format!("\"{version}\"")), ..self }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        if self.status != StatusCode::NO_CONTENT {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        for (name, value) in [(LOCATION, self.location), (ETAG, self.etag)] {
            if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
                headers.insert(name, value);
            }
        }
        response
    }
}

impl Idempotency {
    /// The record that remembers this answer: of at most
    /// [`REMEMBERED_BYTES`](budget::REMEMBERED_BYTES) where it can be made again.
    #[must_use]
    pub fn record(&self, answer: &Answer, sealing: &SealingKey) -> Record {
        let record = |said: &[u8], is_reference| {
            let sealed_body = sealing.seal(PURPOSE, &self.context(), said);
            let (status, location, etag) = (answer.status.as_u16(), answer.location.clone(), answer.etag.clone());
            let answer = Answered { status, location, etag, sealed_body, is_reference };
            Record { key: self.key.clone(), request: self.request.clone(), answer }
        };
        let fits = |record: &Record| record.length() <= budget::REMEMBERED_BYTES;
        if answer.body.len() < WORTH_PACKING {
            return record(&answer.body, false);
        }
        let reference = answer.made.as_ref().map(|made| record(made.to_string().as_bytes(), true));
        // What is so large is not even tried.
        if let Some(reference) = reference.clone().filter(|_| answer.body.len() > budget::REMEMBERED_BYTES * 8) {
            return reference;
        }
        let whole = record(&pack(&answer.body), false);
        reference.filter(|_| !fits(&whole)).unwrap_or(whole)
    }

    /// The remembered answer, if it is to the same request.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn replay(&self, record: &Record, sealing: &SealingKey) -> Result<Replayed, ReplayError> {
        if record.request != self.request {
            return Err(ReplayError::KeyReused);
        }
        let said = sealing.open(PURPOSE, &self.context(), &record.answer.sealed_body).ok_or(ReplayError::Sealed)?;
        let status = StatusCode::from_u16(record.answer.status).map_err(|_| ReplayError::Unreadable)?;
        let (location, etag) = (record.answer.location.clone(), record.answer.etag.clone());
        if record.answer.is_reference {
            let made = std::str::from_utf8(&said).ok().and_then(|text| text.parse().ok());
            let made = made.ok_or(ReplayError::Unreadable)?;
            return Ok(Replayed::Again(MadeAgain { status, location, etag, made }));
        }
        let body =
            if is_packed(&said) { unpack(&said, MOST_UNPACKED).map_err(|_| ReplayError::Unreadable)? } else { said };
        Ok(Replayed::Whole(replayed(Answer { status, location, etag, body, made: None })))
    }

    fn context(&self) -> Vec<u8> {
        [self.workspace.uuid().as_bytes().as_slice(), self.key.as_bytes()].concat()
    }
}

impl MadeAgain {
    /// The answer with what was made as it is now, and the version of that: where the caller
    /// gives none, the one that the answer had.
    #[must_use]
    pub fn with(self, data: &impl Serialize, version: Option<Version>) -> Response {
        let answer = Answer { location: self.location, etag: self.etag, ..Answer::new(self.status, data) };
        replayed(match version {
            Some(version) => answer.with_version(version),
            None => answer,
        })
    }
}

/// An answer that is given again.
fn replayed(answer: Answer) -> Response {
    let mut response = answer.into_response();
    response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn once() -> Idempotency {
        let key = IdempotencyKey { key: "once".to_owned(), route: "/v1/tickets".to_owned() };
        key.bind(WorkspaceId::new(Uuid::from_u128(1)), "caller", b"{}")
    }

    #[test]
    fn a_remembered_answer_outlives_one_rotation_of_the_sealing_key() {
        let [old, new, newest] = [1, 2, 3].map(|seed| SealingKey::new(&[seed; 32]));
        let made = |key: &SealingKey| once().record(&Answer::ok(&"done"), key);
        let replay = |key: &SealingKey, record: &Record| {
            let replayed = once().replay(record, key);
            replayed
                .map(|answer| match answer {
                    Replayed::Whole(answer) => answer.status().as_u16(),
                    Replayed::Again(again) => panic!("{again:?}"),
                })
                .map_err(Problem::from)
                .map_err(|problem| (problem.status().as_u16(), problem.code()))
        };
        let rotated = new.clone().with_previous(old.clone());
        assert_eq!(replay(&rotated, &made(&old)), Ok(200));
        assert_eq!(replay(&new, &made(&rotated)), Ok(200));
        let unreadable = Err((409, "answer_unreadable"));
        assert_eq!(replay(&old, &made(&rotated)), unreadable);
        assert_eq!(replay(&newest.with_previous(new), &made(&old)), unreadable);
    }
}
