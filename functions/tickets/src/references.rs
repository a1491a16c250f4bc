//! What a body refers to, looked up: ids and names must be the workspace's own.

use lambdesk_api::{
    auth::Session,
    body::{Checker, Input, pointer_token},
    problem::Problem,
};
use lambdesk_domain::{
    access::{Actor, Forbidden},
    contact::{Account, Contact},
    custom_field::{FieldChanges, check},
    directory::Directory,
    id::{AccountId, CategoryId, ContactId, TagId, TeamId, UserId},
    ticket::MAX_TAGS,
};
use lambdesk_store_lists::{ClientSight, Lists};
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;

const NO_SUCH: &str = "no_such_reference";

/// Holds a category to the directory.
pub async fn require_category(id: CategoryId, session: &mut Session, checker: &mut Checker) -> Result<(), Problem> {
    require(session, checker, "/category_id", "there is no such category", |directory| {
        directory.categories.contains_key(&id)
    })
    .await
}

/// Holds a team to the directory.
pub async fn require_team(id: TeamId, session: &mut Session, checker: &mut Checker) -> Result<(), Problem> {
    require(session, checker, "/team_id", "there is no such team", |directory| directory.teams.contains_key(&id)).await
}

/// Holds an assignee to the directory, and to being switched on.
pub async fn require_user(id: UserId, session: &mut Session, checker: &mut Checker) -> Result<(), Problem> {
    let detail = "there is no such user, or they are switched off";
    require(session, checker, "/assignee_id", detail, |directory| {
        directory.users.get(&id).is_some_and(|user| user.is_enabled)
    })
    .await
}

async fn require(
    session: &mut Session,
    checker: &mut Checker,
    pointer: &str,
    detail: &str,
    is_there: impl Fn(&Directory) -> bool,
) -> Result<(), Problem> {
    let found = session.find(|directory| is_there(directory).then_some(())).await?;
    if found.is_none() {
        checker.error(pointer, NO_SUCH, detail);
    }
    Ok(())
}

/// Keeps channel keys from naming a contact or account: ids that they try would tell them
/// who and what there is.
///
/// # Errors
/// 403 `channel_may_not_name`.
pub fn require_unnamed(
    contact: &Input<ContactId>,
    account: &Input<AccountId>,
    session: &Session,
) -> Result<(), Problem> {
    let is_named = matches!(contact, Input::Value(_)) || matches!(account, Input::Value(_));
    match session.actor {
        Actor::Channel { .. } if is_named => Err(Forbidden::ChannelNames.into()),
        _ => Ok(()),
    }
}

/// Where contacts and accounts are looked for: restricted users name those of their own
/// tickets alone, for whoever is on a ticket of theirs is in their sight.
pub fn sight<'a>(lists: &'a Lists, session: &Session) -> ClientSight<'a> {
    ClientSight::new(lists, session.workspace(), session.visibility(), session.now)
}

/// A contact that must exist.
pub async fn contact(
    id: ContactId,
    sight: ClientSight<'_>,
    session: &Session,
    checker: &mut Checker,
) -> Result<Option<Contact>, Problem> {
    let contact = session.app.contacts.contact(session.workspace(), id).await?;
    let is_seen = match &contact {
        Some(contact) => sight.has(contact).await?,
        None => false,
    };
    let contact = contact.filter(|_| is_seen);
    if contact.is_none() {
        checker.error("/contact_id", NO_SUCH, "there is no such contact");
    }
    Ok(contact)
}

/// An account that must exist.
pub async fn account(
    id: AccountId,
    sight: ClientSight<'_>,
    session: &Session,
    checker: &mut Checker,
) -> Result<Option<Account>, Problem> {
    let account = session.app.contacts.account(session.workspace(), id).await?;
    let is_seen = match &account {
        Some(account) => sight.has_account(&session.app.contacts, account).await?,
        None => false,
    };
    let account = account.filter(|_| is_seen);
    if account.is_none() {
        checker.error("/account_id", NO_SUCH, "there is no such account");
    }
    Ok(account)
}

/// An account of somebody can't be on a ticket of somebody else. The error is
/// the account's or the contact's, whichever came along.
pub fn require_owner(contact: Option<ContactId>, account: &Account, pointer: &str, checker: &mut Checker) {
    if let (Some(contact), Some(owner)) = (contact, account.contact_id)
        && contact != owner
    {
        checker.error(pointer, "foreign_account", "the account belongs to another contact");
    }
}

/// Tags by name or id, all of which must exist.
pub async fn tags(names: &[String], session: &mut Session, checker: &mut Checker) -> Result<BTreeSet<TagId>, Problem> {
    let mut tags = BTreeSet::new();
    if names.len() > MAX_TAGS {
        checker.error("/tags", "too_many", format!("a ticket has at most {MAX_TAGS} tags"));
        return Ok(tags);
    }
    for (index, name) in names.iter().enumerate() {
        match session.find(|directory| tag(name, directory)).await? {
            Some(tag) => drop(tags.insert(tag)),
            None => checker.error(&format!("/tags/{index}"), NO_SUCH, "there is no such tag"),
        }
    }
    Ok(tags)
}

fn tag(name: &str, directory: &Directory) -> Option<TagId> {
    let by_id = name.parse().ok().filter(|id| directory.tags.contains_key(id));
    by_id.or_else(|| directory.tag_named(name).map(|tag| tag.id))
}

/// How given custom values meet those of the ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Custom {
    /// Those given change; the others stay.
    Some,
    /// Those given are all there are: required ones must be among them, and the
    /// others are cleared.
    All,
}

/// Custom values held to their definitions.
pub async fn custom(
    given: &Map<String, Json>,
    extent: Custom,
    session: &mut Session,
    checker: &mut Checker,
) -> Result<FieldChanges, Problem> {
    let is_all = extent == Custom::All;
    // What is not right by the remembered definitions may be so by the newest.
    let found = session.find(|directory| check(&directory.fields, given, is_all).ok()).await?;
    let Some(mut changes) = found else {
        for (key, error) in check(&session.directory.fields, given, is_all).err().unwrap_or_default() {
            checker.error(&format!("/custom/{}", pointer_token(&key)), "invalid_custom_field", error.to_string());
        }
        return Ok(FieldChanges::new());
    };
    if is_all {
        for definition in &session.directory.fields {
            changes.entry(definition.key.clone()).or_insert(None);
        }
    }
    Ok(changes)
}
