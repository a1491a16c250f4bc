//! Projected columns: attributes of the rows by last activity and by last change, by
//! which the table leaves out most rows before a ticket item is read.
//!
//! `DynamoDB` charges rows by their size, so a column has one character, of ids four: a
//! few rows too many pass, and the ticket item decides. The table compares columns: a
//! code that this version doesn't know is none that it asks for. Only those of number rows
//! are read back ([`number_row_is`]), in the same way. Only values by which any list is filtered and that have no index entry, or an
//! entry without days, are columns.

use crate::expression::any_or_none;
use lambdesk_domain::{
    id::{ChannelId, UserId},
    status::{Awaiting, ChannelType, Priority, Source, Status},
    ticket::Ticket,
    time::Timestamp,
};
use lambdesk_table::{
    Corrupt, Expression, Item,
    item::{Reader, text},
    keys::{self, StateGroup},
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
/// Of number rows: when a snoozed ticket comes back.
const SNOOZED_UNTIL: &str = "z";

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

/// The columns of a ticket's number row.
pub fn of_number_row(ticket: &Ticket) -> Vec<Column> {
    let snoozed = ticket.follow_up_at.map(|due| (SNOOZED_UNTIL, keys::time_place(due)));
    std::iter::once(of_group(StateGroup::of_ticket(ticket))).chain(snoozed).collect()
}

fn of_group(group: StateGroup) -> Column {
    (GROUP, group.as_str().to_owned())
}

/// Whether the ticket of a number row that was read is of one of some groups and, where
/// a time is given, not snoozed then.
pub fn number_row_is(row: &Item, groups: &[StateGroup], not_snoozed: Option<Timestamp>) -> Result<bool, Corrupt> {
    let row = Reader(row);
    let group = row.text(GROUP)?;
    let until = row.text_if_any(SNOOZED_UNTIL)?;
    let is_snoozed = not_snoozed.zip(until).is_some_and(|(now, until)| until > keys::time_place(now).as_str());
    Ok(groups.iter().any(|one| one.as_str() == group) && !is_snoozed)
}

fn of_channel(channel: ChannelId) -> String {
    keys::tail(channel.uuid())
}

fn of_user(user: UserId) -> String {
    keys::tail(user.uuid())
}

/// Number rows of some groups.
pub fn groups(groups: &[StateGroup]) -> ColumnFilter {
    any(GROUP, groups.iter().map(|group| of_group(*group).1))
}

/// Rows of tickets with one of these statuses.
pub fn statuses(statuses: &[Status]) -> ColumnFilter {
    any(STATUS, statuses.iter().map(|status| status.code().to_string()))
}

/// Rows of tickets with one of these priorities.
pub fn priorities(priorities: &[Priority]) -> ColumnFilter {
    any(PRIORITY, priorities.iter().map(|priority| priority.code().to_string()))
}

/// Rows of tickets from one of these sources.
pub fn sources(sources: &[Source]) -> ColumnFilter {
    any(SOURCE, sources.iter().map(|source| source.code().to_string()))
}

/// Rows of tickets that wait for one of these.
pub fn awaiting(turns: &[Awaiting]) -> ColumnFilter {
    any(AWAITING, turns.iter().map(|turn| turn.code().to_string()))
}

/// Rows of tickets of one of these channels.
pub fn channels(channels: &[ChannelId]) -> ColumnFilter {
    any(CHANNEL, channels.iter().map(|channel| of_channel(*channel)))
}

/// Rows of tickets of channels of one of these types.
pub fn channel_types(kinds: &[ChannelType]) -> ColumnFilter {
    any(CHANNEL_KIND, kinds.iter().map(|kind| kind.code().to_string()))
}

/// Rows of tickets of one of these assignees; `None` stands for nobody.
pub fn assignees(users: &[Option<UserId>]) -> ColumnFilter {
    let or_none = users.contains(&None);
    ColumnFilter { or_none, ..any(ASSIGNEE, users.iter().flatten().map(|user| of_user(*user))) }
}

fn any(name: &'static str, values: impl Iterator<Item = String>) -> ColumnFilter {
    ColumnFilter { name, values: values.collect(), or_none: false }
}

/// The filter expression for rows; none when all will do.
pub fn expression(filters: &[ColumnFilter], into: &mut Expression) -> Option<String> {
    let parts: Vec<_> = filters.iter().map(|filter| filter.expression(into)).collect();
    (!parts.is_empty()).then(|| parts.join(" AND "))
}

impl ColumnFilter {
    fn expression(&self, into: &mut Expression) -> String {
        let none = self.or_none.then_some(None);
        let values = self.values.iter().map(|value| Some(text(value))).chain(none);
        any_or_none(&into.name(self.name), values, into)
    }
}
