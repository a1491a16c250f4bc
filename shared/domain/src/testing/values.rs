//! Random parts of tickets.

use crate::{
    contact::{ContactRef, Requester},
    custom_field::{FieldValue, stored_number},
    id::{AccountId, CategoryId, ChannelId, ContactId, TagId, TeamId, UserId},
    message::Content,
    status::{ChannelType, Priority, Status},
    text::{EmailAddress, ExternalId, FieldKey, Name, Phone, Subject, Summary, Uid},
    ticket::ChannelRef,
    time::Timestamp,
};
use proptest::{collection, option, prelude::*, sample::select};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
    str::FromStr,
};
use uuid::Uuid;

/// In every text of a person: what events, logs and cursors must never contain.
pub const MARKER: &str = "zqxprivate";

/// The first of the random times: 2026-01-01.
const FIRST: u64 = 1_767_225_600_000;

/// One of five ids of a kind.
pub fn one_of_few<T: Debug>(wrap: fn(Uuid) -> T) -> impl Strategy<Value = T> + Clone {
    (1..=5_u128).prop_map(move |number| wrap(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + number)))
}

/// A user, one of few.
pub fn user() -> impl Strategy<Value = UserId> + Clone {
    one_of_few(UserId::new)
}

/// A team, one of few.
pub fn team() -> impl Strategy<Value = TeamId> + Clone {
    one_of_few(TeamId::new)
}

/// A category, one of few.
pub fn category() -> impl Strategy<Value = CategoryId> + Clone {
    one_of_few(CategoryId::new)
}

/// A tag, one of few.
pub fn tag() -> impl Strategy<Value = TagId> + Clone {
    one_of_few(TagId::new)
}

/// Up to four tags.
pub fn tags() -> impl Strategy<Value = BTreeSet<TagId>> {
    collection::btree_set(tag(), 0..4)
}

/// A channel, one of few; its type follows from its id.
pub fn channel() -> impl Strategy<Value = ChannelRef> + Clone {
    one_of_few(ChannelId::new).prop_map(|id| {
        let kinds = ChannelType::ALL;
        let index = usize::try_from(id.uuid().as_u128() % 7).unwrap_or_default();
        ChannelRef { id, kind: kinds.get(index).copied().unwrap_or(ChannelType::Form) }
    })
}

/// A status.
pub fn status() -> impl Strategy<Value = Status> + Clone {
    select(Status::ALL)
}

/// A time in the first hundred days of 2026, or now and then far off.
pub fn time() -> impl Strategy<Value = Timestamp> + Clone {
    prop_oneof![
        20 => (0..100 * 86_400_000_u64).prop_map(|offset| Timestamp::from_millis(FIRST + offset)),
        1 => (0..=253_402_300_799_999_u64).prop_map(Timestamp::from_millis),
    ]
}

/// A text that parses, with the marker in it.
fn personal<T: FromStr<Err: Debug> + Debug>() -> impl Strategy<Value = T> {
    "[a-zA-Z0-9 é\"\\\\#.😀-]{0,12}".prop_map(|rest| format!("{MARKER}{rest}").parse().expect("short and on one line"))
}

/// A subject.
pub fn subject() -> impl Strategy<Value = Subject> {
    personal()
}

/// A name.
pub fn name() -> impl Strategy<Value = Name> {
    personal()
}

/// A phone number.
pub fn phone() -> impl Strategy<Value = Phone> {
    personal()
}

/// An end user's name elsewhere.
pub fn uid() -> impl Strategy<Value = Uid> {
    personal()
}

/// An id elsewhere.
pub fn external_id() -> impl Strategy<Value = ExternalId> {
    personal()
}

/// A summary of one or two lines.
///
/// # Panics
/// Never: what it makes parses.
pub fn summary() -> impl Strategy<Value = Summary> {
    "[a-z\n é]{0,30}".prop_map(|rest| format!("{MARKER}{rest}").parse().expect("short"))
}

