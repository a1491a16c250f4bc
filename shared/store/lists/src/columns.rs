//! Projected columns: attributes of the rows by last activity and by last change, by
//! which the table leaves out most rows before a ticket item is read.
//!
//! `DynamoDB` charges rows by their size, so a column has one character, of ids four: a
//! few rows too many pass, and the ticket item decides. The table compares columns, and
//! nobody reads them back: a code that this version doesn't know is none that it asks
//! for. Only values by which any list is filtered and that have no index entry, or an
//! entry without days, are columns.

use crate::{filter::ListFilter, query::ListQuery};
use lambdesk_domain::{
    access::Reach,
    id::{ChannelId, UserId},
    status::Status,
    ticket::Ticket,
};
use lambdesk_table::{
    Expression,
    item::text,
    keys::{self, State, StateGroup},
};

const STATUS: &str = "s";
const PRIORITY: &str = "p";
const SOURCE: &str = "o";
const AWAITING: &str = "w";
const CHANNEL: &str = "c";
const CHANNEL_KIND: &str = "k";
const ASSIGNEE: &str = "a";
/// Of number rows: the ticket's [`StateGroup`].
const GROUP: &str = "g";

/// The name of a column and its value.
pub type Column = (&'static str, String);

/// Values of a column of which a row must have one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnFilter {
    name: &'static str,
    values: Vec<String>,
    /// A row without the column will do, too.
    or_none: bool,
}

/// The columns of a ticket's rows.
pub fn of(ticket: &Ticket) -> Vec<Column> {
    let channel = ticket.channel.as_ref();
    let always = [
        (STATUS, ticket.status.code().to_string()),
        (PRIORITY, ticket.priority.code().to_string()),
        (SOURCE, ticket.source.code().to_string()),
        (AWAITING, ticket.awaiting.code().to_string()),
    ];
    let perhaps = [
        channel.map(|channel| (CHANNEL, of_channel(channel.id))),
        channel.map(|channel| (CHANNEL_KIND, channel.kind.code().to_string())),
        ticket.assignee.map(|user| (ASSIGNEE, of_user(user))),
    ];
    always.into_iter().chain(perhaps.into_iter().flatten()).collect()
}

/// The column of a number row.
pub fn of_group(group: StateGroup) -> Column {
    (GROUP, group.as_str().to_owned())
}

fn of_channel(channel: ChannelId) -> String {
    keys::tail(channel.uuid())
}

fn of_user(user: UserId) -> String {
    keys::tail(user.uuid())
}

/// Number rows of some groups.
pub fn wanted_groups(groups: &[StateGroup]) -> Vec<ColumnFilter> {
    any(GROUP, groups.iter().map(|group| of_group(*group).1)).into_iter().collect()
}

/// The columns that rows of a group must have to be in a list.
pub fn wanted(query: &ListQuery, group: StateGroup) -> Vec<ColumnFilter> {
    let filter = &query.filter;
    let some = |user: &Option<UserId>| user.map(of_user);
    [
        among_states(&query.states, group),
        any(STATUS, filter.statuses.iter().map(|one_of| one_of.code().to_string())),
        any(PRIORITY, filter.priorities.iter().map(|one_of| one_of.code().to_string())),
        any(SOURCE, filter.sources.iter().map(|one_of| one_of.code().to_string())),
        any(AWAITING, filter.awaiting.iter().map(|one_of| one_of.code().to_string())),
        any(CHANNEL, filter.channels.iter().map(|channel| of_channel(*channel))),
        any(CHANNEL_KIND, filter.channel_types.iter().map(|one_of| one_of.code().to_string())),
        any_or_none(filter.assignees.iter().map(some)),
        in_reach(query.reach),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Of a group that holds several states, those that are asked for.
fn among_states(states: &[State], group: StateGroup) -> Option<ColumnFilter> {
    let held = Status::ALL.iter().copied().filter(|status| StateGroup::of(State::Live(*status)) == group);
    let (asked, others): (Vec<_>, Vec<_>) = held.partition(|status| states.contains(&State::Live(*status)));
    let asked = asked.into_iter().filter(|_| !others.is_empty());
    any(STATUS, asked.map(|status| status.code().to_string()))
}

fn in_reach(reach: Reach) -> Option<ColumnFilter> {
    match reach {
        Reach::All => None,
        Reach::Own(user) => any(ASSIGNEE, [of_user(user)].into_iter()),
        Reach::OwnAndUnassigned(user) => any_or_none([Some(of_user(user)), None].into_iter()),
        Reach::Channel(channel) => any(CHANNEL, [of_channel(channel)].into_iter()),
    }
}

fn any(name: &'static str, values: impl Iterator<Item = String>) -> Option<ColumnFilter> {
    let values: Vec<_> = values.collect();
    (!values.is_empty()).then_some(ColumnFilter { name, values, or_none: false })
}

fn any_or_none(assignees: impl Iterator<Item = Option<String>> + Clone) -> Option<ColumnFilter> {
    let or_none = assignees.clone().any(|user| user.is_none());
    let values: Vec<_> = assignees.flatten().collect();
    (or_none || !values.is_empty()).then_some(ColumnFilter { name: ASSIGNEE, values, or_none })
}

/// Whether columns leave anything out beyond states.
pub fn are_wanted(query: &ListQuery) -> bool {
    query.reach != Reach::All || without_columns(&query.filter) != query.filter
}

/// The part of a filter that columns do not apply.
fn without_columns(filter: &ListFilter) -> ListFilter {
    ListFilter {
        statuses: vec![],
        priorities: vec![],
        sources: vec![],
        awaiting: vec![],
        channels: vec![],
        channel_types: vec![],
        assignees: vec![],
        ..filter.clone()
    }
}

/// Whether columns apply the whole filter.
pub fn cover(query: &ListQuery) -> bool {
    without_columns(&query.filter).is_empty()
}

/// The filter expression for rows; none when all will do.
pub fn expression(filters: &[ColumnFilter], into: &mut Expression) -> Option<String> {
    let parts: Vec<_> = filters.iter().map(|filter| filter.expression(into)).collect();
    (!parts.is_empty()).then(|| parts.join(" AND "))
}

impl ColumnFilter {
    fn expression(&self, into: &mut Expression) -> String {
        let name = into.name(self.name);
        let values: Vec<_> = self.values.iter().map(|value| into.value(text(value))).collect();
        let some = (!values.is_empty()).then(|| format!("{name} IN ({})", values.join(", ")));
        match (some, self.or_none) {
            (Some(some), false) => some,
            (Some(some), true) => format!("(attribute_not_exists({name}) OR {some})"),
            (None, _) => format!("attribute_not_exists({name})"),
        }
    }
}
