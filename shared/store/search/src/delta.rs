//! The delta of a ticket's words: what some changes of a ticket mean to the index.
//! Pure; input are versions of the ticket and of its messages, in their order.

use lambdesk_domain::{
    id::{MessageId, TicketNumber},
    message::Message,
    search::{Word, words},
    text::Subject,
    ticket::Ticket,
};
use lambdesk_store_tickets::message::MessageItem;
use std::collections::BTreeSet;

/// The most different words by which a ticket is found when it is indexed anew.
const MAX_WORDS: usize = 50_000;

/// What a change means to the words of a ticket; of several changes the greatest counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum WordChange {
    /// Nothing.
    #[default]
    None,
    /// It has words that it may not have had before.
    Added,
    /// It may have lost words: all of it is to be indexed anew.
    Reindex,
    /// The ticket is gone.
    Removed,
}

/// What some changes of a ticket mean to the index.
#[derive(Debug, Clone, Default)]
pub struct TicketDelta {
    pub(crate) change: WordChange,
    /// None as long as only messages have changed.
    pub(crate) number: Option<TicketNumber>,
    /// The ticket was created.
    pub(crate) is_new: bool,
    /// The subject of a new ticket.
    pub(crate) subject: Option<Subject>,
    /// Messages that were added.
    pub(crate) messages: Vec<Message>,
    /// Those of them whose words are not in what was handed over: long ones.
    pub(crate) elsewhere: Vec<MessageId>,
}

impl TicketDelta {
    /// Whether the index has nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.change == WordChange::None
    }

    /// Whether the ticket is gone.
    #[must_use]
    pub fn is_removal(&self) -> bool {
        self.change == WordChange::Removed
    }

    /// Adds a version of the ticket, after the one before it.
    pub fn add_version(&mut self, old: Option<&Ticket>, new: &Ticket) -> WordChange {
        self.number = Some(new.number);
        let change = match old {
            None => {
                (self.is_new, self.subject) = (true, Some(new.subject.clone()));
                WordChange::Added
            }
            Some(old) if old.subject == new.subject => WordChange::None,
            Some(_) => WordChange::Reindex,
        };
        self.add(change)
    }

    /// Adds that the ticket was removed.
    pub fn add_removal(&mut self, old: &Ticket) -> WordChange {
        self.number = Some(old.number);
        self.add(WordChange::Removed)
    }

    /// Adds a message as it is now, none when it was removed, after the version before.
    pub fn add_message(&mut self, old: Option<&MessageItem>, new: Option<MessageItem>) -> WordChange {
        let indexed = |item: &MessageItem| {
            let MessageItem { message, body } = item;
            // Where what it says is elsewhere, its reference tells one text from another.
            let says = (message.content.text().to_owned(), body.clone().filter(|_| item.is_elsewhere()));
            (!message.is_secure).then(|| (message.is_public(), says))
        };
        let (before, after) = (old.and_then(indexed), new.as_ref().and_then(indexed));
        if before == after {
            return WordChange::None;
        }
        if before.is_some() {
            return self.add(WordChange::Reindex);
        }
        match new {
            Some(item) if item.is_elsewhere() => self.elsewhere.push(item.message.id),
            new => self.messages.extend(new.map(|item| item.message)),
        }
        self.add(WordChange::Added)
    }

    /// Has the ticket indexed anew, whatever the other changes mean.
    pub fn add_reindex(&mut self) -> WordChange {
        self.add(WordChange::Reindex)
    }

    fn add(&mut self, change: WordChange) -> WordChange {
        self.change = self.change.max(change);
        change
    }
}

/// Words by who may find them.
#[derive(Debug, Default)]
pub struct WordSets {
    pub public: BTreeSet<Word>,
    pub noted: BTreeSet<Word>,
}

impl WordSets {
    /// Adds the words of a subject.
    pub fn add_subject(&mut self, subject: Option<&Subject>) {
        self.public.extend(subject.into_iter().flat_map(|subject| words(subject.as_str())));
    }

