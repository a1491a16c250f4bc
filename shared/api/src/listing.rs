//! What every list takes and answers: `limit`, `cursor`, `page`, `with_total`.

use crate::{
    cursor::{Direction, invalid_cursor, open_cursor, seal_cursor},
    normal_form::{NormalForm, QueryHash},
    page::{PageInfo, paged, unwritable},
    problem::Problem,
    query::QueryParameters,
    room::{Room, Rows},
    seal::SealingKey,
    state::App,
};
use axum::{
    extract::{FromRef, FromRequestParts, OriginalUri},
    http::{Uri, request::Parts},
    response::{IntoResponse as _, Response},
};
use lambdesk_domain::id::WorkspaceId;
use serde::Serialize;
use std::sync::Arc;

pub(crate) const DEFAULT_LIMIT: u16 = 25;
pub(crate) const MAX_LIMIT: u16 = 100;

/// A list's query string, and the address of the list.
#[derive(Debug)]
pub struct ListRequest {
    /// The parameters; the list takes its own, then calls [`ListRequest::listing`].
    pub query: QueryParameters,
    /// The address.
    pub address: ListAddress,
}

/// Where a list is: the address that its links are made from, and the key of its cursors.
#[derive(Debug)]
pub struct ListAddress {
    uri: Uri,
    sealing: Arc<SealingKey>,
}

impl<S: Sync> FromRequestParts<S> for ListRequest
where
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = QueryParameters::parse(parts.uri.query().unwrap_or_default())?;
        let Ok(OriginalUri(uri)) = OriginalUri::from_request_parts(parts, &()).await;
        Ok(Self { query, address: ListAddress { uri, sealing: App::from_ref(state).sealing } })
    }
}

/// The parameters that all lists have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageParameters {
    limit: u16,
    cursor: Option<String>,
    number: Option<u32>,
    with_total: bool,
}

/// Which page of which list is asked for.
#[derive(Debug)]
pub struct Listing {
    /// Rows asked for: 1 to 100.
    pub limit: u16,
    /// Where to go on, and which way.
    pub position: Option<(String, Direction)>,
    /// The page's number from 1, when asked for by number.
    pub number: Option<u32>,
    /// Whether all rows are to be counted.
    pub with_total: bool,
    workspace: WorkspaceId,
    route: &'static str,
    query: QueryHash,
    address: ListAddress,
}

impl PageParameters {
    /// Takes them; what is wrong with them is kept in the query.
    pub fn take(query: &mut QueryParameters) -> Self {
        let limit = query.parsed("limit", |text| match text.parse() {
            Ok(limit @ 1..=MAX_LIMIT) => Ok(limit),
            _ => Err("expected a number from 1 to 100"),
        });
        let cursor = query.one("cursor");
        let number = query.parsed("page", |text| match text.parse::<u32>() {
            Ok(number) if number > 0 => Ok(number),
            _ => Err("expected a number from 1"),
        });
        let with_total = query.flag("with_total").unwrap_or(false);
        if cursor.is_some() && number.is_some() {
            query.error("page", "exclusive", "use either cursor or page");
        }
        Self { limit: limit.unwrap_or(DEFAULT_LIMIT), cursor, number, with_total }
    }

    /// How many rows the list must have for a page that was asked for by number to be full.
    #[must_use]
    pub fn reach(&self) -> u64 {
        u64::from(self.number.unwrap_or_default()) * u64::from(self.limit)
    }
}

impl ListAddress {
    /// A page of the list on a route whose rows a query selects and sorts.
    ///
    /// # Errors
    /// 400 for a cursor of another list.
    pub fn listing(
        self,
        page: PageParameters,
        workspace: WorkspaceId,
        route: &'static str,
        query: &NormalForm,
    ) -> Result<Listing, Problem> {
        let PageParameters { limit, cursor, number, with_total } = page;
        let query = query.hash();
        let open = |cursor: String| open_cursor(&self.sealing, workspace, route, query, &cursor);
        let position = cursor.map(open).transpose()?;
        Ok(Listing { limit, position, number, with_total, workspace, route, query, address: self })
    }
}

