//! What an answer can be made of again, instead of being remembered: ids alone.

use axum::http::StatusCode;
use lambdesk_domain::id::{MessageId, TicketId};
use std::{fmt, str::FromStr};

/// What was made or changed, and is shown by the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// A ticket.
    Ticket(TicketId),
    /// A message of a ticket.
    Message(TicketId, MessageId),
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ticket(id) => write!(f, "t {id}"),
            Self::Message(ticket, id) => write!(f, "m {ticket} {id}"),
        }
    }
}

/// A text names nothing that an answer can be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("names nothing that was made")]
pub struct InvalidMade;

impl FromStr for Made {
    type Err = InvalidMade;

    fn from_str(text: &str) -> Result<Self, InvalidMade> {
        fn id<T: FromStr>(text: &str) -> Result<T, InvalidMade> {
            text.parse().map_err(|_| InvalidMade)
        }
        let words: Vec<_> = text.split(' ').collect();
        Ok(match *words.as_slice() {
            ["t", ticket] => Self::Ticket(id(ticket)?),
            ["m", ticket, message] => Self::Message(id(ticket)?, id(message)?),
            _ => return Err(InvalidMade),
        })
    }
}

/// An answer whose body is to be made again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeAgain {
    /// Its status.
    pub status: StatusCode,
    /// Its `Location`, when it had one.
    pub location: Option<String>,
    /// Its `ETag`, when it had one.
    pub etag: Option<String>,
    /// What it shows.
    pub made: Made,
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn what_was_made_reads_back_as_it_was_written() {
        let (ticket, message) = (TicketId::new(Uuid::from_u128(7)), MessageId::new(Uuid::from_u128(8)));
        for made in [Made::Ticket(ticket), Made::Message(ticket, message)] {
            assert_eq!(made.to_string().parse(), Ok(made));
        }
        for bad in ["", "t", "t 7", "m 7", "x 00000000-0000-0000-0000-000000000007"] {
            assert_eq!(bad.parse::<Made>(), Err(InvalidMade), "{bad}");
        }
    }
}