    /// Adds the words of messages and notes, but for secure ones.
    pub fn add_messages(&mut self, messages: &[Message]) {
        for message in messages.iter().filter(|message| !message.is_secure) {
            let to = if message.is_public() { &mut self.public } else { &mut self.noted };
            to.extend(words(message.content.text()));
        }
    }

    pub fn is_empty(&self) -> bool {
        self.public.is_empty() && self.noted.is_empty()
    }

    /// Further words are left out.
    pub fn is_full(&self) -> bool {
        self.public.len() + self.noted.len() >= MAX_WORDS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambdesk_domain::{
        id::TicketId,
        message::{Content, MessageKind, Sender, SenderKind},
        status::Source,
        testing,
        time::Timestamp,
    };
    use lambdesk_store_tickets::message::BodyRef;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn message(text: &str) -> MessageItem {
        let message = Message {
            id: MessageId::new(Uuid::from_u128(2)),
            ticket_id: TicketId::new(Uuid::from_u128(1)),
            kind: MessageKind::Outbound,
            is_secure: false,
            is_forward: false,
            sender: Sender { kind: SenderKind::System, id: None, name: None },
            source: Source::Api,
            content: Content::from_text(text).expect("a text"),
            attachments: Vec::new(),
            created_at: Timestamp::EPOCH,
        };
        MessageItem { message, body: None }
    }

    /// One whose words are elsewhere.
    fn long(tag: &str) -> MessageItem {
        let body = BodyRef { tag: tag.to_owned(), shown: 9, stored: Some(9) };
        let MessageItem { message, .. } = message("x");
        MessageItem { message: Message { content: Content::nothing(), ..message }, body: Some(body) }
    }

    #[test]
    fn words_that_may_be_lost_have_the_ticket_indexed_anew() {
        let (old, secure) = (message("old"), message("old"));
        let secure = MessageItem { message: Message { is_secure: true, ..secure.message }, body: None };
        let change = |old: &MessageItem, new: Option<MessageItem>| TicketDelta::default().add_message(Some(old), new);
        assert_eq!(change(&old, Some(message("new"))), WordChange::Reindex);
        assert_eq!(change(&old, Some(secure.clone())), WordChange::Reindex, "secure ones are not indexed");
        assert_eq!(change(&old, None), WordChange::Reindex);
        assert_eq!(change(&old, Some(old.clone())), WordChange::None);
        assert_eq!(change(&secure, None), WordChange::None);
        assert_eq!(change(&secure, Some(old.clone())), WordChange::Added);
        assert_eq!(change(&long("a"), Some(long("a"))), WordChange::None);
        assert_eq!(change(&long("a"), Some(long("b"))), WordChange::Reindex);
        let mut delta = TicketDelta::default();
        let added = [delta.add_message(None, Some(long("a"))), delta.add_message(None, Some(old))];
        assert_eq!((added, delta.elsewhere.len(), delta.messages.len()), ([WordChange::Added; 2], 1, 1));
    }

    proptest! {
        #[test]
        fn of_several_changes_the_greatest_counts(ticket in testing::ticket()) {
            let renamed = Ticket { subject: "quite another".parse().expect("a subject"), ..ticket.clone() };
            let mut delta = TicketDelta::default();
            prop_assert_eq!(delta.add_version(None, &ticket), WordChange::Added);
            prop_assert_eq!(delta.add_version(Some(&ticket), &ticket), WordChange::None, "the subject is the same");
            prop_assert_eq!(delta.change, WordChange::Added);
            delta.add_version(Some(&ticket), &renamed);
            delta.add_message(None, Some(message("more")));
            prop_assert_eq!(delta.change, WordChange::Reindex);
            delta.add_removal(&renamed);
            prop_assert_eq!((delta.change, delta.number), (WordChange::Removed, Some(ticket.number)));
        }
    }
}
