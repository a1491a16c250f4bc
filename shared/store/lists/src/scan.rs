//! A scan of one source in steps: each step is one query, eventually consistent, that
//! looks at a bounded number of rows and leaves out some by a filter expression.

use crate::{
    affordable::ItemsRead,
    columns::{self, ColumnFilter},
    expression::any,
    position::ENDS,
    query::ListQuery,
    sort::SortBy,
    source::{Columns, RowSource, ScanScope},
};
use lambdesk_domain::{id::TicketId, ticket::Ticket};
use lambdesk_store_tickets::item::{self as ticket_item, filterable as attr};
use lambdesk_table::{
    Corrupt, Expression, Item, Query, Table, TableError, Tenant,
    item::{Reader, text},
    keys,
};

/// What a source's rows are read as.
pub trait ScannedRow: Sized {
    /// How many of each of some sources may be read next. Half of what is left is for the
    /// page, if these are too many.
    fn affordable(read: &ItemsRead, sources: usize) -> usize;

    /// A row and its place.
    fn read(item: &Item, scope: &ScanScope, by: SortBy) -> Result<(String, Self), Corrupt>;

    /// The query, for what is read of a row alone.
    fn narrow(query: Query, scope: &ScanScope) -> Query;

    /// Whether it is asked for, as far as the row tells: a long filter expression leaves
    /// conditions out.
    fn is_wanted(&self, query: &ListQuery) -> bool;
}

impl ScannedRow for Ticket {
    fn affordable(read: &ItemsRead, sources: usize) -> usize {
        (read.affordable() / 2 / sources.max(1)).max(1)
    }

    fn read(item: &Item, _: &ScanScope, by: SortBy) -> Result<(String, Self), Corrupt> {
        let ticket = ticket_item::decode(item)?;
        Ok((by.place(&ticket), ticket))
    }

    fn narrow(query: Query, _: &ScanScope) -> Query {
        query.only(&ticket_item::DECODED)
    }

    fn is_wanted(&self, query: &ListQuery) -> bool {
        query.matches(self)
    }
}

impl ScannedRow for TicketId {
    fn affordable(_: &ItemsRead, _: usize) -> usize {
        usize::MAX
    }

    fn read(item: &Item, scope: &ScanScope, _: SortBy) -> Result<(String, Self), Corrupt> {
        let place = scope.place(Reader(item).text(scope.sort_key())?);
        let ticket = keys::ticket_at(&place).ok_or(Corrupt("sk"))?;
        Ok((place, ticket))
    }

    fn narrow(query: Query, scope: &ScanScope) -> Query {
        query.only(&[scope.sort_key()])
    }

    fn is_wanted(&self, _: &ListQuery) -> bool {
        true
    }
}

/// A source and the rows of it that were read.
#[derive(Debug)]
pub struct Scan<T> {
    scope: ScanScope,
    /// The sort keys that may hold rows of the page, both included.
    range: (String, String),
    /// In the order in which they were read.
    pub rows: Vec<(String, T)>,
    /// Where reading goes on; none before the first and after the last step.
    resume: Option<Item>,
    is_exhausted: bool,
    /// How many rows the table has looked at.
    pub examined: usize,
}

impl<T: ScannedRow> Scan<T> {
    /// As much of a source as is ahead of the query's position.
    pub fn ahead(source: &RowSource, tenant: &Tenant, query: &ListQuery) -> Self {
        let (low, high) = query.range();
        let scope = source.scope(tenant, query.sort.by);
        let range = scope.between(&low, &high);
        let is_exhausted = range.is_none();
        Self { scope, range: range.unwrap_or_default(), rows: Vec::new(), resume: None, is_exhausted, examined: 0 }
    }

    /// All of a source.
    pub fn whole(source: &RowSource, tenant: &Tenant) -> Self {
        Self::between(source, tenant, (ENDS.0.to_owned(), ENDS.1.to_owned()))
    }

