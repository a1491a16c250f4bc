//! Plain fields of a ticket, and the assignments that change them.
//!
//! A plain field takes the value that it is given, whatever the ticket was before. The table at
//! the end lists them all. All that the domain knows of a plain field follows from its row: what
//! a patch makes of it, when a patch leaves it as it is, its name in requests and events, whether
//! it is personal, what an erasure leaves of it, and the values that property tests draw.

use crate::{
    contact::{ContactRef, Requester},
    custom_field::FieldValue,
    id::{AccountId, CategoryId, TeamId, UserId},
    status::Priority,
    text::{ERASED, EmailAddress, FieldKey, Name, Phone, Subject, Summary, Uid},
    ticket::Ticket,
    time::Timestamp,
};
use serde::Serialize;
use serde_json::Value as Json;

/// A field that is no longer needs no room to be made sure of.
const SHORT: usize = 300;
/// The same of a custom field with its key: there are 50 of them.
const SHORT_CUSTOM: usize = 80;

/// Makes [`Set`] of the table. Each field of [`Ticket`] is in one of its parts: a field that is
/// in none does not compile.
///
/// A row is `field: Variant(type) "name" mark;`. The name is that of requests and events; the
/// mark is `personal` when an erasure clears the field, else `plain`.
macro_rules! plain_fields {
    (
        fields { $($field:ident: $variant:ident($type:ty) $name:literal $mark:ident;)* }
        parts of requester { $($part:ident: $part_variant:ident($part_type:ty);)* }
        entries of custom;
        not plain { $($other:ident)* }
    ) => {
        // The error here is a field of the ticket that the table does not have.
        const _: fn(Ticket) -> Ticket = |ticket| Ticket {
            $($field: ticket.$field,)*
            requester: Requester { $($part: ticket.requester.$part,)* },
            custom: ticket.custom,
            $($other: ticket.$other,)*
        };

        /// One plain field of a ticket and its new value; `None` makes it empty.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Set {
            $(#[doc = concat!("`", $name, "`.")] $variant($type),)*
            $(#[doc = concat!("`requester.", stringify!($part), "`.")] $part_variant($part_type),)*
            /// The custom field of this key.
            Custom(FieldKey, Option<FieldValue>),
        }

        impl Set {
            /// The plain fields of a ticket as they are; of the custom ones those with a value.
            #[must_use]
            pub fn all(ticket: &Ticket) -> Vec<Self> {
                let mut all = vec![
                    $(Self::$variant(ticket.$field.clone()),)*
                    $(Self::$part_variant(ticket.requester.$part.clone()),)*
                ];
                all.extend(ticket.custom.iter().map(|(key, value)| Self::Custom(key.clone(), Some(value.clone()))));
                all
            }

            /// Gives the field of the ticket this value.
            pub fn apply(&self, ticket: &mut Ticket) {
                match self {
                    $(Self::$variant(value) => ticket.$field.clone_from(value),)*
                    $(Self::$part_variant(value) => ticket.requester.$part.clone_from(value),)*
                    Self::Custom(key, Some(value)) => drop(ticket.custom.insert(key.clone(), value.clone())),
                    Self::Custom(key, None) => drop(ticket.custom.remove(key)),
                }
            }

            /// The same field with the value that the ticket has.
            #[must_use]
            pub fn current(&self, ticket: &Ticket) -> Self {
                match self {
                    $(Self::$variant(_) => Self::$variant(ticket.$field.clone()),)*
                    $(Self::$part_variant(_) => Self::$part_variant(ticket.requester.$part.clone()),)*
                    Self::Custom(key, _) => Self::Custom(key.clone(), ticket.custom.get(key).cloned()),
                }
            }

            /// The member of requests and the field of events that it is, or is a part of.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $name,)*
                    $(Self::$part_variant(_) => "requester",)*
                    Self::Custom(..) => "custom",
                }
            }

            /// Which part of that member; none when it is the whole.
            #[must_use]
            pub fn part(&self) -> Option<&str> {
                match self {
                    $(Self::$variant(_) => None,)*
                    $(Self::$part_variant(_) => Some(stringify!($part)),)*
                    Self::Custom(key, _) => Some(key.as_str()),
                }
            }

            /// The field with nothing personal left in it; none when it is not personal.
            #[must_use]
            pub fn erased(&self) -> Option<Self> {
                match self {
                    $(Self::$variant(_) => erased!($mark Self::$variant),)*
                    $(Self::$part_variant(_) => erased!(personal Self::$part_variant),)*
                    Self::Custom(key, _) => Some(Self::Custom(key.clone(), None)),
                }
            }

            fn json(&self) -> Json {
                match self {
                    $(Self::$variant(value) => json(value),)*
                    $(Self::$part_variant(value) => json(value),)*
                    Self::Custom(_, value) => json(value),
                }
            }

            /// Any value of each field but the custom ones.
            #[cfg(feature = "testing")]
            pub(crate) fn strategies() -> Vec<proptest::strategy::BoxedStrategy<Self>> {
                use proptest::prelude::{Strategy, any};
                vec![
                    $(any::<$type>().prop_map(Self::$variant).boxed(),)*
                    $(any::<$part_type>().prop_map(Self::$part_variant).boxed(),)*
                ]
            }
        }
    };
}

