//! The table's stream, as Lambda hands it over: `DynamoDB` JSON images of items.

use crate::{contacts::Place, error::Corrupt, head, item::Item, keys, message};
use aws_sdk_dynamodb::types::AttributeValue as Av;
use lambdesk_domain::{
    events::{ContactEvent, Subject},
    id::{TicketId, WorkspaceId},
    message::Message,
    ticket::Ticket,
    time::Timestamp,
};
use serde_json::Value as Json;
use std::time::Duration;

/// One record of the stream.
#[derive(Debug, Clone, Copy)]
pub struct Image<'a>(&'a Json);

/// A committed change of a ticket's head.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamChange {
    /// Before; none for a new ticket.
    pub old: Option<Ticket>,
    /// After.
    pub new: Ticket,
}

/// A part of a ticket that bears on its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// With the subject.
    Head,
    /// A message or note.
    Message,
    /// The wish that all of it be read anew.
    Wish,
}

impl<'a> Image<'a> {
    /// Of a record in the shape of `DynamoDBEvent.Records[n]`.
    #[must_use]
    pub const fn of(record: &'a Json) -> Self {
        Self(record)
    }

    /// The sequence number, which names the record in a partial failure.
    #[must_use]
    pub fn sequence_number(self) -> Option<&'a str> {
        self.0.pointer("/dynamodb/SequenceNumber")?.as_str()
    }

    /// Whether the stream's reader has to do with it.
    #[must_use]
    pub fn is_told(self) -> bool {
        self.part().is_some() || self.subject().is_some()
    }

    fn key(self, name: &str) -> Option<&'a str> {
        self.0.pointer(&format!("/dynamodb/Keys/{name}/S")).and_then(Json::as_str)
    }

    fn item(self, name: &str) -> Result<Option<Item>, Corrupt> {
        self.0.pointer(&format!("/dynamodb/{name}")).map(read_image).transpose()
    }

    /// Which ticket the record is about, and which part of it bears on its words.
    pub(crate) fn part(self) -> Option<(WorkspaceId, TicketId, Part)> {
        let part = match self.key("sk")? {
            sk if keys::is_ticket(sk) => Part::Head,
            sk if keys::parse_message(sk).is_some() => Part::Message,
            sk if keys::is_index_wish(sk) => Part::Wish,
            _ => return None,
        };
        keys::parse_ticket(self.key("pk")?).map(|(workspace, ticket)| (workspace, ticket, part))
    }

    /// Whether the item is still there.
    pub(crate) fn is_there(self) -> bool {
        self.0.pointer("/dynamodb/NewImage").is_some()
    }

    /// About when it was written.
    pub(crate) fn at(self) -> Option<Timestamp> {
        let seconds = self.0.pointer("/dynamodb/ApproximateCreationDateTime")?.as_f64()?;
        Duration::try_from_secs_f64(seconds).ok().map(|since| Timestamp::EPOCH.plus(since))
    }

    /// A message before and after.
    pub(crate) fn messages(self) -> Result<(Option<Message>, Option<Message>), Corrupt> {
        let message = |item: Option<Item>| item.map(|item| message::decode(&item)).transpose();
        Ok((message(self.item("OldImage")?)?, message(self.item("NewImage")?)?))
    }

    /// The ticket that the record is about; none when it is about something else.
    #[must_use]
    pub fn ticket(self) -> Option<(WorkspaceId, TicketId)> {
        keys::is_ticket(self.key("sk")?).then(|| keys::parse_ticket(self.key("pk")?)).flatten()
    }

    /// Whose event the record may be, a ticket's or a contact's.
    #[must_use]
    pub fn subject(self) -> Option<(WorkspaceId, Subject)> {
        if let Some((workspace, ticket)) = self.ticket() {
            return Some((workspace, Subject::Ticket(ticket)));
        }
        let (workspace, contact) = keys::parse_place(self.key("pk")?, self.key("sk")?)?;
        Some((workspace, Subject::Contact(contact)))
    }

    /// The event of a contact that the record tells of; none when it is about
    /// something else, or nothing happened to the contact.
    ///
    /// # Errors
    /// When an image can't be read.
    pub fn contact_event(self) -> Result<Option<ContactEvent>, Corrupt> {
        let place = |name: &str| self.item(name)?.map(|item| Place::read(&item)).transpose();
        let (Some((workspace, Subject::Contact(_))), Some(new)) = (self.subject(), place("NewImage")?) else {
            return Ok(None);
        };
        Ok(new.event_since(place("OldImage")?.as_ref(), workspace))
    }

    /// The ticket as it was when it was removed; none when it is still there.
    ///
    /// # Errors
    /// When the image can't be read.
    pub fn removed(self) -> Result<Option<Ticket>, Corrupt> {
        if self.0.pointer("/dynamodb/NewImage").is_some() {
            return Ok(None);
        }
        self.item("OldImage")?.map(|old| head::decode(&old)).transpose()
    }

    /// The change; none when the ticket was removed or nothing about it changed.
    ///
    /// # Errors
    /// When an image can't be read.
    pub fn change(self) -> Result<Option<StreamChange>, Corrupt> {
        let Some(new) = self.item("NewImage")? else {
            return Ok(None);
        };
        let old = self.item("OldImage")?;
        if old.as_ref() == Some(&new) {
            return Ok(None);
        }
        let old = old.map(|old| head::decode(&old)).transpose()?;
        Ok(Some(StreamChange { old, new: head::decode(&new)? }))
    }
}

/// Reads an item in `DynamoDB` JSON.
///
/// # Errors
/// When it is none.
pub fn read_image(image: &Json) -> Result<Item, Corrupt> {
    let attributes = image.as_object().ok_or(Corrupt("image"))?;
    attributes
        .iter()
        .map(|(name, value)| Some((name.clone(), attribute(value)?)))
        .collect::<Option<_>>()
        .ok_or(Corrupt("image"))
}

fn attribute(value: &Json) -> Option<Av> {
    let (kind, value) = value.as_object()?.iter().next()?;
    let texts = || value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
    match kind.as_str() {
        "S" => value.as_str().map(|text| Av::S(text.to_owned())),
        "N" => value.as_str().map(|digits| Av::N(digits.to_owned())),
        "BOOL" => value.as_bool().map(Av::Bool),
        "NULL" => value.as_bool().map(Av::Null),
        "SS" => texts().map(Av::Ss),
        "NS" => texts().map(Av::Ns),
        "L" => value.as_array()?.iter().map(attribute).collect::<Option<_>>().map(Av::L),
        "M" => read_image(value).ok().map(Av::M),
        _ => None,
    }
}
