//! Everything about a person as one JSON document.
//!
//! It is as large as an answer may be; what doesn't fit is in further parts, each
//! asked for with the cursor of the one before. Nearly always there is one.

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
};
use lambdesk_domain::{
    access::Scope,
    attachment::Attachment,
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
use serde::Serialize;
use serde_json::json;

/// About how many bytes one part has: well below the 6 MB of a Lambda's answer, since
/// a message is in it as text and as HTML.
const BUDGET: usize = 4_000_000;
/// How much one entry weighs besides its texts.
const ENTRY: usize = 1_000;
/// How many of a kind are read at once.
const AT_ONCE: u16 = 50;

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
    spent: usize,
    accounts: Vec<AccountRecord>,
    tickets: Vec<ExportedTicket>,
    next: Option<ExportPosition>,
}

impl<'a> Part<'a> {
    const fn of(session: &'a Session, events: &'a Events, contact: &'a Contact) -> Self {
        Self { session, events, contact, spent: 0, accounts: Vec::new(), tickets: Vec::new(), next: None }
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
            let page = self.session.app.contacts.accounts_of(self.session.workspace(), id, after, AT_ONCE).await?;
            self.spent += ENTRY * page.accounts.len();
            self.accounts.extend(page.accounts.iter().map(AccountRecord::from));
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
            if self.spent >= BUDGET {
                self.next = Some(ExportPosition { subject, at: At::Accounts(after) });
                return Ok(());
            }
        }
    }

    async fn tickets(
        &mut self,
        subject: usize,
        id: ContactId,
        mut ticket: Option<TicketId>,
        rest: Option<Rest>,
    ) -> Result<(), Problem> {
        if let (Some(id), Some(rest)) = (ticket, rest) {
            self.take(subject, id, Some(rest)).await?;
        }
        loop {
            let page = self.session.app.tickets.tickets_of(self.session.workspace(), id, ticket, AT_ONCE).await?;
            for next in page.items {
                if self.next.is_some() {
                    return Ok(());
                }
                self.take(subject, next, None).await?;
                ticket = Some(next);
                if self.spent >= BUDGET && self.next.is_none() {
                    self.next = Some(ExportPosition { subject, at: At::Tickets(ticket, None) });
                }
            }
            if !page.has_more {
                return Ok(());
            }
        }
    }

    /// Takes a ticket, or what follows of one.
    async fn take(&mut self, subject: usize, id: TicketId, rest: Option<Rest>) -> Result<(), Problem> {
        let (app, workspace) = (&self.session.app, self.session.workspace());
        let found = app.tickets.ticket(workspace, id).await?;
        let Some(ticket) = found.filter(|ticket| self.is_theirs(ticket)) else {
            return Ok(());
        };
        let accounts = Accounts::of(&app.contacts, workspace, [&ticket], ClientDetail::Whole).await?;
        let view = TicketView::of(ticket, &self.session.directory, &accounts, ClientDetail::Whole);
        self.spent += ENTRY;
        let mut exported = ExportedTicket { ticket: view, messages: Vec::new(), events: Vec::new() };
        let left = match rest {
            Some(Rest::Events(version)) => self.events(id, Some(version), &mut exported.events).await?,
            Some(Rest::Messages(after)) => self.thread(id, Some(after), &mut exported).await?,
            None => self.thread(id, None, &mut exported).await?,
        };
        self.next = left.map(|rest| ExportPosition { subject, at: At::Tickets(Some(id), Some(rest)) });
        self.tickets.push(exported);
        Ok(())
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
    ) -> Result<Option<Rest>, Problem> {
        loop {
            let page = self.session.app.tickets.messages(self.session.workspace(), id, after, true, AT_ONCE).await?;
            for message in page.items {
                after = Some(message.id);
                self.spent += ENTRY + message.content.text().len() + message.content.html().len();
                exported.messages.push(message.into());
            }
            match after {
                Some(after) if page.has_more && self.spent >= BUDGET => return Ok(Some(Rest::Messages(after))),
                _ if page.has_more => {}
                _ => return self.events(id, None, &mut exported.events).await,
            }
        }
    }

    async fn events(
        &mut self,
        id: TicketId,
        mut before: Option<Version>,
        exported: &mut Vec<TicketEvent>,
    ) -> Result<Option<Rest>, Problem> {
        loop {
            let page = self.events.activities(self.session.workspace(), id, before, AT_ONCE).await?;
            self.spent += 2 * ENTRY * page.items.len();
            before = page.items.last().map(|event| event.sequence).or(before);
            exported.extend(page.items);
            match before {
                Some(before) if page.has_more && self.spent >= BUDGET => return Ok(Some(Rest::Events(before))),
                _ if page.has_more => {}
                _ => return Ok(None),
            }
        }
    }
}
