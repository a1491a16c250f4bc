//! The types of events.

use crate::status::words;
use serde::{Deserialize, Serialize};

words! {
    /// What happened, the most specific type first.
    EventType {
        TicketCreated = "ticket.created",
        TicketDeleted = "ticket.deleted",
        TicketRestored = "ticket.restored",
        TicketArchived = "ticket.archived",
        TicketFollowUpDue = "ticket.follow_up_due",
        MessageCreated = "message.created",
        MessageDeleted = "message.deleted",
        MessageUpdated = "message.updated",
        TicketStatusChanged = "ticket.status_changed",
        TicketAssigned = "ticket.assigned",
        TicketTeamChanged = "ticket.team_changed",
        TicketTagged = "ticket.tagged",
        /// Any change of an existing ticket.
        TicketUpdated = "ticket.updated",
        ContactCreated = "contact.created",
        /// It became a part of another, which its id means from then on.
        ContactMerged = "contact.merged",
        /// Nobody was on a ticket of theirs, and they are gone.
        ContactDeleted = "contact.deleted",
        /// Nothing personal of them is left.
        ContactErased = "contact.erased",
        /// Any change of an existing contact.
        ContactUpdated = "contact.updated",
        /// An endpoint was switched off after days of failures; told in the delivery log only.
        WebhookDisabled = "webhook.disabled",
        /// A test that somebody asked for.
        WebhookTest = "webhook.test",
    }
}
