//! One version, one event.

use lambdesk_domain::{
    access::What,
    events::{EventType, TicketEvent, between},
    id::{EventId, Version},
    set::Set,
    status::Lifecycle,
    testing::{self, MARKER},
    ticket::Ticket,
};
use proptest::{prelude::*, test_runner::Config};
use serde_json::Value as Json;
use std::collections::BTreeSet;

fn events(versions: &[Ticket]) -> Vec<TicketEvent> {
    let before = std::iter::once(None).chain(versions.iter().map(Some));
    versions.iter().zip(before).map(|(new, old)| between(old, new)).collect()
}

/// Which types must be told of a change, by what differs.
fn expected(old: &Ticket, new: &Ticket) -> BTreeSet<EventType> {
    let moved = old.lifecycle != new.lifecycle;
    let rules = [
        (EventType::TicketUpdated, true),
        (EventType::TicketDeleted, moved && new.lifecycle == Lifecycle::Trashed),
        (EventType::TicketArchived, moved && new.lifecycle == Lifecycle::Archived),
        (EventType::TicketRestored, moved && new.lifecycle == Lifecycle::Live),
        (EventType::TicketStatusChanged, old.status != new.status),
        (EventType::TicketAssigned, old.assignee != new.assignee),
        (EventType::TicketTeamChanged, old.team != new.team),
        (EventType::TicketTagged, old.tags != new.tags),
        (EventType::TicketFollowUpDue, new.cause.what == Some(What::FollowUpDue)),
        (EventType::MessageCreated, matches!(new.cause.what, Some(What::Message { .. }))),
        (EventType::MessageDeleted, matches!(new.cause.what, Some(What::MessageDeleted { .. }))),
        (EventType::MessageUpdated, matches!(new.cause.what, Some(What::MessageEdited { .. }))),
    ];
    rules.into_iter().filter_map(|(kind, applies)| applies.then_some(kind)).collect()
}

proptest! {
    #![proptest_config(Config::with_cases(250))]

    #[test]
    fn events_count_from_one_without_gaps_and_say_all_that_applies(versions in testing::history()) {
        let events = events(&versions);
        for (event, number) in events.iter().zip(1..) {
            prop_assert_eq!(event.sequence, Version(number));
            prop_assert_eq!(event.types.first(), Some(&event.kind));
            prop_assert!(event.types.is_sorted(), "the most specific first: {:?}", event.types);
        }
        prop_assert_eq!(events[0].kind, EventType::TicketCreated);
        for (pair, event) in versions.windows(2).zip(&events[1..]) {
            prop_assert_eq!(event.types.iter().copied().collect::<BTreeSet<_>>(), expected(&pair[0], &pair[1]));
        }
    }

    #[test]
    fn no_event_carries_personal_text(versions in testing::history()) {
        for event in events(&versions) {
            let json = serde_json::to_string(&event).expect("json").to_lowercase();
            prop_assert!(!json.contains(MARKER), "{json}");
        }
    }

    #[test]
    fn an_event_names_its_cause_and_reads_back(versions in testing::history()) {
        for (event, ticket) in events(&versions).iter().zip(&versions) {
            prop_assert_eq!(event.actor, ticket.cause.actor);
            prop_assert_eq!((event.is_silent, event.request_id), (ticket.cause.is_silent, ticket.cause.request_id));
            prop_assert_eq!((event.created_at, event.ticket_id), (ticket.updated_at, ticket.id));
            let message = event.data.message.map(|message| What::Message { id: message.id, kind: message.kind });
            prop_assert_eq!(message, ticket.cause.what);
            let json = serde_json::to_string(event).expect("json");
            prop_assert_eq!(&serde_json::from_str::<TicketEvent>(&json).expect("an event"), event);
        }
    }

    #[test]
    fn an_events_id_is_always_the_same_and_nobody_elses(versions in testing::history(), other in testing::history()) {
        let ids: Vec<EventId> = events(&versions).iter().map(|event| event.id).collect();
        let again: Vec<EventId> = versions.iter().map(|ticket| between(None, ticket).id).collect();
        prop_assert_eq!(&ids, &again, "derived without the version before, it is the same");
        let all: BTreeSet<EventId> = ids.iter().copied().chain(events(&other).iter().map(|event| event.id)).collect();
        prop_assert_eq!(all.len(), versions.len() + other.len());
        prop_assert!(ids.iter().all(|id| id.uuid().get_version_num() == 7));
    }

    #[test]
    fn a_changed_field_is_told_with_its_value_or_by_name_alone_if_it_is_personal(versions in testing::history()) {
        for (pair, event) in versions.windows(2).zip(&events(&versions)[1..]) {
            let [old, new] = pair else { continue };
            for set in Set::between(old, new) {
                let (name, to) = (set.name(), set.value());
                let told = event.changes.iter().find(|change| change.field == name);
                let told = told.map(|change| (change.is_redacted, change.to.clone()));
                match set {
                    Set::Contact(_) if set.current(old).value() == to => prop_assert_eq!(told, None, "the same contact"),
                    Set::Contact(_) => prop_assert_eq!(told, Some((false, to))),
                    _ if set.is_personal() => prop_assert_eq!(told, Some((true, Json::Null)), "{}", name),
                    _ => prop_assert_eq!(told, Some((false, to)), "{}", name),
                }
            }
        }
    }

    #[test]
    fn an_events_ticket_has_every_field_that_events_tell_with_its_value(ticket in testing::ticket()) {
        let thin = serde_json::to_value(between(None, &ticket).data.ticket).expect("json");
        for set in Set::all(&ticket) {
            if !set.is_personal() || matches!(set, Set::Contact(_)) {
                prop_assert_eq!(thin.get(set.name()), Some(&set.value()), "ThinTicket lacks {}", set.name());
            }
        }
    }

    #[test]
    fn changes_name_every_field_that_a_caller_changed(versions in testing::history()) {
        for (pair, event) in versions.windows(2).zip(&events(&versions)[1..]) {
            let [old, new] = pair else { continue };
            let told: BTreeSet<&str> = event.changes.iter().map(|change| change.field.as_str()).collect();
            let differs = [
                ("subject", old.subject != new.subject),
                ("status", old.status != new.status),
                ("priority", old.priority != new.priority),
                ("assignee_id", old.assignee != new.assignee),
                ("tag_ids", old.tags != new.tags),
                ("custom", old.custom != new.custom),
                ("requester", old.requester != new.requester),
                ("follow_up_at", old.follow_up_at != new.follow_up_at),
                ("is_read_by_customer", old.is_read_by_customer != new.is_read_by_customer),
                ("contact_id", old.contact.as_ref().map(|c| c.id) != new.contact.as_ref().map(|c| c.id)),
            ];
            for (field, changed) in differs {
                prop_assert_eq!(told.contains(field), changed, "{}", field);
            }
        }
    }
}

#[test]
fn neighbouring_versions_and_tickets_have_distinct_event_ids() {
    let ticket = crate::support::ticket();
    let mut seen = BTreeSet::new();
    for bits in 0..100_u128 {
        for version in 1..=100 {
            let id = lambdesk_domain::id::TicketId::new(uuid::Uuid::from_u128(
                0x0190_0000_0000_7000_8000_0000_0000_0000 + bits,
            ));
            assert!(seen.insert(between(None, &Ticket { id, version: Version(version), ..ticket.clone() }).id));
        }
    }
}
