//! What follows for all tickets from a deletion or a change elsewhere.
//!
//! An entry of the directory, an account, a custom field or one of its options that was
//! deleted is taken off the tickets that have it; until that is done, they have what nobody
//! can name. A contact that has changed is copied anew onto its tickets, so that lists show
//! it without reading it.

use crate::{
    access::{ActorRef, Cause},
    command::Change,
    custom_field::{FieldDefinition, FieldValue},
    id::{AccountId, CascadeId, CategoryId, ContactId, RequestId, TagId, TeamId, TicketId, UserId},
    patch::{TagChange, TicketPatch},
    set::Set,
    text::{FieldKey, Name},
    ticket::Ticket,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, time::Duration};

/// When all tickets are looked at once more, counted from the beginning. A request that had
/// read what was there before may write for a minute; what the fan-out indexes later than
/// that, because the stream lags, is found by the last pass.
const PASSES: [Duration; 3] = [Duration::from_mins(1), Duration::from_mins(15), Duration::from_hours(24)];
/// How many of these passes there are where tickets are only indexed anew. What the fan-out
/// does later than that, it does with what is there by then.
const PASSES_OF_WORDS: usize = 1;

/// What tickets may have had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value")]
pub enum RemovedValue {
    /// A user.
    #[serde(rename = "assignee")]
    Assignee(UserId),
    /// A team.
    #[serde(rename = "team")]
    Team(TeamId),
    /// A tag.
    #[serde(rename = "tag")]
    Tag(TagId),
    /// A category.
    #[serde(rename = "category")]
    Category(CategoryId),
    /// An account.
    #[serde(rename = "account")]
    Account(AccountId),
    /// A custom field, with all its values.
    #[serde(rename = "field")]
    Field(FieldKey),
    /// One option of a custom field.
    #[serde(rename = "option")]
    Option(FieldKey, Name),
}

/// What is done with each ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CascadeStep {
    /// The ticket is without this from now on: a version of its own, with its event.
    #[serde(rename = "remove")]
    Remove(RemovedValue),
    /// The ticket's copy of this contact, which the ticket has, becomes what the contact is.
    /// That is no change of the ticket: neither a version nor an event.
    #[serde(rename = "copy")]
    Copy(ContactId),
    /// The ticket, which is about this account, is indexed anew: the account has other words
    /// now. That is no change of the ticket either.
    #[serde(rename = "reindex")]
    Reindex(AccountId),
}

/// What is to be done with all tickets, and how far that has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cascade {
    /// Its id.
    pub id: CascadeId,
    /// What is done, in this order; at least one.
    pub steps: Vec<CascadeStep>,
    /// When.
    pub requested_at: Timestamp,
    /// By whom.
    pub requested_by: ActorRef,
    /// In which request.
    pub request_id: RequestId,
    /// Without outward effect.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_silent: bool,
    /// How many of its passes over all tickets have come to their end.
    #[serde(default)]
    pub passes: u8,
    /// Which of the steps the pass that is under way has come to.
    #[serde(default)]
    pub at: usize,
    /// After which ticket the step goes on; none at its first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<TicketId>,
}

impl Cascade {
    /// What the pass has come to; none of an empty cascade.
    #[must_use]
    pub fn current(&self) -> Option<&CascadeStep> {
        self.steps.get(self.at)
    }

    /// The change that takes a value off a ticket; none when the ticket does not have it, or
    /// may have it anew. Whatever its lifecycle: what is restored from the trash must not bring
    /// it back.
    #[must_use]
    pub fn take_off(
        &self,
        removed: &RemovedValue,
        ticket: &Ticket,
        fields: FieldsSeen<'_>,
        now: Timestamp,
    ) -> Option<Change> {
        if fields.may_be_new(removed, ticket) {
            return None;
        }
        let patch = removed.patch(ticket)?;
        let (actor, request_id) = (self.requested_by, Some(self.request_id));
        Some(Change::of_ticket(ticket, patch, Cause { actor, request_id, is_silent: self.is_silent, what: None }, now))
    }

    /// The cascade after a part of a pass that ended at this ticket; at none, the step
    /// has no more tickets. None when that was the end of the last pass.
    #[must_use]
    pub fn went_on(self, after: Option<TicketId>) -> Option<Self> {
        if after.is_some() {
            return Some(Self { after, ..self });
        }
        if self.at + 1 < self.steps.len() {
            return Some(Self { at: self.at + 1, after, ..self });
        }
        let passes = self.passes + 1;
        (usize::from(passes) <= self.most_passes()).then_some(Self { passes, at: 0, after, ..self })
    }