macro_rules! erased {
    (personal $set:path) => {
        Some($set(Erase::erased()))
    };
    (plain $set:path) => {
        None
    };
}

impl Set {
    /// How many bytes people wrote on a ticket itself. What is derived of messages and what
    /// is known of its contact is not counted.
    #[must_use]
    pub fn bytes_written_on(ticket: &Ticket) -> usize {
        Self::all(ticket).iter().map(Self::written_bytes).sum()
    }

    /// How many bytes of what people wrote it puts on the ticket: of ids, times and choices
    /// of ours none.
    #[must_use]
    pub fn written_bytes(&self) -> usize {
        fn length<T>(text: Option<&T>, of: impl Fn(&T) -> &str) -> usize {
            text.map_or(0, |text| of(text).len())
        }
        match self {
            Self::Subject(subject) => subject.as_str().len(),
            Self::RequesterName(name) => length(name.as_ref(), Name::as_str),
            Self::RequesterEmail(email) => length(email.as_ref(), EmailAddress::as_str),
            Self::RequesterPhone(phone) => length(phone.as_ref(), Phone::as_str),
            Self::Uid(uid) => length(uid.as_ref(), Uid::as_str),
            Self::Summary(summary) => length(summary.as_ref(), Summary::as_str),
            Self::Custom(key, value) => value.as_ref().map_or(0, |value| key.as_str().len() + value.length()),
            Self::Priority(_)
            | Self::Category(_)
            | Self::Team(_)
            | Self::Assignee(_)
            | Self::Contact(_)
            | Self::Account(_)
            | Self::FollowUpAt(_)
            | Self::ReadByCustomer(_)
            | Self::ReadByOrganization(_) => 0,
        }
    }

    /// Whether it is so long that the ticket must be known to tell whether there is room
    /// for it. Shorter values of all the fields that a workspace can have fit together.
    #[must_use]
    pub fn is_long(&self) -> bool {
        let short = if matches!(self, Self::Custom(..)) { SHORT_CUSTOM } else { SHORT };
        self.written_bytes() > short
    }
}

plain_fields! {
    fields {
        subject: Subject(Subject) "subject" personal;
        priority: Priority(Priority) "priority" plain;
        category: Category(Option<CategoryId>) "category_id" plain;
        team: Team(Option<TeamId>) "team_id" plain;
        assignee: Assignee(Option<UserId>) "assignee_id" plain;
        contact: Contact(Option<ContactRef>) "contact_id" personal;
        account: Account(Option<AccountId>) "account_id" plain;
        uid: Uid(Option<Uid>) "uid" personal;
        summary: Summary(Option<Summary>) "summary" personal;
        follow_up_at: FollowUpAt(Option<Timestamp>) "follow_up_at" plain;
        is_read_by_customer: ReadByCustomer(bool) "is_read_by_customer" plain;
        is_read_by_organization: ReadByOrganization(bool) "is_read_by_organization" plain;
    }
    parts of requester {
        name: RequesterName(Option<Name>);
        email: RequesterEmail(Option<EmailAddress>);
        phone: RequesterPhone(Option<Phone>);
    }
    entries of custom;
    not plain {
        workspace_id id number version status status_before_spam lifecycle source channel tags preview awaiting
        replies_count is_follow_up_silent created_at updated_at last_activity_at status_changed_at in_progress_at
        first_response_at resolved_at closed_at archived_at trashed_at continued_by origin cause
    }
}

impl Set {
    /// Whether the ticket has this value already.
    #[must_use]
    pub fn holds(&self, ticket: &Ticket) -> bool {
        self.current(ticket) == *self
    }

    /// Whether it may hold personal text, which an erasure clears and no event has.
    #[must_use]
    pub fn is_personal(&self) -> bool {
        self.erased().is_some()
    }

    /// The plain fields in which two versions differ, with their later values.
    pub fn between(old: &Ticket, new: &Ticket) -> impl Iterator<Item = Self> {
        let gone = old.custom.keys().filter(|key| !new.custom.contains_key(*key));
        let gone = gone.map(|key| Self::Custom(key.clone(), None));
        Self::all(new).into_iter().chain(gone).filter(|set| !set.holds(old))
    }

    /// Its value as requests and events have it: a contact is its id.
    #[must_use]
    pub fn value(&self) -> Json {
        match self {
            Self::Contact(contact) => json(&contact.as_ref().map(|contact| contact.id)),
            other => other.json(),
        }
    }
}

fn json(value: &impl Serialize) -> Json {
    serde_json::to_value(value).unwrap_or_default()
}

/// Types of personal fields, which can be without anything personal.
trait Erase {
    fn erased() -> Self;
}

impl<T> Erase for Option<T> {
    fn erased() -> Self {
        None
    }
}

impl Erase for Subject {
    fn erased() -> Self {
        ERASED.parse().expect("it is a subject")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_lies_between_two_tickets_makes_the_fields_of_one_those_of_the_other(
            old in testing::ticket(), new in testing::ticket(),
        ) {
            let mut ticket = old.clone();
            for set in Set::between(&old, &new) {
                prop_assert!(!set.holds(&ticket) && set.holds(&new), "{set:?}");
                set.apply(&mut ticket);
            }
            prop_assert_eq!(Set::all(&ticket), Set::all(&new));
        }
    }
}
