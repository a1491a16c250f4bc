//! Who may ask, and the counters brought up to date before they are read.

use axum::http::StatusCode;
use lambdesk_api::{auth::Session, problem::Problem};
use lambdesk_domain::{
    access::{Scope, VisibilityScope},
    time::Timestamp,
};
use lambdesk_store_reports::{Reports, Standings};

/// Pages of 100 events that a report counts at most before it is answered.
const PAGES: usize = 10;

/// Reports are about all tickets, so they are for those who see all of them.
///
/// # Errors
/// 403 naming the rule.
pub fn require(session: &Session) -> Result<(), Problem> {
    session.require(Scope::TicketsRead)?;
    match session.visibility() {
        VisibilityScope::All => Ok(()),
        VisibilityScope::OwnAndUnassigned(_) | VisibilityScope::Own(_) | VisibilityScope::Channel(_) => {
            let rule = "only keys that see all tickets of the workspace may read reports";
            Err(Problem::new(StatusCode::FORBIDDEN, "all_tickets_only", rule))
        }
    }
}

/// The counters with what the feed has emitted meanwhile, and up to when that is.
///
/// # Errors
/// When the table fails.
pub async fn up_to_date(reports: &Reports, session: &Session) -> Result<(Standings, Timestamp), Problem> {
    let created_at = session.directory.workspace.created_at;
    let folded = reports.fold_counts(session.workspace(), created_at, session.now, PAGES).await?;
    let standings = reports.counts_now(&session.tenant()).await?;
    Ok((standings, folded.as_of))
}
