//! Everything about a person as one JSON document.
//!
//! It is as large as an answer may be, and costs what a request may; the rest is in further
//! parts, each asked for with the cursor of the one before.

mod position;

use self::position::{At, ExportPosition, Rest};
use crate::{
    access::{load, require_admin},
    account_body::AccountRecord,
    contact_body::ContactView,
    jobs::{ReceiptView, new_job},
};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use lambdesk_api::{
    auth::Session,
    idempotency::Answer,
    listing::ListRequest,
    normal_form::NormalForm,
    path::Id,
    problem::Problem,
    render::{Accounts, ClientDetail, TicketView},
    room::Room,
};
use lambdesk_domain::{
    access::Scope,
    attachment::Attachment,
    budget,
    contact::Contact,
    events::TicketEvent,
    id::{AccountId, ContactId, MessageId, TicketId, Version},
    message::{Message, MessageKind, Sender},
    personal::{Counts, Job, JobKind},
    status::Source,
    ticket::Ticket,
    time::Timestamp,
};
use lambdesk_store_events::Events;
use lambdesk_table::meter;
use serde::Serialize;
use serde_json::json;

/// How many of a kind are read at once.
const AT_ONCE: u16 = 50;
/// A part that has used so many units goes on with no further ticket or page: what one may
/// take is left.
const ENOUGH: f64 = budget::READ_UNITS / 2.0;

/// A part of the document.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "PersonExport")]
pub struct ExportView {
    /// That it was asked for, and what its first part has; in that part only.
    receipt: Option<ReceiptView>,
    contact: ContactView,
    /// The ids of the contacts that were merged into this one.
    merged_ids: Vec<ContactId>,
    /// What they have written about.
    accounts: Vec<AccountRecord>,
    /// What they have written.
    tickets: Vec<ExportedTicket>,
    /// Where the next part begins; null in the last.
    next_cursor: Option<String>,
}

/// A ticket with all that was written and that happened. A long one goes on in the
/// next part.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "ExportedTicket")]
pub struct ExportedTicket {
    ticket: TicketView,
    messages: Vec<ExportedMessage>,
    events: Vec<TicketEvent>,
}

/// A message as it was written: notes and secure ones, too.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "ExportedMessage")]
pub struct ExportedMessage {
    id: MessageId,
    kind: MessageKind,
    body_text: String,
    body_html: String,
    is_secure: bool,
    is_forward: bool,
    sender: Sender,
    source: Source,
    attachments: Vec<Attachment>,
    created_at: Timestamp,
}

impl From<Message> for ExportedMessage {
    fn from(message: Message) -> Self {
        let (body_text, body_html) = (message.content.text().to_owned(), message.content.html());
        let Message { id, kind, is_secure, is_forward, sender, source, attachments, created_at, .. } = message;
        Self { id, kind, body_text, body_html, is_secure, is_forward, sender, source, attachments, created_at }
    }
}

/// `GET /v1/contacts/{contact_id}/export`.
pub async fn export(
    session: Session,
    State(events): State<Events>,
    Id(id): Id<ContactId>,
    mut request: ListRequest,
) -> Result<Response, Problem> {
    require_admin(&session, Scope::ContactsRead)?;
    if request.query.one("limit").is_some() {
        request.query.error("limit", "unknown_parameter", "a part is as large as an answer may be");
    }
    let (_, contact) = load(&session, id).await?;
    let listing = request.forward(
        session.workspace(),
        "/v1/contacts/{contact_id}/export",
        &NormalForm::of(&json!(contact.id)),
    )?;
    let from: Option<ExportPosition> = listing.after()?;
    let mut part = Part::of(&session, &events, &contact);
    Box::pin(part.collect(from.unwrap_or_default())).await?;
    let receipt = if from.is_none() { Some(receipt(&part).await?) } else { None };
    let next = part.next.map(|position| position.to_string());
    let view = ExportView {
        receipt,
        contact: ContactView::from(&contact),
        merged_ids: contact.merged.iter().copied().collect(),
        accounts: part.accounts,
        tickets: part.tickets,
        next_cursor: listing.info(next.as_deref(), None).next_cursor,
    };
    Ok(Answer::ok(&view).into_response())
}

