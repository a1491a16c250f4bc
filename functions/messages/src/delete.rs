//! `DELETE /v1/tickets/{ticket_id}/messages/{message_id}`: the message goes, with
//! its files.

use axum::response::{IntoResponse, Response};
use lambdesk_api::{
    auth::Session,
    execute::{ATTEMPTS, CommandError, DryRun},
    idempotency::Answer,
    path::Ids,
    problem::Problem,
    render::MessageReader,
    write::WriteOptions,
};
use lambdesk_domain::{
    access::Scope,
    command::{self, Change, Context, RemainingMessages},
    events,
    id::{AttachmentId, MessageId, TicketId},
    message::Message,
    ticket::Ticket,
};
use lambdesk_store_tickets::CommitError;

/// How many of the newest messages are looked at for what the ticket shows from now on.
const LOOKED_AT: u16 = 100;
/// How many files are looked at for those that an interrupted deletion left behind.
const FILES: u16 = 100;

/// Deletes a message: its author may, and who administers the workspace. Nothing
/// of it stays but the event `message.deleted`, which says whose id it had, who
/// deleted it and when. The ticket gets a new version; its preview, whose turn it
/// is and the number of replies are what the other messages make them.
pub async fn delete(
    session: Session,
    Ids((ticket, message)): Ids<(TicketId, MessageId)>,
    write: WriteOptions,
) -> Result<Response, Problem> {
    session.require(Scope::TicketsWrite)?;
    let context = write.context(&session);
    let deletion = Deletion { session: &session, context: &context, ticket, message };
    for _ in 0..ATTEMPTS {
        let found = deletion.read().await?;
        let change = deletion.decide(&found)?;
        if write.is_dry_run {
            let event = events::between(Some(&found.ticket), &change.applied_to(&found.ticket));
            return Ok(DryRun::answer(vec![event.into()]));
        }
        match session.app.tickets.commit(session.workspace(), ticket, &change, None).await {
            Ok(_) => {
                let files: Vec<_> = found.message.attachments.iter().map(|file| file.id).collect();
                deletion.remove(&files).await?;
                return Ok(Answer::no_content().into_response());
            }
            Err(CommitError::PreconditionFailed(_)) => {}
            Err(error) => return Err(CommandError::from(error).into()),
        }
    }
    Err(Problem::unavailable())
}

struct Deletion<'a> {
    session: &'a Session,
    context: &'a Context,
    ticket: TicketId,
    message: MessageId,
}

/// The message as it was read, with the ticket and the end of the thread around it.
struct MessageInThread {
    ticket: Ticket,
    message: Message,
    newest: Vec<Message>,
    is_all: bool,
}

impl Deletion<'_> {
    /// The ticket first: what the thread says then is at least as new.
    async fn read(&self) -> Result<MessageInThread, Problem> {
        let (tickets, workspace) = (&self.session.app.tickets, self.session.workspace());
        let ticket = tickets.ticket(workspace, self.ticket).await?.filter(|ticket| self.context.sees(ticket));
        let ticket = ticket.ok_or_else(Problem::not_found)?;
        let (message, newest) = tokio::try_join!(
            tickets.message(workspace, self.ticket, self.message),
            tickets.messages(workspace, self.ticket, None, false, LOOKED_AT)
        )?;
        let reader = MessageReader::from(&self.session.actor);
        if let Some(message) = message.filter(|message| reader.sees(message)) {
            return Ok(MessageInThread { ticket, message, newest: newest.items, is_all: !newest.has_more });
        }
        self.finish().await?;
        Err(Problem::not_found())
    }

    fn decide(&self, found: &MessageInThread) -> Result<Change, Problem> {
        let MessageInThread { ticket, message, newest, is_all } = found;
        let remains = RemainingMessages { newest, is_all: *is_all };
        let change = command::delete_message(message, remains, self.context, ticket)?;
        if !message.is_by(self.context.actor.reference()) {
            self.session.require(Scope::Admin)?;
        }
        Ok(change)
    }

    /// Removes the files of a message that is gone. Should it fail, asking for the
    /// deletion once more finishes it.
    async fn remove(&self, files: &[AttachmentId]) -> Result<(), Problem> {
        if files.is_empty() {
            return Ok(());
        }
        let (session, objects) = (self.session, self.session.app.objects()?);
        Ok(objects.remove(&session.app.tickets, session.workspace(), self.ticket, files, session.now).await?)
    }

    /// Removes what an interrupted deletion left behind.
    async fn finish(&self) -> Result<(), Problem> {
        let files = self.session.app.tickets.attachments(self.session.workspace(), self.ticket, FILES).await?;
        let doomed: Vec<_> = files.items.iter().filter(|file| file.is_doomed).map(|upload| upload.file.id).collect();
        self.remove(&doomed).await
    }
}
