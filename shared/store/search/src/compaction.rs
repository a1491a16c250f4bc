//! Looking after an index: merging, and deleting what was merged, in bounded steps.
//!
//! Whoever stops anywhere leaves an index that answers the same: what a step writes
//! follows from the manifest alone, nobody reads it until the manifest names it, and
//! what the manifest no longer names stays for a while.

use super::{
    block::{self, Lists},
    fresh::{Fresh, bytes},
    manifest::{GRACE, Job, Manifest, Pieces, Retired, Segment},
    merge::{Layer, Numbers, merge},
    pieces::{delete, put},
    plan::{Unmerged, leased, next_care, next_job},
};
use crate::{
    client::{Store, primary},
    error::{Corrupt, StoreError},
    item::{FORMAT, Item, number, text},
    keys::{self, Key, Place, Tenant},
};
use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue as Av};
use futures_util::future::try_join_all;
use lambdesk_domain::{id::WorkspaceId, time::Timestamp};
use std::collections::BTreeSet;

/// The most that a block holds: with its keys just under 4 KB, a unit of reading.
const BLOCK: usize = 3_950;
/// The blocks of each segment that one step of a merge reads at most.
const WINDOW: i32 = 32;
/// The blocks that a merge on the side reads at most.
const SMALL: u32 = 64;
/// The blocks of one segment that one step deletes at most.
const DELETED: i32 = 200;

/// How much is done at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// On the side: nothing that takes more than a moment.
    Brief,
    /// So many steps, of about 100 KB each.
    Steps(u32),
}

/// How far it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tended {
    /// When the index wants to be looked after again, whatever is written: at once,
    /// if there is more to do.
    pub next: Option<Timestamp>,
}

/// One run.
struct Tending<'a> {
    store: &'a Store,
    tenant: Tenant,
    pace: Pace,
    now: Timestamp,
    /// The oldest fresh items, the newest of them first: what is merged must be older
    /// than what is not.
    fresh: Vec<Fresh>,
    /// Those of them that were seen to be merged: still so when they are deleted and
    /// the manifest knows nothing of them any more.
    drained: BTreeSet<String>,
    /// The outputs of the jobs that this run is at.
    mine: BTreeSet<u32>,
}

/// What one step came to.
enum Step {
    Done(Manifest),
    /// Others were faster; the manifest is to be read again.
    Overtaken,
    NothingToDo,
}

impl From<Option<Manifest>> for Step {
    fn from(changed: Option<Manifest>) -> Self {
        changed.map_or(Self::Overtaken, Self::Done)
    }
}

impl Store {
    /// Merges and deletes what there is to merge and delete in a workspace's index.
    /// May stop anywhere and run at the same time as others.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn tend_index(&self, workspace: WorkspaceId, pace: Pace, now: Timestamp) -> Result<Tended, StoreError> {
        let tenant = Tenant::new(workspace);
        // In this order: what the manifest has merged is still there.
        let mut manifest = self.manifest(&tenant).await?;
        let fresh = self.fresh(&tenant, true).await?;
        let mut tending =
            Tending { store: self, tenant, pace, now, fresh, drained: BTreeSet::new(), mine: BTreeSet::new() };
        for _ in 0..tending.steps() {
            match tending.step(&manifest).await? {
                Step::Done(changed) => manifest = changed,
                Step::Overtaken => manifest = self.manifest(&tending.tenant).await?,
                Step::NothingToDo => break,
            }
        }
        let manifest = tending.release(manifest).await?;
        let next = next_care(&manifest, &tending.unmerged(&manifest), now);
        if let Some(next) = next {
            self.care_by(&tending.tenant, next).await?;
        }
        Ok(Tended { next })
    }
}

