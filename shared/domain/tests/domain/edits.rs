//! Editing messages: the words change, and the ticket shows them where it shows the message.

use crate::support::{agent, by, changed, message, ticket, visitor};
use lambdesk_domain::{
    access::{Actor, Forbidden, Role, What},
    command::{NewReply, Prior, Rejection, ReplyKind, edit_message, reply},
    id::{MessageId, UserId},
    message::{Content, Message},
    ticket::Ticket,
};
use uuid::Uuid;

fn admin() -> Actor {
    let name = "Olga".parse().expect("a name");
    Actor::User { id: UserId::new(Uuid::from_u128(8)), name, role: Role::Admin }
}

fn text(text: &str) -> Content {
    Content::from_text(text).expect("not blank")
}

/// The ticket after one more message, and the message.
fn written(ticket: &Ticket, actor: Actor, kind: ReplyKind, is_secure: bool, says: &str) -> (Ticket, Message) {
    let id = MessageId::new(Uuid::from_u128(u128::from(ticket.version.0)));
    let new = NewReply { id, content: text(says), is_secure, ..message(ticket, kind) };
    let change = changed(reply(&new, &by(actor, ticket), Prior::Known(ticket)));
    (change.applied_to(ticket), change.message.expect("a message"))
}

#[test]
fn the_preview_follows_only_the_message_that_it_shows() {
    let first = ticket();
    let (asked, question) = written(&first, visitor(&first), ReplyKind::Reply, false, "When?");
    let (answered, answer) = written(&asked, agent(), ReplyKind::Reply, false, "Tomorow.");
    let (noted, note) = written(&answered, agent(), ReplyKind::Note, false, "Really?");
    let (now, secret) = written(&noted, agent(), ReplyKind::Reply, true, "The code is 1.");
    for (message, preview) in
        [(&answer, "Tomorrow."), (&question, "Tomorow."), (&note, "Tomorow."), (&secret, "Tomorow.")]
    {
        let change = edit_message(message, text("Tomorrow."), &by(admin(), &now), &now).expect("may").expect("differs");
        let after = change.applied_to(&now);
        assert_eq!(after.preview.as_str(), preview);
        assert_eq!(after.version, now.version.next());
        assert_eq!((after.status, after.awaiting, after.replies_count), (now.status, now.awaiting, now.replies_count));
        assert_eq!(after.last_activity_at, now.last_activity_at);
        assert_eq!(after.cause.what, Some(What::MessageEdited { id: message.id, kind: message.kind }));
        assert_eq!(change.edited, Some(Message { content: text("Tomorrow."), ..message.clone() }));
        assert!(change.guard.admits(&now) && !change.guard.admits(&after));
    }
}

#[test]
fn saying_the_same_is_no_change() {
    let first = ticket();
    let (now, answer) = written(&first, agent(), ReplyKind::Reply, false, "Tomorrow.");
    assert_eq!(edit_message(&answer, text("Tomorrow."), &by(agent(), &now), &now), Ok(None));
}

#[test]
fn only_the_author_and_administrators_may_edit() {
    let first = ticket();
    let (asked, question) = written(&first, visitor(&first), ReplyKind::Reply, false, "When?");
    let (now, answer) = written(&asked, agent(), ReplyKind::Reply, false, "Soon.");
    let edit = |message: &Message, actor: Actor| {
        edit_message(message, text("Tomorrow."), &by(actor, &now), &now).map(|change| change.is_some())
    };
    assert_eq!(edit(&answer, agent()), Ok(true), "it is hers");
    assert_eq!(edit(&question, admin()), Ok(true));
    assert_eq!(edit(&question, agent()), Err(Rejection::Forbidden(Forbidden::OthersMessage)));
}
