//! Tickets and their threads as they are read, consistent. A page has up to its limit of
//! messages, or as many as may be read and answered by one request ([`budget`]): one query
//! of message items, and where some say much, one batch of what they say.

use crate::{Tickets, item};
use lambdesk_domain::{
    budget,
    id::{MessageId, TicketId, WorkspaceId},
    message::Message,
    ticket::Ticket,
};
use lambdesk_table::{Item, Page, Query, TableError, Tenant, item::text, keys, meter};

/// Message items that are read at once before it is known how large they are.
const AT_ONCE: u16 = 50;
/// The rest of a longer page is read with them if these cost no more than so many units.
const CHEAP: f64 = budget::READ_UNITS / 3.0;

impl Tickets {
    /// One ticket.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn ticket(&self, workspace: WorkspaceId, ticket: TicketId) -> Result<Option<Ticket>, TableError> {
        let item = self.table.get(Tenant::new(workspace).ticket(ticket)).await?;
        Ok(item.map(|item| item::decode(&item)).transpose()?)
    }

    /// A ticket and its newest messages, newest first, in one query.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn thread(
        &self,
        workspace: WorkspaceId,
        ticket: TicketId,
        newest: u16,
    ) -> Result<Option<(Ticket, Page<Message>)>, TableError> {
        let tenant = Tenant::new(workspace);
        let key = tenant.ticket(ticket);
        let query = Query::of(&key.pk).between(keys::THREAD.0, keys::THREAD.1).ascending(false);
        let Page { items, has_more } = self.table.page(query, newest + 1).await?;
        let mut items = items.into_iter();
        let Some(first) = items.next().filter(|item| item.get("sk") == Some(&text(&key.sk))) else {
            return Ok(None);
        };
        let messages = self.with_bodies(&tenant, Page { items: items.collect(), has_more }).await?;
        Ok(Some((item::decode(&first)?, messages)))
    }

    /// A ticket's messages on one side of a message, or from an end of the thread.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn messages(
        &self,
        workspace: WorkspaceId,
        ticket: TicketId,
        beyond: Option<MessageId>,
        oldest_first: bool,
        limit: u16,
    ) -> Result<Page<Message>, TableError> {
        let tenant = Tenant::new(workspace);
        let beyond = beyond.map(|beyond| tenant.message(ticket, beyond).sk);
        let pk = tenant.ticket(ticket).pk;
        let mut page = self.message_items(&pk, beyond, oldest_first, limit.min(AT_ONCE)).await?;
        if page.has_more && limit > AT_ONCE && meter::spent() <= CHEAP {
            let last = page.items.last().and_then(|item| item.get("sk")?.as_s().ok().cloned());
            let rest = self.message_items(&pk, last, oldest_first, limit - AT_ONCE).await?;
            page.items.extend(rest.items);
            page.has_more = rest.has_more;
        }
        self.with_bodies(&tenant, page).await
    }

    async fn message_items(
        &self,
        pk: &str,
        beyond: Option<String>,
        oldest_first: bool,
        limit: u16,
    ) -> Result<Page<Item>, TableError> {
        let (mut from, mut to) = (keys::MESSAGES.0.to_owned(), keys::MESSAGES.1.to_owned());
        if let Some(beyond) = beyond {
            if oldest_first { from = keys::after(&beyond) } else { to = keys::before(&beyond) }
        }
        self.table.page(Query::of(pk).between(from, to).ascending(oldest_first), limit).await
    }

    /// One message.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn message(
        &self,
        workspace: WorkspaceId,
        ticket: TicketId,
        message: MessageId,
    ) -> Result<Option<Message>, TableError> {
        self.whole_message(&Tenant::new(workspace), ticket, message).await
    }

    /// A ticket and its messages after one of them, or from the first, oldest
    /// first: one query, and one read more only where the page doesn't reach the
    /// thread's end. For those who ask again and again for what is new.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn thread_after(
        &self,
        workspace: WorkspaceId,
        ticket: TicketId,
        after: Option<MessageId>,
        limit: u16,
    ) -> Result<Option<(Ticket, Page<Message>)>, TableError> {
        let tenant = Tenant::new(workspace);
        let key = tenant.ticket(ticket);
        let (first, last) = keys::THREAD;
        let from = after.map(|after| format!("{}!", tenant.message(ticket, after).sk));
        let from = from.as_deref().unwrap_or(first);
        let query = Query::of(&key.pk).between(from, last);
        let Page { mut items, has_more } = self.table.page(query, limit.saturating_add(1)).await?;
        // The ticket item sorts right behind the last message.
        let is_ticket = |item: &mut Item| item.get("sk") == Some(&text(&key.sk));
        let found = match items.pop_if(is_ticket) {
            Some(item) => Some(item::decode(&item)?),
            None => self.ticket(workspace, ticket).await?,
        };
        let Some(found) = found else {
            return Ok(None);
        };
        let has_more = has_more || items.len() > usize::from(limit);
        items.truncate(usize::from(limit));
        Ok(Some((found, self.with_bodies(&tenant, Page { items, has_more }).await?)))
    }
}

