//! What still uses an entry that is to go.

use axum::{extract::FromRequestParts, http::request::Parts};
use lambdesk_api::{
    auth::Session,
    problem::Problem,
    query::QueryParameters,
    state::App,
    uses::{NAMED, UsedBy, UserKind, in_use},
    write::{Forcible, WriteOptions},
};
use lambdesk_domain::{
    cascade::RemovedValue,
    directory::{Channel, Entry, KeyHolder},
    id::{ChannelId, TicketId},
};
use lambdesk_store_directory::{EntryChange, EntryError};
use lambdesk_store_events::Events;
use lambdesk_store_lists::Lists;
use lambdesk_store_reports::Reports;
use lambdesk_store_search::SearchIndex;
use lambdesk_store_webhooks::Webhooks;
use lambdesk_table::{
    TableError,
    keys::IndexedValue,
    log_failure,
    retry::{ATTEMPTS, Attempts},
};
use uuid::Uuid;

/// A change of an entry.
#[derive(Debug, Clone)]
pub struct EntryWrite {
    /// The write.
    pub write: WriteOptions,
    /// Whatever uses what goes is left without it.
    pub is_forced: bool,
    /// Of a user who is switched off or deleted: the keys that they made end, too.
    pub ends_keys: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for EntryWrite {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let mut query = QueryParameters::from_request_parts(parts, state).await?;
        let ends_keys = query.flag("end_keys").unwrap_or(false);
        let Forcible { write, is_forced } = Forcible::read(parts, query)?;
        Ok(Self { write, is_forced, ends_keys })
    }
}

/// Something that is about to be gone, and by what it may be used.
#[derive(Debug, Clone, Default)]
pub struct Freed {
    /// What tickets may have, and will be without.
    pub removed: Vec<RemovedValue>,
    /// The channel that tickets may have come in on, which stays what happened.
    pub channel: Option<ChannelId>,
    /// The holder of keys.
    pub holder: Option<KeyHolder>,
    /// What channels give to new tickets, or webhooks are narrowed to.
    pub id: Option<Uuid>,
}

impl Freed {
    /// What tickets that use it are found by.
    fn on_tickets(&self) -> Vec<IndexedValue> {
        let removed = self.removed.iter().map(IndexedValue::of_removed);
        removed.chain(self.channel.map(IndexedValue::Channel)).collect()
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
        let mut uses: Vec<UsedBy> = Vec::new();
        uses.extend(self.tickets(session, &freed.on_tickets()).await?);
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
        Err(in_use(&uses, "with force=true it goes all the same, and what uses it is left without it"))
    }

    async fn tickets(&self, session: &Session, values: &[IndexedValue]) -> Result<Option<UsedBy>, Problem> {
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
        Ok(UsedBy::of(UserKind::Ticket, ids, is_exact))
    }

    async fn webhooks(&self, session: &Session, id: Uuid) -> Result<Option<UsedBy>, Problem> {
        let endpoints = self.webhooks.endpoints(session.workspace()).await?;
        let using = endpoints.iter().filter(|endpoint| endpoint.channel_ids.iter().any(|channel| channel.uuid() == id));
        Ok(UsedBy::of(UserKind::Webhook, using.map(|endpoint| endpoint.id.uuid()).collect(), true))
    }
}

async fn keys(session: &Session, holder: KeyHolder) -> Result<Option<UsedBy>, Problem> {
    let keys = session.app.directories.api_keys(session.workspace()).await?;
    let live = keys.into_iter().filter(|listed| listed.key.holder == holder && !listed.key.is_expired(session.now));
    Ok(UsedBy::of(UserKind::ApiKey, live.map(|listed| listed.key.id.uuid()).collect(), true))
}

async fn channels(session: &Session, id: Uuid) -> Result<Option<UsedBy>, Problem> {
    let directory =
        session.app.directories.fresh_directory(session.workspace()).await?.ok_or_else(Problem::not_found)?;
    let using = directory.channels.values().filter(|channel| without(channel, id).is_some());
    Ok(UsedBy::of(UserKind::Channel, using.map(|channel| channel.id.uuid()).collect(), true))
}

/// The channel without the team or category that it gives to new tickets; none where that
/// is another one.
fn without(channel: &Channel, id: Uuid) -> Option<Channel> {
    let mut left = channel.clone();
    let opening = &mut left.opening;
    opening.default_team = opening.default_team.filter(|team| team.uuid() != id);
    opening.default_category = opening.default_category.filter(|category| category.uuid() != id);
    (left != *channel).then_some(left)
}

/// Takes what was deleted off the channels that give it to new tickets. Until that is done,
/// and where it fails, new tickets are made without it all the same.
pub async fn leave_channels(session: &Session, gone: Uuid) {
    let left = async {
        let directory = session.app.directories.fresh_directory(session.workspace()).await?;
        let channels = directory.iter().flat_map(|directory| directory.channels.values());
        for channel in channels.filter(|channel| without(channel, gone).is_some()) {
            leave_channel(session, channel.id, gone).await?;
        }
        Ok::<_, TableError>(())
    };
    if let Err(error) = left.await {
        log_failure!(error, "a channel still names what was deleted, and gives it to no ticket");
    }
}

/// Takes it off one channel, as that is by now: others may be changing it, too.
async fn leave_channel(session: &Session, channel: ChannelId, gone: Uuid) -> Result<(), TableError> {
    let (directories, workspace, mut attempts) = (&session.app.directories, session.workspace(), Attempts::new());
    while let Some(read) = directories.entry(workspace, channel.uuid()).await? {
        let Entry::Channel(now) = &read.value else { return Ok(()) };
        let Some(after) = without(now, gone).map(Entry::Channel) else { return Ok(()) };
        let change = EntryChange { before: &read, after: Some(&after), co_condition: None, beside: Vec::new() };
        match directories.change_entry(workspace, change, None, session.now).await {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            Err(EntryError::Table(error)) => return Err(error),
            // A change of no name that nobody waits for.
            Err(error @ (EntryError::Answered(_) | EntryError::Taken(_))) => {
                return Err(TableError::Refused(error.to_string()));
            }
        }
        if !attempts.again(ATTEMPTS).await {
            return Err(TableError::Contended);
        }
    }
    Ok(())
}

/// What deleting an entry takes from whom.
pub fn freed_with(entry: &Entry) -> Freed {
    let id = Some(entry.id());
    let removed = |value| vec![value];
    match entry {
        Entry::User(user) => Freed {
            removed: removed(RemovedValue::Assignee(user.id)),
            holder: Some(KeyHolder::User { user_id: user.id }),
            ..Freed::default()
        },
        Entry::Team(team) => Freed { removed: removed(RemovedValue::Team(team.id)), id, ..Freed::default() },
        Entry::Tag(tag) => Freed { removed: removed(RemovedValue::Tag(tag.id)), ..Freed::default() },
        Entry::Category(category) => {
            Freed { removed: removed(RemovedValue::Category(category.id)), id, ..Freed::default() }
        }
        Entry::Channel(channel) => Freed {
            channel: Some(channel.id),
            holder: Some(KeyHolder::Channel { channel_id: channel.id }),
            id,
            ..Freed::default()
        },
        Entry::Field(field) => Freed { removed: removed(RemovedValue::Field(field.key.clone())), ..Freed::default() },
    }
}
