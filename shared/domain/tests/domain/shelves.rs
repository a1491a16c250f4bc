//! Archive, trash and its window, follow-ups.

use crate::support::{after_update, agent, by, changed, fields, hours_after, ticket};
use lambdesk_domain::{
    access::{Actor, Forbidden},
    command::{Context, Decision, Fields, Prior, Rejection, Update, follow_up_due, update},
    directory::{Days, DeletionPolicy},
    set::Set,
    status::{Lifecycle, Status},
    testing,
    ticket::Ticket,
};
use proptest::{prelude::*, strategy::ValueTree};
use std::time::Duration;

#[test]
fn archived_and_trashed_tickets_come_back_with_their_status() {
    for put_away in [Update::Archive, Update::Delete(DeletionPolicy::Trash)] {
        let ticket = Ticket { status: Status::OnHold, ..ticket() };
        let away = after_update(&ticket, &put_away, &by(agent(), &ticket));
        assert_ne!(away.lifecycle, Lifecycle::Live);
        let back = after_update(&away, &Update::Restore(Days::OF_TRASH), &by(agent(), &away));
        assert_eq!((back.lifecycle, back.status), (Lifecycle::Live, Status::OnHold));
        assert_eq!((back.archived_at, back.trashed_at), (None, None));
    }
}

#[test]
fn the_trash_takes_only_restoring() {
    let ticket = ticket();
    let trashed = after_update(&ticket, &Update::Delete(DeletionPolicy::Trash), &by(agent(), &ticket));
    let context = by(agent(), &trashed);
    let status = fields(Fields { status: Some(Status::Closed), ..Fields::default() });
    for refused in [status, Update::Archive, Update::Delete(DeletionPolicy::Trash)] {
        assert_eq!(update(&refused, &context, Prior::Known(&trashed)), Err(Rejection::Trashed));
    }
    let message = crate::support::message(&trashed, lambdesk_domain::command::ReplyKind::Reply);
    assert_eq!(lambdesk_domain::command::reply(&message, &context, Prior::Known(&trashed)), Err(Rejection::Trashed));
}

#[test]
fn the_restore_window_ends_to_the_millisecond() {
    let ticket = ticket();
    let trashed = after_update(&ticket, &Update::Delete(DeletionPolicy::Trash), &by(agent(), &ticket));
    let end = trashed.updated_at.plus(Days::OF_TRASH.span());
    let at = |now| Context { now, ..by(agent(), &trashed) };
    let restore = |now| update(&Update::Restore(Days::OF_TRASH), &at(now), Prior::Known(&trashed));
    assert!(matches!(restore(end.minus(Duration::from_millis(1))), Ok(Decision::Change(_))));
    assert_eq!(restore(end), Err(Rejection::RestoreWindow));
}

#[test]
fn deleting_is_refused_where_it_is_off_and_restoring_what_is_not_away() {
    let ticket = ticket();
    let context = by(agent(), &ticket);
    let off = Update::Delete(DeletionPolicy::Off);
    assert_eq!(update(&off, &context, Prior::Unknown), Err(Rejection::DeletionOff));
    assert_eq!(update(&Update::Restore(Days::OF_TRASH), &context, Prior::Known(&ticket)), Err(Rejection::NotPutAway));
}

#[test]
fn channel_keys_and_visitors_put_nothing_away() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = (testing::ticket(), testing::actor());
    for _ in 0..200 {
        let (ticket, actor) = strategy.new_tree(&mut runner).expect("a case").current();
        let is_bound = matches!(actor, Actor::Channel { .. } | Actor::Visitor { .. });
        for asked in [Update::Archive, Update::Restore(Days::OF_TRASH), Update::Delete(DeletionPolicy::Trash)] {
            let decided = update(&asked, &by(actor.clone(), &ticket), Prior::Known(&ticket));
            assert_eq!(decided == Err(Rejection::Forbidden(Forbidden::ChannelKey)), is_bound, "{actor:?}");
        }
    }
}

proptest! {
    #[test]
    fn a_follow_up_comes_due_once(ticket in testing::ticket(), due in testing::time(), context in testing::trusted()) {
        let is_follow_up_silent = context.is_silent;
        let ticket = Ticket { follow_up_at: Some(due), is_follow_up_silent, ..ticket };
        let context = Context { actor: Actor::System, now: hours_after(&ticket, 1), ..context };
        let change = changed(Ok(follow_up_due(due, ticket.lifecycle, &context)));
        prop_assert!(change.guard.admits(&ticket));
        let next = change.applied_to(&ticket);
        prop_assert_eq!((next.follow_up_at, next.last_activity_at), (None, context.now));
        prop_assert!(!change.guard.admits(&next), "a second sweep would tell of it again");
        let other = Ticket { is_follow_up_silent: !is_follow_up_silent, ..ticket };
        prop_assert!(!change.guard.admits(&other), "it is told as it was set");
    }

    #[test]
    fn a_follow_up_that_was_moved_is_not_due(ticket in testing::ticket(), due in testing::time(), moved in testing::time()) {
        prop_assume!(due != moved);
        let ticket = Ticket { follow_up_at: Some(moved), ..ticket };
        let change = changed(Ok(follow_up_due(due, ticket.lifecycle, &by(Actor::System, &ticket))));
        prop_assert!(!change.guard.admits(&ticket));
    }

    #[test]
    fn a_ticket_is_put_off_until_its_follow_up_is_due(ticket in testing::ticket(), due in testing::time(), now in testing::time()) {
        let set = fields(Fields::of([Set::FollowUpAt(Some(due))]));
        let ticket = Ticket { follow_up_at: None, lifecycle: Lifecycle::Live, archived_at: None, trashed_at: None, ..ticket };
        let next = after_update(&ticket, &set, &by(agent(), &ticket));
        prop_assert_eq!(next.is_snoozed(now), now < due);
    }
}
