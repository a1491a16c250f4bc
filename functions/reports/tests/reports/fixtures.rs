//! A desk whose tickets' history the test knows, and its callers.

use lambdesk_domain::{
    command::{NewTicket, ReplyKind},
    directory::Channel,
    id::TicketId,
    status::Status,
    testing::samples,
    ticket::{ChannelRef, Ticket},
};
use lambdesk_testkit::{Client, Desk};
use serde_json::Value as Json;
use std::time::Duration;

/// The time after which the feed has emitted what happened.
const SETTLED: Duration = Duration::from_secs(10);

/// A workspace that is made now, so that one request counts all of its days.
pub async fn new_desk() -> Desk {
    let desk = Desk::open().await;
    let now = desk.now();
    desk.change_settings(|workspace| workspace.created_at = now).await;
    desk
}

/// The owner of the workspace.
pub fn owner(desk: &Desk) -> Client {
    desk.client(lambdesk_reports::routes())
}

/// Somebody with this key.
pub fn caller(desk: &Desk, key: &str) -> Client {
    owner(desk).with_key(key)
}

/// A report for the owner.
pub async fn report(desk: &Desk, query: &str) -> Json {
    owner(desk).get(&format!("/v1/reports/{query}")).await.ok()
}

/// Has the feed emit everything that has happened so far.
pub async fn settle(desk: &Desk) {
    desk.project().await;
    desk.wait(SETTLED);
}

/// A new ticket, as `change` makes it.
pub async fn ticket(desk: &Desk, change: impl FnOnce(&mut NewTicket)) -> Ticket {
    let mut new = samples::new_ticket(desk.workspace, TicketId::new(desk.clock.new_uuid()));
    change(&mut new);
    desk.ticket_of(new, desk.agent()).await
}

/// A channel as it is on a ticket.
pub const fn on(channel: &Channel) -> ChannelRef {
    ChannelRef { id: channel.id, kind: channel.kind }
}

/// A ticket of a channel from its creation on: answered twice after 20 seconds, resolved
/// 10 seconds later, and on the next day opened again and closed.
pub async fn answered_resolved_reopened_closed(desk: &Desk, channel: &Channel) -> TicketId {
    let id = ticket(desk, |new| new.channel = Some(on(channel))).await.id;
    desk.wait(Duration::from_secs(20));
    desk.write(id, ReplyKind::Note, "among us", false).await;
    desk.write(id, ReplyKind::Reply, "to you", false).await;
    desk.write(id, ReplyKind::Reply, "and more", false).await;
    desk.wait(Duration::from_secs(10));
    desk.set_status(id, Status::Resolved).await;
    desk.wait(Duration::from_hours(24));
    desk.set_status(id, Status::Open).await;
    desk.set_status(id, Status::Closed).await;
    id
}
