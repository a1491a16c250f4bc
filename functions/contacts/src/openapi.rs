//! What the `OpenAPI` document tells of these operations beyond their signatures.

use crate::{
    account_body::AccountRecord,
    accounts,
    contact_body::ContactView,
    contacts, export,
    jobs::{self, ReceiptView},
    verbs,
};
use lambdesk_api::openapi::{Access, Callers, Operation, Operations};
use lambdesk_domain::{
    access::Scope,
    id::ContactId,
    text::{AccountKind, EmailAddress, ExternalId, Uid},
};

/// Of what was done with everything of a person.
const PERSONAL: Access = Access::of(&[Scope::ContactsRead, Scope::Admin], Callers::Admins);

/// Restricted users see contacts and accounts of their own tickets: of a new one there is none.
const MAKING: Access = Access::of(&[Scope::ContactsWrite], Callers::FullStaff);

/// The operations of this function.
#[must_use]
pub fn operations() -> Operations {
    let operations = Operations::of(
        "Contacts and accounts",
        "The people who write in, and what they write about. A merged contact answers to all of its ids.",
    )
    .needing(Access::of(&[Scope::ContactsRead], Callers::Staff), Access::of(&[Scope::ContactsWrite], Callers::Staff))
    .op(contacts::list, "Contacts, or the one with an address or id", |op| {
        op.query_of::<EmailAddress>("email", "The one with this address.");
        op.query_of::<ExternalId>("external_id", "The one with this id in the customer's own system.");
        op.query_of::<Uid>("uid", "The one with this name in another system.");
        op.page::<ContactView>();
    })
    .op(contacts::create, "Make a contact", |op| {
        op.needs(MAKING);
        op.created_versioned::<ContactView>();
    })
    .op(contacts::get, "A contact", Operation::ok_versioned::<ContactView>)
    .op(contacts::patch, "Change a contact", Operation::ok_versioned::<ContactView>)
    .op(contacts::delete, "Delete a contact who is on no ticket", Operation::no_content)
    .op(verbs::block, "Block: their messages wake nothing", Operation::ok_versioned::<ContactView>)
    .op(verbs::unblock, "Unblock", Operation::ok_versioned::<ContactView>)
    .op(verbs::tickets, "Their tickets", |op| {
        op.needs(Access::of(&[Scope::TicketsRead], Callers::Staff));
        op.about("Takes what the list of tickets takes.");
        op.answers(307, "The list of tickets, as `Location`.", None);
    });
    with_accounts(with_jobs(operations))
}

fn with_jobs(operations: Operations) -> Operations {
    let starts = |op: &mut Operation| {
        op.needs(Access::of(&[Scope::ContactsWrite, Scope::Admin], Callers::Admins));
        op.about("Goes on by itself where one request does not finish it; the receipt tells when it is done.");
        op.one::<ReceiptView>(202, "The receipt.", &["Location"]);
    };
    operations
        .op(jobs::merge, "Merge another contact into this one", move |op| {
            op.requires(&["from"]);
            starts(op);
        })
        .op(jobs::erase, "Erase everything personal of a contact", starts)
        .op(jobs::receipts, "Receipts of merges, erasures and exports", |op| {
            op.needs(PERSONAL);
            op.page::<ReceiptView>();
        })
        .op(jobs::receipt, "A receipt", |op| {
            op.needs(PERSONAL);
            op.ok::<ReceiptView>();
        })
        .op(export::export, "Everything about a person, in parts", |op| {
            op.needs(PERSONAL);
            op.leaves_out(&["limit"]);
            op.ok::<export::ExportView>();
        })
}

fn with_accounts(operations: Operations) -> Operations {
    operations
        .op(accounts::list, "Accounts", |op| {
            op.query_of::<ContactId>("contact_id", "Those of this contact.");
            op.query_of::<AccountKind>("kind", "Those of this kind.");
            op.query_of::<ExternalId>("external_id", "The one with this id in the customer's own system; with `kind`.");
            op.page::<AccountRecord>();
        })
        .op(accounts::create, "Make an account", |op| {
            op.needs(MAKING);
            op.requires(&["kind"]);
            op.created_versioned::<AccountRecord>();
        })
        .op(accounts::get, "An account", Operation::ok_versioned::<AccountRecord>)
        .op(accounts::patch, "Change an account", Operation::ok_versioned::<AccountRecord>)
        .op(accounts::delete, "Delete an account", Operation::no_content)
}
