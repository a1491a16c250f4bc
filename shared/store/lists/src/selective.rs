//! Selective rows: those that a filter's tickets are found by, and how few they probably
//! are. Pure.

use crate::source::RowSource;

/// What selects tickets, from what probably leaves the fewest of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Selectivity {
    /// A contact's rows.
    Contact,
    /// An account's index entries.
    Account,
    /// A uid's index entries.
    Uid,
    /// The assignee index, of active tickets.
    Assigned,
    /// A custom value's index entries.
    Custom,
    /// A tag's index entries.
    Tag,
    /// A team's index entries.
    Team,
    /// A category's index entries.
    Category,
    /// An assignee's index entries, whatever the status.
    Assignee,
    /// A channel's index entries.
    Channel,
}

impl Selectivity {
    /// The most tickets that are read whole and sorted here. Of what may have many
    /// tickets: beyond this the rows of the order yield more of them for the same units.
    pub const fn limit(self) -> u16 {
        match self {
            Self::Assigned => 300,
            Self::Contact
            | Self::Account
            | Self::Uid
            | Self::Custom
            | Self::Tag
            | Self::Team
            | Self::Category
            | Self::Assignee
            | Self::Channel => 96,
        }
    }
}

/// Sources that probably have few rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Selective {
    /// How few.
    pub selectivity: Selectivity,
    /// All of them are read.
    pub sources: Vec<RowSource>,
}
