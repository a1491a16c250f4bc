//! Records of the table's stream as Lambda hands them over, in `DynamoDB` JSON: which
//! ticket or contact one is about, and the item before and after. Reading one asks
//! nothing of the table.

use crate::BackfillRequest;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use lambdesk_domain::{
    events::{ContactEvent, EventSubject},
    id::{ContactId, TicketId, WorkspaceId},
    ticket::Ticket,
    time::Timestamp,
};
use lambdesk_store_contacts::ContactSlot;
use lambdesk_store_tickets::{
    item as ticket_item,
    message::{self, MessageItem},
};
use lambdesk_table::{Corrupt, Item, Value, item::binary, keys};
use serde_json::Value as Json;
use std::time::Duration;

/// One record of the stream.
#[derive(Debug, Clone, Copy)]
pub struct ChangeRecord<'a>(&'a Json);

/// A committed change of a ticket item.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamChange {
    /// Before; none for a new ticket.
    pub old: Option<Ticket>,
    /// After.
    pub new: Ticket,
}

/// A part of a ticket that bears on its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TicketPart {
    /// The ticket item, with the subject.
    Item,
    /// A message or note.
    Message,
    /// The request that all of it be indexed anew.
    ReindexRequest,
}

impl<'a> ChangeRecord<'a> {
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

    /// Whether anything is projected from it: the stream's filter lets just these pass.
    #[must_use]
    pub fn is_projected(self) -> bool {
        self.part().is_some() || self.subject().is_some()
    }

