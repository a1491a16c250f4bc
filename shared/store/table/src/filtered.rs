//! Pages of a partition of which not every item counts.

use crate::{
    error::TableError,
    item::{Item, Reader, Value},
    keys,
    query::Query,
    table::Table,
};

/// How many answers of the table one page looks at.
const ROUNDS: u8 = 4;
/// How many items an answer after the first looks at.
const LOOK: i32 = 200;

/// Which items of a partition count, and which page of them is wanted.
#[derive(Debug, Clone)]
pub struct FilteredQuery<'a> {
    /// The partition.
    pub pk: &'a str,
    /// Its first and last sort key.
    pub range: (&'a str, &'a str),
    /// The page begins after this sort key.
    pub after: Option<&'a str>,
    /// The most items of the page.
    pub limit: u16,
    /// The filter expression; `:value` is what it compares with.
    pub filter: &'a str,
    /// What `:value` stands for.
    pub value: Option<Value>,
}

/// Some items, and where the next page begins. A page may be short, even empty, and
/// still go on.
#[derive(Debug, Default)]
pub struct FilteredPage {
    /// The items.
    pub items: Vec<Item>,
    /// The sort key after which it goes on; none after the last.
    pub next: Option<String>,
}

impl Table {
    /// The items that a filter lets through, in order, from at most four answers of
    /// the table.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn filtered_page(&self, query: FilteredQuery<'_>) -> Result<FilteredPage, TableError> {
        let limit = usize::from(query.limit);
        let mut page = FilteredPage { items: Vec::new(), next: query.after.map(str::to_owned) };
        for round in 0..ROUNDS {
            let from = page.next.as_deref().map_or_else(|| query.range.0.to_owned(), keys::after);
            let look = if round == 0 { i32::from(query.limit) + 1 } else { LOOK };
            let mut slice = Query::of(query.pk).between(from, query.range.1).limit(look);
            slice = slice.filter(Some(query.filter.to_owned()));
            if let Some(value) = query.value.clone() {
                slice = slice.value(":value", value);
            }
            let slice = self.query(slice).await?;
            page.items.extend(slice.items);
            page.next = slice.last.as_ref().and_then(sort_key);
            if page.items.len() > limit {
                page.items.truncate(limit);
                page.next = page.items.last().and_then(sort_key);
                return Ok(page);
            }
            if page.next.is_none() {
                return Ok(page);
            }
        }
        Ok(page)
    }
}

fn sort_key(item: &Item) -> Option<String> {
    Reader(item).text("sk").ok().map(str::to_owned)
}
