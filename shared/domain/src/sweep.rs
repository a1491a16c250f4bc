//! Runs of the sweep as they are reported, and the events by which the fan-out backfills
//! versions that the stream lost.

use crate::{
    access::Cause,
    events::{FieldChange, TicketEvent, UNKNOWN_FIELD, between},
    id::Version,
    ticket::{ThinTicket, Ticket},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// One run of the sweep, as `GET /v1/sweeps` tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Run {
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// Follow-ups that were due.
    pub follow_ups: RunTally,
    /// Deliveries that were due; done when a hint went to the queue.
    pub deliveries: RunTally,
    /// Tickets and contacts whose events were to be checked; done when the missing ones were
    /// requested.
    pub rechecks: RunTally,
    /// Merges and erasures of contacts under way; done when nothing was left to do. What was
    /// deleted by force and is taken off the tickets that have it counts, too; done when a pass
    /// over them is through, though another may follow.
    #[serde(default)]
    pub jobs: RunTally,
    /// Finished tickets that were kept long enough; done when they are in the trash.
    #[serde(default)]
    pub deleted: RunTally,
    /// Tickets that were in the trash long enough; done when they are gone for good.
    #[serde(default)]
    pub purged: RunTally,
    /// What it did for the nightly reconcile.
    pub reconciled: Reconciled,
    /// How late the follow-ups came back, from due to done.
    pub lateness_ms: Lateness,
    /// What failed and is left to the next run.
    pub errors: u64,
    /// Everything that was due has been looked at.
    pub is_complete: bool,
}

/// How many things were due, and what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "Tally")]
pub struct RunTally {
    /// Seen.
    pub found: u64,
    /// Dealt with.
    pub done: u64,
    /// Found to be no longer due, or left to the next run.
    pub skipped: u64,
}

/// The reconcile's share of one run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Reconciled {
    /// Tickets and contacts whose events were checked.
    pub found: u64,
    /// Versions that lack an event and were requested; the fan-out writes their events.
    pub done: u64,
    /// The reconcile went through the whole table with this run.
    pub is_complete: bool,
}

/// Milliseconds from due to done; zero when there was nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Lateness {
    /// The latest.
    pub max: u64,
    /// The median.
    pub p50: u64,
}

impl Lateness {
    /// Of all that were done.
    #[must_use]
    pub fn of(mut millis: Vec<u64>) -> Self {
        millis.sort_unstable();
        let max = millis.last().copied().unwrap_or_default();
        let p50 = millis.get(millis.len() / 2).copied().unwrap_or_default();
        Self { max, p50 }
    }
}

/// The event of a version whose change the stream never told, made from the
/// ticket as it is now. `version` is at most the ticket's own.
///
/// Of the ticket's present version only the fields that changed are unknown, and
/// of a first one not even those. Of an earlier version it is certain that it was,
/// and whether it was the first. What isn't known is told so:
/// - `changes` has one entry for the field `*`, redacted;
/// - `data.ticket` is the present ticket, so its `version` is above `sequence`;
/// - actor (unless of the first) is the system, the time is the latest possible;
/// - it counts as not silent, because a webhook too many does less harm than one
///   that is missing.
///
/// The id of an earlier version depends on ticket and version alone, however often
/// it is made.
#[must_use]
pub fn lost_version(ticket: &Ticket, version: Version) -> TicketEvent {
    if version < ticket.version {
        return past_version(ticket, version);
    }
    let mut event = between(None, ticket);
    if ticket.version > Version::FIRST {
        event.changes = vec![FieldChange::unknown()];
    }
    event
}

/// Whether an event is the backfill of a lost version and doesn't tell what changed.
#[must_use]
pub fn is_lost(event: &TicketEvent) -> bool {
    event.changes.iter().any(|change| change.field == UNKNOWN_FIELD)
}

fn past_version(ticket: &Ticket, version: Version) -> TicketEvent {
    let is_first = version == Version::FIRST;
    let actor = if is_first { ticket.origin.creator } else { Cause::SYSTEM.actor };
    let cause = Cause { actor, ..Cause::SYSTEM };
    let as_if = Ticket { version, updated_at: ticket.created_at, cause, ..ticket.clone() };
    let mut event = between(None, &as_if);
    if !is_first {
        event.created_at = ticket.updated_at;
    }
    event.data.ticket = ThinTicket::from(ticket);
    event.changes = vec![FieldChange::unknown()];
    event
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{events::EventType, testing, time::Timestamp};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_lost_version_tells_what_is_certain_and_nothing_else(ticket in testing::ticket(), below in 1..9_u64) {
            let ticket = Ticket { version: Version(below + 1), ..ticket };
            for sequence in 1..=below {
                let event = lost_version(&ticket, Version(sequence));
                prop_assert_eq!(event.sequence, Version(sequence));
                prop_assert_eq!(event.kind == EventType::TicketCreated, sequence == 1);
                prop_assert!(event.types.iter().all(|kind| [EventType::TicketCreated, EventType::TicketUpdated].contains(kind)));
                prop_assert_eq!(event.changes.iter().map(|change| change.field.as_str()).collect::<Vec<_>>(), [UNKNOWN_FIELD]);
                prop_assert_eq!(event.data.ticket.version, ticket.version);
                let later = Ticket { version: Version(below + 2), updated_at: Timestamp::from_millis(7), ..ticket.clone() };
                prop_assert_eq!(lost_version(&later, Version(sequence)).id, event.id);
            }
            let present = lost_version(&ticket, ticket.version);
            prop_assert_eq!((present.actor, present.is_silent), (ticket.cause.actor, ticket.cause.is_silent));
            prop_assert_eq!(present.id, between(None, &ticket).id);
        }

        #[test]
        fn a_lost_first_version_is_the_event_it_would_have_been(ticket in testing::ticket()) {
            let ticket = Ticket { version: Version::FIRST, ..ticket };
            prop_assert_eq!(lost_version(&ticket, Version::FIRST), between(None, &ticket));
        }
    }

    #[test]
    fn lateness_is_zero_when_nothing_was_due() {
        assert_eq!(Lateness::of(Vec::new()), Lateness::default());
        assert_eq!(Lateness::of(vec![30, 10, 20]), Lateness { max: 30, p50: 20 });
    }
}
