//! A ticket by its number.

use crate::read::{EMBEDDED, included, respond};
use axum::{extract::State, response::Response};
use lambdesk_api::{auth::Caller, path::Id, problem::Problem, query::QueryParameters};
use lambdesk_domain::id::TicketNumber;
use lambdesk_store_lists::Lists;

/// `GET /v1/tickets/number/{number}`: the same answer as by id.
pub async fn get(
    caller: Caller,
    State(lists): State<Lists>,
    Id(number): Id<TicketNumber>,
    mut query: QueryParameters,
) -> Result<Response, Problem> {
    let include = included(&mut query);
    query.finish()?;
    let found = caller.verify_while(async |app, workspace| match lists.numbered(workspace, number).await? {
        Some(id) => app.tickets.thread(workspace, id, EMBEDDED).await,
        None => Ok(None),
    });
    let (session, found) = found.await?;
    respond(&session, found, &include).await
}
