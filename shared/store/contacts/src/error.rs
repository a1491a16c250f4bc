//! Why contacts and accounts were not written.

use crate::slot::ContactSlot;
use lambdesk_table::{AlreadyAnswered, TableError};

/// Why contacts or an account were not written.
#[derive(Debug, thiserror::Error)]
pub enum ContactError {
    /// A request with this idempotency key was answered before.
    #[error(transparent)]
    Answered(#[from] AlreadyAnswered),
    /// A unique name is another's.
    #[error("{0} is taken")]
    Taken(&'static str),
    /// The table failed.
    #[error(transparent)]
    Table(#[from] TableError),
}

/// A contact to be upserted is another one, under another name, or blocked; this is the
/// slot of its address as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the contact is another one")]
pub struct OtherContact(pub Box<ContactSlot>);
