//! Sequence gaps: versions of a ticket or contact that lack an event. The numbers of
//! its events are held against its latest version; a search costs one query per 100
//! events.

use crate::Events;
use lambdesk_domain::{
    events::EventSubject,
    id::{Version, WorkspaceId},
    time::Timestamp,
};
use lambdesk_table::TableError;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Events whose numbers are read in one query.
const EVENTS_PER_PAGE: u16 = 100;
/// The most versions that one search finds, and so one backfill writes.
const MOST_VERSIONS: usize = 500;

/// Which sequence gaps of a ticket or contact are searched for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GapWindow {
    /// Not beyond events that were made before.
    pub since: Timestamp,
    /// What changed later may still be on its way through the stream: then only gaps
    /// before an event that is there count. (The stream keeps the order of one item, so
    /// what is behind such an event will never come.)
    pub settled_before: Timestamp,
}

/// The versions of a ticket or contact that lack an event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SequenceGaps {
    /// In ascending order, at most 500.
    pub versions: Vec<Version>,
    /// More may be missing: events of the latest versions may still come, or there are
    /// more gaps than one search finds.
    pub is_unsettled: bool,
}

impl SequenceGaps {
    /// The versions from `lowest` to `newest` that are not among those with an event.
    /// Unless the stream `has_settled`, those after the last event may still come.
    fn among(present: &BTreeSet<Version>, (lowest, newest): (Version, Version), has_settled: bool) -> Self {
        let last = present.last().map_or(0, |version| version.0);
        let is_open = !has_settled && last < newest.0;
        let highest = if is_open { last } else { newest.0 };
        let mut missing = (lowest.0..=highest).map(Version).filter(|version| !present.contains(version));
        let versions = missing.by_ref().take(MOST_VERSIONS).collect();
        Self { versions, is_unsettled: is_open || missing.next().is_some() }
    }
}

impl Events {
    /// The versions of a ticket or contact that lack an event. `newest` is the latest
    /// version, made at `changed_at`.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn sequence_gaps(
        &self,
        workspace: WorkspaceId,
        of: EventSubject,
        (newest, changed_at): (Version, Timestamp),
        window: GapWindow,
    ) -> Result<SequenceGaps, TableError> {
        let mut present = BTreeSet::new();
        let mut before = None;
        let lowest = loop {
            let page = self.events(workspace, of, before, EVENTS_PER_PAGE).await?;
            present.extend(page.items.iter().map(|event| event.source().version));
            let oldest = page.items.last().map(|event| (event.source().version, event.created_at()));
            match oldest {
                Some((version, at)) if page.has_more && at >= window.since => before = Some(version),
                Some((version, _)) if page.has_more => break version,
                _ => break Version::FIRST,
            }
        };
        let has_settled = changed_at < window.settled_before;
        Ok(SequenceGaps::among(&present, (lowest, newest), has_settled))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gaps(present: &[u64], newest: u64, has_settled: bool) -> (Vec<u64>, bool) {
        let present = present.iter().copied().map(Version).collect();
        let gaps = SequenceGaps::among(&present, (Version::FIRST, Version(newest)), has_settled);
        (gaps.versions.into_iter().map(|version| version.0).collect(), gaps.is_unsettled)
    }

    #[test]
    fn a_version_is_a_gap_when_a_later_one_has_an_event_or_the_stream_has_settled() {
        assert_eq!(gaps(&[1, 2, 3], 3, true), (vec![], false));
        assert_eq!(gaps(&[1, 3], 3, false), (vec![2], false));
        assert_eq!(gaps(&[2], 4, false), (vec![1], true));
        assert_eq!(gaps(&[2], 4, true), (vec![1, 3, 4], false));
        assert_eq!(gaps(&[], 2, false), (vec![], true));
        assert_eq!(gaps(&[], 2, true), (vec![1, 2], false));
    }

    #[test]
    fn an_event_beyond_the_version_at_hand_is_no_gap() {
        assert_eq!(gaps(&[1, 2, 3, 4], 2, true), (vec![], false));
    }

    #[test]
    fn what_exceeds_one_backfill_is_left_to_another() {
        let gaps = SequenceGaps::among(&BTreeSet::new(), (Version(2), Version(502)), true);
        assert_eq!((gaps.versions.len(), gaps.versions.last(), gaps.is_unsettled), (500, Some(&Version(501)), true));
        let all = SequenceGaps::among(&BTreeSet::new(), (Version(2), Version(501)), true);
        assert_eq!((all.versions.len(), all.is_unsettled), (500, false));
    }
}
