//! The keys of projection rows, by which lists find tickets in other orders than the
//! indexes have.
//!
//! Ids stand in them as they are. What people wrote (a uid, a custom field) is
//! hashed, so that no key holds anything personal.

use super::{
    encoding::{day, short, time_key, time_of},
    index::Key,
    state::State,
    tenant::Tenant,
    tickets::{activity, priority},
};
use lambdesk_domain::{
    cascade::RemovedValue,
    custom_field::FieldValue,
    id::{AccountId, CategoryId, ChannelId, TagId, TeamId, TicketId, TicketNumber, UserId},
    status::Status,
    text::{FieldKey, Uid},
    ticket::Ticket,
    time::Timestamp,
};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Between the partition of the number rows and their numbers, so that the
/// counter of numbers, in the same partition, is none of them.
pub const NUMBER: &str = "#";

/// Which rows a ticket is among: coarser than [`State`], so that few changes move it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StateGroup {
    /// On live tickets with something still to be done.
    Active,
    /// On live tickets, resolved or closed.
    Done,
    /// On live tickets, unwanted.
    Spam,
    /// Kept back by screening.
    Unprocessed,
    /// Put away.
    Archived,
    /// Deleted.
    Trashed,
}

impl StateGroup {
    /// The group of a state.
    #[must_use]
    pub const fn of(state: State) -> Self {
        match state {
            State::Live(status) if status.is_active() => Self::Active,
            State::Live(status) if status.is_closed() => Self::Done,
            State::Live(_) => Self::Spam,
            State::Unprocessed => Self::Unprocessed,
            State::Archived => Self::Archived,
            State::Trashed => Self::Trashed,
        }
    }

    /// The group of a ticket.
    #[must_use]
    pub const fn of_ticket(ticket: &Ticket) -> Self {
        Self::of(State::of(ticket.lifecycle, ticket.status))
    }

    /// Its spelling in keys and in the attribute of number rows.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Done => "done",
            Self::Spam => "spam",
            Self::Unprocessed => "unprocessed",
            Self::Archived => "archived",
            Self::Trashed => "trashed",
        }
    }
}

/// A value that some of all tickets have, and by which they are found: every ticket with
/// it has an index entry.
#[derive(Debug, Clone, PartialEq)]
pub enum IndexedValue {
    /// This tag.
    Tag(TagId),
    /// This account.
    Account(AccountId),
    /// This end user's name elsewhere.
    Uid(Uid),
    /// This category.
    Category(CategoryId),
    /// This team.
    Team(TeamId),
    /// This value of a custom field; of several choices, one.
    Custom(FieldKey, FieldValue),
    /// Any value of a custom field.
    Field(FieldKey),
    /// This channel.
    Channel(ChannelId),
    /// This assignee.
    Assignee(UserId),
}

impl IndexedValue {
    /// Whether its tickets have day rows, too. Those of a channel or an assignee are found by
    /// the projected columns of rows by last activity instead: nearly every ticket has them, and
    /// two writes more on each of its days would cost more than they save. By any value of a
    /// field no list is filtered.
    pub const fn has_days(&self) -> bool {
        !matches!(self, Self::Field(_) | Self::Channel(_) | Self::Assignee(_))
    }

    /// What tickets were found by that have what was removed.
    #[must_use]
    pub fn of_removed(removed: &RemovedValue) -> Self {
        match removed {
            RemovedValue::Assignee(user) => Self::Assignee(*user),
            RemovedValue::Team(team) => Self::Team(*team),
            RemovedValue::Tag(tag) => Self::Tag(*tag),
            RemovedValue::Category(category) => Self::Category(*category),
            RemovedValue::Account(account) => Self::Account(*account),
            RemovedValue::Field(key) => Self::Field(key.clone()),
            RemovedValue::Option(key, option) => Self::Custom(key.clone(), FieldValue::Text(option.to_string())),
        }
    }

    fn partition(&self) -> String {
        match self {
            Self::Tag(tag) => format!("tag#{}", short(tag.uuid())),
            Self::Account(account) => format!("account#{}", short(account.uuid())),
            Self::Uid(uid) => format!("uid#{}", hashed(uid.as_str())),
            Self::Category(category) => format!("category#{}", short(category.uuid())),
            Self::Team(team) => format!("team#{}", short(team.uuid())),
            Self::Custom(key, value) => format!("custom#{}", hashed(&format!("{key}={}", canonical(value)))),
            Self::Field(key) => format!("field#{}", hashed(key.as_str())),
            Self::Channel(channel) => format!("channel#{}", short(channel.uuid())),
            Self::Assignee(user) => format!("user#{}", short(user.uuid())),
        }
    }
}

