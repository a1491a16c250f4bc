//! The orders of lists, and places in them.

use lambdesk_domain::ticket::Ticket;
use lambdesk_table::keys;
use std::fmt;

/// What tickets are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SortBy {
    /// By the last thing that was said or done.
    LastActivity,
    /// By creation. That is the order of the ids: they are made with the ticket.
    Created,
    /// By the last change.
    Updated,
    /// By priority; equal ones by creation, in the same direction.
    Priority,
    /// By status in its declared order; unprocessed, archived and trashed tickets behind,
    /// each by status, too; equal ones by last activity, in the same direction.
    Status,
    /// By number.
    Number,
}

/// An order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// By what.
    pub by: SortBy,
    /// The greatest first.
    pub descending: bool,
}

impl Default for Sort {
    /// The latest activity first.
    fn default() -> Self {
        Self { by: SortBy::LastActivity, descending: true }
    }
}

impl Sort {
    /// Every name a list can be sorted by; with `-` before it: descending.
    pub const NAMES: [(&'static str, SortBy); 6] = [
        ("last_activity_at", SortBy::LastActivity),
        ("created_at", SortBy::Created),
        ("updated_at", SortBy::Updated),
        ("priority", SortBy::Priority),
        ("status", SortBy::Status),
        ("number", SortBy::Number),
    ];

    /// Reads one of [`Sort::NAMES`], with or without `-`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, descending) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
        let (_, by) = Self::NAMES.iter().find(|(known, _)| *known == name)?;
        Some(Self { by: *by, descending })
    }
}

impl fmt::Display for Sort {
    /// As [`Sort::parse`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::NAMES.iter().find(|(_, by)| *by == self.by).map_or("", |(name, _)| name);
        write!(f, "{}{name}", if self.descending { "-" } else { "" })
    }
}

impl SortBy {
    /// Whether rows in this order have projected columns.
    pub(crate) const fn has_columns(self) -> bool {
        matches!(self, Self::LastActivity | Self::Updated)
    }

    /// Where a ticket is in this order: a text that sorts as the list does. Of one
    /// length, and it ends in the ticket's id.
    pub(crate) fn place(self, ticket: &Ticket) -> String {
        match self {
            Self::LastActivity => keys::activity(ticket.last_activity_at, ticket.id),
            Self::Created => keys::short(ticket.id.uuid()),
            Self::Updated => keys::activity(ticket.updated_at, ticket.id),
            Self::Priority => keys::priority(ticket.priority, ticket.id),
            Self::Status => keys::state_place(ticket),
            Self::Number => keys::number_place(ticket.number, ticket.id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambdesk_domain::testing;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn places_of_one_order_are_equally_long_and_end_in_the_ticket(a in testing::ticket(), b in testing::ticket()) {
            for (_, by) in Sort::NAMES {
                let (first, second) = (by.place(&a), by.place(&b));
                prop_assert_eq!(first.len(), second.len());
                prop_assert_eq!(keys::ticket_at(&first), Some(a.id));
            }
            prop_assert_eq!(
                SortBy::Priority.place(&a).cmp(&SortBy::Priority.place(&b)),
                (a.priority, a.id).cmp(&(b.priority, b.id))
            );
            prop_assert_eq!(
                SortBy::Updated.place(&a).cmp(&SortBy::Updated.place(&b)),
                (a.updated_at, a.id).cmp(&(b.updated_at, b.id))
            );
        }
    }

    #[test]
    fn a_minus_turns_an_order_around_and_nothing_else_is_one() {
        assert_eq!(Sort::parse("-number"), Some(Sort { by: SortBy::Number, descending: true }));
        assert_eq!(Sort::parse("priority"), Some(Sort { by: SortBy::Priority, descending: false }));
        for (name, _) in Sort::NAMES {
            for text in [name.to_owned(), format!("-{name}")] {
                assert_eq!(Sort::parse(&text).map(|sort| sort.to_string()), Some(text));
            }
        }
        assert_eq!(["", "-", "--number", "Number", "subject"].map(Sort::parse), [None; 5]);
    }
}
