//! Short words for the tests beside.

use lambdesk_domain::{
    access::{AccessRules, Actor},
    command::{Change, Context, Decision, Fields, NewReply, Prior, Rejection, ReplyKind, Update, reply, update},
    id::{ChannelId, MessageId, UserId},
    message::Content,
    status::{ChannelType, Lifecycle, Source, Status},
    testing,
    ticket::{ChannelRef, Ticket},
    time::Timestamp,
};
use proptest::{prelude::Strategy, strategy::ValueTree, test_runner::TestRunner};
use uuid::Uuid;

/// One arbitrary ticket, always the same, with its fields replaced as the test wants.
pub fn ticket() -> Ticket {
    let (ticket, _) = testing::created().new_tree(&mut TestRunner::deterministic()).expect("a ticket").current();
    Ticket {
        status: Status::Open,
        status_before_spam: None,
        lifecycle: Lifecycle::Live,
        resolved_at: None,
        closed_at: None,
        in_progress_at: None,
        follow_up_at: None,
        source: Source::Portal,
        contact: None,
        is_follow_up_silent: false,
        channel: Some(ChannelRef { id: ChannelId::new(Uuid::from_u128(7)), kind: ChannelType::Chat }),
        ..ticket
    }
}

pub fn hours_after(ticket: &Ticket, hours: u64) -> Timestamp {
    ticket.updated_at.plus(std::time::Duration::from_secs(hours * 3600))
}

/// Whoever asks, an hour after the ticket's last change.
pub fn by(actor: Actor, ticket: &Ticket) -> Context {
    Context {
        actor,
        rules: AccessRules::default(),
        request_id: None,
        is_silent: false,
        if_match: None,
        now: hours_after(ticket, 1),
    }
}

pub fn agent() -> Actor {
    Actor::User {
        id: UserId::new(Uuid::from_u128(9)),
        name: "Ada".parse().expect("a name"),
        role: lambdesk_domain::access::Role::Agent,
    }
}

/// The customer behind the ticket.
pub fn visitor(ticket: &Ticket) -> Actor {
    let channel = ticket.channel.expect("test tickets came in by one");
    Actor::Visitor { channel: channel.id, contact: None, name: None }
}

pub fn message(ticket: &Ticket, kind: ReplyKind) -> NewReply {
    NewReply {
        ticket_id: ticket.id,
        id: MessageId::new(Uuid::from_u128(u128::from(ticket.version.0))),
        kind,
        content: Content::from_text("a text").expect("not blank"),
        attachments: Vec::new(),
        is_secure: false,
        is_forward: false,
        status: None,
        sender: None,
    }
}

pub fn fields(fields: Fields) -> Update {
    Update::Fields(Box::new(fields))
}

pub fn changed(decision: Result<Decision, Rejection>) -> Change {
    match decision {
        Ok(Decision::Change(change)) => *change,
        other => panic!("no change: {other:?}"),
    }
}

/// The ticket after an informed command that must change it.
pub fn after_update(ticket: &Ticket, asked: &Update, context: &Context) -> Ticket {
    changed(update(asked, context, Prior::Known(ticket))).applied_to(ticket)
}

/// The ticket after an informed reply that must be taken.
pub fn after_reply(ticket: &Ticket, new: &NewReply, context: &Context) -> Ticket {
    changed(reply(new, context, Prior::Known(ticket))).applied_to(ticket)
}
