//! The rules of tickets, held against random histories and commands.

mod decisions;
mod events;
mod invariants;
mod moves;
mod shelves;
mod support;
