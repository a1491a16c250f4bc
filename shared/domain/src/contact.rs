//! People who write in, and the business objects they write about.

use crate::{
    access::Cause,
    id::{AccountId, ContactId, Version},
    text::{AccountKind, Currency, EmailAddress, ExternalId, Name, Phone, Uid},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Who asked, as given when the ticket was made; stays when the contact changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Requester {
    /// Their name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// Their address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailAddress>,
    /// Their number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
}

/// How many contacts may have been merged into one: so many that what is written
/// about them fits into one transaction of the table.
pub const MAX_MERGED: usize = 20;

/// A contact: one person, found by e-mail address, external id or uid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Its id.
    pub id: ContactId,
    /// Counts its changes from 1.
    pub version: Version,
    /// Their name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// Their address; unique in the workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailAddress>,
    /// Their number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
    /// Their id in the customer's own system; unique in the workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// Their name in the system that they write from; unique in the workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<Uid>,
    /// Their messages wake nothing.
    pub is_blocked: bool,
    /// When they first appeared.
    pub created_at: Timestamp,
    /// When they last changed.
    pub updated_at: Timestamp,
    /// The contacts that were merged into this one; at most [`MAX_MERGED`].
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub merged: BTreeSet<ContactId>,
    /// What its version is owed to.
    pub cause: Cause,
}

/// How a contact ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum ContactEnd {
    /// It became a part of another.
    Merged {
        /// The other, which its id means from then on.
        into_id: ContactId,
    },
    /// It was deleted; it was on no ticket.
    Deleted,
    /// Everything personal was erased.
    Erased,
}

/// What is kept of a contact that ended, for its last event: nothing personal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedContact {
    /// Its id.
    pub id: ContactId,
    /// Its last version, which is its end.
    pub version: Version,
    /// How it ended.
    pub end: ContactEnd,
    /// Whether it was blocked.
    pub is_blocked: bool,
    /// The contacts that had been merged into it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub merged: BTreeSet<ContactId>,
    /// When it first appeared.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// What its end is owed to.
    pub cause: Cause,
}

impl Contact {
    /// One that nothing is known of yet.
    #[must_use]
    pub const fn new(id: ContactId, cause: Cause, now: Timestamp) -> Self {
        Self {
            id,
            version: Version::FIRST,
            name: None,
            email: None,
            phone: None,
            external_id: None,
            uid: None,
            is_blocked: false,
            created_at: now,
            updated_at: now,
            merged: BTreeSet::new(),
            cause,
        }
    }

    /// As of its next version.
    #[must_use]
    pub fn changed(self, cause: Cause, now: Timestamp) -> Self {
        Self { version: self.version.next(), updated_at: now, cause, ..self }
    }

    /// What is kept of it when it ends.
    #[must_use]
    pub fn ended(&self, end: ContactEnd, cause: Cause, now: Timestamp) -> EndedContact {
        EndedContact {
            id: self.id,
            version: self.version.next(),
            end,
            is_blocked: self.is_blocked,
            merged: self.merged.clone(),
            created_at: self.created_at,
            ended_at: now,
            cause,
        }
    }

    /// It with what `other` has and it lacks, and with whoever was merged into that
    /// one; none when they are too many. Whether it is blocked stays.
    #[must_use]
    pub fn merged_with(&self, other: &Self, cause: Cause, now: Timestamp) -> Option<Self> {
        let (own, theirs) = (self.clone(), other.clone());
        let mut merged = own.merged.clone();
        merged.extend(theirs.merged);
        merged.insert(theirs.id);
        let contact = Self {
            name: own.name.clone().or(theirs.name),
            email: own.email.clone().or(theirs.email),
            phone: own.phone.clone().or(theirs.phone),
            external_id: own.external_id.clone().or(theirs.external_id),
            uid: own.uid.clone().or(theirs.uid),
            merged,
            ..own
        };
        (contact.merged.len() <= MAX_MERGED).then(|| contact.changed(cause, now))
    }

