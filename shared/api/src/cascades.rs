//! What follows for all tickets from a deletion or a change: a [`Cascade`], begun within the
//! request and finished by the sweep.

use crate::{auth::Session, write::WriteOptions};
use lambdesk_domain::{
    cascade::{Cascade, CascadeStep},
    id::CascadeId,
};
use lambdesk_store_tickets::begin_cascade;
use lambdesk_table::{Write, log_failure};
use std::time::Duration;

/// How long a request works on it before it leaves the rest to the sweep: well within the
/// function's own time.
const BUDGET: Duration = Duration::from_secs(4);

/// What follows from a write; none where nothing does.
#[must_use]
pub fn cascade<S: Into<CascadeStep>>(session: &Session, write: &WriteOptions, steps: Vec<S>) -> Option<Cascade> {
    (!steps.is_empty()).then(|| Cascade {
        id: CascadeId::new(session.app.new_id()),
        steps: steps.into_iter().map(Into::into).collect(),
        requested_at: session.now,
        requested_by: session.actor.reference(),
        request_id: session.request_id,
        is_silent: write.is_silent,
        passes: 0,
        at: 0,
        after: None,
    })
}

/// What is to be written together with the deletion or change that it follows from.
pub fn beginning(session: &Session, cascade: Option<&Cascade>) -> Vec<Write> {
    cascade.map(|cascade| begin_cascade(session.workspace(), cascade)).into_iter().collect()
}

/// Works on a cascade that has been written. What fails is left to the sweep: what it follows
/// from stands.
pub async fn work(session: &Session, cascade: &Cascade) {
    let clock = &session.app.clock;
    let began = clock.now();
    let is_over = || clock.now().since(began) >= BUDGET;
    let (app, workspace) = (&session.app, session.workspace());
    let worked = app.tickets.work_on_cascade(&app.directories, workspace, cascade.id, || clock.now(), is_over);
    if let Err(error) = worked.await {
        log_failure!(error, cascade = %cascade.id, "the rest is left to the sweep");
    }
}
