//! What the index of a workspace consists of. Every change of it is one conditional
//! write, so that it is always one of the states that follow from each other.

use super::merge::Numbers;
use crate::{
    client::{CAPACITY, Store, failure, is_condition_failure},
    error::StoreError,
    item::{Item, Reader, document, number, read_document},
    keys::{Place, Tenant},
};
use lambdesk_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How often a change of the manifest is tried while others change it.
const ATTEMPTS: u32 = 8;
/// How long what was merged stays, for those who read by an older manifest; and how
/// long a segment is young: not yet surely in every copy of the table.
pub const GRACE: Duration = Duration::from_secs(15);

/// The pieces of an index.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// One more with every change; 0 before the first.
    #[serde(skip)]
    pub version: u64,
    /// The number of the next segment.
    pub next: u32,
    /// The oldest first.
    pub segments: Vec<Segment>,
    /// Merges under way: at most one of fresh items and one of segments.
    pub jobs: Vec<Job>,
    /// What is to be deleted.
    pub retired: Vec<Retired>,
}

/// Sorted blocks that never change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Its number, never used again.
    pub id: u32,
    /// How often its words were merged.
    pub level: u8,
    /// How many blocks it has.
    pub blocks: u32,
    /// Since when it is in the manifest.
    pub made_at: Timestamp,
    /// The tickets that older segments are to forget.
    pub forgotten: Numbers,
    /// Since when the first of them is to be forgotten.
    pub since: Option<Timestamp>,
}

/// Pieces of the index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pieces {
    /// Fresh items by their sort keys, the oldest first.
    Fresh(Vec<String>),
    /// Segments, the oldest first; they follow each other.
    Segments(Vec<u32>),
}

/// A merge under way. What it writes follows from its input and where it stands, so
/// doing a part of it twice, or by two at once, changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The segment that it makes.
    pub output: u32,
    /// Of which level.
    pub level: u8,
    /// What it merges.
    pub input: Pieces,
    /// The last posting that is written; none at the beginning.
    pub done: Option<Place>,
    /// How many blocks are written.
    pub blocks: u32,
    /// Until when somebody is at it.
    pub leased_until: Timestamp,
}

/// Something that was merged and is to be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retired {
    pub what: Pieces,
    pub since: Timestamp,
    /// It may say what was to be forgotten, so it must not stay until something is
    /// written.
    pub is_urgent: bool,
}

impl Manifest {
    /// Fresh items that a segment says by now: they are not to be read again.
    pub fn drained(&self) -> impl Iterator<Item = &str> {
        let keys = self.retired.iter().filter_map(|retired| match &retired.what {
            Pieces::Fresh(keys) => Some(keys),
            Pieces::Segments(_) => None,
        });
        keys.flatten().map(String::as_str)
    }

    /// The job that makes this segment.
    pub fn job(&mut self, output: u32) -> Option<&mut Job> {
        self.jobs.iter_mut().find(|job| job.output == output)
    }

    /// Puts the segment that a job made in the place of what it merged.
    pub fn complete(&mut self, job: &Job, made: Segment, now: Timestamp) {
        self.jobs.retain(|other| other.output != job.output);
        let place = match &job.input {
            Pieces::Fresh(_) => self.segments.len(),
            Pieces::Segments(ids) => {
                let place = self.segments.iter().position(|segment| ids.contains(&segment.id)).unwrap_or_default();
                self.segments.retain(|segment| !ids.contains(&segment.id));
                place
            }
        };
        let forgets = !made.forgotten.0.is_empty();
        // Nothing is older than the first: there is nothing left to forget.
        let made = if place == 0 { Segment { forgotten: Numbers::default(), since: None, ..made } } else { made };
        if made.blocks > 0 || !made.forgotten.0.is_empty() {
            self.segments.insert(place, made);
        }
        let is_urgent = forgets || matches!(job.input, Pieces::Segments(_));
        self.retired.push(Retired { what: job.input.clone(), since: now, is_urgent });
    }

    fn of(item: &Item) -> Result<Self, StoreError> {
        Ok(Self { version: Reader(item).number("n")?, ..read_document(item)? })
    }
}

impl Segment {
    /// May still be missing in some copy of the table.
    pub fn is_young(&self, now: Timestamp) -> bool {
        now < self.made_at.plus(GRACE)
    }
}

impl Store {
    /// The manifest; an empty one before anything was merged.
    pub(super) async fn manifest(&self, tenant: &Tenant) -> Result<Manifest, StoreError> {
        let item = self.get(tenant.index_manifest(), true).await?;
        item.as_ref().map_or_else(|| Ok(Manifest::default()), Manifest::of)
    }

    /// Changes the manifest, again from what it has become meanwhile when others
    /// change it too; none when `change` finds that it is no longer wanted.
    pub(super) async fn change_manifest(
        &self,
        tenant: &Tenant,
        known: Manifest,
        change: impl Fn(&mut Manifest) -> bool,
    ) -> Result<Option<Manifest>, StoreError> {
        let mut manifest = known;
        for _ in 0..ATTEMPTS {
            if !change(&mut manifest) {
                return Ok(None);
            }
            manifest.version += 1;
            if self.put_manifest(tenant, &manifest).await? {
                return Ok(Some(manifest));
            }
            manifest = self.manifest(tenant).await?;
        }
        Err(StoreError::Contended)
    }

    async fn put_manifest(&self, tenant: &Tenant, manifest: &Manifest) -> Result<bool, StoreError> {
        let mut item = document(tenant.index_manifest(), manifest);
        item.insert("n".to_owned(), number(manifest.version));
        let after = self.meter.ended();
        let request = self.client.put_item().table_name(&*self.table).set_item(Some(item));
        let request = request.return_consumed_capacity(CAPACITY);
        let request = match manifest.version {
            1 => request.condition_expression("attribute_not_exists(pk)"),
            version => {
                request.condition_expression("n = :before").expression_attribute_values(":before", number(version - 1))
            }
        };
        match self.persist("PutItem", || request.clone().send()).await {
            Ok(output) => {
                self.record("PutItem", after, output.consumed_capacity());
                Ok(true)
            }
            Err(error) if is_condition_failure(&error) => {
                self.record("PutItem", after, None);
                Ok(false)
            }
            Err(error) => Err(failure(error)),
        }
    }
}
