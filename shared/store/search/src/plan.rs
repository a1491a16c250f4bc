//! What is to be merged next.
//!
//! Fresh items become a segment once they are many; some segments of a level, which
//! always follow each other, become one of the next. So each posting is written again
//! once per level, and a search asks about two segments per level on average. Once
//! something has been forgotten for long, everything is merged into one segment, which
//! nothing is older than: that is when it is physically gone.

use super::{
    FORGET_WITHIN,
    manifest::{GRACE, Job, Manifest, Pieces, Segment},
};
use lambdesk_domain::time::Timestamp;
use std::time::Duration;

/// Fresh items, or bytes of them, that become a segment.
const MANY: usize = 64;
const MANY_BYTES: usize = 64 * 1024;
/// Segments of a level that become one of the next: more of the smallest, where words
/// take most of the bytes and merging saves little.
const fn fan_in(level: u8) -> usize {
    if level <= 2 { 8 } else { 4 }
}
/// Tickets to be forgotten that the manifest carries along at most.
const MOST_FORGOTTEN: usize = 4_000;
/// How long a part of a merge may take: then others may go on with it.
const LEASE: Duration = Duration::from_mins(1);

/// The fresh items that nobody has merged yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unmerged {
    /// The oldest first.
    pub keys: Vec<String>,
    pub bytes: usize,
    /// Since when the first ticket in them is to be forgotten.
    pub since: Option<Timestamp>,
}

/// The job to begin now, if any.
pub fn next_job(manifest: &Manifest, fresh: &Unmerged, now: Timestamp) -> Option<Job> {
    let (input, level) = next_input(manifest, fresh, now)?;
    let leased_until = now.plus(LEASE);
    Some(Job { output: manifest.next, level, input, done: None, blocks: 0, leased_until })
}

fn next_input(manifest: &Manifest, fresh: &Unmerged, now: Timestamp) -> Option<(Pieces, u8)> {
    let is_busy = |of: fn(&Pieces) -> bool| manifest.jobs.iter().any(|job| of(&job.input));
    let is_old = |since: Option<Timestamp>| since.is_some_and(|since| since.plus(FORGET_WITHIN) <= now);
    let are_many = fresh.keys.len() >= MANY || fresh.bytes >= MANY_BYTES || is_old(fresh.since);
    if are_many && !is_busy(|input| matches!(input, Pieces::Fresh(_))) {
        return Some((Pieces::Fresh(fresh.keys.clone()), 1));
    }
    if is_busy(|input| matches!(input, Pieces::Segments(_))) {
        return None;
    }
    let segments = &manifest.segments;
    let forgotten: usize = segments.iter().map(|segment| segment.forgotten.0.len()).sum();
    if forgotten > MOST_FORGOTTEN || segments.iter().any(|segment| is_old(segment.since)) {
        let level = segments.iter().map(|segment| segment.level).max().unwrap_or(1);
        return Some((ids(segments.iter()), level));
    }
    let at = |level: u8| segments.iter().filter(move |segment| segment.level == level);
    let level =
        segments.iter().map(|segment| segment.level).rev().find(|level| at(*level).count() >= fan_in(*level))?;
    Some((ids(at(level)), level.saturating_add(1)))
}

fn ids<'a>(segments: impl Iterator<Item = &'a Segment>) -> Pieces {
    Pieces::Segments(segments.map(|segment| segment.id).collect())
}

/// When the index is to be looked after again even if nothing is written.
pub fn next_care(manifest: &Manifest, fresh: &Unmerged, now: Timestamp) -> Option<Timestamp> {
    let jobs = manifest.jobs.iter().map(|job| job.leased_until.max(now));
    let wanted = next_job(manifest, fresh, now).map(|_| now);
    let forgotten = manifest.segments.iter().filter_map(|segment| segment.since).chain(fresh.since);
    let retired = manifest.retired.iter().filter(|retired| retired.is_urgent);
    let retired = retired.map(|retired| retired.since.plus(GRACE));
    jobs.chain(wanted).chain(forgotten.map(|since| since.plus(FORGET_WITHIN))).chain(retired).min()
}

