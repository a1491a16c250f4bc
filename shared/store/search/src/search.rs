//! Searching: what is read of the index, in few rounds.

use super::{
    Hits, Search, SearchFrom,
    block::unpack,
    decide::{Decided, Heard, Said, decide},
    fresh::{Fresh, bytes},
    manifest::{Manifest, Segment},
};
use crate::{
    client::Store,
    error::{Corrupt, StoreError},
    item::{Item, Reader},
    keys::{self, Place, Tenant},
};
use futures_util::future::{try_join_all, try_join3};
use lambdesk_domain::{
    id::{TicketId, TicketNumber},
    search::{SearchQuery, Word},
    time::Timestamp,
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

/// Segments of so many blocks are read whole, once for all words.
const WHOLE: u32 = 4;
/// The most blocks of a segment that are read for a word at a time. So many of the
/// words that begin with a short one are found; the word itself is read on.
const MOST_BLOCKS: usize = 16;
/// How often a search goes on reading before it answers with what it has.
const ROUNDS: u32 = 3;
/// Hits that are enough for an answer.
const ENOUGH: usize = 100;
/// The most hits of an answer.
const MOST_HITS: usize = 2_000;
/// How far above a number its next hits are looked for, where words are so common
/// that reading from the newest doesn't reach it.
const WINDOWS: [u64; 2] = [65_536, 4_096];
/// Beyond so many workspaces the manifests are forgotten.
const REMEMBERED: usize = 1_000;

/// The manifests that were read last: what they name is read at once, beside the
/// manifest as it is now.
#[derive(Debug, Default)]
pub struct Cache(Mutex<HashMap<String, Arc<Manifest>>>);

impl Cache {
    fn get(&self, tenant: &Tenant) -> Option<Arc<Manifest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&tenant.index_manifest().pk).cloned()
    }

    fn put(&self, tenant: &Tenant, manifest: Arc<Manifest>) {
        let mut manifests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if manifests.len() >= REMEMBERED {
            manifests.clear();
        }
        manifests.insert(tenant.index_manifest().pk, manifest);
    }
}

/// One search.
struct Reading<'a> {
    store: &'a Store,
    tenant: &'a Tenant,
    search: &'a Search,
    words: Vec<Word>,
    now: Timestamp,
}

/// What was read of the segments, by their numbers.
type Read = BTreeMap<u32, Vec<Said>>;

impl Store {
    /// The tickets that say all words of a search, up to a bounded number of hits.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn search(
        &self,
        tenant: &Tenant,
        search: &Search,
        from: SearchFrom,
        now: Timestamp,
    ) -> Result<Hits, StoreError> {
        let words = search.query.words().cloned().collect();
        let reading = Reading { store: self, tenant, search, words, now };
        let remembered = self.memory.manifests.get(tenant);
        let below = if let SearchFrom::Below(number) = from { number.0 } else { u64::MAX };
        let ahead = remembered.as_deref().map_or(&[][..], |manifest| &manifest.segments);
        let (manifest, fresh, mut read) =
            try_join3(self.manifest(tenant), self.fresh(tenant, false), reading.segments(ahead, below)).await?;
        let manifest = Arc::new(manifest);
        self.memory.manifests.put(tenant, Arc::clone(&manifest));
        let missing: Vec<_> = manifest.segments.iter().filter(|one| !read.contains_key(&one.id)).cloned().collect();
        read.extend(reading.segments(&missing, below).await?);
        let drained: BTreeSet<&str> = manifest.drained().collect();
        let fresh: Vec<_> = fresh.into_iter().filter(|fresh| !drained.contains(fresh.key.as_str())).collect();
        let known = fresh.iter().flat_map(|fresh| &fresh.named).map(|named| (named.number, named.id)).collect();
        let found = match from {
            SearchFrom::Above(number) => reading.above(number.0, &manifest, &fresh, read).await?,
            _ => reading.below(below, &manifest, &fresh, read).await?,
        };
        Ok(Hits { known, ..found })
    }

    /// The ids of some hits, in their order. Those that are not known yet, or no more,
    /// are left out.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn identify(
        &self,
        tenant: &Tenant,
        hits: &Hits,
        numbers: &[TicketNumber],
    ) -> Result<Vec<(TicketNumber, TicketId)>, StoreError> {
        let unknown: Vec<_> = numbers.iter().filter(|number| !hits.known.contains_key(number)).collect();
        let rows = unknown
            .chunks(100)
            .map(|some| self.batch_get_soon(some.iter().map(|number| tenant.indexed_ticket(**number)).collect()));
        let rows = try_join_all(rows).await?;
        let mut ids = HashMap::new();
        for row in rows.iter().flatten() {
            let row = Reader(row);
            let number = keys::indexed_number(row.text("sk")?).ok_or(Corrupt("sk"))?;
            let id = keys::long(row.text("t")?).ok_or(Corrupt("t"))?;
            ids.insert(number, TicketId::new(id));
        }
        let id = |number: &TicketNumber| hits.known.get(number).or_else(|| ids.get(number)).copied();
        Ok(numbers.iter().filter_map(|number| Some((*number, id(number)?))).collect())
    }
}

