//! The one way in which a command on a ticket becomes a [`CommandOutcome`] or a
//! [`CommandError`]. HTTP statuses and problem codes come after it, in the handlers.

mod error;
mod outcome;
mod respond;

pub use self::{error::CommandError, outcome::CommandOutcome};
pub use crate::dry_run::DryRun;

use crate::{
    auth::Session,
    idempotency::{Answer, Idempotency, ReplayError},
    render::{Accounts, ClientDetail},
    state::App,
    write::WriteOptions,
};
use axum::response::Response;
use lambdesk_domain::{
    command::{Change, Context, Decision, Prior, Rejection},
    events,
    id::{TicketId, WorkspaceId},
    ticket::Ticket,
};
use lambdesk_store_tickets::CommitError;
use lambdesk_table::{AlreadyAnswered, Record, log_failure};

/// How often a command is decided anew because others changed the ticket meanwhile.
pub const ATTEMPTS: u32 = 8;

/// A command on one ticket, and the answer to it.
pub struct Command<D, A> {
    /// The ticket.
    pub ticket: TicketId,
    /// Decides the command for what is known of the ticket.
    pub decide: D,
    /// Makes the answer from the ticket after the change, where that is known.
    pub answer: A,
    /// The answer can't be made without the ticket.
    pub answer_needs_ticket: bool,
}

/// What the answer to a command is made from.
pub struct Written<'a> {
    /// The change; none when the ticket was as the caller wants it already.
    pub change: Option<&'a Change>,
    /// The ticket after the change, where it is known.
    pub ticket: Option<&'a Ticket>,
    /// The account that the ticket is about, where the answer needs the ticket.
    pub accounts: &'a Accounts,
}

/// Who executes: a caller with a key, or a visitor with a token.
pub struct Executor<'a> {
    /// The function's state.
    pub app: &'a App,
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The circumstances of the command.
    pub context: Context,
    /// Nothing is written.
    pub is_dry_run: bool,
    /// The key under which the answer is remembered.
    pub idempotency: Option<Idempotency>,
    /// How much of contacts and accounts is told.
    pub detail: ClientDetail,
}

impl<'a> Executor<'a> {
    /// For a verified caller.
    #[must_use]
    pub fn of(session: &'a Session, write: &WriteOptions, body: &[u8]) -> Self {
        let caller = session.key.id.to_string();
        Self {
            app: &session.app,
            workspace: session.workspace(),
            context: write.context(session),
            is_dry_run: write.is_dry_run,
            idempotency: write.idempotency.as_ref().map(|key| key.bind(session.workspace(), &caller, body)),
            detail: session.client_detail(),
        }
    }

