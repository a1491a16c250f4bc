//! The contact plan: what a change of contacts does to their slots and unique names.
//! Pure: slots as they were read in, slots as they become out; no requests.

use crate::slot::{ContactSlot, Holder, Redirect};
use lambdesk_domain::{
    contact::{Contact, ContactEnd, EndedContact},
    events::Event,
    id::{ContactId, WorkspaceId},
    text::{EmailAddress, ExternalId, Uid},
};
use lambdesk_table::keys::Unique;
use std::collections::BTreeMap;

/// A change of contacts, to be written as a whole: slots as they become, each held
/// to how it was read, and what becomes of unique names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactPlan {
    slots: BTreeMap<ContactId, Planned>,
    pub(crate) names: Vec<(NameOf, NameChange)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Planned {
    read: ContactSlot,
    becomes: ContactSlot,
}

/// A unique name of a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NameOf {
    ExternalId(ExternalId),
    Uid(Uid),
}

impl NameOf {
    pub(crate) fn unique(&self) -> Unique<'_> {
        match self {
            Self::ExternalId(id) => Unique::ExternalId(id.as_str()),
            Self::Uid(uid) => Unique::Uid(uid.as_str()),
        }
    }

    pub(crate) const fn words(&self) -> &'static str {
        match self {
            Self::ExternalId(_) => "the external id",
            Self::Uid(_) => "the uid",
        }
    }
}

/// What becomes of a unique name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NameChange {
    /// It must be free, and is this contact's.
    Take(ContactId),
    /// It becomes this contact's, whose ever it was.
    Move(ContactId),
    /// It becomes free.
    Release,
}

impl ContactPlan {
    /// A new contact, under the id that its address derives if nobody ever had that,
    /// else under its own. `address` is the slot whose id its address derives, where it
    /// has one; its owner must be nobody.
    #[must_use]
    pub fn create(contact: Contact, address: Option<ContactSlot>) -> (Contact, Self) {
        let mut plan = Self::default();
        let contact = match (address, contact.email.clone()) {
            (Some(slot), Some(_)) if slot.is_untouched() => Contact { id: slot.id, ..contact },
            (Some(slot), Some(email)) => {
                plan.becomes(&slot, slot.clone().with_alias(email, contact.id));
                contact
            }
            _ => contact,
        };
        let slot = ContactSlot::untouched(contact.id);
        plan.becomes(&slot, ContactSlot { holder: Holder::Contact(Box::new(contact.clone())), ..slot.clone() });
        plan.take_names(&contact);
        (contact, plan)
    }

    /// A contact that changes. Where its address changes, `old` is the slot of the
    /// one that it had, and `new` that of the one it takes, whose owner must be nobody;
    /// neither is needed where there is no such address, nor `new` where the address
    /// means this contact already.
    #[must_use]
    pub fn change(read: &ContactSlot, after: &Contact, old: Option<&ContactSlot>, new: Option<&ContactSlot>) -> Self {
        let mut plan = Self::default();
        let Some(before) = read.contact() else {
            return plan;
        };
        plan.becomes(read, ContactSlot { holder: Holder::Contact(Box::new(after.clone())), ..read.clone() });
        if let (Some(slot), Some(email)) = (old, &before.email) {
            plan.add_read(slot);
            // It may have come with a contact that was merged into this one.
            plan.release_address(slot.id, email, &before.ids().collect::<Vec<_>>());
        }
        if let (Some(slot), Some(email)) = (new, &after.email) {
            plan.add_read(slot);
            plan.take_address(slot.id, email, after.id);
        }
        plan.change_names(before, after);
        plan
    }

    /// `source` becomes a part of `after`, who is in `target`; `followers` are the
    /// slots of those who were merged into the source before.
    #[must_use]
    pub fn merge(target: &ContactSlot, after: &Contact, source: &ContactSlot, followers: &[ContactSlot]) -> Self {
        let mut plan = Self::default();
        let Some(before) = source.contact() else {
            return plan;
        };
        plan.becomes(target, ContactSlot { holder: Holder::Contact(Box::new(after.clone())), ..target.clone() });
        let ended = before.ended(ContactEnd::Merged { into_id: after.id }, after.cause.clone(), after.updated_at);
        plan.becomes(source, source.clone().ending(Holder::Merged(redirect(before, after)), ended));
        // The target among them was merged into the source after it was read: what was
        // read of it must decide, so that nothing is written.
        for slot in followers.iter().filter(|slot| slot.id != target.id) {
            if let Holder::Merged(redirect) = &slot.holder {
                let redirect = Redirect { into: after.id, ..redirect.clone() };
                plan.becomes(slot, ContactSlot { holder: Holder::Merged(redirect), ..slot.clone() });
            }
        }
        let own: Vec<_> = names(after.external_id.as_ref(), after.uid.as_ref()).collect();
        let taken = names(before.external_id.as_ref(), before.uid.as_ref()).filter(|name| own.contains(name));
        plan.names.extend(taken.map(|name| (name, NameChange::Move(after.id))));
        plan
    }

