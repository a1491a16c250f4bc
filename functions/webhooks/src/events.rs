//! The feed: everything that happened to tickets and contacts, in an order that can be
//! polled.

use crate::access::{self, FeedSight};
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use lambdesk_api::{
    auth::Session,
    page::json,
    problem::{FieldError, Problem},
    query::QueryParameters,
};
use lambdesk_domain::{
    access::VisibilityScope,
    events::{ContactEvent, Event, EventSubject, EventType, TicketEvent},
    id::WorkspaceId,
    time::Timestamp,
};
use lambdesk_store_events::{Events, FeedPosition, InvalidPosition};
use lambdesk_table::meter;
use serde::Serialize;
use std::{collections::HashSet, time::Duration};

const DEFAULT_LIMIT: u16 = 25;
const MAX_LIMIT: u16 = 100;
/// Where the feed begins for those who don't say.
const DEFAULT_PAST: Duration = Duration::from_hours(30 * 24);
/// The position of those who want what is still to come.
const NOW: &str = "now";
/// Tickets and contacts whose own events are read, and pages of them in all: less than 50
/// units.
const MOST_OWN: usize = 4;
/// How far clocks differ at most: a later position was never answered.
const CLOCKS_DIFFER: Duration = Duration::from_mins(5);
/// How often a page asks the table for more where a filter leaves out much.
const READS: usize = 5;
/// What the events of a page may cost, wanted or not: one unit each, and half a unit for
/// each day that is looked through.
const UNITS: f64 = 50.0;
/// The fewest events that are worth another request.
const FEWEST: u16 = 8;

/// What of the feed is wanted.
struct FeedFilter {
    types: Vec<EventType>,
    /// Of any of these; of all if there are none.
    subjects: Vec<EventSubject>,
    /// What the caller may know of.
    sight: FeedSight,
}

impl FeedFilter {
    fn is_empty(&self) -> bool {
        let FeedSight { tickets, contacts, notes } = self.sight;
        let sees_all = contacts && notes && tickets == VisibilityScope::All;
        self.types.is_empty() && self.subjects.is_empty() && sees_all
    }

    fn takes(&self, event: &Event) -> bool {
        let Some(event) = self.shown(event.clone()) else {
            return false;
        };
        let is_of_type = self.types.is_empty() || event.types().iter().any(|kind| self.types.contains(kind));
        is_of_type && (self.subjects.is_empty() || self.subjects.contains(&event.source().subject))
    }

    /// An event as the caller is told of it, if at all.
    fn shown(&self, event: Event) -> Option<Event> {
        match event {
            Event::Contact(_) => self.sight.contacts.then_some(event),
            Event::Ticket(event) if !event.is_within(self.sight.tickets) => None,
            Event::Ticket(event) if self.sight.notes => Some(Event::Ticket(event)),
            Event::Ticket(event) => event.without_note().map(Event::Ticket),
        }
    }
}

/// An event with its position in the feed.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "ToldEvent")]
enum FeedItem {
    Ticket(Positioned<TicketEvent>),
    Contact(Positioned<ContactEvent>),
}

#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Told{E}")]
struct Positioned<E> {
    #[serde(flatten)]
    event: E,
    /// Going on from here tells what came after this event.
    position: String,
}

impl From<(String, Event)> for FeedItem {
    fn from((position, event): (String, Event)) -> Self {
        match event {
            Event::Ticket(event) => Self::Ticket(Positioned { event, position }),
            Event::Contact(event) => Self::Contact(Positioned { event, position }),
        }
    }
}

/// Where a page ends.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "FeedEnd")]
pub struct FeedEnd<'a> {
    /// Everything up to here has been told: the `after` of the next request.
    next: &'a str,
    has_more: bool,
    size: u16,
}

#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "FeedPage")]
pub struct FeedView<'a> {
    data: &'a [FeedItem],
    page: FeedEnd<'a>,
}

/// `GET /v1/events`: oldest first, after a position. A page that is short or empty
/// has its `next` all the same; going on from there neither loses nor repeats.
pub async fn feed(
    session: Session,
    State(events): State<Events>,
    mut query: QueryParameters,
) -> Result<Response, Problem> {
    let limit = query.parsed("limit", |text| match text.parse() {
        Ok(limit @ 1..=MAX_LIMIT) => Ok(limit),
        _ => Err("expected a number from 1 to 100"),
    });
    let after = query.one("after");
    let types = query.parsed_values("type", |word| EventType::parse(word).ok_or("expected an event type"));
    let mut subjects = query.parsed_values("ticket_id", |id| id.parse().map(EventSubject::Ticket));
    subjects.extend(query.parsed_values("contact_id", |id| id.parse().map(EventSubject::Contact)));
    query.finish()?;
    let filter = FeedFilter { types, subjects, sight: access::feed(&session)? };
    let size = limit.unwrap_or(DEFAULT_LIMIT);
    let after = start(&session, after.as_deref())?;
    let FeedSlice { events, next, has_more } = match own(&events, &session, &filter, &after, size.into()).await? {
        Some(own) => own,
        None => whole(&events, &session, &filter, &after, size).await?,
    };
    let shown = events.into_iter().filter_map(|(position, event)| Some((position, filter.shown(event)?)));
    let items: Vec<_> = shown.map(FeedItem::from).collect();
    let page = FeedView { data: &items, page: FeedEnd { next: &next, has_more, size } };
    Ok(json(StatusCode::OK, &page).into_response())
}

