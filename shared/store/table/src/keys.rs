//! Every key of the table and its indexes, built here and nowhere else.
//!
//! A [`Tenant`] is bound to one workspace and all its keys begin with it, so
//! another tenant's item cannot be named. Ids are written in 22 characters that
//! sort as the ids do; times in 8 that sort as the times do.
//!
//! | access pattern | key |
//! |---|---|
//! | a ticket; a ticket and its newest messages in one query | `ws#t#ticket`, `T` · `M#…` |
//! | a ticket's messages, events (activity log) | `ws#t#ticket`, `M#message` · `E#version` |
//! | files of a ticket, found one by one or all | `ws#t#ticket`, `X#attachment` |
//! | a ticket's due row | `ws#t#ticket`, `U` |
//! | the directory, whole; names made unique | `ws#dir`, `D#id`, settings `S`; `ws#names`, `kind#name` |
//! | API keys of a workspace; one by its secret | `ws#keys`, `K#id`; `key#hash`, `K` |
//! | a contact's events; the row that asks for a check of them | `ws#e#contact`, `E#version` · `V` |
//! | the request that the sequence gaps of a ticket or a contact be backfilled; the fan-out reads it from the stream, it expires | `ws#t#ticket`, `G`; `ws#contacts`, `G#id` |
//! | contacts of a workspace; one, found by address, too (its first id derives from it) | `ws#contacts`, `C#id` |
//! | accounts of a workspace | `ws#accounts`, `A#id` |
//! | a contact by external id or uid, an account by kind and external id | `ws#names`, `kind#hash` |
//! | exports, merges and erasures of a contact, newest first | `ws#j#contact`, `J#id` |
//! | webhook endpoints of a workspace | `ws#hooks`, `H#id` |
//! | deliveries of an endpoint, newest first | `ws#h#endpoint`, `D#delivery` |
//! | idempotency record | `ws#i#hash`, `I` |
//! | the next ticket numbers; a ticket by number | `ws#n`, `N`; `#number·id` |
//! | tickets that are not active by priority, then creation | `ws#o#group`, priority·id |
//! | tickets by last change | `ws#u#group`, updated·id |
//! | tickets by last activity, with columns that lists filter by | `ws#a#group`, activity·id |
//! | tickets with a tag, account, uid, category, team, custom value, channel, assignee | `ws#f#kind#value`, id |
//! | the same, but for channels and assignees, by the day of their last activity | `ws#l#kind#value`, day·id |
//! | how far counters have come, with the counts now; a recount; what it has replaced | `ws#count`, `P`; `B`; `O` |
//! | counts of channels and assignees now; what happened on days | `ws#count#generation`, `C#channel` · `U#assignee`; `D#group#day` |
//! | a workspace's round of purging; what remains of a purged ticket | `ws#purge`, `W`; `ws#t#ticket`, `W` |
//! | the search index: manifest, when it is to be compacted | `ws#s`, `M` · `W` |
//! | its write buffer; a segment's blocks; the id of an indexed number | `ws#s#fresh`, sequence · `ws#s#segment`, word!number · `ws#s#n`, number |
//! | the request that a ticket be indexed anew | `ws#t#ticket`, `Y` |
//! | runs of the sweep, newest first | `sweeps`, `R#time` |
//! | tickets by status and last activity | index `list`: `ws#state#shard`, activity·id |
//! | open tickets of an assignee, or of nobody | index `assignee`: `ws#user#shard`, id |
//! | open tickets by priority | index `order`: `ws#open#shard`, priority·id |
//! | tickets of a contact | index `lookup`: `ws#c#contact`, id |
//! | accounts of a contact | index `lookup`: `ws#ca#contact`, `A#id` |
//! | the feed of a day | index `lookup`: `ws#feed#day`, position |
//! | what is due in an hour | index `lookup`: `due#hour#shard`, time·key |

mod attachments;
mod contacts;
mod counts;
mod events;
mod purge;
mod rows;
mod search;
mod tenant;

pub use attachments::parse_attachment;
pub use contacts::Unique;
pub use contacts::{ACCOUNTS, CONTACTS, JOBS, parse_account, parse_contact, parse_job, parse_place};
pub use counts::{COUNTED, COUNTED_ASSIGNEES, COUNTED_CHANNELS, COUNTS, counted_day, counted_day_key, counted_group};
pub use events::EVENTS;
pub use events::{is_recheck, parse_backfill_request, parse_events};
pub use purge::BELONGINGS;
pub use purge::{is_remains, parse_round};
pub use rows::{
    IndexedValue, NUMBER, StateGroup, day_at, number_at, number_key, number_place, row_day, state_key, state_place,
    tail, ticket_at, time_at, time_place,
};
pub use search::{BlockKey, indexed_number, is_reindex_request, parse_compaction};
pub use tenant::Tenant;

