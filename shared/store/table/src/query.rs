//! Reading a range of a partition.

use crate::{
    error::TableError,
    expression::Expression,
    item::{Item, Reader, Value, read_document, text},
    keys::{self, Index},
    projection::projection,
    retry::failure,
    table::Table,
    wire::{request::Request, value::Wired},
};
use serde::de::DeserializeOwned;

/// Some items of a longer row, and whether it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// There are more beyond the last one.
    pub has_more: bool,
}

impl Page<Item> {
    /// The documents that the items hold.
    ///
    /// # Errors
    /// When one of them can't be read.
    pub fn documents<T: DeserializeOwned>(self) -> Result<Page<T>, TableError> {
        let items = self.items.iter().map(read_document).collect::<Result<_, _>>()?;
        Ok(Page { items, has_more: self.has_more })
    }
}

/// One answer of the table to a query or scan.
#[derive(Debug, Clone, Default)]
pub struct Slice {
    /// The items that the filter lets through; none of a count.
    pub items: Vec<Item>,
    /// How many the filter lets through.
    pub count: u64,
    /// How many were looked at.
    pub examined: u64,
    /// The key after which the table goes on; none at the end of the range. A slice may
    /// be empty and still go on.
    pub last: Option<Item>,
}

/// Items of one partition of the table or an index, in the order of their sort keys.
/// One request reads up to the limit, or as much as fits into one answer (1 MB).
#[derive(Debug, Clone)]
#[must_use = "it does nothing until it is sent"]
pub struct Query {
    /// None for every partition: a scan.
    partition: Option<String>,
    index: Option<Index>,
    range: Option<(&'static str, Vec<String>)>,
    ascending: bool,
    consistent: bool,
    limit: Option<i32>,
    filter: Option<String>,
    expression: Expression,
    after: Option<Item>,
    only_count: bool,
    projection: Option<String>,
}

impl Query {
    /// A partition of the table, read as it is.
    pub fn of(partition: impl Into<String>) -> Self {
        Self::over(None, Some(partition.into()))
    }

    /// A partition of an index, which lags behind by some milliseconds.
    pub fn in_index(index: Index, partition: impl Into<String>) -> Self {
        Self::over(Some(index), Some(partition.into()))
    }

    /// All of an index, in no order. Only for work that goes on piece by piece.
    pub fn scan(index: Index) -> Self {
        Self::over(Some(index), None)
    }

    fn over(index: Option<Index>, partition: Option<String>) -> Self {
        Self {
            partition,
            consistent: index.is_none(),
            index,
            range: None,
            ascending: true,
            limit: None,
            filter: None,
            expression: Expression::default(),
            after: None,
            only_count: false,
            projection: None,
        }
    }

    /// Sort keys between two, both included.
    pub fn between(mut self, from: impl Into<String>, to: impl Into<String>) -> Self {
        self.range = Some(("BETWEEN :from AND :to", vec![from.into(), to.into()]));
        self
    }

    /// This sort key and those after it.
    pub fn starting_at(mut self, sort_key: impl Into<String>) -> Self {
        self.range = Some((">= :from", vec![sort_key.into()]));
        self
    }

    /// Sort keys after this one.
    pub fn beyond(mut self, sort_key: impl Into<String>) -> Self {
        self.range = Some(("> :from", vec![sort_key.into()]));
        self
    }

    /// Sort keys before this one.
    pub fn below(mut self, sort_key: impl Into<String>) -> Self {
        self.range = Some(("< :from", vec![sort_key.into()]));
        self
    }

    /// The greatest sort key first, unless ascending.
    pub const fn ascending(mut self, ascending: bool) -> Self {
        self.ascending = ascending;
        self
    }

    /// For half the units: perhaps as it was a moment ago.
    pub const fn eventual(mut self) -> Self {
        self.consistent = false;
        self
    }

    /// Looks at no more items than this, before the filter.
    pub fn limit(mut self, limit: impl TryInto<i32>) -> Self {
        self.limit = Some(limit.try_into().unwrap_or(i32::MAX));
        self
    }

    /// Leaves out items after they were read; they cost all the same.
    pub fn filter(mut self, filter: Option<String>) -> Self {
        self.filter = filter;
        self
    }

    /// A value that the filter calls by this name, which begins with a colon.
    pub fn value(mut self, placeholder: &str, value: Value) -> Self {
        self.expression.insert(placeholder, value);
        self
    }

    /// An attribute that the filter calls by this name, which begins with `#`.
    pub fn name(mut self, placeholder: &str, attribute: &str) -> Self {
        self.expression.insert_name(placeholder, attribute);
        self
    }

    /// With the names and values that were collected while the filter was built.
    pub fn with(mut self, expression: Expression) -> Self {
        self.expression.extend(expression);
        self
    }

    /// Goes on after the last key of a slice.
    pub fn after(mut self, last: Option<Item>) -> Self {
        self.after = last;
        self
    }

    /// Answers these attributes of the items alone, for the same units.
    pub fn only(mut self, attributes: &[&str]) -> Self {
        self.projection = Some(projection(attributes, &mut self.expression));
        self
    }

    /// Answers how many there are, not which.
    pub const fn only_count(mut self) -> Self {
        self.only_count = true;
        self
    }

