//! Links to files of messages, for whoever sees the message.

use crate::{idempotency::Answer, problem::Problem, render::MessageReader, state::App};
use axum::{
    http::{
        HeaderValue, StatusCode,
        header::{CACHE_CONTROL, LOCATION},
    },
    response::{IntoResponse, Response},
};
use lambdesk_domain::{
    attachment::{Attachment, Upload},
    id::{MessageId, WorkspaceId},
    time::Timestamp,
};
use lambdesk_objects::{ObjectKey, ObjectsError, RemovalError};
use serde::Serialize;

/// A file of a message, and a link to it.
#[derive(Serialize, schemars::JsonSchema)]
pub struct FileView {
    #[serde(flatten)]
    file: Attachment,
    /// The message that carries it.
    message_id: MessageId,
    /// Where it is, for whoever has this link.
    url: String,
    /// Until when the link works: five minutes.
    expires_at: Timestamp,
}

/// A link to a file for this reader, or the redirect to it. 404 for a file that no
/// message has taken, that goes with a deleted one, or whose message is not for
/// this reader.
///
/// # Errors
/// As said.
pub fn download(
    app: &App,
    workspace: WorkspaceId,
    upload: Option<Upload>,
    reader: MessageReader,
    redirects: bool,
    now: Timestamp,
) -> Result<Response, Problem> {
    let upload = upload.filter(|upload| !upload.is_doomed).ok_or_else(Problem::not_found)?;
    let carrier = upload.carrier.filter(|carrier| reader.may_open(*carrier)).ok_or_else(Problem::not_found)?;
    let Upload { file, ticket_id, .. } = upload;
    let key = ObjectKey { workspace, ticket: ticket_id, attachment: file.id };
    let link = app.objects()?.presign_get(&key, &file.file_name, &file.content_type, now)?;
    let mut response = if redirects {
        let location = HeaderValue::try_from(link.url).map_err(|_| Problem::internal())?;
        (StatusCode::FOUND, [(LOCATION, location)]).into_response()
    } else {
        let message_id = carrier.message_id;
        Answer::ok(&FileView { file, message_id, url: link.url, expires_at: link.expires_at }).into_response()
    };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

impl From<ObjectsError> for Problem {
    fn from(error: ObjectsError) -> Self {
        match error {
            ObjectsError::Unavailable => Self::unavailable(),
            ObjectsError::Refused(_) | ObjectsError::Address => {
                tracing::error!(%error, "the object store refuses: see to the bucket's address, its policy and this function's role");
                Self::internal()
            }
        }
    }
}

impl From<RemovalError> for Problem {
    fn from(error: RemovalError) -> Self {
        match error {
            RemovalError::Objects(error) => error.into(),
            RemovalError::Store(error) => error.into(),
        }
    }
}