use base64::{
    Engine as _,
    alphabet::Alphabet,
    engine::{GeneralPurpose, general_purpose::NO_PAD},
};
use lambdesk_domain::{
    id::{DeliveryId, EndpointId, MessageId, TicketId, WorkspaceId},
    status::{Priority, Shelf, Status},
    ticket::Ticket,
    time::Timestamp,
};
use std::sync::LazyLock;
use uuid::Uuid;

/// Base64 whose alphabet is in ASCII order, so encoded bytes sort as the bytes do.
static SORTED: LazyLock<GeneralPurpose> = LazyLock::new(|| {
    let alphabet = Alphabet::new("-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz");
    GeneralPurpose::new(&alphabet.unwrap_or(base64::alphabet::URL_SAFE), NO_PAD)
});

/// An id in 22 characters that sort as ids do.
#[must_use]
pub fn short(id: Uuid) -> String {
    SORTED.encode(id.as_bytes())
}

/// Reads [`short`].
#[must_use]
pub fn long(short: &str) -> Option<Uuid> {
    let bytes = SORTED.decode(short).ok()?;
    Uuid::from_slice(&bytes).ok()
}

/// A time in 8 characters that sort as times do (48 bits of milliseconds).
fn time_key(time: Timestamp) -> String {
    let bytes = time.millis().to_be_bytes();
    SORTED.encode(bytes.get(2..).unwrap_or_default())
}

fn time_of(key: &str) -> Option<Timestamp> {
    let bytes = SORTED.decode(key.get(..8)?).ok()?;
    let millis = bytes.iter().fold(0_u64, |millis, byte| millis << 8 | u64::from(*byte));
    Some(Timestamp::from_millis(millis))
}

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

/// The partition of the list index that a ticket is in: its status, unless it is put away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// On the ordinary shelf with this status.
    Live(Status),
    /// Kept back by screening.
    Unprocessed,
    /// Put away.
    Archived,
    /// Deleted.
    Trashed,
}

impl State {
    /// Where a ticket of this shelf and status is.
    #[must_use]
    pub const fn of(shelf: Shelf, status: Status) -> Self {
        match shelf {
            Shelf::Live => Self::Live(status),
            Shelf::Unprocessed => Self::Unprocessed,
            Shelf::Archived => Self::Archived,
            Shelf::Trashed => Self::Trashed,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Live(status) => status.as_str(),
            Self::Unprocessed => Shelf::Unprocessed.as_str(),
            Self::Archived => Shelf::Archived.as_str(),
            Self::Trashed => Shelf::Trashed.as_str(),
        }
    }
}

const TICKET: &str = "T";
const MESSAGE: &str = "M#";
const ATTACHMENT: &str = "X#";
const FOLLOW_UP: &str = "U";

/// The sort keys of a ticket's thread: its messages and, last, its head.
pub const THREAD: (&str, &str) = (MESSAGE, TICKET);
/// The sort keys of a ticket's messages.
pub const MESSAGES: (&str, &str) = (MESSAGE, "M$");
/// The sort keys of a ticket's files.
pub const ATTACHMENTS: (&str, &str) = (ATTACHMENT, "X$");
/// The sort keys of the directory's entries and settings.
pub const DIRECTORY: (&str, &str) = ("D#", "S");
/// The sort keys of a workspace's API keys.
pub const API_KEYS: (&str, &str) = ("K#", "K$");
/// The sort keys of a workspace's webhook endpoints.
pub const ENDPOINTS: (&str, &str) = ("H#", "H$");
/// The sort keys of the runs of the sweep.
pub const RUNS: (&str, &str) = ("R#", "R$");
/// The sort keys of an endpoint's deliveries.
pub const DELIVERIES: (&str, &str) = ("D#", "D$");

/// The sort key right before this one, for ranges that leave it out: ids are 22
/// characters, so nothing sorts between it and its own beginning.
pub fn before(sk: &str) -> String {
    match sk.char_indices().next_back() {
        Some((end, last)) => {
            let earlier = char::from_u32(u32::from(last) - 1).unwrap_or(' ');
            format!("{}{earlier}~", sk.get(..end).unwrap_or_default())
        }
        None => String::new(),
    }
}

/// The sort key right after this one, for ranges that leave it out.
pub fn after(sk: &str) -> String {
    format!("{sk}!")
}

/// Whether this sort key is a ticket's head.
#[must_use]
pub fn is_ticket(sk: &str) -> bool {
    sk == TICKET
}

/// The workspace and ticket that a ticket's partition key names.
#[must_use]
pub fn parse_ticket(pk: &str) -> Option<(WorkspaceId, TicketId)> {
    let (workspace, ticket) = pk.split_once("#t#")?;
    Some((WorkspaceId::new(long(workspace)?), TicketId::new(long(ticket)?)))
}

