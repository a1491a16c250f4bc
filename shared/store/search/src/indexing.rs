//! Indexing: from the deltas of some tickets to one item of the write buffer, one write
//! unit per KB of postings. A ticket that is indexed anew is read whole before.

use crate::{
    buffer::{self, TicketWords},
    change::WordChange,
    delta::{TicketDelta, WordSets},
    findable::Findable,
    index::SearchIndex,
    policy::TOMBSTONE_TTL,
    schedule::schedule_compaction,
};
use lambdesk_domain::{
    id::{TicketId, TicketNumber, WorkspaceId},
    time::Timestamp,
};
use lambdesk_table::{TableError, Tenant};
use std::collections::BTreeSet;

/// Messages of one page when a ticket is read whole.
const PAGE: u16 = 500;

/// What became of the words of some tickets.
#[derive(Debug, Default)]
pub struct IndexedTickets {
    /// The index has grown.
    pub has_grown: bool,
    /// Tickets of which nothing was indexed because they can't be read, and why: trying again
    /// would not help.
    pub unreadable: Vec<(TicketId, TableError)>,
}

impl SearchIndex {
    /// Indexes some changes of tickets at this sequence number of the stream, as one: of the
    /// tickets that can be read. Doing it again changes nothing.
    ///
    /// # Errors
    /// When the table fails; then nothing was indexed.
    pub async fn index(
        &self,
        workspace: WorkspaceId,
        sequence: &str,
        deltas: impl IntoIterator<Item = (TicketId, TicketDelta)>,
        now: Timestamp,
    ) -> Result<IndexedTickets, TableError> {
        let (mut tickets, mut unreadable) = (Vec::new(), Vec::new());
        for (ticket, delta) in deltas {
            match self.ticket_words(workspace, ticket, delta).await {
                Ok(words) => tickets.extend(words),
                Err(error) if error.is_transient() => return Err(error),
                Err(error) => unreadable.push((ticket, error)),
            }
        }
        self.add_words(workspace, sequence, &tickets, now).await?;
        Ok(IndexedTickets { has_grown: !tickets.is_empty(), unreadable })
    }

    /// Indexes the words of some tickets at this sequence number of the stream. Doing it
    /// again changes nothing.
    ///
    /// # Errors
    /// When the table fails; then it is to be done again.
    pub async fn add_words(
        &self,
        workspace: WorkspaceId,
        sequence: &str,
        tickets: &[TicketWords],
        now: Timestamp,
    ) -> Result<(), TableError> {
        if tickets.is_empty() {
            return Ok(());
        }
        let tenant = Tenant::new(workspace);
        buffer::append(&self.table, buffer::items(&tenant, sequence, tickets, now)).await?;
        if tickets.iter().any(|ticket| ticket.is_whole) {
            schedule_compaction(&self.table, &tenant, now.plus(TOMBSTONE_TTL)).await?;
        }
        Ok(())
    }

    async fn ticket_words(
        &self,
        workspace: WorkspaceId,
        id: TicketId,
        delta: TicketDelta,
    ) -> Result<Option<TicketWords>, TableError> {
        match delta.change {
            WordChange::Removed => return Ok(delta.number.map(|number| no_words(number, id))),
            WordChange::Reindex => {
                let read = self.all_words(workspace, id).await?;
                return Ok(read.or_else(|| delta.number.map(|number| no_words(number, id))));
            }
            WordChange::None | WordChange::Added => {}
        }
        let mut words = WordSets::default();
        if let Some(item) = &delta.item {
            self.add_item(workspace, item, &mut words).await?;
        }
        words.add_messages(&delta.messages);
        for long in delta.elsewhere {
            words.add_messages(self.tickets.message(workspace, id, long).await?.as_slice());
        }
        if words.is_empty() && !delta.is_new {
            return Ok(None);
        }
        let number = match delta.number {
            Some(number) => Some(number),
            None => self.tickets.ticket(workspace, id).await?.map(|ticket| ticket.number),
        };
        let WordSets { public, noted } = words;
        Ok(number.map(|number| TicketWords { number, id, is_whole: false, is_new: delta.is_new, public, noted }))
    }

    /// Adds the words of a ticket item, and of its account as it is now.
    async fn add_item(&self, workspace: WorkspaceId, item: &Findable, to: &mut WordSets) -> Result<(), TableError> {
        let account = match item.account {
            Some(account) => self.contacts.account(workspace, account).await?,
            None => None,
        };
        to.add_item(item, account.as_ref());
        Ok(())
    }

    /// All words that a ticket has now.
    async fn all_words(&self, workspace: WorkspaceId, id: TicketId) -> Result<Option<TicketWords>, TableError> {
        let Some(ticket) = self.tickets.ticket(workspace, id).await? else {
            return Ok(None);
        };
        let mut words = WordSets::default();
        self.add_item(workspace, &Findable::from(&ticket), &mut words).await?;
        let mut beyond = None;
        loop {
            let page = self.tickets.messages(workspace, id, beyond, false, PAGE).await?;
            words.add_messages(&page.items);
            beyond = page.last;
            if !page.has_more || words.is_full() {
                break;
            }
        }
        let WordSets { public, noted } = words;
        Ok(Some(TicketWords { number: ticket.number, id, is_whole: true, is_new: true, public, noted }))
    }
}

/// Of a ticket that has no words any more.
const fn no_words(number: TicketNumber, id: TicketId) -> TicketWords {
    TicketWords { number, id, is_whole: true, is_new: false, public: BTreeSet::new(), noted: BTreeSet::new() }
}