/// Renews the lease.
pub fn leased(now: Timestamp) -> Timestamp {
    now.plus(LEASE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::merge::Numbers;

    fn segment(id: u32, level: u8) -> Segment {
        let made_at = Timestamp::EPOCH;
        Segment { id, level, blocks: 1, made_at, forgotten: Numbers::default(), since: None }
    }

    fn manifest(levels: &[u8]) -> Manifest {
        let segments = (0..).zip(levels).map(|(id, level)| segment(id, *level)).collect();
        Manifest { next: 9, segments, ..Manifest::default() }
    }

    fn input(manifest: &Manifest, fresh: &Unmerged, now: Timestamp) -> Option<(Pieces, u8)> {
        next_job(manifest, fresh, now).map(|job| (job.input, job.level))
    }

    #[test]
    fn eight_of_the_smallest_or_four_of_a_level_are_merged() {
        let (now, none) = (Timestamp::EPOCH, Unmerged::default());
        assert_eq!(input(&manifest(&[3, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1]), &none, now), None);
        let merged = Some((Pieces::Segments((1..=8).collect()), 2));
        assert_eq!(input(&manifest(&[2, 1, 1, 1, 1, 1, 1, 1, 1]), &none, now), merged);
        let merged = Some((Pieces::Segments(vec![1, 2, 3, 4]), 4));
        assert_eq!(input(&manifest(&[4, 3, 3, 3, 3, 1]), &none, now), merged);
    }

    #[test]
    fn fresh_items_are_merged_when_they_are_many_or_large() {
        let keys: Vec<_> = (0..MANY).map(|key| format!("{key}")).collect();
        let fresh = |count: usize, bytes| Unmerged { keys: keys[..count].to_vec(), bytes, since: None };
        let (empty, now) = (Manifest::default(), Timestamp::EPOCH);
        assert_eq!(input(&empty, &fresh(MANY - 1, 1_000), now), None);
        assert_eq!(input(&empty, &fresh(MANY, 1_000), now), Some((Pieces::Fresh(keys.clone()), 1)));
        assert_eq!(input(&empty, &fresh(1, 65_536), now), Some((Pieces::Fresh(keys[..1].to_vec()), 1)));
    }

    #[test]
    fn what_is_to_be_forgotten_is_gone_after_a_day_however_little_is_written() {
        let day = Timestamp::EPOCH.plus(FORGET_WITHIN);
        let fresh = Unmerged { keys: vec!["a".to_owned()], bytes: 9, since: Some(Timestamp::EPOCH) };
        assert_eq!(next_care(&manifest(&[1]), &fresh, Timestamp::EPOCH), Some(day));
        assert_eq!(input(&manifest(&[1]), &fresh, day), Some((Pieces::Fresh(fresh.keys), 1)));
        let mut two = manifest(&[3, 1]);
        two.segments[1].since = Some(Timestamp::EPOCH);
        assert_eq!(input(&two, &Unmerged::default(), Timestamp::EPOCH), None);
        assert_eq!(input(&two, &Unmerged::default(), day), Some((Pieces::Segments(vec![0, 1]), 3)));
    }

    #[test]
    fn one_merge_of_each_kind_is_under_way_at_most() {
        let (mut busy, now) = (manifest(&[3, 3, 3, 3]), Timestamp::EPOCH);
        let job = next_job(&busy, &Unmerged::default(), now).expect("a job");
        busy.jobs.push(job);
        assert_eq!(input(&busy, &Unmerged::default(), now), None);
        let fresh = Unmerged { keys: vec!["a".to_owned(); MANY], bytes: 9, since: None };
        assert!(input(&busy, &fresh, now).is_some());
    }
}