    /// Every id that means this contact: its own, and those merged into it.
    pub fn ids(&self) -> impl Iterator<Item = ContactId> {
        std::iter::once(self.id).chain(self.merged.iter().copied())
    }
}

/// The part of a contact that a ticket carries: a copy, made anew when the contact changes
/// ([`cascade`](crate::cascade)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactRef {
    /// Its id.
    pub id: ContactId,
    /// Its name.
    #[serde(default)]
    pub name: Option<Name>,
    /// Its address.
    #[serde(default)]
    pub email: Option<EmailAddress>,
    /// Its id in somebody else's system.
    #[serde(default)]
    pub external_id: Option<ExternalId>,
    /// It was found by an address that a guest gave and nobody proved. Whoever names the
    /// contact by its id from then on says that it is them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_unproved: bool,
}

impl From<&Contact> for ContactRef {
    fn from(contact: &Contact) -> Self {
        let Contact { id, name, email, external_id, .. } = contact.clone();
        Self { id, name, email, external_id, is_unproved: false }
    }
}

/// The business object a ticket is about. Belongs to a contact, or to nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Counts its changes from 1.
    pub version: Version,
    /// What it is.
    pub kind: AccountKind,
    /// Its name.
    #[serde(default)]
    pub name: Option<Name>,
    /// Its id in the customer's own system; unique among the workspace's accounts of
    /// its kind.
    #[serde(default)]
    pub external_id: Option<ExternalId>,
    /// Its state in the customer's own words.
    #[serde(default)]
    pub status: Option<Name>,
    /// What is owed, in minor units of the currency.
    #[serde(default)]
    pub current_balance_cents: Option<i64>,
    /// The balance's currency.
    #[serde(default)]
    pub currency: Option<Currency>,
    /// Whose it is.
    #[serde(default)]
    pub contact_id: Option<ContactId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Account {
    /// As of its next version.
    #[must_use]
    pub fn changed(self, now: Timestamp) -> Self {
        Self { version: self.version.next(), updated_at: now, ..self }
    }

    /// Whether tickets about it are found by the same words as those about `other`.
    #[must_use]
    pub fn has_words_of(&self, other: &Self) -> bool {
        (&self.name, &self.external_id) == (&other.name, &other.external_id)
    }

    /// It without whose it is, what it is called and how it stands; the kind and the
    /// figures stay.
    #[must_use]
    pub fn erased(self, now: Timestamp) -> Self {
        Self { name: None, external_id: None, status: None, contact_id: None, ..self }.changed(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn contact(id: u128) -> Contact {
        Contact::new(ContactId::new(Uuid::from_u128(id)), Cause::SYSTEM, Timestamp::EPOCH)
    }

    #[test]
    fn a_merge_fills_what_is_missing_and_keeps_the_rest() {
        let target = Contact { name: "Ada".parse().ok(), is_blocked: true, ..contact(1) };
        let source = Contact { name: "A. L.".parse().ok(), email: "ada@example.com".parse().ok(), ..contact(2) };
        let both = target.merged_with(&source, Cause::SYSTEM, Timestamp::from_millis(5)).expect("few");
        assert_eq!((both.name, both.email), (target.name, source.email));
        assert_eq!((both.id, both.version, both.is_blocked), (target.id, Version(2), true));
        assert_eq!(both.merged, BTreeSet::from([source.id]));
    }

    #[test]
    fn a_merge_takes_along_who_was_merged_before_up_to_a_bound() {
        let many = Contact { merged: (10..29).map(|id| contact(id).id).collect(), ..contact(1) };
        let all = contact(2).merged_with(&many, Cause::SYSTEM, Timestamp::EPOCH).expect("twenty");
        assert_eq!(all.ids().count(), 21);
        assert_eq!(all.merged_with(&contact(3), Cause::SYSTEM, Timestamp::EPOCH), None);
    }
}
