//! The contact slot: the item under a contact's id, which holds the contact itself or
//! says where it went. Pure: slots in, slots and items out; no requests.
//!
//! A contact's id derives from its first address, so that whoever makes it at the same
//! time meets it at one slot. Later the two may part:
//!
//! | what happened | what is in the slot |
//! |---|---|
//! | nothing | the contact, which has the address that the slot's id derives from |
//! | it took another address | the contact; the address is free |
//! | somebody else took that address | the contact, and an *alias*: whose the address is |
//! | a contact took this address later | nobody, and an alias |
//! | it was merged into another | a *redirect*: what it was, and into whom; its address means that one |
//! | it was erased or deleted | nobody, so that a new contact with the address gets a new id and inherits no history |
//!
//! Of a contact that is no longer there stays what its last event tells.
//!
//! So the slot whose id derives from an address is the one item that makes the address
//! unique. Every write of a slot counts its revision up and is held to the one that was
//! read.

use lambdesk_domain::{
    contact::{Contact, EndedContact},
    events::{ContactEvent, ContactImage, between_contacts},
    id::{ContactId, WorkspaceId},
    text::{EmailAddress, ExternalId, Name, Uid},
};
use lambdesk_table::{
    Corrupt, FORMAT, Item, Key, Tenant, Value,
    item::{Reader, json, number, text},
    keys,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The attribute that counts a slot's writes.
pub(crate) const REVISION: &str = "n";

/// What is stored under a contact's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactSlot {
    /// The id.
    pub id: ContactId,
    /// Who has the id.
    pub holder: Holder,
    /// Who has the address that the id derives from, when the holder hasn't.
    pub alias: Option<Alias>,
    /// What is kept of the contact that had the id, once it ended.
    pub ended: Option<Box<EndedContact>>,
    pub(crate) revision: u64,
}

/// Who has an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// Nobody, or nobody any more.
    Nobody,
    /// This contact.
    Contact(Box<Contact>),
    /// A contact that was merged into another.
    Merged(Redirect),
}

/// What is left of a contact that was merged into another: the names by which it
/// is still found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redirect {
    /// The other.
    pub into: ContactId,
    /// The address that it had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailAddress>,
    /// The external id that it had, unless the other took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// The uid that it had, unless the other took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<Uid>,
}

/// An address, and the contact that has it although the address's slot is another's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// The address that the slot's id derives from.
    pub email: EmailAddress,
    /// Who has it.
    pub to: ContactId,
}

/// Who has an address, as far as its slot tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner<'a> {
    /// Nobody.
    Nobody,
    /// The contact that is here.
    Here(&'a Contact),
    /// Whoever has this id now.
    Elsewhere(ContactId),
}

impl ContactSlot {
    /// A slot that was never written.
    #[must_use]
    pub const fn untouched(id: ContactId) -> Self {
        Self { id, holder: Holder::Nobody, alias: None, ended: None, revision: 0 }
    }

    /// Whether it was never written.
    #[must_use]
    pub const fn is_untouched(&self) -> bool {
        self.revision == 0
    }

    /// The contact that is in it.
    #[must_use]
    pub const fn contact(&self) -> Option<&Contact> {
        if let Holder::Contact(contact) = &self.holder { Some(contact) } else { None }
    }

    /// The address of whoever has the id, or had it before a merge.
    #[must_use]
    pub const fn email(&self) -> Option<&EmailAddress> {
        match &self.holder {
            Holder::Nobody => None,
            Holder::Contact(contact) => contact.email.as_ref(),
            Holder::Merged(redirect) => redirect.email.as_ref(),
        }
    }

