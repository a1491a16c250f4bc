//! The cache of blocks that searches have read, within [`CAPACITY`]: a segment never
//! changes, so its blocks are read once per process. Agents page through a search, and type
//! it letter by letter; small segments are wholly remembered after the first search.

use lambdesk_table::keys::{self, BlockKey};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

/// Blocks in their order.
#[derive(Debug)]
pub struct BlockRange {
    /// The keys and the packed postings.
    pub blocks: Vec<(BlockKey, Arc<[u8]>)>,
    /// The segment has none beyond these.
    pub is_end: bool,
}

/// The most bytes of blocks that are kept; then the cache starts over.
const CAPACITY: usize = 8 * 1024 * 1024;
/// What a block takes besides its postings: keys and the maps.
const OVERHEAD: usize = 300;

/// The blocks that were read last, by the partitions of their segments and their places.
#[derive(Debug, Default)]
pub struct BlockCache(Mutex<Blocks>);

#[derive(Debug, Default)]
struct Blocks {
    bytes: usize,
    segments: HashMap<String, BTreeMap<String, CachedBlock>>,
}

#[derive(Debug, Clone)]
struct CachedBlock {
    key: BlockKey,
    packed: Arc<[u8]>,
    /// The segment has no other block from here to this one.
    low: String,
    /// The segment has none beyond this one.
    is_last: bool,
}

impl BlockCache {
    /// The blocks of a segment from a place on: as many as that, or up to its end. None when
    /// one of them is not known.
    pub fn get(&self, segment: &str, from: &str, limit: usize) -> Option<BlockRange> {
        let blocks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut low, mut found) = (from.to_owned(), Vec::new());
        for (place, block) in blocks.segments.get(segment)?.range(from.to_owned()..) {
            if block.low > low {
                return None;
            }
            found.push((block.key.clone(), Arc::clone(&block.packed)));
            if block.is_last || found.len() >= limit {
                return Some(BlockRange { blocks: found, is_end: block.is_last });
            }
            low = keys::after(place);
        }
        None
    }

    /// Remembers the blocks that were read from a place on.
    pub fn put(&self, segment: &str, from: &str, range: &BlockRange) {
        let mut blocks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if blocks.bytes >= CAPACITY {
            *blocks = Blocks::default();
        }
        let (mut low, mut added) = (from.to_owned(), 0);
        let of_segment = blocks.segments.entry(segment.to_owned()).or_default();
        for (position, (key, packed)) in range.blocks.iter().enumerate() {
            let place = key.sort_key();
            let after = keys::after(&place);
            let is_last = range.is_end && position + 1 == range.blocks.len();
            let known = of_segment.get(&place);
            added += if known.is_some() { 0 } else { packed.len() + OVERHEAD };
            let low = std::mem::replace(&mut low, after);
            let low = known.map_or(low.clone(), |known| known.low.clone().min(low));
            let is_last = is_last || known.is_some_and(|known| known.is_last);
            of_segment.insert(place, CachedBlock { key: key.clone(), packed: Arc::clone(packed), low, is_last });
        }
        blocks.bytes += added;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(words: &[&str], is_end: bool) -> BlockRange {
        let block = |word: &&str| (BlockKey { word: (*word).to_owned(), number: 7 }, Arc::from(word.as_bytes()));
        BlockRange { blocks: words.iter().map(block).collect(), is_end }
    }

    fn words(cache: &BlockCache, from: &str, limit: usize) -> Option<(Vec<String>, bool)> {
        let found = cache.get("s", from, limit)?;
        Some((found.blocks.into_iter().map(|(key, _)| key.word).collect(), found.is_end))
    }

    fn of(words: &[&str], is_end: bool) -> (Vec<String>, bool) {
        (words.iter().map(|word| (*word).to_owned()).collect(), is_end)
    }

    #[test]
    fn only_what_lies_between_known_blocks_is_known() {
        let cache = BlockCache::default();
        cache.put("s", "b", &range(&["c", "f"], false));
        assert_eq!(words(&cache, "b", 1), Some(of(&["c"], false)));
        assert_eq!(words(&cache, "bb", 2), Some(of(&["c", "f"], false)));
        assert_eq!(words(&cache, "d", 1), Some(of(&["f"], false)));
        // A block may end before b, and others begin behind f.
        assert_eq!([words(&cache, "a", 1), words(&cache, "d", 2), words(&cache, "g", 1)], [None, None, None]);
        assert!(cache.get("another", "b", 1).is_none());
        cache.put("s", "k", &range(&["m"], true));
        assert_eq!(words(&cache, "d", 2), None, "there may be blocks between f and m");
        cache.put("s", "f~", &range(&["m"], false));
        assert_eq!(words(&cache, "a", 9), None);
        cache.put("s", "", &range(&["c"], false));
        assert_eq!(words(&cache, "", 9), None, "f to f~");
        cache.put("s", "d", &range(&["f", "m"], true));
        assert_eq!(words(&cache, "", 9), Some(of(&["c", "f", "m"], true)));
    }

    #[test]
    fn a_full_cache_starts_over() {
        let cache = BlockCache::default();
        let large = |word: &str| BlockRange {
            blocks: vec![(BlockKey { word: word.to_owned(), number: 1 }, Arc::from(vec![0; CAPACITY / 2]))],
            is_end: false,
        };
        for word in ["a", "b", "c"] {
            cache.put("s", word, &large(word));
        }
        assert_eq!((words(&cache, "a", 1), words(&cache, "c", 1)), (None, Some(of(&["c"], false))));
    }
}
