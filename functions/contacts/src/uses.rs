//! What still uses a contact or an account, so that deleting it can say so.

use lambdesk_api::{auth::Session, problem::Problem};
use lambdesk_domain::{
    contact::Contact,
    id::{AccountId, TicketId},
};
use lambdesk_store::{Used, UsedBy, keys::Posting};
use serde_json::json;

/// Holds a contact to being used by no ticket and no account, nor any that was
/// merged into it.
///
/// # Errors
/// 409 `in_use`, naming the uses.
pub async fn free(session: &Session, contact: &Contact) -> Result<(), Problem> {
    let ids: Vec<_> = contact.ids().collect();
    refuse(&session.store.uses_of_contacts(session.workspace(), &ids).await?)
}

/// Holds an account to being used by no ticket.
///
/// # Errors
/// 409 `in_use`, naming the uses.
pub async fn free_account(session: &Session, account: AccountId) -> Result<(), Problem> {
    let used = Used::Posting(Posting::Account(account));
    let users = session.store.users_of(session.workspace(), &used).await?;
    let ids: Vec<_> = users.tickets.into_iter().map(TicketId::uuid).collect();
    let used = (!ids.is_empty()).then_some(UsedBy { kind: "ticket", ids, is_exact: !users.may_be_more });
    refuse(used.as_slice())
}

fn refuse(uses: &[UsedBy]) -> Result<(), Problem> {
    if uses.is_empty() {
        return Ok(());
    }
    let named: Vec<_> = uses
        .iter()
        .map(|uses| {
            let ids: Vec<_> = uses.ids.iter().take(10).map(ToString::to_string).collect();
            json!({"kind": uses.kind, "count": uses.ids.len(), "is_exact": uses.is_exact, "ids": ids})
        })
        .collect();
    Err(Problem::conflict("in_use", "it is still in use; uses says by what").with_extra("uses", named))
}