impl Tending<'_> {
    const fn steps(&self) -> u32 {
        match self.pace {
            Pace::Brief => 4,
            Pace::Steps(steps) => steps,
        }
    }

    /// The fresh items that no segment says and no job is at.
    fn unmerged(&self, manifest: &Manifest) -> Unmerged {
        let in_jobs = manifest.jobs.iter().filter_map(|job| match &job.input {
            Pieces::Fresh(keys) => Some(keys),
            Pieces::Segments(_) => None,
        });
        let drained = manifest.drained().chain(self.drained.iter().map(String::as_str));
        let taken: BTreeSet<&str> = in_jobs.flatten().map(String::as_str).chain(drained).collect();
        let mut unmerged = Unmerged::default();
        for fresh in self.fresh.iter().rev().filter(|fresh| !taken.contains(fresh.key.as_str())) {
            unmerged.keys.push(fresh.key.clone());
            unmerged.bytes += fresh.bytes;
            if !fresh.layer.forgotten.0.is_empty() {
                unmerged.since = unmerged.since.into_iter().chain([fresh.at]).min();
            }
        }
        unmerged
    }

    async fn step(&mut self, manifest: &Manifest) -> Result<Step, StoreError> {
        self.drained.extend(manifest.drained().map(str::to_owned));
        if let Some(retired) = manifest.retired.iter().find(|retired| retired.since.plus(GRACE) <= self.now) {
            return self.delete(manifest, retired).await;
        }
        let is_free = |job: &Job| self.mine.contains(&job.output) || job.leased_until <= self.now;
        let job = manifest.jobs.iter().find(|job| is_free(job) && self.may(manifest, job)).cloned();
        if let Some(job) = job {
            self.mine.insert(job.output);
            return self.advance(manifest, &job).await;
        }
        let next = next_job(manifest, &self.unmerged(manifest), self.now);
        match next.filter(|job| self.may(manifest, job)) {
            Some(job) => self.begin(manifest, job).await,
            None => Ok(Step::NothingToDo),
        }
    }

    /// Whether a job is for this pace.
    fn may(&self, manifest: &Manifest, job: &Job) -> bool {
        match &job.input {
            Pieces::Segments(ids) if self.pace == Pace::Brief => {
                manifest.segments.iter().filter(|one| ids.contains(&one.id)).map(|one| one.blocks).sum::<u32>() <= SMALL
            }
            _ => true,
        }
    }

    async fn change(&self, known: &Manifest, change: impl Fn(&mut Manifest) -> bool) -> Result<Step, StoreError> {
        self.store.change_manifest(&self.tenant, known.clone(), change).await.map(Step::from)
    }

    /// Leaves the jobs that are not done to whoever comes next.
    async fn release(&self, manifest: Manifest) -> Result<Manifest, StoreError> {
        if !manifest.jobs.iter().any(|job| self.mine.contains(&job.output)) {
            return Ok(manifest);
        }
        let released = self.store.change_manifest(&self.tenant, manifest.clone(), |manifest| {
            let mine = manifest.jobs.iter_mut().filter(|job| self.mine.contains(&job.output));
            mine.map(|job| job.leased_until = self.now).count() > 0
        });
        Ok(released.await?.unwrap_or(manifest))
    }

    async fn begin(&mut self, manifest: &Manifest, job: Job) -> Result<Step, StoreError> {
        self.mine.insert(job.output);
        self.change(manifest, |manifest| {
            // Another number: what this job is about may be merged already.
            let is_still_next = manifest.next == job.output;
            if is_still_next {
                manifest.next += 1;
                manifest.jobs.push(job.clone());
            }
            is_still_next
        })
        .await
    }

    async fn advance(&mut self, manifest: &Manifest, job: &Job) -> Result<Step, StoreError> {
        match &job.input {
            Pieces::Fresh(keys) => self.merge_fresh(manifest, job, keys).await,
            Pieces::Segments(ids) => self.merge_segments(manifest, job, ids).await,
        }
    }

    async fn merge_fresh(&self, manifest: &Manifest, job: &Job, keys: &[String]) -> Result<Step, StoreError> {
        let input: Vec<_> = self.fresh.iter().filter(|fresh| keys.contains(&fresh.key)).collect();
        if input.len() < keys.len() {
            // Not in every copy of the table yet, or merged by others by now.
            return Ok(Step::NothingToDo);
        }
        let merged = merge(input.iter().map(|fresh| &fresh.layer));
        let named = input.iter().flat_map(|fresh| &fresh.named).filter(|named| named.is_new);
        // A ticket may be new in two of them; one request takes it once.
        let ids: BTreeSet<_> = named.map(|named| (named.number, named.id)).collect();
        let mut writes = Vec::new();
        for (number, id) in ids {
            let mut row = primary(self.tenant.indexed_ticket(number));
            row.insert("t".to_owned(), text(keys::short(id.uuid())));
            writes.push(put(row)?);
        }
        self.store.write_pieces(writes).await?;
        let blocks = self.write_blocks(job, &merged.lists).await?;
        let forgetting = input.iter().filter(|fresh| !fresh.layer.forgotten.0.is_empty());
        let made = self.made(job, blocks, merged.forgotten, forgetting.map(|fresh| fresh.at).min());
        self.complete(manifest, job, &made).await
    }

    fn made(&self, job: &Job, blocks: u32, forgotten: Numbers, since: Option<Timestamp>) -> Segment {
        Segment { id: job.output, level: job.level, blocks, made_at: self.now, forgotten, since }
    }

    async fn complete(&self, manifest: &Manifest, job: &Job, made: &Segment) -> Result<Step, StoreError> {
        self.change(manifest, |manifest| {
            let is_there = manifest.job(job.output).is_some();
            if is_there {
                manifest.complete(job, made.clone(), self.now);
            }
            is_there
        })
        .await
    }

    /// One step: of every segment a window of blocks, up to where all were seen.
    async fn merge_segments(&self, manifest: &Manifest, job: &Job, ids: &[u32]) -> Result<Step, StoreError> {
        let input: Vec<_> = manifest.segments.iter().rev().filter(|segment| ids.contains(&segment.id)).collect();
        let read =
            input.iter().map(|segment| self.store.blocks(&self.tenant, segment, job.done.as_ref(), WINDOW, self.now));
        let read = try_join_all(read).await?;
        let unfinished = read.iter().filter(|(_, is_end)| !is_end).filter_map(|(blocks, _)| blocks.last());
        let bound = unfinished.map(|(last, _)| last).min();
        let mut layers = Vec::new();
        for (segment, (blocks, _)) in input.iter().zip(&read) {
            let lists = between(blocks, job.done.as_ref(), bound)?;
            layers.push(Layer { lists, forgotten: segment.forgotten.clone() });
        }
        let merged = merge(&layers);
        let blocks = job.blocks.saturating_add(self.write_blocks(job, &merged.lists).await?);
        let Some(bound) = bound else {
            let since = input.iter().filter_map(|segment| segment.since).min();
            return self.complete(manifest, job, &self.made(job, blocks, merged.forgotten, since)).await;
        };
        self.change(manifest, |manifest| match manifest.job(job.output) {
            Some(at) if at.done == job.done => {
                (at.done, at.blocks, at.leased_until) = (Some(bound.clone()), blocks, leased(self.now));
                true
            }
            _ => false,
        })
        .await
    }

    async fn write_blocks(&self, job: &Job, lists: &Lists) -> Result<u32, StoreError> {
        let blocks = block::pack(lists, BLOCK);
        let count = u32::try_from(blocks.len()).unwrap_or(u32::MAX);
        let writes = blocks.into_iter().map(|block| {
            let mut item = primary(self.tenant.block(job.output, &block.last));
            item.insert("v".to_owned(), number(FORMAT));
            item.insert("b".to_owned(), Av::B(Blob::new(block.bytes)));
            put(item)
        });
        self.store.write_pieces(writes.collect::<Result<_, _>>()?).await?;
        Ok(count)
    }

    /// Deletes some of what was merged; once it is gone, the manifest forgets it.
    async fn delete(&self, manifest: &Manifest, retired: &Retired) -> Result<Step, StoreError> {
        let is_gone = match &retired.what {
            Pieces::Fresh(keys) => {
                let pk = self.tenant.fresh_words();
                let keys = keys.iter().map(|sk| Key { pk: pk.clone(), sk: sk.clone() });
                self.store.write_pieces(keys.map(delete).collect::<Result<_, _>>()?).await?;
                true
            }
            Pieces::Segments(ids) => {
                let deleted = try_join_all(ids.iter().map(|id| self.delete_blocks(*id))).await?;
                deleted.into_iter().all(|is_gone| is_gone)
            }
        };
        if !is_gone {
            return Ok(Step::Done(manifest.clone()));
        }
        self.change(manifest, |manifest| {
            let before = manifest.retired.len();
            manifest.retired.retain(|other| other != retired);
            manifest.retired.len() < before
        })
        .await
    }

    /// Whether none is left.
    async fn delete_blocks(&self, id: u32) -> Result<bool, StoreError> {
        // Read as a young one: what is still there must be seen.
        let segment =
            Segment { id, level: 0, blocks: 0, made_at: self.now, forgotten: Numbers::default(), since: None };
        let (blocks, is_end) = self.store.blocks(&self.tenant, &segment, None, DELETED, self.now).await?;
        let keys = blocks.iter().map(|(last, _)| self.tenant.block(id, last));
        self.store.write_pieces(keys.map(delete).collect::<Result<_, _>>()?).await?;
        Ok(is_end)
    }
}

/// The postings of these blocks that lie between two places: beyond the first, up to
/// the second.
fn between(blocks: &[(Place, Item)], beyond: Option<&Place>, up_to: Option<&Place>) -> Result<Lists, Corrupt> {
    let mut lists = Lists::default();
    for (_, item) in blocks {
        block::unpack(bytes(item, "b")?, |word, number, is_public| {
            let is_beyond = |place: &Place| {
                (word, std::cmp::Reverse(number)) > (place.word.as_str(), std::cmp::Reverse(place.number))
            };
            if beyond.is_none_or(is_beyond) && !up_to.is_some_and(is_beyond) {
                lists.add(word, number, is_public);
            }
        })?;
    }
    Ok(lists)
}
