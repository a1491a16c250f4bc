//! The state of the sweep: how far it has come, as it is kept between runs. Pure.

use lambdesk_domain::{
    id::{ContactId, WorkspaceId},
    search::WORDS_VERSION,
    time::Timestamp,
};
use lambdesk_table::keys::hour;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, time::Duration};

/// Hours that the first run looks back over a table that doesn't say since when it is used.
const FIRST_LOOK: u64 = 24;
/// Hours of which something was left that are remembered one by one; beyond that, all from
/// there on are looked at again.
const MOST_LEFT: usize = 1_000;
/// Hours that are looked at again although they were done: rows are due when they
/// are written or later, so only a writer that took so long could be missed.
const AGAIN: u64 = 1;

/// How far back a reconcile looks: so what changed is looked at in two nights. After a pause it
/// looks so far back from the one before.
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
    /// The first hour that no run has got to; none before the first run.
    #[serde(default)]
    next_hour: Option<u64>,
    /// Hours before it that something was left in.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    left: BTreeSet<u64>,
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

/// What a run has left of the hours that it was to look at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LookedHours {
    /// Those in which something is still to be done.
    pub left: BTreeSet<u64>,
    /// The first one that it had no time for.
    pub unreached: Option<u64>,
    /// Something in them failed, or there was no time for it.
    pub has_failed: bool,
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
    fn new(now: Timestamp, since: Timestamp) -> Self {
        Self { started_at: now, since, at: ReconcileCursor::Tickets(None), workspaces: BTreeSet::new() }
    }

    /// Notes the workspace of a ticket that changed; whether there was room for it.
    #[must_use]
    pub fn note(&mut self, workspace: WorkspaceId) -> bool {
        if self.workspaces.len() < MOST_WORKSPACES {
            self.workspaces.insert(workspace);
        }
        self.workspaces.contains(&workspace)
    }
}

impl SweepState {
    /// Before the first run over a table: its tickets are indexed as this program does.
    pub fn of_new_table() -> Self {
        Self { rebuild: Rebuild { version: WORDS_VERSION, cursor: None }, ..Self::default() }
    }

    /// Whether no run was before.
    pub const fn is_first(&self) -> bool {
        self.next_hour.is_none()
    }

    /// The hours that a run looks at, however long no run came: those in which something
    /// was left, and all since the last one that was served. The first run looks at all
    /// since the table is used.
    pub fn hours(&self, used_since: Option<Timestamp>, now: Timestamp) -> Vec<u64> {
        let next = self.next(used_since, now);
        self.left.iter().copied().filter(|hour| *hour < next).chain(next..=hour(now)).collect()
    }

    fn next(&self, used_since: Option<Timestamp>, now: Timestamp) -> u64 {
        let now = hour(now);
        let used_since = used_since.map_or(now.saturating_sub(FIRST_LOOK), |at| hour(at).saturating_sub(AGAIN));
        self.next_hour.unwrap_or(used_since).min(now)
    }

    /// What has become of those hours.
    pub fn looked(&mut self, used_since: Option<Timestamp>, now: Timestamp, looked: LookedHours) {
        let (next, again) = (self.next(used_since, now), hour(now).saturating_sub(AGAIN));
        let reached = match looked.unreached {
            None => again,
            Some(unreached) => unreached.max(next).min(again),
        };
        let is_unreached = |hour: &u64| looked.unreached.is_some_and(|unreached| *hour >= unreached);
        let mut left = looked.left;
        left.extend(self.left.iter().copied().filter(is_unreached));
        let beyond = left.iter().nth(MOST_LEFT).copied();
        let next = beyond.map_or(reached, |beyond| beyond.min(reached));
        left.retain(|hour| *hour < next);
        (self.next_hour, self.left) = (Some(next), left);
    }

    /// The reconcile to go on with; else the one to begin, if it is time, or if records are
    /// known to be lost since a time. Then that time, too: what was lost is looked for by a
    /// reconcile that begins afterwards, and one that is under way ends before.
    pub fn take_walk(
        &mut self,
        now: Timestamp,
        lost_since: Option<Timestamp>,
    ) -> Option<(ReconcileWalk, Option<Timestamp>)> {
        if let Some(walk) = self.walk.take() {
            return Some((walk, None));
        }
        let is_night = NIGHT.contains(&(hour(now) % 24));
        let is_time = self.reconciled_at.is_none_or(|last| {
            let age = now.since(last);
            age > OVERDUE || is_night && age > SAME_NIGHT
        });
        let since = self.unchecked_since(now);
        let since = lost_since.map_or(since, |lost| lost.min(since));
        (is_time || lost_since.is_some()).then(|| (ReconcileWalk::new(now, since), lost_since))
    }

