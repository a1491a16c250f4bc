//! Every key of the table and its indexes, built here and nowhere else.
//!
//! A [`Tenant`] is bound to one workspace and all its keys begin with it, so
//! another tenant's item cannot be named. Ids are written in 22 characters that
//! sort as the ids do; times in 8 that sort as the times do.
//!
//! | access pattern | key |
//! |---|---|
//! | a ticket; a ticket and its newest messages in one query | `ws#t#ticket`, `T` · `M#…` |
//! | what a long message says, read after its message item | `ws#t#ticket`, `Z#message` |
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
//! | what is to be taken off all tickets | `ws#cascades`, `R#id` |
//! | the search index: manifest, when it is to be compacted | `ws#s`, `M` · `W` |
//! | its write buffer; a segment's blocks; the id of an indexed number | `ws#s#fresh`, sequence · `ws#s#segment`, word!number · `ws#s#n`, number |
//! | the request that a ticket be indexed anew | `ws#t#ticket`, `Y` |
//! | runs of the sweep, newest first; how far it has come; since when the table is used | `sweeps`, `R#time`; `S`; `B` |
//! | tickets by status and last activity | index `list`: `ws#state#shard`, activity·id |
//! | open tickets of an assignee, or of nobody | index `assignee`: `ws#user#shard`, id |
//! | open tickets by priority | index `order`: `ws#open#shard`, priority·id |
//! | tickets of a contact | index `lookup`: `ws#c#contact`, id |
//! | accounts of a contact | index `lookup`: `ws#ca#contact`, `A#id` |
//! | the feed of a day | `ws#feed#day`, position; of earlier versions index `lookup`, the same |
//! | what is due in an hour | index `lookup`: `due#hour#shard`, time·key |

mod attachments;
mod cascades;
mod contacts;
mod counts;
mod directory;
mod due;
mod encoding;
mod events;
mod index;
mod purge;
mod rows;
mod search;
mod state;
mod sweep;
mod tenant;
mod tickets;
mod webhooks;

pub use attachments::parse_attachment;
pub use cascades::parse_cascade;
pub use contacts::{ACCOUNTS, CONTACTS, JOBS, Unique, parse_account, parse_contact, parse_job, parse_slot};
pub use counts::{COUNTED, COUNTED_ASSIGNEES, COUNTED_CHANNELS, COUNTS, counted_day, counted_day_key, counted_group};
pub use directory::{API_KEYS, DIRECTORY, api_key};
pub use due::{DUE_SHARDS, MOST_DUE_SHARDS, due, due_partition, due_shards, due_time, due_until, set_due_shards};
pub use encoding::{after, before, day, day_start, hour, long, short};
pub use events::{EVENTS, is_retry, parse_backfill_request, parse_events};
pub use index::{Index, Key};
pub use purge::{BELONGINGS, is_pending_purge, parse_retention_sweep};
pub use rows::{
    IndexedValue, NUMBER, StateGroup, day_at, number_at, number_key, number_place, row_day, state_key, state_place,
    status_key, tail, ticket_at, time_at, time_place,
};
pub use search::{BlockKey, indexed_number, is_reindex_request, parse_compaction};
pub use state::State;
pub use sweep::{RUNS, sweep_run, sweep_state, used_since};
pub use tenant::Tenant;
pub use tickets::{
    ATTACHMENTS, MESSAGES, THREAD, activity, by_id, is_follow_up, is_ticket, parse_message, parse_ticket, priority,
};
pub use webhooks::{DELIVERIES, ENDPOINTS, parse_delivery};

#[cfg(test)]
mod tests {
    use super::{encoding::time_key, *};
    use lambdesk_domain::{
        id::{TicketId, WorkspaceId},
        time::Timestamp,
    };
    use proptest::prelude::*;
    use uuid::Uuid;

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
