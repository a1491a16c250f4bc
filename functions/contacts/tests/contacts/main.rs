//! Contacts and accounts over HTTP: their routes over the embedded engine.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod accounts;
mod changes;
mod contacts;
mod hostile;

use lambdesk_testkit::{Client, Desk};

/// The owner of the workspace as a caller of these routes; every body is JSON.
fn owner(desk: &Desk) -> Client {
    desk.client(lambdesk_contacts::routes()).with("content-type", "application/json")
}
