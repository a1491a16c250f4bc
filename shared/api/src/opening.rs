//! Opening a ticket: the part that every way in shares.
//!
//! A contact's id derives from its address, so the ticket, its message and the
//! contact are written in one transaction without looking first; only where the
//! contact turns out to be another one, or blocked, a second one follows. For a visitor
//! the contact is looked up first, by as many reads whoever it is, and a known one is not
//! written: nothing that they could count tells who is known.

use crate::{
    execute::{CommandError, CommandOutcome, DryRun, Executor},
    idempotency::Answer,
};
use lambdesk_domain::{
    access::Actor,
    command::{Change, Context, NewTicket, continued, create},
    contact::{Contact, ContactRef},
    events::{self, ContactImage, Event},
    id::{ContactId, TicketId, TicketNumber},
    message::Message,
    status::Source,
    text::EmailAddress,
    ticket::Ticket,
};
use lambdesk_store_contacts::{ContactSlot, ContactUpsert, Contacts, OtherContact, contact_id};
use lambdesk_store_tickets::{CreateError, NewItems};
use lambdesk_table::{AlreadyAnswered, TableError, log_failure, retry::Attempts};

/// How often the transaction is tried: more than once only where the contact is not
/// the one that the address and the name derive, or is being written by others.
const ATTEMPTS: u8 = 16;
/// How often it is tried because others write the contact: each of them makes it, or
/// leaves it as it is.
const BUSY: u32 = 12;

/// Who the contact of a new ticket is.
#[derive(Debug, Clone)]
pub enum NewContact {
    /// Nobody.
    Nobody,
    /// This one, looked up by the caller.
    Known(Box<Contact>),
    /// The one with this address, made if it is new and may be.
    WithAddress {
        /// The address.
        email: EmailAddress,
        /// The workspace's salt, for the id.
        salt: String,
        /// It must be there already.
        must_exist: bool,
    },
}

/// Opens a ticket and makes the answer.
///
/// # Errors
/// Why the ticket is not opened.
pub async fn open(
    executor: &Executor<'_>,
    new: NewTicket,
    contact: NewContact,
    answer: impl Fn(&Ticket, Option<&Message>) -> Answer,
) -> Result<CommandOutcome, CommandError> {
    open_or_continue(executor, new, contact, None, answer).await?.ok_or(CommandError::Contended)
}

/// Opens a ticket that continues a closed one, if that is still continued as assumed: none
/// when another one continues it by now.
///
/// # Errors
/// Why the ticket is not opened.
pub async fn open_continuing(
    executor: &Executor<'_>,
    new: NewTicket,
    contact: NewContact,
    closed: &Ticket,
    answer: impl Fn(&Ticket, Option<&Message>) -> Answer,
) -> Result<Option<CommandOutcome>, CommandError> {
    let change = continued(closed, new.id, &executor.context);
    open_or_continue(executor, new, contact, Some((closed.id, &change)), answer).await
}

