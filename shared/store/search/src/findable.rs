//! What a ticket item is found by, besides what its thread says: subject, requester,
//! contact, tags and account. Pure.

use crate::change::WordChange;
use lambdesk_domain::{
    contact::{ContactRef, Requester},
    id::{AccountId, TagId},
    text::Subject,
    ticket::Ticket,
};
use std::collections::BTreeSet;

/// The part of a ticket item that has words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Findable {
    pub subject: Subject,
    pub requester: Requester,
    /// The contact as the ticket shows it.
    pub contact: Option<ContactRef>,
    pub tags: BTreeSet<TagId>,
    /// Its words are elsewhere.
    pub account: Option<AccountId>,
}

impl From<&Ticket> for Findable {
    fn from(ticket: &Ticket) -> Self {
        // Whether somebody has proved to be the contact has no words.
        let contact = ticket.contact.clone().map(|contact| ContactRef { is_unproved: false, ..contact });
        Self {
            subject: ticket.subject.clone(),
            requester: ticket.requester.clone(),
            contact,
            tags: ticket.tags.clone(),
            account: ticket.account,
        }
    }
}

impl Findable {
    /// What it means that the ticket was like this and is like `new`.
    pub fn change_to(&self, new: &Self) -> WordChange {
        if self == new {
            return WordChange::None;
        }
        let (before, after) = (&self.requester, &new.requester);
        let keeps_all = self.subject == new.subject
            && keeps(before.name.as_ref(), after.name.as_ref())
            && keeps(before.email.as_ref(), after.email.as_ref())
            && keeps(before.phone.as_ref(), after.phone.as_ref())
            && keeps(self.contact.as_ref(), new.contact.as_ref())
            && keeps(self.account.as_ref(), new.account.as_ref())
            && self.tags.is_subset(&new.tags);
        if keeps_all { WordChange::Added } else { WordChange::Reindex }
    }
}

/// Whether nothing that was there has gone.
fn keeps<T: PartialEq>(before: Option<&T>, after: Option<&T>) -> bool {
    before.is_none() || before == after
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambdesk_domain::testing;
    use proptest::prelude::*;
    use uuid::Uuid;

    proptest! {
        #[test]
        fn what_is_gained_is_added_and_what_is_lost_has_the_ticket_indexed_anew(ticket in testing::ticket()) {
            let all = Findable::from(&ticket);
            let tags = [TagId::new(Uuid::from_u128(1))].into();
            let account = Some(AccountId::new(Uuid::from_u128(2)));
            let all = Findable { account: all.account.or(account), tags: &all.tags | &tags, ..all };
            prop_assert_eq!(all.change_to(&all), WordChange::None);
            let mut fewer = vec![
                Findable { tags: BTreeSet::new(), ..all.clone() },
                Findable { account: None, ..all.clone() },
            ];
            fewer.extend(all.contact.is_some().then(|| Findable { contact: None, ..all.clone() }));
            let nobody = Findable { requester: Requester::default(), ..all.clone() };
            fewer.extend((all.requester != Requester::default()).then_some(nobody));
            for fewer in fewer {
                prop_assert_eq!(fewer.change_to(&all), WordChange::Added);
                prop_assert_eq!(all.change_to(&fewer), WordChange::Reindex);
            }
            let renamed = Findable { subject: "quite another".parse().expect("a subject"), ..all.clone() };
            prop_assert_eq!(all.change_to(&renamed), WordChange::Reindex);
        }
    }
}
