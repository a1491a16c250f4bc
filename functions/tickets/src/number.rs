//! A ticket by its number.

use crate::read::{EMBEDDED, included, respond};
use axum::response::Response;
use lambdesk_api::{auth::Caller, path::Id, problem::Problem, query::Query};
use lambdesk_domain::id::TicketNumber;

/// `GET /v1/tickets/number/{number}`: the same answer as by id.
pub async fn get(caller: Caller, Id(number): Id<TicketNumber>, mut query: Query) -> Result<Response, Problem> {
    let include = included(&mut query);
    query.finish()?;
    let found = caller.verify_while(async |store, workspace| match store.numbered(workspace, number).await? {
        Some(id) => store.thread(workspace, id, EMBEDDED).await,
        None => Ok(None),
    });
    let (session, found) = found.await?;
    respond(&session, found, &include).await
}
