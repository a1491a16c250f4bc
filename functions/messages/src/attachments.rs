//! Files: announced, uploaded straight to object storage, taken by a message, and
//! downloaded by a link.

use axum::response::{IntoResponse, Response};
use lambdesk_api::{
    auth::{Caller, Session},
    body::{Checker, Input, JsonBody, Unknown},
    download::download,
    execute::{DryRun, Executor},
    idempotency::Answer,
    path::{Id, Ids},
    problem::Problem,
    query::QueryParameters,
    render::MessageReader,
    write::WriteOptions,
};
use lambdesk_domain::{
    access::Scope,
    attachment::{Attachment, FileSize, Upload},
    id::{AttachmentId, TicketId},
    text::{FileName, MediaType},
    time::Timestamp,
};
use lambdesk_objects::{ObjectKey, SignedUpload};
use lambdesk_table::{AlreadyAnswered, AnswerError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A file to be uploaded.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "NewAttachment")]
pub struct AnnounceBody {
    /// Its name; folders before it and what would deceive are left out.
    file_name: Input<FileName>,
    /// Its media type, without parameters; `application/octet-stream` when left out.
    content_type: Input<MediaType>,
    /// Its length in bytes: 1 to 26,214,400 (25 MiB).
    size: Input<u64>,
    #[serde(flatten)]
    unknown: Unknown,
}

impl AnnounceBody {
    fn into_file(self, id: AttachmentId) -> Result<Attachment, Problem> {
        let mut checker = Checker::new();
        let file_name = checker.required("/file_name", self.file_name);
        let content_type = checker.present("/content_type", self.content_type);
        let size = self.size.try_map(|bytes| FileSize::try_from(bytes).map_err(|error| ("out_of_range", error)));
        let size = checker.required("/size", size);
        checker.unknown("", self.unknown);
        checker.finish()?;
        let content_type = match content_type {
            Some(content_type) => content_type,
            None => "application/octet-stream".parse().map_err(|_| Problem::internal())?,
        };
        Ok(Attachment {
            id,
            file_name: file_name.ok_or_else(Problem::internal)?,
            content_type,
            size: size.ok_or_else(Problem::internal)?,
        })
    }
}

/// An announced file, and the request that uploads it.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "AnnouncedAttachment")]
pub struct AnnouncedView {
    #[serde(flatten)]
    file: Attachment,
    ticket_id: TicketId,
    #[serde(skip_serializing_if = "Option::is_none")]
    upload: Option<UploadView>,
}

/// The request that uploads a file: to be sent as it is, with the file as its body.
/// Browsers set `content-length` themselves.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "Upload")]
pub struct UploadView {
    method: &'static str,
    url: String,
    headers: BTreeMap<&'static str, String>,
    expires_at: Timestamp,
}

impl std::fmt::Debug for UploadView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Whoever has the URL may upload.
        f.debug_struct("UploadView").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

impl From<SignedUpload> for UploadView {
    fn from(SignedUpload { method, url, headers, expires_at }: SignedUpload) -> Self {
        Self { method, url, headers: headers.into_iter().collect(), expires_at }
    }
}

/// `POST /v1/tickets/{ticket_id}/attachments`: announces a file. The answer holds
/// the request that uploads it, which stores exactly this size and type, once, and
/// within 15 minutes. Then a message takes it by its id; what none has taken after
/// a day is removed.
pub async fn announce(
    session: Session,
    Id(ticket_id): Id<TicketId>,
    write: WriteOptions,
    body: JsonBody<AnnounceBody>,
) -> Result<Response, Problem> {
    session.require(Scope::TicketsWrite)?;
    let file = body.value.into_file(AttachmentId::new(session.app.new_id()))?;
    let executor = Executor::of(&session, &write, &body.raw);
    if let Some(response) = executor.answered_before().await? {
        return Ok(response);
    }
    let (tickets, workspace, context) = (&executor.app.tickets, executor.workspace, &executor.context);
    let ticket = tickets.ticket(workspace, ticket_id).await?.ok_or_else(Problem::not_found)?;
    context.check(&ticket)?;
    if executor.is_dry_run {
        return Ok(DryRun::between(&(), &AnnouncedView { file, ticket_id, upload: None }));
    }
    let key = ObjectKey { workspace, ticket: ticket_id, attachment: file.id };
    let signed = session.app.objects()?.presign_put(&key, file.size, &file.content_type, context.now);
    let upload = Upload {
        ticket_id,
        file: file.clone(),
        by: context.actor.reference(),
        at: context.now,
        carrier: None,
        is_doomed: false,
    };
    let location = format!("/v1/tickets/{ticket_id}/attachments/{}", file.id);
    let view = AnnouncedView { file, ticket_id, upload: Some(signed?.into()) };
    let answer = Answer::created(location, &view);
    match tickets.announce_attachment(workspace, &upload, executor.remember(&answer).as_ref()).await {
        Ok(()) => Ok(answer.into_response()),
        Err(AnswerError::Answered(AlreadyAnswered(record))) => Ok(executor.replay(&record)?),
        Err(error) => Err(error.into()),
    }
}

/// `GET /v1/tickets/{ticket_id}/attachments/{attachment_id}`: a file of a message
/// that the caller sees, with a link that works for five minutes; with
/// `redirect=true` the link is where the answer leads. Whatever the file is, the
/// object store serves it as a download. One that no message has taken is 404.
pub async fn get(
    caller: Caller,
    Ids((ticket_id, id)): Ids<(TicketId, AttachmentId)>,
    mut query: QueryParameters,
) -> Result<Response, Problem> {
    let redirects = query.flag("redirect").unwrap_or(false);
    query.finish()?;
    let read = caller.verify_while(async |app, workspace| {
        tokio::try_join!(app.tickets.ticket(workspace, ticket_id), app.tickets.attachment(workspace, ticket_id, id))
    });
    let (session, (ticket, upload)) = Box::pin(read).await?;
    session.require(Scope::TicketsRead)?;
    crate::read::visible(&session, ticket)?;
    let reader = MessageReader::from(&session.actor);
    download(&session.app, session.workspace(), upload, reader, redirects, session.now)
}