/// The message that a message's sort key names.
#[must_use]
pub fn parse_message(sk: &str) -> Option<MessageId> {
    sk.strip_prefix(MESSAGE).and_then(long).map(MessageId::new)
}

/// The workspace, endpoint and delivery that a delivery's key names.
#[must_use]
pub fn parse_delivery(key: &Key) -> Option<(WorkspaceId, EndpointId, DeliveryId)> {
    let (workspace, endpoint) = key.pk.split_once("#h#")?;
    let delivery = key.sk.strip_prefix("D#")?;
    Some((WorkspaceId::new(long(workspace)?), EndpointId::new(long(endpoint)?), DeliveryId::new(long(delivery)?)))
}

/// Whether this sort key is the row of a follow-up.
#[must_use]
pub fn is_follow_up(sk: &str) -> bool {
    sk == FOLLOW_UP
}

/// How far the sweep has come.
#[must_use]
pub fn sweep_state() -> Key {
    Key { pk: "sweeps".to_owned(), sk: "S".to_owned() }
}

/// An API key as it is found by the hash of its secret.
#[must_use]
pub fn api_key(hash: &str) -> Key {
    Key { pk: format!("key#{hash}"), sk: "K".to_owned() }
}

/// A run of the sweep.
#[must_use]
pub fn sweep_run(at: Timestamp) -> Key {
    Key { pk: "sweeps".to_owned(), sk: format!("R#{}", time_key(at)) }
}

/// A place in a list by last activity: sorts as the list does.
#[must_use]
pub fn activity(last_activity_at: Timestamp, ticket: TicketId) -> String {
    format!("{}{}", time_key(last_activity_at), short(ticket.uuid()))
}

/// A place in the list by priority.
#[must_use]
pub fn priority(priority: Priority, ticket: TicketId) -> String {
    format!("{}{}", priority.code(), short(ticket.uuid()))
}

/// The sort key of a ticket in indexes by id.
#[must_use]
pub fn by_id(ticket: &Ticket) -> String {
    short(ticket.id.uuid())
}

/// How many partitions what is due in one hour is spread over.
pub const DUE_SHARDS: u8 = 4;

/// Where something due is found: partition of the hour, and its place in it.
#[must_use]
pub fn due(at: Timestamp, key: &Key) -> (String, String) {
    let shard = key.pk.bytes().chain(key.sk.bytes()).fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte))
        % DUE_SHARDS;
    (due_partition(hour(at), shard), format!("{}{}", time_key(at), key.pk))
}

/// The partition of one hour and shard.
#[must_use]
pub fn due_partition(hour: u64, shard: u8) -> String {
    format!("due#{hour}#{shard}")
}

/// The place after everything due at this time.
#[must_use]
pub fn due_until(at: Timestamp) -> String {
    time_key(at.plus(std::time::Duration::from_millis(1)))
}

/// When something at this place of the due partitions is due.
#[must_use]
pub fn due_time(x_sk: &str) -> Option<Timestamp> {
    time_of(x_sk)
}

/// The hour of a time, counted from the epoch.
#[must_use]
pub const fn hour(at: Timestamp) -> u64 {
    at.seconds() / 3600
}

/// The day of a time, counted from the epoch.
#[must_use]
pub const fn day(at: Timestamp) -> u64 {
    at.seconds() / 86_400
}

/// When a day begins.
#[must_use]
pub const fn day_start(day: u64) -> Timestamp {
    Timestamp::from_millis(day.saturating_mul(86_400_000))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn short_ids_sort_as_ids_and_read_back(a: u128, b: u128) {
            let (a, b) = (Uuid::from_u128(a), Uuid::from_u128(b));
            prop_assert_eq!(short(a).cmp(&short(b)), a.cmp(&b));
            prop_assert_eq!(long(&short(a)), Some(a));
        }

        #[test]
        fn places_in_a_list_sort_by_time_then_id(a in 0..253_402_300_799_999_u64, b in 0..253_402_300_799_999_u64) {
            let id = TicketId::new(Uuid::nil());
            let (first, second) = (Timestamp::from_millis(a), Timestamp::from_millis(b));
            prop_assert_eq!(activity(first, id).cmp(&activity(second, id)), first.cmp(&second));
            prop_assert_eq!(due_time(&time_key(first)), Some(first));
        }

        #[test]
        fn a_tenants_keys_never_name_anothers_items(a: u128, b: u128, id: u128) {
            prop_assume!(a != b);
            let (first, second) = (Tenant::new(WorkspaceId::new(Uuid::from_u128(a))), Tenant::new(WorkspaceId::new(Uuid::from_u128(b))));
            let ticket = TicketId::new(Uuid::from_u128(id));
            prop_assert_ne!(first.ticket(ticket).pk, second.ticket(ticket).pk);
            prop_assert_eq!(parse_ticket(&first.ticket(ticket).pk), Some((WorkspaceId::new(Uuid::from_u128(a)), ticket)));
        }
    }
}
