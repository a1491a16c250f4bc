//! What still uses a contact or an account, so that deleting it can say so.

use lambdesk_api::{auth::Session, problem::Problem};
use lambdesk_domain::{
    access::VisibilityScope,
    contact::Contact,
    id::{AccountId, TicketId},
};
use lambdesk_store_lists::Lists;
use lambdesk_store_tickets::{UsedBy, UserKind};
use lambdesk_table::keys::IndexedValue;
use serde_json::json;

/// Holds a contact to being used by no ticket and no account, nor any that was
/// merged into it.
///
/// # Errors
/// 409 `in_use`, naming the uses.
pub async fn free(session: &Session, contact: &Contact) -> Result<(), Problem> {
    let ids: Vec<_> = contact.ids().collect();
    refuse(session, &session.app.tickets.uses_of_contacts(session.workspace(), &ids).await?)
}

/// Holds an account to being used by no ticket.
///
/// # Errors
/// 409 `in_use`, naming the uses.
pub async fn free_account(session: &Session, lists: &Lists, account: AccountId) -> Result<(), Problem> {
    let users = lists.users_of(session.workspace(), &IndexedValue::Account(account)).await?;
    let ids: Vec<_> = users.tickets.into_iter().map(TicketId::uuid).collect();
    let used = (!ids.is_empty()).then_some(UsedBy { kind: UserKind::Ticket, ids, is_exact: !users.may_be_more });
    refuse(session, used.as_slice())
}

/// Whoever does not see every ticket is told of how many, not of which.
fn refuse(session: &Session, uses: &[UsedBy]) -> Result<(), Problem> {
    if uses.is_empty() {
        return Ok(());
    }
    let sees_all = session.visibility() == VisibilityScope::All;
    let named: Vec<_> = uses
        .iter()
        .map(|uses| {
            let most = if sees_all || uses.kind != UserKind::Ticket { 10 } else { 0 };
            let ids: Vec<_> = uses.ids.iter().take(most).map(ToString::to_string).collect();
            json!({"kind": uses.kind, "count": uses.ids.len(), "is_exact": uses.is_exact, "ids": ids})
        })
        .collect();
    Err(Problem::conflict("in_use", "it is still in use; uses says by what").with_extra("uses", named))
}
