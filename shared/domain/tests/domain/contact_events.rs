//! One version of a contact, one event.

use lambdesk_domain::{
    access::Cause,
    contact::{Contact, ContactEnd, EndedContact},
    events::{
        ContactEvent, ContactImage, Event, EventType, FieldChange, ThinContact, between_contacts, lost_contact_version,
    },
    id::{ChannelId, ContactId, EndpointId, Version, WorkspaceId},
    testing::{self, MARKER},
    time::Timestamp,
    webhook::{Endpoint, Subscription},
};
use proptest::{collection, option, prelude::*};
use std::{collections::BTreeSet, time::Duration};
use uuid::Uuid;

const WORKSPACE: WorkspaceId = WorkspaceId::new(Uuid::from_u128(1));
const START: Timestamp = Timestamp::from_millis(1_767_225_600_000);

fn id(number: u128) -> ContactId {
    ContactId::new(Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + number))
}

/// What a contact says of a person.
fn person() -> impl Strategy<Value = Contact> {
    let names = (option::of(testing::name()), option::of(testing::email()), option::of(testing::phone()));
    let ids = (option::of(testing::external_id()), option::of(testing::uid()), any::<bool>());
    (names, ids).prop_map(|((name, email, phone), (external_id, uid, is_blocked))| Contact {
        name,
        email,
        phone,
        external_id,
        uid,
        is_blocked,
        ..Contact::new(id(1), Cause::SYSTEM, START)
    })
}

fn cause() -> impl Strategy<Value = Cause> {
    testing::ticket().prop_map(|ticket| Cause { what: None, ..ticket.cause })
}

/// The versions of a contact, up to the last one before its end.
fn history() -> impl Strategy<Value = Vec<Contact>> {
    collection::vec((person(), cause(), 0..3_u128), 1..6).prop_map(|steps| {
        let mut versions: Vec<Contact> = Vec::new();
        for (number, (person, cause, merged)) in (0..).zip(steps) {
            let at = START.plus(Duration::from_secs(number));
            let next = match versions.last() {
                None => Contact { cause, ..person },
                Some(last) if merged > 0 => {
                    let other = Contact { id: id(10 + merged), ..person };
                    last.merged_with(&other, cause, at).expect("few")
                }
                Some(last) => {
                    let (version, merged) = (last.version, last.merged.clone());
                    Contact { version, merged, created_at: START, ..person }.changed(cause, at)
                }
            };
            versions.push(next);
        }
        versions
    })
}

fn end() -> impl Strategy<Value = ContactEnd> {
    prop_oneof![Just(ContactEnd::Merged { into_id: id(2) }), Just(ContactEnd::Deleted), Just(ContactEnd::Erased)]
}

fn ended() -> impl Strategy<Value = (Vec<Contact>, EndedContact)> {
    (history(), end(), cause()).prop_map(|(versions, end, cause)| {
        let last = versions.last().expect("one at least");
        let ended = last.ended(end, cause, last.updated_at.plus(Duration::from_secs(1)));
        (versions, ended)
    })
}

fn events(versions: &[Contact], ended: &EndedContact) -> Vec<ContactEvent> {
    let before = std::iter::once(None).chain(versions.iter().map(Some));
    let images = versions.iter().map(ContactImage::Live).chain([ContactImage::Ended(ended)]);
    images.zip(before).map(|(new, old)| between_contacts(WORKSPACE, old, new)).collect()
}

