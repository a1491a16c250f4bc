//! Tickets with their threads and files over the embedded engine, and over what goes
//! wrong before it.
#![allow(clippy::indexing_slicing, reason = "a test")]

mod attachments;
mod costs;
mod creation;
mod ends;
mod failures;
mod items;
mod numbers;
mod threads;

use lambdesk_domain::{id::TicketId, message::Message, testing};
use lambdesk_testkit::samples;

/// A message of this ticket.
fn message(ticket: TicketId) -> Message {
    let made = samples(&testing::created(), 40).into_iter().find_map(|(_, message)| message);
    Message { ticket_id: ticket, ..made.expect("most tickets open with a message") }
}