/// An address.
///
/// # Panics
/// Never: what it makes parses.
pub fn email() -> impl Strategy<Value = EmailAddress> {
    "[a-z0-9éİ+._]{0,10}@[a-z0-9]{1,8}(\\.[a-zA-Z]{2,5})?"
        .prop_map(|rest| format!("{MARKER}{rest}").parse().expect("an address"))
}

/// Who asked.
pub fn requester() -> impl Strategy<Value = Requester> {
    (option::of(name()), option::of(email()), option::of(phone())).prop_map(|(name, email, phone)| Requester {
        name,
        email,
        phone,
    })
}

/// A contact, one of few, under any name.
pub fn contact() -> impl Strategy<Value = ContactRef> {
    (one_of_few(ContactId::new), option::of(name()), option::of(email()), option::of(external_id())).prop_map(
        |(id, name, email, external_id)| {
            // As of a guest: an address, and nothing else is known.
            let is_unproved = email.is_some() && external_id.is_none();
            ContactRef { id, name, email, external_id, is_unproved }
        },
    )
}

/// The id of an account, one of few.
pub fn account_id() -> impl Strategy<Value = AccountId> {
    one_of_few(AccountId::new)
}

/// The key of a custom field, one of few.
///
/// # Panics
/// Never: what it makes parses.
pub fn field_key() -> impl Strategy<Value = FieldKey> + Clone {
    select(&["colour", "size", "n", "plan_b"][..]).prop_map(|key| key.parse().expect("a key"))
}

/// A custom value of any kind.
pub fn custom_value() -> impl Strategy<Value = FieldValue> {
    let number = prop_oneof![
        any::<i64>().prop_map(serde_json::Number::from),
        any::<u64>().prop_map(serde_json::Number::from),
        (-1e9..1e9_f64).prop_filter_map("finite", serde_json::Number::from_f64),
        any::<f64>().prop_filter_map("storable", serde_json::Number::from_f64),
    ];
    prop_oneof![
        any::<bool>().prop_map(FieldValue::Boolean),
        number.prop_filter_map("storable", |number| stored_number(&number).map(FieldValue::Number)),
        personal::<Name>().prop_map(|text| FieldValue::Text(text.to_string())),
        collection::vec(personal::<Name>().prop_map(|name| name.to_string()), 0..3).prop_map(FieldValue::Choices),
    ]
}

/// Up to three custom fields.
pub fn custom_fields() -> impl Strategy<Value = BTreeMap<FieldKey, FieldValue>> {
    collection::btree_map(field_key(), custom_value(), 0..3)
}

/// What a message says.
///
/// # Panics
/// Never: what it makes parses.
pub fn content() -> impl Strategy<Value = Content> {
    prop_oneof![
        "[a-z \n]{0,200}".prop_map(|rest| Content::from_text(&format!("{MARKER}{rest}")).expect("not blank")),
        "[a-z <>&]{0,40}"
            .prop_map(|rest| Content::from_html(&format!("<p>{MARKER} <b>{rest}</b></p>")).expect("not blank")),
    ]
}

/// Lets a type be drawn without saying how, as the fields of [`Set`](crate::set::Set) are.
macro_rules! arbitrary {
    ($($type:ty: $strategy:expr,)*) => {
        $(impl Arbitrary for $type {
            type Parameters = ();
            type Strategy = BoxedStrategy<Self>;

            fn arbitrary_with((): ()) -> Self::Strategy {
                $strategy.boxed()
            }
        })*
    };
}

arbitrary! {
    Subject: subject(),
    Priority: select(Priority::ALL),
    CategoryId: category(),
    TeamId: team(),
    UserId: user(),
    ContactRef: contact(),
    AccountId: account_id(),
    Name: name(),
    EmailAddress: email(),
    Phone: phone(),
    Uid: uid(),
    Summary: summary(),
    Timestamp: time(),
}
