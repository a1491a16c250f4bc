//! What was indexed last: one item per batch of the stream, in the stream's order.

use super::{
    block::{self, Lists},
    merge::{Layer, Numbers},
};
use crate::{
    client::{CAPACITY, Store, failure},
    error::{Corrupt, StoreError},
    item::{FORMAT, Item, Reader, number, text, time},
    keys::Tenant,
};
use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue as Av};
use futures_util::future::try_join_all;
use lambdesk_domain::{
    id::{TicketId, TicketNumber},
    search::Word,
    time::Timestamp,
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// The most that one item holds, in bytes.
const LARGEST: usize = 100 * 1024;
/// The most items that are read at once: with the 1 MB of an answer what bounds a
/// search while more is written than merged.
const MOST: i32 = 400;

/// What a ticket says, or what of it is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketWords {
    /// Its number, by which the index knows it.
    pub number: TicketNumber,
    /// Its id.
    pub id: TicketId,
    /// This is all of it: what was said before is to be forgotten.
    pub is_whole: bool,
    /// The row that tells its id is still to be written.
    pub is_new: bool,
    /// The words that others than notes say.
    pub public: BTreeSet<Word>,
    /// The words of notes.
    pub noted: BTreeSet<Word>,
}

/// A ticket that a fresh item is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    pub number: TicketNumber,
    pub id: TicketId,
    pub is_new: bool,
}

/// A fresh item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fresh {
    /// Its sort key.
    pub key: String,
    /// When it was written.
    pub at: Timestamp,
    pub layer: Layer,
    pub named: Vec<Named>,
    /// How large its postings are.
    pub bytes: usize,
}

/// The items for what some tickets say, at this place of the stream.
pub fn items(tenant: &Tenant, sequence: &str, tickets: &[TicketWords], now: Timestamp) -> Vec<Item> {
    let mut lists = Lists::default();
    for ticket in tickets {
        ticket.public.iter().for_each(|word| lists.add(word.as_str(), ticket.number.0, true));
        ticket.noted.iter().for_each(|word| lists.add(word.as_str(), ticket.number.0, false));
    }
    let mut blocks: Vec<_> = block::pack(&lists, LARGEST).into_iter().map(|block| block.bytes).collect();
    if blocks.is_empty() {
        blocks.push(Vec::new());
    }
    let parts = blocks.into_iter().enumerate().map(|(part, bytes)| {
        let key = tenant.fresh_item(sequence, part);
        Item::from([
            ("pk".to_owned(), text(key.pk)),
            ("sk".to_owned(), text(key.sk)),
            ("v".to_owned(), number(FORMAT)),
            ("at".to_owned(), time(now)),
            ("b".to_owned(), binary(bytes)),
        ])
    });
    let mut items: Vec<Item> = parts.collect();
    // Forgetting comes first: it is not to reach the words of the same batch.
    if let Some(first) = items.first_mut() {
        let forgotten = tickets.iter().filter(|ticket| ticket.is_whole).map(|ticket| ticket.number.0);
        let forgotten = Numbers(forgotten.collect());
        if !forgotten.0.is_empty() {
            first.insert("f".to_owned(), binary(forgotten.pack()));
        }
        first.insert("t".to_owned(), binary(names(tickets)));
    }
    items
}

fn binary(bytes: Vec<u8>) -> Av {
    Av::B(Blob::new(bytes))
}

fn names(tickets: &[TicketWords]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for ticket in tickets {
        block::write((ticket.number.0 << 1) | u64::from(ticket.is_new), &mut bytes);
        bytes.extend(ticket.id.uuid().as_bytes());
    }
    bytes
}

fn read_names(mut bytes: &[u8]) -> Option<Vec<Named>> {
    let mut named = Vec::new();
    while !bytes.is_empty() {
        let number = block::read(&mut bytes)?;
        let (id, rest) = bytes.split_first_chunk::<16>()?;
        bytes = rest;
        let id = TicketId::new(Uuid::from_bytes(*id));
        named.push(Named { number: TicketNumber(number >> 1), id, is_new: number & 1 == 1 });
    }
    Some(named)
}

/// The bytes of an attribute; none when it is absent.
pub fn bytes<'a>(item: &'a Item, name: &'static str) -> Result<&'a [u8], Corrupt> {
    match item.get(name) {
        None => Ok(&[]),
        Some(Av::B(bytes)) => Ok(bytes.as_ref()),
        Some(_) => Err(Corrupt(name)),
    }
}

impl Fresh {
    fn of(item: &Item) -> Result<Self, Corrupt> {
        let packed = bytes(item, "b")?;
        let mut lists = Lists::default();
        if !packed.is_empty() {
            block::unpack(packed, |word, number, is_public| lists.add(word, number, is_public))?;
        }
        let forgotten = Numbers::unpack(bytes(item, "f")?).ok_or(Corrupt("f"))?;
        let read = Reader(item);
        Ok(Self {
            key: read.text("sk")?.to_owned(),
            at: read.time("at")?,
            layer: Layer { lists, forgotten },
            named: read_names(bytes(item, "t")?).ok_or(Corrupt("t"))?,
            bytes: packed.len(),
        })
    }
}

impl Store {
    /// Adds what a batch of the stream had to say. Doing it again changes nothing.
    pub(super) async fn add_fresh(&self, items: Vec<Item>) -> Result<(), StoreError> {
        let puts = items.into_iter().map(|item| self.put(item, Some("attribute_not_exists(pk)")));
        try_join_all(puts).await.map(drop)
    }

    /// The fresh items, the newest first: of too many the newest, or the oldest.
    pub(super) async fn fresh(&self, tenant: &Tenant, oldest: bool) -> Result<Vec<Fresh>, StoreError> {
        let after = self.meter.ended();
        let request = self.client.query().table_name(&*self.table);
        let request = request
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", text(tenant.fresh_words()))
            .scan_index_forward(oldest)
            .limit(MOST)
            .return_consumed_capacity(CAPACITY);
        let output = request.send().await.map_err(failure)?;
        self.record("Query", after, output.consumed_capacity());
        let mut items = output.items.unwrap_or_default();
        if oldest {
            items.reverse();
        }
        Ok(items.iter().map(Fresh::of).collect::<Result<_, _>>()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambdesk_domain::{id::WorkspaceId, search::words};

    #[test]
    fn an_item_reads_back_with_its_words_its_tickets_and_what_is_to_be_forgotten() {
        let tenant = Tenant::new(WorkspaceId::new(Uuid::from_u128(1)));
        let words = TicketWords {
            number: TicketNumber(7),
            id: TicketId::new(Uuid::from_u128(70)),
            is_whole: true,
            is_new: true,
            public: words("the lamp"),
            noted: words("broken lamp"),
        };
        let items = items(&tenant, "12", &[words], Timestamp::from_millis(5));
        let fresh = Fresh::of(&items[0]).expect("it reads back");
        let said: Vec<_> = fresh.layer.lists.iter().map(|(word, list)| (word, list.values().all(|p| *p))).collect();
        assert_eq!(said, [("broken", false), ("lamp", true), ("the", true)]);
        assert_eq!(fresh.layer.forgotten, Numbers([7].into()));
        let named = Named { number: TicketNumber(7), id: TicketId::new(Uuid::from_u128(70)), is_new: true };
        assert_eq!((fresh.named, fresh.at), (vec![named], Timestamp::from_millis(5)));
    }
}
