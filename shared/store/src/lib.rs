#![doc = include_str!("../README.md")]

mod api_keys;
mod client;
mod contacts;
mod directory;
mod due;
mod error;
mod events;
mod head;
mod idempotency;
mod item;
pub mod keys;
mod list;
mod meter;
mod numbers;
mod reconcile;
mod stream;
pub mod table;
mod tickets;
mod webhooks;

pub use client::Store;
pub use due::{Due, FollowUp};
pub use error::{CommitError, Corrupt, StoreError};
pub use events::{FeedPage, InvalidPosition};
pub use idempotency::{Answered, Record};
pub use list::{CustomFilter, DEEPEST, ListFilter, ListPage, ListQuery, Position, Start, Total};
pub use meter::{Operation, Usage};
pub use reconcile::Slice;
pub use contacts::contact_id;
pub use item::{FORMAT, Item};
pub use stream::{Image, StreamChange, read_image};
pub use tickets::{NewItems, Page};
pub use webhooks::Lease;
