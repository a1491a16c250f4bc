//! The manifest: the segments, merges and obsolete parts that a workspace's index
//! consists of, one item. Every change of it is one conditional write, so that it is
//! always one of the states that follow from each other.

use crate::number_set::NumberSet;
use lambdesk_domain::time::Timestamp;
use lambdesk_table::{
    Item, Table, TableError, Tenant, Write,
    item::{Reader, document, number, read_document},
    keys::BlockKey,
    retry::{ATTEMPTS, Attempts},
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long merged parts stay for readers of an older manifest; and how long a segment
/// is young: perhaps not yet in every copy of the table.
pub const GRACE: Duration = Duration::from_secs(15);

/// The parts of an index.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// One more with every change; 0 before the first.
    #[serde(skip)]
    pub version: u64,
    /// The number of the next segment.
    pub next: u32,
    /// The oldest first.
    pub segments: Vec<Segment>,
    /// Merges under way: at most one of the write buffer and one of segments.
    pub jobs: Vec<MergeJob>,
    /// Merged parts that are to be deleted.
    #[serde(rename = "retired")]
    pub obsolete: Vec<Obsolete>,
}

/// Sorted blocks that never change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Its number, never used again.
    pub id: u32,
    /// How often its postings were merged.
    pub level: u8,
    /// How many blocks it has.
    pub blocks: u32,
    /// Since when it is in the manifest.
    pub made_at: Timestamp,
    /// Tickets of which older segments' postings do not count any more.
    #[serde(rename = "forgotten")]
    pub tombstones: NumberSet,
    /// The age of the oldest tombstone.
    #[serde(rename = "since")]
    pub tombstones_since: Option<Timestamp>,
}

/// Parts of the index.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum IndexParts {
    /// Items of the write buffer by their sort keys, the oldest first.
    #[serde(rename = "Fresh")]
    Buffered(Vec<String>),
    /// Segments, the oldest first; they follow each other.
    Segments(Vec<u32>),
}

/// A merge under way. Its output follows from its input and its progress, so doing a
/// part of it twice, or by two processes at once, changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergeJob {
    /// The segment that it makes.
    pub output: u32,
    /// Of which level.
    pub level: u8,
    /// What it merges.
    pub input: IndexParts,
    /// The last posting that is written; none at the beginning.
    pub done: Option<BlockKey>,
    /// How many blocks are written.
    pub blocks: u32,
    /// Until then nobody else takes the job.
    pub leased_until: Timestamp,
}

/// Merged parts that are to be deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obsolete {
    #[serde(rename = "what")]
    pub parts: IndexParts,
    pub since: Timestamp,
    /// They may hold postings that have a tombstone, so their deletion must not wait
    /// until something else is written.
    pub is_urgent: bool,
}

impl Manifest {
    /// Items of the write buffer whose postings are in a segment by now: no longer to
    /// be read.
    pub fn flushed(&self) -> impl Iterator<Item = &str> {
        let keys = self.obsolete.iter().filter_map(|obsolete| match &obsolete.parts {
            IndexParts::Buffered(keys) => Some(keys),
            IndexParts::Segments(_) => None,
        });
        keys.flatten().map(String::as_str)
    }

    /// The job that makes this segment.
    pub fn job(&mut self, output: u32) -> Option<&mut MergeJob> {
        self.jobs.iter_mut().find(|job| job.output == output)
    }

