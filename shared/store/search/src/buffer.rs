//! The write buffer: postings that are in no segment yet, one item per batch of the
//! stream, in the stream's order. One query reads up to [`MAX_ITEMS`] of them (1 MB at
//! most), eventually consistent.

use crate::{
    block::{self, Postings},
    merge::Layer,
    number_set::NumberSet,
    varint,
};
use futures_util::future::try_join_all;
use lambdesk_domain::{
    id::{TicketId, TicketNumber},
    search::Word,
    time::Timestamp,
};
use lambdesk_table::{
    Corrupt, FORMAT, Item, Query, Table, TableError, Tenant, Write,
    item::{Reader, binary, keyed, number, time},
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// The most that one item holds, in bytes.
const MAX_ITEM_BYTES: usize = 100 * 1024;
/// The most items that are read at once: with the 1 MB of an answer this bounds a
/// search while more is written than merged.
const MAX_ITEMS: i32 = 400;

/// The postings of the items, the tombstones, and the tickets that they are about.
const POSTINGS: &str = "b";
const TOMBSTONES: &str = "f";
const TICKETS: &str = "t";
const WRITTEN_AT: &str = "at";

/// The words of a ticket, or those that were added to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketWords {
    /// Its number, by which the index knows it.
    pub number: TicketNumber,
    /// Its id.
    pub id: TicketId,
    /// These are all of its words: older postings of the ticket get a tombstone.
    pub is_whole: bool,
    /// The row that maps its number to its id is still to be written.
    pub is_new: bool,
    /// The words of the ticket item and of public messages.
    pub public: BTreeSet<Word>,
    /// The words of notes.
    pub noted: BTreeSet<Word>,
}

/// A ticket that an item is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamedTicket {
    pub number: TicketNumber,
    pub id: TicketId,
    pub is_new: bool,
}

/// An item of the write buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BufferItem {
    /// Its sort key.
    pub key: String,
    /// When it was written.
    pub at: Timestamp,
    pub layer: Layer,
    pub tickets: Vec<NamedTicket>,
    /// The size of its postings.
    pub bytes: usize,
}

/// The items for the words of some tickets, at this sequence number of the stream.
pub fn items(tenant: &Tenant, sequence: &str, tickets: &[TicketWords], now: Timestamp) -> Vec<Item> {
    let mut postings = Postings::default();
    for ticket in tickets {
        ticket.public.iter().for_each(|word| postings.add(word.as_str(), ticket.number.0, true));
        ticket.noted.iter().for_each(|word| postings.add(word.as_str(), ticket.number.0, false));
    }
    let mut blocks: Vec<_> = block::pack(&postings, MAX_ITEM_BYTES).into_iter().map(|block| block.bytes).collect();
    if blocks.is_empty() {
        blocks.push(Vec::new());
    }
    let parts = blocks.into_iter().enumerate().map(|(part, bytes)| {
        let mut item = keyed(tenant.write_buffer_item(sequence, part));
        item.insert("v".to_owned(), number(FORMAT));
        item.insert(WRITTEN_AT.to_owned(), time(now));
        item.insert(POSTINGS.to_owned(), binary(bytes));
        item
    });
    let mut items: Vec<Item> = parts.collect();
    // Tombstones are in the first item: they must not hide words of the same batch.
    if let Some(first) = items.first_mut() {
        let whole = tickets.iter().filter(|ticket| ticket.is_whole).map(|ticket| ticket.number.0);
        let tombstones: NumberSet = whole.collect();
        if !tombstones.is_empty() {
            first.insert(TOMBSTONES.to_owned(), binary(tombstones.pack()));
        }
        first.insert(TICKETS.to_owned(), binary(pack_tickets(tickets)));
    }
    items
}

fn pack_tickets(tickets: &[TicketWords]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for ticket in tickets {
        varint::write((ticket.number.0 << 1) | u64::from(ticket.is_new), &mut bytes);
        bytes.extend(ticket.id.uuid().as_bytes());
    }
    bytes
}

fn unpack_tickets(mut bytes: &[u8]) -> Option<Vec<NamedTicket>> {
    let mut tickets = Vec::new();
    while !bytes.is_empty() {
        let number = varint::read(&mut bytes)?;
        let (id, rest) = bytes.split_first_chunk::<16>()?;
        bytes = rest;
        let id = TicketId::new(Uuid::from_bytes(*id));
        tickets.push(NamedTicket { number: TicketNumber(number >> 1), id, is_new: number & 1 == 1 });
    }
    Some(tickets)
}

impl BufferItem {
    fn decode(item: &Item) -> Result<Self, Corrupt> {
        let read = Reader(item);
        let packed = read.bytes(POSTINGS)?;
        let mut postings = Postings::default();
        if !packed.is_empty() {
            block::unpack(packed, |word, number, is_public| postings.add(word, number, is_public))?;
        }
        let tombstones = NumberSet::unpack(read.bytes(TOMBSTONES)?).ok_or(Corrupt(TOMBSTONES))?;
        Ok(Self {
            key: read.text("sk")?.to_owned(),
            at: read.time(WRITTEN_AT)?,
            layer: Layer { postings, tombstones },
            tickets: unpack_tickets(read.bytes(TICKETS)?).ok_or(Corrupt(TICKETS))?,
            bytes: packed.len(),
        })
    }
}

/// Appends the items of a batch. Doing it again changes nothing.
pub async fn append(table: &Table, items: Vec<Item>) -> Result<(), TableError> {
    try_join_all(items.into_iter().map(|item| table.write(Write::create(item)))).await.map(drop)
}

/// The newest items, the newest first.
pub async fn newest(table: &Table, tenant: &Tenant) -> Result<Vec<BufferItem>, TableError> {
    read(table, tenant, false).await
}

/// The oldest items, the newest of them first.
pub async fn oldest(table: &Table, tenant: &Tenant) -> Result<Vec<BufferItem>, TableError> {
    let mut items = read(table, tenant, true).await?;
    items.reverse();
    Ok(items)
}

async fn read(table: &Table, tenant: &Tenant, ascending: bool) -> Result<Vec<BufferItem>, TableError> {
    let query = Query::of(tenant.write_buffer()).eventual().ascending(ascending).limit(MAX_ITEMS);
    let items = table.query(query).await?.items;
    Ok(items.iter().map(BufferItem::decode).collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambdesk_domain::{id::WorkspaceId, search::words};

    #[test]
    fn an_item_reads_back_with_its_words_its_tickets_and_its_tombstones() {
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
        let item = BufferItem::decode(&items[0]).expect("it reads back");
        let words: Vec<_> =
            item.layer.postings.iter().map(|(word, of_word)| (word, of_word.values().all(|p| *p))).collect();
        assert_eq!(words, [("broken", false), ("lamp", true), ("the", true)]);
        assert_eq!(item.layer.tombstones, [7].into_iter().collect());
        let named = NamedTicket { number: TicketNumber(7), id: TicketId::new(Uuid::from_u128(70)), is_new: true };
        assert_eq!((item.tickets, item.at), (vec![named], Timestamp::from_millis(5)));
    }
}
