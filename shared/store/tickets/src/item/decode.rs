//! An item read as a ticket.

use super::{attr, compact};
use lambdesk_domain::{
    contact::{ContactRef, Requester},
    custom_field::FieldValue,
    id::{AccountId, CategoryId, ChannelId, ContactId, TagId, TeamId, TicketId, TicketNumber, UserId, Version},
    status::{Awaiting, ChannelType, Lifecycle, Priority, Source, Status},
    text::{EmailAddress, ExternalId, FieldKey, Name, Phone, Preview, Subject, Summary, Uid},
    ticket::{ChannelRef, Ticket},
};
use lambdesk_table::{Corrupt, Item, Value, item::Reader, keys};
use std::collections::BTreeMap;

/// The attributes that [`decode`] reads: what a read that is made for it asks for. The
/// others are keys of indexes, a quarter of an item.
pub const DECODED: [&str; 47] = [
    "pk",
    attr::VERSION,
    attr::NUMBER,
    attr::SUBJECT,
    attr::STATUS,
    attr::STATUS_BEFORE_SPAM,
    attr::LIFECYCLE,
    attr::PRIORITY,
    attr::SOURCE,
    attr::CHANNEL,
    attr::CHANNEL_KIND,
    attr::CATEGORY,
    attr::TEAM,
    attr::ASSIGNEE,
    attr::CONTACT,
    attr::ACCOUNT,
    attr::REQUESTER,
    attr::TAGS,
    attr::CUSTOM,
    attr::UID,
    attr::SUMMARY,
    attr::PREVIEW,
    attr::AWAITING,
    attr::REPLIES,
    attr::READ_BY_CUSTOMER,
    attr::READ_BY_ORGANIZATION,
    attr::FOLLOW_UP,
    attr::FOLLOW_UP_SILENT,
    attr::CREATED,
    attr::UPDATED,
    attr::LAST_ACTIVITY,
    attr::since(Status::Open),
    attr::since(Status::InProgress),
    attr::since(Status::Waiting),
    attr::since(Status::OnHold),
    attr::since(Status::Resolved),
    attr::since(Status::Closed),
    attr::since(Status::Spam),
    attr::IN_PROGRESS,
    attr::FIRST_RESPONSE,
    attr::RESOLVED,
    attr::CLOSED,
    attr::ARCHIVED,
    attr::TRASHED,
    attr::CONTINUED_BY,
    attr::ORIGIN,
    attr::CAUSE,
];

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
        subject: read.stored(attr::SUBJECT, Subject::stored)?,
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
        uid: read.stored_if_any(attr::UID, Uid::stored)?,
        summary: read.stored_if_any(attr::SUMMARY, Summary::stored)?,
        preview: read.stored(attr::PREVIEW, Preview::stored)?,
        awaiting: read.word(attr::AWAITING, Awaiting::from_word)?,
        replies_count: read.number(attr::REPLIES)?,
        is_read_by_customer: read.flag(attr::READ_BY_CUSTOMER)?,
        is_read_by_organization: read.flag(attr::READ_BY_ORGANIZATION)?,
        follow_up_at: read.time_if_any(attr::FOLLOW_UP)?,
        is_follow_up_silent: item.contains_key(attr::FOLLOW_UP_SILENT),
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
        continued_by: read.id_if_any(attr::CONTINUED_BY, TicketId::new)?,
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
        name: read.stored_if_any(attr::NAME, Name::stored)?,
        email: read.stored_if_any(attr::EMAIL, EmailAddress::stored)?,
        external_id: read.stored_if_any(attr::EXTERNAL_ID, ExternalId::stored)?,
        is_unproved: map.contains_key(attr::UNPROVED) && read.flag(attr::UNPROVED)?,
    }))
}

fn requester(read: Reader<'_>) -> Result<Requester, Corrupt> {
    let Some(map) = read.map(attr::REQUESTER)? else {
        return Ok(Requester::default());
    };
    let read = Reader(map);
    Ok(Requester {
        name: read.stored_if_any(attr::NAME, Name::stored)?,
        email: read.stored_if_any(attr::EMAIL, EmailAddress::stored)?,
        phone: read.stored_if_any(attr::PHONE, Phone::stored)?,
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
        .map(|(key, value)| Some((FieldKey::stored(key.clone()), custom_value(value)?)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::encode;
    use lambdesk_domain::testing;
    use proptest::prelude::*;
    use std::collections::HashSet;

    proptest! {
        #[test]
        fn what_is_decoded_is_enough_and_no_more_than_is_stored_for_it(ticket in testing::ticket()) {
            let whole = encode(&ticket);
            let of = |is_decoded: bool| whole.iter().filter(move |(name, _)| DECODED.contains(&name.as_str()) == is_decoded);
            let narrow: Item = of(true).map(|(name, value)| (name.clone(), value.clone())).collect();
            prop_assert_eq!(decode(&narrow), Ok(ticket));
            let others = ["sk", "v", "ak", "l_pk", "l_sk", "a_pk", "a_sk", "o_pk", "o_sk", "x_pk", "x_sk"];
            prop_assert!(of(false).all(|(name, _)| others.contains(&name.as_str())));
        }
    }

    #[test]
    fn every_attribute_is_asked_for_once() {
        assert_eq!(DECODED.iter().collect::<HashSet<_>>().len(), DECODED.len());
    }
}
