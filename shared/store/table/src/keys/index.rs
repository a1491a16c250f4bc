//! Primary keys and indexes.

/// A primary key of the table.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// Partition.
    pub pk: String,
    /// Sort.
    pub sk: String,
}

/// An index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Index {
    /// By state and last activity; whole tickets.
    List,
    /// By assignee; whole tickets, open ones only.
    Assignee,
    /// By priority; keys only, open ones only.
    Order,
    /// Overloaded; keys only.
    Lookup,
}

impl Index {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::List, Self::Assignee, Self::Order, Self::Lookup];

    /// Its name in the table.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Assignee => "assignee",
            Self::Order => "order",
            Self::Lookup => "lookup",
        }
    }

    /// Its partition and sort key attributes.
    #[must_use]
    pub const fn attributes(self) -> (&'static str, &'static str) {
        match self {
            Self::List => ("l_pk", "l_sk"),
            Self::Assignee => ("a_pk", "a_sk"),
            Self::Order => ("o_pk", "o_sk"),
            Self::Lookup => ("x_pk", "x_sk"),
        }
    }

    /// Whether it holds whole items or their keys alone.
    #[must_use]
    pub const fn holds_items(self) -> bool {
        matches!(self, Self::List | Self::Assignee)
    }
}
