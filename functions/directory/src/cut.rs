//! A page out of a list that is read whole.

use axum::response::Response;
use lambdesk_api::{
    cursor::{Direction, invalid_cursor},
    listing::Listing,
    problem::Problem,
};
use serde::Serialize;
use std::ops::Range;
use uuid::Uuid;

/// Answers the page that is asked for. The rows are in order of their ids.
///
/// # Errors
/// 400 for a cursor that makes no sense.
pub fn cut<T: Serialize>(listing: &Listing, rows: Vec<(Uuid, T)>) -> Result<Response, Problem> {
    let total = rows.len();
    let Range { start, end } = range(listing, &rows)?;
    let page: Vec<_> = rows.into_iter().take(end).skip(start).collect();
    let next = page.last().filter(|_| end < total).map(|(id, _)| id.to_string());
    let prev = page.first().filter(|_| start > 0).map(|(id, _)| id.to_string());
    let info = listing.info(next.as_deref(), prev.as_deref());
    let info = if listing.with_total { info.with_total(total as u64) } else { info };
    Ok(listing.respond(page, info))
}

fn range<T>(listing: &Listing, rows: &[(Uuid, T)]) -> Result<Range<usize>, Problem> {
    let size = usize::from(listing.limit);
    let Some((position, direction)) = &listing.position else {
        let pages_before = listing.number.map_or(0, |number| number.saturating_sub(1));
        let start = usize::try_from(pages_before).unwrap_or(usize::MAX).saturating_mul(size);
        return Ok(start..start.saturating_add(size));
    };
    let id: Uuid = position.parse().map_err(|_| invalid_cursor())?;
    Ok(match direction {
        Direction::Forward => {
            let start = rows.partition_point(|(row, _)| *row <= id);
            start..start + size
        }
        Direction::Backward => {
            let end = rows.partition_point(|(row, _)| *row < id);
            end.saturating_sub(size)..end
        }
    })
}
