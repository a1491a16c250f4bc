//! Deciding without the ticket and with it come to the same.

use crate::support::{agent, by, message, ticket, visitor};
use lambdesk_domain::{
    command::{Context, Decision, Fields, NewReply, Prior, Rejection, ReplyKind, Update, update},
    status::Status,
    testing::{self, AnyCommand},
    ticket::Ticket,
};
use proptest::{prelude::*, strategy::ValueTree, test_runner::Config};

/// The circumstances, moved to after the ticket's last change, and to its version half the time.
fn met(context: &Context, ticket: &Ticket, gap: u64) -> Context {
    let now = ticket.updated_at.plus(std::time::Duration::from_millis(gap));
    let if_match =
        context.if_match.clone().map(|seen| if gap.is_multiple_of(2) { ticket.version.into() } else { seen });
    Context { now, if_match, ..context.clone() }
}

fn is_admitted(decision: &Result<Decision, Rejection>, ticket: &Ticket) -> bool {
    matches!(decision, Ok(Decision::Change(change)) if change.admits(ticket))
}

fn hold_together(command: &AnyCommand, context: &Context, ticket: &Ticket) -> Result<(), TestCaseError> {
    let unknown = command.decide(context, Prior::Unknown);
    let known = command.decide(context, Prior::Known(ticket));
    prop_assert!(!matches!(known, Ok(Decision::NeedsTicket)), "the ticket is there");
    if let Ok(Decision::Change(informed)) = &known {
        prop_assert!(informed.admits(ticket), "{:?} does not admit its own ticket", informed.guard);
    }
    if let Err(rejection) = &unknown {
        prop_assert_eq!(known.as_ref().err(), Some(rejection), "refused only when nothing is known");
        return Ok(());
    }
    let Ok(Decision::Change(likely)) = unknown.as_ref() else { return Ok(()) };
    if !is_admitted(&unknown, ticket) {
        return Ok(());
    }
    match &known {
        Ok(Decision::Change(informed)) => {
            prop_assert_eq!(likely.applied_to(ticket), informed.applied_to(ticket));
            prop_assert_eq!(&likely.message, &informed.message);
        }
        other => prop_assert!(false, "{:?} when the ticket is known, but admitted without it", other),
    }
    Ok(())
}

proptest! {
    #![proptest_config(Config::with_cases(1_000))]

    #[test]
    fn whatever_the_likely_decision_admits_the_informed_one_changes_alike(
        ticket in testing::ticket(), command in testing::command(), context in testing::context(), gap in 0..9_000_000_u64,
    ) {
        hold_together(&command.on(ticket.id), &met(&context, &ticket, gap), &ticket)?;
    }

    #[test]
    fn the_same_holds_for_those_who_may_do_everything(
        ticket in testing::ticket(), command in testing::command(), context in testing::trusted(), gap in 0..9_000_000_u64,
    ) {
        hold_together(&command.on(ticket.id), &met(&context, &ticket, gap), &ticket)?;
    }

    #[test]
    fn asking_twice_changes_nothing_the_second_time(
        ticket in testing::ticket(), asked in testing::update(), context in testing::trusted(),
    ) {
        let context = met(&context, &ticket, 1);
        if let Ok(Decision::Change(change)) = update(&asked, &context, Prior::Known(&ticket)) {
            let next = change.applied_to(&ticket);
            let again = update(&asked, &met(&context, &next, 1), Prior::Known(&next));
            let settled = matches!(again, Ok(Decision::Unchanged) | Err(Rejection::Trashed | Rejection::NotPutAway));
            prop_assert!(settled, "{again:?}");
        }
    }
}

#[test]
fn both_agree_for_every_status_that_a_reply_or_an_update_may_set() {
    let base = ticket();
    let statuses = Status::ALL.iter().copied();
    let asked = || statuses.clone().map(Some).chain([None]);
    for (now, asked) in statuses.clone().flat_map(|now| asked().map(move |asked| (now, asked))) {
        let started = Ticket { in_progress_at: (now == Status::InProgress).then_some(base.updated_at), ..base.clone() };
        let fields = Update::Fields(Box::new(Fields { status: Some(now), ..Fields::default() }));
        let ticket = match update(&fields, &by(agent(), &started), Prior::Known(&started)) {
            Ok(Decision::Change(change)) => change.applied_to(&started),
            _ => started,
        };
        let update = Update::Fields(Box::new(Fields { status: asked, ..Fields::default() }));
        let mut commands = vec![(agent(), AnyCommand::Update(update))];
        for kind in [ReplyKind::Reply, ReplyKind::Note] {
            let new = NewReply { status: asked, ..message(&ticket, kind) };
            commands.push((agent(), AnyCommand::Reply(Box::new(new))));
        }
        let new = NewReply { status: asked, ..message(&ticket, ReplyKind::Inbound) };
        commands.push((visitor(&ticket), AnyCommand::Reply(Box::new(new))));
        for (actor, command) in commands {
            hold_together(&command, &by(actor, &ticket), &ticket).expect("they agree");
        }
    }
}

#[test]
fn the_likely_decision_is_the_ordinary_one_often_enough_to_be_worth_it() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut admitted = 0;
    for _ in 0..400 {
        let strategy = (testing::ticket(), testing::command(), testing::trusted());
        let (ticket, command, context) = strategy.new_tree(&mut runner).expect("a case").current();
        admitted += u32::from(is_admitted(&command.decide(&context, Prior::Unknown), &ticket));
    }
    // Otherwise the properties above would hold for want of cases.
    assert!(admitted > 80, "{admitted} of 400");
}

#[test]
fn a_command_that_sets_nothing_is_no_change() {
    let nothing = Update::Fields(Box::default());
    let ticket = ticket();
    let context = by(agent(), &ticket);
    assert_eq!(update(&nothing, &context, Prior::Known(&ticket)), Ok(Decision::Unchanged));
    assert_eq!(update(&nothing, &context, Prior::Unknown), Ok(Decision::NeedsTicket));
}
