//! The end of tickets: those that are too old are found, and what a purged ticket leaves
//! is removed.
//!
//! Purging a ticket begins with one transaction that deletes the ticket item and leaves
//! another one, which says that the purge is pending and is due at once. From then on
//! nothing of the ticket can be seen, and whoever finds the pending purge, now or after a
//! crash, removes the ticket's other items, at last that one. The stream tells of the
//! ticket item, so its projection rows and its words in the search index go with it. Its
//! events stay: they say nothing personal, the feed goes on past them and reports are
//! counted from them.

use crate::{
    Tickets,
    item::{attr, readable},
};
use lambdesk_domain::{
    id::{TicketId, WorkspaceId},
    status::Lifecycle,
    ticket::Ticket,
    time::Timestamp,
};
use lambdesk_table::{
    BatchWrite, Held, Index, Item, Key, Query, TableError, Tenant, Tx, Write,
    item::{document, number, text, time},
    keys::{self, State},
};
use std::time::Duration;

/// Items of one purged ticket that are read at once.
const BELONGINGS: u16 = 200;

/// Some tickets at the oldest end of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct OldestTickets {
    /// Those that may have expired.
    pub tickets: Vec<Ticket>,
    /// After which place the next ones are; none after the last.
    pub next: Option<String>,
}

impl Tickets {
    /// Looks through the oldest tickets of a state, up to `limit` of them, for those
    /// that nothing happened to since a time. (A ticket's last change is never before
    /// its last activity, by which the list goes.)
    ///
    /// # Errors
    /// When the table fails.
    pub async fn oldest(
        &self,
        workspace: WorkspaceId,
        state: State,
        unchanged_since: Timestamp,
        from: Option<&str>,
        limit: u16,
    ) -> Result<OldestTickets, TableError> {
        let until = keys::activity(unchanged_since.plus(Duration::from_millis(1)), TicketId::new(uuid::Uuid::nil()));
        let from = from.map_or_else(|| "-".to_owned(), keys::after);
        let query = Query::in_index(Index::List, Tenant::new(workspace).list(state)).between(from, until);
        let query = query.filter(Some("#up <= :since".to_owned())).name("#up", attr::UPDATED);
        let slice = self.table.query(query.value(":since", time(unchanged_since)).limit(limit)).await?;
        let next = slice.last.and_then(|mut key| key.remove("l_sk"));
        let next = next.and_then(|place| place.as_s().ok().cloned());
        Ok(OldestTickets { tickets: slice.items.iter().filter_map(readable).collect(), next })
    }

    /// Whether a state has any tickets, as far as the index knows.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn is_any(&self, workspace: WorkspaceId, state: State) -> Result<bool, TableError> {
        let query = Query::in_index(Index::List, Tenant::new(workspace).list(state)).limit(1);
        Ok(self.table.query(query).await?.count > 0)
    }

    /// Begins the purge of a ticket in the trash: deletes the ticket item, if it is still
    /// as it was read, and leaves the pending purge. Says whether it did.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn begin_purge(&self, ticket: &Ticket, now: Timestamp) -> Result<bool, TableError> {
        let tenant = Tenant::new(ticket.workspace_id);
        let delete = Write::delete(tenant.ticket(ticket.id)).when("#ver = :ver AND #sh = :trashed");
        let delete = delete
            .name("#ver", attr::VERSION)
            .name("#sh", attr::LIFECYCLE)
            .value(":ver", number(ticket.version.0))
            .value(":trashed", text(Lifecycle::Trashed.as_str()));
        let mut tx = Tx::<Held<TableError>>::new();
        tx.hold(delete);
        tx.write(Write::put(pending(tenant.pending_purge(ticket.id), now)));
        tx.commit_held(&self.table).await
    }

    /// Ends the purge of a ticket: removes what it has left in the table, but for its
    /// events, and then the pending purge. May be repeated; what its files hold is to be
    /// removed before.
    ///
    /// # Errors
    /// When the table fails; doing it again goes on.
    pub async fn finish_purge(&self, workspace: WorkspaceId, ticket: TicketId) -> Result<(), TableError> {
        let pending = Tenant::new(workspace).pending_purge(ticket);
        let (from, to) = keys::BELONGINGS;
        loop {
            let page = self.table.page(Query::of(&pending.pk).between(from, to), BELONGINGS).await?;
            let keys = page.items.iter().filter_map(key_of).filter(|key| !keys::is_pending_purge(&key.sk));
            self.table.write_all(keys.map(BatchWrite::Delete).collect()).await?;
            if !page.has_more {
                return self.table.write(Write::delete(pending)).await.map(drop);
            }
        }
    }
}

/// The item of a pending purge: among the due rows until the purge has ended.
fn pending(key: Key, now: Timestamp) -> Item {
    let (hour, place) = keys::due(now, &key);
    let mut item = document(key, &now);
    item.extend([("x_pk".to_owned(), text(hour)), ("x_sk".to_owned(), text(place))]);
    item
}

fn key_of(item: &Item) -> Option<Key> {
    let part = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
    Some(Key { pk: part("pk")?, sk: part("sk")? })
}
