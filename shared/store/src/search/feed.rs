//! From records of the table's stream to what their tickets say.

use super::fresh::{self, TicketWords};
use crate::{
    client::Store,
    error::{Corrupt, StoreError},
    item::{document, number},
    keys::Tenant,
    stream::{Image, Part},
};
use futures_util::future::join_all;
use lambdesk_domain::{
    id::{TicketId, TicketNumber, WorkspaceId},
    message::Message,
    search::{Word, words},
    text::Subject,
    time::Timestamp,
};
use sha2::{Digest as _, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// Of so many batches one looks after the index of its workspaces.
const ONE_IN: u8 = 8;
/// What is told so late is not taken as told: the table is asked.
const LATE: Duration = Duration::from_hours(1);
/// Messages of one page when a ticket is read anew.
const PAGE: u16 = 500;
/// How many different words a ticket is found by when it is read anew.
const MOST_WORDS: usize = 50_000;
/// How long the wish to read a ticket anew stays in the table.
const WISH: Duration = Duration::from_hours(48);

/// A workspace whose part of a batch could not be indexed.
#[derive(Debug)]
pub struct Unindexed {
    /// The sequence number of its first record.
    pub sequence: String,
    /// Why.
    pub error: StoreError,
}

/// What the records of one ticket told.
#[derive(Default)]
struct Told {
    /// There is something about words.
    says: bool,
    number: Option<TicketNumber>,
    is_new: bool,
    is_gone: bool,
    /// Something that was said is not said any more.
    is_anew: bool,
    subject: Option<Subject>,
    messages: Vec<Message>,
}

/// The records of one workspace.
#[derive(Default)]
struct Records {
    /// Of those that say something about words, in order.
    sequences: Vec<String>,
    tickets: BTreeMap<TicketId, Told>,
}

impl Told {
    /// Takes in a record. Whether it had anything to say about words.
    fn take(&mut self, image: Image<'_>, part: Part, now: Timestamp) -> Result<bool, Corrupt> {
        let says = match part {
            Part::Head => self.head(image)?,
            Part::Message => self.message(image)?,
            Part::Wish => image.is_there(),
        };
        let is_late = image.at().is_some_and(|at| at.plus(LATE) < now);
        self.is_anew |= says && (is_late || part == Part::Wish);
        Ok(says)
    }

    fn head(&mut self, image: Image<'_>) -> Result<bool, Corrupt> {
        if let Some(old) = image.removed()? {
            (self.number, self.is_gone) = (Some(old.number), true);
            return Ok(true);
        }
        let Some(change) = image.change()? else {
            return Ok(false);
        };
        self.number = Some(change.new.number);
        match change.old {
            None => self.is_new = true,
            Some(old) if old.subject == change.new.subject => return Ok(false),
            Some(_) => self.is_anew = true,
        }
        self.subject = Some(change.new.subject);
        Ok(true)
    }

    fn message(&mut self, image: Image<'_>) -> Result<bool, Corrupt> {
        let sayable = |message: &Message| !message.is_secure;
        match image.messages()? {
            (None, Some(new)) if sayable(&new) => self.messages.push(new),
            (Some(old), new) if sayable(&old) || new.as_ref().is_some_and(sayable) => {
                let said = |message: &Message| (message.kind, message.is_secure, message.content.clone());
                if new.as_ref().map(said) == Some(said(&old)) {
                    return Ok(false);
                }
                self.is_anew = true;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }
}

/// Words by who may find them.
#[derive(Default)]
struct Said {
    public: BTreeSet<Word>,
    noted: BTreeSet<Word>,
}

impl Said {
    fn subject(&mut self, subject: &Subject) {
        self.public.extend(words(subject.as_str()));
    }

    fn message(&mut self, message: &Message) {
        if message.is_secure {
            return;
        }
        let to = if message.is_public() { &mut self.public } else { &mut self.noted };
        to.extend(words(message.content.text()));
    }

    fn is_full(&self) -> bool {
        self.public.len() + self.noted.len() >= MOST_WORDS
    }
}

fn by_workspace(images: &[Image<'_>], now: Timestamp) -> BTreeMap<WorkspaceId, Records> {
    let mut workspaces: BTreeMap<WorkspaceId, Records> = BTreeMap::new();
    for image in images {
        let Some((workspace, ticket, part)) = image.part() else {
            continue;
        };
        let records = workspaces.entry(workspace).or_default();
        let told = records.tickets.entry(ticket).or_default();
        match told.take(*image, part, now) {
            Ok(false) => {}
            Ok(true) => {
                told.says = true;
                records.sequences.extend(image.sequence_number().map(str::to_owned));
            }
            Err(error) => tracing::error!(%ticket, %error, "a record can't be read for its words"),
        }
    }
    workspaces.values_mut().for_each(|records| records.tickets.retain(|_, told| told.says));
    workspaces.retain(|_, records| !records.tickets.is_empty());
    workspaces
}

impl Store {
    /// Indexes what a batch of the stream tells. Doing it again changes nothing.
    /// Answers the workspaces whose records are to be told again, and those whose
    /// index is to be looked after ([`Store::tend_index`]).
    pub async fn index_words(&self, images: &[Image<'_>], now: Timestamp) -> (Vec<Unindexed>, Vec<WorkspaceId>) {
        let (mut failed, mut wanting) = (Vec::new(), Vec::new());
        let work = by_workspace(images, now).into_iter().map(|(workspace, records)| async move {
            let first = records.sequences.first().cloned().unwrap_or_default();
            (workspace, first, self.index_workspace(workspace, records, now).await)
        });
        for (workspace, sequence, outcome) in join_all(work.collect::<Vec<_>>()).await {
            match outcome {
                Ok(true) => wanting.push(workspace),
                Ok(false) => {}
                Err(error) => failed.push(Unindexed { sequence, error }),
            }
        }
        (failed, wanting)
    }

    /// Whether the index is to be looked after.
    async fn index_workspace(
        &self,
        workspace: WorkspaceId,
        records: Records,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut tickets = Vec::new();
        for (ticket, told) in records.tickets {
            tickets.extend(self.ticket_words(workspace, ticket, told).await?);
        }
        if tickets.is_empty() {
            return Ok(false);
        }
        let tenant = Tenant::new(workspace);
        let last = records.sequences.last().map(String::as_str).unwrap_or_default();
        self.add_fresh(fresh::items(&tenant, last, &tickets, now)).await?;
        if tickets.iter().any(|ticket| ticket.is_whole) {
            self.care_by(&tenant, now.plus(super::FORGET_WITHIN)).await?;
        }
        let lot = Sha256::digest(last.as_bytes()).first().copied().unwrap_or_default();
        Ok(lot.is_multiple_of(ONE_IN))
    }

    async fn ticket_words(
        &self,
        workspace: WorkspaceId,
        id: TicketId,
        told: Told,
    ) -> Result<Option<TicketWords>, StoreError> {
        if told.is_anew && !told.is_gone {
            let read = self.words_anew(workspace, id).await?;
            return Ok(read.or_else(|| told.number.map(|number| nothing(number, id))));
        }
        if told.is_gone {
            return Ok(told.number.map(|number| nothing(number, id)));
        }
        let mut said = Said::default();
        told.subject.iter().for_each(|subject| said.subject(subject));
        told.messages.iter().for_each(|message| said.message(message));
        if said.public.is_empty() && said.noted.is_empty() && !told.is_new {
            return Ok(None);
        }
        let number = match told.number {
            Some(number) => Some(number),
            None => self.ticket(workspace, id).await?.map(|ticket| ticket.number),
        };
        let Said { public, noted } = said;
        Ok(number.map(|number| TicketWords { number, id, is_whole: false, is_new: told.is_new, public, noted }))
    }

    /// All that a ticket says now.
    async fn words_anew(&self, workspace: WorkspaceId, id: TicketId) -> Result<Option<TicketWords>, StoreError> {
        let Some(ticket) = self.ticket(workspace, id).await? else {
            return Ok(None);
        };
        let mut said = Said::default();
        said.subject(&ticket.subject);
        let mut beyond = None;
        loop {
            let page = self.messages(workspace, id, beyond, false, PAGE).await?;
            page.items.iter().for_each(|message| said.message(message));
            beyond = page.items.last().map(|message| message.id);
            if !page.has_more || said.is_full() {
                break;
            }
        }
        let Said { public, noted } = said;
        Ok(Some(TicketWords { number: ticket.number, id, is_whole: true, is_new: true, public, noted }))
    }

    /// Asks for a ticket to be read anew by the index, in the order of the stream.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn index_anew(&self, workspace: WorkspaceId, ticket: TicketId, now: Timestamp) -> Result<(), StoreError> {
        let mut wish = document(Tenant::new(workspace).index_wish(ticket), &now);
        wish.insert("expires_at".to_owned(), number(now.plus(WISH).seconds()));
        self.put(wish, None).await.map(drop)
    }
}

const fn nothing(number: TicketNumber, id: TicketId) -> TicketWords {
    TicketWords { number, id, is_whole: true, is_new: false, public: BTreeSet::new(), noted: BTreeSet::new() }
}
