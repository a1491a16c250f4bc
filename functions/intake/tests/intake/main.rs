//! Intake over the embedded engine, driven as pages and servers drive it.

mod channel_access;
mod hostile;
mod identity;
mod opening;
mod own_ticket;
mod replies;
mod visitor;
