//! The place of a contact's id: the contact itself, or where it went.
//!
//! A contact's id derives from its first address, so that whoever makes it at the
//! same time meets it at one place. Later the two may part:
//!
//! | what happened | what is at the place |
//! |---|---|
//! | nothing | the contact, which has the address that the place derives from |
//! | it took another address | the contact; the address is free |
//! | somebody else took that address | the contact, and whom the address is *lent* to |
//! | a contact took this address later | nobody, and whom the address is lent to |
//! | it was merged into another | what it was, and into whom; its address means that one |
//! | it was erased or deleted | nobody, so that a new contact with the address gets a new id and inherits no history |
//!
//! Of a contact that is no longer there stays what its last event tells.
//!
//! So the place that derives from an address is the one item that makes the
//! address unique. Every write of a place counts its revision up and is held to
//! the one that was read.

use crate::{
    error::Corrupt,
    item::{FORMAT, Item, Reader, json, number, text},
    keys::{self, Key, Tenant},
};
use aws_sdk_dynamodb::types::AttributeValue as Av;
use lambdesk_domain::{
    contact::{Contact, EndedContact},
    events::{ContactEvent, ContactImage, between_contacts},
    id::{ContactId, WorkspaceId},
    text::{EmailAddress, ExternalId, Name, Uid},
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The attribute that counts a place's writes.
pub(super) const REVISION: &str = "n";

/// What is at the place of a contact's id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The id.
    pub id: ContactId,
    /// Who has the id.
    pub holder: Holder,
    /// Who has the address that the id derives from, when the holder hasn't.
    pub lent: Option<Lent>,
    /// What is kept of the contact that had the id, once it ended.
    pub ended: Option<Box<EndedContact>>,
    pub(super) revision: u64,
}

/// Who has an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// Nobody, or nobody any more.
    Nobody,
    /// This contact.
    Contact(Box<Contact>),
    /// A contact that was merged into another.
    Merged(Former),
}

/// What is left of a contact that was merged into another: the names by which it
/// is still found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Former {
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

/// An address, and the contact that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lent {
    /// The address that the place derives from.
    pub email: EmailAddress,
    /// Who has it.
    pub to: ContactId,
}

/// Who has an address, as far as its place tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner<'a> {
    /// Nobody.
    Nobody,
    /// The contact that is here.
    Here(&'a Contact),
    /// Whoever has this id now.
    Elsewhere(ContactId),
}

impl Place {
    /// Where nothing ever was.
    #[must_use]
    pub const fn untouched(id: ContactId) -> Self {
        Self { id, holder: Holder::Nobody, lent: None, ended: None, revision: 0 }
    }

    /// Whether nothing ever was here.
    #[must_use]
    pub const fn is_untouched(&self) -> bool {
        self.revision == 0
    }

    /// The contact that is here.
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
            Holder::Merged(former) => former.email.as_ref(),
        }
    }

    /// Who has the address, which must be the one that this place derives from.
    #[must_use]
    pub fn owner(&self, email: &EmailAddress) -> Owner<'_> {
        match (&self.lent, &self.holder) {
            (Some(lent), _) if lent.email == *email => Owner::Elsewhere(lent.to),
            (_, Holder::Contact(contact)) if contact.email.as_ref() == Some(email) => Owner::Here(contact),
            (_, Holder::Merged(former)) if former.email.as_ref() == Some(email) => Owner::Elsewhere(former.into),
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

    /// The event of what the contact became since the place was as it was before;
    /// none when nothing happened to the contact.
    #[must_use]
    pub fn event_since(&self, before: Option<&Self>, workspace: WorkspaceId) -> Option<ContactEvent> {
        let (old, new) = (before.and_then(Self::image), self.image()?);
        let is_told = old.is_none_or(|old| old.version() < new.version());
        is_told.then(|| between_contacts(workspace, before.and_then(Self::contact), new))
    }

    /// The place once its contact has ended.
    #[must_use]
    pub(super) fn ending(self, holder: Holder, ended: EndedContact) -> Self {
        Self { holder, ended: Some(Box::new(ended)), ..self }
    }

    /// Lends the address to a contact at another place.
    #[must_use]
    pub fn lending(self, email: EmailAddress, to: ContactId) -> Self {
        Self { lent: Some(Lent { email, to }), ..self }
    }

    /// The item, as of its next revision.
    pub(super) fn item(&self, workspace: WorkspaceId) -> Item {
        let Key { pk, sk } = Tenant::new(workspace).contact(self.id);
        let mut item = HashMap::from([
            ("pk".to_owned(), text(pk)),
            ("sk".to_owned(), text(sk)),
            ("v".to_owned(), number(FORMAT)),
            (REVISION.to_owned(), number(self.revision + 1)),
        ]);
        match &self.holder {
            Holder::Nobody => {}
            Holder::Contact(contact) => item.extend(claimable(contact)),
            Holder::Merged(former) => drop(item.insert("mg".to_owned(), json(former))),
        }
        if let Some(ended) = &self.ended {
            item.insert("ed".to_owned(), json(ended));
        }
        if let Some(Lent { email, to }) = &self.lent {
            item.insert("la".to_owned(), text(email.as_str()));
            item.insert("to".to_owned(), text(keys::short(to.uuid())));
        }
        item
    }

    pub(crate) fn read(item: &Item) -> Result<Self, Corrupt> {
        let read = Reader(item);
        let id = keys::parse_contact(read.text("sk")?).ok_or(Corrupt("sk"))?;
        let holder = if item.contains_key("doc") {
            Holder::Contact(Box::new(read.json("doc")?))
        } else if item.contains_key("mg") {
            Holder::Merged(read.json("mg")?)
        } else {
            Holder::Nobody
        };
        let lent = match (read.text_if_any("la")?, read.text_if_any("to")?) {
            (Some(email), Some(to)) => Some(Lent {
                email: email.parse().map_err(|_| Corrupt("la"))?,
                to: keys::long(to).map(ContactId::new).ok_or(Corrupt("to"))?,
            }),
            _ => None,
        };
        let ended = if item.contains_key("ed") { Some(Box::new(read.json("ed")?)) } else { None };
        Ok(Self { id, holder, lent, ended, revision: read.number(REVISION)? })
    }
}

/// The contact, and beside it what a claim is held to.
pub(super) fn claimable(contact: &Contact) -> [(String, Av); 4] {
    let email = contact.email.as_ref().map(EmailAddress::as_str).unwrap_or_default();
    let name = contact.name.as_ref().map(Name::as_str).unwrap_or_default();
    [
        ("doc".to_owned(), json(contact)),
        ("em".to_owned(), text(email)),
        ("nm".to_owned(), text(name)),
        ("bl".to_owned(), Av::Bool(contact.is_blocked)),
    ]
}
