//! A search: from the terms of a query to the numbers of tickets, in one to three round
//! trips. The manifest, the write buffer and the segments of the remembered manifest are
//! read at once, then what that manifest lacked; then on in segments whose lists are long.
//! A segment costs half a unit to 8 units per word and round.

use crate::{
    block::unpack,
    blocks::BlockRange,
    buffer::{self, BufferItem},
    index::SearchIndex,
    intersect::{Intersection, PostingList, SegmentHits, TermLists, intersect},
    manifest::{self, Manifest, Segment},
    query::{Hits, Search, SearchFrom},
    segments::{self, BlockFrom},
};
use futures_util::future::{try_join_all, try_join3};
use lambdesk_domain::{
    id::{TicketId, TicketNumber},
    search::{SearchQuery, SearchTerm, Word},
    time::Timestamp,
};
use lambdesk_table::{
    Corrupt, TableError, Tenant,
    item::Reader,
    keys::{self, BlockKey},
};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

/// Terms that are looked for at a time; the hits are held against further ones.
const TERMS_AT_ONCE: usize = 8;
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

/// One search.
struct SearchRun<'a> {
    index: &'a SearchIndex,
    tenant: &'a Tenant,
    search: &'a Search,
    /// The words that are read, each once.
    words: Vec<Word>,
    terms: Vec<TermLists>,
    now: Timestamp,
}

/// The lists of all words in the segments that were read, by the segments' numbers.
type SegmentLists = BTreeMap<u32, Vec<PostingList>>;

impl SearchIndex {
    /// The tickets that have all words of a query, up to a bounded number of hits.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn search(
        &self,
        tenant: &Tenant,
        search: &Search,
        from: SearchFrom,
        now: Timestamp,
    ) -> Result<Hits, TableError> {
        let terms = search.query.terms();
        let (first, further) = terms.split_at(terms.len().min(TERMS_AT_ONCE));
        let run = SearchRun::new(self, tenant, search, now, first);
        let remembered = self.manifests.get(tenant);
        let below = if let SearchFrom::Below(number) = from { number.0 } else { u64::MAX };
        let ahead = remembered.as_deref().map_or(&[][..], |manifest| &manifest.segments);
        let (manifest, buffer, mut lists) = try_join3(
            manifest::read(&self.table, tenant),
            buffer::newest(&self.table, tenant),
            run.segments(ahead, below),
        )
        .await?;
        let manifest = Arc::new(manifest);
        self.manifests.put(tenant, Arc::clone(&manifest));
        let missing: Vec<_> = manifest.segments.iter().filter(|one| !lists.contains_key(&one.id)).cloned().collect();
        lists.extend(run.segments(&missing, below).await?);
        let flushed: BTreeSet<&str> = manifest.flushed().collect();
        let buffer: Vec<_> = buffer.into_iter().filter(|item| !flushed.contains(item.key.as_str())).collect();
        let known = buffer.iter().flat_map(|item| &item.tickets).map(|named| (named.number, named.id)).collect();
        let mut found = match from {
            SearchFrom::Above(number) => run.above(number.0, &manifest, &buffer, lists).await?,
            _ => run.below(below, &manifest, &buffer, lists).await?,
        };
        for terms in further.chunks(TERMS_AT_ONCE) {
            let run = SearchRun::new(self, tenant, search, now, terms);
            found.numbers = run.keep(&manifest, &buffer, found.numbers).await?;
        }
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
    ) -> Result<Vec<(TicketNumber, TicketId)>, TableError> {
        let unknown: Vec<_> = numbers.iter().filter(|number| !hits.known.contains_key(number)).collect();
        let keys = unknown.into_iter().map(|number| tenant.indexed_ticket(*number)).collect();
        let mut ids = HashMap::new();
        for row in &self.table.batch_get_eventual(keys).await? {
            let row = Reader(row);
            let number = keys::indexed_number(row.text("sk")?).ok_or(Corrupt("sk"))?;
            let id = keys::long(row.text("t")?).ok_or(Corrupt("t"))?;
            ids.insert(number, TicketId::new(id));
        }
        let id = |number: &TicketNumber| hits.known.get(number).or_else(|| ids.get(number)).copied();
        Ok(numbers.iter().filter_map(|number| Some((*number, id(number)?))).collect())
    }
}