    fn key(self, name: &str) -> Option<&'a str> {
        self.0.pointer(&format!("/dynamodb/Keys/{name}/S")).and_then(Json::as_str)
    }

    fn item(self, name: &str) -> Result<Option<Item>, Corrupt> {
        self.0.pointer(&format!("/dynamodb/{name}")).map(read_image).transpose()
    }

    /// Which ticket the record is about, and which part of it, if that bears on its words.
    #[must_use]
    pub fn part(self) -> Option<(WorkspaceId, TicketId, TicketPart)> {
        let part = match self.key("sk")? {
            sk if keys::is_ticket(sk) => TicketPart::Item,
            sk if keys::parse_message(sk).is_some() => TicketPart::Message,
            sk if keys::is_reindex_request(sk) => TicketPart::ReindexRequest,
            _ => return None,
        };
        keys::parse_ticket(self.key("pk")?).map(|(workspace, ticket)| (workspace, ticket, part))
    }

    /// Whether the item is still there.
    #[must_use]
    pub fn is_present(self) -> bool {
        self.0.pointer("/dynamodb/NewImage").is_some()
    }

    /// About when the item was written.
    #[must_use]
    pub fn written_at(self) -> Option<Timestamp> {
        let seconds = self.0.pointer("/dynamodb/ApproximateCreationDateTime")?.as_f64()?;
        Duration::try_from_secs_f64(seconds).ok().map(|since| Timestamp::EPOCH.plus(since))
    }

    /// A message before and after, as its own item has it.
    ///
    /// # Errors
    /// When an image can't be read.
    pub fn messages(self) -> Result<(Option<MessageItem>, Option<MessageItem>), Corrupt> {
        let message = |item: Option<Item>| item.map(|item| message::decode(&item)).transpose();
        Ok((message(self.item("OldImage")?)?, message(self.item("NewImage")?)?))
    }

    /// The ticket whose item the record is about; none when it is about something else.
    #[must_use]
    pub fn ticket(self) -> Option<(WorkspaceId, TicketId)> {
        keys::is_ticket(self.key("sk")?).then(|| keys::parse_ticket(self.key("pk")?)).flatten()
    }

    fn contact(self) -> Option<(WorkspaceId, ContactId)> {
        keys::parse_slot(self.key("pk")?, self.key("sk")?)
    }

    fn backfill_subject(self) -> Option<(WorkspaceId, EventSubject)> {
        keys::parse_backfill_request(self.key("pk")?, self.key("sk")?)
    }

    /// The ticket or contact whose events follow from the record: its item, or the
    /// request that they be backfilled.
    #[must_use]
    pub fn subject(self) -> Option<(WorkspaceId, EventSubject)> {
        if let Some((workspace, ticket)) = self.ticket() {
            return Some((workspace, EventSubject::Ticket(ticket)));
        }
        if let Some((workspace, contact)) = self.contact() {
            return Some((workspace, EventSubject::Contact(contact)));
        }
        self.backfill_subject()
    }

    /// The request that the events of the [`subject`](Self::subject) be backfilled; none
    /// when the record is about something else, or the request has expired.
    ///
    /// # Errors
    /// When the image can't be read.
    pub fn backfill_request(self) -> Result<Option<BackfillRequest>, Corrupt> {
        if self.backfill_subject().is_none() {
            return Ok(None);
        }
        self.item("NewImage")?.map(|item| BackfillRequest::read(&item)).transpose()
    }

    /// The event of a contact that follows from the record; none when it is about
    /// something else, or nothing happened to the contact.
    ///
    /// # Errors
    /// When an image can't be read.
    pub fn contact_event(self) -> Result<Option<ContactEvent>, Corrupt> {
        let Some((workspace, _)) = self.contact() else {
            return Ok(None);
        };
        let slot = |name: &str| self.item(name)?.map(|item| ContactSlot::read(&item)).transpose();
        let Some(new) = slot("NewImage")? else {
            return Ok(None);
        };
        Ok(new.event_since(slot("OldImage")?.as_ref(), workspace))
    }

    /// Whether the record is about a ticket's item that was removed.
    #[must_use]
    pub fn is_removal(self) -> bool {
        self.ticket().is_some() && !self.is_present()
    }

    /// The ticket as it was when it was removed; none when it is still there, or the
    /// record is about something else.
    ///
    /// # Errors
    /// When the image can't be read.
    pub fn removed(self) -> Result<Option<Ticket>, Corrupt> {
        if !self.is_removal() {
            return Ok(None);
        }
        self.ticket_image("OldImage")
    }

    /// The change of a ticket; none when it was removed or has the same version as before, so
    /// that nothing about it changed but a copy of what is elsewhere, or the record is about
    /// something else.
    ///
    /// # Errors
    /// When an image can't be read.
    pub fn change(self) -> Result<Option<StreamChange>, Corrupt> {
        let is_changed =
            |change: &StreamChange| change.old.as_ref().is_none_or(|old| old.version != change.new.version);
        Ok(self.rewritten()?.filter(is_changed))
    }

    /// The ticket item before and after, also where just a copy of what is elsewhere was
    /// made anew; none when it was removed, or the record is about something else.
    ///
    /// # Errors
    /// When an image can't be read.
    pub fn rewritten(self) -> Result<Option<StreamChange>, Corrupt> {
        if self.ticket().is_none() {
            return Ok(None);
        }
        let Some(new) = self.ticket_image("NewImage")? else {
            return Ok(None);
        };
        Ok(Some(StreamChange { old: self.ticket_image("OldImage")?, new }))
    }

    fn ticket_image(self, name: &str) -> Result<Option<Ticket>, Corrupt> {
        self.item(name)?.map(|item| ticket_item::decode(&item)).transpose()
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

fn attribute(value: &Json) -> Option<Value> {
    let (kind, value) = value.as_object()?.iter().next()?;
    let texts = || value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
    match kind.as_str() {
        "S" => value.as_str().map(|text| Value::S(text.to_owned())),
        "N" => value.as_str().map(|digits| Value::N(digits.to_owned())),
        "B" => STANDARD.decode(value.as_str()?).ok().map(binary),
        "BOOL" => value.as_bool().map(Value::Bool),
        "NULL" => value.as_bool().map(Value::Null),
        "SS" => texts().map(Value::Ss),
        "NS" => texts().map(Value::Ns),
        "L" => value.as_array()?.iter().map(attribute).collect::<Option<_>>().map(Value::L),
        "M" => read_image(value).ok().map(Value::M),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GapWindow;
    use lambdesk_table::{Key, Tenant};
    use serde_json::json;
    use uuid::Uuid;

    const WORKSPACE: WorkspaceId = WorkspaceId::new(Uuid::from_u128(1));

    /// Of a document that was written, or else removed.
    fn record(Key { pk, sk }: &Key, document: &str, is_present: bool) -> Json {
        let keys = json!({ "pk": { "S": pk }, "sk": { "S": sk } });
        let image = if is_present { "NewImage" } else { "OldImage" };
        json!({ "dynamodb": { "Keys": keys, image: { "doc": { "S": document } } } })
    }

    fn subjects() -> [EventSubject; 2] {
        let id = Uuid::from_u128(2);
        [EventSubject::Ticket(TicketId::new(id)), EventSubject::Contact(ContactId::new(id))]
    }

    #[test]
    fn a_backfill_request_is_read_until_it_expires() {
        let window = GapWindow { since: Timestamp::from_millis(1), settled_before: Timestamp::from_millis(2) };
        let request = BackfillRequest { window, requested_at: Timestamp::from_millis(3) };
        let doc = serde_json::to_string(&request).unwrap();
        for subject in subjects() {
            let key = Tenant::new(WORKSPACE).backfill_request(subject);
            for (is_present, expected) in [(true, Some(request)), (false, None)] {
                let record = record(&key, &doc, is_present);
                let record = ChangeRecord::of(&record);
                assert_eq!(record.subject(), Some((WORKSPACE, subject)));
                assert!(record.is_projected() && record.ticket().is_none() && record.part().is_none());
                assert_eq!(record.backfill_request(), Ok(expected));
                let others = (record.change(), record.removed(), record.contact_event());
                assert_eq!(others, (Ok(None), Ok(None), Ok(None)));
            }
        }
    }

    #[test]
    fn events_and_rows_are_not_projected() {
        let tenant = Tenant::new(WORKSPACE);
        for subject in subjects() {
            let record = record(&tenant.retry(subject), "1", true);
            assert!(!ChangeRecord::of(&record).is_projected());
        }
    }
}
