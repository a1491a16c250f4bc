//! What the `OpenAPI` document tells of these operations beyond their signatures.

use crate::{days, recount, tickets, times};
use lambdesk_api::openapi::{Access, Callers, Operation, Operations};
use lambdesk_domain::{access::Scope, day::Day};

/// The operations of this function.
#[must_use]
pub fn operations() -> Operations {
    Operations::of("Reports", "How many tickets stand where, what happened on which day, and how long it took.")
        .needing(Access::of(&[Scope::TicketsRead], Callers::SeeingAll), Access::of(&[Scope::Admin], Callers::Admins))
        .op(tickets::get, "Tickets as they stand now", Operation::ok::<tickets::TicketsReport>)
        .op(days::get, "What happened, day by day", |op| {
            range(op);
            op.ok::<days::DaysReport>();
        })
        .op(times::get, "How long it took to answer and to resolve", |op| {
            range(op);
            op.ok::<times::TimesReport>();
        })
        .op(recount::recount, "Count everything anew from the events", |op| {
            op.leaves_out(&["If-Match"]);
            op.one::<recount::RecountReport>(200, "It is over.", &[]);
            op.one::<recount::RecountReport>(202, "There is more to count: send it again.", &[]);
        })
}

fn range(op: &mut Operation) {
    op.query_of::<Day>("from", "The first day, in UTC; 29 days before `to` when left out.");
    op.query_of::<Day>("to", "The last day, in UTC; today when left out. At most 366 days in all.");
    op.query_ids("channel_id", &["none"], "Tickets of these channels alone.");
    op.query_ids("assignee_id", &["me", "none"], "Tickets of these users alone.");
}