    /// Whether what is left out now is left out for good: no other pass follows.
    #[must_use]
    pub fn is_last_pass(&self) -> bool {
        usize::from(self.passes) >= self.most_passes()
    }

    fn most_passes(&self) -> usize {
        let is_of_words = self.steps.iter().all(|step| matches!(step, CascadeStep::Reindex(_)));
        if is_of_words { PASSES_OF_WORDS } else { PASSES.len() }
    }

    /// When there is something to do: at once in the midst of a pass and for the first one,
    /// which is the time of the request. Whoever saves it later than that puts it among what
    /// is due from then on: nobody looks again at hours that are over.
    #[must_use]
    pub fn due_at(&self) -> Timestamp {
        let waits = self.passes.checked_sub(1).filter(|_| self.at == 0 && self.after.is_none());
        let wait = waits.and_then(|pass| PASSES.get(usize::from(pass)));
        wait.map_or(self.requested_at, |wait| self.requested_at.plus(*wait))
    }
}

/// The custom fields as they were at a time. Keys of fields and names of options, unlike ids,
/// are given again: what has one again keeps its new values.
#[derive(Debug, Clone, Copy)]
pub struct FieldsSeen<'a> {
    /// All that there were.
    pub definitions: &'a [FieldDefinition],
    /// When.
    pub at: Timestamp,
}

impl FieldsSeen<'_> {
    /// Whether a ticket's value may belong to a field or an option that has come after the
    /// one that was removed. An option that is there again means the same as before. A field
    /// is another one: its value is new if it fits the field, on a ticket that has been
    /// written since the field was made. What has been written since the fields were looked
    /// at is for a later pass to judge.
    fn may_be_new(&self, removed: &RemovedValue, ticket: &Ticket) -> bool {
        let Some(key) = removed.field() else { return false };
        let defined = self.definitions.iter().find(|definition| definition.key == *key);
        let is_there = match (defined, removed) {
            (None, _) => false,
            (Some(field), RemovedValue::Option(_, option)) => field.options.contains(option),
            (Some(field), _) => {
                let fits = ticket.custom.get(key).is_some_and(|value| field.takes(value));
                fits && ticket.updated_at >= field.made_at()
            }
        };
        is_there || ticket.updated_at > self.at
    }
}

impl CascadeStep {
    /// Whether it is about a custom field or an option of one.
    #[must_use]
    pub const fn is_of_field(&self) -> bool {
        match self {
            Self::Remove(removed) => removed.field().is_some(),
            Self::Copy(_) | Self::Reindex(_) => false,
        }
    }
}

impl From<RemovedValue> for CascadeStep {
    fn from(removed: RemovedValue) -> Self {
        Self::Remove(removed)
    }
}

impl RemovedValue {
    /// The custom field that it is, or is an option of.
    #[must_use]
    pub const fn field(&self) -> Option<&FieldKey> {
        match self {
            Self::Field(key) | Self::Option(key, _) => Some(key),
            Self::Assignee(_) | Self::Team(_) | Self::Tag(_) | Self::Category(_) | Self::Account(_) => None,
        }
    }

    fn patch(&self, ticket: &Ticket) -> Option<TicketPatch> {
        let set = match self {
            Self::Assignee(user) => (ticket.assignee == Some(*user)).then_some(Set::Assignee(None)),
            Self::Team(team) => (ticket.team == Some(*team)).then_some(Set::Team(None)),
            Self::Category(category) => (ticket.category == Some(*category)).then_some(Set::Category(None)),
            Self::Account(account) => (ticket.account == Some(*account)).then_some(Set::Account(None)),
            Self::Field(key) => ticket.custom.contains_key(key).then(|| Set::Custom(key.clone(), None)),
            Self::Option(key, option) => without(key, ticket.custom.get(key)?, option),
            Self::Tag(tag) => {
                let tags = TagChange::Detach(BTreeSet::from([*tag]));
                return ticket.tags.contains(tag).then(|| TicketPatch { tags, ..TicketPatch::default() });
            }
        };
        set.map(|set| TicketPatch { sets: vec![set], ..TicketPatch::default() })
    }
}

