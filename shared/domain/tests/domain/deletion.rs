//! Deleting messages: the ticket shows what is left, as if the message had never been.

use crate::support::{agent, by, changed, message, ticket, visitor};
use lambdesk_domain::{
    access::{Actor, Forbidden, Role, What},
    command::{NewReply, Prior, Rejection, RemainingMessages, ReplyKind, delete_message, reply},
    id::{MessageId, UserId},
    message::{Content, Message},
    status::{Awaiting, Lifecycle},
    text::Preview,
    ticket::{Origin, Ticket},
};
use proptest::prelude::*;
use uuid::Uuid;

fn admin() -> Actor {
    let name = "Olga".parse().expect("a name");
    Actor::User { id: UserId::new(Uuid::from_u128(8)), name, role: Role::Admin }
}

/// A ticket without a message.
fn fresh() -> Ticket {
    let ticket = ticket();
    let origin = Origin { opening: None, ..ticket.origin.clone() };
    Ticket { preview: Preview::default(), awaiting: Awaiting::None, replies_count: 0, origin, ..ticket }
}

/// One entry of a thread: by the customer, or by us as a note or not; secure or not.
type Entry = (bool, bool, bool);

/// The ticket after these messages, and the messages; the number in front of each is its text.
fn written(entries: &[(usize, Entry)]) -> (Ticket, Vec<Message>) {
    let mut now = fresh();
    let mut thread = Vec::new();
    for (number, (by_customer, is_note, is_secure)) in entries {
        let actor = if *by_customer { visitor(&now) } else { agent() };
        let kind = if *is_note && !by_customer { ReplyKind::Note } else { ReplyKind::Reply };
        let new = NewReply {
            id: MessageId::new(Uuid::from_u128(*number as u128)),
            content: Content::from_text(&format!("text {number}")).expect("not blank"),
            is_secure: *is_secure,
            ..message(&now, kind)
        };
        let change = changed(reply(&new, &by(actor, &now), Prior::Known(&now)));
        now = change.applied_to(&now);
        thread.extend(change.message);
    }
    (now, thread)
}

proptest! {
    #[test]
    fn a_ticket_shows_what_it_would_without_the_deleted_message(
        entries in prop::collection::vec(any::<Entry>(), 1..7),
        doomed: prop::sample::Index,
        looked_at in 1_usize..8,
    ) {
        let all: Vec<_> = (1..).zip(entries).collect();
        let (ticket, mut thread) = written(&all);
        let doomed = doomed.index(thread.len());
        let message = thread[doomed].clone();
        let left: Vec<_> = all.iter().filter(|(number, _)| *number != doomed + 1).copied().collect();
        let (expected, _) = written(&left);
        thread.reverse();
        let remains = RemainingMessages { newest: &thread[..looked_at.min(thread.len())], is_all: looked_at >= thread.len() };
        let change = delete_message(&message, remains, &by(admin(), &ticket), &ticket).expect("an admin may");
        let after = change.applied_to(&ticket);
        prop_assert_eq!(after.replies_count, expected.replies_count);
        // What was not looked at stays as it was.
        prop_assert!(after.preview == expected.preview || !remains.is_all && after.preview == ticket.preview);
        prop_assert!(after.awaiting == expected.awaiting || !remains.is_all && after.awaiting == ticket.awaiting);
        prop_assert_eq!((after.status, after.last_activity_at), (ticket.status, ticket.last_activity_at));
        prop_assert_eq!(after.version, ticket.version.next());
        prop_assert_eq!(after.cause.what, Some(What::MessageDeleted { id: message.id, kind: message.kind }));
        prop_assert!(change.guard.admits(&ticket) && !change.guard.admits(&after));
        prop_assert_eq!(change.deleted, Some(message));
    }
}

#[test]
fn only_the_author_and_administrators_may_delete() {
    let (ticket, thread) = written(&[(1, (false, false, false)), (2, (true, false, false))]);
    let remains = RemainingMessages { newest: &[], is_all: true };
    let delete = |message: &Message, actor: Actor| delete_message(message, remains, &by(actor, &ticket), &ticket);
    let refused = Err(Rejection::Forbidden(Forbidden::OthersMessage));
    assert!(delete(&thread[0], agent()).is_ok(), "it is hers");
    assert_eq!(delete(&thread[1], agent()).map(drop), refused, "it is the customer's");
    assert!(delete(&thread[1], admin()).is_ok());
    let other =
        Actor::User { id: UserId::new(Uuid::from_u128(77)), name: "Bo".parse().expect("a name"), role: Role::Agent };
    assert_eq!(delete(&thread[0], other).map(drop), refused);
}

#[test]
fn the_opening_message_was_never_counted() {
    let (ticket, thread) = written(&[(1, (true, false, false))]);
    let origin = Origin { opening: Some(thread[0].id), ..ticket.origin.clone() };
    let ticket = Ticket { origin, replies_count: 1, ..ticket };
    let remains = RemainingMessages { newest: &[], is_all: true };
    let change = delete_message(&thread[0], remains, &by(admin(), &ticket), &ticket).expect("an admin may");
    assert_eq!(change.applied_to(&ticket).replies_count, 1);
}

#[test]
fn nothing_is_deleted_in_the_trash() {
    let (ticket, thread) = written(&[(1, (false, false, false))]);
    let ticket = Ticket { lifecycle: Lifecycle::Trashed, ..ticket };
    let remains = RemainingMessages { newest: &[], is_all: true };
    assert_eq!(delete_message(&thread[0], remains, &by(agent(), &ticket), &ticket).map(drop), Err(Rejection::Trashed));
}
