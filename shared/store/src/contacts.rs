//! Contacts and accounts.

use crate::{
    client::{Store, primary},
    error::StoreError,
    item::{json, number, read_document, text},
    keys::Tenant,
};
use aws_sdk_dynamodb::types::{AttributeValue as Av, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use lambdesk_domain::{
    contact::{Account, Contact},
    id::{AccountId, ContactId, WorkspaceId},
    text::{EmailAddress, Name},
};
use sha2::{Digest, Sha256};

/// The id that a contact with this address gets, so that concurrent creations
/// meet at one item without looking first. `attempt` counts up where a contact
/// has moved on to another address and keeps the id derived from its old one.
#[must_use]
pub fn contact_id(salt: &str, email: &EmailAddress, attempt: u8) -> ContactId {
    let hash = Sha256::new().chain_update(salt).chain_update([0, attempt]).chain_update(email.as_str()).finalize();
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash).for_each(|(byte, hashed)| *byte = hashed);
    ContactId::new(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}

impl Store {
    /// As one item of a transaction: makes the contact, or holds if it is there
    /// with just this address and name and not blocked.
    pub(crate) fn claim_contact(
        &self,
        workspace: WorkspaceId,
        contact: &Contact,
    ) -> Result<TransactWriteItem, StoreError> {
        let key = Tenant::new(workspace).contact(contact.id);
        let email = contact.email.as_ref().map(EmailAddress::as_str).unwrap_or_default();
        let name = contact.name.as_ref().map(Name::as_str).unwrap_or_default();
        let update = Update::builder()
            .table_name(&*self.table)
            .set_key(Some(primary(key)))
            .condition_expression("attribute_not_exists(pk) OR (em = :em AND nm = :nm AND bl = :bl)")
            .update_expression("SET em = :em, nm = :nm, bl = :bl, v = :v, doc = if_not_exists(doc, :doc)")
            .expression_attribute_values(":em", text(email))
            .expression_attribute_values(":nm", text(name))
            .expression_attribute_values(":bl", Av::Bool(false))
            .expression_attribute_values(":v", number(crate::item::FORMAT))
            .expression_attribute_values(":doc", json(contact))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// One contact.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn contact(&self, workspace: WorkspaceId, contact: ContactId) -> Result<Option<Contact>, StoreError> {
        let item = self.get(Tenant::new(workspace).contact(contact), true).await?;
        Ok(item.map(|item| read_document(&item)).transpose()?)
    }

    /// One account.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn account(&self, workspace: WorkspaceId, account: AccountId) -> Result<Option<Account>, StoreError> {
        let item = self.get(Tenant::new(workspace).account(account), true).await?;
        Ok(item.map(|item| read_document(&item)).transpose()?)
    }
}
