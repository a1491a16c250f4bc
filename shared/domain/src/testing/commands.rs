//! Random commands, and who gives them in which circumstances.

use super::values::{channel, content, custom_value, field_key, name, one_of_few, status, tags, time, user};
use crate::{
    access::{AccessRules, Actor, AgentVisibility, Role},
    command::{
        Context, Decision, Fields, NewReply, Prior, Rejection, ReplyKind, Update, reply, update as decide_update,
    },
    directory::{Days, DeletionPolicy},
    id::{ApiKeyId, ContactId, MessageId, RequestId, TicketId, Version},
    message::{Sender, SenderKind},
    patch::TagChange,
    set::Set,
};
use proptest::{collection, option, prelude::*, sample::select};
use std::fmt::Debug;
use uuid::Uuid;

/// Any command on an existing ticket.
#[derive(Debug, Clone)]
pub enum AnyCommand {
    /// Of the ticket alone.
    Update(Update),
    /// With a message.
    Reply(Box<NewReply>),
}

impl AnyCommand {
    /// Decides it.
    ///
    /// # Errors
    /// What forbids it.
    pub fn decide(&self, context: &Context, prior: Prior<'_>) -> Result<Decision, Rejection> {
        match self {
            Self::Update(update) => decide_update(update, context, prior),
            Self::Reply(new) => reply(new, context, prior),
        }
    }

    /// The same on this ticket.
    #[must_use]
    pub fn on(self, ticket_id: TicketId) -> Self {
        match self {
            Self::Update(update) => Self::Update(update),
            Self::Reply(new) => Self::Reply(Box::new(NewReply { ticket_id, ..*new })),
        }
    }
}

/// Any command.
pub fn command() -> BoxedStrategy<AnyCommand> {
    prop_oneof![
        3 => update().prop_map(AnyCommand::Update),
        2 => new_reply().prop_map(|new| AnyCommand::Reply(Box::new(new))),
    ]
    .boxed()
}

/// Any change of the ticket alone.
pub fn update() -> BoxedStrategy<Update> {
    prop_oneof![
        6 => fields().prop_map(|fields| Update::Fields(Box::new(fields))),
        1 => Just(Update::Archive),
        1 => select(DeletionPolicy::ALL).prop_map(Update::Delete),
        2 => Just(Update::Restore(Days::OF_TRASH)),
    ]
    .boxed()
}

fn rarely<T: Debug + Clone>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Option<T>> {
    option::weighted(0.25, value)
}

fn tag_change() -> impl Strategy<Value = TagChange> {
    prop_oneof![
        5 => Just(TagChange::Keep),
        1 => tags().prop_map(TagChange::Replace),
        1 => tags().prop_map(TagChange::Attach),
        1 => tags().prop_map(TagChange::Detach),
    ]
}

/// Any fields: about a quarter of them set.
pub fn fields() -> BoxedStrategy<Fields> {
    let plain: Vec<_> = Set::strategies().into_iter().map(rarely).collect();
    let custom = collection::btree_map(field_key(), option::of(custom_value()), 0..2);
    (plain, custom, rarely(status()), tag_change())
        .prop_map(|(plain, custom, status, tags)| {
            let custom = custom.into_iter().map(|(key, value)| Set::Custom(key, value));
            Fields { sets: plain.into_iter().flatten().chain(custom).collect(), status, tags }
        })
        .boxed()
}

/// Any reply or note; its ticket is yet to be named ([`AnyCommand::on`]).
pub fn new_reply() -> BoxedStrategy<NewReply> {
    let kind = select(&[ReplyKind::Reply, ReplyKind::Inbound, ReplyKind::Note][..]);
    let sender = (select(SenderKind::ALL), option::of(any::<u128>().prop_map(Uuid::from_u128)), option::of(name()))
        .prop_map(|(kind, id, name)| Sender { kind, id, name });
    (any::<u128>(), kind, content(), any::<[bool; 2]>(), rarely(status()), rarely(sender))
        .prop_map(|(id, kind, content, [is_secure, is_forward], status, sender)| NewReply {
            ticket_id: TicketId::new(Uuid::nil()),
            id: MessageId::new(Uuid::from_u128(id)),
            kind,
            content,
            attachments: Vec::new(),
            is_secure,
            is_forward,
            status,
            sender,
        })
        .boxed()
}

/// Anybody.
pub fn actor() -> BoxedStrategy<Actor> {
    prop_oneof![
        5 => (user(), name(), select(Role::ALL)).prop_map(|(id, name, role)| Actor::User { id, name, role }),
        1 => (one_of_few(ApiKeyId::new), name()).prop_map(|(key, name)| Actor::Machine { key, name }),
        2 => (one_of_few(ApiKeyId::new), channel()).prop_map(|(key, channel)| Actor::Channel { key, channel: channel.id }),
        2 => (channel(), option::of(one_of_few(ContactId::new)), option::of(name()))
            .prop_map(|(channel, contact, name)| Actor::Visitor { channel: channel.id, contact, name }),
        1 => Just(Actor::System),
    ]
    .boxed()
}

/// Any setting of a workspace.
pub fn rules() -> impl Strategy<Value = AccessRules> {
    (select(AgentVisibility::ALL), any::<bool>())
        .prop_map(|(agent_visibility, agents_assign_others)| AccessRules { agent_visibility, agents_assign_others })
}

/// Any circumstances.
pub fn context() -> BoxedStrategy<Context> {
    let if_match = prop_oneof![3 => Just(None),
        1 => collection::vec(1..6_u64, 0..3).prop_map(|versions| Some(versions.into_iter().map(Version).collect()))
    ];
    let request = option::of(any::<u128>().prop_map(|id| RequestId::new(Uuid::from_u128(id))));
    (actor(), rules(), request, any::<bool>(), if_match, time())
        .prop_map(|(actor, rules, request_id, is_silent, if_match, now)| Context {
            actor,
            rules,
            request_id,
            is_silent,
            if_match,
            now,
        })
        .boxed()
}

/// Circumstances in which nothing is forbidden: an owner who asks for no version.
pub fn trusted() -> BoxedStrategy<Context> {
    (context(), user(), name())
        .prop_map(|(context, id, name)| Context {
            actor: Actor::User { id, name, role: Role::Owner },
            if_match: None,
            ..context
        })
        .boxed()
}
