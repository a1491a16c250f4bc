//! `GET /v1/tickets`: filters, cursor, page numbers, totals.

use axum::response::Response;
use lambdesk_api::{
    auth::Session,
    cursor::Direction,
    listing::{ListRequest, Listing},
    page::PageInfo,
    problem::Problem,
    query::Query,
    render::TicketView,
};
use lambdesk_domain::{
    access::Scope,
    custom_field::FieldKind,
    directory::Directory,
    id::{CategoryId, InvalidId, TagId, UserId},
    status::{ChannelType, Priority, Source, Status},
};
use lambdesk_store::{CustomFilter, DEEPEST, ListFilter, ListQuery, Position, Start, keys::State};

const ROUTE: &str = "/v1/tickets";

/// `GET /v1/tickets`: newest activity first.
pub async fn list(mut session: Session, request: ListRequest) -> Result<Response, Problem> {
    session.require(Scope::TicketsRead)?;
    let mut request = request;
    let asked = loop {
        let mut query = request.query.clone();
        let asked = Asked::read(&mut query, &session);
        // A name or key that is not in the remembered directory may be new.
        if asked.misses && session.refresh().await? {
            continue;
        }
        request.query = query;
        break asked;
    };
    let filter = format!("{asked:?}");
    let listing = request.listing(session.workspace(), ROUTE, filter)?;
    answer(&session, &listing, asked).await
}

async fn answer(session: &Session, listing: &Listing, asked: Asked) -> Result<Response, Problem> {
    let tenant = session.tenant();
    let query = ListQuery {
        states: asked.states,
        filter: asked.filter,
        hide_put_off: asked.hide_put_off,
        reach: session.reach(),
        start: start(listing)?,
        limit: listing.limit,
        now: session.now,
    };
    let total = async {
        if !listing.with_total {
            return Ok(None);
        }
        session.store.count(&tenant, &query).await.map(Some)
    };
    let (page, total) = tokio::try_join!(session.store.list(&tenant, &query), total)?;
    let position = |position: &Option<Position>| position.as_ref().map(|position| position.0.clone());
    let (older, newer) = (position(&page.older), position(&page.newer));
    let mut info = listing.info(older.as_deref(), newer.as_deref());
    if let Some(total) = total {
        info =
            if total.is_exact { info.with_total(total.count) } else { PageInfo { total: Some(total.count), ..info } };
    }
    let rows = page.tickets.iter().map(|ticket| TicketView::of(ticket, &session.directory)).collect::<Vec<_>>();
    Ok(listing.respond(rows, info))
}

fn start(listing: &Listing) -> Result<Start, Problem> {
    match (&listing.position, listing.number) {
        (Some((position, Direction::Forward)), _) => Ok(Start::OlderThan(Position(position.clone()))),
        (Some((position, Direction::Backward)), _) => Ok(Start::NewerThan(Position(position.clone()))),
        (None, number) => {
            let skip = number.map_or(0, |number| (number as usize - 1).saturating_mul(listing.limit.into()));
            if skip + usize::from(listing.limit) > DEEPEST {
                return Err(Problem::malformed("page numbers reach the first 1,000 tickets; use the cursor beyond"));
            }
            Ok(Start::Newest { skip })
        }
    }
}

/// What the query string asks for.
#[derive(Debug)]
struct Asked {
    states: Vec<State>,
    filter: ListFilter,
    hide_put_off: bool,
    /// Something named was not found in the directory.
    misses: bool,
}