/// How many answers of the table make up a page from which messages are left out.
const ROUNDS: u8 = 6;
/// How many messages each of them looks at.
const LOOK: u16 = 200;

/// Which part of a thread a page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThreadCut {
    /// The most messages of it.
    pub limit: u16,
    /// The way in which it is read.
    pub oldest_first: bool,
}

impl ThreadCut {
    /// So many of the newest.
    #[must_use]
    pub const fn newest(limit: u16) -> Self {
        Self { limit, oldest_first: false }
    }

    /// So many, the oldest first.
    #[must_use]
    pub const fn oldest(limit: u16) -> Self {
        Self { limit, oldest_first: true }
    }
}

impl Tickets {
    /// What is wanted of a page that was read, made up with what comes after it: what is
    /// left out is neither the end nor a short page, until some 1,200 messages have been
    /// looked at. No request where nothing is left out.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn made_up(
        &self,
        workspace: WorkspaceId,
        ticket: TicketId,
        read: Page<Message>,
        cut: ThreadCut,
        is_wanted: impl Fn(&Message) -> bool,
    ) -> Result<ThreadPage, TableError> {
        let mut page = ThreadPage::keeping(read, cut.limit, &is_wanted);
        for _ in 0..ROUNDS {
            let lacking = usize::from(cut.limit).saturating_sub(page.messages.len());
            let Some(far) = page.far.filter(|_| lacking > 0) else { break };
            let more = self.messages(workspace, ticket, Some(far), cut.oldest_first, LOOK).await?;
            let more = ThreadPage::keeping(more, u16::try_from(lacking).unwrap_or(cut.limit), &is_wanted);
            page.messages.extend(more.messages);
            page.far = more.far;
        }
        Ok(page)
    }
}

/// A page of a thread, and where its neighbours begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadPage {
    /// The messages, in the order in which they were read.
    pub messages: Vec<Message>,
    /// The first one that was looked at: the other way goes on from here.
    pub near: Option<MessageId>,
    /// The last one that was looked at, when there is more beyond it.
    pub far: Option<MessageId>,
}

impl ThreadPage {
    /// The first `limit` messages that are wanted, of a page that was read. So it may be
    /// short, even empty, and still say where it goes on: what it costs is bounded,
    /// however few are wanted.
    #[must_use]
    pub fn keeping(read: Page<Message>, limit: u16, is_wanted: impl Fn(&Message) -> bool) -> Self {
        let near = read.items.first().map(|message| message.id);
        let mut messages = Vec::new();
        let mut last = None;
        let mut unread = read.items.into_iter();
        for message in unread.by_ref() {
            last = Some(message.id);
            if is_wanted(&message) {
                messages.push(message);
            }
            if messages.len() >= usize::from(limit) {
                break;
            }
        }
        let has_more = read.has_more || unread.next().is_some();
        Self { messages, near, far: last.filter(|_| has_more) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambdesk_domain::{
        id::TicketId,
        message::{Content, MessageKind, Sender, SenderKind},
        status::Source,
        time::Timestamp,
    };
    use proptest::prelude::*;
    use uuid::Uuid;

    fn message(number: u128, is_note: bool) -> Message {
        Message {
            id: MessageId::new(Uuid::from_u128(number)),
            ticket_id: TicketId::new(Uuid::nil()),
            kind: if is_note { MessageKind::Note } else { MessageKind::Outbound },
            is_secure: false,
            is_forward: false,
            sender: Sender { kind: SenderKind::System, id: None, name: None },
            source: Source::Api,
            content: Content::from_text("text").expect("a text"),
            attachments: Vec::new(),
            created_at: Timestamp::EPOCH,
        }
    }

    proptest! {
        #[test]
        fn pages_tell_every_wanted_message_once_and_come_to_an_end(notes in prop::collection::vec(any::<bool>(), 0..40), limit in 1_u16..5, read in 5_usize..9) {
            let thread: Vec<_> = (1..).zip(&notes).map(|(number, is_note)| message(number, *is_note)).collect();
            let mut told = Vec::new();
            let mut rest: &[Message] = &thread;
            loop {
                let items = rest.iter().take(read).cloned().collect();
                let page = ThreadPage::keeping(Page { items, has_more: rest.len() > read }, limit, Message::is_public);
                prop_assert!(page.messages.len() <= usize::from(limit));
                prop_assert_eq!(page.near, rest.first().map(|message| message.id));
                told.extend(page.messages.iter().map(|message| message.id));
                let Some(far) = page.far else { break };
                let at = thread.iter().position(|message| message.id == far).expect("one of the thread");
                rest = &thread[at + 1..];
            }
            let wanted: Vec<_> = thread.iter().filter(|message| message.is_public()).map(|message| message.id).collect();
            prop_assert_eq!(told, wanted);
        }
    }
}