/// A value in one spelling, with its type: the text "1" is not the number 1.
fn canonical(value: &FieldValue) -> String {
    match value {
        FieldValue::Boolean(flag) => format!("b{flag}"),
        // Stored numbers have one spelling each (`stored_number`).
        FieldValue::Number(number) => format!("n{number}"),
        FieldValue::Text(text) => format!("t{text}"),
        FieldValue::Choices(values) => format!("c{values:?}"),
    }
}

/// 128 bits of a hash, as an id is written.
fn hashed(text: &str) -> String {
    let hash = Sha256::digest(text.as_bytes());
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash).for_each(|(byte, hashed)| *byte = hashed);
    short(Uuid::from_bytes(bytes))
}

impl Tenant {
    /// Partition of the order rows: tickets of a group by priority, then creation.
    /// Active ones are in the order index instead.
    #[must_use]
    pub fn order_rows(&self, group: StateGroup) -> String {
        format!("{}#o#{}", self.workspace, group.as_str())
    }

    /// A ticket's order row.
    #[must_use]
    pub fn order_row(&self, ticket: &Ticket) -> Key {
        self.key(&format!("o#{}", StateGroup::of_ticket(ticket).as_str()), priority(ticket.priority, ticket.id))
    }

    /// Partition of the updated rows: tickets of a group by their last change.
    #[must_use]
    pub fn updated_rows(&self, group: StateGroup) -> String {
        format!("{}#u#{}", self.workspace, group.as_str())
    }

    /// A ticket's updated row.
    #[must_use]
    pub fn updated_row(&self, ticket: &Ticket) -> Key {
        self.key(&format!("u#{}", StateGroup::of_ticket(ticket).as_str()), activity(ticket.updated_at, ticket.id))
    }

    /// Partition of the activity rows: tickets of a group by their last activity.
    #[must_use]
    pub fn activity_rows(&self, group: StateGroup) -> String {
        format!("{}#a#{}", self.workspace, group.as_str())
    }

    /// A ticket's activity row.
    #[must_use]
    pub fn activity_row(&self, ticket: &Ticket) -> Key {
        self.key(&format!("a#{}", StateGroup::of_ticket(ticket).as_str()), activity(ticket.last_activity_at, ticket.id))
    }

    /// Partition of the number rows: all tickets by number.
    #[must_use]
    pub fn number_rows(&self) -> String {
        format!("{}#n", self.workspace)
    }

    /// A ticket's number row.
    #[must_use]
    pub fn number_row(&self, ticket: &Ticket) -> Key {
        self.key("n", format!("{NUMBER}{}", number_place(ticket.number, ticket.id)))
    }

    /// Partition of a value's index entries: the tickets that have it, by creation.
    #[must_use]
    pub fn index_entries(&self, value: &IndexedValue) -> String {
        format!("{}#f#{}", self.workspace, value.partition())
    }

    /// Partition of a value's day rows: the same tickets by the day of their last
    /// activity, within one by creation.
    #[must_use]
    pub fn day_rows(&self, value: &IndexedValue) -> String {
        format!("{}#l#{}", self.workspace, value.partition())
    }

    /// A ticket's day row under a value.
    #[must_use]
    pub fn day_row(&self, value: &IndexedValue, ticket: &Ticket) -> Key {
        let day = row_day(day(ticket.last_activity_at));
        self.key(&format!("l#{}", value.partition()), format!("{day}{}", short(ticket.id.uuid())))
    }

    /// A ticket's index entry under a value.
    #[must_use]
    pub fn index_entry(&self, value: &IndexedValue, ticket: TicketId) -> Key {
        self.key(&format!("f#{}", value.partition()), short(ticket.uuid()))
    }
}

/// The last four characters of an id, 20 bits: where ids made by time differ most.
#[must_use]
pub fn tail(id: Uuid) -> String {
    short(id).split_off(18)
}

/// A place in the list by number.
#[must_use]
pub fn number_place(number: TicketNumber, ticket: TicketId) -> String {
    format!("{}{}", number_key(number), short(ticket.uuid()))
}

/// A number in digits that sort as numbers do.
#[must_use]
pub fn number_key(number: TicketNumber) -> String {
    format!("{:020}", number.0)
}

/// The number of a place in the list by number.
#[must_use]
pub fn number_at(place: &str) -> Option<TicketNumber> {
    place.get(..20)?.parse().ok().map(TicketNumber)
}

