//! `GET /v1/tickets`: orders, cursor, page numbers, totals. What is asked for is read in [`asked`](crate::asked).

use crate::asked::Asked;
use axum::{extract::State, http::StatusCode, response::Response};
use lambdesk_api::{
    auth::Session,
    cursor::{Direction, invalid_cursor},
    listing::{ListRequest, Listing},
    page::PageInfo,
    problem::{FieldError, Problem},
    render::{Accounts, TicketView},
};
use lambdesk_domain::access::Scope;
use lambdesk_store_lists::{DEEPEST, ListError, ListPage, ListPosition, ListQuery, ListStart, Lists, Total};

const ROUTE: &str = "/v1/tickets";

/// `GET /v1/tickets`: newest activity first, unless another order is asked for.
pub async fn list(
    mut session: Session,
    State(lists): State<Lists>,
    mut request: ListRequest,
) -> Result<Response, Problem> {
    session.require(Scope::TicketsRead)?;
    let asked = loop {
        let mut query = request.query.clone();
        let asked = Asked::read(&mut query, &session);
        // A name or key that is not in the remembered directory may be new.
        if asked.misses && session.refresh().await? {
            continue;
        }
        request.query = query;
        break asked;
    };
    let filter = format!("{asked:?}");
    let listing = request.listing(session.workspace(), ROUTE, filter)?;
    // Boxed: it holds what all the plans of a list need.
    Box::pin(answer(&lists, &session, &listing, asked)).await
}

async fn answer(lists: &Lists, session: &Session, listing: &Listing, asked: Asked) -> Result<Response, Problem> {
    let mut query = ListQuery {
        states: asked.states,
        filter: asked.filter,
        search: asked.search,
        hide_snoozed: asked.hide_put_off,
        reach: session.reach(),
        sort: asked.sort,
        start: start(listing)?,
        limit: listing.limit,
        now: session.now,
    };
    // Merged contacts are rare: whether one is, is asked beside the list, not before it.
    let contacts = async { Ok(session.app.contacts.present_ids(session.workspace(), &query.filter.contacts).await?) };
    let (mut found, contacts) = tokio::try_join!(read(lists, session, listing, &query), contacts)?;
    if contacts != query.filter.contacts {
        query.filter.contacts = contacts;
        found = Box::pin(read(lists, session, listing, &query)).await?;
    }
    let (page, total) = found;
    let [next, previous] = [&page.next, &page.previous].map(|position| position.as_ref().map(ListPosition::to_string));
    let mut info = listing.info(next.as_deref(), previous.as_deref());
    if let Some(total) = total {
        info =
            if total.is_exact { info.with_total(total.count) } else { PageInfo { total: Some(total.count), ..info } };
    }
    let accounts = Accounts::of(&session.app.contacts, session.workspace(), &page.tickets).await?;
    let rows: Vec<_> =
        page.tickets.iter().map(|ticket| TicketView::of(ticket, &session.directory, &accounts)).collect();
    Ok(listing.respond(rows, info))
}

/// A page, and how many tickets there are in all where that is asked for.
async fn read(
    lists: &Lists,
    session: &Session,
    listing: &Listing,
    query: &ListQuery,
) -> Result<(ListPage, Option<Total>), Problem> {
    let tenant = session.tenant();
    let total = async {
        if !listing.with_total {
            return Ok(None);
        }
        Ok(Some(lists.count(&tenant, query).await?))
    };
    tokio::try_join!(lists.list(&tenant, query), total).map_err(problem)
}

fn problem(error: ListError) -> Problem {
    match error {
        ListError::TooManyHits => {
            let detail = format!("{error}: narrow the search, or sort it by number");
            let error = FieldError::new("?sort", "too_many_matches", detail.clone());
            Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "too_many_matches", detail).with_errors(vec![error])
        }
        ListError::Table(error) => error.into(),
    }
}

fn start(listing: &Listing) -> Result<ListStart, Problem> {
    let position = |text: &str| text.parse().map_err(|_| invalid_cursor());
    match (&listing.position, listing.number) {
        (Some((text, Direction::Forward)), _) => position(text).map(ListStart::After),
        (Some((text, Direction::Backward)), _) => position(text).map(ListStart::Before),
        (None, number) => {
            let skip = number.map_or(0, |number| (number as usize - 1).saturating_mul(listing.limit.into()));
            if skip + usize::from(listing.limit) > DEEPEST {
                return Err(Problem::malformed("page numbers reach the first 1,000 tickets; use the cursor beyond"));
            }
            Ok(ListStart::First { skip })
        }
    }
}
