//! What a customer says on a closed ticket: it goes to the ticket that continues it, or
//! starts that one.

use crate::{
    execute::{ATTEMPTS, Command, CommandError, CommandOutcome, Executor, Written},
    idempotency::Answer,
    opening::{NO_NUMBER, NewContact, contact_of, open_continuing},
};
use lambdesk_domain::{
    command::{self, Change, Context, NewReply, NewTicket, Opening, Prior, Rejection},
    id::TicketId,
    message::Message,
    status::{Lifecycle, Source, Status},
    ticket::Ticket,
};
use lambdesk_table::TableError;
use std::collections::BTreeSet;

/// How many closed tickets, each of which continues the one before, are gone through.
/// Beyond, a new one continues the last of them, which makes the way short again.
const MOST_CLOSED: usize = 32;

/// How a message on a closed ticket is taken on.
pub struct Continuing<'a, N, A, O> {
    /// Who writes.
    pub executor: &'a Executor<'a>,
    /// What they write, to the ticket that is closed.
    pub reply: NewReply,
    /// They are blocked: what they write moves nothing.
    pub is_blocked: bool,
    /// How a new ticket came in.
    pub source: Source,
    /// What else holds for a new ticket.
    pub adjust: N,
    /// Makes the answer when the message went to a ticket that is there, which is given as
    /// it was before.
    pub appended: A,
    /// Makes the answer when it started a new one.
    pub opened: O,
}

impl<N, A, O> Continuing<'_, N, A, O>
where
    N: Fn(NewTicket) -> NewTicket,
    A: Fn(&Ticket, Option<&Change>) -> Answer,
    O: Fn(&Ticket, Option<&Message>) -> Answer,
{
    /// Writes the message. However many come at the same time, one ticket continues the
    /// closed one: who comes too late for making it writes to it.
    ///
    /// # Errors
    /// Why the message is not written.
    pub async fn run(self) -> Result<CommandOutcome, CommandError> {
        for _ in 0..ATTEMPTS {
            let outcome = match self.place().await? {
                Place::Open(ticket) => self.append(&ticket).await?,
                Place::Closed(last) => self.open(*last).await?,
            };
            if let Some(outcome) = outcome {
                return Ok(outcome);
            }
        }
        Err(CommandError::Contended)
    }

    /// The ticket at the end of the chain. One that is gone, in the trash or out of reach
    /// continues nothing.
    async fn place(&self) -> Result<Place, CommandError> {
        let read = async |id| self.executor.app.tickets.ticket(self.executor.workspace, id).await;
        let context = &self.executor.context;
        let closed = read(self.reply.ticket_id).await?.filter(|ticket| context.sees(ticket));
        let mut last = closed.ok_or(Rejection::NotFound)?;
        context.check(&last)?;
        // Reopened since it was found closed.
        if last.status != Status::Closed {
            return Ok(Place::Open(Box::new(last)));
        }
        for _ in 0..MOST_CLOSED {
            let Some(next) = last.continued_by else { break };
            match read(next).await?.filter(|next| context.check(next).is_ok()) {
                Some(next) if next.status == Status::Closed => last = next,
                Some(next) => return Ok(Place::Open(Box::new(next))),
                None => break,
            }
        }
        Ok(Place::Closed(Box::new(last)))
    }

    /// Writes to a ticket; none when it has been closed meanwhile.
    async fn append(&self, ticket: &Ticket) -> Result<Option<CommandOutcome>, CommandError> {
        let reply = NewReply { ticket_id: ticket.id, ..self.reply.clone() };
        let command = Command {
            ticket: ticket.id,
            decide: |context: &Context, prior: Prior<'_>| {
                let decision = command::reply(&reply, context, prior)?;
                Ok(if self.is_blocked { decision.silent_append() } else { decision })
            },
            answer: |written: Written<'_>| (self.appended)(ticket, written.change),
            answer_needs_ticket: false,
        };
        match self.executor.execute_on(ticket, command).await {
            Err(CommandError::Rejected(Rejection::Closed | Rejection::Trashed | Rejection::NotFound)) => Ok(None),
            written => written.map(Some),
        }
    }

    /// Opens the ticket that continues this one; none when others were faster.
    async fn open(&self, closed: Ticket) -> Result<Option<CommandOutcome>, CommandError> {
        let NewReply { id, content, is_secure, .. } = self.reply.clone();
        let opening = Opening { id, content, is_outbound: false, is_secure };
        let (new, contact) = continuing(self.executor, closed.clone(), self.source, opening).await?;
        open_continuing(self.executor, (self.adjust)(new), contact, &closed, &self.opened).await
    }
}

/// Where a message goes.
enum Place {
    /// To this ticket.
    Open(Box<Ticket>),
    /// Into a new one that continues this one.
    Closed(Box<Ticket>),
}

/// The ticket that goes on where `closed` ended, and its contact: of the same
/// channel, requester and subject, about the same things. It begins unassigned
/// and untagged, as any new ticket, and is kept back only if the closed one was.
async fn continuing(
    executor: &Executor<'_>,
    closed: Ticket,
    source: Source,
    opening: Opening,
) -> Result<(NewTicket, NewContact), TableError> {
    let contact = contact_of(&executor.app.contacts, &closed, &executor.context.actor).await?;
    let reference = closed.contact.filter(|_| contact.is_some());
    let contact = contact.map_or(NewContact::Nobody, |contact| NewContact::Known(Box::new(contact)));
    let new = NewTicket {
        workspace_id: closed.workspace_id,
        id: TicketId::new(executor.app.new_id()),
        number: NO_NUMBER,
        subject: closed.subject,
        status: Status::Open,
        priority: closed.priority,
        is_held: closed.lifecycle == Lifecycle::Unprocessed,
        // Who had the closed one has this one: a guest stays a guest, whoever relays them.
        source: if closed.source == Source::Guest { Source::Guest } else { source },
        channel: closed.channel,
        category: closed.category,
        team: None,
        assignee: None,
        contact: reference,
        account: closed.account,
        requester: closed.requester,
        tags: BTreeSet::new(),
        custom: closed.custom,
        uid: closed.uid,
        summary: None,
        follow_up_at: None,
        opening: Some(opening),
        continues: Some(closed.id),
    };
    Ok((new, contact))
}
