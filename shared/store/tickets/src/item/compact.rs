//! Origin and cause of a ticket (who made it, and what its version is owed to) in few
//! bytes: both are in every ticket item, which is stored up to three times and read with
//! every list.
//!
//! Words separated by spaces, each a letter and an id in its short form:
//! `u…` a user (`c` contact, `m` machine, `h` channel, `s` the system), `r…` the
//! request, `q` silent (quiet), `w` and the kind's letter: a message was written,
//! `e…` it was changed, `x…` deleted, `d` a follow-up came due, `t…` the ticket that it
//! continues, `o…` the message that opened it.

use lambdesk_domain::{
    access::{ActorRef, Cause, What},
    id::{MessageId, RequestId, TicketId},
    message::{MessageKind, SenderKind},
    ticket::Origin,
};
use lambdesk_table::{Corrupt, keys};
use uuid::Uuid;

const ACTORS: [(SenderKind, char); 5] = [
    (SenderKind::Contact, 'c'),
    (SenderKind::User, 'u'),
    (SenderKind::Machine, 'm'),
    (SenderKind::Channel, 'h'),
    (SenderKind::System, 's'),
];
const MESSAGES: [(MessageKind, char); 4] =
    [(MessageKind::Inbound, 'i'), (MessageKind::Outbound, 'o'), (MessageKind::Note, 'n'), (MessageKind::System, 's')];

fn letter<T: PartialEq>(table: &[(T, char)], value: &T) -> char {
    table.iter().find(|(known, _)| known == value).map_or('?', |(_, letter)| *letter)
}

fn value<T: Copy>(table: &[(T, char)], letter: char) -> Option<T> {
    table.iter().find(|(_, known)| *known == letter).map(|(value, _)| *value)
}

fn actor(actor: ActorRef) -> String {
    format!("{}{}", letter(&ACTORS, &actor.kind), actor.id.map(keys::short).unwrap_or_default())
}

fn read_actor(word: &str) -> Option<ActorRef> {
    let (letter, id) = split(word)?;
    Some(ActorRef { kind: value(&ACTORS, letter)?, id: if id.is_empty() { None } else { Some(keys::long(id)?) } })
}

/// The first letter of a word, and the rest.
fn split(word: &str) -> Option<(char, &str)> {
    let mut letters = word.chars();
    Some((letters.next()?, letters.as_str()))
}

fn id<T>(short: &str, wrap: impl Fn(Uuid) -> T) -> Option<T> {
    keys::long(short).map(wrap)
}

/// A cause in few bytes.
pub fn cause(cause: &Cause) -> String {
    let Cause { actor: by, request_id, is_silent, what } = cause;
    let mut words = vec![actor(*by)];
    words.extend(request_id.map(|request| format!("r{}", keys::short(request.uuid()))));
    words.extend(is_silent.then(|| "q".to_owned()));
    words.extend(what.map(|what| match what {
        What::Message { id, kind } => format!("w{}{}", letter(&MESSAGES, &kind), keys::short(id.uuid())),
        What::MessageEdited { id, kind } => format!("e{}{}", letter(&MESSAGES, &kind), keys::short(id.uuid())),
        What::MessageDeleted { id, kind } => format!("x{}{}", letter(&MESSAGES, &kind), keys::short(id.uuid())),
        What::FollowUpDue => "d".to_owned(),
    }));
    words.join(" ")
}

/// Reads [`cause`].
pub fn read_cause(text: &str) -> Result<Cause, Corrupt> {
    parse_cause(text).ok_or(Corrupt(super::attr::CAUSE))
}

fn parse_cause(text: &str) -> Option<Cause> {
    let mut words = text.split(' ');
    let mut cause = Cause { actor: read_actor(words.next()?)?, request_id: None, is_silent: false, what: None };
    for (letter, rest) in words.map(split).collect::<Option<Vec<_>>>()? {
        match letter {
            'r' => cause.request_id = Some(id(rest, RequestId::new)?),
            'q' => cause.is_silent = true,
            'd' => cause.what = Some(What::FollowUpDue),
            'w' | 'e' | 'x' => {
                let (kind, message) = split(rest)?;
                let (id, kind) = (id(message, MessageId::new)?, value(&MESSAGES, kind)?);
                cause.what = Some(match letter {
                    'x' => What::MessageDeleted { id, kind },
                    'e' => What::MessageEdited { id, kind },
                    _ => What::Message { id, kind },
                });
            }
            _ => return None,
        }
    }
    Some(cause)
}

/// An origin in few bytes.
pub fn origin(origin: &Origin) -> String {
    let Origin { creator, continues, opening } = origin;
    let mut words = vec![actor(*creator)];
    words.extend(continues.map(|ticket| format!("t{}", keys::short(ticket.uuid()))));
    words.extend(opening.map(|message| format!("o{}", keys::short(message.uuid()))));
    words.join(" ")
}

/// Reads [`origin`].
pub fn read_origin(text: &str) -> Result<Origin, Corrupt> {
    parse_origin(text).ok_or(Corrupt(super::attr::ORIGIN))
}

fn parse_origin(text: &str) -> Option<Origin> {
    let mut words = text.split(' ');
    let mut origin = Origin { creator: read_actor(words.next()?)?, continues: None, opening: None };
    for (letter, rest) in words.map(split).collect::<Option<Vec<_>>>()? {
        match letter {
            't' => origin.continues = Some(id(rest, TicketId::new)?),
            'o' => origin.opening = Some(id(rest, MessageId::new)?),
            _ => return None,
        }
    }
    Some(origin)
}