    /// Decides the command, commits the change and makes the answer. The first
    /// decision assumes the likely case and reads nothing; when the ticket is not as
    /// assumed, or when the decision needs the ticket, the command is decided again
    /// for the ticket as it is.
    ///
    /// # Errors
    /// Why the command is not carried out.
    pub async fn execute<D, A>(&self, command: Command<D, A>) -> Result<CommandOutcome, CommandError>
    where
        D: Fn(&Context, Prior<'_>) -> Result<Decision, Rejection>,
        A: Fn(Written<'_>) -> Answer,
    {
        if self.is_dry_run || self.idempotency.is_some() && command.answer_needs_ticket {
            if let Some(outcome) = self.outcome_before().await? {
                return Ok(outcome);
            }
            let known = self.load(command.ticket).await?;
            return self.decide(command, Some(known)).await;
        }
        self.decide(command, None).await
    }

    /// As [`Executor::execute`], decided first for the ticket as it has just been read: for
    /// those who have it anyway, and must not learn by the number of requests how it stands.
    ///
    /// # Errors
    /// As there.
    pub async fn execute_on<D, A>(
        &self,
        ticket: &Ticket,
        command: Command<D, A>,
    ) -> Result<CommandOutcome, CommandError>
    where
        D: Fn(&Context, Prior<'_>) -> Result<Decision, Rejection>,
        A: Fn(Written<'_>) -> Answer,
    {
        if self.is_dry_run {
            return self.execute(command).await;
        }
        self.decide(command, Some(ticket.clone())).await
    }

    async fn decide<D, A>(
        &self,
        command: Command<D, A>,
        mut known: Option<Ticket>,
    ) -> Result<CommandOutcome, CommandError>
    where
        D: Fn(&Context, Prior<'_>) -> Result<Decision, Rejection>,
        A: Fn(Written<'_>) -> Answer,
    {
        for _ in 0..ATTEMPTS {
            let prior = known.as_ref().map_or(Prior::Unknown, Prior::Known);
            let change = match ((command.decide)(&self.context, prior)?, &known) {
                (Decision::Change(change), _) => change,
                (Decision::Unchanged, Some(_)) if self.is_dry_run => {
                    return Ok(CommandOutcome::DryRun(DryRun::of(Vec::new())));
                }
                (Decision::Unchanged, Some(ticket)) => return self.unchanged(&command, ticket).await,
                (Decision::Unchanged | Decision::NeedsTicket, _) => {
                    known = Some(self.load(command.ticket).await?);
                    continue;
                }
            };
            match self.attempt(&command, *change, known.as_ref()).await? {
                CommitAttempt::Done(outcome) => return Ok(outcome),
                CommitAttempt::Again(ticket) => known = Some(*ticket),
            }
        }
        Err(CommandError::Contended)
    }

    /// Answers a command that changes nothing. The answer is remembered too: the same
    /// request, sent again after the ticket has changed, must not change it after all.
    async fn unchanged<D, A>(&self, command: &Command<D, A>, ticket: &Ticket) -> Result<CommandOutcome, CommandError>
    where
        A: Fn(Written<'_>) -> Answer,
    {
        let answer = self.answer(command, None, Some(ticket)).await;
        if let Some(record) = self.remember(&answer) {
            self.app.table.remember(self.workspace, &record, self.context.now).await?;
        }
        Ok(CommandOutcome::Unchanged(answer))
    }

    async fn attempt<D, A>(
        &self,
        command: &Command<D, A>,
        mut change: Change,
        known: Option<&Ticket>,
    ) -> Result<CommitAttempt, CommandError>
    where
        A: Fn(Written<'_>) -> Answer,
    {
        if let Some(ticket) = known.filter(|_| self.is_dry_run) {
            let event = events::between(Some(ticket), &change.applied_to(ticket));
            return Ok(CommitAttempt::Done(CommandOutcome::DryRun(DryRun::of(vec![event.into()]))));
        }
        let foreseen = known.filter(|_| self.idempotency.is_some() && command.answer_needs_ticket).map(|ticket| {
            change.guard.versions = Some(ticket.version.into());
            change.applied_to(ticket)
        });
        let remembered = match &self.idempotency {
            Some(_) => Some(self.answer(command, Some(&change), foreseen.as_ref()).await),
            None => None,
        };
        let record = remembered.as_ref().and_then(|answer| self.remember(answer));
        match self.app.tickets.commit(self.workspace, command.ticket, &change, record.as_ref()).await {
            Ok(ticket) => {
                let answer = match remembered {
                    Some(answer) => answer,
                    None => self.answer(command, Some(&change), ticket.as_ref()).await,
                };
                Ok(CommitAttempt::Done(CommandOutcome::Changed(answer)))
            }
            Err(CommitError::PreconditionFailed(ticket)) => Ok(CommitAttempt::Again(ticket)),
            Err(CommitError::Answered(AlreadyAnswered(record))) => Ok(CommitAttempt::Done(self.outcome_of(&record)?)),
            Err(error) => Err(error.into()),
        }
    }

    /// The answer, with the account that the ticket is about. The change is committed
    /// by now: where the account can't be read, the answer names it by its id alone.
    async fn answer<D, A>(&self, command: &Command<D, A>, change: Option<&Change>, ticket: Option<&Ticket>) -> Answer
    where
        A: Fn(Written<'_>) -> Answer,
    {
        let shown = ticket.filter(|_| command.answer_needs_ticket);
        let accounts =
            Accounts::of(&self.app.contacts, self.workspace, shown, self.detail).await.unwrap_or_else(|error| {
                log_failure!(error, "an account could not be read; the answer names it by its id alone");
                Accounts::default()
            });
        (command.answer)(Written { change, ticket, accounts: &accounts })
    }

    async fn load(&self, ticket: TicketId) -> Result<Ticket, CommandError> {
        let found = self.app.tickets.ticket(self.workspace, ticket).await?;
        Ok(found.filter(|ticket| self.context.sees(ticket)).ok_or(Rejection::NotFound)?)
    }

    /// What came of this request, if it was answered before.
    ///
    /// # Errors
    /// [`ReplayError`], or the table's failure.
    pub async fn outcome_before(&self) -> Result<Option<CommandOutcome>, CommandError> {
        let Some(idempotency) = &self.idempotency else {
            return Ok(None);
        };
        let record = self.app.table.answered(self.workspace, &idempotency.key, self.context.now).await?;
        record.map(|record| self.outcome_of(&record)).transpose()
    }

    /// What came of the request that a record remembers.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn outcome_of(&self, record: &Record) -> Result<CommandOutcome, CommandError> {
        let idempotency = self.idempotency.as_ref().ok_or(ReplayError::Unreadable)?;
        Ok(idempotency.replay(record, &self.app.sealing)?.into())
    }

    /// The remembered answer to this request, if it was answered before: of those that are
    /// always remembered [whole](CommandOutcome::whole).
    ///
    /// # Errors
    /// [`ReplayError`], or the table's failure.
    pub async fn answered_before(&self) -> Result<Option<Response>, CommandError> {
        self.outcome_before().await?.map(CommandOutcome::whole).transpose()
    }

    /// The same of a record.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn replay(&self, record: &Record) -> Result<Response, CommandError> {
        self.outcome_of(record)?.whole()
    }

    /// The record that remembers this answer, when the caller sent a key.
    #[must_use]
    pub fn remember(&self, answer: &Answer) -> Option<Record> {
        self.idempotency.as_ref().map(|idempotency| idempotency.record(answer, &self.app.sealing))
    }
}

/// What comes of one attempt to commit.
enum CommitAttempt {
    Done(CommandOutcome),
    /// The ticket is not as assumed, but like this.
    Again(Box<Ticket>),
}

#[cfg(test)]
mod tests;
