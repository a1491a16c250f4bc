//! What a change of contacts does to their places and unique names. Pure.

use super::place::{Former, Holder, Place};
use crate::keys::Unique;
use lambdesk_domain::{
    contact::{Contact, ContactEnd, EndedContact},
    events::Event,
    id::{ContactId, WorkspaceId},
    text::{EmailAddress, ExternalId, Uid},
};
use std::collections::BTreeMap;

/// A change of contacts, to be written as a whole: places as they become, each held
/// to how it was read, and what becomes of unique names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ContactPlan {
    places: BTreeMap<ContactId, Planned>,
    pub(super) names: Vec<(NameOf, NameChange)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Planned {
    seen: Place,
    becomes: Place,
}

/// A unique name of a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NameOf {
    ExternalId(ExternalId),
    Uid(Uid),
}

impl NameOf {
    pub(super) fn unique(&self) -> Unique<'_> {
        match self {
            Self::ExternalId(id) => Unique::ExternalId(id.as_str()),
            Self::Uid(uid) => Unique::Uid(uid.as_str()),
        }
    }

    pub(super) const fn words(&self) -> &'static str {
        match self {
            Self::ExternalId(_) => "the external id",
            Self::Uid(_) => "the uid",
        }
    }
}

/// What becomes of a unique name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NameChange {
    /// It must be free, and is this contact's.
    Take(ContactId),
    /// It becomes this contact's, whose ever it was.
    Move(ContactId),
    /// It becomes free.
    Release,
}

impl ContactPlan {
    /// A new contact, under the id that its address derives if nobody ever had that,
    /// else under its own. `address` is the place that its address derives, where it
    /// has one; its owner must be nobody.
    #[must_use]
    pub fn create(contact: Contact, address: Option<Place>) -> (Contact, Self) {
        let mut plan = Self::default();
        let contact = match (address, contact.email.clone()) {
            (Some(place), Some(_)) if place.is_untouched() => Contact { id: place.id, ..contact },
            (Some(place), Some(email)) => {
                let lent = place.clone().lending(email, contact.id);
                plan.becomes(&place, lent);
                contact
            }
            _ => contact,
        };
        let place = Place::untouched(contact.id);
        plan.becomes(&place, Place { holder: Holder::Contact(Box::new(contact.clone())), ..place.clone() });
        plan.take_names(&contact);
        (contact, plan)
    }

    /// A contact that changes. Where its address changes, `old` is the place of the
    /// one that it had, and `new` that of the one it takes, whose owner must be nobody;
    /// neither is needed where there is no such address, nor `new` where the address
    /// means this contact already.
    #[must_use]
    pub fn change(seen: &Place, after: &Contact, old: Option<&Place>, new: Option<&Place>) -> Self {
        let mut plan = Self::default();
        let Some(before) = seen.contact() else {
            return plan;
        };
        plan.becomes(seen, Place { holder: Holder::Contact(Box::new(after.clone())), ..seen.clone() });
        if let (Some(place), Some(email)) = (old, &before.email) {
            plan.sees(place);
            // It may have come with a contact that was merged into this one.
            plan.release_address(place.id, email, &before.ids().collect::<Vec<_>>());
        }
        if let (Some(place), Some(email)) = (new, &after.email) {
            plan.sees(place);
            plan.take_address(place.id, email, after.id);
        }
        plan.change_names(before, after);
        plan
    }

