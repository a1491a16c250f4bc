//! How things are shown: stored ids become names here and nowhere else.

mod account;
mod message;
mod ticket;

pub use account::{AccountView, Accounts};
pub use message::{MessageView, Reader};
pub use ticket::{ChannelView, ContactView, LabelView, TicketView, UserView};

use crate::problem::Problem;
use lambdesk_store::{CommitError, StoreError};

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::Contended => {
                tracing::warn!(%error, "the table was not available");
                Self::unavailable()
            }
            StoreError::Refused(_) | StoreError::Corrupt(_) => {
                tracing::error!(%error, "the table and the code disagree");
                Self::internal()
            }
        }
    }
}

impl From<CommitError> for Problem {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Absent => Self::not_found(),
            CommitError::Taken(what) => Self::conflict("taken", format!("{what} is taken")),
            CommitError::Store(error) => error.into(),
            // Whoever commits handles these; arriving here they are a lost race.
            CommitError::NotAsAssumed(_) | CommitError::Answered(_) | CommitError::OtherContact(_) => {
                Self::unavailable()
            }
        }
    }
}
