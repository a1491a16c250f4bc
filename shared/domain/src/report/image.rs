//! What one event adds: the ticket before it taken away, the ticket after it added.

use super::{Cell, Counter, Group, Happening, HistogramBucket, Span, Standing, Tally};
use crate::{
    day::Day,
    events::{EventType, TicketEvent},
    id::Version,
    message::MessageKind,
    status::{Awaiting, Status},
    sweep::is_lost,
    ticket::ThinTicket,
    time::Timestamp,
};
use serde::Deserialize;

/// An event as it is counted.
///
/// The event of a lost version doesn't say what changed, but its neighbours do: how
/// the ticket was after the one before, and before the one after. What lies between
/// two lost ones stays unknown and cancels out.
#[derive(Debug, Clone, Copy)]
pub struct EventContext<'a> {
    /// The event.
    pub event: &'a TicketEvent,
    /// The event of the version before; looked at only where this one is of a lost version.
    pub previous: Option<&'a TicketEvent>,
    /// The event of the version after; likewise.
    pub next: Option<&'a TicketEvent>,
}

/// A ticket at some point, as far as reports look at it.
#[derive(Debug, Clone, Copy)]
struct Spot {
    status: Status,
    standing: Option<Standing>,
    awaiting: Awaiting,
    groups: [Group; 3],
    first_response_at: Option<Timestamp>,
}

/// The ticket on one side of an event.
#[derive(Debug, Clone, Copy)]
enum Image {
    /// It is not known how it was.
    Unknown,
    /// It was not there yet.
    Absent,
    Known(Spot),
}

impl Image {
    /// Whether it is certain that this held, or did not.
    fn is(self, holds: impl Fn(&Spot) -> bool) -> Option<bool> {
        match self {
            Self::Unknown => None,
            Self::Absent => Some(false),
            Self::Known(spot) => Some(holds(&spot)),
        }
    }
}

/// An event says that a field was something that is none of its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a field was what it cannot be")]
pub struct UnreadableChange;

impl Tally {
    /// What an event adds.
    ///
    /// # Errors
    /// When what it says of the ticket before it can't be read.
    pub fn of(told: EventContext<'_>) -> Result<Self, UnreadableChange> {
        let mut tally = Self::default();
        let (before, after) = (told.before()?, told.after()?);
        tally.stand(before, -1);
        tally.stand(after, 1);
        tally.happen(told.event, before, after);
        Ok(tally)
    }

    fn stand(&mut self, image: Image, by: i64) {
        let Image::Known(Spot { standing: Some(standing), awaiting, groups, .. }) = image else {
            return;
        };
        for group in groups {
            self.bump(Cell::Now(group), Counter::Standing(standing), by);
        }
        if standing.is_active() {
            self.bump(Cell::Now(Group::All), Counter::Awaiting(awaiting), by);
        }
    }

    fn happen(&mut self, event: &TicketEvent, before: Image, after: Image) {
        let became = |holds: fn(&Spot) -> bool| before.is(holds) == Some(false) && after.is(holds) == Some(true);
        let is_first = event.sequence == Version::FIRST;
        let is_outbound = event.data.message.is_some_and(|message| message.kind == MessageKind::Outbound);
        let wrote = is_outbound && event.types.contains(&EventType::MessageCreated);
        let was_done = before.is(|spot| spot.status.is_closed()) == Some(true);
        let resolved = became(|spot| spot.status.is_closed());
        for (happening, happened) in [
            (Happening::Created, is_first),
            (Happening::Resolved, resolved),
            (Happening::Closed, became(|spot| spot.status == Status::Closed)),
            (Happening::Reopened, was_done && after.is(|spot| spot.status.is_active()) == Some(true)),
            (Happening::Replied, wrote && !is_first),
        ] {
            if happened {
                self.on_day(event, event.created_at, Counter::Happened(happening), 1);
            }
        }
        if resolved {
            self.took(event, Span::Resolution, event.created_at);
        }
        if became(|spot| spot.first_response_at.is_some())
            && let Image::Known(Spot { first_response_at: Some(at), .. }) = after
        {
            self.took(event, Span::FirstResponse, at);
        }
    }

    fn took(&mut self, event: &TicketEvent, span: Span, at: Timestamp) {
        let duration = at.since(event.data.ticket.created_at);
        self.on_day(event, at, Counter::Took(span, HistogramBucket::of(duration)), 1);
        self.on_day(event, at, Counter::Millis(span), i64::try_from(duration.as_millis()).unwrap_or(i64::MAX));
    }

    fn on_day(&mut self, event: &TicketEvent, at: Timestamp, counter: Counter, by: i64) {
        for group in groups(&event.data.ticket) {
            self.bump(Cell::Day(group, Day::of(at)), counter, by);
        }
    }
}

impl EventContext<'_> {
    fn before(&self) -> Result<Image, UnreadableChange> {
        Ok(if self.event.sequence == Version::FIRST {
            Image::Absent
        } else if is_lost(self.event) {
            self.previous.map_or(Image::Unknown, own_after)
        } else {
            Image::Known(own_before(self.event)?)
        })
    }

    fn after(&self) -> Result<Image, UnreadableChange> {
        Ok(match (own_after(self.event), self.next) {
            (Image::Unknown, Some(next)) if !is_lost(next) => Image::Known(own_before(next)?),
            (own, _) => own,
        })
    }
}

/// The ticket after an event, as the event itself tells it.
fn own_after(event: &TicketEvent) -> Image {
    let ticket = &event.data.ticket;
    if ticket.version != event.sequence {
        return Image::Unknown;
    }
    Image::Known(Spot {
        status: ticket.status,
        standing: Standing::of(ticket.lifecycle, ticket.status),
        awaiting: ticket.awaiting,
        groups: groups(ticket),
        first_response_at: ticket.first_response_at,
    })
}

/// The ticket before an event that tells its changes.
fn own_before(event: &TicketEvent) -> Result<Spot, UnreadableChange> {
    let ticket = &event.data.ticket;
    let status = was(event, "status", ticket.status)?;
    Ok(Spot {
        status,
        standing: Standing::of(was(event, "shelf", ticket.lifecycle)?, status),
        awaiting: was(event, "awaiting", ticket.awaiting)?,
        groups: [
            Group::All,
            Group::Channel(was(event, "channel_id", ticket.channel_id)?),
            Group::Assignee(was(event, "assignee_id", ticket.assignee_id)?),
        ],
        first_response_at: was(event, "first_response_at", ticket.first_response_at)?,
    })
}

const fn groups(ticket: &ThinTicket) -> [Group; 3] {
    [Group::All, Group::Channel(ticket.channel_id), Group::Assignee(ticket.assignee_id)]
}

/// A field before an event: what it says it changed from, or else as it is.
fn was<'de, T: Deserialize<'de>>(event: &'de TicketEvent, field: &str, now: T) -> Result<T, UnreadableChange> {
    match event.changes.iter().find(|change| change.field == field) {
        Some(change) => T::deserialize(&change.from).map_err(|_| UnreadableChange),
        None => Ok(now),
    }
}