    /// `source` becomes a part of `after`, who is at `target`; `followers` are the
    /// places of those who were merged into the source before.
    #[must_use]
    pub fn merge(target: &Place, after: &Contact, source: &Place, followers: &[Place]) -> Self {
        let mut plan = Self::default();
        let Some(before) = source.contact() else {
            return plan;
        };
        plan.becomes(target, Place { holder: Holder::Contact(Box::new(after.clone())), ..target.clone() });
        let ended = before.ended(ContactEnd::Merged { into_id: after.id }, after.cause.clone(), after.updated_at);
        plan.becomes(source, source.clone().ending(Holder::Merged(former_of(before, after)), ended));
        // The target among them was merged into the source after it was read: what was
        // read of it must decide, so that nothing is written.
        for place in followers.iter().filter(|place| place.id != target.id) {
            if let Holder::Merged(former) = &place.holder {
                let former = Former { into: after.id, ..former.clone() };
                plan.becomes(place, Place { holder: Holder::Merged(former), ..place.clone() });
            }
        }
        let own: Vec<_> = names(after.external_id.as_ref(), after.uid.as_ref()).collect();
        let taken = names(before.external_id.as_ref(), before.uid.as_ref()).filter(|name| own.contains(name));
        plan.names.extend(taken.map(|name| (name, NameChange::Move(after.id))));
        plan
    }

    /// A contact that goes, as `ended` says, with all that was merged into it: nobody is
    /// at `places` any more, and `addresses`, the places of all their addresses, mean
    /// nobody.
    #[must_use]
    pub fn remove(places: &[Place], addresses: &[Place], ended: impl Fn(&Contact) -> EndedContact) -> Self {
        let mut plan = Self::default();
        let ids: Vec<_> = places.iter().map(|place| place.id).collect();
        for place in places {
            plan.release_names(&place.holder);
            let gone = Place { holder: Holder::Nobody, ..place.clone() };
            plan.becomes(
                place,
                match place.contact() {
                    Some(contact) => gone.ending(Holder::Nobody, ended(contact)),
                    None => gone,
                },
            );
        }
        for place in addresses {
            plan.sees(place);
            let lent = place.lent.as_ref().filter(|lent| ids.contains(&lent.to)).map(|lent| lent.email.clone());
            if let Some(email) = lent {
                plan.release_address(place.id, &email, &ids);
            }
        }
        plan
    }

    /// The events of what becomes of contacts.
    #[must_use]
    pub fn events(&self, workspace: WorkspaceId) -> Vec<Event> {
        let planned = self.places.values();
        planned
            .filter_map(|Planned { seen, becomes }| becomes.event_since(Some(seen), workspace))
            .map(Event::from)
            .collect()
    }

    /// The places that change, as they become.
    pub(super) fn places(&self) -> impl Iterator<Item = &Place> {
        self.places.values().filter(|planned| planned.seen != planned.becomes).map(|planned| &planned.becomes)
    }

    fn sees(&mut self, place: &Place) {
        let planned = || Planned { seen: place.clone(), becomes: place.clone() };
        self.places.entry(place.id).or_insert_with(planned);
    }

    fn becomes(&mut self, seen: &Place, becomes: Place) {
        self.places.insert(seen.id, Planned { seen: seen.clone(), becomes });
    }

    fn release_address(&mut self, at: ContactId, email: &EmailAddress, of: &[ContactId]) {
        let Some(Planned { becomes, .. }) = self.places.get_mut(&at) else {
            return;
        };
        if becomes.lent.as_ref().is_some_and(|lent| lent.email == *email && of.contains(&lent.to)) {
            becomes.lent = None;
        }
        if let Holder::Merged(former) = &mut becomes.holder
            && former.email.as_ref() == Some(email)
            && of.contains(&former.into)
        {
            former.email = None;
        }
    }

    /// At its own place a contact needs no loan.
    fn take_address(&mut self, at: ContactId, email: &EmailAddress, to: ContactId) {
        if let Some(Planned { becomes, .. }) = self.places.get_mut(&at)
            && becomes.contact().is_none_or(|contact| contact.id != to)
        {
            *becomes = becomes.clone().lending(email.clone(), to);
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
            Holder::Merged(former) => (former.external_id.as_ref(), former.uid.as_ref()),
        };
        self.names.extend(names(external_id, uid).map(|name| (name, NameChange::Release)));
    }
}

/// What is left of a contact whose names the other one takes where it lacks them.
fn former_of(before: &Contact, into: &Contact) -> Former {
    Former {
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
