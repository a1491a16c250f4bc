//! Writing contacts: claimed by a ticket that comes from an address, or changed.

use super::{
    place::{Place, REVISION, claimable},
    plan::{ContactPlan, NameChange},
};
use crate::{
    changes::Refusal,
    client::{Store, primary},
    error::{CommitError, StoreError},
    idempotency::Record,
    item::{document, number},
    keys::Tenant,
};
use aws_sdk_dynamodb::types::{Put, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use lambdesk_domain::{contact::Contact, id::WorkspaceId, personal::Job, time::Timestamp};

/// The contact that a new ticket is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// Made if nobody ever had the address; or it is there with just this address and
    /// name and not blocked.
    pub contact: Contact,
    /// The place of its address, when the contact is a new one that can't have that
    /// place's id: as it was read.
    pub address: Option<Place>,
}

impl Store {
    /// As items of a transaction: makes the contact, or holds if it is there. When it
    /// doesn't, the refusal carries the address's place; that item comes first.
    pub(crate) fn claim_contact(
        &self,
        workspace: WorkspaceId,
        claim: &Claim,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let contact = &claim.contact;
        match (&claim.address, &contact.email) {
            (Some(place), Some(email)) => {
                let lent = self.put_place(workspace, &place.clone().lending(email.clone(), contact.id))?;
                let (_, plan) = ContactPlan::create(contact.clone(), None);
                let made = plan.places().map(|place| self.put_place(workspace, place));
                std::iter::once(Ok(lent)).chain(made).collect()
            }
            _ => Ok(vec![self.claim_derived(workspace, contact)?]),
        }
    }

    fn claim_derived(&self, workspace: WorkspaceId, contact: &Contact) -> Result<TransactWriteItem, StoreError> {
        let mut update = Update::builder()
            .table_name(&*self.table)
            .set_key(Some(primary(Tenant::new(workspace).contact(contact.id))))
            .condition_expression("attribute_not_exists(pk) OR (em = :em AND nm = :nm AND bl = :bl)")
            .update_expression(
                "SET em = :em, nm = :nm, bl = :bl, v = :v, doc = if_not_exists(doc, :doc), n = if_not_exists(n, :n)",
            )
            .expression_attribute_values(":v", number(crate::item::FORMAT))
            .expression_attribute_values(":n", number(1))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        for (name, value) in claimable(contact) {
            update = update.expression_attribute_values(format!(":{name}"), value);
        }
        let update = update.build().map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// As one item of a transaction: the place as it becomes, if it is still as it was read.
    fn put_place(&self, workspace: WorkspaceId, place: &Place) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&*self.table)
            .set_item(Some(place.item(workspace)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let put = if place.is_untouched() {
            put.condition_expression("attribute_not_exists(pk)")
        } else {
            put.condition_expression(format!("{REVISION} = :seen"))
                .expression_attribute_values(":seen", number(place.revision))
        };
        let put = put.build().map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// Writes a change of contacts, with the job that it begins and the answer to
    /// remember, all or nothing; says whether all was still as it was read.
    ///
    /// # Errors
    /// [`CommitError::Answered`], [`CommitError::Taken`] for an external id or uid of
    /// another contact, or the table's failure.
    pub async fn write_contacts(
        &self,
        workspace: WorkspaceId,
        plan: &ContactPlan,
        job: Option<&Job>,
        answer: Option<&Record>,
        now: Timestamp,
    ) -> Result<bool, CommitError> {
        let mut steps = self.remembering(workspace, answer, now)?;
        for place in plan.places() {
            steps.push((self.put_place(workspace, place)?, Refusal::NotAsSeen));
        }
        for (name, change) in &plan.names {
            let key = Tenant::new(workspace).unique(name.unique());
            steps.push(match change {
                NameChange::Take(id) => (self.put_fresh(document(key, id))?, Refusal::Taken(name.words())),
                NameChange::Move(id) => (self.put_item(document(key, id))?, Refusal::NotAsSeen),
                NameChange::Release => (self.delete_item(key)?, Refusal::NotAsSeen),
            });
        }
        if let Some(job) = job {
            steps.push((self.put_fresh(crate::jobs::item(workspace, job, now))?, Refusal::NotAsSeen));
        }
        crate::changes::as_seen(self.take(steps).await)
    }
}
