//! What events add up to: the same as counting the tickets and their histories by hand.

use lambdesk_domain::{
    access::{Cause, What},
    day::Day,
    events::{TicketEvent, between},
    id::{MessageId, TicketId, UserId, Version},
    message::MessageKind,
    report::{Cell, Counter, EventContext, Group, Happening, Span, Standing, Tally},
    status::Status,
    sweep::lost_version,
    testing,
    ticket::Ticket,
};
use proptest::{collection::vec, prelude::*};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Histories of tickets of their own.
fn histories() -> impl Strategy<Value = Vec<Vec<Ticket>>> {
    vec(testing::history(), 1..6).prop_map(|histories| {
        let named = (1_u128..).zip(histories);
        let rename = |(id, versions): (u128, Vec<Ticket>)| {
            let id = TicketId::new(Uuid::from_u128(id));
            versions.into_iter().map(|ticket| Ticket { id, ..ticket }).collect()
        };
        named.map(rename).collect()
    })
}

/// The events of a history in which some versions were lost and made up for later,
/// in the order of the feed.
fn events(versions: &[Ticket], lost: &[bool]) -> Vec<TicketEvent> {
    let is_lost = |ticket: &Ticket| lost.get(usize::try_from(ticket.version.0).unwrap_or(0)).copied().unwrap_or(false);
    let before = std::iter::once(None).chain(versions.iter().map(Some));
    let told = before.zip(versions).filter(|(_, new)| !is_lost(new)).map(|(old, new)| between(old, new));
    let present = versions.last().expect("a history has a version");
    let made_up = versions.iter().filter(|ticket| is_lost(ticket)).map(|ticket| lost_version(present, ticket.version));
    told.chain(made_up).collect()
}

fn tally(events: &[TicketEvent]) -> Tally {
    let at = |ticket: TicketId, version: u64| {
        events.iter().find(|event| event.ticket_id == ticket && event.sequence == Version(version))
    };
    let mut tally = Tally::default();
    for event in events {
        let sequence = event.sequence.0;
        let (previous, next) = (at(event.ticket_id, sequence - 1), at(event.ticket_id, sequence + 1));
        tally.add(&Tally::of(EventContext { event, previous, next }).expect("it is readable"));
    }
    tally
}

type Counted = BTreeMap<(Cell, Counter), i64>;

fn counted(tally: &Tally, wanted: impl Fn(Cell) -> bool) -> Counted {
    let cells = tally.iter().filter(|(cell, _)| wanted(*cell));
    cells.flat_map(|(cell, counters)| counters.raw().map(move |(counter, by)| ((cell, counter), by))).collect()
}

fn groups(ticket: &Ticket) -> [Group; 3] {
    [Group::All, Group::Channel(ticket.channel.map(|channel| channel.id)), Group::Assignee(ticket.assignee)]
}

/// The tickets counted one by one.
fn heads<'a>(tickets: impl Iterator<Item = &'a Ticket>) -> Counted {
    let mut counted = Counted::new();
    for ticket in tickets {
        let Some(standing) = Standing::of(ticket.lifecycle, ticket.status) else { continue };
        for group in groups(ticket) {
            *counted.entry((Cell::Now(group), Counter::Standing(standing))).or_default() += 1;
        }
        if ticket.is_active() {
            *counted.entry((Cell::Now(Group::All), Counter::Awaiting(ticket.awaiting))).or_default() += 1;
        }
    }
    counted
}

/// How often something happened in a history, found in its versions alone.
fn happened(histories: &[Vec<Ticket>], is_it: impl Fn(Option<&Ticket>, &Ticket) -> bool) -> BTreeMap<Day, i64> {
    let mut days = BTreeMap::new();
    for versions in histories {
        let before = std::iter::once(None).chain(versions.iter().map(Some));
        for (_, new) in before.zip(versions).filter(|(old, new)| is_it(*old, new)) {
            *days.entry(Day::of(new.updated_at)).or_default() += 1;
        }
    }
    days
}

fn on_days(tally: &Tally, counter: Counter) -> BTreeMap<Day, i64> {
    let all = counted(tally, |cell| matches!(cell, Cell::Day(Group::All, _)));
    let days = all.into_iter().filter_map(|((cell, of), count)| match cell {
        Cell::Day(_, day) if of == counter => Some((day, count)),
        _ => None,
    });
    days.collect()
}

fn everything(histories: &[Vec<Ticket>]) -> Vec<TicketEvent> {
    histories.iter().flat_map(|versions| events(versions, &[])).collect()
}