impl Asked {
    fn read(query: &mut Query, session: &Session) -> Self {
        let directory = &session.directory;
        let mut names = Names { directory, misses: false };
        let statuses = query.parsed_values("status", word(Status::parse));
        let include = query.parsed_values("include", include);
        let states = states(query, &statuses, &include);
        let beside = states.iter().any(|state| !matches!(state, State::Live(_)));
        let filter = ListFilter {
            statuses: if beside { statuses } else { Vec::new() },
            sources: query.parsed_values("source", word(Source::parse)),
            priorities: query.parsed_values("priority", word(Priority::parse)),
            categories: names.categories(query),
            channels: query.parsed_values("channel_id", str::parse),
            channel_types: query.parsed_values("channel_type", word(ChannelType::parse)),
            assignees: query.parsed_values("assignee_id", |text| assignee(text, session)),
            teams: query.parsed_values("team_id", str::parse),
            tags: names.tags(query),
            contact: query.parsed("contact_id", str::parse),
            account: query.parsed("account_id", str::parse),
            uid: query.parsed("uid", str::parse),
            custom: names.custom(query),
        };
        // The one order there is; said or not.
        query.parsed(
            "sort",
            |text| if text == "-last_activity_at" { Ok(()) } else { Err("expected -last_activity_at") },
        );
        Self { states, filter, hide_put_off: !include.contains(&Include::FollowUp), misses: names.misses }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Include {
    Spam,
    Archived,
    Trashed,
    Unprocessed,
    FollowUp,
}

fn include(text: &str) -> Result<Include, &'static str> {
    match text {
        "spam" => Ok(Include::Spam),
        "archived" => Ok(Include::Archived),
        "trashed" => Ok(Include::Trashed),
        "unprocessed" => Ok(Include::Unprocessed),
        "follow_up" => Ok(Include::FollowUp),
        _ => Err("expected spam, archived, trashed, unprocessed or follow_up"),
    }
}

/// Where tickets are looked for: as asked by status or flag, without spam and
/// what is put away unless that is asked for.
fn states(query: &mut Query, statuses: &[Status], include: &[Include]) -> Vec<State> {
    let is_closed = query.flag("is_closed");
    let is_spam = query.flag("is_spam");
    if query.flag("processed") == Some(false) {
        return vec![State::Unprocessed];
    }
    let asked = |status: Status| {
        let by_status = if statuses.is_empty() {
            status != Status::Spam || include.contains(&Include::Spam) || is_spam == Some(true)
        } else {
            statuses.contains(&status)
        };
        by_status
            && is_closed.is_none_or(|wanted| wanted == status.is_closed())
            && is_spam.is_none_or(|wanted| wanted == (status == Status::Spam))
    };
    let live = Status::ALL.iter().copied().filter(|status| asked(*status)).map(State::Live);
    let more = [
        (Include::Archived, State::Archived),
        (Include::Trashed, State::Trashed),
        (Include::Unprocessed, State::Unprocessed),
    ];
    live.chain(more.into_iter().filter(|(wanted, _)| include.contains(wanted)).map(|(_, state)| state)).collect()
}

fn word<T>(parse: impl Fn(&str) -> Option<T>) -> impl Fn(&str) -> Result<T, &'static str> {
    move |text| parse(text).ok_or("there is no such value")
}

fn assignee(text: &str, session: &Session) -> Result<Option<UserId>, &'static str> {
    match text {
        "none" => Ok(None),
        "me" => session.actor.user().map(Some).ok_or("only a user's key can stand for a person"),
        id => id.parse().map(Some).map_err(|InvalidId| "expected me, none or a user's id"),
    }
}

/// Looks up what is named rather than given by id.
struct Names<'a> {
    directory: &'a Directory,
    misses: bool,
}

impl Names<'_> {
    /// `category=` by name or id, `category_id=` by id.
    fn categories(&mut self, query: &mut Query) -> Vec<CategoryId> {
        let mut ids = query.parsed_values("category_id", str::parse);
        for name in query.values("category") {
            let named = self.directory.category_named(&name).map(|category| category.id);
            ids.extend(self.found("category", name.parse().ok().or(named), query));
        }
        ids
    }

    /// `tag=` by name or id, `tag_id=` by id.
    fn tags(&mut self, query: &mut Query) -> Vec<TagId> {
        let mut ids = query.parsed_values("tag_id", str::parse);
        for name in query.values("tag") {
            let named = self.directory.tag_named(&name).map(|tag| tag.id);
            ids.extend(self.found("tag", name.parse().ok().or(named), query));
        }
        ids
    }

    fn found<T>(&mut self, parameter: &str, found: Option<T>, query: &mut Query) -> Option<T> {
        if found.is_none() {
            self.misses = true;
            query.error(parameter, "no_such_reference", "there is none of this name");
        }
        found
    }

    /// `custom.<key>=`: the value must be one that the field can have.
    fn custom(&mut self, query: &mut Query) -> Vec<CustomFilter> {
        let mut filters = Vec::new();
        for (key, values) in query.with_prefix("custom.") {
            let parameter = format!("custom.{key}");
            let definition = self.directory.fields.iter().find(|field| field.key.as_str() == key);
            let (Some(definition), [value]) = (definition, values.as_slice()) else {
                self.misses |= definition.is_none();
                query.error(&parameter, "invalid", "expected one value of a custom field that exists");
                continue;
            };
            match definition.parse_filter(value) {
                Ok(value) => {
                    filters.push(CustomFilter {
                        key: definition.key.clone(),
                        value,
                        is_member: definition.kind == FieldKind::Choices,
                    });
                }
                Err(error) => query.error(&parameter, "invalid", error.to_string()),
            }
        }
        filters
    }
}
