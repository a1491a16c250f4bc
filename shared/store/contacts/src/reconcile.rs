//! The nightly look at every contact that changed lately, in slices: a time in, slots
//! out, for one query of at most 1 MB each.

use crate::{Contacts, slot::ContactSlot};
use lambdesk_domain::{
    id::{ContactId, WorkspaceId},
    time::Timestamp,
};
use lambdesk_table::{Corrupt, Item, Query, TableError, Tenant, item::Reader, keys};
use uuid::Uuid;

/// How many contacts one slice looks at: about 100 read units.
const CONTACTS_PER_SLICE: u16 = 1_000;

/// A part of a workspace's contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactSlice {
    /// The slots of those that changed or ended since the time asked for.
    pub slots: Vec<ContactSlot>,
    /// The next slice begins after this id; none after the last.
    pub next: Option<ContactId>,
}

impl Contacts {
    /// The next slice of a workspace's contacts, and of those that ended.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn contacts_changed_since(
        &self,
        workspace: WorkspaceId,
        since: Timestamp,
        after: Option<ContactId>,
    ) -> Result<ContactSlice, TableError> {
        let tenant = Tenant::new(workspace);
        let from = after.map_or_else(|| keys::CONTACTS.0.to_owned(), |id| keys::after(&tenant.contact(id).sk));
        let pk = tenant.contact(ContactId::new(Uuid::nil())).pk;
        let page = self.table.page(Query::of(pk).between(from, keys::CONTACTS.1), CONTACTS_PER_SLICE).await?;
        let last = page.items.last().filter(|_| page.has_more);
        let next = last.and_then(|item| Reader(item).text("sk").ok()).and_then(keys::parse_contact);
        let is_recent = |slot: &ContactSlot| slot.image().is_some_and(|contact| contact.updated_at() >= since);
        let slots = page.items.iter().filter_map(readable).filter(is_recent).collect();
        Ok(ContactSlice { slots, next })
    }
}

/// One contact that can't be read must not stop the walk over all others.
fn readable(item: &Item) -> Option<ContactSlot> {
    let told = |error: &Corrupt| {
        let [pk, sk] = ["pk", "sk"].map(|name| Reader(item).text(name).ok());
        tracing::error!(%error, pk, sk, "a contact can't be read and is left out; its item must be mended");
    };
    ContactSlot::read(item).inspect_err(told).ok()
}
