//! What still uses a contact or an account, so that deleting it can say so.

use crate::sight::Sight;
use lambdesk_api::{
    auth::Session,
    problem::Problem,
    uses::{UsedBy, UserKind, in_use},
};
use lambdesk_domain::{
    access::VisibilityScope,
    contact::Contact,
    id::{AccountId, TicketId},
};
use lambdesk_store_lists::{Filter, Lists, OneOf};
use lambdesk_table::keys::IndexedValue;

/// Holds a contact to being used by no ticket and no account, nor any that was
/// merged into it.
///
/// # Errors
/// 409 `in_use`, naming the uses.
pub async fn free(session: &Session, sight: Sight<'_>, contact: &Contact) -> Result<(), Problem> {
    let ids: Vec<_> = contact.ids().collect();
    let uses = session.app.tickets.uses_of_contacts(session.workspace(), &ids).await?;
    refuse(session, sight, &uses, OneOf::new(ids).map(Filter::Contact)).await
}

/// Holds an account to being used by no ticket.
///
/// # Errors
/// 409 `in_use`, naming the uses.
pub async fn free_account(
    session: &Session,
    lists: &Lists,
    sight: Sight<'_>,
    account: AccountId,
) -> Result<(), Problem> {
    let users = lists.users_of(session.workspace(), &IndexedValue::Account(account)).await?;
    let ids: Vec<_> = users.tickets.into_iter().map(TicketId::uuid).collect();
    let used = UsedBy::of(UserKind::Ticket, ids, !users.may_be_more);
    refuse(session, sight, used.as_slice(), OneOf::new([account]).map(Filter::Account)).await
}

/// Whoever does not see every ticket is told of those that they see: the others are a
/// reason, and no more than that.
async fn refuse(session: &Session, sight: Sight<'_>, uses: &[UsedBy], tickets: Option<Filter>) -> Result<(), Problem> {
    if uses.is_empty() {
        return Ok(());
    }
    let sees_all = session.visibility() == VisibilityScope::All;
    let mut named = Vec::new();
    for used in uses {
        named.extend(match &tickets {
            Some(filter) if !sees_all && used.kind == UserKind::Ticket => {
                let (ids, is_exact) = sight.count(filter).await?;
                UsedBy::of(used.kind, ids.into_iter().map(TicketId::uuid).collect(), is_exact)
            }
            _ => Some(used.clone()),
        });
    }
    Err(in_use(&named, "uses says by what"))
}
