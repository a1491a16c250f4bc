//! Words and codes of closed sets, and documents whose form depends on a variant.

use super::{
    cascades::{cascade, removed_values},
    sources,
    values::{ends, entries, field_values, holders, outcomes, subjects, subscriptions, whats},
};
use lambdesk_domain::{
    access::{AgentVisibility, Role, Scope, Scopes},
    custom_field::FieldKind,
    directory::{DeletionPolicy, IntakePolicy},
    events::EventType,
    message::{MessageKind, SenderKind},
    personal::JobKind,
    report::{Happening, Span, Standing},
    status::{Awaiting, ChannelType, Lifecycle, Priority, Source, Status},
    webhook::{DeliveryState, DisabledReason},
};
use serde::Serialize;
use std::collections::BTreeSet;

/// A closed set: its name, the word of every value, and the code where it has one.
struct Set {
    name: &'static str,
    values: Vec<(&'static str, Option<char>)>,
    /// Whether a document with this word can be read.
    is_read: fn(&str) -> bool,
    /// The same for an attribute of its own.
    is_word: fn(&str) -> bool,
    /// The word of the value with this code.
    coded: fn(char) -> Option<&'static str>,
}

macro_rules! sets {
    (plain: $($plain:ident)*; coded: $($coded:ident)*;) => {
        vec![$(sets!($plain, |_| None, |_| None),)* $(sets!($coded, |value: &$coded| Some(value.code()), |code| $coded::from_code(code).map($coded::as_str)),)*]
    };
    ($name:ident, $code:expr, $coded:expr) => {
        Set {
            name: stringify!($name),
            values: $name::ALL.iter().map(|value| (value.as_str(), ($code)(value))).collect(),
            is_read: |word| serde_json::from_value::<$name>(word.into()).is_ok(),
            is_word: |word| $name::from_word(word).is_some(),
            coded: $coded,
        }
    };
}

fn sets() -> Vec<Set> {
    sets! {
        plain: AgentVisibility DeletionPolicy DeliveryState DisabledReason EventType FieldKind Happening IntakePolicy
            JobKind Role Lifecycle Standing;
        coded: Awaiting ChannelType MessageKind Priority Scope SenderKind Source Span Status;
    }
}

/// The words in their own order, so that moving a variant changes nothing here.
pub fn words() -> Vec<String> {
    let one = |set: &Set| {
        let words = set.values.iter().map(|(word, code)| match code {
            Some(code) => format!("{code} {word}"),
            None => (*word).to_owned(),
        });
        format!("{:<16} {}", set.name, words.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", "))
    };
    sets().iter().map(one).collect()
}

fn json<T: Serialize>(name: &str, values: Vec<T>) -> Vec<String> {
    let texts = values.into_iter().map(|value| serde_json::to_string(&value).unwrap());
    let mut lines: Vec<_> = texts.map(|text| format!("{name:<16} {text}")).collect();
    lines.sort();
    lines
}

/// What [`sources::documents`] finds is to be among these.
const DOCUMENTS: [&str; 9] = [
    "CascadeStep",
    "ContactEnd",
    "Entry",
    "EventSubject",
    "FieldValue",
    "KeyHolder",
    "Outcome",
    "RemovedValue",
    "What",
];

pub fn documents() -> Vec<String> {
    let [stepped, ended, entered, about, valued, held, resulted, removed, happened] = DOCUMENTS;
    [
        json(stepped, cascade().steps),
        json(removed, removed_values()),
        json(ended, ends()),
        json(entered, entries()),
        json(valued, field_values()),
        json(held, holders()),
        json(resulted, outcomes()),
        json(about, subjects()),
        json(happened, whats()),
        json("Scopes", vec![Scopes::ALL]),
        json("Subscription", subscriptions()),
    ]
    .concat()
}

#[test]
fn no_closed_set_is_forgotten() {
    let mut listed: Vec<_> = sets().iter().map(|set| set.name.to_owned()).collect();
    listed.sort();
    assert_eq!(listed, sources::closed_sets());
    assert_eq!(DOCUMENTS.map(str::to_owned).to_vec(), sources::documents());
}

#[test]
fn words_and_codes_are_unique_within_their_set_and_nothing_else_is_one() {
    for Set { name, values, is_read, is_word, coded } in sets() {
        let words: BTreeSet<_> = values.iter().map(|(word, _)| *word).collect();
        assert_eq!(words.len(), values.len(), "{name}");
        assert!(words.iter().all(|word| is_read(word) && is_word(word)), "{name}");
        for other in ["", "unknown", "0", "OPEN", " open"] {
            assert!(!is_read(other) && !is_word(other), "{name} reads {other:?}");
        }
        for code in '\0'..='\u{ff}' {
            let holder = values.iter().find(|(_, own)| *own == Some(code)).map(|(word, _)| *word);
            assert_eq!(coded(code), holder, "{name} {code:?}");
        }
        let codes: BTreeSet<_> = values.iter().filter_map(|(_, code)| *code).collect();
        assert!(codes.is_empty() || codes.len() == values.len(), "{name}");
    }
}

#[test]
fn a_word_of_another_system_is_none_of_the_table() {
    for theirs in ["pending", "customer_replied", "ongoing", "answered", "completed"] {
        assert!(Status::parse(theirs).is_some());
        assert_eq!(Status::from_word(theirs), None);
    }
}

#[test]
fn statuses_and_what_is_put_away_share_one_space_of_words() {
    let put_away =
        Lifecycle::ALL.iter().map(|lifecycle| lifecycle.as_str()).filter(|word| *word != Lifecycle::Live.as_str());
    let words: Vec<_> = Status::ALL.iter().map(|status| status.as_str()).chain(put_away).collect();
    assert_eq!(words.iter().collect::<BTreeSet<_>>().len(), words.len());
}