    /// Who has the address, which must be the one that this slot's id derives from.
    #[must_use]
    pub fn owner(&self, email: &EmailAddress) -> Owner<'_> {
        match (&self.alias, &self.holder) {
            (Some(alias), _) if alias.email == *email => Owner::Elsewhere(alias.to),
            (_, Holder::Contact(contact)) if contact.email.as_ref() == Some(email) => Owner::Here(contact),
            (_, Holder::Merged(redirect)) if redirect.email.as_ref() == Some(email) => Owner::Elsewhere(redirect.into),
            _ => Owner::Nobody,
        }
    }

    /// The contact as events tell of it: as it is, or as it ended; none where there
    /// never was one.
    #[must_use]
    pub fn image(&self) -> Option<ContactImage<'_>> {
        let ended = || self.ended.as_deref().map(ContactImage::Ended);
        self.contact().map(ContactImage::Live).or_else(ended)
    }

    /// The event of what the contact became since the slot was as it was before;
    /// none when nothing happened to the contact.
    #[must_use]
    pub fn event_since(&self, before: Option<&Self>, workspace: WorkspaceId) -> Option<ContactEvent> {
        let (old, new) = (before.and_then(Self::image), self.image()?);
        let is_told = old.is_none_or(|old| old.version() < new.version());
        is_told.then(|| between_contacts(workspace, before.and_then(Self::contact), new))
    }

    /// The slot once its contact has ended.
    #[must_use]
    pub(crate) fn ending(self, holder: Holder, ended: EndedContact) -> Self {
        Self { holder, ended: Some(Box::new(ended)), ..self }
    }

    /// The address is from now on that of a contact in another slot.
    #[must_use]
    pub fn with_alias(self, email: EmailAddress, to: ContactId) -> Self {
        Self { alias: Some(Alias { email, to }), ..self }
    }

    /// The item, as of its next revision.
    pub(crate) fn item(&self, workspace: WorkspaceId) -> Item {
        let Key { pk, sk } = Tenant::new(workspace).contact(self.id);
        let mut item = HashMap::from([
            ("pk".to_owned(), text(pk)),
            ("sk".to_owned(), text(sk)),
            ("v".to_owned(), number(FORMAT)),
            (REVISION.to_owned(), number(self.revision + 1)),
        ]);
        match &self.holder {
            Holder::Nobody => {}
            Holder::Contact(contact) => item.extend(matched(contact)),
            Holder::Merged(redirect) => drop(item.insert("mg".to_owned(), json(redirect))),
        }
        if let Some(ended) = &self.ended {
            item.insert("ed".to_owned(), json(ended));
        }
        if let Some(Alias { email, to }) = &self.alias {
            item.insert("la".to_owned(), text(email.as_str()));
            item.insert("to".to_owned(), text(keys::short(to.uuid())));
        }
        item
    }

    /// Reads the item of a slot.
    ///
    /// # Errors
    /// The attribute that is missing or unreadable.
    pub fn read(item: &Item) -> Result<Self, Corrupt> {
        let read = Reader(item);
        let id = keys::parse_contact(read.text("sk")?).ok_or(Corrupt("sk"))?;
        let holder = if item.contains_key("doc") {
            Holder::Contact(Box::new(read.json("doc")?))
        } else if item.contains_key("mg") {
            Holder::Merged(read.json("mg")?)
        } else {
            Holder::Nobody
        };
        let alias = match (read.text_if_any("la")?, read.text_if_any("to")?) {
            (Some(email), Some(to)) => Some(Alias {
                email: email.parse().map_err(|_| Corrupt("la"))?,
                to: keys::long(to).map(ContactId::new).ok_or(Corrupt("to"))?,
            }),
            _ => None,
        };
        let ended = if item.contains_key("ed") { Some(Box::new(read.json("ed")?)) } else { None };
        Ok(Self { id, holder, alias, ended, revision: read.number(REVISION)? })
    }
}

/// The contact, and beside it what an upsert is held to.
pub(crate) fn matched(contact: &Contact) -> [(String, Value); 4] {
    let email = contact.email.as_ref().map(EmailAddress::as_str).unwrap_or_default();
    let name = contact.name.as_ref().map(Name::as_str).unwrap_or_default();
    [
        ("doc".to_owned(), json(contact)),
        ("em".to_owned(), text(email)),
        ("nm".to_owned(), text(name)),
        ("bl".to_owned(), Value::Bool(contact.is_blocked)),
    ]
}