proptest! {
    #[test]
    fn events_count_from_one_to_the_end_without_gaps((versions, ended) in ended()) {
        let events = events(&versions, &ended);
        prop_assert!(events.iter().map(|event| event.sequence).eq((1..).map(Version).take(versions.len() + 1)));
        prop_assert_eq!(&events[0].types, &[EventType::ContactCreated]);
        prop_assert!(events[0].changes.is_empty());
        for event in &events[1..versions.len()] {
            prop_assert_eq!(&event.types, &[EventType::ContactUpdated]);
        }
        let last = &events[versions.len()];
        let kind = match ended.end {
            ContactEnd::Merged { .. } => EventType::ContactMerged,
            ContactEnd::Deleted => EventType::ContactDeleted,
            ContactEnd::Erased => EventType::ContactErased,
        };
        prop_assert_eq!((last.kind, &last.types), (kind, &vec![kind, EventType::ContactUpdated]));
        prop_assert!(last.types.is_sorted(), "the most specific first");
        prop_assert_eq!(last.changes.iter().map(|change| change.field.as_str()).collect::<Vec<_>>(), ["ended"]);
        prop_assert_eq!(events.iter().map(|event| event.id).collect::<BTreeSet<_>>().len(), events.len());
    }

    #[test]
    fn no_event_carries_personal_text_nor_what_is_kept_after_the_end((versions, ended) in ended()) {
        for event in events(&versions, &ended) {
            let json = serde_json::to_string(&event).expect("json");
            prop_assert!(!json.to_lowercase().contains(MARKER), "{json}");
            prop_assert_eq!(serde_json::from_str::<ContactEvent>(&json).expect("an event"), event);
        }
        let kept = serde_json::to_string(&ended).expect("json");
        prop_assert!(!kept.to_lowercase().contains(MARKER), "{kept}");
    }

    #[test]
    fn every_changed_field_is_named_and_personal_ones_without_their_values((versions, ended) in ended()) {
        for (pair, event) in versions.windows(2).zip(&events(&versions, &ended)[1..]) {
            let [old, new] = pair else { continue };
            prop_assert_eq!((event.actor, event.request_id), (new.cause.actor, new.cause.request_id));
            prop_assert_eq!((event.is_silent, event.created_at), (new.cause.is_silent, new.updated_at));
            let told = |field: &str| event.changes.iter().find(|change| change.field == field);
            for (field, is_changed) in [
                ("name", old.name != new.name),
                ("email", old.email != new.email),
                ("phone", old.phone != new.phone),
                ("external_id", old.external_id != new.external_id),
                ("uid", old.uid != new.uid),
            ] {
                prop_assert_eq!(told(field).map(|change| change.is_redacted), is_changed.then_some(true), "{}", field);
            }
            for (field, is_changed) in
                [("is_blocked", old.is_blocked != new.is_blocked), ("merged_ids", old.merged != new.merged)]
            {
                prop_assert_eq!(told(field).map(|change| change.is_redacted), is_changed.then_some(false), "{}", field);
            }
        }
    }

    #[test]
    fn a_lost_version_tells_what_is_certain_and_nothing_else((versions, ended) in ended()) {
        let now = ContactImage::Ended(&ended);
        for version in (1..=versions.len() as u64).map(Version) {
            let event = lost_contact_version(WORKSPACE, now, version);
            prop_assert_eq!((event.sequence, event.actor), (version, Cause::SYSTEM.actor));
            prop_assert_eq!(event.kind == EventType::ContactCreated, version == Version::FIRST);
            prop_assert_eq!(&event.changes, &[FieldChange::unknown()]);
            prop_assert_eq!(&event.data.contact, &ThinContact::from(&ended));
            let later = EndedContact { ended_at: ended.ended_at.plus(Duration::from_hours(1)), ..ended.clone() };
            prop_assert_eq!(lost_contact_version(WORKSPACE, ContactImage::Ended(&later), version).id, event.id);
        }
        let last = versions.last().expect("one at least");
        let told = between_contacts(WORKSPACE, Some(last), now);
        let lost = lost_contact_version(WORKSPACE, now, ended.version);
        prop_assert_eq!((lost.id, lost.types, lost.actor), (told.id, told.types, told.actor));
        let first = ContactImage::Live(&versions[0]);
        prop_assert_eq!(lost_contact_version(WORKSPACE, first, Version::FIRST), between_contacts(WORKSPACE, None, first));
    }
}

#[test]
fn a_contact_is_told_of_to_those_who_ask_for_it_on_no_channel_and_loudly() {
    let told = |is_silent| {
        let contact = Contact::new(id(1), Cause { is_silent, ..Cause::SYSTEM }, START);
        between_contacts(WORKSPACE, None, ContactImage::Live(&contact)).into()
    };
    let wants = |types: &str, channel_ids: Vec<ChannelId>, event: &Event| {
        let endpoint = Endpoint {
            id: EndpointId::new(Uuid::nil()),
            workspace_id: WORKSPACE,
            name: None,
            url: String::new(),
            types: vec![Subscription::parse(types).expect("a type")],
            channel_ids,
            secrets: Vec::new(),
            disabled: None,
            failing_since: None,
            created_at: START,
        };
        endpoint.wants(event)
    };
    for (types, is_told) in [
        ("*", true),
        ("contact.created", true),
        ("contact.updated", false),
        ("ticket.create", false),
        ("ticket.update", false),
    ] {
        assert_eq!(wants(types, Vec::new(), &told(false)), is_told, "{types}");
        assert!(!wants(types, Vec::new(), &told(true)), "{types}");
        assert!(!wants(types, vec![ChannelId::new(Uuid::nil())], &told(false)), "{types}");
    }
}
