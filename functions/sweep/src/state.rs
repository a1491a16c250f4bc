//! The state of the sweep: how far it has come, as it is kept between runs. Pure.

use lambdesk_domain::{
    id::{ContactId, WorkspaceId},
    search::WORDS_VERSION,
    time::Timestamp,
};
use lambdesk_table::keys::hour;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, time::Duration};

/// Hours that the first run looks back.
const FIRST_LOOK: u64 = 24;
/// Hours that any run looks back at most, when something old can't be dealt with.
const LONGEST_LOOK: u64 = 7 * 24;
/// Hours that are looked at again although they were done: rows are due when they
/// are written or later, so only a writer that took so long could be missed.
const AGAIN: u64 = 1;

/// How far back the reconcile looks, so that a night that failed is made up for.
const RECONCILE_WINDOW: Duration = Duration::from_hours(48);
/// Workspaces whose contacts one reconcile looks at: so many fit into what is kept.
const MOST_WORKSPACES: usize = 5_000;
/// Hours of the day (UTC) in which it begins.
const NIGHT: std::ops::Range<u64> = 2..4;
/// It began less than this ago: not again in the same night.
const SAME_NIGHT: Duration = Duration::from_hours(20);
/// It began longer than this ago: now, whatever the hour.
const OVERDUE: Duration = Duration::from_hours(26);

/// What is remembered from run to run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SweepState {
    /// The first hour that may hold something due; none before the first complete run.
    #[serde(default)]
    next_hour: Option<u64>,
    /// The reconcile that is under way.
    #[serde(default)]
    pub walk: Option<ReconcileWalk>,
    /// When the last complete reconcile began.
    #[serde(default)]
    pub reconciled_at: Option<Timestamp>,
    /// How far the rebuild of the search indexes has come.
    #[serde(default)]
    pub rebuild: Rebuild,
}

/// A rebuild of all search indexes after a change of the normal form of words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rebuild {
    /// The version of words that every ticket has been indexed by; 0 before the first.
    pub version: u32,
    /// Where the rebuild to the next version goes on; none at its beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A reconcile under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReconcileWalk {
    /// When it began.
    pub started_at: Timestamp,
    /// It looks at what changed since.
    pub since: Timestamp,
    /// Where it goes on.
    pub at: ReconcileCursor,
    /// Workspaces whose contacts are still to be looked at: those with tickets that
    /// changed.
    pub workspaces: BTreeSet<WorkspaceId>,
}

/// How far a reconcile has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReconcileCursor {
    /// Among the tickets; none at their beginning.
    Tickets(Option<String>),
    /// Among the contacts of the first workspace that is left, after this one.
    Contacts(Option<ContactId>),
}

impl ReconcileWalk {
    fn new(now: Timestamp) -> Self {
        let since = now.minus(RECONCILE_WINDOW);
        Self { started_at: now, since, at: ReconcileCursor::Tickets(None), workspaces: BTreeSet::new() }
    }

    /// Notes the workspace of a ticket that changed.
    pub fn note(&mut self, workspace: WorkspaceId) {
        if self.workspaces.len() < MOST_WORKSPACES {
            self.workspaces.insert(workspace);
        }
    }
}

impl SweepState {
    /// Before the first run over a table: its tickets are indexed as this program does.
    pub fn of_new_table() -> Self {
        Self { rebuild: Rebuild { version: WORDS_VERSION, cursor: None }, ..Self::default() }
    }

    /// Where a run begins to look.
    pub fn first_hour(&self, now: Timestamp) -> u64 {
        let now = hour(now);
        let first = self.next_hour.unwrap_or(now.saturating_sub(FIRST_LOOK));
        first.clamp(now.saturating_sub(LONGEST_LOOK), now)
    }

    /// Everything due at this time has been looked at.
    pub fn done_until(&mut self, now: Timestamp) {
        self.next_hour = Some(hour(now).saturating_sub(AGAIN));
    }

    /// The reconcile to go on with or to begin, if it is time.
    pub fn take_walk(&mut self, now: Timestamp) -> Option<ReconcileWalk> {
        let is_night = NIGHT.contains(&(hour(now) % 24));
        let is_time = self.reconciled_at.is_none_or(|last| {
            let age = now.since(last);
            age > OVERDUE || is_night && age > SAME_NIGHT
        });
        self.walk.take().or_else(|| is_time.then(|| ReconcileWalk::new(now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    #[test]
    fn the_first_run_looks_back_a_day_and_later_ones_to_where_the_last_had_come() {
        let (mut state, now) = (SweepState::default(), at("2026-11-21T09:30:00Z"));
        assert_eq!(state.first_hour(now), hour(now) - 24);
        state.done_until(now);
        assert_eq!(state.first_hour(now), hour(now) - 1);
        let after_an_outage = now.plus(Duration::from_hours(50));
        assert_eq!(state.first_hour(after_an_outage), hour(now) - 1);
        let much_later = now.plus(Duration::from_hours(1_000));
        assert_eq!(state.first_hour(much_later), hour(much_later) - 7 * 24);
    }

    #[test]
    fn the_reconcile_begins_at_night_or_when_it_is_overdue() {
        let begins = |last: &str, now: &str| {
            let mut state = SweepState { reconciled_at: Some(at(last)), ..SweepState::default() };
            state.take_walk(at(now)).is_some()
        };
        assert!(begins("2026-11-20T02:00:10Z", "2026-11-21T02:00:10Z"));
        assert!(!begins("2026-11-20T02:00:10Z", "2026-11-20T02:05:00Z"));
        assert!(!begins("2026-11-20T02:00:10Z", "2026-11-21T01:59:00Z"));
        assert!(begins("2026-11-20T02:00:10Z", "2026-11-21T09:00:00Z"));
        assert!(SweepState::default().take_walk(at("2026-11-21T09:00:00Z")).is_some());
    }

    #[test]
    fn the_place_of_a_reconcile_is_stored_as_it_always_was_and_no_other_is_read() {
        for (at, stored) in [
            (ReconcileCursor::Tickets(None), r#"{"Tickets":null}"#),
            (ReconcileCursor::Tickets(Some("here".into())), r#"{"Tickets":"here"}"#),
            (ReconcileCursor::Contacts(None), r#"{"Contacts":null}"#),
        ] {
            assert_eq!(serde_json::to_string(&at).unwrap(), stored);
            assert_eq!(serde_json::from_str::<ReconcileCursor>(stored).unwrap(), at);
        }
        assert!(serde_json::from_str::<ReconcileCursor>(r#"{"Accounts":null}"#).is_err());
    }

    #[test]
    fn a_reconcile_under_way_goes_on_where_it_was() {
        let walk =
            ReconcileWalk { at: ReconcileCursor::Tickets(Some("here".into())), ..ReconcileWalk::new(Timestamp::EPOCH) };
        let mut state = SweepState {
            walk: Some(walk.clone()),
            reconciled_at: Some(at("2026-11-21T08:00:00Z")),
            ..SweepState::default()
        };
        assert_eq!(state.take_walk(at("2026-11-21T09:00:00Z")), Some(walk));
        assert_eq!(state.take_walk(at("2026-11-21T09:00:00Z")), None);
    }
}
