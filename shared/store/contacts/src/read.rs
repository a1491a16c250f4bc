//! Contacts: found by id, by address, by external id and by uid, and changed so
//! that each of these is one person's, however many write at once.

#[cfg(test)]
mod model;
mod place;
mod plan;
mod uses;
mod write;

pub use place::{Former, Holder, Lent, Owner, Place};
pub use plan::ContactPlan;
pub use uses::UsedBy;
pub use write::Claim;

use crate::{
    client::Store,
    error::StoreError,
    item::{Reader, read_document},
    keys::{CONTACTS, Tenant, Unique, parse_contact},
    sifted::Sifting,
};
use lambdesk_domain::{
    contact::Contact,
    id::{ContactId, WorkspaceId},
    text::EmailAddress,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// How often a contact is followed that was merged into another: an address may be
/// lent to one that was merged, and no more than that.
const HOPS: u8 = 4;

/// The id that a contact with this address gets if nobody ever had it, so that
/// concurrent creations meet at one item without looking first; and the place that
/// tells who has the address.
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

impl Store {
    /// What is at the place of a contact's id.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn place(&self, workspace: WorkspaceId, id: ContactId) -> Result<Place, StoreError> {
        let item = self.get(Tenant::new(workspace).contact(id), true).await?;
        Ok(item.map(|item| Place::read(&item)).transpose()?.unwrap_or_else(|| Place::untouched(id)))
    }

    /// The places of up to 100 ids, in no order.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn places(&self, workspace: WorkspaceId, ids: &[ContactId]) -> Result<Vec<Place>, StoreError> {
        let tenant = Tenant::new(workspace);
        let items = self.batch_get(ids.iter().map(|id| tenant.contact(*id)).collect()).await?;
        let mut places = items.iter().map(Place::read).collect::<Result<Vec<_>, _>>()?;
        for id in ids {
            if places.iter().all(|place| place.id != *id) {
                places.push(Place::untouched(*id));
            }
        }
        Ok(places)
    }

    /// The place of the contact that an id means: of one that was merged, that of the
    /// other.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn contact_place(&self, workspace: WorkspaceId, id: ContactId) -> Result<Option<Place>, StoreError> {
        let mut id = id;
        for _ in 0..HOPS {
            let place = self.place(workspace, id).await?;
            match &place.holder {
                Holder::Nobody => return Ok(None),
                Holder::Contact(_) => return Ok(Some(place)),
                Holder::Merged(former) => id = former.into,
            }
        }
        Ok(None)
    }

    /// The contact that an id means: of one that was merged, the other.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn contact(&self, workspace: WorkspaceId, id: ContactId) -> Result<Option<Contact>, StoreError> {
        Ok(self.contact_place(workspace, id).await?.and_then(|place| place.contact().cloned()))
    }

    /// Up to 100 ids of contacts, none twice, as they are called now: instead of one that
    /// was merged, that of the other. One that means nobody stays.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn present_ids(&self, workspace: WorkspaceId, ids: &[ContactId]) -> Result<Vec<ContactId>, StoreError> {
        let places = self.places(workspace, ids).await?;
        let was_merged = |id| places.iter().any(|place| place.id == id && matches!(place.holder, Holder::Merged(_)));
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

    /// The contact that has an address, as the place that it derives tells.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn owner(
        &self,
        workspace: WorkspaceId,
        place: &Place,
        email: &EmailAddress,
    ) -> Result<Option<Contact>, StoreError> {
        match place.owner(email) {
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
    ) -> Result<Option<Contact>, StoreError> {
        let place = self.place(workspace, contact_id(salt, email)).await?;
        self.owner(workspace, &place, email).await
    }

    /// The contact with this external id or uid.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn contact_named(&self, workspace: WorkspaceId, name: Unique<'_>) -> Result<Option<Contact>, StoreError> {
        let Some(item) = self.get(Tenant::new(workspace).unique(name), true).await? else {
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
    ) -> Result<ContactPage, StoreError> {
        let tenant = Tenant::new(workspace);
        let pk = tenant.contact(ContactId::new(Uuid::nil())).pk;
        let after = after.map(|id| tenant.contact(id).sk);
        let sifting = Sifting { pk: &pk, range: CONTACTS, after: after.as_deref(), limit };
        let page = self.sifted(sifting, "attribute_exists(doc)", None).await?;
        let contacts = page.items.iter().map(|item| Reader(item).json("doc")).collect::<Result<_, _>>()?;
        Ok(ContactPage { contacts, next: page.next.as_deref().and_then(parse_contact) })
    }
}
