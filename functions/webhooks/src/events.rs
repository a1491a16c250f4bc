//! The feed: everything that happened to tickets and contacts, in an order that can be
//! polled.

use crate::access;
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use lambdesk_api::{
    auth::Session,
    page::json,
    problem::{FieldError, Problem},
    query::Query,
};
use lambdesk_domain::{
    events::{ContactEvent, Event, EventType, Subject, TicketEvent},
    id::WorkspaceId,
    time::Timestamp,
};
use lambdesk_store::{FeedPosition, InvalidPosition, Store};
use serde::Serialize;
use std::time::Duration;

const DEFAULT_LIMIT: u16 = 25;
const MAX_LIMIT: u16 = 100;
/// Where the feed begins for those who don't say.
const DEFAULT_PAST: Duration = Duration::from_hours(30 * 24);
/// How far clocks differ at most: a later position was never answered.
const CLOCKS_DIFFER: Duration = Duration::from_mins(5);
/// How often a page asks the table for more where a filter leaves out much.
const READS: usize = 5;

/// What of the feed is wanted.
struct Filter {
    types: Vec<EventType>,
    /// Of any of these; of all if there are none.
    subjects: Vec<Subject>,
}

impl Filter {
    fn is_empty(&self) -> bool {
        self.types.is_empty() && self.subjects.is_empty()
    }

    fn takes(&self, event: &Event) -> bool {
        let is_of_type = self.types.is_empty() || event.types().iter().any(|kind| self.types.contains(kind));
        is_of_type && (self.subjects.is_empty() || self.subjects.contains(&event.source().subject))
    }
}

/// An event and its place.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "ToldEvent")]
enum Told {
    Ticket(Placed<TicketEvent>),
    Contact(Placed<ContactEvent>),
}

#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Told{E}")]
struct Placed<E> {
    #[serde(flatten)]
    event: E,
    /// Going on from here tells what came after this event.
    position: String,
}

impl From<(String, Event)> for Told {
    fn from((position, event): (String, Event)) -> Self {
        match event {
            Event::Ticket(event) => Self::Ticket(Placed { event, position }),
            Event::Contact(event) => Self::Contact(Placed { event, position }),
        }
    }
}

/// Where a page ends.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "FeedEnd")]
pub struct End<'a> {
    /// Everything up to here has been told: the `after` of the next request.
    next: &'a str,
    has_more: bool,
    size: u16,
}

#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "FeedPage")]
pub struct Page<'a> {
    data: &'a [Told],
    page: End<'a>,
}

/// `GET /v1/events`: oldest first, after a position. A page that is short or empty
/// has its `next` all the same; going on from there neither loses nor repeats.
pub async fn feed(session: Session, mut query: Query) -> Result<Response, Problem> {
    let limit = query.parsed("limit", |text| match text.parse() {
        Ok(limit @ 1..=MAX_LIMIT) => Ok(limit),
        _ => Err("expected a number from 1 to 100"),
    });
    let after = query.one("after");
    let types = query.parsed_values("type", |word| EventType::parse(word).ok_or("expected an event type"));
    let mut subjects = query.parsed_values("ticket_id", |id| id.parse().map(Subject::Ticket));
    subjects.extend(query.parsed_values("contact_id", |id| id.parse().map(Subject::Contact)));
    let filter = Filter { types, subjects };
    query.finish()?;
    access::feed(&session)?;
    let size = limit.unwrap_or(DEFAULT_LIMIT);
    let after = start(&session, after.as_deref())?;
    let wants = |event: &Event| filter.takes(event);
    let per_read = if filter.is_empty() { size } else { MAX_LIMIT };
    let reading =
        Reading { store: &session.store, workspace: session.workspace(), now: session.now, until: None, per_read };
    let Stretch { told, next, has_more } = reading.read(&after, size.into(), READS, wants).await?;
    let told: Vec<_> = told.into_iter().map(Told::from).collect();
    let page = Page { data: &told, page: End { next: &next, has_more, size } };
    Ok(json(StatusCode::OK, &page).into_response())
}

/// Where to begin; nothing was told before there was a workspace.
fn start(session: &Session, after: Option<&str>) -> Result<FeedPosition, Problem> {
    let first = FeedPosition::at(session.directory.workspace.created_at.minus(CLOCKS_DIFFER));
    let after = match after.map(str::parse::<FeedPosition>) {
        None => FeedPosition::at(session.now.minus(DEFAULT_PAST)),
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
pub struct Reading<'a> {
    pub store: &'a Store,
    pub workspace: WorkspaceId,
    pub now: Timestamp,
    /// Where to stop, though there may be more.
    pub until: Option<&'a FeedPosition>,
    /// Events per request to the table: 1 to 100.
    pub per_read: u16,
}

/// A part of the feed.
pub struct Stretch {
    /// What was wanted of it with its positions, oldest first.
    pub told: Vec<(String, Event)>,
    /// Everything up to here was looked at.
    pub next: String,
    /// There is more already.
    pub has_more: bool,
}

impl Reading<'_> {
    /// Up to `limit` wanted events after a position, with at most `reads` requests.
    pub async fn read(
        &self,
        after: &FeedPosition,
        limit: usize,
        reads: usize,
        wants: impl Fn(&Event) -> bool,
    ) -> Result<Stretch, Problem> {
        let mut stretch = Stretch { told: Vec::new(), next: after.to_string(), has_more: true };
        for _ in 0..reads {
            let page = self.store.feed(self.workspace, Some(&stretch.next), self.now, self.now, self.per_read).await?;
            let page = page.map_err(|InvalidPosition| unknown_position())?;
            for (position, event) in page.events {
                if self.ends_before(&position) {
                    return Ok(Stretch { has_more: false, ..stretch });
                }
                if wants(&event) {
                    if stretch.told.len() == limit {
                        return Ok(stretch);
                    }
                    stretch.told.push((position.clone(), event));
                }
                stretch.next = position;
            }
            stretch.next = page.next;
            stretch.has_more = page.has_more && !self.ends_before(&stretch.next);
            if !stretch.has_more || stretch.told.len() == limit {
                break;
            }
        }
        Ok(stretch)
    }

    fn ends_before(&self, position: &str) -> bool {
        self.until.is_some_and(|until| position >= until.as_str())
    }
}
