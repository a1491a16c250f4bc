//! The delta of a ticket's words: what some changes of a ticket mean to the index.
//! Pure; input are versions of the ticket and of its messages, in their order.

use crate::{change::WordChange, findable::Findable};
use lambdesk_domain::{
    contact::Account,
    id::{MessageId, TicketNumber},
    message::Message,
    search::{Word, words, words_of_phone},
    text::{EmailAddress, ExternalId, Name},
    ticket::Ticket,
};
use lambdesk_store_tickets::message::MessageItem;
use std::collections::BTreeSet;

/// The most different words by which a ticket is found when it is indexed anew.
const MAX_WORDS: usize = 50_000;

/// What some changes of a ticket mean to the index.
#[derive(Debug, Clone, Default)]
pub struct TicketDelta {
    pub(crate) change: WordChange,
    /// None as long as only messages have changed.
    pub(crate) number: Option<TicketNumber>,
    /// The ticket was created.
    pub(crate) is_new: bool,
    /// What the item of a new ticket is found by, or of one that has gained something.
    pub(crate) item: Option<Findable>,
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

    /// Adds the ticket item as it is now, after what it was before: another version, or the
    /// same with another copy of its contact.
    pub fn add_version(&mut self, old: Option<&Ticket>, new: &Ticket) -> WordChange {
        self.number = Some(new.number);
        self.is_new |= old.is_none();
        let findable = Findable::from(new);
        let change = old.map_or(WordChange::Added, |old| Findable::from(old).change_to(&findable));
        if change == WordChange::Added {
            self.item = Some(findable);
        }
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
            let text = (message.content.text().to_owned(), body.clone().filter(|_| item.is_elsewhere()));
            let files: Vec<_> = message.attachments.iter().map(|file| file.file_name.clone()).collect();
            let says = (text, files);
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
    /// Those of contacts and accounts are marked.
    pub public: BTreeSet<Word>,
    pub noted: BTreeSet<Word>,
}

impl WordSets {
    /// Adds the words of a ticket item and of its account.
    pub fn add_item(&mut self, item: &Findable, account: Option<&Account>) {
        let Findable { subject, requester, contact, tags, account: _ } = item;
        let [name, email] =
            [requester.name.as_ref().map(Name::as_str), requester.email.as_ref().map(EmailAddress::as_str)];
        for text in [Some(subject.as_str()), name, email].into_iter().flatten() {
            self.public.extend(words(text));
        }
        self.public.extend(requester.phone.iter().flat_map(|phone| words_of_phone(phone.as_str())));
        self.public.extend(tags.iter().copied().map(Word::of_tag));
        if let Some(contact) = contact {
            self.add_client(contact.name.as_ref().map(Name::as_str));
            self.add_client(contact.email.as_ref().map(EmailAddress::as_str));
            self.add_client(contact.external_id.as_ref().map(ExternalId::as_str));
        }
        if let Some(account) = account {
            self.add_client(account.name.as_ref().map(Name::as_str));
            self.add_client(account.external_id.as_ref().map(ExternalId::as_str));
        }
    }

    /// Adds words of a contact or account, but for those that everybody finds.
    fn add_client(&mut self, text: Option<&str>) {
        for word in text.into_iter().flat_map(words) {
            if !self.public.contains(&word) {
                self.public.insert(word.of_client());
            }
        }
    }

    /// Adds the words of messages and notes and the names of their files, but for secure
    /// ones.
    pub fn add_messages(&mut self, messages: &[Message]) {
        for message in messages.iter().filter(|message| !message.is_secure) {
            let to = if message.is_public() { &mut self.public } else { &mut self.noted };
            to.extend(words(message.content.text()));
            to.extend(message.attachments.iter().flat_map(|file| words(file.file_name.as_str())));
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
        attachment::Attachment,
        id::{AttachmentId, TicketId},
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
        let [named, renamed] = ["a.pdf", "b.pdf"].map(|name| {
            let MessageItem { message, body } = message("old");
            let file = Attachment {
                id: AttachmentId::new(Uuid::nil()),
                file_name: name.parse().expect("a name"),
                content_type: "application/pdf".parse().expect("a type"),
                size: 1.try_into().expect("a size"),
            };
            MessageItem { message: Message { attachments: vec![file], ..message }, body }
        });
        assert_eq!(change(&named, Some(renamed)), WordChange::Reindex);
        assert_eq!((added, delta.elsewhere.len(), delta.messages.len()), ([WordChange::Added; 2], 1, 1));
    }

    proptest! {
        #[test]
        fn of_several_changes_the_greatest_counts(ticket in testing::ticket()) {
            let renamed = Ticket { subject: "quite another".parse().expect("a subject"), ..ticket.clone() };
            let mut delta = TicketDelta::default();
            prop_assert_eq!(delta.add_version(None, &ticket), WordChange::Added);
            prop_assert_eq!(delta.add_version(Some(&ticket), &ticket), WordChange::None, "it has the same words");
            prop_assert_eq!(delta.change, WordChange::Added);
            delta.add_version(Some(&ticket), &renamed);
            delta.add_message(None, Some(message("more")));
            prop_assert_eq!(delta.change, WordChange::Reindex);
            delta.add_removal(&renamed);
            prop_assert_eq!((delta.change, delta.number), (WordChange::Removed, Some(ticket.number)));
        }
    }
}