/// What is wanted of the whole feed.
async fn whole(
    events: &Events,
    session: &Session,
    filter: &FeedFilter,
    after: &FeedPosition,
    size: u16,
) -> Result<FeedSlice, Problem> {
    let per_read = if filter.is_empty() { size } else { MAX_LIMIT };
    let (workspace, now) = (session.workspace(), session.now);
    let reader = FeedReader { events, workspace, now, until: None, per_read, units: UNITS };
    reader.read(after, size.into(), READS, |event| filter.takes(event)).await
}

/// What is wanted of a few tickets or contacts, of their own events; none where the whole
/// feed is to be looked through. So those who ask for one ticket don't wade through the
/// others'.
async fn own(
    events: &Events,
    session: &Session,
    filter: &FeedFilter,
    after: &FeedPosition,
    size: usize,
) -> Result<Option<FeedSlice>, Problem> {
    let subjects: HashSet<_> = filter.subjects.iter().copied().collect();
    if subjects.is_empty() || subjects.len() > MOST_OWN {
        return Ok(None);
    }
    let subjects: Vec<_> = subjects.into_iter().collect();
    let pages = MOST_OWN / subjects.len();
    let Some(page) = events.feed_of(session.workspace(), &subjects, after, (session.now, pages)).await? else {
        return Ok(None);
    };
    let mut events: Vec<_> = page.events.into_iter().filter(|(_, event)| filter.takes(event)).collect();
    let has_more = events.len() > size;
    events.truncate(size);
    let last = events.last().map(|(position, _)| position.clone()).unwrap_or_default();
    let next = if has_more { last } else { page.next };
    Ok(Some(FeedSlice { events, next, has_more }))
}

/// Where to begin; nothing happened before there was a workspace.
fn start(session: &Session, after: Option<&str>) -> Result<FeedPosition, Problem> {
    let first = FeedPosition::at(session.directory.workspace.created_at.minus(CLOCKS_DIFFER));
    let is_now = after == Some(NOW);
    let after = match after.map(str::parse::<FeedPosition>) {
        None => FeedPosition::at(session.now.minus(DEFAULT_PAST)),
        // From a time on, whatever is told of it later.
        Some(_) if is_now => FeedPosition::at(session.now),
        Some(Ok(after)) if after.time() <= session.now.plus(CLOCKS_DIFFER) => after,
        Some(_) => return Err(unknown_position()),
    };
    Ok(after.max(first))
}

fn unknown_position() -> Problem {
    let error = FieldError::new("?after", "unknown_position", "use the positions of this feed's answers as they are");
    Problem::new(StatusCode::BAD_REQUEST, "unknown_position", "this is not a position of the feed")
        .with_errors(vec![error])
}

/// How the feed is read.
pub struct FeedReader<'a> {
    pub events: &'a Events,
    pub workspace: WorkspaceId,
    pub now: Timestamp,
    /// Where to stop, though there may be more.
    pub until: Option<&'a FeedPosition>,
    /// Events per request to the table: 1 to 100.
    pub per_read: u16,
    /// What reading may cost: then a part ends, with its `next`.
    pub units: f64,
}

/// How many of some events may be read for so many units: one each. At least one is.
fn affordable(units: f64, wanted: u16) -> u16 {
    (1..=wanted).rev().find(|events| f64::from(*events) <= units).unwrap_or(1)
}

/// A part of the feed.
pub struct FeedSlice {
    /// What was wanted of it with its positions, oldest first.
    pub events: Vec<(String, Event)>,
    /// Everything up to here was looked at.
    pub next: String,
    /// There is more already.
    pub has_more: bool,
}

impl FeedReader<'_> {
    /// Up to `limit` wanted events after a position, with at most `reads` requests.
    pub async fn read(
        &self,
        after: &FeedPosition,
        limit: usize,
        reads: usize,
        wants: impl Fn(&Event) -> bool,
    ) -> Result<FeedSlice, Problem> {
        let mut slice = FeedSlice { events: Vec::new(), next: after.to_string(), has_more: true };
        let began = meter::spent();
        for read in 0..reads {
            let per_read = affordable(self.units - (meter::spent() - began), self.per_read);
            if read > 0 && per_read < self.per_read.min(FEWEST) {
                break;
            }
            let page = self.events.feed(self.workspace, Some(&slice.next), self.now, self.now, per_read).await?;
            let page = page.map_err(|InvalidPosition| unknown_position())?;
            for (position, event) in page.events {
                if self.ends_before(&position) {
                    return Ok(FeedSlice { has_more: false, ..slice });
                }
                if wants(&event) {
                    if slice.events.len() == limit {
                        return Ok(slice);
                    }
                    slice.events.push((position.clone(), event));
                }
                slice.next = position;
            }
            slice.next = page.next;
            slice.has_more = page.has_more && !self.ends_before(&slice.next);
            if !slice.has_more || slice.events.len() == limit {
                break;
            }
        }
        Ok(slice)
    }

    fn ends_before(&self, position: &str) -> bool {
        self.until.is_some_and(|until| position >= until.as_str())
    }
}
