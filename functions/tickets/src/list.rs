//! `GET /v1/tickets`: orders, cursor, page numbers, totals. Its query is read in
//! [`query`].

use crate::query::{self, TicketQuery};
use axum::{extract::State, response::Response};
use lambdesk_api::{
    auth::Session,
    cursor::{Direction, invalid_cursor},
    listing::{ListRequest, Listing},
    page::PageInfo,
    problem::Problem,
    render::{Accounts, TicketView},
};
use lambdesk_domain::{access::Scope, budget::DEEPEST};
use lambdesk_store_lists::{Filter, ListPage, ListPosition, ListQuery, ListStart, Lists, OneOf, Total};
use lambdesk_table::TableError;

const ROUTE: &str = "/v1/tickets";

/// `GET /v1/tickets`: newest activity first, unless another order is asked for.
pub async fn list(mut session: Session, State(lists): State<Lists>, request: ListRequest) -> Result<Response, Problem> {
    session.require(Scope::TicketsRead)?;
    let ListRequest { query, address } = request;
    // A name or key that is not in the remembered directory may be new.
    if !query::are_known(&query, &session.directory) {
        session.refresh().await?;
    }
    let query = TicketQuery::parse(query, &session.directory, &session.actor, session.client_detail())?;
    let listing = address.listing(query.page.clone(), session.workspace(), ROUTE, &query.normal_form())?;
    // Boxed: it holds what all the plans of a list need.
    Box::pin(answer(&lists, &session, &listing, query)).await
}

async fn answer(lists: &Lists, session: &Session, listing: &Listing, asked: TicketQuery) -> Result<Response, Problem> {
    let TicketQuery { states, filters, search, hide_snoozed, sort, page: _ } = asked;
    let (start, limit, now) = (start(listing)?, listing.limit, session.now);
    let mut query =
        ListQuery { states, filters, search, hide_snoozed, visibility: session.visibility(), sort, start, limit, now };
    // Merged contacts are rare: whether one is, is asked beside the list, not before it.
    let contacts = present_contacts(session, &query.filters);
    let (mut found, contacts) = tokio::try_join!(read(lists, session, listing, &query), contacts)?;
    if let Some(present) = contacts {
        query.filters.retain(|filter| !matches!(filter, Filter::Contact(_)));
        query.filters.push(present);
        found = Box::pin(read(lists, session, listing, &query)).await?;
    }
    let (page, total) = found;
    let [next, previous] = [&page.next, &page.previous].map(|position| position.as_ref().map(ListPosition::to_string));
    let mut info = listing.info(next.as_deref(), previous.as_deref());
    if let Some(total) = total {
        info = if total.is_exact { with_total(info, total.count) } else { info.with_total_of_at_least(total.count) };
    }
    let detail = session.client_detail();
    let accounts = Accounts::of(&session.app.contacts, session.workspace(), &page.tickets, detail).await?;
    let view = |ticket| TicketView::of(ticket, &session.directory, &accounts, detail);
    let rows = page.into_rows(query.sort.by).map(|(position, ticket)| (position, view(ticket)));
    Ok(listing.respond(rows, info))
}

/// With the number of tickets, and the last page that has a number.
fn with_total(info: PageInfo, count: u64) -> PageInfo {
    let info = info.with_total(count);
    let deepest = DEEPEST as u64 / u64::from(info.size.max(1));
    PageInfo { last: info.last.map(|last| last.min(deepest)), ..info }
}

/// The filter by contact with those that merged ones have become parts of; none when no
/// contact that is filtered by was merged.
async fn present_contacts(session: &Session, filters: &[Filter]) -> Result<Option<Filter>, TableError> {
    let asked = filters.iter().find_map(|filter| match filter {
        Filter::Contact(ids) => Some(ids),
        _ => None,
    });
    let Some(asked) = asked else {
        return Ok(None);
    };
    let present = session.app.contacts.present_ids(session.workspace(), asked).await?;
    Ok(if **asked == *present { None } else { OneOf::new(present).map(Filter::Contact) })
}

/// A page, and how many tickets there are in all where that is asked for.
async fn read(
    lists: &Lists,
    session: &Session,
    listing: &Listing,
    query: &ListQuery,
) -> Result<(ListPage, Option<Total>), TableError> {
    let tenant = session.tenant();
    let page = async {
        if listing.number.is_some() {
            lists.numbered_page(&tenant, query).await
        } else {
            lists.list(&tenant, query).await
        }
    };
    if listing.with_total {
        let (page, total) = lists.with_total(&tenant, query, page).await?;
        return Ok((page, Some(total)));
    }
    Ok((page.await?, None))
}

fn start(listing: &Listing) -> Result<ListStart, Problem> {
    let position = |text: &str| text.parse().map_err(|_| invalid_cursor());
    match (&listing.position, listing.number) {
        (Some((text, Direction::Forward)), _) => position(text).map(ListStart::After),
        (Some((text, Direction::Backward)), _) => position(text).map(ListStart::Before),
        (None, number) => {
            let skip = number.map_or(0, |number| (number as usize - 1).saturating_mul(listing.limit.into()));
            Ok(ListStart::First { skip })
        }
    }
}
