//! Compaction: merges of the write buffer and of segments, and the deletion of their
//! inputs, in bounded steps of about 100 KB each.
//!
//! A run may stop anywhere and leaves an index that answers the same: the output of a
//! step follows from the manifest alone, nobody reads the output until the manifest names
//! it, and what the manifest no longer names stays for a grace period.

use crate::{
    block::{self, Postings},
    blocks::BlockRange,
    buffer::{self, BufferItem},
    index::SearchIndex,
    manifest::{self, GRACE, IndexParts, Manifest, MergeJob, Obsolete, Segment},
    merge::{Layer, merge},
    number_set::NumberSet,
    policy::{Unmerged, leased, next_compaction, next_job},
    schedule::{schedule_compaction, unschedule_compaction},
    segments::{self, BlockFrom},
};
use futures_util::future::try_join_all;
use lambdesk_domain::{id::WorkspaceId, time::Timestamp};
use lambdesk_table::{
    BatchWrite, Corrupt, FORMAT, Table, TableError, Tenant,
    item::{binary, id, keyed, number},
    keys::{BlockKey, Key},
};
use std::{cmp::Reverse, collections::BTreeSet};

/// The most that a block holds: with its keys just under 4 KB, a unit of reading.
const BLOCK: usize = 3_950;
/// The blocks of each segment that one step of a merge reads at most.
const WINDOW: i32 = 32;
/// The blocks that a merge of a brief run reads at most.
const SMALL: u32 = 64;
/// The blocks of one segment that one step deletes at most.
const DELETED: i32 = 200;

/// How much one run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompactionBudget {
    /// Four steps, and no merge that takes more than a moment.
    Brief,
    /// So many steps.
    Steps(u32),
}

/// How far a run came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compacted {
    /// When the index is to be compacted again, even if nothing is written: at once, if
    /// there is more to do.
    pub next: Option<Timestamp>,
}

/// One run.
struct CompactionRun<'a> {
    table: &'a Table,
    tenant: Tenant,
    budget: CompactionBudget,
    now: Timestamp,
    /// The oldest items of the write buffer, the newest of them first: merged ones must be
    /// older than those that are not.
    buffer: Vec<BufferItem>,
    /// Those of them that a manifest named as flushed: still so when they are deleted and
    /// the manifest names them no more.
    flushed: BTreeSet<String>,
    /// The outputs of the jobs that this run works on.
    mine: BTreeSet<u32>,
}

/// What one step came to.
enum RunStep {
    Done(Manifest),
    /// Others were faster; the manifest is to be read again.
    Overtaken,
    NothingToDo,
}

impl From<Option<Manifest>> for RunStep {
    fn from(changed: Option<Manifest>) -> Self {
        changed.map_or(Self::Overtaken, Self::Done)
    }
}

impl SearchIndex {
    /// Compacts a workspace's index. May stop anywhere and run at the same time as others.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn compact(
        &self,
        workspace: WorkspaceId,
        budget: CompactionBudget,
        now: Timestamp,
    ) -> Result<Compacted, TableError> {
        let (table, tenant) = (&self.table, Tenant::new(workspace));
        // In this order: the items that the manifest has merged are still there.
        let mut manifest = manifest::read(table, &tenant).await?;
        let buffer = buffer::oldest(table, &tenant).await?;
        let (flushed, mine) = (BTreeSet::new(), BTreeSet::new());
        let mut run = CompactionRun { table, tenant, budget, now, buffer, flushed, mine };
        for _ in 0..run.steps() {
            match run.step(&manifest).await? {
                RunStep::Done(changed) => manifest = changed,
                RunStep::Overtaken => manifest = manifest::read(table, &run.tenant).await?,
                RunStep::NothingToDo => break,
            }
        }
        let manifest = run.release(manifest).await?;
        let next = next_compaction(&manifest, &run.unmerged(&manifest), now);
        if let Some(next) = next {
            schedule_compaction(table, &run.tenant, next).await?;
        }
        Ok(Compacted { next })
    }

    /// Compacts the index that was due at this time; whether it is done for now.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn compact_due(
        &self,
        workspace: WorkspaceId,
        at: Timestamp,
        budget: CompactionBudget,
        now: Timestamp,
    ) -> Result<bool, TableError> {
        let tenant = Tenant::new(workspace);
        // The row goes first: a run that leaves something to do puts it back.
        unschedule_compaction(&self.table, &tenant, at).await?;
        let compacted = self.compact(workspace, budget, now).await;
        if compacted.is_err() {
            schedule_compaction(&self.table, &tenant, at).await?;
        }
        compacted.map(|compacted| compacted.next.is_none_or(|next| next > now))
    }
}