impl ListRequest {
    /// Takes the parameters that all lists have and refuses those that nobody took.
    /// `query` is all that selects and sorts the rows.
    ///
    /// # Errors
    /// 400 for unknown or bad parameters and for a cursor of another list.
    pub fn listing(
        mut self,
        workspace: WorkspaceId,
        route: &'static str,
        query: &NormalForm,
    ) -> Result<Listing, Problem> {
        let page = PageParameters::take(&mut self.query);
        self.query.finish()?;
        self.address.listing(page, workspace, route, query)
    }

    /// As [`ListRequest::listing`], for lists that go one way only and have
    /// neither page numbers nor totals.
    ///
    /// # Errors
    /// As there.
    pub fn forward(
        mut self,
        workspace: WorkspaceId,
        route: &'static str,
        query: &NormalForm,
    ) -> Result<Listing, Problem> {
        for name in ["page", "with_total"] {
            if !self.query.values(name).is_empty() {
                self.query.error(name, "unknown_parameter", "this list goes by cursor only");
            }
        }
        let listing = self.listing(workspace, route, query)?;
        match listing.position {
            Some((_, Direction::Backward)) => Err(invalid_cursor()),
            _ => Ok(listing),
        }
    }
}

impl Listing {
    /// The position of a list that goes one way, read.
    ///
    /// # Errors
    /// 400 when it makes no sense.
    pub fn after<T: std::str::FromStr>(&self) -> Result<Option<T>, Problem> {
        let position = self.position.as_ref().map(|(position, _)| position.parse());
        position.transpose().map_err(|_| invalid_cursor())
    }

    /// The page's place in its list, given where its neighbours begin.
    #[must_use]
    pub fn info(&self, next: Option<&str>, prev: Option<&str>) -> PageInfo {
        PageInfo {
            next_cursor: next.map(|position| self.seal(position, Direction::Forward)),
            prev_cursor: prev.map(|position| self.seal(position, Direction::Backward)),
            size: self.limit.into(),
            number: self.number,
            ..PageInfo::default()
        }
    }

    fn seal(&self, position: &str, direction: Direction) -> String {
        seal_cursor(&self.address.sealing, self.workspace, self.route, self.query, position, direction)
    }

    /// The answer: rows in the order of the list, each with the position right beyond it. A
    /// page that an answer has no room for ends where the room does, also one that was
    /// asked for by its number, and its cursor goes on from there.
    #[must_use]
    pub fn respond<P: ToString, T: Serialize>(
        &self,
        rows: impl IntoIterator<Item = (P, T)>,
        page: PageInfo,
    ) -> Response {
        self.respond_within(Room::ANSWER, rows, page)
    }

    /// The same with less room.
    #[must_use]
    pub fn respond_within<P: ToString, T: Serialize>(
        &self,
        room: Room,
        rows: impl IntoIterator<Item = (P, T)>,
        mut page: PageInfo,
    ) -> Response {
        let mut positions = Vec::new();
        let rows = rows.into_iter().map(|(position, row)| {
            positions.push(position);
            row
        });
        let is_backward = matches!(self.position, Some((_, Direction::Backward)));
        let Ok(Rows { json, kept, is_cut }) = room.rows(rows, is_backward) else {
            return unwritable().into_response();
        };
        let position = |at: Option<usize>| at.and_then(|at| positions.get(at)).map(P::to_string);
        match (is_cut, is_backward) {
            (false, _) => {}
            (true, true) => {
                let first = position(Some(kept.start));
                page.prev_cursor = first.map(|position| self.seal(&position, Direction::Backward));
            }
            (true, false) => {
                let last = position(kept.end.checked_sub(1));
                page.next_cursor = last.map(|position| self.seal(&position, Direction::Forward));
            }
        }
        paged(&json, &page, &self.address.uri)
    }
}
