//! How long tickets are kept.

use crate::{status::Lifecycle, ticket::Ticket, time::Timestamp};
use serde::{Deserialize, Serialize};
use std::{fmt, time::Duration};

/// A number of whole days: 1 to 3,650.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
#[serde(transparent)]
#[schemars(inline, extend("minimum" = 1, "maximum" = Self::MOST))]
pub struct Days(u16);

impl Days {
    /// The most that can be asked for: ten years.
    pub const MOST: u16 = 3_650;
    /// How long the trash is kept when nothing else is set.
    pub const OF_TRASH: Self = Self(30);

    /// So many days, if they are 1 to [`Days::MOST`].
    #[must_use]
    pub const fn new(days: u16) -> Option<Self> {
        if days == 0 || days > Self::MOST { None } else { Some(Self(days)) }
    }

    /// As a span of time.
    #[must_use]
    pub const fn span(self) -> Duration {
        Duration::from_secs(self.0 as u64 * 86_400)
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Days {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let days = u64::deserialize(from)?;
        let days = u16::try_from(days).ok().and_then(Self::new);
        days.ok_or_else(|| serde::de::Error::custom("must be 1 to 3650 days"))
    }
}

/// How long a workspace keeps its tickets.
///
/// Days count from the last change of a ticket, whatever it was, so that nothing
/// goes that somebody still works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Retention {
    /// How long a deleted ticket can be restored. After that it is purged.
    #[serde(rename = "restore_window_days")]
    pub restore_window: Days,
    /// After how long finished tickets (resolved, closed, spam; archived ones too)
    /// are deleted; none: never. Then the restore window runs.
    #[serde(rename = "retention_days")]
    pub finished: Option<Days>,
}

impl Default for Retention {
    fn default() -> Self {
        Self { restore_window: Days::OF_TRASH, finished: None }
    }
}

/// What the time has come for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// It is to be deleted: into the trash.
    Delete,
    /// It is to be purged: gone for good.
    Purge,
}

impl Retention {
    /// What is to become of a ticket at this time, if anything.
    #[must_use]
    pub fn expiry(&self, ticket: &Ticket, now: Timestamp) -> Option<Expiry> {
        let is_past = |since: Timestamp, days: Days| since.plus(days.span()) <= now;
        match ticket.lifecycle {
            Lifecycle::Trashed => {
                ticket.trashed_at.is_some_and(|at| is_past(at, self.restore_window)).then_some(Expiry::Purge)
            }
            Lifecycle::Live | Lifecycle::Archived => {
                let days = self.finished.filter(|_| !ticket.status.is_active())?;
                is_past(ticket.updated_at, days).then_some(Expiry::Delete)
            }
            Lifecycle::Unprocessed => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{status::Status, testing};
    use proptest::prelude::*;

    fn keeping(window: u16, finished: Option<u16>) -> Retention {
        let days = |days| Days::new(days).expect("some days");
        Retention { restore_window: days(window), finished: finished.map(days) }
    }

    proptest! {
        #[test]
        fn a_ticket_expires_to_the_millisecond_and_only_from_trash_or_when_finished(
            ticket in testing::ticket(), window in 1..100_u16, finished in proptest::option::of(1..100_u16),
        ) {
            let retention = keeping(window, finished);
            let (since, days, expiry) = match ticket.lifecycle {
                Lifecycle::Trashed => (ticket.trashed_at, Some(retention.restore_window), Expiry::Purge),
                Lifecycle::Unprocessed => (None, None, Expiry::Delete),
                Lifecycle::Live | Lifecycle::Archived => {
                    let is_finished = matches!(ticket.status, Status::Resolved | Status::Closed | Status::Spam);
                    (Some(ticket.updated_at).filter(|_| is_finished), retention.finished, Expiry::Delete)
                }
            };
            let end = since.zip(days).map(|(since, days)| since.plus(days.span()));
            prop_assert_eq!(end.and_then(|end| retention.expiry(&ticket, end)), end.map(|_| expiry));
            let before = end.unwrap_or(ticket.updated_at).minus(Duration::from_millis(1));
            prop_assert_eq!(retention.expiry(&ticket, before), None);
        }
    }

    #[test]
    fn days_are_1_to_3650_also_when_they_are_read() {
        for (text, is_read) in
            [("0", false), ("1", true), ("3650", true), ("3651", false), ("70000", false), ("-1", false)]
        {
            assert_eq!(serde_json::from_str::<Days>(text).is_ok(), is_read, "{text}");
        }
        assert_eq!((Days::new(0), Days::new(3_651)), (None, None));
    }
}
