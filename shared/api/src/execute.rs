//! The one way in which a command on a ticket becomes an answer.

pub use crate::dry_run::DryRun;

use crate::{
    auth::Session,
    idempotency::{Answer, Idempotency},
    problem::Problem,
    render::Accounts,
    state::App,
    write::Write,
};
use axum::response::{IntoResponse, Response};
use lambdesk_domain::{
    command::{Change, Context, Decision, Prior, Rejection},
    events,
    id::{TicketId, WorkspaceId},
    ticket::Ticket,
};
use lambdesk_store::{CommitError, Record, Store};

/// How often a command is decided anew because others changed the ticket meanwhile.
const ATTEMPTS: u32 = 8;

/// A command on one ticket, and how it is answered.
pub struct Command<D, A> {
    /// The ticket.
    pub ticket: TicketId,
    /// Decides it.
    pub decide: D,
    /// Answers it, given the ticket afterwards where that is known.
    pub answer: A,
    /// The answer can't be given without the ticket.
    pub answer_needs_ticket: bool,
}

/// What a command came to.
pub struct Written<'a> {
    /// The change; none when all was as asked already.
    pub change: Option<&'a Change>,
    /// The ticket afterwards, where it is known.
    pub ticket: Option<&'a Ticket>,
    /// The account that the ticket is about, where the answer needs the ticket.
    pub accounts: &'a Accounts,
}

/// Who executes: a caller with a key, or a visitor with a token.
pub struct Executor<'a> {
    /// The table.
    pub store: &'a Store,
    /// The function's state.
    pub app: &'a App,
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The circumstances.
    pub context: Context,
    /// Nothing is to be recorded.
    pub is_dry_run: bool,
    /// The key under which the answer is remembered.
    pub idempotency: Option<Idempotency>,
}

impl<'a> Executor<'a> {
    /// For a verified caller.
    #[must_use]
    pub fn of(session: &'a Session, write: &Write, body: &[u8]) -> Self {
        let caller = session.key.id.to_string();
        Self {
            store: &session.store,
            app: &session.app,
            workspace: session.workspace(),
            context: write.context(session),
            is_dry_run: write.is_dry_run,
            idempotency: write.idempotency.as_ref().map(|key| key.bind(session.workspace(), &caller, body)),
        }
    }

