//! The new ticket that a customer's reply to a closed one starts.

use crate::{
    execute::Executor,
    opening::{NO_NUMBER, NewContact},
};
use lambdesk_domain::{
    command::{NewTicket, Opening},
    id::TicketId,
    status::{Lifecycle, Source, Status},
    ticket::Ticket,
};
use lambdesk_table::TableError;
use std::collections::BTreeSet;

/// The ticket that goes on where `closed` ended, and its contact: of the same
/// channel, requester and subject, about the same things. It begins unassigned
/// and untagged, as any new ticket, and is kept back only if the closed one was.
///
/// To be [opened](crate::opening::open) by whoever wrote the reply.
///
/// # Errors
/// When the table fails.
pub async fn continuing(
    executor: &Executor<'_>,
    closed: Ticket,
    id: TicketId,
    source: Source,
    opening: Opening,
) -> Result<(NewTicket, NewContact), TableError> {
    let contact = match &closed.contact {
        Some(contact) => executor.app.contacts.contact(executor.workspace, contact.id).await?,
        None => None,
    };
    let contact = contact.map_or(NewContact::Nobody, |contact| NewContact::Known(Box::new(contact)));
    let new = NewTicket {
        workspace_id: closed.workspace_id,
        id,
        number: NO_NUMBER,
        subject: closed.subject,
        status: Status::Open,
        priority: closed.priority,
        is_held: closed.lifecycle == Lifecycle::Unprocessed,
        source,
        channel: closed.channel,
        category: closed.category,
        team: None,
        assignee: None,
        contact: None,
        account: closed.account,
        requester: closed.requester,
        tags: BTreeSet::new(),
        custom: closed.custom,
        uid: closed.uid,
        summary: None,
        follow_up_at: None,
        opening: Some(opening),
        continues: Some(closed.id),
    };
    Ok((new, contact))
}
