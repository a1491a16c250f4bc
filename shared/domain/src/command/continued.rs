//! A closed ticket is continued by another one, which takes what its customer says from
//! then on.

use super::{Change, Context};
use crate::{
    guard::Guard,
    id::TicketId,
    patch::TicketPatch,
    status::{Status, StatusSet},
    ticket::Ticket,
};

/// What becomes of a closed ticket when `by` is made to continue it: it names that one.
/// Of several that are made at the same time the first alone is written, because each
/// assumes that the closed one is continued as it was read.
#[must_use]
pub fn continued(closed: &Ticket, by: TicketId, context: &Context) -> Change {
    let guard = Guard {
        lifecycle: closed.lifecycle,
        statuses: StatusSet::of(&[Status::Closed]),
        continued_by: Some(closed.continued_by),
        versions: None,
        ..context.guard()
    };
    Change {
        guard,
        patch: TicketPatch { continued_by: Some(by), ..TicketPatch::default() },
        message: None,
        edited: None,
        deleted: None,
        cause: context.cause(None),
        at: context.now,
    }
}
