//! The record of the sweep: what each scheduled run found, did and skipped.

use axum::{extract::State, response::Response};
use lambdesk_api::{auth::Session, listing::ListRequest, normal_form::NormalForm, problem::Problem};
use lambdesk_domain::sweep::Run;
use lambdesk_store_events::Events;
use serde_json::json;

/// `GET /v1/sweeps`: the latest runs, newest first. They are the whole
/// installation's: counts and times, nothing of any workspace.
pub async fn list(session: Session, State(events): State<Events>, request: ListRequest) -> Result<Response, Problem> {
    session.require_admin()?;
    let listing = request.forward(session.workspace(), "/v1/sweeps", &NormalForm::of(&json!({})))?;
    let runs: Vec<Run> = events.runs(listing.limit).await?;
    // A run is small, so all of them fit: the list has no cursor.
    let runs = runs.into_iter().map(|run| (run.started_at.millis(), run));
    Ok(listing.respond(runs, listing.info(None, None)))
}
