//! What holds of every version of every ticket.

use lambdesk_domain::{
    access::What,
    id::Version,
    message::MessageKind,
    status::{Awaiting, Lifecycle, Status},
    testing,
    ticket::Ticket,
};
use proptest::{prelude::*, test_runner::Config};

/// Of one version by itself.
fn stands(ticket: &Ticket) -> Result<(), TestCaseError> {
    prop_assert_eq!(ticket.status_before_spam.is_some(), ticket.status == Status::Spam);
    prop_assert_ne!(ticket.status_before_spam, Some(Status::Spam));
    prop_assert_eq!(ticket.resolved_at.is_some(), ticket.status.is_closed());
    prop_assert_eq!(ticket.closed_at.is_some(), ticket.status == Status::Closed);
    prop_assert!(ticket.closed_at.is_none_or(|closed| Some(closed) >= ticket.resolved_at));
    prop_assert!(ticket.status != Status::InProgress || ticket.in_progress_at.is_some());
    prop_assert_eq!(ticket.archived_at.is_some(), ticket.lifecycle == Lifecycle::Archived);
    prop_assert_eq!(ticket.trashed_at.is_some(), ticket.lifecycle == Lifecycle::Trashed);
    for time in
        [Some(ticket.created_at), Some(ticket.last_activity_at), Some(ticket.status_changed_at), ticket.resolved_at]
    {
        prop_assert!(time <= Some(ticket.updated_at));
    }
    Ok(())
}

/// Of a version and the next.
fn follows(old: &Ticket, new: &Ticket) -> Result<(), TestCaseError> {
    prop_assert_eq!(new.version, old.version.next());
    prop_assert!(new.updated_at >= old.updated_at && new.last_activity_at >= old.last_activity_at);
    prop_assert_eq!((new.id, new.number, new.created_at, new.source), (old.id, old.number, old.created_at, old.source));
    prop_assert_eq!(&new.origin, &old.origin);
    prop_assert_eq!(new.channel, old.channel);
    if new.status == old.status {
        prop_assert_eq!(new.status_changed_at, old.status_changed_at);
        prop_assert_eq!((new.resolved_at, new.closed_at), (old.resolved_at, old.closed_at));
    } else {
        prop_assert_eq!(new.status_changed_at, new.updated_at);
        prop_assert!(new.status != Status::Spam || new.status_before_spam == Some(old.status));
    }
    prop_assert!(old.in_progress_at.is_none() || new.in_progress_at == old.in_progress_at);
    prop_assert!(old.first_response_at.is_none() || new.first_response_at == old.first_response_at);
    prop_assert!(old.resolved_at.is_none() || !new.status.is_closed() || new.resolved_at == old.resolved_at);
    Ok(())
}

/// What the kind of message does to whose turn it is, to the flags and the count.
fn traces(old: &Ticket, new: &Ticket) -> Result<(), TestCaseError> {
    let kind = match new.cause.what {
        Some(What::Message { kind, .. }) => Some(kind),
        _ => None,
    };
    let public = kind.filter(|kind| *kind != MessageKind::Note);
    prop_assert_eq!(new.replies_count, old.replies_count + u64::from(public.is_some()));
    prop_assert!(public.is_some() || (new.awaiting == old.awaiting && new.preview == old.preview));
    prop_assert_eq!(new.last_activity_at == new.updated_at, kind.is_some() || old.last_activity_at == new.updated_at);
    match kind {
        Some(MessageKind::Inbound) => {
            prop_assert_eq!(
                (new.awaiting, new.is_read_by_customer, new.is_read_by_organization),
                (Awaiting::Agent, true, false)
            );
            prop_assert_eq!(new.first_response_at, old.first_response_at);
        }
        Some(MessageKind::Outbound) => {
            prop_assert_eq!(
                (new.awaiting, new.is_read_by_customer, new.is_read_by_organization),
                (Awaiting::Customer, false, true)
            );
            prop_assert_eq!(new.first_response_at, old.first_response_at.or(Some(new.updated_at)));
        }
        Some(MessageKind::Note | MessageKind::System) | None => {
            prop_assert_eq!(new.first_response_at, old.first_response_at);
            prop_assert!(kind.is_none() || new.is_read_by_customer == old.is_read_by_customer);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(Config::with_cases(500))]

    #[test]
    fn every_version_of_a_ticket_stands_and_follows_from_the_one_before(versions in testing::history()) {
        prop_assert_eq!(versions[0].version, Version::FIRST);
        for version in &versions {
            stands(version)?;
        }
        for pair in versions.windows(2) {
            follows(&pair[0], &pair[1])?;
            traces(&pair[0], &pair[1])?;
        }
    }

    #[test]
    fn a_new_ticket_knows_who_spoke_last((ticket, message) in testing::created()) {
        stands(&ticket)?;
        let awaiting = match message.as_ref().map(|message| message.kind) {
            Some(MessageKind::Inbound) => Awaiting::Agent,
            Some(_) => Awaiting::Customer,
            None => Awaiting::None,
        };
        prop_assert_eq!(ticket.awaiting, awaiting);
        prop_assert_eq!(ticket.replies_count, 0);
        let shown = message.filter(|message| !message.is_secure).map(|message| message.content.text().to_owned());
        prop_assert_eq!(ticket.preview.as_str().is_empty(), shown.is_none(), "a secure message must not be previewed");
    }
}
