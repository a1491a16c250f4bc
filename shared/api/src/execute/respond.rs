//! The answer to a request, made again where it was too large to be remembered.

use super::{CommandError, CommandOutcome, Executor};
use crate::{
    idempotency::{Made, MadeAgain, ReplayError},
    problem::Problem,
};
use axum::response::Response;
use lambdesk_domain::{message::Message, status::Lifecycle, ticket::Ticket};
use lambdesk_table::TableError;

impl Executor<'_> {
    /// The answer to a request, which `show` makes again where it was too large to be
    /// remembered. A request that was carried out before may be refused by now, because of
    /// what it did itself or of what others did since: then its own answer is given again.
    ///
    /// # Errors
    /// The refusal of what was not carried out before, or those of `show`.
    pub async fn respond(
        &self,
        outcome: Result<CommandOutcome, Problem>,
        show: impl AsyncFnOnce(MadeAgain) -> Result<Response, Problem>,
    ) -> Result<Response, Problem> {
        let outcome = match outcome {
            Err(refusal) if refusal.status().is_client_error() => self.outcome_before().await?.ok_or(refusal)?,
            outcome => outcome?,
        };
        match outcome {
            CommandOutcome::Again(again) => show(again).await,
            outcome => Ok(outcome.whole()?),
        }
    }

    /// The ticket that an answer showed, or whose message it showed, as the ticket is by now.
    ///
    /// # Errors
    /// [`ReplayError::Gone`] where it is gone, in the trash or out of the caller's sight, or
    /// the table's failure.
    pub async fn shown_ticket(&self, again: &MadeAgain) -> Result<Ticket, CommandError> {
        let (Made::Ticket(id) | Made::Message(id, _)) = again.made;
        let found = self.app.tickets.ticket(self.workspace, id).await?;
        let is_there = |ticket: &Ticket| ticket.lifecycle != Lifecycle::Trashed && self.context.sees(ticket);
        Ok(found.filter(is_there).ok_or(ReplayError::Gone)?)
    }

    /// The message that an answer showed of this ticket: the one that was written, or the one
    /// that opened the ticket. None where it has been deleted since, or there was none.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn shown_message(&self, again: &MadeAgain, ticket: &Ticket) -> Result<Option<Message>, TableError> {
        let id = match again.made {
            Made::Message(_, message) => Some(message),
            Made::Ticket(_) => ticket.origin.opening,
        };
        match id {
            Some(id) => self.app.tickets.message(self.workspace, ticket.id, id).await,
            None => Ok(None),
        }
    }
}
