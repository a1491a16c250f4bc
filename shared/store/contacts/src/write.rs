//! Writes of contacts: one that a new ticket upserts, and a plan written whole. The
//! first is one or two steps of another's transaction, the second a transaction.

use crate::{
    ContactError, Contacts,
    error::OtherContact,
    jobs,
    plan::{ContactPlan, NameChange},
    slot::{ContactSlot, REVISION, matched},
};
use lambdesk_domain::{contact::Contact, id::WorkspaceId, personal::Job, time::Timestamp};
use lambdesk_table::{
    Corrupt, FORMAT, Held, Item, Record, TableError, Tenant, Tx, Write,
    item::{document, number},
};

/// The contact that a new ticket is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactUpsert {
    /// Made if nobody ever had the address; or it is there with just this address and
    /// name and not blocked.
    pub contact: Contact,
    /// The slot of its address, when the contact is a new one that can't have that
    /// slot's id: as it was read.
    pub address: Option<ContactSlot>,
}

impl ContactUpsert {
    /// Adds the steps that make the contact, or hold if it is there: one, or two where
    /// its address has another's slot. A refusal tells the slot of the address; `busy` is
    /// what it comes to when somebody else writes the contact.
    pub fn add_to<E>(&self, workspace: WorkspaceId, tx: &mut Tx<E>, busy: E)
    where
        E: From<TableError> + From<OtherContact> + 'static,
    {
        let contact = &self.contact;
        let (Some(slot), Some(email)) = (&self.address, &contact.email) else {
            tx.require_with(upsert(workspace, contact).showing_item(), other_contact);
            tx.or_conflict(busy);
            return;
        };
        let aliased = slot.clone().with_alias(email.clone(), contact.id);
        tx.require_with(put_slot(workspace, &aliased).showing_item(), other_contact);
        let (_, plan) = ContactPlan::create(contact.clone(), None);
        for slot in plan.slots() {
            tx.write(put_slot(workspace, slot));
        }
    }
}

fn other_contact<E: From<TableError> + From<OtherContact>>(item: Option<Item>) -> Result<E, Corrupt> {
    Ok(match item {
        Some(item) => OtherContact(Box::new(ContactSlot::read(&item)?)).into(),
        None => TableError::Contended.into(),
    })
}

/// Makes the contact in the slot that its address derives, or holds if it is there.
fn upsert(workspace: WorkspaceId, contact: &Contact) -> Write {
    let upsert = Write::update(
        Tenant::new(workspace).contact(contact.id),
        "SET em = :em, nm = :nm, bl = :bl, v = :v, doc = if_not_exists(doc, :doc), n = if_not_exists(n, :n)",
    );
    let upsert = upsert
        .when("attribute_not_exists(pk) OR (em = :em AND nm = :nm AND bl = :bl)")
        .value(":v", number(FORMAT))
        .value(":n", number(1));
    matched(contact).into_iter().fold(upsert, |upsert, (name, value)| upsert.value(&format!(":{name}"), value))
}

/// The slot as it becomes, if it is still as it was read.
fn put_slot(workspace: WorkspaceId, slot: &ContactSlot) -> Write {
    if slot.is_untouched() {
        return Write::create(slot.item(workspace));
    }
    Write::put(slot.item(workspace)).when(format!("{REVISION} = :seen")).value(":seen", number(slot.revision))
}

impl Contacts {
    /// Writes a change of contacts, with the job that it begins and the answer to
    /// remember, all or nothing; says whether all was still as it was read.
    ///
    /// # Errors
    /// [`ContactError::Answered`], [`ContactError::Taken`] for an external id or uid of
    /// another contact, or the table's failure.
    pub async fn write_contacts(
        &self,
        workspace: WorkspaceId,
        plan: &ContactPlan,
        job: Option<&Job>,
        answer: Option<&Record>,
        now: Timestamp,
    ) -> Result<bool, ContactError> {
        self.write_contacts_with(workspace, (plan, job, Vec::new()), answer, now).await
    }

    /// The same, with what is written beside it.
    ///
    /// # Errors
    /// As [`Contacts::write_contacts`].
    pub async fn write_contacts_with(
        &self,
        workspace: WorkspaceId,
        (plan, job, beside): (&ContactPlan, Option<&Job>, Vec<Write>),
        answer: Option<&Record>,
        now: Timestamp,
    ) -> Result<bool, ContactError> {
        let mut tx = Tx::<Held<ContactError>>::new();
        tx.remember(workspace, answer, now);
        for slot in plan.slots() {
            tx.hold(put_slot(workspace, slot));
        }
        for (name, change) in &plan.names {
            let key = Tenant::new(workspace).unique(name.unique());
            match change {
                NameChange::Take(id) => {
                    let taken = ContactError::Taken(name.words());
                    tx.require(Write::create(document(key, id)), Held::Failed(taken));
                }
                NameChange::Move(id) => tx.write(Write::put(document(key, id))),
                NameChange::Release => tx.write(Write::delete(key)),
            }
        }
        if let Some(job) = job {
            tx.hold(Write::create(jobs::item(workspace, job, now)));
        }
        for write in beside {
            tx.write(write);
        }
        tx.commit_held(&self.table).await
    }
}
