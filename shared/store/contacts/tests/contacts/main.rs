//! Contacts, accounts and jobs over the embedded engine, and over what goes wrong before it.
#![allow(clippy::indexing_slicing, reason = "a test")]

mod accounts;
mod contacts;
mod jobs;

use lambdesk_domain::{access::Cause, contact::Contact, text::EmailAddress, time::Timestamp};
use lambdesk_store_contacts::{ContactError, ContactPlan, Contacts, contact_id};
use lambdesk_testkit::workspace;

const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);
const SALT: &str = "salt";

fn email(name: &str) -> EmailAddress {
    format!("{name}@example.com").parse().expect("an address")
}

/// A contact with an address, an external id and a uid, under the id that the address derives.
fn contact(name: &str) -> Contact {
    Contact {
        name: name.parse().ok(),
        email: Some(email(name)),
        external_id: format!("{name}-external").parse().ok(),
        uid: format!("{name}-uid").parse().ok(),
        ..Contact::new(contact_id(SALT, &email(name)), Cause::SYSTEM, NOW)
    }
}

/// Writes a plan alone; says whether all was as it was read.
async fn write(contacts: &Contacts, plan: &ContactPlan) -> Result<bool, ContactError> {
    contacts.write_contacts(workspace(1), plan, None, None, NOW).await
}

/// Adds a contact whose address nobody has, and answers it with the id that it got.
async fn add(contacts: &Contacts, contact: Contact) -> Contact {
    let slot = contacts.slot(workspace(1), contact.id).await.expect("it is read");
    let (contact, plan) = ContactPlan::create(contact, Some(slot));
    assert!(write(contacts, &plan).await.expect("no name of it is taken"));
    contact
}
