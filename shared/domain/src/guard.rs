//! What a change assumes of the ticket it is applied to.
//!
//! A command is first decided without the ticket at hand, on the likely case,
//! and committed together with its assumptions as one conditional write. Only
//! when they don't hold does the table answer with the ticket as it is, and the
//! command is decided again, now informed. So the ordinary write is one round
//! trip, and no decision is ever applied to a ticket that it doesn't fit.

use crate::{
    access::VisibilityScope,
    id::{TicketId, Version, VersionSet},
    status::{Lifecycle, StatusSet},
    ticket::Ticket,
    time::Timestamp,
};

/// The assumptions of one change. All must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guard {
    /// The status is one of these.
    pub statuses: StatusSet,
    /// The lifecycle state is this one.
    pub lifecycle: Lifecycle,
    /// Who asks may see the ticket.
    pub visibility: VisibilityScope,
    /// The version is one of these (`If-Match`), or the one that a decision rests on.
    pub versions: Option<VersionSet>,
    /// It is continued by exactly this ticket, or by none.
    pub continued_by: Option<Option<TicketId>>,
    /// The follow-up is due at exactly this time.
    pub follow_up_at: Option<Timestamp>,
    /// The follow-up was set silently, or it was not.
    pub is_follow_up_silent: Option<bool>,
    /// It has at most so many tags: there is room for those that come along.
    pub most_tags: Option<usize>,
    /// The change is no no-op on it. Which tickets that leaves out, the patch says:
    /// [`Change::admits`](crate::command::Change::admits).
    pub rejects_noop: bool,
}

impl Guard {
    /// Any ticket that is live visible.
    #[must_use]
    pub const fn live(visibility: VisibilityScope) -> Self {
        Self {
            statuses: StatusSet::ALL,
            lifecycle: Lifecycle::Live,
            visibility,
            versions: None,
            continued_by: None,
            follow_up_at: None,
            is_follow_up_silent: None,
            most_tags: None,
            rejects_noop: false,
        }
    }

    /// The version, where the change is for one alone.
    #[must_use]
    pub fn sole_version(&self) -> Option<Version> {
        self.versions.as_ref().and_then(VersionSet::sole)
    }

    /// Whether the ticket is as assumed, as far as that can be told without the patch.
    #[must_use]
    pub fn admits(&self, ticket: &Ticket) -> bool {
        self.statuses.contains(ticket.status)
            && self.lifecycle == ticket.lifecycle
            && self.visibility.covers(ticket.assignee, ticket.channel.map(|channel| channel.id))
            && self.versions.as_ref().is_none_or(|versions| versions.contains(ticket.version))
            && self.continued_by.is_none_or(|by| by == ticket.continued_by)
            && self.follow_up_at.is_none_or(|due| ticket.follow_up_at == Some(due))
            && self.is_follow_up_silent.is_none_or(|is_silent| is_silent == ticket.is_follow_up_silent)
            && self.most_tags.is_none_or(|most| ticket.tags.len() <= most)
    }
}
