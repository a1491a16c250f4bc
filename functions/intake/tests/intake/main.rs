//! Intake over the embedded engine, driven as pages and servers drive it.

mod door;
mod hostile;
mod identity;
mod opening;
mod own_ticket;
mod replies;
mod support;
mod visitor;