impl<'a> SearchRun<'a> {
    /// Of some terms of the query.
    fn new(
        index: &'a SearchIndex,
        tenant: &'a Tenant,
        search: &'a Search,
        now: Timestamp,
        terms: &[SearchTerm],
    ) -> Self {
        let mut words: Vec<Word> = terms.iter().flat_map(SearchTerm::words).cloned().collect();
        words.sort_unstable();
        words.dedup();
        let place = |word: &Word| words.binary_search(word).ok();
        let lists = |term: &SearchTerm| TermLists {
            words: term.words().iter().filter_map(place).collect(),
            number: term.number().map(|number| number.0),
        };
        let terms = terms.iter().map(lists).collect();
        Self { index, tenant, search, words, terms, now }
    }

    /// Whether a word of a ticket counts for one of the query.
    fn meets(&self, wanted: &Word, word: &str) -> bool {
        SearchQuery::meets(wanted, word) && (self.search.sees_clients || !SearchQuery::is_of_client(word))
    }

    /// Newest first, below a number.
    async fn below(
        &self,
        below: u64,
        manifest: &Manifest,
        buffer: &[BufferItem],
        mut lists: SegmentLists,
    ) -> Result<Hits, TableError> {
        let mut found = self.intersect(manifest, buffer, &lists, below);
        for _ in 0..ROUNDS {
            if found.low_watermark == 0 || found.hits.len() >= ENOUGH {
                break;
            }
            self.read_on(manifest, &mut lists, found.low_watermark).await?;
            found = self.intersect(manifest, buffer, &lists, below);
        }
        let numbers: Vec<_> = found.hits.iter().rev().take(MOST_HITS).copied().map(TicketNumber).collect();
        let is_cut = numbers.len() < found.hits.len();
        let more = if is_cut { numbers.last().copied() } else { Some(TicketNumber(found.low_watermark)) };
        Ok(Hits { numbers, more: more.filter(|number| number.0 > 0), ..Hits::default() })
    }

    /// The nearest above a number.
    async fn above(
        &self,
        number: u64,
        manifest: &Manifest,
        buffer: &[BufferItem],
        lists: SegmentLists,
    ) -> Result<Hits, TableError> {
        let found = self.intersect(manifest, buffer, &lists, u64::MAX);
        if found.low_watermark <= number.saturating_add(1) {
            return Ok(nearest_above(number, &found, None));
        }
        let (mut found, mut end) = (found, None);
        for window in WINDOWS {
            let below = number.saturating_add(window);
            let lists = self.segments(&manifest.segments, below).await?;
            (found, end) = (self.intersect(manifest, buffer, &lists, below), Some(below - 1));
            if found.low_watermark <= number.saturating_add(1) {
                break;
            }
        }
        Ok(nearest_above(number, &found, end))
    }

    /// Those of some hits that have these words, too. Where a word is so common that its
    /// list was not read to the lowest hit, the hits below count as if they had it.
    async fn keep(
        &self,
        manifest: &Manifest,
        buffer: &[BufferItem],
        hits: Vec<TicketNumber>,
    ) -> Result<Vec<TicketNumber>, TableError> {
        let Some(highest) = hits.first() else {
            return Ok(hits);
        };
        let below = highest.0.saturating_add(1);
        let lists = self.segments(&manifest.segments, below).await?;
        let found = self.intersect(manifest, buffer, &lists, below);
        let has_all = |number: &TicketNumber| number.0 < found.low_watermark || found.hits.contains(&number.0);
        Ok(hits.into_iter().filter(has_all).collect())
    }

    fn intersect(&self, manifest: &Manifest, buffer: &[BufferItem], lists: &SegmentLists, below: u64) -> Intersection {
        let buffer = buffer.iter().map(|item| self.hits_in(item));
        let segments = manifest.segments.iter().rev().map(|segment| SegmentHits {
            words: lists.get(&segment.id).cloned().unwrap_or_default(),
            tombstones: segment.tombstones.clone(),
        });
        intersect(&buffer.chain(segments).collect::<Vec<_>>(), &self.terms, self.search.sees_notes, below)
    }

    fn hits_in(&self, item: &BufferItem) -> SegmentHits {
        let mut words = vec![PostingList::default(); self.words.len()];
        for (word, postings) in item.layer.postings.iter() {
            for (wanted, list) in self.words.iter().zip(&mut words) {
                if self.meets(wanted, word) {
                    for (Reverse(number), is_public) in postings {
                        list.add(*number, *is_public);
                    }
                }
            }
        }
        SegmentHits { words, tombstones: item.layer.tombstones.clone() }
    }

