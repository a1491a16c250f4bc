//! New tickets with what comes with them: one put, or one transaction.

use crate::{CreateError, Tickets, commit::guarded, item, message};
use lambdesk_domain::{command::Change, id::TicketId, message::Message, ticket::Ticket};
use lambdesk_store_contacts::ContactUpsert;
use lambdesk_table::{Record, Tenant, Tx, Write};

/// What is written together with a new ticket, all or nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NewItems<'a> {
    /// The opening message.
    pub message: Option<&'a Message>,
    /// The contact that must be the one with this address, made if it is new.
    pub contact: Option<&'a ContactUpsert>,
    /// The ticket that it continues, and what becomes of that one.
    pub continued: Option<(TicketId, &'a Change)>,
    /// The answer to remember.
    pub answer: Option<&'a Record>,
}

impl Tickets {
    /// Writes a new ticket with what comes with it. A ticket that is there already stays
    /// as it is.
    ///
    /// # Errors
    /// [`CreateError::Answered`], [`CreateError::OtherContact`], [`CreateError::ContactBusy`],
    /// [`CreateError::Continued`], or the table's failure.
    pub async fn create_ticket(&self, ticket: &Ticket, new: NewItems<'_>) -> Result<(), CreateError> {
        let create = Write::create(item::encode(ticket));
        let is_alone = new.message.is_none() && new.contact.is_none() && new.continued.is_none();
        if is_alone && new.answer.is_none() {
            self.table.write(create).await?;
            return Ok(());
        }
        let mut tx = Tx::<CreateError>::new();
        tx.remember(ticket.workspace_id, new.answer, ticket.created_at);
        if let Some(contact) = new.contact {
            contact.add_to(ticket.workspace_id, &mut tx, CreateError::ContactBusy);
        }
        if let Some((closed, change)) = new.continued {
            tx.require(guarded(ticket.workspace_id, closed, change, false), CreateError::Continued);
        }
        tx.write(create);
        if let Some(message) = new.message {
            message::add(&mut tx, &Tenant::new(ticket.workspace_id), message);
        }
        tx.commit(&self.table).await
    }
}