impl Reading<'_> {
    /// Newest first, below a number.
    async fn below(
        &self,
        below: u64,
        manifest: &Manifest,
        fresh: &[Fresh],
        mut read: Read,
    ) -> Result<Hits, StoreError> {
        let mut decided = self.decide(manifest, fresh, &read, below);
        for _ in 0..ROUNDS {
            if decided.floor == 0 || decided.hits.len() >= ENOUGH {
                break;
            }
            self.read_on(manifest, &mut read, decided.floor).await?;
            decided = self.decide(manifest, fresh, &read, below);
        }
        let numbers: Vec<_> = decided.hits.iter().rev().take(MOST_HITS).copied().map(TicketNumber).collect();
        let is_cut = numbers.len() < decided.hits.len();
        let more = if is_cut { numbers.last().copied() } else { Some(TicketNumber(decided.floor)) };
        Ok(Hits { numbers, more: more.filter(|number| number.0 > 0), ..Hits::default() })
    }

    /// The nearest above a number.
    async fn above(&self, number: u64, manifest: &Manifest, fresh: &[Fresh], read: Read) -> Result<Hits, StoreError> {
        let decided = self.decide(manifest, fresh, &read, u64::MAX);
        if decided.floor <= number.saturating_add(1) {
            return Ok(nearest_above(number, &decided, None));
        }
        let (mut decided, mut end) = (decided, None);
        for window in WINDOWS {
            let below = number.saturating_add(window);
            let read = self.segments(&manifest.segments, below).await?;
            (decided, end) = (self.decide(manifest, fresh, &read, below), Some(below - 1));
            if decided.floor <= number.saturating_add(1) {
                break;
            }
        }
        Ok(nearest_above(number, &decided, end))
    }

    fn decide(&self, manifest: &Manifest, fresh: &[Fresh], read: &Read, below: u64) -> Decided {
        let fresh = fresh.iter().map(|fresh| self.heard(fresh));
        let segments = manifest.segments.iter().rev().map(|segment| Heard {
            words: read.get(&segment.id).cloned().unwrap_or_default(),
            forgotten: segment.forgotten.clone(),
        });
        decide(&fresh.chain(segments).collect::<Vec<_>>(), self.words.len(), self.search.sees_notes, below)
    }

    fn heard(&self, fresh: &Fresh) -> Heard {
        let mut words = vec![Said::default(); self.words.len()];
        for (word, list) in fresh.layer.lists.iter() {
            for (asked, said) in self.words.iter().zip(&mut words) {
                if SearchQuery::meets(asked, word) {
                    for (Reverse(number), is_public) in list {
                        add(said, *number, *is_public);
                    }
                }
            }
        }
        Heard { words, forgotten: fresh.layer.forgotten.clone() }
    }

    /// All words in some segments, at once.
    async fn segments(&self, segments: &[Segment], below: u64) -> Result<Read, StoreError> {
        let reads = segments.iter().map(|segment| async move {
            let said = if segment.blocks <= WHOLE {
                self.whole(segment).await?
            } else {
                try_join_all(self.words.iter().map(|word| self.word(segment, word, below))).await?
            };
            Ok::<_, StoreError>((segment.id, said))
        });
        Ok(try_join_all(reads).await?.into_iter().collect())
    }

    async fn whole(&self, segment: &Segment) -> Result<Vec<Said>, StoreError> {
        let mut words = vec![Said::default(); self.words.len()];
        if segment.blocks == 0 {
            return Ok(words);
        }
        let limit = i32::try_from(segment.blocks).unwrap_or(i32::MAX).saturating_add(1);
        let (blocks, _) = self.store.blocks(self.tenant, segment, None, limit, self.now).await?;
        for (_, item) in &blocks {
            for (asked, said) in self.words.iter().zip(&mut words) {
                take(item, asked, said)?;
            }
        }
        Ok(words)
    }

    /// A word and those that begin with it, from a number down: the word itself comes
    /// first, its newest tickets before the others.
    async fn word(&self, segment: &Segment, asked: &Word, below: u64) -> Result<Said, StoreError> {
        let mut said = Said::default();
        let mut from = Place { word: asked.as_str().to_owned(), number: below.saturating_sub(1) }.key();
        let mut condition = "sk >= :from";
        // Larger segments have longer lists.
        let first = 2 + usize::try_from(segment.blocks / 2_048).unwrap_or(usize::MAX).min(6);
        for limit in [first, MOST_BLOCKS - first] {
            let limit = i32::try_from(limit).unwrap_or(i32::MAX);
            let read = self.store.blocks_from(self.tenant, segment, (condition, &from), limit, self.now);
            let (blocks, is_end) = read.await?;
            for (_, item) in &blocks {
                take(item, asked, &mut said)?;
            }
            let Some((last, _)) = blocks.last().filter(|_| !is_end) else {
                said.floor = 0;
                return Ok(said);
            };
            if !SearchQuery::meets(asked, &last.word) {
                said.floor = 0;
                return Ok(said);
            }
            said.floor = if last.word == asked.as_str() { last.number } else { 0 };
            (from, condition) = (last.key(), "sk > :from");
        }
        Ok(said)
    }

    /// Reads on where a word was not read to its end, from a number down.
    async fn read_on(&self, manifest: &Manifest, read: &mut Read, below: u64) -> Result<(), StoreError> {
        let mut unread = Vec::new();
        for segment in &manifest.segments {
            let words = read.get(&segment.id).into_iter().flatten().enumerate();
            unread.extend(words.filter(|(_, said)| said.floor > 0).map(|(word, said)| (segment, word, said.floor)));
        }
        let reads = unread.into_iter().filter_map(|(segment, word, floor)| {
            let asked = self.words.get(word)?;
            Some(async move {
                let said = self.word(segment, asked, floor.min(below)).await?;
                Ok::<_, StoreError>((segment.id, word, said))
            })
        });
        for (segment, word, more) in try_join_all(reads).await? {
            if let Some(said) = read.get_mut(&segment).and_then(|words| words.get_mut(word)) {
                said.floor = more.floor;
                more.numbers.into_iter().for_each(|(number, is_public)| add(said, number, is_public));
            }
        }
        Ok(())
    }
}

fn nearest_above(number: u64, decided: &Decided, end: Option<u64>) -> Hits {
    let above = decided.hits.range(number.saturating_add(1)..);
    let mut numbers: Vec<_> = above.clone().take(MOST_HITS).copied().map(TicketNumber).collect();
    let is_cut = above.count() > numbers.len();
    let more = if is_cut { numbers.last().copied() } else { end.map(TicketNumber) };
    numbers.reverse();
    Hits { numbers, more, ..Hits::default() }
}

fn add(said: &mut Said, number: u64, is_public: bool) {
    *said.numbers.entry(number).or_default() |= is_public;
}

fn take(item: &Item, asked: &Word, said: &mut Said) -> Result<(), Corrupt> {
    unpack(bytes(item, "b")?, |word, number, is_public| {
        if SearchQuery::meets(asked, word) {
            add(said, number, is_public);
        }
    })
}