    /// A contact that goes, as `ended` says, with all that was merged into it: nobody is
    /// in `slots` any more, and `addresses`, the slots of all their addresses, mean
    /// nobody.
    #[must_use]
    pub fn remove(slots: &[ContactSlot], addresses: &[ContactSlot], ended: impl Fn(&Contact) -> EndedContact) -> Self {
        let mut plan = Self::default();
        let ids: Vec<_> = slots.iter().map(|slot| slot.id).collect();
        for slot in slots {
            plan.release_names(&slot.holder);
            let gone = ContactSlot { holder: Holder::Nobody, ..slot.clone() };
            plan.becomes(
                slot,
                match slot.contact() {
                    Some(contact) => gone.ending(Holder::Nobody, ended(contact)),
                    None => gone,
                },
            );
        }
        for slot in addresses {
            plan.add_read(slot);
            let theirs = slot.alias.as_ref().filter(|alias| ids.contains(&alias.to));
            if let Some(email) = theirs.map(|alias| alias.email.clone()) {
                plan.release_address(slot.id, &email, &ids);
            }
        }
        plan
    }

    /// The events of what becomes of contacts.
    #[must_use]
    pub fn events(&self, workspace: WorkspaceId) -> Vec<Event> {
        let planned = self.slots.values();
        planned
            .filter_map(|Planned { read, becomes }| becomes.event_since(Some(read), workspace))
            .map(Event::from)
            .collect()
    }

    /// The slots that change, as they become.
    pub(crate) fn slots(&self) -> impl Iterator<Item = &ContactSlot> {
        self.slots.values().filter(|planned| planned.read != planned.becomes).map(|planned| &planned.becomes)
    }

    fn add_read(&mut self, slot: &ContactSlot) {
        let planned = || Planned { read: slot.clone(), becomes: slot.clone() };
        self.slots.entry(slot.id).or_insert_with(planned);
    }

    fn becomes(&mut self, read: &ContactSlot, becomes: ContactSlot) {
        self.slots.insert(read.id, Planned { read: read.clone(), becomes });
    }

    fn release_address(&mut self, at: ContactId, email: &EmailAddress, of: &[ContactId]) {
        let Some(Planned { becomes, .. }) = self.slots.get_mut(&at) else {
            return;
        };
        if becomes.alias.as_ref().is_some_and(|alias| alias.email == *email && of.contains(&alias.to)) {
            becomes.alias = None;
        }
        if let Holder::Merged(redirect) = &mut becomes.holder
            && redirect.email.as_ref() == Some(email)
            && of.contains(&redirect.into)
        {
            redirect.email = None;
        }
    }

    /// In its own slot a contact needs no alias.
    fn take_address(&mut self, at: ContactId, email: &EmailAddress, to: ContactId) {
        if let Some(Planned { becomes, .. }) = self.slots.get_mut(&at)
            && becomes.contact().is_none_or(|contact| contact.id != to)
        {
            *becomes = becomes.clone().with_alias(email.clone(), to);
        }
    }

    fn take_names(&mut self, contact: &Contact) {
        let take = NameChange::Take(contact.id);
        self.names.extend(names(contact.external_id.as_ref(), contact.uid.as_ref()).map(|name| (name, take)));
    }

    fn change_names(&mut self, before: &Contact, after: &Contact) {
        let (old, new): (Vec<_>, Vec<_>) = (
            names(before.external_id.as_ref(), before.uid.as_ref()).collect(),
            names(after.external_id.as_ref(), after.uid.as_ref()).collect(),
        );
        let take = NameChange::Take(after.id);
        self.names
            .extend(old.iter().filter(|name| !new.contains(name)).map(|name| (name.clone(), NameChange::Release)));
        self.names.extend(new.iter().filter(|name| !old.contains(name)).map(|name| (name.clone(), take)));
    }

    fn release_names(&mut self, holder: &Holder) {
        let (external_id, uid) = match holder {
            Holder::Nobody => return,
            Holder::Contact(contact) => (contact.external_id.as_ref(), contact.uid.as_ref()),
            Holder::Merged(redirect) => (redirect.external_id.as_ref(), redirect.uid.as_ref()),
        };
        self.names.extend(names(external_id, uid).map(|name| (name, NameChange::Release)));
    }
}

/// What is left of a contact whose names the other one takes where it lacks them.
fn redirect(before: &Contact, into: &Contact) -> Redirect {
    Redirect {
        into: into.id,
        email: before.email.clone(),
        external_id: before.external_id.clone().filter(|id| into.external_id.as_ref() != Some(id)),
        uid: before.uid.clone().filter(|uid| into.uid.as_ref() != Some(uid)),
    }
}

fn names(external_id: Option<&ExternalId>, uid: Option<&Uid>) -> impl Iterator<Item = NameOf> + use<> {
    let external_id = external_id.cloned().map(NameOf::ExternalId);
    external_id.into_iter().chain(uid.cloned().map(NameOf::Uid))
}
