//! People who write in, and the business objects they write about.

use crate::{
    id::{AccountId, ContactId},
    status::words,
    text::{Currency, EmailAddress, ExternalId, Name, Phone},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// Who asked, as given when the ticket was made; stays when the contact changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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

/// A contact: one person, found by e-mail address or external id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// Its id.
    pub id: ContactId,
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
    /// Their messages wake nothing.
    pub is_blocked: bool,
    /// When they first appeared.
    pub created_at: Timestamp,
}

/// The part of a contact that a ticket carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactRef {
    /// Its id.
    pub id: ContactId,
    /// Name, address and external id when the ticket was linked.
    #[serde(default)]
    pub name: Option<Name>,
    #[serde(default)]
    pub email: Option<EmailAddress>,
    #[serde(default)]
    pub external_id: Option<ExternalId>,
}

impl From<&Contact> for ContactRef {
    fn from(contact: &Contact) -> Self {
        let Contact { id, name, email, external_id, .. } = contact.clone();
        Self { id, name, email, external_id }
    }
}

words! {
    /// What kind of business object an account is.
    AccountKind { DebtAccount = "debt_account", Project = "project", Client = "client", Other = "other", }
}

/// The business object a ticket is about. Belongs to a contact, or to nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// What it is.
    pub kind: AccountKind,
    /// Its name.
    #[serde(default)]
    pub name: Option<Name>,
    /// Its id in the customer's own system.
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
}
