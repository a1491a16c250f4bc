//! Everything about a person as one JSON document.
//!
//! It is as large as an answer may be; what doesn't fit is in further parts, each
//! asked for with the cursor of the one before. Nearly always there is one.

use crate::{
    contact_body::ContactView,
    contacts::load,
    jobs::{ReceiptView, new_job},
    require_admin,
};
use axum::response::{IntoResponse, Response};
use lambdesk_api::{
    auth::Session,
    idempotency::Answer,
    listing::ListRequest,
    path::Id,
    problem::Problem,
    render::{Accounts, TicketView},
};
use lambdesk_domain::{
    access::Scope,
    attachment::Attachment,
    contact::{Account, Contact},
    events::Event,
    id::{ContactId, MessageId, TicketId, Version},
    message::{Message, MessageKind, Sender},
    personal::{Counts, Job, JobKind},
    status::Source,
    ticket::Ticket,
    time::Timestamp,
};
use serde::Serialize;
use std::{fmt, str::FromStr};

/// About how many bytes one part has: well below the 6 MB of a Lambda's answer, since
/// a message is in it as text and as HTML.
const BUDGET: usize = 4_000_000;
/// How much one entry weighs besides its texts.
const ENTRY: usize = 1_000;
/// How many of a kind are read at once.
const AT_ONCE: u16 = 50;
/// The most accounts that one part tells of.
const ACCOUNTS: u16 = 100;

/// A part of the document.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "PersonExport")]
pub struct ExportView {
    /// That it was asked for; of the first part only.
    receipt: Option<ReceiptView>,
    contact: ContactView,
    /// The ids of the contacts that were merged into this one.
    merged_ids: Vec<ContactId>,
    /// What they have written about; in the first part.
    accounts: Vec<Account>,
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
    events: Vec<Event>,
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
pub async fn export(session: Session, Id(id): Id<ContactId>, request: ListRequest) -> Result<Response, Problem> {
    require_admin(&session, Scope::ContactsRead)?;
    let (_, contact) = load(&session, id).await?;
    let listing = request.forward(session.workspace(), "/v1/contacts/{contact_id}/export", contact.id.to_string())?;
    let from: Option<Place> = listing.after()?;
    let is_first = from.is_none();
    let mut part = Part { session: &session, contact: &contact, spent: 0, tickets: Vec::new(), next: None };
    let accounts = if is_first { part.accounts().await? } else { Vec::new() };
    Box::pin(part.collect(from.unwrap_or_default())).await?;
    let Part { tickets, next, .. } = part;
    let receipt = if is_first { Some(receipt(&session, &contact, &tickets, accounts.len()).await?) } else { None };
    let next = next.map(|place| place.to_string());
    let view = ExportView {
        receipt,
        contact: ContactView::from(&contact),
        merged_ids: contact.merged.iter().copied().collect(),
        accounts,
        tickets,
        next_cursor: listing.info(next.as_deref(), None).next_cursor,
    };
    Ok(Answer::ok(&view).into_response())
}

/// Remembers that the data was handed out.
async fn receipt(
    session: &Session,
    contact: &Contact,
    tickets: &[ExportedTicket],
    accounts: usize,
) -> Result<ReceiptView, Problem> {
    let messages = || tickets.iter().flat_map(|ticket| &ticket.messages);
    let counts = Counts {
        tickets: tickets.len() as u64,
        messages: messages().count() as u64,
        attachments: messages().map(|message| message.attachments.len() as u64).sum(),
        accounts: accounts as u64,
    };
    let job = new_job(session, JobKind::Export, contact.id, contact.ids().collect());
    let job = Job { counts, completed_at: Some(session.now), ..job };
    session.store.put_job(session.workspace(), &job, session.now).await?;
    Ok(ReceiptView::from(&job))
}

/// A part that is being filled.
struct Part<'a> {
    session: &'a Session,
    contact: &'a Contact,
    spent: usize,
    tickets: Vec<ExportedTicket>,
    next: Option<Place>,
}

