//! A deletion and what tickets have of it: taken off them by a [`Removal`], which is written
//! together with the deletion, begun within the request and finished by the sweep.

use crate::{auth::Session, write::WriteOptions};
use lambdesk_domain::{
    id::RemovalId,
    removal::{Removal, RemovedValue},
};
use lambdesk_store_tickets::begin_removal;
use lambdesk_table::{Write, log_failure};
use std::time::Duration;

/// How long a request works on it before it leaves the rest to the sweep: well within the
/// function's own time.
const BUDGET: Duration = Duration::from_secs(4);

/// The removal of what a write deletes; none where it deletes nothing that tickets have.
#[must_use]
pub fn removal(session: &Session, write: &WriteOptions, removed: Vec<RemovedValue>) -> Option<Removal> {
    (!removed.is_empty()).then(|| Removal {
        id: RemovalId::new(session.app.new_id()),
        removed,
        requested_at: session.now,
        requested_by: session.actor.reference(),
        request_id: session.request_id,
        is_silent: write.is_silent,
        passes: 0,
        at: 0,
        after: None,
    })
}

/// What is to be written together with the deletion.
#[must_use]
pub fn beginning(session: &Session, removal: Option<&Removal>) -> Vec<Write> {
    removal.map(|removal| begin_removal(session.workspace(), removal)).into_iter().collect()
}

/// Works on a removal that has been written. What fails is left to the sweep: the deletion
/// stands.
pub async fn work(session: &Session, removal: &Removal) {
    let clock = &session.app.clock;
    let began = clock.now();
    let is_over = || clock.now().since(began) >= BUDGET;
    let worked = session.app.tickets.work_on_removal(session.workspace(), removal.id, || clock.now(), is_over);
    if let Err(error) = worked.await {
        log_failure!(error, removal = %removal.id, "the rest is left to the sweep");
    }
}
