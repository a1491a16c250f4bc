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
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

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

/// What a record, or several, say about a ticket's words; the later ones outdo the
/// earlier ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum News {
    /// Nothing.
    #[default]
    None,
    /// Something is said that was not said before.
    More,
    /// Something that was said is not said any more.
    Anew,
    /// The ticket is gone.
    Gone,
}

/// What the records of one ticket told.
#[derive(Default)]
struct Told {
    news: News,
    number: Option<TicketNumber>,
    is_new: bool,
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
        let news = match part {
            Part::Head => self.head(image)?,
            Part::Message => self.message(image)?,
            Part::Wish if image.is_there() => News::Anew,
            Part::Wish => News::None,
        };
        let is_late = image.at().is_some_and(|at| at.plus(LATE) < now);
        let news = if news == News::More && is_late { News::Anew } else { news };
        self.news = self.news.max(news);
        Ok(news > News::None)
    }

    fn head(&mut self, image: Image<'_>) -> Result<News, Corrupt> {
        if let Some(old) = image.removed()? {
            self.number = Some(old.number);
            return Ok(News::Gone);
        }
        let Some(change) = image.change()? else {
            return Ok(News::None);
        };
        self.number = Some(change.new.number);
        match change.old {
            None => {
                (self.is_new, self.subject) = (true, Some(change.new.subject));
                Ok(News::More)
            }
            Some(old) if old.subject == change.new.subject => Ok(News::None),
            Some(_) => Ok(News::Anew),
        }
    }

    fn message(&mut self, image: Image<'_>) -> Result<News, Corrupt> {
        let said =
            |message: &Message| (!message.is_secure).then(|| (message.is_public(), message.content.text().to_owned()));
        let (old, new) = image.messages()?;
        let (before, after) = (old.as_ref().and_then(said), new.as_ref().and_then(said));
        if before == after {
            return Ok(News::None);
        }
        if before.is_some() {
            return Ok(News::Anew);
        }
        self.messages.extend(new);
        Ok(News::More)
    }
}

/// Words by who may find them.
#[derive(Default)]
struct Said {
    public: BTreeSet<Word>,
    noted: BTreeSet<Word>,
}

impl Said {
    fn subject(&mut self, subject: Option<&Subject>) {
        self.public.extend(subject.into_iter().flat_map(|subject| words(subject.as_str())));
    }

    fn messages(&mut self, messages: &[Message]) {
        for message in messages.iter().filter(|message| !message.is_secure) {
            let to = if message.is_public() { &mut self.public } else { &mut self.noted };
            to.extend(words(message.content.text()));
        }
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
            Ok(true) => records.sequences.extend(image.sequence_number().map(str::to_owned)),
            Err(error) => tracing::error!(%ticket, %error, "a record can't be read for its words"),
        }
    }
    for records in workspaces.values_mut() {
        records.tickets.retain(|_, told| told.news > News::None);
    }
    workspaces.retain(|_, records| !records.tickets.is_empty());
    workspaces
}

impl Store {
    /// Indexes what a batch of the stream tells. Doing it again changes nothing.
    /// Answers the workspaces whose records are to be told again, and those whose
    /// index has grown.
    pub async fn index_words(&self, images: &[Image<'_>], now: Timestamp) -> (Vec<Unindexed>, Vec<WorkspaceId>) {
        let (mut failed, mut grown) = (Vec::new(), Vec::new());
        let work = by_workspace(images, now).into_iter().map(|(workspace, records)| async move {
            let first = records.sequences.first().cloned().unwrap_or_default();
            (workspace, first, self.index_workspace(workspace, records, now).await)
        });
        for (workspace, sequence, outcome) in join_all(work.collect::<Vec<_>>()).await {
            match outcome {
                Ok(true) => grown.push(workspace),
                Ok(false) => {}
                Err(error) => failed.push(Unindexed { sequence, error }),
            }
        }
        (failed, grown)
    }

    /// Whether the index has grown.
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
        let last = records.sequences.last().map(String::as_str).unwrap_or_default();
        self.add_words(workspace, last, &tickets, now).await?;
        Ok(!tickets.is_empty())
    }

    /// Indexes what some tickets say, at this place of the stream. Doing it again
    /// changes nothing.
    ///
    /// # Errors
    /// When the table fails; then it is to be done again.
    pub async fn add_words(
        &self,
        workspace: WorkspaceId,
        sequence: &str,
        tickets: &[TicketWords],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if tickets.is_empty() {
            return Ok(());
        }
        let tenant = Tenant::new(workspace);
        self.add_fresh(fresh::items(&tenant, sequence, tickets, now)).await?;
        if tickets.iter().any(|ticket| ticket.is_whole) {
            self.care_by(&tenant, now.plus(super::FORGET_WITHIN)).await?;
        }
        Ok(())
    }

    async fn ticket_words(
        &self,
        workspace: WorkspaceId,
        id: TicketId,
        told: Told,
    ) -> Result<Option<TicketWords>, StoreError> {
        let nothing = |number| TicketWords {
            number,
            id,
            is_whole: true,
            is_new: false,
            public: BTreeSet::new(),
            noted: BTreeSet::new(),
        };
        match told.news {
            News::Gone => return Ok(told.number.map(nothing)),
            News::Anew => {
                let read = self.words_anew(workspace, id).await?;
                return Ok(read.or_else(|| told.number.map(nothing)));
            }
            News::None | News::More => {}
        }
        let mut said = Said::default();
        said.subject(told.subject.as_ref());
        said.messages(&told.messages);
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
        said.subject(Some(&ticket.subject));
        let mut beyond = None;
        loop {
            let page = self.messages(workspace, id, beyond, false, PAGE).await?;
            said.messages(&page.items);
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
