//! Whose a new ticket is, and what its channel asks of it.

use crate::references::require_owner;
use lambdesk_api::{auth::Session, body::Checker, execute::CommandError, opening::NewContact, problem::Problem};
use lambdesk_domain::{
    contact::{Account, Contact, Requester},
    directory::{Channel, OpeningRules},
    id::CategoryId,
};
use lambdesk_store_lists::ClientSight;

/// The contact of a new ticket: the one that is named, else the owner of the account
/// that it is about, else the one with the sender's address. Nobody comes into sight by being
/// named, nor does a ticket tell whether there is somebody out of sight: then it has no
/// contact.
///
/// # Errors
/// When the table fails. What doesn't fit goes to the checker.
pub async fn client(
    named: Option<Contact>,
    account: Option<&Account>,
    requester: &Requester,
    channel: Option<&Channel>,
    (session, sight): (&Session, ClientSight<'_>),
    checker: &mut Checker,
) -> Result<NewContact, Problem> {
    if let Some(contact) = named {
        if let Some(account) = account {
            require_owner(Some(contact.id), account, "/account_id", checker);
        }
        return Ok(NewContact::Known(Box::new(contact)));
    }
    if let Some(owner) = account.and_then(|account| account.contact_id)
        && let Some(owner) = session.app.contacts.contact(session.workspace(), owner).await?
    {
        if !sight.has(&owner).await? {
            return Ok(NewContact::Nobody);
        }
        if requester.email.is_some() && requester.email != owner.email {
            checker.error("/account_id", "foreign_account", "the account belongs to another contact than the sender");
        }
        return Ok(NewContact::Known(Box::new(owner)));
    }
    let must_exist = channel.is_some_and(|channel| channel.require_existing_contact);
    if let Some(email) = &requester.email {
        let salt = session.directory.workspace.salt.clone();
        if !sight.is_whole() {
            let seen = sight.contact_with_email(&session.app.contacts, &salt, email).await?;
            if seen.is_none() && must_exist {
                checker.error("/from/email", "no_such_reference", CommandError::NoSuchContact.to_string());
            }
            return Ok(seen.map_or(NewContact::Nobody, |contact| NewContact::Known(Box::new(contact))));
        }
        return Ok(NewContact::WithAddress { email: email.clone(), salt, must_exist });
    }
    if must_exist || channel.is_some_and(|channel| channel.opening.require_contact) {
        let detail = "the channel asks for a contact: name one, or the sender's address";
        checker.error("/contact_id", "required", detail);
    }
    Ok(NewContact::Nobody)
}

/// The category of a new ticket: the one that is named, else the channel's own.
pub fn category(named: Option<CategoryId>, opening: &OpeningRules, checker: &mut Checker) -> Option<CategoryId> {
    let category = named.or(opening.default_category);
    if category.is_none() && opening.require_category {
        checker.error("/category_id", "required", "the channel asks for a category");
    }
    category
}
