//! The compaction policy: from a manifest and the state of the write buffer to the next
//! merge and its time. Pure.
//!
//! The items of the write buffer become a segment once they are many; some segments of a
//! level, which always follow each other, become one of the next. So each posting is
//! written again once per level, and a search reads two segments per level on average.
//! Once a tombstone is as old as [`TOMBSTONE_TTL`], all segments are merged into one; no
//! segment is older than that one, so the postings with tombstones are physically gone.

use crate::manifest::{GRACE, IndexParts, Manifest, MergeJob, Obsolete, Segment};
use lambdesk_domain::time::Timestamp;
use std::time::Duration;

/// How long words may still lie in the table after their ticket has lost them.
pub const TOMBSTONE_TTL: Duration = Duration::from_hours(24);
/// Items of the write buffer, or bytes of them, that become a segment.
const MANY: usize = 64;
const MANY_BYTES: usize = 64 * 1024;
/// Bytes of flushed items that are deleted although nothing else is to be done.
const MANY_FLUSHED_BYTES: usize = 48 * 1024;
/// Segments of a level that become one of the next: more of the smallest, where words
/// take most of the bytes and merging saves little.
const fn fan_in(level: u8) -> usize {
    if level <= 2 { 8 } else { 4 }
}
/// The most tombstones that the manifest carries along.
const MAX_TOMBSTONES: usize = 4_000;
/// How long a part of a merge may take: then others may go on with it.
const LEASE: Duration = Duration::from_mins(1);

/// The items of the write buffer that are in no segment and in no job.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unmerged {
    /// The oldest first.
    pub keys: Vec<String>,
    pub bytes: usize,
    /// The age of their oldest tombstone.
    pub tombstones_since: Option<Timestamp>,
    /// The size of the items that are in a segment by now and still there: until they are
    /// deleted every search reads them.
    pub flushed_bytes: usize,
}

/// The job to begin now, if any.
pub fn next_job(manifest: &Manifest, buffer: &Unmerged, now: Timestamp) -> Option<MergeJob> {
    let (input, level) = next_input(manifest, buffer, now)?;
    let leased_until = now.plus(LEASE);
    Some(MergeJob { output: manifest.next, level, input, done: None, blocks: 0, leased_until })
}

fn next_input(manifest: &Manifest, buffer: &Unmerged, now: Timestamp) -> Option<(IndexParts, u8)> {
    let is_busy = |of: fn(&IndexParts) -> bool| manifest.jobs.iter().any(|job| of(&job.input));
    let is_old = |since: Option<Timestamp>| since.is_some_and(|since| since.plus(TOMBSTONE_TTL) <= now);
    let are_many = buffer.keys.len() >= MANY || buffer.bytes >= MANY_BYTES || is_old(buffer.tombstones_since);
    if are_many && !is_busy(|input| matches!(input, IndexParts::Buffered(_))) {
        return Some((IndexParts::Buffered(buffer.keys.clone()), 1));
    }
    if is_busy(|input| matches!(input, IndexParts::Segments(_))) {
        return None;
    }
    let segments = &manifest.segments;
    let tombstones: usize = segments.iter().map(|segment| segment.tombstones.0.len()).sum();
    if tombstones > MAX_TOMBSTONES || segments.iter().any(|segment| is_old(segment.tombstones_since)) {
        let level = segments.iter().map(|segment| segment.level).max().unwrap_or(1);
        return Some((ids(segments.iter()), level));
    }
    let at = |level: u8| segments.iter().filter(move |segment| segment.level == level);
    let level =
        segments.iter().map(|segment| segment.level).rev().find(|level| at(*level).count() >= fan_in(*level))?;
    Some((ids(at(level)), level.saturating_add(1)))
}

fn ids<'a>(segments: impl Iterator<Item = &'a Segment>) -> IndexParts {
    IndexParts::Segments(segments.map(|segment| segment.id).collect())
}

/// When the index is to be compacted again even if nothing is written.
pub fn next_compaction(manifest: &Manifest, buffer: &Unmerged, now: Timestamp) -> Option<Timestamp> {
    let jobs = manifest.jobs.iter().map(|job| job.leased_until.max(now));
    let wanted = next_job(manifest, buffer, now).map(|_| now);
    let tombstones =
        manifest.segments.iter().filter_map(|segment| segment.tombstones_since).chain(buffer.tombstones_since);
    let is_heavy = buffer.flushed_bytes >= MANY_FLUSHED_BYTES;
    let is_buffered = |obsolete: &Obsolete| matches!(obsolete.parts, IndexParts::Buffered(_));
    let waits = |obsolete: &&Obsolete| obsolete.is_urgent || is_heavy && is_buffered(obsolete);
    let obsolete = manifest.obsolete.iter().filter(waits);
    let obsolete = obsolete.map(|obsolete| obsolete.since.plus(GRACE));
    jobs.chain(wanted).chain(tombstones.map(|since| since.plus(TOMBSTONE_TTL))).chain(obsolete).min()
}

