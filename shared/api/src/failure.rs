//! Failures of the stores as problem documents: the one place that decides what a
//! caller is told, and what an operator.

use crate::problem::Problem;
use lambdesk_store_contacts::ContactError;
use lambdesk_store_directory::{AddKeyError, EntryError};
use lambdesk_store_tickets::AnnounceError;
use lambdesk_table::{AnswerError, TableError};

impl Problem {
    /// 409: something that must be unique is another's; `what` says it in words.
    #[must_use]
    pub fn taken(what: &str) -> Self {
        Self::conflict("taken", format!("{what} is taken"))
    }
}

impl From<TableError> for Problem {
    fn from(error: TableError) -> Self {
        match error {
            TableError::Unavailable(_) | TableError::Contended => {
                tracing::warn!(%error, "the table was not available");
                Self::unavailable()
            }
            TableError::Refused(_) | TableError::Corrupt(_) => {
                tracing::error!(%error, "the table and the code disagree");
                Self::internal()
            }
        }
    }
}

// An answer that was remembered is replayed by whoever asked for it to be remembered;
// arriving here it is a lost race.

impl From<AnswerError> for Problem {
    fn from(error: AnswerError) -> Self {
        match error {
            AnswerError::Answered(_) => Self::unavailable(),
            AnswerError::Table(error) => error.into(),
        }
    }
}

impl From<ContactError> for Problem {
    fn from(error: ContactError) -> Self {
        match error {
            ContactError::Taken(what) => Self::taken(what),
            ContactError::Answered(_) => Self::unavailable(),
            ContactError::Table(error) => error.into(),
        }
    }
}

impl From<EntryError> for Problem {
    fn from(error: EntryError) -> Self {
        match error {
            EntryError::Taken(what) => Self::taken(what),
            EntryError::Answered(_) => Self::unavailable(),
            EntryError::Table(error) => error.into(),
        }
    }
}

impl From<AddKeyError> for Problem {
    fn from(error: AddKeyError) -> Self {
        match error {
            AddKeyError::Taken => Self::taken("the key"),
            // The holder has changed this moment; another try sees it as it is.
            AddKeyError::HolderChanged | AddKeyError::Answered(_) => Self::unavailable(),
            AddKeyError::Table(error) => error.into(),
        }
    }
}

impl From<AnnounceError> for Problem {
    fn from(error: AnnounceError) -> Self {
        match error {
            AnnounceError::Answered(_) => Self::unavailable(),
            AnnounceError::Table(error) => error.into(),
        }
    }
}
