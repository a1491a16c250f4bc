//! Reading contacts: by id, by address, by external id and by uid. One read for each
//! slot on the way; a contact that was merged is followed to the other.

use crate::{
    Contacts,
    slot::{ContactSlot, Holder, Owner},
};
use lambdesk_domain::{
    contact::Contact,
    id::{ContactId, WorkspaceId},
    text::EmailAddress,
};
use lambdesk_table::{
    FilteredQuery, TableError, Tenant,
    item::{Reader, read_document},
    keys::{CONTACTS, Unique, parse_contact},
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// How often a contact is followed that was merged into another: an alias
/// may name one that was merged, and no more than that.
pub const HOPS: u8 = 4;

/// The id that a contact with this address gets if nobody ever had it, so that
/// concurrent creations meet at one item without looking first; and the slot
/// that tells who has the address.
#[must_use]
pub fn contact_id(salt: &str, email: &EmailAddress) -> ContactId {
    let hash = Sha256::new().chain_update(salt).chain_update([0, 0]).chain_update(email.as_str()).finalize();
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash).for_each(|(byte, hashed)| *byte = hashed);
    ContactId::new(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

/// Some contacts, and where their list goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactPage {
    /// The contacts, in order of their ids.
    pub contacts: Vec<Contact>,
    /// The next page begins after this id; none after the last.
    pub next: Option<ContactId>,
}

impl Contacts {
    /// The slot of a contact's id.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn slot(&self, workspace: WorkspaceId, id: ContactId) -> Result<ContactSlot, TableError> {
        let item = self.table.get(Tenant::new(workspace).contact(id)).await?;
        Ok(item.map(|item| ContactSlot::read(&item)).transpose()?.unwrap_or_else(|| ContactSlot::untouched(id)))
    }

    /// The slots of some ids, in no order.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn slots(&self, workspace: WorkspaceId, ids: &[ContactId]) -> Result<Vec<ContactSlot>, TableError> {
        let tenant = Tenant::new(workspace);
        let items = self.table.batch_get(ids.iter().map(|id| tenant.contact(*id)).collect()).await?;
        let mut slots = items.iter().map(ContactSlot::read).collect::<Result<Vec<_>, _>>()?;
        for id in ids {
            if slots.iter().all(|slot| slot.id != *id) {
                slots.push(ContactSlot::untouched(*id));
            }
        }
        Ok(slots)
    }

    /// The slot of the contact that an id means: of one that was merged, that of the
    /// other.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn contact_slot(&self, workspace: WorkspaceId, id: ContactId) -> Result<Option<ContactSlot>, TableError> {
        let mut id = id;
        for _ in 0..HOPS {
            let slot = self.slot(workspace, id).await?;
            match &slot.holder {
                Holder::Nobody => return Ok(None),
                Holder::Contact(_) => return Ok(Some(slot)),
                Holder::Merged(redirect) => id = redirect.into,
            }
        }
        Ok(None)
    }

    /// The contact that an id means: of one that was merged, the other.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn contact(&self, workspace: WorkspaceId, id: ContactId) -> Result<Option<Contact>, TableError> {
        Ok(self.contact_slot(workspace, id).await?.and_then(|slot| slot.contact().cloned()))
    }

    /// Up to 100 ids of contacts, none twice, as they are called now: instead of one that
    /// was merged, that of the other. One that means nobody stays.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn present_ids(&self, workspace: WorkspaceId, ids: &[ContactId]) -> Result<Vec<ContactId>, TableError> {
        let slots = self.slots(workspace, ids).await?;
        let was_merged = |id| slots.iter().any(|slot| slot.id == id && matches!(slot.holder, Holder::Merged(_)));
        let mut present = Vec::new();
        for id in ids {
            let other = if was_merged(*id) { self.contact(workspace, *id).await? } else { None };
            let id = other.map_or(*id, |contact| contact.id);
            if !present.contains(&id) {
                present.push(id);
            }
        }
        Ok(present)
    }

    /// The contact that has an address, as the slot whose id it derives tells.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn owner(
        &self,
        workspace: WorkspaceId,
        slot: &ContactSlot,
        email: &EmailAddress,
    ) -> Result<Option<Contact>, TableError> {
        match slot.owner(email) {
            Owner::Nobody => Ok(None),
            Owner::Here(contact) => Ok(Some(contact.clone())),
            Owner::Elsewhere(id) => self.contact(workspace, id).await,
        }
    }

    /// The contact that mail from an address is from.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn contact_with_email(
        &self,
        workspace: WorkspaceId,
        salt: &str,
        email: &EmailAddress,
    ) -> Result<Option<Contact>, TableError> {
        let slot = self.slot(workspace, contact_id(salt, email)).await?;
        self.owner(workspace, &slot, email).await
    }

    /// As [`Contacts::contact_with_email`], with the slot of the address, by two reads
    /// whoever has it: for those who must not learn by the time it takes whether the
    /// address is known.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn owner_evenly(
        &self,
        workspace: WorkspaceId,
        salt: &str,
        email: &EmailAddress,
    ) -> Result<(ContactSlot, Option<Contact>), TableError> {
        let slot = self.slot(workspace, contact_id(salt, email)).await?;
        let owner = match slot.owner(email) {
            Owner::Elsewhere(id) => self.contact(workspace, id).await?,
            // The second read is for its time alone: the first has told all.
            known => {
                let owner = if let Owner::Here(contact) = known { Some(contact.clone()) } else { None };
                self.slot(workspace, slot.id).await?;
                owner
            }
        };
        Ok((slot, owner))
    }

    /// The contact with this external id or uid.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn contact_named(&self, workspace: WorkspaceId, name: Unique<'_>) -> Result<Option<Contact>, TableError> {
        let Some(item) = self.table.get(Tenant::new(workspace).unique(name)).await? else {
            return Ok(None);
        };
        let id: Uuid = read_document(&item)?;
        self.contact(workspace, ContactId::new(id)).await
    }

    /// Contacts in order of their ids. A page may be short, even empty, and still say
    /// where it goes on: where many were merged or erased.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn contacts(
        &self,
        workspace: WorkspaceId,
        after: Option<ContactId>,
        limit: u16,
    ) -> Result<ContactPage, TableError> {
        let tenant = Tenant::new(workspace);
        let pk = tenant.contact(ContactId::new(Uuid::nil())).pk;
        let after = after.map(|id| tenant.contact(id).sk);
        let filter = "attribute_exists(doc)";
        let query = FilteredQuery { pk: &pk, range: CONTACTS, after: after.as_deref(), limit, filter, value: None };
        let page = self.table.filtered_page(query).await?;
        let contacts = page.items.iter().map(|item| Reader(item).json("doc")).collect::<Result<_, _>>()?;
        Ok(ContactPage { contacts, next: page.next.as_deref().and_then(parse_contact) })
    }
}
