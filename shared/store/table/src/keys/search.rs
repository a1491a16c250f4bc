//! The keys of the search index: see [`crate::search`].

use super::{Key, SORTED, Tenant, long};
use base64::Engine as _;
use lambdesk_domain::id::{TicketId, TicketNumber, WorkspaceId};
use std::cmp::Ordering;

/// The row that brings the sweep to look after a workspace's index.
const CARE: &str = "W";
/// In a ticket's partition: the wish that it be indexed anew.
const WISH: &str = "Y";
/// Between a word and a number: it sorts before all that words consist of.
const NUMBER: char = '!';
/// The length of a number as [`Place::key`] writes it.
const DIGITS: usize = 11;

/// A place in a segment: a word's posting. Words in order, numbers from the highest.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Place {
    /// The word.
    pub word: String,
    /// The ticket's number.
    pub number: u64,
}

impl Place {
    /// A text that sorts as places do.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}{NUMBER}{}", self.word, SORTED.encode((u64::MAX - self.number).to_be_bytes()))
    }

    /// Reads [`Place::key`].
    #[must_use]
    pub fn of(key: &str) -> Option<Self> {
        let (word, digits) = key.split_at_checked(key.len().checked_sub(DIGITS)?)?;
        let bytes = SORTED.decode(digits).ok()?;
        let number = u64::MAX - u64::from_be_bytes(bytes.try_into().ok()?);
        Some(Self { word: word.strip_suffix(NUMBER)?.to_owned(), number })
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        self.word.cmp(&other.word).then(other.number.cmp(&self.number))
    }
}

impl PartialOrd for Place {
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

    /// The row that brings the sweep to look after the index.
    #[must_use]
    pub fn index_care(&self) -> Key {
        self.key("s", CARE)
    }

    /// The wish that a ticket be indexed anew.
    #[must_use]
    pub fn index_wish(&self, ticket: TicketId) -> Key {
        Key { pk: self.ticket(ticket).pk, sk: WISH.to_owned() }
    }

    /// Partition of what was indexed last, in the order of the stream.
    #[must_use]
    pub fn fresh_words(&self) -> String {
        format!("{}#s#fresh", self.workspace)
    }

    /// What the batch of the stream that ends here had to say; one part of it.
    #[must_use]
    pub fn fresh_item(&self, sequence: &str, part: usize) -> Key {
        self.key("s#fresh", format!("{sequence:0>40}#{part:02}"))
    }

    /// Partition of a segment's blocks.
    #[must_use]
    pub fn segment(&self, segment: u32) -> String {
        format!("{}#s#{segment}", self.workspace)
    }

    /// A block, by its last posting.
    #[must_use]
    pub fn block(&self, segment: u32, last: &Place) -> Key {
        self.key(&format!("s#{segment}"), last.key())
    }

    /// The row that tells the id of an indexed ticket.
    #[must_use]
    pub fn indexed_ticket(&self, number: TicketNumber) -> Key {
        self.key("s#n", format!("{:020}", number.0))
    }
}

/// Whether this sort key is the wish that a ticket be indexed anew.
#[must_use]
pub fn is_index_wish(sk: &str) -> bool {
    sk == WISH
}

/// The workspace whose index this row asks to be looked after.
#[must_use]
pub fn parse_index_care(key: &Key) -> Option<WorkspaceId> {
    let workspace = key.pk.strip_suffix("#s")?;
    (key.sk == CARE).then(|| long(workspace).map(WorkspaceId::new)).flatten()
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
        fn keys_of_places_sort_as_places_do_and_read_back(
            a in "[0-9a-zé@.]{1,9}", b in "[0-9a-zé@.]{1,9}", x: u64, y: u64,
        ) {
            let (a, b) = (Place { word: a, number: x }, Place { word: b, number: y });
            prop_assert_eq!(a.key().cmp(&b.key()), a.cmp(&b));
            prop_assert_eq!(Place::of(&a.key()), Some(a));
        }
    }

    #[test]
    fn the_row_of_an_index_names_its_workspace() {
        let workspace = WorkspaceId::new(Uuid::from_u128(5));
        assert_eq!(parse_index_care(&Tenant::new(workspace).index_care()), Some(workspace));
        assert_eq!(parse_index_care(&Tenant::new(workspace).index_manifest()), None);
        assert_eq!(indexed_number(&Tenant::new(workspace).indexed_ticket(TicketNumber(7)).sk), Some(TicketNumber(7)));
    }
}