async fn open_or_continue(
    executor: &Executor<'_>,
    new: NewTicket,
    contact: NewContact,
    continued: Option<(TicketId, &Change)>,
    answer: impl Fn(&Ticket, Option<&Message>) -> Answer,
) -> Result<Option<CommandOutcome>, CommandError> {
    let mut opening = TicketOpening { new, context: executor.context.clone(), upsert: None };
    opening.resolve_contact(executor, contact).await?;
    if executor.is_dry_run {
        return opening.dry_run(executor).await.map(Some);
    }
    // Refused before a number is spent on it.
    create(opening.new.clone(), &opening.context)?;
    opening.new.number = executor.app.tickets.next_number(executor.workspace, executor.context.now).await?;
    let mut attempts = Attempts::new();
    for _ in 0..ATTEMPTS {
        let (ticket, message) = create(opening.new.clone(), &opening.context)?;
        let response = answer(&ticket, message.as_ref());
        let record = executor.remember(&response);
        let items = NewItems {
            message: message.as_ref(),
            contact: opening.upsert.as_ref(),
            continued,
            answer: record.as_ref(),
        };
        match create_and_reserve(executor, &ticket, items).await {
            Ok(()) => return Ok(Some(CommandOutcome::Changed(response))),
            Err(CreateError::Continued) => return Ok(None),
            Err(CreateError::Answered(AlreadyAnswered(record))) => {
                return Ok(Some(executor.outcome_of(&record)?));
            }
            Err(CreateError::OtherContact(OtherContact(slot))) => opening.on_conflict(executor, *slot).await?,
            Err(CreateError::ContactBusy) => {
                if !(attempts.again(BUSY).await && opening.on_busy(executor).await?) {
                    return Err(CommandError::Contended);
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(CommandError::Contended)
}

/// Writes the ticket, and beside that takes the numbers of tickets that are coming. Where
/// those can't be taken, the next ticket takes its own.
async fn create_and_reserve(executor: &Executor<'_>, ticket: &Ticket, items: NewItems<'_>) -> Result<(), CreateError> {
    let tickets = &executor.app.tickets;
    let reserve = tickets.reserve_numbers(executor.workspace, executor.context.now);
    let (created, reserved) = tokio::join!(tickets.create_ticket(ticket, items), reserve);
    if let Err(error) = reserved {
        log_failure!(error, "no ticket numbers were taken ahead");
    }
    created
}

/// The ticket's contact as it is now. To a visitor with an address it takes the same
/// requests whether there is one: on a channel that asks for known contacts, that would
/// tell who is one.
///
/// # Errors
/// When the table fails.
pub async fn contact_of(contacts: &Contacts, ticket: &Ticket, actor: &Actor) -> Result<Option<Contact>, TableError> {
    match (&ticket.contact, actor) {
        (Some(contact), _) => contacts.contact(ticket.workspace_id, contact.id).await,
        (None, Actor::Visitor { .. }) if ticket.requester.email.is_some() => {
            // Nobody's id: for its time alone.
            contacts.contact(ticket.workspace_id, ContactId::new(ticket.id.uuid())).await
        }
        (None, _) => Ok(None),
    }
}

/// Whether the ticket's contact is blocked, so that what they write wakes nothing.
///
/// # Errors
/// When the table fails.
pub async fn is_from_blocked(contacts: &Contacts, ticket: &Ticket, actor: &Actor) -> Result<bool, TableError> {
    Ok(contact_of(contacts, ticket, actor).await?.is_some_and(|contact| contact.is_blocked))
}

/// The number of a ticket that is only tried.
pub const NO_NUMBER: TicketNumber = TicketNumber(0);

struct TicketOpening {
    new: NewTicket,
    context: Context,
    /// The contact to be made, or to be found just so.
    upsert: Option<ContactUpsert>,
}

impl TicketOpening {
    const fn is_visitors(&self) -> bool {
        matches!(self.context.actor, Actor::Visitor { .. })
    }

    async fn resolve_contact(&mut self, executor: &Executor<'_>, contact: NewContact) -> Result<(), CommandError> {
        match contact {
            NewContact::Nobody => {}
            NewContact::Known(contact) => self.link(&contact),
            NewContact::WithAddress { email, salt, must_exist: true } => {
                let found = executor.app.contacts.contact_with_email(executor.workspace, &salt, &email).await?;
                self.link(&found.ok_or(CommandError::NoSuchContact)?);
            }
            // Who is known, and under which name, shows in no number of requests.
            NewContact::WithAddress { email, salt, must_exist: false } if self.is_visitors() => {
                let (slot, owner) = executor.app.contacts.owner_evenly(executor.workspace, &salt, &email).await?;
                match owner {
                    Some(owner) => self.link(&owner),
                    None if slot.is_untouched() => self.upsert(slot.id, email, None),
                    None => self.upsert(ContactId::new(executor.app.new_id()), email, Some(slot)),
                }
            }
            NewContact::WithAddress { email, salt, must_exist: false } => {
                self.upsert(contact_id(&salt, &email), email, None);
            }
        }
        Ok(())
    }

    /// The events that would be emitted: of the ticket, and of the contact if it would
    /// be made.
    async fn dry_run(mut self, executor: &Executor<'_>) -> Result<CommandOutcome, CommandError> {
        if let Some(upsert) = &self.upsert {
            let slot = executor.app.contacts.slot(executor.workspace, upsert.contact.id).await?;
            if !slot.is_untouched() {
                self.on_conflict(executor, slot).await?;
            }
        }
        let (ticket, _) = create(self.new, &self.context)?;
        // Whether there is such a contact is told to those who may read contacts.
        let upsert = self.upsert.as_ref().filter(|_| executor.detail.is_whole());
        let made = upsert.map(|upsert| ContactImage::Live(&upsert.contact));
        let made = made.map(|contact| events::between_contacts(executor.workspace, None, contact));
        let told = std::iter::once(Event::from(events::between(None, &ticket)));
        Ok(CommandOutcome::DryRun(DryRun::of(told.chain(made.map(Event::from)).collect())))
    }

    fn upsert(&mut self, id: ContactId, email: EmailAddress, address: Option<ContactSlot>) {
        let contact = Contact {
            name: self.new.requester.name.clone(),
            email: Some(email),
            phone: self.new.requester.phone.clone(),
            ..Contact::new(id, self.context.cause(None), self.context.now)
        };
        self.new.contact = Some(self.reference(&contact));
        self.upsert = Some(ContactUpsert { contact, address });
    }

    /// The contact as its ticket carries it. What a guest said of themselves proves
    /// nothing; who a continued ticket is from, that ticket says.
    fn reference(&self, contact: &Contact) -> ContactRef {
        let before = self.new.contact.as_ref().filter(|before| before.id == contact.id);
        let is_unproved = before.map_or(self.new.source == Source::Guest, |before| before.is_unproved);
        ContactRef { is_unproved, ..ContactRef::from(contact) }
    }

    /// A contact that is there: linked as it is. A blocked one wakes nothing.
    fn link(&mut self, contact: &Contact) {
        self.new.contact = Some(self.reference(contact));
        self.upsert = None;
        if contact.is_blocked {
            self.new.is_held = true;
            self.context.is_silent = true;
        }
    }

    /// Others write the contact: one that is there by now is linked as it is, and not
    /// written. False when there is none to be made.
    async fn on_busy(&mut self, executor: &Executor<'_>) -> Result<bool, TableError> {
        let Some(upsert) = &self.upsert else {
            return Ok(false);
        };
        let slot = executor.app.contacts.slot(executor.workspace, upsert.contact.id).await?;
        if !slot.is_untouched() {
            self.on_conflict(executor, slot).await?;
        }
        Ok(true)
    }

    /// The slot of the address holds another contact than the upsert made: the same
    /// person under another name or blocked, or whoever the address means by now; or
    /// the slot can't be a new contact's own.
    async fn on_conflict(&mut self, executor: &Executor<'_>, slot: ContactSlot) -> Result<(), TableError> {
        // Only an upsert conflicts, and its contact has an address.
        let Some(email) = self.upsert.take().and_then(|upsert| upsert.contact.email) else {
            return Ok(());
        };
        match executor.app.contacts.owner(executor.workspace, &slot, &email).await? {
            Some(owner) => self.link(&owner),
            None => self.upsert(ContactId::new(executor.app.new_id()), email, Some(slot)),
        }
        Ok(())
    }
}
