//! A ticket by its number.

use crate::read::{EMBEDDED, included, respond};
use axum::{extract::Path, response::Response};
use lambdesk_api::{auth::Caller, problem::Problem, query::Query};
use lambdesk_domain::id::TicketNumber;

/// `GET /v1/tickets/number/{number}`: the same answer as by id.
pub async fn get(caller: Caller, Path(number): Path<String>, mut query: Query) -> Result<Response, Problem> {
    let include = included(&mut query);
    query.finish()?;
    // Whatever is no number is the number of no ticket.
    let number = number.parse().ok().map(TicketNumber);
    let found = caller.verify_while(async |store, workspace| {
        let Some(number) = number else {
            return Ok(None);
        };
        match store.numbered(workspace, number).await? {
            Some(id) => store.thread(workspace, id, EMBEDDED).await,
            None => Ok(None),
        }
    });
    let (session, found) = found.await?;
    respond(&session, found, &include).await
}
