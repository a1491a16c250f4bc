//! Position of a part in the export of a person: written as text into the part's cursor
//! and read back. Pure.

use lambdesk_domain::id::{AccountId, MessageId, TicketId, Version};
use std::{fmt, str::FromStr};

/// Where a part begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExportPosition {
    /// Whose things: the contact's own, then those under each id merged into it.
    pub subject: usize,
    /// Where among their things.
    pub at: At,
}

/// Where among the things of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// After this account; then come the tickets.
    Accounts(Option<AccountId>),
    /// After this ticket, or within it.
    Tickets(Option<TicketId>, Option<Rest>),
}

impl At {
    pub const FIRST_TICKET: Self = Self::Tickets(None, None);
}

impl Default for At {
    fn default() -> Self {
        Self::Accounts(None)
    }
}

/// What follows of a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// Messages after this one, then events.
    Messages(MessageId),
    /// Events before this version.
    Events(Version),
}

impl fmt::Display for ExportPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.subject.fmt(f)?;
        let rest = match self.at {
            At::Accounts(after) => {
                return after.map_or(Ok(()), |after| write!(f, " a {after}"));
            }
            At::Tickets(ticket, rest) => {
                f.write_str(" t")?;
                ticket.map_or(Ok(()), |ticket| write!(f, " {ticket}"))?;
                rest
            }
        };
        match rest {
            Some(Rest::Messages(after)) => write!(f, " m {after}"),
            Some(Rest::Events(before)) => write!(f, " e {before}"),
            None => Ok(()),
        }
    }
}

/// The text is no position.
#[derive(Debug)]
pub struct InvalidExportPosition;

fn read<T: FromStr>(word: &str) -> Result<T, InvalidExportPosition> {
    word.parse().map_err(|_| InvalidExportPosition)
}

impl FromStr for ExportPosition {
    type Err = InvalidExportPosition;

    fn from_str(text: &str) -> Result<Self, InvalidExportPosition> {
        let words: Vec<_> = text.split(' ').collect();
        let (subject, at) = match *words.as_slice() {
            [subject] => (subject, At::Accounts(None)),
            [subject, "a", after] => (subject, At::Accounts(Some(read(after)?))),
            [subject, "t"] => (subject, At::FIRST_TICKET),
            [subject, "t", ticket] => (subject, At::Tickets(Some(read(ticket)?), None)),
            [subject, "t", ticket, kind, rest] => {
                let rest = match kind {
                    "m" => Rest::Messages(read(rest)?),
                    "e" => Rest::Events(Version(read(rest)?)),
                    _ => return Err(InvalidExportPosition),
                };
                (subject, At::Tickets(Some(read(ticket)?), Some(rest)))
            }
            _ => return Err(InvalidExportPosition),
        };
        Ok(Self { subject: read(subject)?, at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_position_reads_back_as_it_was_written() {
        let ticket = Some(TicketId::new(Uuid::from_u128(7)));
        let message = Rest::Messages(MessageId::new(Uuid::from_u128(8)));
        for at in [
            At::default(),
            At::Accounts(Some(AccountId::new(Uuid::from_u128(9)))),
            At::FIRST_TICKET,
            At::Tickets(ticket, None),
            At::Tickets(ticket, Some(message)),
            At::Tickets(ticket, Some(Rest::Events(Version(12)))),
        ] {
            let position = ExportPosition { subject: 3, at };
            assert_eq!(position.to_string().parse::<ExportPosition>().ok(), Some(position));
        }
        let id = "00000000-0000-0000-0000-000000000007";
        for bad in
            ["", "x", "0 7", "0 a", "0 t 7", &format!("0 t {id} m"), &format!("0 t {id} z 1"), &format!("0 {id}")]
        {
            assert!(bad.parse::<ExportPosition>().is_err(), "{bad}");
        }
    }
}
