//! Blocks of segments: reading a range of them, one query of up to 1 MB; half a unit per
//! block of 4 KB, but a whole one while the segment is young.

use crate::manifest::Segment;
use lambdesk_domain::time::Timestamp;
use lambdesk_table::{Corrupt, Item, Query, Table, TableError, Tenant, item::Reader, keys::BlockKey};

/// Blocks in their order.
pub struct BlockRange {
    /// The keys and items.
    pub blocks: Vec<(BlockKey, Item)>,
    /// The segment has none beyond these.
    pub is_end: bool,
}

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
    let key = |item: &Item| BlockKey::parse(Reader(item).text("sk")?).ok_or(Corrupt("sk"));
    let blocks = slice.items.into_iter().map(|item| Ok((key(&item)?, item)));
    Ok(BlockRange { blocks: blocks.collect::<Result<_, Corrupt>>()?, is_end: slice.last.is_none() })
}