    /// Decides, commits and answers. Decides first for the likely case; when the
    /// ticket is not as assumed, or when only the ticket can tell, decides again
    /// with the ticket at hand.
    ///
    /// # Errors
    /// Why the command is refused, as a problem document.
    pub async fn execute<D, A>(&self, command: Command<D, A>) -> Result<Response, Problem>
    where
        D: Fn(&Context, Prior<'_>) -> Result<Decision, Rejection>,
        A: Fn(Written<'_>) -> Answer,
    {
        let mut known: Option<Ticket> = None;
        if self.is_dry_run || self.idempotency.is_some() && command.answer_needs_ticket {
            if let Some(response) = self.answered_before().await? {
                return Ok(response);
            }
            known = Some(self.load(command.ticket).await?);
        }
        for _ in 0..ATTEMPTS {
            let prior = known.as_ref().map_or(Prior::Unknown, Prior::Known);
            let change = match ((command.decide)(&self.context, prior)?, &known) {
                (Decision::Change(change), _) => change,
                (Decision::Unchanged, Some(_)) if self.is_dry_run => return Ok(DryRun::answer(Vec::new())),
                (Decision::Unchanged, Some(ticket)) => return self.unchanged(&command, ticket).await,
                (Decision::Unchanged | Decision::NeedsTicket, _) => {
                    known = Some(self.load(command.ticket).await?);
                    continue;
                }
            };
            match self.attempt(&command, *change, known.as_ref()).await? {
                Attempt::Done(response) => return Ok(response),
                Attempt::Again(ticket) => known = Some(*ticket),
            }
        }
        Err(Problem::unavailable())
    }

    /// All is as asked. That is remembered too: sent again when it is so no longer,
    /// the request must not change it after all.
    async fn unchanged<D, A>(&self, command: &Command<D, A>, ticket: &Ticket) -> Result<Response, Problem>
    where
        A: Fn(Written<'_>) -> Answer,
    {
        let answer = self.answer(command, None, Some(ticket)).await;
        if let Some(record) = self.remember(&answer) {
            self.store.remember(self.workspace, &record, self.context.now).await?;
        }
        Ok(answer.into_response())
    }

    async fn attempt<D, A>(
        &self,
        command: &Command<D, A>,
        mut change: Change,
        known: Option<&Ticket>,
    ) -> Result<Attempt, Problem>
    where
        A: Fn(Written<'_>) -> Answer,
    {
        if let Some(ticket) = known.filter(|_| self.is_dry_run) {
            let event = events::between(Some(ticket), &change.applied_to(ticket));
            return Ok(Attempt::Done(DryRun::answer(vec![event.into()])));
        }
        let foreseen = known.filter(|_| self.idempotency.is_some() && command.answer_needs_ticket).map(|ticket| {
            change.guard.version = Some(ticket.version);
            change.applied_to(ticket)
        });
        let remembered = match &self.idempotency {
            Some(_) => Some(self.answer(command, Some(&change), foreseen.as_ref()).await),
            None => None,
        };
        let record = remembered.as_ref().and_then(|answer| self.remember(answer));
        match self.store.commit(self.workspace, command.ticket, &change, record.as_ref()).await {
            Ok(ticket) => {
                let answer = match remembered {
                    Some(answer) => answer,
                    None => self.answer(command, Some(&change), ticket.as_ref()).await,
                };
                Ok(Attempt::Done(answer.into_response()))
            }
            Err(CommitError::NotAsAssumed(ticket)) => Ok(Attempt::Again(ticket)),
            Err(CommitError::Answered(record)) => self.replay(&record).map(Attempt::Done),
            Err(CommitError::Absent) => Err(Problem::not_found()),
            Err(error) => Err(error.into()),
        }
    }

    /// The answer, with the account that the ticket is about. What is written is
    /// written: where the account can't be read, the answer names it by its id alone.
    async fn answer<D, A>(&self, command: &Command<D, A>, change: Option<&Change>, ticket: Option<&Ticket>) -> Answer
    where
        A: Fn(Written<'_>) -> Answer,
    {
        let shown = ticket.filter(|_| command.answer_needs_ticket);
        let accounts = Accounts::of(self.store, self.workspace, shown).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "an account could not be read");
            Accounts::default()
        });
        (command.answer)(Written { change, ticket, accounts: &accounts })
    }

    async fn load(&self, ticket: TicketId) -> Result<Ticket, Problem> {
        let found = self.store.ticket(self.workspace, ticket).await?;
        found.filter(|ticket| self.context.sees(ticket)).ok_or_else(Problem::not_found)
    }

    /// The answer that this request was given before, if it was.
    ///
    /// # Errors
    /// 422 when the key was used for another request.
    pub async fn answered_before(&self) -> Result<Option<Response>, Problem> {
        let Some(idempotency) = &self.idempotency else {
            return Ok(None);
        };
        let record = self.store.answered(self.workspace, &idempotency.key, self.context.now).await?;
        record.map(|record| self.replay(&record)).transpose()
    }

    /// A remembered answer.
    ///
    /// # Errors
    /// 422 when the key was used for another request.
    pub fn replay(&self, record: &Record) -> Result<Response, Problem> {
        let idempotency = self.idempotency.as_ref().ok_or_else(Problem::internal)?;
        idempotency.replay(record, &self.app.sealing)
    }

    /// The record that remembers this answer, when the caller sent a key.
    #[must_use]
    pub fn remember(&self, answer: &Answer) -> Option<Record> {
        self.idempotency.as_ref().map(|idempotency| idempotency.record(answer, &self.app.sealing))
    }
}

enum Attempt {
    Done(Response),
    Again(Box<Ticket>),
}