impl Part<'_> {
    async fn accounts(&self) -> Result<Vec<Account>, Problem> {
        let (store, workspace) = (&self.session.store, self.session.workspace());
        let mut accounts = Vec::new();
        for id in self.contact.ids() {
            accounts.extend(store.accounts_of(workspace, id, None, ACCOUNTS).await?.accounts);
        }
        Ok(accounts)
    }

    /// Takes what follows a place until the part is full.
    async fn collect(&mut self, from: Place) -> Result<(), Problem> {
        let Place { subject: first, mut ticket, rest } = from;
        if let (Some(id), Some(rest)) = (ticket, rest) {
            self.take(first, id, Some(rest)).await?;
        }
        let ids: Vec<_> = self.contact.ids().enumerate().skip(first).collect();
        for (subject, id) in ids {
            loop {
                let page = self.session.store.tickets_of(self.session.workspace(), id, ticket, AT_ONCE).await?;
                for next in page.items {
                    if self.next.is_some() {
                        return Ok(());
                    }
                    self.take(subject, next, None).await?;
                    ticket = Some(next);
                    if self.spent >= BUDGET && self.next.is_none() {
                        self.next = Some(Place { subject, ticket, rest: None });
                    }
                }
                if !page.has_more {
                    break;
                }
            }
            ticket = None;
        }
        Ok(())
    }

    /// Takes a ticket, or what follows of one.
    async fn take(&mut self, subject: usize, id: TicketId, rest: Option<Rest>) -> Result<(), Problem> {
        let (store, workspace) = (&self.session.store, self.session.workspace());
        let found = store.ticket(workspace, id).await?;
        let Some(ticket) = found.filter(|ticket| self.is_theirs(ticket)) else {
            return Ok(());
        };
        let accounts = Accounts::of(store, workspace, [&ticket]).await?;
        let view = TicketView::of(&ticket, &self.session.directory, &accounts);
        self.spent += ENTRY;
        let mut exported = ExportedTicket { ticket: view, messages: Vec::new(), events: Vec::new() };
        let left = match rest {
            Some(Rest::Events(version)) => self.events(id, Some(version), &mut exported.events).await?,
            Some(Rest::Messages(after)) => self.thread(id, Some(after), &mut exported).await?,
            None => self.thread(id, None, &mut exported).await?,
        };
        self.next = left.map(|rest| Place { subject, ticket: Some(id), rest: Some(rest) });
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
            let page = self.session.store.messages(self.session.workspace(), id, after, true, AT_ONCE).await?;
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
        exported: &mut Vec<Event>,
    ) -> Result<Option<Rest>, Problem> {
        loop {
            let page = self.session.store.activities(self.session.workspace(), id, before, AT_ONCE).await?;
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

/// Where a part begins: after a ticket, or within one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Place {
    /// Whose tickets: the contact's own, then those under each id merged into it.
    subject: usize,
    ticket: Option<TicketId>,
    rest: Option<Rest>,
}

/// What follows of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// Messages after this one, then events.
    Messages(MessageId),
    /// Events before this version.
    Events(Version),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.subject.fmt(f)?;
        if let Some(ticket) = self.ticket {
            write!(f, " {ticket}")?;
        }
        match self.rest {
            Some(Rest::Messages(after)) => write!(f, " m {after}"),
            Some(Rest::Events(before)) => write!(f, " e {before}"),
            None => Ok(()),
        }
    }
}

/// The text is no place.
#[derive(Debug)]
struct NoPlace;

impl FromStr for Place {
    type Err = NoPlace;

    fn from_str(text: &str) -> Result<Self, NoPlace> {
        let mut words = text.split(' ');
        let subject = words.next().unwrap_or_default().parse().map_err(|_| NoPlace)?;
        let ticket = words.next().map(str::parse).transpose().map_err(|_| NoPlace)?;
        let rest = match (words.next(), words.next()) {
            (None, _) => None,
            (Some("m"), Some(after)) => Some(Rest::Messages(after.parse().map_err(|_| NoPlace)?)),
            (Some("e"), Some(before)) => Some(Rest::Events(Version(before.parse().map_err(|_| NoPlace)?))),
            _ => return Err(NoPlace),
        };
        Ok(Self { subject, ticket, rest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_place_reads_back_as_it_was_written() {
        let ticket = Some(TicketId::new(Uuid::from_u128(7)));
        let message = Rest::Messages(MessageId::new(Uuid::from_u128(8)));
        for place in [
            Place::default(),
            Place { subject: 3, ticket, rest: None },
            Place { subject: 0, ticket, rest: Some(message) },
            Place { subject: 1, ticket, rest: Some(Rest::Events(Version(12))) },
        ] {
            assert_eq!(place.to_string().parse::<Place>().ok(), Some(place));
        }
        for bad in
            ["", "x", "0 7", "0 00000000-0000-0000-0000-000000000007 m", "0 00000000-0000-0000-0000-000000000007 z 1"]
        {
            assert!(bad.parse::<Place>().is_err(), "{bad}");
        }
    }
}
