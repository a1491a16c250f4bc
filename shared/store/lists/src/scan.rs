//! Reading one source in steps.

use super::{
    ListQuery, SortBy, filter,
    plan::Source,
    source::{ENDS, Scope},
};
use crate::{
    client::{CAPACITY, Store, failure},
    error::{Corrupt, StoreError},
    head::{self, Expression},
    item::{Item, Reader, text},
    keys::{self, Index, Tenant},
    marks,
};
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use lambdesk_domain::{id::TicketId, ticket::Ticket};

/// What a source's rows are read as.
pub trait Row: Sized {
    /// A row and its place.
    fn read(item: &Item, scope: &Scope, by: SortBy) -> Result<(String, Self), Corrupt>;
}

impl Row for Ticket {
    fn read(item: &Item, _: &Scope, by: SortBy) -> Result<(String, Self), Corrupt> {
        let ticket = head::decode(item)?;
        Ok((by.place(&ticket), ticket))
    }
}

impl Row for TicketId {
    fn read(item: &Item, scope: &Scope, _: SortBy) -> Result<(String, Self), Corrupt> {
        let (_, sort_key) = scope.attributes();
        let place = scope.place(Reader(item).text(sort_key)?);
        let ticket = keys::ticket_at(&place).ok_or(Corrupt("sk"))?;
        Ok((place, ticket))
    }
}

/// What has been read of a source.
#[derive(Debug)]
pub struct Run<T> {
    scope: Scope,
    /// The sort keys that may hold rows of the page, both included.
    range: (String, String),
    /// In the order in which they were read.
    pub rows: Vec<(String, T)>,
    /// Where reading goes on; none before the first and after the last step.
    resume: Option<Item>,
    is_exhausted: bool,
}

impl<T: Row> Run<T> {
    /// As much of a source as is ahead of the query's position.
    pub fn ahead(source: &Source, tenant: &Tenant, query: &ListQuery) -> Self {
        let (low, high) = query.range();
        let scope = source.scope(tenant, query.sort.by);
        let range = scope.between(&low, &high);
        let is_exhausted = range.is_none();
        Self { scope, range: range.unwrap_or_default(), rows: Vec::new(), resume: None, is_exhausted }
    }

    /// All of a source.
    pub fn whole(source: &Source, tenant: &Tenant) -> Self {
        Self::between(source, tenant, (ENDS.0.to_owned(), ENDS.1.to_owned()))
    }

    /// What is between two sort keys, both included.
    pub fn between(source: &Source, tenant: &Tenant, range: (String, String)) -> Self {
        let scope = source.scope(tenant, SortBy::Created);
        let is_exhausted = range.0 > range.1;
        Self { scope, range, rows: Vec::new(), resume: None, is_exhausted }
    }
}

impl<T> Run<T> {
    pub const fn is_exhausted(&self) -> bool {
        self.is_exhausted
    }

    /// Whether the table leaves out some of its rows by their marks.
    pub fn is_sifted(&self, query: &ListQuery) -> bool {
        !self.scope.wanted(query).is_empty()
    }

    /// The place up to which everything has been seen, while there may be more.
    pub fn frontier(&self, ascending: bool) -> Option<String> {
        let (_, sort_key) = self.scope.attributes();
        let read = self.resume.as_ref().and_then(|key| key.get(sort_key)?.as_s().ok());
        let (low, high) = &self.range;
        let beginning = if ascending { low } else { high };
        (!self.is_exhausted).then(|| self.scope.place(read.unwrap_or(beginning)))
    }
}

impl Store {
    /// Reads on, once: at most so many rows are looked at.
    pub(super) async fn step<T: Row>(
        &self,
        query: &ListQuery,
        run: &mut Run<T>,
        rows: usize,
    ) -> Result<(), StoreError> {
        let after = self.meter.ended();
        let request = self.request(query, run).limit(i32::try_from(rows).unwrap_or(i32::MAX));
        let output = request.set_exclusive_start_key(run.resume.take()).send().await.map_err(failure)?;
        self.record("Query", after, output.consumed_capacity());
        for item in output.items.unwrap_or_default() {
            run.rows.push(T::read(&item, &run.scope, query.sort.by)?);
        }
        run.is_exhausted = output.last_evaluated_key.is_none();
        run.resume = output.last_evaluated_key;
        Ok(())
    }

    fn request<T>(&self, query: &ListQuery, run: &Run<T>) -> QueryFluentBuilder {
        let Run { scope, range: (low, high), .. } = run;
        let (pk, sk) = scope.attributes();
        let mut expression = Expression::default();
        let (partition, low, high) =
            (expression.value(text(&scope.partition)), expression.value(text(low)), expression.value(text(high)));
        let filter = match scope.index {
            Some(index) if index.holds_items() => filter::expression(query, index == Index::Assignee, &mut expression),
            _ => marks::expression(&scope.wanted(query), &mut expression),
        };
        let (names, values) = expression.into_parts();
        self.client
            .query()
            .table_name(&*self.table)
            .set_index_name(scope.index.map(|index| index.name().to_owned()))
            .key_condition_expression(format!("{pk} = {partition} AND {sk} BETWEEN {low} AND {high}"))
            .set_filter_expression(filter)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .scan_index_forward(query.is_ascending())
            .return_consumed_capacity(CAPACITY)
    }
}

#[cfg(test)]
pub mod testing {
    use super::*;
    use crate::keys::State;
    use lambdesk_domain::id::WorkspaceId;
    use uuid::Uuid;

    /// A run as if it had been read up to a place, or to the end.
    pub fn read<T>(rows: Vec<(String, T)>, up_to: Option<String>) -> Run<T> {
        let tenant = Tenant::new(WorkspaceId::new(Uuid::nil()));
        let scope = Source::State(State::Archived).scope(&tenant, SortBy::LastActivity);
        let is_exhausted = up_to.is_none();
        let resume = up_to.map(|place| Item::from([("l_sk".to_owned(), text(place))]));
        Run { scope, range: (ENDS.0.to_owned(), ENDS.1.to_owned()), rows, resume, is_exhausted }
    }
}
