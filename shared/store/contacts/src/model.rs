//! Plans held against the plain idea: an address is at most one person's.

use crate::{
    plan::ContactPlan,
    read::{HOPS, contact_id},
    slot::{ContactSlot, Holder, Owner},
};
use lambdesk_domain::{
    access::Cause,
    contact::{Contact, ContactEnd},
    id::ContactId,
    text::EmailAddress,
    time::Timestamp,
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

const NOW: Timestamp = Timestamp::EPOCH;

#[derive(Debug, Clone)]
enum ModelStep {
    Create(Option<u8>),
    Change(usize, Option<u8>),
    Merge(usize, usize),
    Remove(usize),
}

fn step() -> impl Strategy<Value = ModelStep> {
    let email = || prop::option::weighted(0.8, 0..4_u8);
    prop_oneof![
        3 => email().prop_map(ModelStep::Create),
        3 => (0..8_usize, email()).prop_map(|(who, email)| ModelStep::Change(who, email)),
        2 => (0..8_usize, 0..8_usize).prop_map(|(into, from)| ModelStep::Merge(into, from)),
        1 => (0..8_usize).prop_map(ModelStep::Remove),
    ]
}

fn address(number: u8) -> EmailAddress {
    format!("a{number}@example.com").parse().expect("an address")
}

/// The slots as the table has them, and beside them who has which address.
#[derive(Default)]
struct World {
    slots: BTreeMap<ContactId, ContactSlot>,
    made: Vec<ContactId>,
    addresses: BTreeMap<EmailAddress, ContactId>,
}

impl World {
    fn slot(&self, id: ContactId) -> ContactSlot {
        self.slots.get(&id).cloned().unwrap_or_else(|| ContactSlot::untouched(id))
    }

    fn slot_of(&self, email: &EmailAddress) -> ContactSlot {
        self.slot(contact_id("salt", email))
    }

    /// As the store follows.
    fn contact(&self, id: ContactId) -> Option<Contact> {
        let mut slot = self.slot(id);
        for _ in 1..HOPS {
            let Holder::Merged(redirect) = &slot.holder else { break };
            slot = self.slot(redirect.into);
        }
        slot.contact().cloned()
    }

    fn owner(&self, email: &EmailAddress) -> Option<ContactId> {
        match self.slot_of(email).owner(email) {
            Owner::Nobody => None,
            Owner::Here(contact) => Some(contact.id),
            Owner::Elsewhere(id) => self.contact(id).map(|contact| contact.id),
        }
    }

    fn write(&mut self, plan: &ContactPlan) {
        for slot in plan.slots() {
            let revision = self.slot(slot.id).revision;
            assert_eq!(slot.revision, revision, "held to how it was read");
            self.slots.insert(slot.id, ContactSlot { revision: revision + 1, ..slot.clone() });
        }
    }

    fn take(&mut self, step: &ModelStep) {
        match *step {
            ModelStep::Create(email) => self.create(email.map(address)),
            ModelStep::Change(who, email) => self.change(who, email.map(address)),
            ModelStep::Merge(into, from) => self.merge(into, from),
            ModelStep::Remove(who) => self.remove(who),
        }
    }

    fn pick(&self, who: usize) -> Option<Contact> {
        self.made.get(who).and_then(|id| self.contact(*id))
    }

    fn create(&mut self, email: Option<EmailAddress>) {
        let slot = email.as_ref().map(|email| self.slot_of(email));
        if email.as_ref().is_some_and(|email| self.owner(email).is_some()) {
            return;
        }
        let id = ContactId::new(Uuid::from_u128(self.made.len() as u128 + 1));
        let (contact, plan) =
            ContactPlan::create(Contact { email: email.clone(), ..Contact::new(id, Cause::SYSTEM, NOW) }, slot);
        self.write(&plan);
        self.made.push(contact.id);
        self.addresses.extend(email.map(|email| (email, contact.id)));
    }

    fn change(&mut self, who: usize, email: Option<EmailAddress>) {
        let Some(before) = self.pick(who).filter(|before| before.email != email) else { return };
        let owner = email.as_ref().and_then(|email| self.owner(email));
        if owner.is_some_and(|owner| owner != before.id) {
            return;
        }
        let old = before.email.as_ref().map(|email| self.slot_of(email));
        let new = email.as_ref().filter(|_| owner.is_none()).map(|email| self.slot_of(email));
        let after = Contact { email: email.clone(), ..before.clone() }.changed(Cause::SYSTEM, NOW);
        self.write(&ContactPlan::change(&self.slot(before.id), &after, old.as_ref(), new.as_ref()));
        if let Some(old) = &before.email {
            self.addresses.remove(old);
        }
        self.addresses.extend(email.map(|email| (email, before.id)));
    }

    fn merge(&mut self, into: usize, from: usize) {
        let (Some(target), Some(source)) = (self.pick(into), self.pick(from)) else { return };
        if target.id == source.id {
            return;
        }
        let Some(after) = target.merged_with(&source, Cause::SYSTEM, NOW) else { return };
        let followers: Vec<_> = source.merged.iter().map(|id| self.slot(*id)).collect();
        let plan = ContactPlan::merge(&self.slot(target.id), &after, &self.slot(source.id), &followers);
        self.write(&plan);
        self.addresses.values_mut().filter(|owner| **owner == source.id).for_each(|owner| *owner = target.id);
    }

    fn remove(&mut self, who: usize) {
        let Some(contact) = self.pick(who) else { return };
        let slots: Vec<_> = contact.ids().map(|id| self.slot(id)).collect();
        let addresses: Vec<_> = slots.iter().filter_map(ContactSlot::email).map(|email| self.slot_of(email)).collect();
        let ended = |contact: &Contact| contact.ended(ContactEnd::Deleted, Cause::SYSTEM, NOW);
        self.write(&ContactPlan::remove(&slots, &addresses, ended));
        self.addresses.retain(|_, owner| *owner != contact.id);
        for id in contact.ids() {
            assert_eq!(self.contact(id), None);
        }
    }
}

proptest! {
    #[test]
    fn whatever_happens_an_address_is_just_whose_it_should_be(steps in prop::collection::vec(step(), 0..40)) {
        let mut world = World::default();
        for (number, step) in steps.iter().enumerate() {
            world.take(step);
            for email in (0..4).map(address) {
                let expected = world.addresses.get(&email).copied();
                prop_assert_eq!(world.owner(&email), expected, "{} after step {}", email, number);
            }
            for id in world.made.clone() {
                if let Some(contact) = world.contact(id) {
                    let known = contact.email.as_ref().is_none_or(|email| world.owner(email) == Some(contact.id));
                    prop_assert!(known, "a contact has its own address after step {}", number);
                }
            }
        }
    }

    #[test]
    fn an_id_is_given_to_one_contact_only(steps in prop::collection::vec(step(), 0..40)) {
        let mut world = World::default();
        for step in &steps {
            world.take(step);
        }
        let mut once = world.made.clone();
        once.sort_unstable();
        once.dedup();
        prop_assert_eq!(once.len(), world.made.len());
    }
}

#[test]
fn an_address_that_came_with_a_merge_is_free_once_it_is_given_up() {
    let mut world = World::default();
    for step in
        [ModelStep::Create(None), ModelStep::Create(None), ModelStep::Change(1, Some(0)), ModelStep::Merge(0, 1)]
    {
        world.take(&step);
    }
    assert_eq!(world.owner(&address(0)), world.made.first().copied());
    world.take(&ModelStep::Change(0, None));
    assert_eq!(world.owner(&address(0)), None);
}
