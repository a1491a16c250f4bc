//! Failures of the stores as problem documents: the one place that decides what a
//! caller is told, and what an operator.

use crate::problem::Problem;
use lambdesk_store_contacts::ContactError;
use lambdesk_store_directory::{AddKeyError, EntryError};
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

#[cfg(test)]
mod tests {
    use super::*;
    use lambdesk_table::{AlreadyAnswered, Answered, Corrupt, Record};

    fn answered() -> AlreadyAnswered {
        let answer = Answered { status: 204, location: None, etag: None, sealed_body: Vec::new(), is_reference: false };
        AlreadyAnswered(Box::new(Record { key: String::new(), request: String::new(), answer }))
    }

    #[test]
    fn what_may_work_later_is_503_a_name_that_is_taken_409_and_a_defect_of_ours_500() {
        for (problem, status, code) in [
            (Problem::from(TableError::Unavailable("throttled")), 503, "unavailable"),
            (TableError::Contended.into(), 503, "unavailable"),
            (TableError::Refused(String::new()).into(), 500, "internal"),
            (TableError::Corrupt(Corrupt("doc")).into(), 500, "internal"),
            (ContactError::Taken("the uid").into(), 409, "taken"),
            (ContactError::Answered(answered()).into(), 503, "unavailable"),
            (ContactError::Table(TableError::Contended).into(), 503, "unavailable"),
            (EntryError::Taken("the name").into(), 409, "taken"),
            (EntryError::Answered(answered()).into(), 503, "unavailable"),
            (EntryError::Table(TableError::Contended).into(), 503, "unavailable"),
            (AddKeyError::Taken.into(), 409, "taken"),
            (AddKeyError::HolderChanged.into(), 503, "unavailable"),
            (AddKeyError::Answered(answered()).into(), 503, "unavailable"),
            (AddKeyError::Table(TableError::Contended).into(), 503, "unavailable"),
            (AnswerError::Answered(answered()).into(), 503, "unavailable"),
            (AnswerError::Table(TableError::Contended).into(), 503, "unavailable"),
        ] {
            assert_eq!((problem.status().as_u16(), problem.code()), (status, code), "{problem:?}");
        }
    }
}
