#![doc = include_str!("../README.md")]

mod accounts;
mod accounts_read;
mod api_keys;
mod attachments;
mod changes;
mod client;
mod contacts;
mod counts;
mod directory;
mod due;
mod endpoints;
mod error;
mod events;
mod feed;
mod head;
mod idempotency;
mod item;
mod jobs;
pub mod keys;
mod list;
mod message;
mod meter;
mod numbers;
mod outbox;
mod overdue;
mod personal;
mod purge;
mod reconcile;
mod redelivery;
mod revise;
mod rows;
mod search;
mod sifted;
mod stream;
pub mod table;
mod thread;
mod tickets;
mod uses;
mod webhooks;

pub use accounts::AccountPage;
pub use api_keys::{KeyChange, ListedKey};
pub use changes::{EntryChange, New, Seen, unique_part, version_of};
pub use client::Store;
pub use contacts::{
    Claim, ContactPage, ContactPlan, Former, Holder, Lent, Owner, Place, UsedBy, contact_id,
};
pub use counts::{Folded, Recounted, Standings};
pub use due::{Due, FollowUp};
pub use error::{CommitError, Corrupt, StoreError};
pub use events::{FeedPage, InvalidPosition};
pub use feed::FeedPosition;
pub use idempotency::{Answered, Record};
pub use item::{FORMAT, Item};
pub use list::{
    CustomFilter, DEEPEST, ListFilter, ListPage, ListQuery, Period, Position, Sort, SortBy, Start, TooMany, Total,
};
pub use meter::{Operation, Usage};
pub use outbox::{Gaps, Repaired, delivery_of};
pub use overdue::{DuePage, DuePlace};
pub use personal::Progress;
pub use purge::{BETWEEN_ROUNDS, Oldest, Round, RoundPlace};
pub use reconcile::Slice;
pub use redelivery::Replaces;
pub use search::{FORGET_WITHIN, Hits, Pace, Search, SearchFrom, Tended, TicketWords, Unindexed};
pub use stream::{Image, StreamChange, read_image};
pub use thread::ThreadPage;
pub use tickets::{NewItems, Page};
pub use uses::{Used, Users};
pub use webhooks::Lease;