proptest! {
    #[test]
    fn the_counts_now_are_those_of_the_tickets(histories in histories()) {
        let tally = tally(&everything(&histories));
        let expected = heads(histories.iter().filter_map(|versions| versions.last()));
        prop_assert_eq!(counted(&tally, |cell| matches!(cell, Cell::Now(_))), expected);
    }

    #[test]
    fn whatever_versions_were_lost_the_counts_now_are_those_of_the_tickets(histories in histories(), lost in vec(any::<bool>(), 12)) {
        let told: Vec<TicketEvent> = histories.iter().flat_map(|versions| events(versions, &lost)).collect();
        let expected = heads(histories.iter().filter_map(|versions| versions.last()));
        prop_assert_eq!(counted(&tally(&told), |cell| matches!(cell, Cell::Now(_))), expected);
    }

    #[test]
    fn the_days_tell_what_the_histories_tell(histories in histories()) {
        let tally = tally(&everything(&histories));
        let is = |holds: fn(&Ticket) -> bool| move |old: Option<&Ticket>| old.is_some_and(holds);
        let (done, closed) = (is(|ticket| ticket.status.is_closed()), is(|ticket| ticket.status == Status::Closed));
        let replied = |old: Option<&Ticket>, new: &Ticket| old.is_some() && new.cause.what.is_some_and(|what| {
            matches!(what, What::Message { kind: MessageKind::Outbound, .. })
        });
        for (happening, expected) in [
            (Happening::Created, happened(&histories, |old, _| old.is_none())),
            (Happening::Resolved, happened(&histories, |old, new| !done(old) && done(Some(new)))),
            (Happening::Closed, happened(&histories, |old, new| !closed(old) && closed(Some(new)))),
            (Happening::Reopened, happened(&histories, |old, new| done(old) && new.status.is_active())),
            (Happening::Replied, happened(&histories, replied)),
        ] {
            prop_assert_eq!(on_days(&tally, Counter::Happened(happening)), expected, "{}", happening);
        }
    }

    #[test]
    fn first_responses_are_timed_once_each(histories in histories()) {
        let tally = tally(&everything(&histories));
        let answered = histories.iter().filter_map(|versions| versions.last()).filter_map(|ticket| {
            ticket.first_response_at.map(|at| (Day::of(at), at.since(ticket.created_at).as_millis()))
        });
        let mut expected = BTreeMap::<Day, i64>::new();
        for (day, millis) in answered.filter(|(_, millis)| *millis > 0) {
            *expected.entry(day).or_default() += i64::try_from(millis).expect("small");
        }
        prop_assert_eq!(on_days(&tally, Counter::Millis(Span::FirstResponse)), expected);
    }

    #[test]
    fn the_groups_add_up_to_all(histories in histories()) {
        let tally = tally(&everything(&histories));
        let mut sums = BTreeMap::<(bool, Option<Day>, Counter), [i64; 3]>::new();
        for (cell, counters) in tally.iter() {
            let (group, day) = match cell {
                Cell::Now(group) => (group, None),
                Cell::Day(group, day) => (group, Some(day)),
            };
            let place = match group { Group::All => 0, Group::Channel(_) => 1, Group::Assignee(_) => 2 };
            for (counter, by) in counters.raw().filter(|(counter, _)| !matches!(counter, Counter::Awaiting(_))) {
                sums.entry((day.is_some(), day, counter)).or_default()[place] += by;
            }
        }
        for ((_, day, counter), [all, channels, assignees]) in sums {
            prop_assert_eq!((all, all), (channels, assignees), "{:?} {:?}", day, counter);
        }
    }
}

#[test]
fn a_ticket_in_the_trash_counts_nowhere() {
    for status in Status::ALL {
        assert_eq!(Standing::of(lambdesk_domain::status::Lifecycle::Trashed, *status), None);
    }
}

#[test]
fn only_a_message_that_is_written_counts_as_a_reply() {
    let ticket = Ticket { version: Version::FIRST, ..crate::support::ticket() };
    let (id, kind) = (MessageId::new(Uuid::from_u128(8)), MessageKind::Outbound);
    for (what, replies) in [
        (What::Message { id, kind }, 1),
        (What::Message { id, kind: MessageKind::Note }, 0),
        (What::MessageEdited { id, kind }, 0),
        (What::MessageDeleted { id, kind }, 0),
    ] {
        let cause = Cause { what: Some(what), ..ticket.cause.clone() };
        let next = Ticket { version: Version(2), cause, ..ticket.clone() };
        let days = on_days(&tally(&[between(Some(&ticket), &next)]), Counter::Happened(Happening::Replied));
        assert_eq!(days.values().sum::<i64>(), replies, "{what:?}");
    }
}

#[test]
fn an_assignees_counts_follow_the_ticket() {
    let ticket = crate::support::ticket();
    let ticket = Ticket { version: Version::FIRST, assignee: None, ..ticket };
    let user = Some(UserId::new(Uuid::from_u128(5)));
    let taken = Ticket { version: Version(2), assignee: user, ..ticket.clone() };
    let tally = tally(&[between(None, &ticket), between(Some(&ticket), &taken)]);
    let now = counted(&tally, |cell| matches!(cell, Cell::Now(Group::Assignee(_))));
    let expected = (Cell::Now(Group::Assignee(user)), Counter::Standing(Standing::Open));
    assert_eq!(now.into_iter().collect::<Vec<_>>(), [(expected, 1)]);
}
