//! The keys of the search index.

use super::{
    encoding::{SORTED, long},
    index::Key,
    tenant::Tenant,
};
use base64::Engine as _;
use lambdesk_domain::id::{TicketId, TicketNumber, WorkspaceId};
use std::cmp::Ordering;

/// The row by which the sweep finds that a workspace's index is to be compacted.
const COMPACTION: &str = "W";
/// In a ticket's partition: the request that it be indexed anew.
const REINDEX: &str = "Y";
/// Between a word and a number: it sorts before all that words consist of.
const NUMBER: char = '!';
/// The length of a number as [`BlockKey::sort_key`] writes it.
const DIGITS: usize = 11;

/// The key of a block within its segment: the block's last posting. Keys are in the
/// order of the words, and of one word from the highest number.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct BlockKey {
    /// The word.
    pub word: String,
    /// The ticket's number.
    pub number: u64,
}

impl BlockKey {
    /// The block's sort key: it sorts as block keys do.
    #[must_use]
    pub fn sort_key(&self) -> String {
        format!("{}{NUMBER}{}", self.word, SORTED.encode((u64::MAX - self.number).to_be_bytes()))
    }

    /// Reads [`BlockKey::sort_key`].
    #[must_use]
    pub fn parse(key: &str) -> Option<Self> {
        let (word, digits) = key.split_at_checked(key.len().checked_sub(DIGITS)?)?;
        let bytes = SORTED.decode(digits).ok()?;
        let number = u64::MAX - u64::from_be_bytes(bytes.try_into().ok()?);
        Some(Self { word: word.strip_suffix(NUMBER)?.to_owned(), number })
    }
}

impl Ord for BlockKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.word.cmp(&other.word).then(other.number.cmp(&self.number))
    }
}

impl PartialOrd for BlockKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Tenant {
    /// What the search index consists of.
    #[must_use]
    pub fn index_manifest(&self) -> Key {
        self.key("s", "M")
    }

    /// The row by which the sweep finds that the index is to be compacted.
    #[must_use]
    pub fn compaction(&self) -> Key {
        self.key("s", COMPACTION)
    }

    /// The request that a ticket be indexed anew.
    #[must_use]
    pub fn reindex_request(&self, ticket: TicketId) -> Key {
        Key { pk: self.ticket(ticket).pk, sk: REINDEX.to_owned() }
    }

    /// Partition of the index's write buffer: its items are in the order of the stream.
    #[must_use]
    pub fn write_buffer(&self) -> String {
        format!("{}#s#fresh", self.workspace)
    }

    /// One part of the write buffer's item for the batch of the stream that ends at this
    /// sequence number.
    #[must_use]
    pub fn write_buffer_item(&self, sequence: &str, part: usize) -> Key {
        self.key("s#fresh", format!("{sequence:0>40}#{part:02}"))
    }

    /// Partition of a segment's blocks.
    #[must_use]
    pub fn segment(&self, segment: u32) -> String {
        format!("{}#s#{segment}", self.workspace)
    }

    /// A block, by its last posting.
    #[must_use]
    pub fn block(&self, segment: u32, last: &BlockKey) -> Key {
        self.key(&format!("s#{segment}"), last.sort_key())
    }

    /// The row that tells the id of an indexed ticket.
    #[must_use]
    pub fn indexed_ticket(&self, number: TicketNumber) -> Key {
        self.key("s#n", format!("{:020}", number.0))
    }
}

/// Whether this sort key is the request that a ticket be indexed anew.
#[must_use]
pub fn is_reindex_request(sk: &str) -> bool {
    sk == REINDEX
}

/// The workspace whose index this row asks to be compacted.
#[must_use]
pub fn parse_compaction(key: &Key) -> Option<WorkspaceId> {
    let workspace = key.pk.strip_suffix("#s")?;
    (key.sk == COMPACTION).then(|| long(workspace).map(WorkspaceId::new)).flatten()
}

/// The number in an indexed ticket's row.
#[must_use]
pub fn indexed_number(sk: &str) -> Option<TicketNumber> {
    sk.parse().ok().map(TicketNumber)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    proptest! {
        #[test]
        fn sort_keys_of_blocks_sort_as_their_last_postings_and_read_back(
            a in "[0-9a-zé@.#$%]{1,9}", b in "[0-9a-zé@.#$%]{1,9}", x: u64, y: u64,
        ) {
            let (a, b) = (BlockKey { word: a, number: x }, BlockKey { word: b, number: y });
            prop_assert_eq!(a.sort_key().cmp(&b.sort_key()), a.cmp(&b));
            prop_assert_eq!(BlockKey::parse(&a.sort_key()), Some(a));
        }
    }

    #[test]
    fn the_row_of_an_index_names_its_workspace() {
        let workspace = WorkspaceId::new(Uuid::from_u128(5));
        assert_eq!(parse_compaction(&Tenant::new(workspace).compaction()), Some(workspace));
        assert_eq!(parse_compaction(&Tenant::new(workspace).index_manifest()), None);
        assert_eq!(indexed_number(&Tenant::new(workspace).indexed_ticket(TicketNumber(7)).sk), Some(TicketNumber(7)));
    }
}
