#![doc = include_str!("../README.md")]

mod accounts;
mod error;
mod handle;
mod jobs;
#[cfg(test)]
mod model;
mod plan;
mod read;
mod reconcile;
mod slot;
mod write;

pub use accounts::{AccountChange, AccountPage};
pub use error::{ContactError, OtherContact};
pub use handle::Contacts;
pub use plan::ContactPlan;
pub use read::{ContactPage, contact_id};
pub use reconcile::ContactSlice;
pub use slot::{Alias, ContactSlot, Holder, Owner, Redirect};
pub use write::ContactUpsert;
