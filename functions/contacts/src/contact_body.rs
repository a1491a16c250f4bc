//! What a body says of a contact, and how a contact is answered.

use lambdesk_api::{
    body::{Checker, Input, Unknown},
    openapi::nullable,
    problem::Problem,
};
use lambdesk_domain::{
    contact::Contact,
    id::{ContactId, Version},
    text::{EmailAddress, ExternalId, Name, Phone, Uid},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// The fields of a contact; at least one must have a value.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "ContactFields")]
pub struct ContactBody {
    /// Their name.
    #[schemars(transform = nullable)]
    name: Input<Name>,
    /// Their e-mail address; unique.
    #[schemars(transform = nullable)]
    email: Input<EmailAddress>,
    /// Their phone number, as it was given.
    #[schemars(transform = nullable)]
    phone: Input<Phone>,
    /// Their id in the customer's own system; unique.
    #[schemars(transform = nullable)]
    external_id: Input<ExternalId>,
    /// Their name in the system that they write from; unique.
    #[schemars(transform = nullable)]
    uid: Input<Uid>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// A contact as answered.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Contact")]
pub struct ContactView {
    /// Its id. A merged contact is answered by the one that stays.
    id: ContactId,
    version: Version,
    name: Option<Name>,
    email: Option<EmailAddress>,
    phone: Option<Phone>,
    external_id: Option<ExternalId>,
    uid: Option<Uid>,
    /// Whether their messages wake nothing.
    is_blocked: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<&Contact> for ContactView {
    fn from(contact: &Contact) -> Self {
        let Contact {
            id,
            version,
            name,
            email,
            phone,
            external_id,
            uid,
            is_blocked,
            created_at,
            updated_at,
            merged: _,
            cause: _,
        } = contact.clone();
        Self { id, version, name, email, phone, external_id, uid, is_blocked, created_at, updated_at }
    }
}

impl ContactBody {
    /// The contact as it is with the fields that are there; `null` clears.
    ///
    /// # Errors
    /// 422 with all that is wrong.
    pub fn applied_to(self, contact: Contact) -> Result<Contact, Problem> {
        let mut check = Checker::new();
        let name = check.field("/name", self.name).applied_to(contact.name);
        let email = check.field("/email", self.email).applied_to(contact.email);
        let phone = check.field("/phone", self.phone).applied_to(contact.phone);
        let external_id = check.field("/external_id", self.external_id).applied_to(contact.external_id);
        let uid = check.field("/uid", self.uid).applied_to(contact.uid);
        check.unknown("", self.unknown);
        let is_somebody =
            name.is_some() || email.is_some() || phone.is_some() || external_id.is_some() || uid.is_some();
        if !is_somebody && check.is_clean() {
            check.error("", "required", "name, email, phone, external_id or uid must be given");
        }
        check.finish()?;
        Ok(Contact { name, email, phone, external_id, uid, ..contact })
    }
}
