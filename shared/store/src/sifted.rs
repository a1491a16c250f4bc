//! Pages of a partition of which not every item counts.

use crate::{
    client::{CAPACITY, Store, failure},
    error::StoreError,
    item::{Item, text},
    keys,
};
use aws_sdk_dynamodb::types::AttributeValue as Av;

/// How many answers of the table one page looks at.
const ROUNDS: u8 = 4;
/// How many items an answer after the first looks at.
const LOOK: i32 = 200;

/// Which page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sifting<'a> {
    /// The partition.
    pub pk: &'a str,
    /// Its first and last sort key.
    pub range: (&'a str, &'a str),
    /// It begins after this sort key.
    pub after: Option<&'a str>,
    /// The most items of it.
    pub limit: u16,
}

/// Some items, and where the next page begins.
#[derive(Debug, Default)]
pub(crate) struct Sifted {
    /// The items.
    pub items: Vec<Item>,
    /// The sort key after which it goes on; none after the last.
    pub next: Option<String>,
}

impl Store {
    /// The items that a filter lets through, in order, from a bounded number of
    /// answers. `:value` is what the filter compares with.
    pub(crate) async fn sifted(
        &self,
        page: Sifting<'_>,
        filter: &str,
        value: Option<Av>,
    ) -> Result<Sifted, StoreError> {
        let limit = usize::from(page.limit);
        let mut sifted = Sifted { items: Vec::new(), next: page.after.map(str::to_owned) };
        for round in 0..ROUNDS {
            let from = sifted.next.as_deref().map_or_else(|| page.range.0.to_owned(), keys::after);
            let look = if round == 0 { i32::from(page.limit) + 1 } else { LOOK };
            let (items, next) = self.sift(&page, &from, look, filter, value.clone()).await?;
            sifted.items.extend(items);
            sifted.next = next;
            if sifted.items.len() > limit {
                sifted.items.truncate(limit);
                sifted.next = sifted.items.last().and_then(sort_key);
                return Ok(sifted);
            }
            if sifted.next.is_none() {
                return Ok(sifted);
            }
        }
        Ok(sifted)
    }

    async fn sift(
        &self,
        page: &Sifting<'_>,
        from: &str,
        look: i32,
        filter: &str,
        value: Option<Av>,
    ) -> Result<(Vec<Item>, Option<String>), StoreError> {
        let after = self.meter.ended();
        let request = self.client.query().table_name(&*self.table);
        let mut request = request
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .filter_expression(filter)
            .expression_attribute_values(":pk", text(page.pk))
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":to", text(page.range.1))
            .consistent_read(true)
            .limit(look)
            .return_consumed_capacity(CAPACITY);
        if let Some(value) = value {
            request = request.expression_attribute_values(":value", value);
        }
        let output = request.send().await.map_err(failure)?;
        self.record("Query", after, output.consumed_capacity());
        let next = output.last_evaluated_key.as_ref().and_then(sort_key);
        Ok((output.items.unwrap_or_default(), next))
    }
}

fn sort_key(item: &Item) -> Option<String> {
    item.get("sk").and_then(|sk| sk.as_s().ok()).cloned()
}
