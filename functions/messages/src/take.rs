//! A message takes the files that were uploaded for it.

use futures_util::future::{join_all, try_join_all};
use lambdesk_api::{
    execute::Executor,
    problem::{FieldError, Problem},
};
use lambdesk_domain::{
    attachment::{Attachment, Upload},
    id::{AttachmentId, TicketId},
};
use lambdesk_objects::{Head, ObjectKey, Objects};

/// The files of these ids, uploaded and free, on a ticket that the caller sees.
/// From now on they are kept for good, but in a dry run.
///
/// # Errors
/// 404 for a ticket out of reach; 422 with every file that can't be taken.
pub async fn take(executor: &Executor<'_>, ticket: TicketId, ids: &[AttachmentId]) -> Result<Vec<Attachment>, Problem> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (tickets, workspace) = (&executor.app.tickets, executor.workspace);
    let (found, uploads) =
        tokio::try_join!(tickets.ticket(workspace, ticket), tickets.attachments_of(workspace, ticket, ids))?;
    let found = found.ok_or_else(Problem::not_found)?;
    executor.context.check(&found)?;
    let stored = TicketObjects { executor, objects: executor.app.objects()?, ticket };
    let checks = ids.iter().enumerate().map(|(index, id)| {
        let is_repeated = ids.iter().take(index).any(|earlier| earlier == id);
        let upload = uploads.iter().find(|upload| upload.file.id == *id).filter(|_| !is_repeated);
        async move { (index, stored.check(upload).await) }
    });
    let mut files = Vec::with_capacity(ids.len());
    let mut errors = Vec::new();
    for (index, check) in join_all(checks).await {
        match check? {
            Ok(file) => files.push(file),
            Err((code, detail)) => errors.push(FieldError::new(format!("/attachments/{index}"), code, detail)),
        }
    }
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    if !executor.is_dry_run {
        try_join_all(files.iter().map(|file| stored.keep(file.id))).await?;
    }
    Ok(files)
}

/// Why a file can't be taken: a code and a sentence.
type FileRefusal = (&'static str, &'static str);

/// What object storage has of one ticket.
#[derive(Clone, Copy)]
struct TicketObjects<'a> {
    executor: &'a Executor<'a>,
    objects: &'a Objects,
    ticket: TicketId,
}

impl TicketObjects<'_> {
    async fn check(self, upload: Option<&Upload>) -> Result<Result<Attachment, FileRefusal>, Problem> {
        let Some(upload) = upload else {
            return Ok(Err(("no_such_reference", "this ticket has no such attachment, or it is named twice")));
        };
        if upload.carrier.is_some() || upload.is_doomed {
            return Ok(Err(("already_attached", "another message has this attachment")));
        }
        let head = self.objects.head(&self.key(upload.file.id), self.executor.context.now).await?;
        let is_uploaded = head.is_some_and(|head| is_as_announced(&head, &upload.file));
        Ok(if is_uploaded { Ok(upload.file.clone()) } else { Err(("not_uploaded", "the file has not been uploaded")) })
    }

    async fn keep(self, id: AttachmentId) -> Result<(), Problem> {
        Ok(self.objects.keep(&self.key(id), self.executor.context.now).await?)
    }

    fn key(self, attachment: AttachmentId) -> ObjectKey {
        ObjectKey { workspace: self.executor.workspace, ticket: self.ticket, attachment }
    }
}

/// The signature of the upload saw to it already; this is the second look.
fn is_as_announced(head: &Head, file: &Attachment) -> bool {
    head.size == file.size.bytes() && head.content_type == file.content_type.as_str()
}
