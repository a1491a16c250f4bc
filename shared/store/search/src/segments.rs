//! Blocks of segments: reading a range of them, one query of up to 1 MB; half a unit per
//! block of 4 KB, but a whole one while the segment is young. Nothing where all of them are
//! remembered.

use crate::{
    blocks::{BlockCache, BlockRange},
    manifest::Segment,
};
use lambdesk_domain::time::Timestamp;
use lambdesk_table::{
    Corrupt, Item, Query, Table, TableError, Tenant,
    item::Reader,
    keys::{self, BlockKey},
};
use std::sync::Arc;

/// Where a range of blocks begins.
#[derive(Debug, Clone, Copy)]
pub enum BlockFrom<'a> {
    /// At the segment's beginning.
    Beginning,
    /// At the block that holds this posting.
    Posting(&'a BlockKey),
    /// Behind this block.
    Behind(&'a BlockKey),
}

/// Blocks of a segment, at most so many, from the cache or into it.
pub async fn read_cached(
    (table, cache): (&Table, &BlockCache),
    tenant: &Tenant,
    segment: &Segment,
    (from, limit): (BlockFrom<'_>, usize),
    now: Timestamp,
) -> Result<BlockRange, TableError> {
    let partition = tenant.segment(segment.id);
    let place = match from {
        BlockFrom::Beginning => String::new(),
        BlockFrom::Posting(key) => key.sort_key(),
        BlockFrom::Behind(key) => keys::after(&key.sort_key()),
    };
    if let Some(known) = cache.get(&partition, &place, limit) {
        return Ok(known);
    }
    let range = read(table, tenant, segment, (from, i32::try_from(limit).unwrap_or(i32::MAX)), now).await?;
    cache.put(&partition, &place, &range);
    Ok(range)
}

/// Blocks of a segment, at most so many.
pub async fn read(
    table: &Table,
    tenant: &Tenant,
    segment: &Segment,
    (from, limit): (BlockFrom<'_>, i32),
    now: Timestamp,
) -> Result<BlockRange, TableError> {
    let query = Query::of(tenant.segment(segment.id)).limit(limit);
    let query = match from {
        BlockFrom::Beginning => query,
        BlockFrom::Posting(key) => query.starting_at(key.sort_key()),
        BlockFrom::Behind(key) => query.beyond(key.sort_key()),
    };
    let query = if segment.is_young(now) { query } else { query.eventual() };
    let slice = table.query(query).await?;
    let block = |item: &Item| {
        let read = Reader(item);
        Ok((BlockKey::parse(read.text("sk")?).ok_or(Corrupt("sk"))?, Arc::from(read.bytes("b")?)))
    };
    let blocks = slice.items.iter().map(block);
    Ok(BlockRange { blocks: blocks.collect::<Result<_, Corrupt>>()?, is_end: slice.last.is_none() })
}