impl CompactionRun<'_> {
    const fn steps(&self) -> u32 {
        match self.budget {
            CompactionBudget::Brief => 4,
            CompactionBudget::Steps(steps) => steps,
        }
    }

    /// The items of the write buffer that are in no segment and no job.
    fn unmerged(&self, manifest: &Manifest) -> Unmerged {
        let in_jobs = manifest.jobs.iter().filter_map(|job| match &job.input {
            IndexParts::Buffered(keys) => Some(keys),
            IndexParts::Segments(_) => None,
        });
        let flushed = manifest.flushed().chain(self.flushed.iter().map(String::as_str));
        let merged: BTreeSet<&str> = in_jobs.flatten().map(String::as_str).chain(flushed).collect();
        let flushed = self.buffer.iter().filter(|item| self.flushed.contains(&item.key));
        let mut unmerged = Unmerged { flushed_bytes: flushed.map(|item| item.bytes).sum(), ..Unmerged::default() };
        for item in self.buffer.iter().rev().filter(|item| !merged.contains(item.key.as_str())) {
            unmerged.keys.push(item.key.clone());
            unmerged.bytes += item.bytes;
            if !item.layer.tombstones.is_empty() {
                unmerged.tombstones_since = unmerged.tombstones_since.into_iter().chain([item.at]).min();
            }
        }
        unmerged
    }

    async fn step(&mut self, manifest: &Manifest) -> Result<RunStep, TableError> {
        self.flushed.extend(manifest.flushed().map(str::to_owned));
        if let Some(obsolete) = manifest.obsolete.iter().find(|obsolete| obsolete.since.plus(GRACE) <= self.now) {
            return self.delete(manifest, obsolete).await;
        }
        let is_free = |job: &MergeJob| self.mine.contains(&job.output) || job.leased_until <= self.now;
        let job = manifest.jobs.iter().find(|job| is_free(job) && self.may(manifest, job)).cloned();
        if let Some(job) = job {
            self.mine.insert(job.output);
            return self.advance(manifest, &job).await;
        }
        let next = next_job(manifest, &self.unmerged(manifest), self.now);
        match next.filter(|job| self.may(manifest, job)) {
            Some(job) => self.begin(manifest, job).await,
            None => Ok(RunStep::NothingToDo),
        }
    }

    /// Whether a job is within the budget.
    fn may(&self, manifest: &Manifest, job: &MergeJob) -> bool {
        match &job.input {
            IndexParts::Segments(ids) if self.budget == CompactionBudget::Brief => {
                manifest.segments.iter().filter(|one| ids.contains(&one.id)).map(|one| one.blocks).sum::<u32>() <= SMALL
            }
            _ => true,
        }
    }

    async fn change(&self, known: &Manifest, change: impl Fn(&mut Manifest) -> bool) -> Result<RunStep, TableError> {
        manifest::change(self.table, &self.tenant, known.clone(), change).await.map(RunStep::from)
    }

    /// Leaves the jobs that are not done to whoever comes next.
    async fn release(&self, manifest: Manifest) -> Result<Manifest, TableError> {
        if !manifest.jobs.iter().any(|job| self.mine.contains(&job.output)) {
            return Ok(manifest);
        }
        let released = manifest::change(self.table, &self.tenant, manifest.clone(), |manifest| {
            let mine = manifest.jobs.iter_mut().filter(|job| self.mine.contains(&job.output));
            mine.map(|job| job.leased_until = self.now).count() > 0
        });
        Ok(released.await?.unwrap_or(manifest))
    }

    async fn begin(&mut self, manifest: &Manifest, job: MergeJob) -> Result<RunStep, TableError> {
        self.mine.insert(job.output);
        self.change(manifest, |manifest| {
            // Under another number the input of this job may be merged already.
            let is_still_next = manifest.next == job.output;
            if is_still_next {
                manifest.next += 1;
                manifest.jobs.push(job.clone());
            }
            is_still_next
        })
        .await
    }

    async fn advance(&mut self, manifest: &Manifest, job: &MergeJob) -> Result<RunStep, TableError> {
        match &job.input {
            IndexParts::Buffered(keys) => self.merge_buffer(manifest, job, keys).await,
            IndexParts::Segments(ids) => self.merge_segments(manifest, job, ids).await,
        }
    }

    async fn merge_buffer(&self, manifest: &Manifest, job: &MergeJob, keys: &[String]) -> Result<RunStep, TableError> {
        let input: Vec<_> = self.buffer.iter().filter(|item| keys.contains(&item.key)).collect();
        if input.len() < keys.len() {
            // Not in every copy of the table yet, or merged by others by now.
            return Ok(RunStep::NothingToDo);
        }
        let merged = merge(input.iter().map(|item| &item.layer));
        let named = input.iter().flat_map(|item| &item.tickets).filter(|named| named.is_new);
        // A ticket may be new in two of them; one request takes it once.
        let tickets: BTreeSet<_> = named.map(|named| (named.number, named.id)).collect();
        let rows = tickets.into_iter().map(|(number, ticket)| {
            let mut row = keyed(self.tenant.indexed_ticket(number));
            row.insert("t".to_owned(), id(ticket.uuid()));
            BatchWrite::Put(row)
        });
        self.table.write_all(rows.collect()).await?;
        let blocks = self.write_blocks(job, &merged.postings).await?;
        let with_tombstones = input.iter().filter(|item| !item.layer.tombstones.is_empty());
        let made = self.made(job, blocks, merged.tombstones, with_tombstones.map(|item| item.at).min());
        self.complete(manifest, job, &made).await
    }

    fn made(&self, job: &MergeJob, blocks: u32, tombstones: NumberSet, since: Option<Timestamp>) -> Segment {
        let (id, level) = (job.output, job.level);
        Segment { id, level, blocks, made_at: self.now, tombstones, tombstones_since: since }
    }

    async fn complete(&self, manifest: &Manifest, job: &MergeJob, made: &Segment) -> Result<RunStep, TableError> {
        self.change(manifest, |manifest| {
            let is_there = manifest.job(job.output).is_some();
            if is_there {
                manifest.complete(job, made.clone(), self.now);
            }
            is_there
        })
        .await
    }

    /// One step: a window of blocks of every segment, up to the last posting of which all
    /// windows reach beyond.
    async fn merge_segments(&self, manifest: &Manifest, job: &MergeJob, ids: &[u32]) -> Result<RunStep, TableError> {
        let input: Vec<_> = manifest.segments.iter().rev().filter(|segment| ids.contains(&segment.id)).collect();
        let from = job.done.as_ref().map_or(BlockFrom::Beginning, BlockFrom::Behind);
        let read =
            input.iter().map(|segment| segments::read(self.table, &self.tenant, segment, (from, WINDOW), self.now));
        let read = try_join_all(read).await?;
        let unfinished = read.iter().filter(|range| !range.is_end).filter_map(|range| range.blocks.last());
        let bound = unfinished.map(|(last, _)| last).min();
        let mut layers = Vec::new();
        for (segment, range) in input.iter().zip(&read) {
            let postings = between(range, job.done.as_ref(), bound)?;
            layers.push(Layer { postings, tombstones: segment.tombstones.clone() });
        }
        let merged = merge(&layers);
        let blocks = job.blocks.saturating_add(self.write_blocks(job, &merged.postings).await?);
        let Some(bound) = bound else {
            let since = input.iter().filter_map(|segment| segment.tombstones_since).min();
            return self.complete(manifest, job, &self.made(job, blocks, merged.tombstones, since)).await;
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

    async fn write_blocks(&self, job: &MergeJob, postings: &Postings) -> Result<u32, TableError> {
        let blocks = block::pack(postings, BLOCK);
        let count = u32::try_from(blocks.len()).unwrap_or(u32::MAX);
        let writes = blocks.into_iter().map(|block| {
            let mut item = keyed(self.tenant.block(job.output, &block.last));
            item.insert("v".to_owned(), number(FORMAT));
            item.insert("b".to_owned(), binary(block.bytes));
            BatchWrite::Put(item)
        });
        self.table.write_all(writes.collect()).await?;
        Ok(count)
    }

    /// Deletes some of the obsolete parts; once all are gone, the manifest drops them.
    async fn delete(&self, manifest: &Manifest, obsolete: &Obsolete) -> Result<RunStep, TableError> {
        let is_gone = match &obsolete.parts {
            IndexParts::Buffered(keys) => {
                let pk = self.tenant.write_buffer();
                let keys = keys.iter().map(|sk| Key { pk: pk.clone(), sk: sk.clone() });
                self.table.write_all(keys.map(BatchWrite::Delete).collect()).await?;
                true
            }
            IndexParts::Segments(ids) => {
                let deleted = try_join_all(ids.iter().map(|id| self.delete_blocks(*id))).await?;
                deleted.into_iter().all(|is_gone| is_gone)
            }
        };
        if !is_gone {
            return Ok(RunStep::Done(manifest.clone()));
        }
        self.change(manifest, |manifest| {
            let before = manifest.obsolete.len();
            manifest.obsolete.retain(|other| other != obsolete);
            manifest.obsolete.len() < before
        })
        .await
    }

    /// Whether none is left.
    async fn delete_blocks(&self, id: u32) -> Result<bool, TableError> {
        // Read as a young segment: blocks that are still there must be seen.
        let tombstones = NumberSet::default();
        let segment = Segment { id, level: 0, blocks: 0, made_at: self.now, tombstones, tombstones_since: None };
        let range = (BlockFrom::Beginning, DELETED);
        let read = segments::read(self.table, &self.tenant, &segment, range, self.now).await?;
        let keys = read.blocks.iter().map(|(last, _)| self.tenant.block(id, last));
        self.table.write_all(keys.map(BatchWrite::Delete).collect()).await?;
        Ok(read.is_end)
    }
}

/// The postings of these blocks that lie beyond one key, up to another.
fn between(range: &BlockRange, beyond: Option<&BlockKey>, up_to: Option<&BlockKey>) -> Result<Postings, Corrupt> {
    let mut postings = Postings::default();
    for (_, packed) in &range.blocks {
        block::unpack(packed, |word, number, is_public| {
            let is_beyond = |key: &BlockKey| (word, Reverse(number)) > (key.word.as_str(), Reverse(key.number));
            if beyond.is_none_or(is_beyond) && !up_to.is_some_and(is_beyond) {
                postings.add(word, number, is_public);
            }
        })?;
    }
    Ok(postings)
}