/// Remembers that the data was handed out.
async fn receipt(part: &Part<'_>) -> Result<ReceiptView, Problem> {
    let Part { session, contact, .. } = part;
    let messages = || part.tickets.iter().flat_map(|ticket| &ticket.messages);
    let counts = Counts {
        tickets: part.tickets.len() as u64,
        messages: messages().count() as u64,
        attachments: messages().map(|message| message.attachments.len() as u64).sum(),
        accounts: part.accounts.len() as u64,
    };
    let job = new_job(session, JobKind::Export, contact.id, contact.ids().collect());
    let job = Job { counts, completed_at: Some(session.now), ..job };
    session.app.contacts.put_job(session.workspace(), &job, session.now).await?;
    Ok(ReceiptView::from(&job))
}

/// A part that is being filled.
struct Part<'a> {
    session: &'a Session,
    events: &'a Events,
    contact: &'a Contact,
    room: Room,
    accounts: Vec<AccountRecord>,
    tickets: Vec<ExportedTicket>,
    next: Option<ExportPosition>,
    /// It goes on behind where it began, though perhaps nothing was found there.
    has_moved: bool,
}

impl<'a> Part<'a> {
    fn of(session: &'a Session, events: &'a Events, contact: &'a Contact) -> Self {
        let (accounts, tickets) = (Vec::new(), Vec::new());
        Self { session, events, contact, room: Room::ANSWER, accounts, tickets, next: None, has_moved: false }
    }

    /// Whether the part has cost enough.
    fn is_over(&self) -> bool {
        meter::spent() >= ENOUGH && self.has_moved
    }

    /// Takes what follows a position until the part is full.
    async fn collect(&mut self, from: ExportPosition) -> Result<(), Problem> {
        let ids: Vec<_> = self.contact.ids().enumerate().skip(from.subject).collect();
        let mut at = from.at;
        for (subject, id) in ids {
            if let At::Accounts(after) = at {
                self.accounts(subject, id, after).await?;
                at = At::FIRST_TICKET;
            }
            if let At::Tickets(ticket, rest) = at
                && self.next.is_none()
            {
                self.tickets(subject, id, ticket, rest).await?;
            }
            if self.next.is_some() {
                return Ok(());
            }
            at = At::default();
        }
        Ok(())
    }

