//! An item read as a ticket.

use super::{attr, compact};
use lambdesk_domain::{
    contact::{ContactRef, Requester},
    custom_field::FieldValue,
    id::{AccountId, CategoryId, ChannelId, ContactId, TagId, TeamId, TicketNumber, UserId, Version},
    status::{Awaiting, ChannelType, Lifecycle, Priority, Source, Status},
    text::{FieldKey, Preview},
    ticket::{ChannelRef, Ticket},
};
use lambdesk_table::{Corrupt, Item, Value, item::Reader, keys};
use std::collections::BTreeMap;

/// Reads a ticket's head.
///
/// # Errors
/// The attribute that is missing or unreadable.
pub fn decode(item: &Item) -> Result<Ticket, Corrupt> {
    let read = Reader(item);
    let (workspace_id, id) = keys::parse_ticket(read.text("pk")?).ok_or(Corrupt("pk"))?;
    let status = read.word(attr::STATUS, Status::from_word)?;
    let before_spam = read.text_if_any(attr::STATUS_BEFORE_SPAM)?;
    Ok(Ticket {
        workspace_id,
        id,
        number: TicketNumber(read.number(attr::NUMBER)?),
        version: Version(read.number(attr::VERSION)?),
        subject: read.parsed(attr::SUBJECT)?,
        status,
        status_before_spam: before_spam
            .map(|word| Status::from_word(word).ok_or(Corrupt(attr::STATUS_BEFORE_SPAM)))
            .transpose()?,
        lifecycle: read.word(attr::LIFECYCLE, Lifecycle::from_word)?,
        priority: read.word(attr::PRIORITY, Priority::from_word)?,
        source: read.word(attr::SOURCE, Source::from_word)?,
        channel: channel(read)?,
        category: read.id_if_any(attr::CATEGORY, CategoryId::new)?,
        team: read.id_if_any(attr::TEAM, TeamId::new)?,
        assignee: read.id_if_any(attr::ASSIGNEE, UserId::new)?,
        contact: contact(read)?,
        account: read.id_if_any(attr::ACCOUNT, AccountId::new)?,
        requester: requester(read)?,
        tags: tags(read)?,
        custom: custom(read)?,
        uid: read.parsed_if_any(attr::UID)?,
        summary: read.parsed_if_any(attr::SUMMARY)?,
        preview: Preview::stored(read.text(attr::PREVIEW)?.to_owned()),
        awaiting: read.word(attr::AWAITING, Awaiting::from_word)?,
        replies_count: read.number(attr::REPLIES)?,
        is_read_by_customer: read.flag(attr::READ_BY_CUSTOMER)?,
        is_read_by_organization: read.flag(attr::READ_BY_ORGANIZATION)?,
        follow_up_at: read.time_if_any(attr::FOLLOW_UP)?,
        created_at: read.time(attr::CREATED)?,
        updated_at: read.time(attr::UPDATED)?,
        last_activity_at: read.time(attr::LAST_ACTIVITY)?,
        status_changed_at: read.time(attr::since(status))?,
        in_progress_at: read.time_if_any(attr::IN_PROGRESS)?,
        first_response_at: read.time_if_any(attr::FIRST_RESPONSE)?,
        resolved_at: read.time_if_any(attr::RESOLVED)?,
        closed_at: read.time_if_any(attr::CLOSED)?,
        archived_at: read.time_if_any(attr::ARCHIVED)?,
        trashed_at: read.time_if_any(attr::TRASHED)?,
        origin: compact::read_origin(read.text(attr::ORIGIN)?)?,
        cause: compact::read_cause(read.text(attr::CAUSE)?)?,
    })
}

/// Reads a ticket where one that can't be read must not stop a walk over many: it is
/// logged and left out.
#[must_use]
pub fn readable(item: &Item) -> Option<Ticket> {
    let told = |error: &Corrupt| {
        let [pk, sk] = ["pk", "sk"].map(|name| Reader(item).text(name).ok());
        tracing::error!(%error, pk, sk, "a ticket can't be read and is left out; its item must be mended");
    };
    decode(item).inspect_err(told).ok()
}

fn channel(read: Reader<'_>) -> Result<Option<ChannelRef>, Corrupt> {
    let Some(id) = read.id_if_any(attr::CHANNEL, ChannelId::new)? else {
        return Ok(None);
    };
    let kind = read.word(attr::CHANNEL_KIND, ChannelType::from_word)?;
    Ok(Some(ChannelRef { id, kind }))
}

fn contact(read: Reader<'_>) -> Result<Option<ContactRef>, Corrupt> {
    let Some(map) = read.map(attr::CONTACT)? else {
        return Ok(None);
    };
    let read = Reader(map);
    Ok(Some(ContactRef {
        id: read.id_if_any(attr::ID, ContactId::new)?.ok_or(Corrupt(attr::CONTACT))?,
        name: read.parsed_if_any(attr::NAME)?,
        email: read.parsed_if_any(attr::EMAIL)?,
        external_id: read.parsed_if_any(attr::EXTERNAL_ID)?,
    }))
}

fn requester(read: Reader<'_>) -> Result<Requester, Corrupt> {
    let Some(map) = read.map(attr::REQUESTER)? else {
        return Ok(Requester::default());
    };
    let read = Reader(map);
    Ok(Requester {
        name: read.parsed_if_any(attr::NAME)?,
        email: read.parsed_if_any(attr::EMAIL)?,
        phone: read.parsed_if_any(attr::PHONE)?,
    })
}

fn tags(read: Reader<'_>) -> Result<std::collections::BTreeSet<TagId>, Corrupt> {
    let set = read.set(attr::TAGS)?;
    set.iter().map(|short| keys::long(short).map(TagId::new).ok_or(Corrupt(attr::TAGS))).collect()
}

fn custom(read: Reader<'_>) -> Result<BTreeMap<FieldKey, FieldValue>, Corrupt> {
    let Some(map) = read.map(attr::CUSTOM)? else {
        return Ok(BTreeMap::new());
    };
    map.iter()
        .map(|(key, value)| Some((key.parse().ok()?, custom_value(value)?)))
        .collect::<Option<_>>()
        .ok_or(Corrupt(attr::CUSTOM))
}

/// Not by `serde_json`, whose floats may be off by the last bit.
fn custom_number(digits: &str) -> Option<serde_json::Number> {
    let integer = digits.parse::<u64>().map(Into::into).or_else(|_| digits.parse::<i64>().map(Into::into));
    integer.ok().or_else(|| serde_json::Number::from_f64(digits.parse().ok()?))
}

fn custom_value(value: &Value) -> Option<FieldValue> {
    match value {
        Value::Bool(flag) => Some(FieldValue::Boolean(*flag)),
        Value::N(digits) => custom_number(digits).map(FieldValue::Number),
        Value::S(text) => Some(FieldValue::Text(text.clone())),
        Value::L(values) => {
            let texts = values.iter().map(|value| value.as_s().ok().cloned());
            texts.collect::<Option<_>>().map(FieldValue::Choices)
        }
        _ => None,
    }
}