/// What a field is set to, to be without an option; none when it does not have the option.
fn without(key: &FieldKey, value: &FieldValue, option: &Name) -> Option<Set> {
    let left = match value {
        FieldValue::Text(chosen) if chosen == option.as_str() => None,
        FieldValue::Choices(chosen) if chosen.iter().any(|chosen| chosen == option.as_str()) => {
            let left: Vec<_> = chosen.iter().filter(|chosen| *chosen != option.as_str()).cloned().collect();
            (!left.is_empty()).then_some(FieldValue::Choices(left))
        }
        _ => return None,
    };
    Some(Set::Custom(key.clone(), left))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{patch::apply, testing};
    use proptest::prelude::*;
    use uuid::Uuid;

    fn cascade(steps: Vec<CascadeStep>) -> Cascade {
        Cascade {
            id: CascadeId::new(Uuid::nil()),
            steps,
            requested_at: Timestamp::EPOCH,
            requested_by: Cause::SYSTEM.actor,
            request_id: RequestId::new(Uuid::nil()),
            is_silent: false,
            passes: 0,
            at: 0,
            after: None,
        }
    }

    fn all_of(ticket: &Ticket) -> Vec<RemovedValue> {
        let one = [
            ticket.assignee.map(RemovedValue::Assignee),
            ticket.team.map(RemovedValue::Team),
            ticket.category.map(RemovedValue::Category),
            ticket.account.map(RemovedValue::Account),
        ];
        let tags = ticket.tags.iter().copied().map(RemovedValue::Tag);
        let fields = ticket.custom.keys().cloned().map(RemovedValue::Field);
        one.into_iter().flatten().chain(tags).chain(fields).collect()
    }

    proptest! {
        #[test]
        fn what_a_ticket_has_is_taken_off_once_and_nothing_else_changes(ticket in testing::ticket()) {
            for value in all_of(&ticket) {
                let cascade = cascade(vec![value.clone().into()]);
                let none = FieldsSeen { definitions: &[], at: ticket.updated_at };
                let change = cascade.take_off(&value, &ticket, none, ticket.updated_at).expect("the ticket has it");
                prop_assert!(change.admits(&ticket));
                let left = apply(&ticket, &change.patch, &change.cause, change.at);
                prop_assert_eq!(cascade.take_off(&value, &left, none, ticket.updated_at), None);
                prop_assert_eq!(all_of(&left).len() + 1, all_of(&ticket).len());
                prop_assert_eq!((left.status, left.lifecycle, left.last_activity_at), (ticket.status, ticket.lifecycle, ticket.last_activity_at));
            }
        }
    }

    #[test]
    fn of_several_choices_the_others_stay() {
        let option = |text: &str| text.parse::<Name>().expect("a name");
        let both = FieldValue::Choices(vec!["blue".to_owned(), "red".to_owned()]);
        let red = FieldValue::Choices(vec!["red".to_owned()]);
        let key: FieldKey = "colour".parse().expect("a key");
        let set = |left| Some(Set::Custom(key.clone(), left));
        assert_eq!(without(&key, &both, &option("blue")), set(Some(red.clone())));
        assert_eq!(without(&key, &red, &option("red")), set(None));
        assert_eq!(without(&key, &red, &option("blue")), None);
        assert_eq!(without(&key, &FieldValue::Text("red".to_owned()), &option("red")), set(None));
    }

    #[test]
    fn all_tickets_are_looked_at_four_times_within_a_day() {
        let tag = |id| CascadeStep::from(RemovedValue::Tag(TagId::new(Uuid::from_u128(id))));
        let (mut cascade, mut due) = (cascade(vec![tag(1), tag(2)]), Vec::new());
        loop {
            due.push(cascade.due_at().seconds());
            let midway = cascade.clone().went_on(Some(TicketId::new(Uuid::nil()))).expect("a pass is under way");
            let second = midway.clone().went_on(None).expect("the other tag");
            assert_eq!(
                [midway.due_at(), second.due_at()],
                [Timestamp::EPOCH; 2],
                "what is left of a pass does not wait"
            );
            assert_eq!((midway.current(), second.current()), (Some(&tag(1)), Some(&tag(2))));
            match second.went_on(None) {
                Some(next) => cascade = next,
                None => break,
            }
        }
        assert_eq!(due, [0, 60, 900, 86_400]);
    }

    #[test]
    fn tickets_of_an_account_with_other_words_are_looked_at_twice() {
        let first = cascade(vec![CascadeStep::Reindex(AccountId::new(Uuid::nil()))]);
        let second = first.went_on(None).expect("another pass");
        assert_eq!((second.due_at().seconds(), second.went_on(None)), (60, None));
    }

    #[test]
    fn the_last_pass_is_the_one_after_which_there_is_nothing() {
        let (tag, account) = (TagId::new(Uuid::nil()), AccountId::new(Uuid::nil()));
        for step in [CascadeStep::Remove(RemovedValue::Tag(tag)), CascadeStep::Reindex(account)] {
            let mut pass = cascade(vec![step]);
            while let Some(next) = pass.clone().went_on(None) {
                assert!(!pass.is_last_pass(), "{pass:?}");
                pass = next;
            }
            assert!(pass.is_last_pass(), "{pass:?}");
        }
    }
}
