//! Tickets and their threads as they are read, consistent. A page has up to its limit of
//! messages, or as many as may be read and answered by one request ([`budget`]): one query
//! of message items, another one beyond the first fifty, and where some say much, one batch
//! of what they say.

use crate::{Tickets, item};
use lambdesk_domain::{
    budget,
    id::{MessageId, TicketId, WorkspaceId},
    message::Message,
    ticket::Ticket,
};
use lambdesk_table::{Item, Page, Query, TableError, Tenant, item::text, keys, meter};

/// Items that are read at once before it is known how large they are: 50 messages and their
/// ticket.
const AT_ONCE: u16 = 51;
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

    /// A ticket and its newest messages, newest first: up to 50.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn thread(
        &self,
        workspace: WorkspaceId,
        ticket: TicketId,
        newest: u16,
    ) -> Result<Option<(Ticket, MessagesRead)>, TableError> {
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
    ) -> Result<MessagesRead, TableError> {
        let tenant = Tenant::new(workspace);
        let beyond = beyond.map(|beyond| tenant.message(ticket, beyond).sk);
        let items = ItemRange { within: keys::MESSAGES, beyond, oldest_first };
        let page = self.thread_items(&tenant.ticket(ticket).pk, items, limit).await?;
        self.with_bodies(&tenant, page).await
    }

    /// Items of a thread: the first of them, and if these were cheap all that are wanted.
    async fn thread_items(&self, pk: &str, items: ItemRange, limit: u16) -> Result<Page<Item>, TableError> {
        let query = |items: &ItemRange| {
            let (mut from, mut to) = (items.within.0.to_owned(), items.within.1.to_owned());
            if let Some(beyond) = &items.beyond {
                if items.oldest_first { from = keys::after(beyond) } else { to = keys::before(beyond) }
            }
            Query::of(pk).between(from, to).ascending(items.oldest_first)
        };
        let mut page = self.table.page(query(&items), limit.min(AT_ONCE)).await?;
        if page.has_more && limit > AT_ONCE && meter::spent() <= CHEAP {
            let beyond = page.items.last().and_then(|item| item.get("sk")?.as_s().ok().cloned());
            let rest = self.table.page(query(&ItemRange { beyond, ..items }), limit - AT_ONCE).await?;
            page.items.extend(rest.items);
            page.has_more = rest.has_more;
        }
        Ok(page)
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
    /// first: one query where there is little new, and one read more only where the page
    /// doesn't reach the thread's end. For those who ask again and again for what is new.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn thread_after(
        &self,
        workspace: WorkspaceId,
        ticket: TicketId,
        after: Option<MessageId>,
        limit: u16,
    ) -> Result<Option<(Ticket, MessagesRead)>, TableError> {
        let tenant = Tenant::new(workspace);
        let key = tenant.ticket(ticket);
        let beyond = after.map(|after| tenant.message(ticket, after).sk);
        let items = ItemRange { within: keys::THREAD, beyond, oldest_first: true };
        let Page { mut items, has_more } = self.thread_items(&key.pk, items, limit.saturating_add(1)).await?;
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

/// Which items of a thread are read.
struct ItemRange {
    /// The sort keys that they are between, both included.
    within: (&'static str, &'static str),
    /// The sort key beyond which they begin; none at the end of the thread.
    beyond: Option<String>,
    oldest_first: bool,
}

/// Messages of a thread that were read, in the order in which they were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessagesRead {
    /// Those that are there.
    pub items: Vec<Message>,
    /// The last one that was looked at: also one that was deleted meanwhile.
    pub last: Option<MessageId>,
    /// There are more beyond it.
    pub has_more: bool,
}

/// How many answers of the table make up a page from which messages are left out.
const ROUNDS: u8 = 6;
/// How many messages each of them looks at.
const LOOK: u16 = 200;
/// No further one is asked for when so many units are spent: it may cost as many again.
const HALF: f64 = budget::READ_UNITS / 2.0;

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
    /// left out is neither the end nor a short page, until some 1,200 short messages have
    /// been looked at, or as many as the budget allows. No request where nothing is left out.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn made_up(
        &self,
        workspace: WorkspaceId,
        ticket: TicketId,
        read: MessagesRead,
        cut: ThreadCut,
        is_wanted: impl Fn(&Message) -> bool,
    ) -> Result<ThreadPage, TableError> {
        let mut page = ThreadPage::keeping(read, cut.limit, &is_wanted);
        for _ in 0..ROUNDS {
            let lacking = usize::from(cut.limit).saturating_sub(page.messages.len());
            let Some(far) = page.far.filter(|_| lacking > 0 && meter::spent() < HALF) else { break };
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
    pub fn keeping(read: MessagesRead, limit: u16, is_wanted: impl Fn(&Message) -> bool) -> Self {
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
        let far = match unread.next() {
            Some(_) => last,
            None => read.last.filter(|_| read.has_more),
        };
        Self { messages, near, far }
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
                let items: Vec<_> = rest.iter().take(read).cloned().collect();
                let found = MessagesRead { last: items.last().map(|message| message.id), items, has_more: rest.len() > read };
                let page = ThreadPage::keeping(found, limit, Message::is_public);
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