    /// The key condition; its values go into the expression.
    fn key_condition(&mut self) -> Option<String> {
        let partition = self.partition.take()?;
        let (pk, sk) = self.index.map_or(("pk", "sk"), Index::attributes);
        self.expression.insert(":pk", text(partition));
        let Some((range, bounds)) = self.range.take() else {
            return Some(format!("{pk} = :pk"));
        };
        for (name, bound) in [":from", ":to"].into_iter().zip(bounds) {
            self.expression.insert(name, text(bound));
        }
        Some(format!("{pk} = :pk AND {sk} {range}"))
    }
}

impl Table {
    /// One answer to a query.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn query(&self, mut query: Query) -> Result<Slice, TableError> {
        let keys = query.key_condition();
        let operation = if keys.is_some() { "Query" } else { "Scan" };
        let request = Request {
            index_name: query.index.map(Index::name),
            // A scan has no order and reads an index.
            scan_index_forward: keys.is_some().then_some(query.ascending),
            consistent_read: keys.is_some().then_some(query.consistent),
            key_condition_expression: keys,
            filter_expression: query.filter,
            projection_expression: query.projection,
            limit: query.limit,
            exclusive_start_key: query.after.map(Wired),
            select: query.only_count.then_some("COUNT"),
            ..Request::of(self.name())
        };
        let answer = self.ask(operation, request.with(query.expression)).await.map_err(failure)?;
        let last = answer.last_evaluated_key.map(|Wired(key)| key);
        Ok(Slice {
            items: answer.items.unwrap_or_default().0,
            count: answer.count,
            examined: answer.scanned_count,
            last,
        })
    }

    /// Up to so many items of a query, or as many as fit into one answer of the table
    /// (1 MB), and whether there are more.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn page(&self, query: Query, limit: u16) -> Result<Page<Item>, TableError> {
        let Slice { mut items, last, .. } = self.query(query.limit(i32::from(limit) + 1)).await?;
        let read_beyond = items.len() > usize::from(limit);
        items.truncate(usize::from(limit));
        // At exactly limit + 1 items the table reports a last key even at the end.
        Ok(Page { has_more: read_beyond || last.is_some(), items })
    }

    /// All items of a range of sort keys, however many answers it takes.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn whole(&self, pk: &str, (from, to): (&str, &str)) -> Result<Vec<Item>, TableError> {
        let mut items: Vec<Item> = Vec::new();
        let mut from = from.to_owned();
        loop {
            let Page { items: more, has_more } = self.page(Query::of(pk).between(from.clone(), to), 1_000).await?;
            if let Some(last) = more.last() {
                from = keys::after(Reader(last).text("sk")?);
            }
            items.extend(more);
            if !has_more {
                return Ok(items);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key condition with the values that it names, in the order of their names.
    fn condition(mut query: Query) -> (Option<String>, Vec<(String, String)>) {
        let keys = query.key_condition();
        let values = query.expression.into_parts().1;
        let mut values: Vec<_> =
            values.into_iter().map(|(name, value)| (name, value.as_s().unwrap().clone())).collect();
        values.sort_unstable();
        (keys, values)
    }

    fn expected(keys: &str, values: &[(&str, &str)]) -> (Option<String>, Vec<(String, String)>) {
        let values = values.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
        (Some(keys.to_owned()), values.collect())
    }

    #[test]
    fn a_query_without_a_range_reads_the_partition() {
        assert_eq!(condition(Query::of("p")), expected("pk = :pk", &[(":pk", "p")]));
    }

    #[test]
    fn a_range_names_the_bounds_that_it_has() {
        let between = expected("pk = :pk AND sk BETWEEN :from AND :to", &[(":from", "a"), (":pk", "p"), (":to", "b")]);
        assert_eq!(condition(Query::of("p").between("a", "b")), between);
        let beyond = expected("pk = :pk AND sk > :from", &[(":from", "a"), (":pk", "p")]);
        assert_eq!(condition(Query::of("p").beyond("a")), beyond);
        let below = expected("pk = :pk AND sk < :from", &[(":from", "b"), (":pk", "p")]);
        assert_eq!(condition(Query::of("p").below("b")), below);
    }

    #[test]
    fn the_last_range_given_is_the_one() {
        let below = expected("pk = :pk AND sk < :from", &[(":from", "c"), (":pk", "p")]);
        assert_eq!(condition(Query::of("p").between("a", "b").below("c")), below);
    }

    #[test]
    fn a_query_of_an_index_names_the_keys_of_that_index() {
        for index in Index::ALL {
            let (pk, sk) = index.attributes();
            let beyond = expected(&format!("{pk} = :pk AND {sk} > :from"), &[(":from", "a"), (":pk", "p")]);
            assert_eq!(condition(Query::in_index(index, "p").beyond("a")), beyond);
        }
    }

    #[test]
    fn a_scan_has_no_key_condition() {
        assert_eq!(condition(Query::scan(Index::Order)), (None, Vec::new()));
    }

    #[test]
    fn what_the_filter_names_stands_beside_the_keys() {
        let query = Query::of("p").filter(Some("x = :x".to_owned())).value(":x", text("y"));
        assert_eq!(condition(query), expected("pk = :pk", &[(":pk", "p"), (":x", "y")]));
    }

    #[test]
    fn the_table_is_read_as_it_is_unless_said_otherwise_and_an_index_never() {
        assert!(Query::of("p").consistent);
        assert!(!Query::of("p").eventual().consistent);
        assert!(!Query::in_index(Index::Lookup, "p").consistent);
        assert!(!Query::scan(Index::List).consistent);
    }
}
