//! Sources of rows: partitions of the table and its indexes from which lists are read,
//! and the translation between their sort keys and the list's places. Pure.

use crate::{position::ENDS, sort::SortBy};
use lambdesk_domain::{
    id::{ContactId, UserId},
    status::{Priority, Status},
};
use lambdesk_table::{
    Tenant,
    keys::{self, Index, IndexedValue, State, StateGroup},
};

/// Where candidates come from.
#[derive(Debug, Clone, PartialEq)]
pub enum RowSource {
    /// The list index: a state by last activity. Whole ticket items.
    State(State),
    /// The same of a state that holds several statuses, for the list by status: the tickets
    /// with one of them.
    StateOf(State, Status),
    /// The assignee index: somebody's active tickets by creation. Whole ticket items.
    Assigned(Option<UserId>),
    /// The order index or rows: a group by priority, or one priority of it by creation.
    Order(StateGroup, Option<Priority>),
    /// The updated rows of a group.
    Updated(StateGroup),
    /// The activity rows of a group.
    Active(StateGroup),
    /// The number rows of these groups.
    Numbers(Vec<StateGroup>),
    /// The lookup index: a contact's tickets by creation.
    Contact(ContactId),
    /// The index entries of a value: its tickets by creation.
    Indexed(IndexedValue),
    /// The same by the day of their last activity.
    IndexedByDay(IndexedValue),
}

/// How a sort key and a place differ.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Spelling {
    Same,
    /// The sort key has this before the place.
    Before(String),
    /// The place has this before the sort key.
    Without(char),
}

/// The columns of rows, by which the table can leave some out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Columns {
    /// None.
    None,
    /// Their group, of which these are wanted.
    StateGroups(Vec<StateGroup>),
    /// Those of a ticket. All rows are of this group.
    Ticket(StateGroup),
}

/// A source as a query of the table reads it.
#[derive(Debug, Clone)]
pub struct ScanScope {
    /// The index; none for the table itself.
    pub index: Option<Index>,
    /// The partition.
    pub partition: String,
    /// What the table can filter its rows by.
    pub columns: Columns,
    /// Of ticket items: the status that its rows have, where the partition holds others.
    pub status: Option<Status>,
    spelling: Spelling,
    /// All sort keys begin with this.
    within: String,
}

impl RowSource {
    /// Where it is, for a list in this order.
    pub fn scope(&self, tenant: &Tenant, by: SortBy) -> ScanScope {
        let plain = |index, partition| ScanScope {
            index,
            partition,
            columns: Columns::None,
            status: None,
            spelling: Spelling::Same,
            within: String::new(),
        };
        match self {
            Self::State(state) if by == SortBy::Status => ScanScope {
                spelling: Spelling::Without(keys::state_key(*state)),
                ..plain(Some(Index::List), tenant.list(*state))
            },
            Self::State(state) => plain(Some(Index::List), tenant.list(*state)),
            Self::StateOf(state, status) => ScanScope {
                status: Some(*status),
                spelling: Spelling::Without(keys::status_key(*state, *status)),
                ..plain(Some(Index::List), tenant.list(*state))
            },
            Self::Assigned(assignee) => plain(Some(Index::Assignee), tenant.assigned(*assignee)),
            Self::Order(group, priority) => {
                let scope = match group {
                    StateGroup::Active => plain(Some(Index::Order), tenant.order()),
                    group => plain(None, tenant.order_rows(*group)),
                };
                priority.map_or(scope.clone(), |priority| scope.of_priority(priority, by))
            }
            Self::Updated(group) => {
                ScanScope { columns: Columns::Ticket(*group), ..plain(None, tenant.updated_rows(*group)) }
            }
            Self::Active(group) => {
                ScanScope { columns: Columns::Ticket(*group), ..plain(None, tenant.activity_rows(*group)) }
            }
            Self::Numbers(groups) => ScanScope {
                columns: Columns::StateGroups(groups.clone()),
                spelling: Spelling::Before(keys::NUMBER.to_owned()),
                ..plain(None, tenant.number_rows())
            },
            Self::Contact(contact) => plain(Some(Index::Lookup), tenant.contact_tickets(*contact)),
            Self::Indexed(value) => plain(None, tenant.index_entries(value)),
            Self::IndexedByDay(value) => plain(None, tenant.day_rows(value)),
        }
    }

    /// Whether its rows are whole ticket items.
    pub const fn holds_items(&self) -> bool {
        matches!(self, Self::State(_) | Self::StateOf(..) | Self::Assigned(_))
    }
}

impl ScanScope {
    fn of_priority(self, priority: Priority, by: SortBy) -> Self {
        let digit = priority.code().to_string();
        match by {
            SortBy::Priority => Self { within: digit, ..self },
            _ => Self { spelling: Spelling::Before(digit), ..self },
        }
    }