    /// Since when what changed is to be looked at, however long no reconcile was: all that the
    /// table has where none ever was.
    fn unchecked_since(&self, now: Timestamp) -> Timestamp {
        match self.reconciled_at {
            None => Timestamp::EPOCH,
            Some(last) if now.since(last) > OVERDUE => last.minus(RECONCILE_WINDOW),
            Some(_) => now.minus(RECONCILE_WINDOW),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    fn looked(left: &[u64], unreached: Option<u64>) -> LookedHours {
        LookedHours { left: left.iter().copied().collect(), unreached, has_failed: true }
    }

    #[test]
    fn the_first_run_looks_at_all_since_the_table_is_used_and_later_ones_go_on_whatever_the_pause() {
        let (mut state, now) = (SweepState::default(), at("2026-11-21T09:30:00Z"));
        assert_eq!(state.hours(None, now).first(), Some(&(hour(now) - 24)));
        let used_since = Some(now.minus(Duration::from_hours(100)));
        assert_eq!(state.hours(used_since, now).first(), Some(&(hour(now) - 101)));
        state.looked(used_since, now, LookedHours::default());
        assert_eq!(state.hours(used_since, now), [hour(now) - 1, hour(now)]);
        let much_later = now.plus(Duration::from_hours(10_000));
        assert_eq!(state.hours(None, much_later), (hour(now) - 1..=hour(much_later)).collect::<Vec<_>>());
    }

    #[test]
    fn what_was_left_is_looked_at_again_and_what_was_not_reached_comes_next() {
        let (mut state, now) = (SweepState::default(), at("2026-11-21T09:30:00Z"));
        let this = hour(now);
        state.looked(None, now, looked(&[this - 20], Some(this - 10)));
        let expected: Vec<_> = std::iter::once(this - 20).chain(this - 10..=this).collect();
        assert_eq!(state.hours(None, now), expected);
        // Not even what was left the last time is reached.
        state.looked(None, now, looked(&[], Some(this - 20)));
        assert_eq!(state.hours(None, now), expected);
        state.looked(None, now, LookedHours::default());
        assert_eq!(state.hours(None, now), [this - 1, this]);
    }

    #[test]
    fn more_than_can_be_remembered_is_all_looked_at_again() {
        let (mut state, now) = (SweepState::default(), at("2026-11-21T09:30:00Z"));
        let used_since = Some(Timestamp::from_millis((hour(now) - 4_999) * 3_600_000));
        let all = state.hours(used_since, now);
        state.looked(used_since, now, looked(&all, None));
        assert_eq!((state.left.len(), state.hours(None, now)), (MOST_LEFT, all));
    }

    #[test]
    fn the_reconcile_begins_at_night_or_when_it_is_overdue() {
        let begins = |last: &str, now: &str| {
            let mut state = SweepState { reconciled_at: Some(at(last)), ..SweepState::default() };
            state.take_walk(at(now), None).is_some()
        };
        assert!(begins("2026-11-20T02:00:10Z", "2026-11-21T02:00:10Z"));
        assert!(!begins("2026-11-20T02:00:10Z", "2026-11-20T02:05:00Z"));
        assert!(!begins("2026-11-20T02:00:10Z", "2026-11-21T01:59:00Z"));
        assert!(begins("2026-11-20T02:00:10Z", "2026-11-21T09:00:00Z"));
        assert!(SweepState::default().take_walk(at("2026-11-21T09:00:00Z"), None).is_some());
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
        let now = at("2026-11-21T09:00:00Z");
        let at_place = ReconcileCursor::Tickets(Some("here".into()));
        let walk = ReconcileWalk { at: at_place, ..ReconcileWalk::new(now, Timestamp::EPOCH) };
        let last = at("2026-11-21T08:00:00Z");
        let state = SweepState { walk: Some(walk.clone()), reconciled_at: Some(last), ..SweepState::default() };
        // What is asked for meanwhile, however often, begins when this one has ended.
        for lost_since in [None, Some(at("2026-11-19T09:00:00Z"))] {
            let mut state = state.clone();
            assert_eq!(state.take_walk(now, lost_since), Some((walk.clone(), None)));
            let next = state.take_walk(now, lost_since);
            assert_eq!(
                next.map(|(walk, begun)| (walk.since, begun)),
                lost_since.map(|_| (now.minus(RECONCILE_WINDOW), lost_since))
            );
        }
    }

    #[test]
    fn a_reconcile_looks_back_to_the_last_one_however_long_ago_it_was() {
        let now = at("2026-11-21T09:00:00Z");
        let since = |reconciled_at, lost_since| {
            let mut state = SweepState { reconciled_at, ..SweepState::default() };
            state.take_walk(now, lost_since).map(|(walk, _)| walk.since)
        };
        let (last, before) = (at("2026-11-01T09:00:00Z"), at("2026-10-30T09:00:00Z"));
        assert_eq!(since(Some(last), None), Some(before));
        assert_eq!(since(Some(now), None), None);
        let night = at("2026-11-20T09:00:00Z");
        assert_eq!(since(Some(night), Some(now)), Some(now.minus(RECONCILE_WINDOW)), "two nights, as ever");
        assert_eq!(since(Some(now), Some(before)), Some(before));
        assert_eq!(since(Some(now), Some(now)), Some(now.minus(RECONCILE_WINDOW)));
        assert_eq!(since(None, None), Some(Timestamp::EPOCH), "nothing was ever checked");
    }

    #[test]
    fn no_more_workspaces_are_noted_than_can_be_kept() {
        let mut walk = ReconcileWalk::new(Timestamp::EPOCH, Timestamp::EPOCH);
        let workspace = |number: usize| format!("00000000-0000-7000-8000-{number:012x}").parse().unwrap();
        assert!((0..MOST_WORKSPACES).all(|number| walk.note(workspace(number))));
        assert_eq!((walk.note(workspace(7)), walk.note(workspace(MOST_WORKSPACES))), (true, false));
    }
}