    /// Replaces the input of a job by the segment that the job made.
    pub fn complete(&mut self, job: &MergeJob, made: Segment, now: Timestamp) {
        self.jobs.retain(|other| other.output != job.output);
        let position = match &job.input {
            IndexParts::Buffered(_) => self.segments.len(),
            IndexParts::Segments(ids) => {
                let first = self.segments.iter().position(|segment| ids.contains(&segment.id)).unwrap_or_default();
                self.segments.retain(|segment| !ids.contains(&segment.id));
                first
            }
        };
        let has_tombstones = !made.tombstones.is_empty();
        // No segment is older than the first: its tombstones have nothing left to hide.
        let made = match position {
            0 => Segment { tombstones: NumberSet::default(), tombstones_since: None, ..made },
            _ => made,
        };
        if made.blocks > 0 || !made.tombstones.is_empty() {
            self.segments.insert(position, made);
        }
        let is_urgent = has_tombstones || matches!(job.input, IndexParts::Segments(_));
        self.obsolete.push(Obsolete { parts: job.input.clone(), since: now, is_urgent });
    }

    fn decode(item: &Item) -> Result<Self, TableError> {
        Ok(Self { version: Reader(item).number("n")?, ..read_document(item)? })
    }
}

impl Segment {
    /// May still be missing in some copy of the table.
    pub fn is_young(&self, now: Timestamp) -> bool {
        now < self.made_at.plus(GRACE)
    }
}

/// The manifest as it is; an empty one before the first merge.
pub async fn read(table: &Table, tenant: &Tenant) -> Result<Manifest, TableError> {
    let item = table.get(tenant.index_manifest()).await?;
    item.as_ref().map_or_else(|| Ok(Manifest::default()), Manifest::decode)
}

/// Changes the manifest, decided anew from what it has become when others change it
/// too; none when `change` finds that the change is no longer wanted.
pub async fn change(
    table: &Table,
    tenant: &Tenant,
    known: Manifest,
    change: impl Fn(&mut Manifest) -> bool,
) -> Result<Option<Manifest>, TableError> {
    let mut manifest = known;
    let mut attempts = Attempts::new();
    loop {
        if !change(&mut manifest) {
            return Ok(None);
        }
        manifest.version += 1;
        if table.write(put(tenant, &manifest)).await? {
            return Ok(Some(manifest));
        }
        if !attempts.again(ATTEMPTS).await {
            return Err(TableError::Contended);
        }
        manifest = read(table, tenant).await?;
    }
}

fn put(tenant: &Tenant, manifest: &Manifest) -> Write {
    let mut item = document(tenant.index_manifest(), manifest);
    item.insert("n".to_owned(), number(manifest.version));
    match manifest.version {
        1 => Write::create(item),
        version => Write::put(item).when("n = :before").value(":before", number(version - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Manifests of earlier versions are read for as long as there are workspaces.
    #[test]
    fn the_stored_form_of_a_manifest_stays() {
        let at = Timestamp::from_millis(1_000);
        let manifest = Manifest {
            version: 0,
            next: 4,
            segments: vec![Segment {
                id: 1,
                level: 2,
                blocks: 3,
                made_at: at,
                tombstones: [7].into_iter().collect(),
                tombstones_since: Some(at),
            }],
            jobs: vec![MergeJob {
                output: 3,
                level: 1,
                input: IndexParts::Segments(vec![1]),
                done: Some(BlockKey { word: "lamp".to_owned(), number: 9 }),
                blocks: 1,
                leased_until: at,
            }],
            obsolete: vec![Obsolete { parts: IndexParts::Buffered(vec!["a".to_owned()]), since: at, is_urgent: true }],
        };
        let at = serde_json::to_string(&at).expect("a text");
        let expected = format!(
            r#"{{"next":4,"segments":[{{"id":1,"level":2,"blocks":3,"made_at":{at},"forgotten":"Bw","since":{at}}}],"jobs":[{{"output":3,"level":1,"input":{{"Segments":[1]}},"done":{{"word":"lamp","number":9}},"blocks":1,"leased_until":{at}}}],"retired":[{{"what":{{"Fresh":["a"]}},"since":{at},"is_urgent":true}}]}}"#
        );
        assert_eq!(serde_json::to_string(&manifest).expect("a text"), expected);
        assert_eq!(serde_json::from_str::<Manifest>(&expected).expect("it reads back"), manifest);
    }
}