/// Renews the lease.
pub fn leased(now: Timestamp) -> Timestamp {
    now.plus(LEASE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number_set::NumberSet;

    fn segment(id: u32, level: u8) -> Segment {
        let made_at = Timestamp::EPOCH;
        Segment { id, level, blocks: 1, made_at, tombstones: NumberSet::default(), tombstones_since: None }
    }

    fn manifest(levels: &[u8]) -> Manifest {
        let segments = (0..).zip(levels).map(|(id, level)| segment(id, *level)).collect();
        Manifest { next: 9, segments, ..Manifest::default() }
    }

    fn input(manifest: &Manifest, buffer: &Unmerged, now: Timestamp) -> Option<(IndexParts, u8)> {
        next_job(manifest, buffer, now).map(|job| (job.input, job.level))
    }

    #[test]
    fn eight_of_the_smallest_or_four_of_a_level_are_merged() {
        let (now, none) = (Timestamp::EPOCH, Unmerged::default());
        assert_eq!(input(&manifest(&[3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1]), &none, now), None);
        let merged = Some((IndexParts::Segments((1..=8).collect()), 2));
        assert_eq!(input(&manifest(&[2, 1, 1, 1, 1, 1, 1, 1, 1]), &none, now), merged);
        let merged = Some((IndexParts::Segments(vec![1, 2, 3, 4]), 4));
        assert_eq!(input(&manifest(&[4, 3, 3, 3, 3, 1]), &none, now), merged);
    }

    #[test]
    fn the_write_buffer_is_merged_when_its_items_are_many_or_large() {
        let keys: Vec<_> = (0..MANY).map(|key| format!("{key}")).collect();
        let buffer = |count: usize, bytes| Unmerged {
            keys: keys[..count].to_vec(),
            bytes,
            tombstones_since: None,
            flushed_bytes: 0,
        };
        let (empty, now) = (Manifest::default(), Timestamp::EPOCH);
        assert_eq!(input(&empty, &buffer(MANY - 1, 1_000), now), None);
        assert_eq!(input(&empty, &buffer(MANY, 1_000), now), Some((IndexParts::Buffered(keys.clone()), 1)));
        assert_eq!(input(&empty, &buffer(1, 65_536), now), Some((IndexParts::Buffered(keys[..1].to_vec()), 1)));
    }

    #[test]
    fn postings_with_tombstones_are_gone_after_a_day_however_little_is_written() {
        let day = Timestamp::EPOCH.plus(TOMBSTONE_TTL);
        let (keys, since) = (vec!["a".to_owned()], Some(Timestamp::EPOCH));
        let buffer = Unmerged { keys, bytes: 9, tombstones_since: since, flushed_bytes: 0 };
        assert_eq!(next_compaction(&manifest(&[1]), &buffer, Timestamp::EPOCH), Some(day));
        assert_eq!(input(&manifest(&[1]), &buffer, day), Some((IndexParts::Buffered(buffer.keys), 1)));
        let mut two = manifest(&[3, 1]);
        two.segments[1].tombstones_since = Some(Timestamp::EPOCH);
        assert_eq!(input(&two, &Unmerged::default(), Timestamp::EPOCH), None);
        assert_eq!(input(&two, &Unmerged::default(), day), Some((IndexParts::Segments(vec![0, 1]), 3)));
    }

    #[test]
    fn what_was_flushed_after_many_writes_is_deleted_although_nothing_is_written_any_more() {
        let parts = IndexParts::Buffered(vec!["a".to_owned()]);
        let obsolete = Obsolete { parts, since: Timestamp::EPOCH, is_urgent: false };
        let manifest = Manifest { obsolete: vec![obsolete], ..manifest(&[1]) };
        let next = |flushed_bytes| {
            let buffer = Unmerged { flushed_bytes, ..Unmerged::default() };
            next_compaction(&manifest, &buffer, Timestamp::EPOCH)
        };
        assert_eq!(
            (next(MANY_FLUSHED_BYTES - 1), next(MANY_FLUSHED_BYTES)),
            (None, Some(Timestamp::EPOCH.plus(GRACE)))
        );
    }

    #[test]
    fn one_merge_of_each_kind_is_under_way_at_most() {
        let (mut busy, now) = (manifest(&[3, 3, 3, 3]), Timestamp::EPOCH);
        let job = next_job(&busy, &Unmerged::default(), now).expect("a job");
        busy.jobs.push(job);
        assert_eq!(input(&busy, &Unmerged::default(), now), None);
        let buffer = Unmerged { keys: vec!["a".to_owned(); MANY], bytes: 9, ..Unmerged::default() };
        assert!(input(&busy, &buffer, now).is_some());
    }
}