    /// What is between two sort keys, both included.
    pub fn between(source: &RowSource, tenant: &Tenant, range: (String, String)) -> Self {
        let scope = source.scope(tenant, SortBy::Created);
        let is_exhausted = range.0 > range.1;
        Self { scope, range, rows: Vec::new(), resume: None, is_exhausted, examined: 0 }
    }

    /// Reads on, once: at most so many rows are looked at.
    pub async fn read_on(&mut self, table: &Table, query: &ListQuery, rows: usize) -> Result<(), TableError> {
        let request = T::narrow(self.request(query), &self.scope).limit(rows).after(self.resume.take());
        let slice = table.query(request).await?;
        for item in &slice.items {
            let row = T::read(item, &self.scope, query.sort.by)?;
            if row.1.is_wanted(query) {
                self.rows.push(row);
            }
        }
        self.examined += usize::try_from(slice.examined).unwrap_or(usize::MAX);
        self.is_exhausted = slice.last.is_none();
        self.resume = slice.last;
        Ok(())
    }

    fn request(&self, query: &ListQuery) -> Query {
        let Self { scope, range: (low, high), .. } = self;
        let mut expression = Expression::default();
        let filter = match scope.index {
            Some(index) if index.holds_items() => {
                let asked = query.expression(index, &mut expression).0;
                let of_status = scope.status.map(|status| {
                    let name = expression.name(attr::STATUS);
                    any(&name, std::iter::once(text(status.as_str())), &mut expression)
                });
                let parts: Vec<_> = of_status.into_iter().chain(asked).collect();
                (!parts.is_empty()).then(|| parts.join(" AND "))
            }
            _ => columns::expression(&self.columns(query), &mut expression),
        };
        let request = match scope.index {
            Some(index) => Query::in_index(index, &scope.partition),
            None => Query::of(&scope.partition).eventual(),
        };
        request.between(low, high).filter(filter).with(expression).ascending(query.is_ascending())
    }
}

impl<T> Scan<T> {
    pub const fn is_exhausted(&self) -> bool {
        self.is_exhausted
    }

    /// What a query asks of the columns of its rows.
    fn columns(&self, query: &ListQuery) -> Vec<ColumnFilter> {
        match &self.scope.columns {
            Columns::None => Vec::new(),
            Columns::StateGroups(groups) => vec![columns::groups(groups)],
            Columns::Ticket(group) => query.columns(*group),
        }
    }

    /// Whether the table leaves out some of its rows by their columns.
    pub fn is_filtered(&self, query: &ListQuery) -> bool {
        !self.columns(query).is_empty()
    }

    /// The place up to which all rows have been read, while there may be more.
    pub fn watermark(&self, ascending: bool) -> Option<String> {
        let read = self.resume.as_ref().and_then(|key| key.get(self.scope.sort_key())?.as_s().ok());
        let (low, high) = &self.range;
        let beginning = if ascending { low } else { high };
        (!self.is_exhausted).then(|| self.scope.place(read.unwrap_or(beginning)))
    }
}

#[cfg(test)]
pub mod testing {
    use super::*;
    use lambdesk_domain::id::WorkspaceId;
    use lambdesk_table::keys::State;
    use uuid::Uuid;

    /// A scan as if it had been read up to a place, or to the end.
    pub fn read<T>(rows: Vec<(String, T)>, up_to: Option<String>) -> Scan<T> {
        let tenant = Tenant::new(WorkspaceId::new(Uuid::nil()));
        let scope = RowSource::State(State::Archived).scope(&tenant, SortBy::LastActivity);
        let is_exhausted = up_to.is_none();
        let resume = up_to.map(|place| Item::from([("l_sk".to_owned(), text(place))]));
        Scan { scope, range: (ENDS.0.to_owned(), ENDS.1.to_owned()), rows, resume, is_exhausted, examined: 0 }
    }
}