    async fn accounts(&mut self, subject: usize, id: ContactId, mut after: Option<AccountId>) -> Result<(), Problem> {
        loop {
            if self.is_over() {
                self.next = Some(ExportPosition { subject, at: At::Accounts(after) });
                return Ok(());
            }
            let page = self.session.app.contacts.accounts_of(self.session.workspace(), id, after, AT_ONCE).await?;
            for account in &page.accounts {
                let record = AccountRecord::from(account);
                if !self.room.take(&record) {
                    self.next = Some(ExportPosition { subject, at: At::Accounts(after) });
                    return Ok(());
                }
                self.accounts.push(record);
                after = Some(account.id);
            }
            self.has_moved = true;
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    }

    async fn tickets(
        &mut self,
        subject: usize,
        id: ContactId,
        mut before: Option<TicketId>,
        rest: Option<Rest>,
    ) -> Result<(), Problem> {
        let position = |ticket, rest| Some(ExportPosition { subject, at: At::Tickets(ticket, rest) });
        if let (Some(id), Some(rest)) = (before, rest)
            && let Some(rest) = self.take(id, Some(rest)).await?.or_rest(rest)
        {
            self.next = position(Some(id), Some(rest));
            return Ok(());
        }
        loop {
            let page = self.session.app.tickets.tickets_of(self.session.workspace(), id, before, AT_ONCE).await?;
            for next in page.items {
                let taken = if self.is_over() { Taken::Nothing } else { self.take(next, None).await? };
                self.has_moved |= taken != Taken::Nothing;
                match taken {
                    Taken::All => before = Some(next),
                    Taken::UpTo(rest) => self.next = position(Some(next), Some(rest)),
                    Taken::Nothing => self.next = position(before, None),
                }
                if self.next.is_some() {
                    return Ok(());
                }
            }
            if !page.has_more {
                return Ok(());
            }
        }
    }

    /// Takes a ticket, or what follows of one, as far as there is room.
    async fn take(&mut self, id: TicketId, rest: Option<Rest>) -> Result<Taken, Problem> {
        let (app, workspace) = (&self.session.app, self.session.workspace());
        let found = app.tickets.ticket(workspace, id).await?;
        let Some(ticket) = found.filter(|ticket| self.is_theirs(ticket)) else {
            return Ok(Taken::All);
        };
        let accounts = Accounts::of(&app.contacts, workspace, [&ticket], ClientDetail::Whole).await?;
        let view = TicketView::of(ticket, &self.session.directory, &accounts, ClientDetail::Whole);
        let mut exported = ExportedTicket { ticket: view, messages: Vec::new(), events: Vec::new() };
        if !self.room.take(&exported) {
            return Ok(Taken::Nothing);
        }
        let left = match rest {
            Some(Rest::Events(version)) => self.events(id, Some(version), &mut exported.events).await?,
            Some(Rest::Messages(after)) => self.thread(id, Some(after), &mut exported).await?,
            None => self.thread(id, None, &mut exported).await?,
        };
        let is_empty = exported.messages.is_empty() && exported.events.is_empty();
        if left != Taken::Nothing || !is_empty {
            self.tickets.push(exported);
        }
        Ok(left)
    }

    fn is_theirs(&self, ticket: &Ticket) -> bool {
        let contact = ticket.contact.as_ref().map(|contact| contact.id);
        contact.is_some_and(|id| self.contact.ids().any(|own| own == id))
    }

    async fn thread(
        &mut self,
        id: TicketId,
        mut after: Option<MessageId>,
        exported: &mut ExportedTicket,
    ) -> Result<Taken, Problem> {
        loop {
            let page = self.session.app.tickets.messages(self.session.workspace(), id, after, true, AT_ONCE).await?;
            for message in page.items {
                let (message_id, message) = (message.id, ExportedMessage::from(message));
                if !self.room.take(&message) {
                    return Ok(after.map_or(Taken::Nothing, |after| Taken::UpTo(Rest::Messages(after))));
                }
                exported.messages.push(message);
                after = Some(message_id);
            }
            after = page.last.or(after);
            match after {
                Some(after) if page.has_more && meter::spent() >= ENOUGH => {
                    return Ok(Taken::UpTo(Rest::Messages(after)));
                }
                _ if page.has_more => {}
                _ if meter::spent() >= ENOUGH => return Ok(Taken::UpTo(Rest::Events(LAST))),
                _ => return self.events(id, None, &mut exported.events).await,
            }
        }
    }

    async fn events(
        &mut self,
        id: TicketId,
        mut before: Option<Version>,
        exported: &mut Vec<TicketEvent>,
    ) -> Result<Taken, Problem> {
        loop {
            let page = self.events.activities(self.session.workspace(), id, before, AT_ONCE).await?;
            for event in page.items {
                if !self.room.take(&event) {
                    // Of the first one nothing is left out: no version is as high.
                    return Ok(Taken::UpTo(Rest::Events(before.unwrap_or(LAST))));
                }
                before = Some(event.sequence);
                exported.push(event);
            }
            match before {
                Some(before) if page.has_more && meter::spent() >= ENOUGH => {
                    return Ok(Taken::UpTo(Rest::Events(before)));
                }
                _ if page.has_more => {}
                _ => return Ok(Taken::All),
            }
        }
    }
}

/// Behind the events of every version.
const LAST: Version = Version(9_999_999_999);

/// How much of a ticket is in a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    /// All that there is.
    All,
    /// All but this.
    UpTo(Rest),
    /// There was no room at all.
    Nothing,
}

impl Taken {
    /// What is left of a ticket, of which this was left before.
    const fn or_rest(self, before: Rest) -> Option<Rest> {
        match self {
            Self::All => None,
            Self::UpTo(rest) => Some(rest),
            Self::Nothing => Some(before),
        }
    }
}
