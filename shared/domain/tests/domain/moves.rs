//! Statuses and their moves, as api.md has them.

use crate::support::{after_reply, after_update, agent, by, changed, fields, hours_after, message, ticket, visitor};
use lambdesk_domain::{
    command::{Context, Fields, Prior, Rejection, ReplyKind, reply, update},
    set::Set,
    status::{Awaiting, Lifecycle, Status},
    ticket::Ticket,
};

fn with_status(status: Status) -> Ticket {
    let ticket = ticket();
    if status == ticket.status {
        return ticket;
    }
    let context = by(agent(), &ticket);
    after_update(&ticket, &fields(Fields { status: Some(status), ..Fields::default() }), &context)
}

#[test]
fn a_customers_reply_reopens_what_waits_is_on_hold_or_resolved() {
    for status in Status::ALL {
        let ticket = with_status(*status);
        let decided = reply(&message(&ticket, ReplyKind::Reply), &by(visitor(&ticket), &ticket), Prior::Known(&ticket));
        let expected = match status {
            Status::Waiting | Status::OnHold | Status::Resolved => Status::Open,
            Status::Closed => {
                assert_eq!(decided, Err(Rejection::Closed));
                continue;
            }
            other => *other,
        };
        assert_eq!(changed(decided).applied_to(&ticket).status, expected, "from {status}");
    }
}

#[test]
fn an_agents_public_reply_makes_what_is_worked_on_wait() {
    for status in Status::ALL {
        let ticket = with_status(*status);
        let next = after_reply(&ticket, &message(&ticket, ReplyKind::Reply), &by(agent(), &ticket));
        let moves = matches!(status, Status::Open | Status::InProgress);
        assert_eq!(next.status, if moves { Status::Waiting } else { *status }, "from {status}");
        assert_eq!(next.awaiting, Awaiting::Customer);
    }
}

#[test]
fn a_note_moves_nothing_and_counts_as_no_reply() {
    for status in Status::ALL {
        let ticket = with_status(*status);
        let next = after_reply(&ticket, &message(&ticket, ReplyKind::Note), &by(agent(), &ticket));
        assert_eq!((next.status, next.awaiting, next.replies_count), (*status, ticket.awaiting, ticket.replies_count));
        assert_eq!(next.preview, ticket.preview);
    }
}

#[test]
fn a_reply_may_say_otherwise() {
    for status in Status::ALL {
        let ticket = ticket();
        let new = lambdesk_domain::command::NewReply { status: Some(*status), ..message(&ticket, ReplyKind::Reply) };
        assert_eq!(after_reply(&ticket, &new, &by(agent(), &ticket)).status, *status);
    }
}

#[test]
fn any_status_may_be_set_from_any_other() {
    for from in Status::ALL {
        for to in Status::ALL.iter().filter(|to| *to != from) {
            let ticket = with_status(*from);
            let next = after_update(
                &ticket,
                &fields(Fields { status: Some(*to), ..Fields::default() }),
                &by(agent(), &ticket),
            );
            assert_eq!(next.status, *to);
            assert_eq!(next.status_before_spam, (*to == Status::Spam).then_some(*from));
        }
    }
}

#[test]
fn resolving_and_then_closing_keeps_when_it_was_resolved() {
    let resolved = with_status(Status::Resolved);
    let context = Context { now: hours_after(&resolved, 5), ..by(agent(), &resolved) };
    let closed =
        after_update(&resolved, &fields(Fields { status: Some(Status::Closed), ..Fields::default() }), &context);
    assert_eq!((closed.resolved_at, closed.closed_at), (resolved.resolved_at, Some(context.now)));
    let reopened = after_update(
        &closed,
        &fields(Fields { status: Some(Status::Open), ..Fields::default() }),
        &by(agent(), &closed),
    );
    assert_eq!((reopened.resolved_at, reopened.closed_at), (None, None));
}

#[test]
fn a_ticket_held_back_by_screening_is_not_moved_by_replies() {
    let held = Ticket { lifecycle: Lifecycle::Unprocessed, status: Status::Waiting, ..ticket() };
    let next = after_reply(&held, &message(&held, ReplyKind::Reply), &by(visitor(&held), &held));
    assert_eq!((next.lifecycle, next.status), (Lifecycle::Unprocessed, Status::Waiting));
}

#[test]
fn reading_is_remembered_for_each_side_by_itself() {
    let ticket = Ticket { is_read_by_customer: false, is_read_by_organization: false, ..ticket() };
    let read = fields(Fields::of([Set::ReadByOrganization(true)]));
    let next = after_update(&ticket, &read, &by(agent(), &ticket));
    assert_eq!((next.is_read_by_customer, next.is_read_by_organization), (false, true));
    assert_eq!(next.last_activity_at, ticket.last_activity_at, "reading is no activity");
}

#[test]
fn a_secure_message_is_counted_but_not_previewed() {
    let ticket = ticket();
    let new = lambdesk_domain::command::NewReply { is_secure: true, ..message(&ticket, ReplyKind::Reply) };
    let next = after_reply(&ticket, &new, &by(agent(), &ticket));
    assert_eq!((next.preview, next.replies_count), (ticket.preview.clone(), ticket.replies_count + 1));
}

#[test]
fn a_closed_tickets_assignee_is_decided_with_the_ticket_at_hand() {
    let closed = with_status(Status::Closed);
    let asked = fields(Fields::of([Set::Assignee(None)]));
    let context = by(agent(), &closed);
    let likely = changed(update(&asked, &context, Prior::Unknown));
    assert!(!likely.guard.admits(&closed), "its place in the assignee's list would be wrong");
}