/// A place in the list by status: the states in their declared order, within one that
/// holds several statuses these in theirs, within one status by last activity.
#[must_use]
pub fn state_place(ticket: &Ticket) -> String {
    let state = status_key(State::of(ticket.lifecycle, ticket.status), ticket.status);
    format!("{state}{}", activity(ticket.last_activity_at, ticket.id))
}

/// One character that sorts as states do, and as statuses do within what is kept back, put
/// away or deleted. Nothing that is stored has it.
#[must_use]
pub const fn status_key(state: State, status: Status) -> char {
    let first = match state {
        State::Live(status) => return status.code(),
        State::Unprocessed => b'A',
        State::Archived => b'I',
        State::Trashed => b'Q',
    };
    // A code is a digit, of one byte.
    (first + (status.code() as u8 - b'0')) as char
}

/// One digit that sorts as states do: statuses in order, then what is archived or trashed.
#[must_use]
pub const fn state_key(state: State) -> char {
    match state {
        State::Live(status) => status.code(),
        State::Unprocessed => '7',
        State::Archived => '8',
        State::Trashed => '9',
    }
}

/// Statuses and what is archived or trashed share these digits: a clash doesn't compile.
const _: () = assert!(
    Status::from_code(state_key(State::Unprocessed)).is_none()
        && Status::from_code(state_key(State::Archived)).is_none()
        && Status::from_code(state_key(State::Trashed)).is_none(),
    "a status has the code of what is put away"
);

/// Where a time begins in places that begin with one, ids among them.
#[must_use]
pub fn time_place(time: Timestamp) -> String {
    time_key(time)
}

/// A day in digits that sort as days do.
#[must_use]
pub fn row_day(day: u64) -> String {
    format!("{day:07}")
}

/// The day that a day row begins with.
#[must_use]
pub fn day_at(row: &str) -> Option<u64> {
    row.get(..7)?.parse().ok()
}

/// The time that a place by time begins with.
#[must_use]
pub fn time_at(place: &str) -> Option<Timestamp> {
    time_of(place)
}

/// The ticket that a place of any list ends in.
#[must_use]
pub fn ticket_at(place: &str) -> Option<TicketId> {
    place.get(place.len().checked_sub(22)?..).and_then(super::long).map(TicketId::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_sort_as_numbers_do_and_places_name_their_ticket(a: u64, b: u64, id: u128) {
            let (a, b, id) = (TicketNumber(a), TicketNumber(b), TicketId::new(Uuid::from_u128(id)));
            prop_assert_eq!(number_key(a).cmp(&number_key(b)), a.cmp(&b));
            prop_assert_eq!(ticket_at(&number_place(a, id)), Some(id));
            prop_assert_eq!(number_at(&number_place(a, id)), Some(a));
        }

        #[test]
        fn a_place_that_begins_with_an_id_begins_with_its_time(millis in 0..253_402_300_799_999_u64, random: [u8; 10]) {
            let id = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
            prop_assert!(short(id).starts_with(&time_place(Timestamp::from_millis(millis))));
        }
    }

    #[test]
    fn states_sort_in_their_declared_order() {
        let put_away = [State::Unprocessed, State::Archived, State::Trashed];
        let states: Vec<_> = Status::ALL.iter().copied().map(State::Live).chain(put_away).collect();
        assert!(states.is_sorted());
        assert!(states.windows(2).all(|pair| state_key(pair[0]) < state_key(pair[1])));
        let live = Status::ALL.iter().map(|status| status_key(State::Live(*status), *status));
        let kept = put_away.iter().flat_map(|state| Status::ALL.iter().map(|status| status_key(*state, *status)));
        let keys: Vec<_> = live.chain(kept).collect();
        assert!(keys.windows(2).all(|pair| pair[0] < pair[1]), "{keys:?}");
    }

    #[test]
    fn what_people_wrote_is_in_no_key() {
        let tenant = Tenant::new(lambdesk_domain::id::WorkspaceId::new(Uuid::nil()));
        let colour: FieldKey = "colour".parse().expect("a key");
        let text = |text: &str| IndexedValue::Custom(colour.clone(), FieldValue::Text(text.to_owned()));
        for value in [IndexedValue::Uid("grace@customer.example".parse().expect("a uid")), text("grace")] {
            assert!(!tenant.index_entries(&value).contains("grace"));
        }
        let one = IndexedValue::Custom(colour.clone(), FieldValue::Number(1.into()));
        assert_ne!(tenant.index_entries(&text("1")), tenant.index_entries(&one));
    }
}