    /// The name of its sort key's attribute.
    pub fn sort_key(&self) -> &'static str {
        self.index.map_or("sk", |index| index.attributes().1)
    }

    /// The place of a row.
    pub fn place(&self, sort_key: &str) -> String {
        match &self.spelling {
            Spelling::Same => sort_key.to_owned(),
            Spelling::Before(lead) => sort_key.strip_prefix(lead.as_str()).unwrap_or(sort_key).to_owned(),
            Spelling::Without(lead) => format!("{lead}{sort_key}"),
        }
    }

    /// The sort keys, both included, of all rows between two places, both
    /// included; none when there can be no row.
    pub fn between(&self, low: &str, high: &str) -> Option<(String, String)> {
        let (first, last) = ENDS;
        let (low, high) = match &self.spelling {
            Spelling::Same => (low.to_owned(), high.to_owned()),
            Spelling::Before(lead) => (format!("{lead}{low}"), format!("{lead}{high}")),
            Spelling::Without(lead) => {
                let lead = lead.to_string();
                let low = low.strip_prefix(&lead).or((*low < *lead).then_some(first))?;
                let high = high.strip_prefix(&lead).or((*high > *lead).then_some(last))?;
                (low.to_owned(), high.to_owned())
            }
        };
        let low = low.max(format!("{}{first}", self.within));
        let high = if self.within.is_empty() { high } else { high.min(format!("{}{last}", self.within)) };
        (low <= high).then_some((low, high))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambdesk_domain::{
        id::{TicketId, WorkspaceId},
        testing,
    };
    use proptest::prelude::*;
    use uuid::Uuid;

    fn scope(source: &RowSource, by: SortBy) -> ScanScope {
        source.scope(&Tenant::new(WorkspaceId::new(Uuid::nil())), by)
    }

    proptest! {
        #[test]
        fn rows_are_within_reach_of_their_own_places(ticket in testing::ticket(), other in testing::ticket(), id: u128) {
            let other = lambdesk_domain::ticket::Ticket { id: TicketId::new(Uuid::from_u128(id)), ..other };
            let state = State::of(ticket.lifecycle, ticket.status);
            let (group, priority) = (StateGroup::of(state), Some(ticket.priority));
            let activity = keys::activity(ticket.last_activity_at, ticket.id);
            let order = keys::priority(ticket.priority, ticket.id);
            let of_status = match state {
                State::Live(_) => RowSource::State(state),
                kept => RowSource::StateOf(kept, ticket.status),
            };
            for (source, by, sort_key) in [
                (RowSource::State(state), SortBy::LastActivity, activity.clone()),
                (of_status, SortBy::Status, activity),
                (RowSource::Order(group, None), SortBy::Priority, order.clone()),
                (RowSource::Order(group, priority), SortBy::Priority, order.clone()),
                (RowSource::Order(group, priority), SortBy::Created, order),
                (RowSource::Numbers(vec![group]), SortBy::Number, format!("#{}", keys::number_place(ticket.number, ticket.id))),
            ] {
                let scope = scope(&source, by);
                let (own, others) = (by.place(&ticket), by.place(&other));
                prop_assert_eq!(&scope.place(&sort_key), &own);
                let holds = |range: Option<(String, String)>| range.is_some_and(|(low, high)| low <= sort_key && sort_key <= high);
                prop_assert!(holds(scope.between(ENDS.0, ENDS.1)));
                prop_assert!(holds(scope.between(&own, &own)));
                prop_assert_eq!(holds(scope.between(&others, ENDS.1)), others <= own, "{:?}", source);
                prop_assert_eq!(holds(scope.between(ENDS.0, &others)), own <= others, "{:?}", source);
            }
        }
    }

    #[test]
    fn a_state_before_or_behind_a_place_is_read_whole_or_not_at_all() {
        let waiting = scope(&RowSource::State(State::Live(Status::Waiting)), SortBy::Status);
        let whole = Some((ENDS.0.to_owned(), ENDS.1.to_owned()));
        assert_eq!(waiting.between("1abc", ENDS.1), whole);
        assert_eq!(waiting.between("3abc", ENDS.1), None);
        assert_eq!(waiting.between(ENDS.0, "3abc"), whole);
        assert_eq!(waiting.between(ENDS.0, "1abc"), None);
        assert_eq!(waiting.between("2abc", ENDS.1), Some(("abc".to_owned(), "~".to_owned())));
    }

    #[test]
    fn one_priority_holds_no_row_of_another() {
        let high = scope(&RowSource::Order(StateGroup::Done, Some(Priority::High)), SortBy::Priority);
        assert_eq!(high.between("3", ENDS.1), None);
        assert_eq!(high.between(ENDS.0, "1~"), None);
        assert_eq!(high.between(ENDS.0, ENDS.1), Some(("2!".to_owned(), "2~".to_owned())));
    }
}