    /// All words in some segments, at once: no request for no words.
    async fn segments(&self, segments: &[Segment], below: u64) -> Result<SegmentLists, TableError> {
        if self.words.is_empty() {
            return Ok(segments.iter().map(|segment| (segment.id, Vec::new())).collect());
        }
        let reads = segments.iter().map(|segment| async move {
            let lists = if segment.blocks <= WHOLE {
                self.whole(segment).await?
            } else {
                try_join_all(self.words.iter().map(|word| self.word(segment, word, below))).await?
            };
            Ok::<_, TableError>((segment.id, lists))
        });
        Ok(try_join_all(reads).await?.into_iter().collect())
    }

    async fn whole(&self, segment: &Segment) -> Result<Vec<PostingList>, TableError> {
        let mut lists = vec![PostingList::default(); self.words.len()];
        if segment.blocks == 0 {
            return Ok(lists);
        }
        let limit = usize::try_from(segment.blocks).unwrap_or(usize::MAX).saturating_add(1);
        let read = self.blocks(segment, BlockFrom::Beginning, limit).await?;
        for (_, packed) in &read.blocks {
            for (wanted, list) in self.words.iter().zip(&mut lists) {
                self.add_postings(packed, wanted, list)?;
            }
        }
        Ok(lists)
    }

    /// A word and those that begin with it, from a number down: the word itself comes
    /// first, its newest tickets before the others.
    async fn word(&self, segment: &Segment, wanted: &Word, below: u64) -> Result<PostingList, TableError> {
        let mut list = PostingList::default();
        let mut key = BlockKey { word: wanted.as_str().to_owned(), number: below.saturating_sub(1) };
        let mut is_first = true;
        // Larger segments have longer lists.
        let first = 2 + usize::try_from(segment.blocks / 2_048).unwrap_or(usize::MAX).min(6);
        for limit in [first, MOST_BLOCKS - first] {
            let from = if is_first { BlockFrom::Posting(&key) } else { BlockFrom::Behind(&key) };
            let read = self.blocks(segment, from, limit).await?;
            for (_, packed) in &read.blocks {
                self.add_postings(packed, wanted, &mut list)?;
            }
            let end = read.blocks.into_iter().next_back().map(|(last, _)| last).filter(|_| !read.is_end);
            let Some(end) = end.filter(|last| SearchQuery::meets(wanted, &last.word)) else {
                list.low_watermark = 0;
                return Ok(list);
            };
            list.low_watermark = if end.word == wanted.as_str() { end.number } else { 0 };
            (key, is_first) = (end, false);
        }
        Ok(list)
    }

    async fn blocks(&self, segment: &Segment, from: BlockFrom<'_>, limit: usize) -> Result<BlockRange, TableError> {
        let SearchIndex { table, blocks, .. } = self.index;
        segments::read_cached((table, blocks), self.tenant, segment, (from, limit), self.now).await
    }

    /// Adds the postings of a block that meet a word of the query.
    fn add_postings(&self, packed: &[u8], wanted: &Word, list: &mut PostingList) -> Result<(), Corrupt> {
        unpack(packed, |word, number, is_public| {
            if self.meets(wanted, word) {
                list.add(number, is_public);
            }
        })
    }

    /// Reads on where a word was not read to its end, from a number down.
    async fn read_on(&self, manifest: &Manifest, lists: &mut SegmentLists, below: u64) -> Result<(), TableError> {
        let mut unread = Vec::new();
        for segment in &manifest.segments {
            let words = lists.get(&segment.id).into_iter().flatten().enumerate();
            let cut = words.filter(|(_, list)| list.low_watermark > 0);
            unread.extend(cut.map(|(word, list)| (segment, word, list.low_watermark)));
        }
        let reads = unread.into_iter().filter_map(|(segment, word, low_watermark)| {
            let wanted = self.words.get(word)?;
            Some(async move {
                let more = self.word(segment, wanted, low_watermark.min(below)).await?;
                Ok::<_, TableError>((segment.id, word, more))
            })
        });
        for (segment, word, more) in try_join_all(reads).await? {
            if let Some(list) = lists.get_mut(&segment).and_then(|words| words.get_mut(word)) {
                list.low_watermark = more.low_watermark;
                more.numbers.into_iter().for_each(|(number, is_public)| list.add(number, is_public));
            }
        }
        Ok(())
    }
}

fn nearest_above(number: u64, found: &Intersection, end: Option<u64>) -> Hits {
    let above = found.hits.range(number.saturating_add(1)..);
    let mut numbers: Vec<_> = above.clone().take(MOST_HITS).copied().map(TicketNumber).collect();
    let is_cut = above.count() > numbers.len();
    let more = if is_cut { numbers.last().copied() } else { end.map(TicketNumber) };
    numbers.reverse();
    Hits { numbers, more, ..Hits::default() }
}
