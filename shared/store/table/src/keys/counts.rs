//! Keys of the counters of reports.
//!
//! How far they have come is in one small partition, the counters themselves in one
//! partition per generation, so that a recount builds the next beside the present one.

use super::{
    encoding::{long, short},
    index::Key,
    tenant::Tenant,
};
use lambdesk_domain::{
    day::Day,
    id::{ChannelId, UserId},
    report::{Cell, Group},
};
use uuid::Uuid;

/// The sort keys of [`Tenant::counts`] and its neighbours.
pub const COUNTS: (&str, &str) = ("B", "P");
/// The sort keys of a generation's counters of channels.
pub const COUNTED_CHANNELS: (&str, &str) = ("C#", "C$");
/// The sort keys of a generation's counters of assignees.
pub const COUNTED_ASSIGNEES: (&str, &str) = ("U#", "U$");
/// All sort keys of a generation.
pub const COUNTED: (&str, &str) = ("C#", "U$");

/// Stands for no channel and no assignee.
const NOBODY: &str = "none";

impl Tenant {
    /// How far the counters have come, and those of the whole workspace.
    #[must_use]
    pub fn counts(&self) -> Key {
        self.key("count", "P")
    }

    /// The same of a recount that is under way.
    #[must_use]
    pub fn recount(&self) -> Key {
        self.key("count", "B")
    }

    /// The generation that the last recount has replaced and that is to be removed.
    #[must_use]
    pub fn replaced_counts(&self) -> Key {
        self.key("count", "O")
    }

    /// The counters of a cell. Those of all tickets now are with [`Tenant::counts`].
    #[must_use]
    pub fn counted(&self, generation: u64, cell: Cell) -> Key {
        let sk = match cell {
            Cell::Now(Group::All) => return self.counts(),
            Cell::Now(Group::Channel(channel)) => format!("C#{}", id(channel.map(ChannelId::uuid))),
            Cell::Now(Group::Assignee(user)) => format!("U#{}", id(user.map(UserId::uuid))),
            Cell::Day(group, day) => counted_day_key(group, day),
        };
        Key { pk: self.counted_in(generation), sk }
    }

    /// Partition of a generation's counters.
    #[must_use]
    pub fn counted_in(&self, generation: u64) -> String {
        format!("{}#count#{generation}", self.workspace)
    }
}

/// The sort key of a day's counters; those of a group stand in order.
pub fn counted_day_key(group: Group, day: Day) -> String {
    let group = match group {
        Group::All => "a".to_owned(),
        Group::Channel(channel) => format!("c{}", id(channel.map(ChannelId::uuid))),
        Group::Assignee(user) => format!("u{}", id(user.map(UserId::uuid))),
    };
    format!("D#{group}#{:07}", day.number())
}

/// The day that [`counted_day_key`] names.
pub fn counted_day(sk: &str) -> Option<Day> {
    let (_, number) = sk.strip_prefix("D#")?.split_once('#')?;
    Some(Day::from_number(number.parse().ok()?))
}

/// Whose counters now a sort key names.
pub fn counted_group(sk: &str) -> Option<Group> {
    let (kind, id) = sk.split_once('#')?;
    let id = if id == NOBODY { None } else { Some(long(id)?) };
    match kind {
        "C" => Some(Group::Channel(id.map(ChannelId::new))),
        "U" => Some(Group::Assignee(id.map(UserId::new))),
        _ => None,
    }
}

fn id(id: Option<Uuid>) -> String {
    id.map_or_else(|| NOBODY.to_owned(), short)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambdesk_domain::id::WorkspaceId;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keys_read_back_and_days_of_a_group_stand_in_order(number: u128, a in 0..2_932_896_u64, b in 0..2_932_896_u64) {
            let tenant = Tenant::new(WorkspaceId::new(Uuid::from_u128(1)));
            for id in [None, Some(Uuid::from_u128(number))] {
                for group in [Group::Channel(id.map(ChannelId::new)), Group::Assignee(id.map(UserId::new))] {
                    prop_assert_eq!(counted_group(&tenant.counted(0, Cell::Now(group)).sk), Some(group));
                    let keys = [a, b].map(|day| counted_day_key(group, Day::from_number(day)));
                    prop_assert_eq!(counted_day(&keys[0]).map(Day::number), Some(a));
                    prop_assert_eq!(keys[0].cmp(&keys[1]), a.cmp(&b));
                }
            }
        }
    }
}
