//! Random tickets: each is what a random history made of a random new ticket.

use super::{
    commands::{AnyCommand, command, context, trusted},
    values::{
        account_id, category, channel, contact, content, custom_fields, requester, status, subject, summary, tags,
        team, time, uid, user,
    },
};
use crate::{
    access::Actor,
    command::{Context, Decision, NewTicket, Opening, Prior, create},
    id::{MessageId, TicketId, TicketNumber, WorkspaceId},
    message::Message,
    status::{Priority, Source},
    ticket::Ticket,
};
use proptest::{collection, option, prelude::*, sample::select};
use std::time::Duration;
use uuid::Uuid;

/// One command in a history, and how long after the one before it is given.
#[derive(Debug, Clone)]
pub struct Step {
    /// What is asked.
    pub command: AnyCommand,
    /// By whom, in which circumstances; its time is ignored.
    pub context: Context,
    /// Since the step before.
    pub gap: Duration,
}

/// Any step: half of them by somebody who may do everything.
pub fn step() -> BoxedStrategy<Step> {
    let gap = prop_oneof![
        1 => Just(Duration::ZERO),
        6 => (0..86_400_000_u64).prop_map(Duration::from_millis),
        1 => (0..40 * 86_400_u64).prop_map(Duration::from_secs),
    ];
    (command(), prop_oneof![trusted(), context()], gap)
        .prop_map(|(command, context, gap)| Step { command, context, gap })
        .boxed()
}

/// Any new ticket.
pub fn new_ticket() -> BoxedStrategy<NewTicket> {
    let opening = (any::<u128>(), content(), any::<[bool; 2]>()).prop_map(|(id, content, [is_outbound, is_secure])| {
        Opening { id: MessageId::new(Uuid::from_u128(id)), content, is_outbound, is_secure }
    });
    let ids = (any::<u128>(), any::<u128>(), 1..u64::MAX / 2, option::of(any::<u128>()));
    let words = (status(), select(Priority::ALL), any::<bool>(), select(Source::ALL));
    let references = (option::of(channel()), option::of(category()), option::of(team()), option::of(user()));
    let people = (option::of(contact()), option::of(account_id()), requester());
    let texts = (subject(), option::of(uid()), option::of(summary()), custom_fields(), tags());
    let (references, people, texts) = (references.boxed(), people.boxed(), texts.boxed());
    (ids, words, references, people, texts, option::of(time()), option::of(opening))
        .prop_map(|(ids, words, references, people, texts, follow_up_at, opening)| {
            let (workspace, id, number, continues) = ids;
            let (status, priority, is_held, source) = words;
            let (channel, category, team, assignee) = references;
            let (contact, account, requester) = people;
            let (subject, uid, summary, custom, tags) = texts;
            NewTicket {
                workspace_id: WorkspaceId::new(Uuid::from_u128(workspace)),
                id: TicketId::new(Uuid::from_u128(id)),
                number: TicketNumber(number),
                subject,
                status,
                priority,
                is_held,
                source,
                channel,
                category,
                team,
                assignee,
                contact,
                account,
                requester,
                tags,
                custom,
                uid,
                summary,
                follow_up_at,
                opening,
                continues: continues.map(|id| TicketId::new(Uuid::from_u128(id))),
            }
        })
        .boxed()
}

/// Any ticket right after its creation, and the message that opened it.
///
/// # Panics
/// Never: the system may make any ticket.
pub fn created() -> BoxedStrategy<(Ticket, Option<Message>)> {
    (new_ticket(), context())
        .prop_map(|(new, context)| {
            create(new.clone(), &context).unwrap_or_else(|_| {
                let context = Context { actor: Actor::System, ..context };
                create(new, &context).expect("the system may make any ticket")
            })
        })
        .boxed()
}

/// All versions of a ticket, the first one first: steps that are refused or
/// change nothing leave none.
#[must_use]
pub fn replayed(first: Ticket, steps: Vec<Step>) -> Vec<Ticket> {
    let mut versions = vec![first.clone()];
    let mut now = first;
    let mut at = now.created_at;
    for Step { command, context, gap } in steps {
        at = at.plus(gap);
        let context = Context { now: at, ..context };
        if let Ok(Decision::Change(change)) = command.on(now.id).decide(&context, Prior::Known(&now)) {
            now = change.applied_to(&now);
            versions.push(now.clone());
        }
    }
    versions
}

/// All versions of any ticket.
pub fn history() -> BoxedStrategy<Vec<Ticket>> {
    (created(), collection::vec(step(), 0..10)).prop_map(|((first, _), steps)| replayed(first, steps)).boxed()
}

/// Any ticket that can come to be.
pub fn ticket() -> BoxedStrategy<Ticket> {
    history().prop_filter_map("never empty", |mut versions| versions.pop()).boxed()
}
