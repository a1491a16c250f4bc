//! The rules of tickets, held against random histories and commands.

mod contact_events;
mod decisions;
mod deletion;
mod edits;
mod events;
mod invariants;
mod moves;
mod reports;
mod shelves;
mod support;
