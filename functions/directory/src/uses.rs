//! What still uses an entry that is to go.

use axum::{extract::FromRequestParts, http::request::Parts};
use lambdesk_api::{auth::Session, problem::Problem, query::QueryParameters, state::App, write::WriteOptions};
use lambdesk_domain::{
    directory::{Entry, KeyHolder},
    id::TicketId,
};
use lambdesk_store_events::Events;
use lambdesk_store_lists::Lists;
use lambdesk_store_reports::Reports;
use lambdesk_store_search::SearchIndex;
use lambdesk_store_webhooks::Webhooks;
use lambdesk_table::keys::IndexedValue;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

/// How many users of one kind are named.
const NAMED: usize = 10;

/// A write that may be told to go on although something is in use.
#[derive(Debug, Clone)]
pub struct Forcible {
    /// The write.
    pub write: WriteOptions,
    /// Whatever uses it is left without it.
    pub is_forced: bool,
    /// Of a user who is switched off or deleted: the keys that they made end, too.
    pub ends_keys: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Forcible {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let mut query = QueryParameters::from_request_parts(parts, state).await?;
        let is_forced = query.flag("force").unwrap_or(false);
        let ends_keys = query.flag("end_keys").unwrap_or(false);
        Ok(Self { write: WriteOptions::read(parts, state, query).await?, is_forced, ends_keys })
    }
}

/// Something that is about to be gone, and by what it may be used.
#[derive(Debug, Clone, Default)]
pub struct Freed {
    /// What tickets may have.
    pub on_tickets: Vec<IndexedValue>,
    /// The holder of keys.
    pub holder: Option<KeyHolder>,
    /// What channels give to new tickets, or webhooks are narrowed to.
    pub id: Option<Uuid>,
}

/// The users of one kind.
#[derive(Debug, Serialize)]
struct Use {
    /// `ticket`, `channel`, `webhook` or `api_key`.
    kind: &'static str,
    /// How many were found.
    count: usize,
    /// There are no more.
    is_exact: bool,
    /// Some of them.
    ids: Vec<Uuid>,
}

impl Use {
    fn of(kind: &'static str, ids: Vec<Uuid>, is_exact: bool) -> Option<Self> {
        let count = ids.len();
        (count > 0 || !is_exact).then(|| Self { kind, count, is_exact, ids: ids.into_iter().take(NAMED).collect() })
    }
}

/// The stores of what may use an entry besides the directory itself: tickets and webhook
/// endpoints. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Uses {
    lists: Lists,
    webhooks: Webhooks,
}

impl Uses {
    /// Over the table of this state.
    pub fn of(app: &App) -> Self {
        let (search, events) = (SearchIndex::new(&app.table, &app.tickets), Events::new(&app.table));
        let reports = Reports::new(&app.table, &events);
        Self { lists: Lists::new(&app.table, &search, &reports), webhooks: Webhooks::new(&app.table) }
    }

    /// Holds a change to taking nothing away that is used.
    ///
    /// # Errors
    /// 409 `in_use`, with who uses it.
    pub async fn require_none(&self, session: &Session, freed: &Freed) -> Result<(), Problem> {
        let mut uses: Vec<Use> = Vec::new();
        uses.extend(self.tickets(session, &freed.on_tickets).await?);
        if let Some(holder) = freed.holder {
            uses.extend(keys(session, holder).await?);
        }
        if let Some(id) = freed.id {
            uses.extend(channels(session, id).await?);
            uses.extend(self.webhooks(session, id).await?);
        }
        if uses.is_empty() {
            return Ok(());
        }
        let is_sure = uses.iter().any(|used| used.count > 0);
        let begin =
            if is_sure { "it is still in use" } else { "it may still be in use: not every ticket could be looked at" };
        let detail = format!("{begin}; with force=true it goes all the same, and what uses it is left without it");
        Err(Problem::conflict("in_use", detail).with_extra("uses", json!(uses)))
    }

    async fn tickets(&self, session: &Session, values: &[IndexedValue]) -> Result<Option<Use>, Problem> {
        let (mut ids, mut is_exact) = (Vec::new(), true);
        for value in values {
            let users = self.lists.users_of(session.workspace(), value).await?;
            ids.extend(users.tickets.into_iter().map(TicketId::uuid));
            is_exact &= !users.may_be_more;
            // Enough to refuse; the rest would only cost.
            if ids.len() > NAMED {
                is_exact = false;
                break;
            }
        }
        ids.sort_unstable();
        ids.dedup();
        Ok(Use::of("ticket", ids, is_exact))
    }

    async fn webhooks(&self, session: &Session, id: Uuid) -> Result<Option<Use>, Problem> {
        let endpoints = self.webhooks.endpoints(session.workspace()).await?;
        let using = endpoints.iter().filter(|endpoint| endpoint.channel_ids.iter().any(|channel| channel.uuid() == id));
        Ok(Use::of("webhook", using.map(|endpoint| endpoint.id.uuid()).collect(), true))
    }
}

async fn keys(session: &Session, holder: KeyHolder) -> Result<Option<Use>, Problem> {
    let keys = session.app.directories.api_keys(session.workspace()).await?;
    let live = keys.into_iter().filter(|listed| listed.key.holder == holder && !listed.key.is_expired(session.now));
    Ok(Use::of("api_key", live.map(|listed| listed.key.id.uuid()).collect(), true))
}

async fn channels(session: &Session, id: Uuid) -> Result<Option<Use>, Problem> {
    let directory =
        session.app.directories.fresh_directory(session.workspace()).await?.ok_or_else(Problem::not_found)?;
    let using = directory.channels.values().filter(|channel| {
        channel.opening.default_team.is_some_and(|team| team.uuid() == id)
            || channel.opening.default_category.is_some_and(|category| category.uuid() == id)
    });
    Ok(Use::of("channel", using.map(|channel| channel.id.uuid()).collect(), true))
}

/// What deleting an entry takes from whom.
pub fn freed_with(entry: &Entry) -> Freed {
    let id = Some(entry.id());
    match entry {
        Entry::User(user) => Freed {
            on_tickets: vec![IndexedValue::Assignee(user.id)],
            holder: Some(KeyHolder::User { user_id: user.id }),
            id: None,
        },
        Entry::Team(team) => Freed { on_tickets: vec![IndexedValue::Team(team.id)], id, holder: None },
        Entry::Tag(tag) => Freed { on_tickets: vec![IndexedValue::Tag(tag.id)], ..Freed::default() },
        Entry::Category(category) => Freed { on_tickets: vec![IndexedValue::Category(category.id)], id, holder: None },
        Entry::Channel(channel) => Freed {
            on_tickets: vec![IndexedValue::Channel(channel.id)],
            holder: Some(KeyHolder::Channel { channel_id: channel.id }),
            id,
        },
        Entry::Field(field) => Freed { on_tickets: vec![IndexedValue::Field(field.key.clone())], ..Freed::default() },
    }
}
