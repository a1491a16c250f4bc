//! The plainest of their kind, where a test is about something else.

use crate::{
    command::NewTicket,
    contact::Requester,
    directory::{Channel, IntakePolicy, OpeningRules},
    id::{ChannelId, TicketId, TicketNumber, WorkspaceId},
    status::{ChannelType, Priority, Source, Status},
    time::Timestamp,
};

/// An open ticket about a broken lamp, of nobody.
///
/// # Panics
/// Never: the subject is one.
#[must_use]
pub fn new_ticket(workspace_id: WorkspaceId, id: TicketId) -> NewTicket {
    NewTicket {
        workspace_id,
        id,
        number: TicketNumber(1),
        subject: "A broken lamp".parse().expect("a subject"),
        status: Status::Open,
        priority: Priority::Normal,
        is_held: false,
        source: Source::Api,
        channel: None,
        category: None,
        team: None,
        assignee: None,
        contact: None,
        account: None,
        requester: Requester::default(),
        tags: [].into(),
        custom: [].into(),
        uid: None,
        summary: None,
        follow_up_at: None,
        opening: None,
        continues: None,
    }
}

/// A form that is switched on and takes everything.
///
/// # Panics
/// Never: the name is one.
#[must_use]
pub fn form(id: ChannelId) -> Channel {
    Channel {
        id,
        name: "Website".parse().expect("a name"),
        kind: ChannelType::Form,
        color: None,
        is_enabled: true,
        hostnames: Vec::new(),
        intake: IntakePolicy::Accept,
        require_existing_contact: false,
        default_priority: Priority::Normal,
        opening: OpeningRules::default(),
        token: String::new(),
        identity_generation: 0,
        created_at: Timestamp::EPOCH,
    }
}
