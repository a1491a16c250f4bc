//! The end of tickets: what is too old is found, and what a purged ticket leaves
//! is removed.
//!
//! A workspace with something in its trash, or with a retention, has one row in the
//! due rows: its round, a day after the other. A round walks the lists from their
//! oldest end.
//!
//! Purging a ticket is one transaction that removes its head and leaves a row
//! saying that something remains. From then on nothing of it can be seen, and
//! whoever finds that row, now or after a crash, removes its items, at last the row
//! itself. The stream tells of the head, so the rows of lists and the words of
//! search go with it. Its events stay: they say nothing personal, the feed goes on
//! past them and reports are counted from them.

use crate::{
    changes::Refusal,
    client::{CAPACITY, Store, failure, is_condition_failure, primary},
    error::{CommitError, StoreError},
    head::{self, attr},
    item::{FORMAT, Item, Reader, json, number, text, time},
    keys::{self, Index, Key, State, Tenant},
    rows::deletion,
};
use aws_sdk_dynamodb::types::{Delete, ReturnValue, TransactWriteItem, Update};
use lambdesk_domain::{
    id::{TicketId, WorkspaceId},
    status::Shelf,
    ticket::Ticket,
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// From one round to the next.
pub const BETWEEN_ROUNDS: Duration = Duration::from_hours(24);
/// How long after the last sign of something to purge a round is kept at least:
/// longer than an index lags behind.
const LINGERING: Duration = Duration::from_hours(1);
/// A round that is overdue so long may be further back than any run looks, after an
/// outage: it is due anew.
const OVERDUE: Duration = Duration::from_hours(3);
/// When something was last put into the trash, or the settings changed.
const TOUCHED: &str = "tp";
/// Items of one purged ticket that are read at once.
const BELONGINGS: u16 = 200;

/// A workspace's round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// Where it goes on; none at its beginning.
    pub place: Option<RoundPlace>,
    touched_at: Timestamp,
}

/// How far a round has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundPlace {
    /// The list that it walks, counted from zero.
    pub list: usize,
    /// The place in it after which it goes on; none at its beginning.
    pub after: Option<String>,
}

/// Some tickets at the oldest end of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Oldest {
    /// Those that may have expired.
    pub tickets: Vec<Ticket>,
    /// After which place the next ones are; none after the last.
    pub next: Option<String>,
}

impl Store {
    /// Sees to it that the workspace has a round: something was put into its trash.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn touch_round(&self, workspace: WorkspaceId, now: Timestamp) -> Result<(), StoreError> {
        let key = Tenant::new(workspace).purge_round();
        let (hour, place) = keys::due(now.plus(BETWEEN_ROUNDS), &key);
        let after = self.meter.ended();
        let request = self.client.update_item().table_name(&*self.table).set_key(Some(primary(key)));
        let request = request
            .update_expression(
                "SET x_pk = if_not_exists(x_pk, :hour), x_sk = if_not_exists(x_sk, :place), \
                 doc = if_not_exists(doc, :none), v = :v, tp = :now",
            )
            .expression_attribute_values(":hour", text(hour))
            .expression_attribute_values(":place", text(place))
            .expression_attribute_values(":none", json(&None::<RoundPlace>))
            .expression_attribute_values(":v", number(FORMAT))
            .expression_attribute_values(":now", time(now))
            .return_values(ReturnValue::AllNew)
            .return_consumed_capacity(CAPACITY);
        let output = self.persist("UpdateItem", || request.clone().send()).await.map_err(failure)?;
        self.record("UpdateItem", after, output.consumed_capacity());
        let place = output.attributes.as_ref().and_then(|item| item.get("x_sk")?.as_s().ok());
        let due = place.and_then(|place| keys::due_time(place));
        if due.is_none_or(|due| due.plus(OVERDUE) < now) {
            return self.put_round(workspace, None, now).await;
        }
        Ok(())
    }

    /// As one item of a transaction: the workspace's next round begins now.
    pub(crate) fn round_now(&self, workspace: WorkspaceId, now: Timestamp) -> Result<TransactWriteItem, StoreError> {
        let key = Tenant::new(workspace).purge_round();
        let (hour, place) = keys::due(now, &key);
        let update = Update::builder()
            .table_name(&*self.table)
            .set_key(Some(primary(key)))
            .update_expression("SET x_pk = :hour, x_sk = :place, doc = :none, v = :v, tp = :now")
            .expression_attribute_values(":hour", text(hour))
            .expression_attribute_values(":place", text(place))
            .expression_attribute_values(":none", json(&None::<RoundPlace>))
            .expression_attribute_values(":v", number(FORMAT))
            .expression_attribute_values(":now", time(now));
        let update = update.build().map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// A workspace's round.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn round(&self, workspace: WorkspaceId) -> Result<Option<Round>, StoreError> {
        let item = self.get(Tenant::new(workspace).purge_round(), true).await?;
        item.map(|item| Ok(Round { place: Reader(&item).json("doc")?, touched_at: Reader(&item).time(TOUCHED)? }))
            .transpose()
    }

    /// The round goes on from this place, or from its beginning, when it is due again.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn put_round(
        &self,
        workspace: WorkspaceId,
        place: Option<&RoundPlace>,
        due: Timestamp,
    ) -> Result<(), StoreError> {
        let key = Tenant::new(workspace).purge_round();
        let (hour, at) = keys::due(due, &key);
        let after = self.meter.ended();
        let request = self.client.update_item().table_name(&*self.table).set_key(Some(primary(key)));
        let request = request
            .update_expression("SET x_pk = :hour, x_sk = :place, doc = :doc")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":hour", text(hour))
            .expression_attribute_values(":place", text(at))
            .expression_attribute_values(":doc", json(&place))
            .return_consumed_capacity(CAPACITY);
        match self.persist("UpdateItem", || request.clone().send()).await {
            Ok(output) => self.record("UpdateItem", after, output.consumed_capacity()),
            Err(error) if is_condition_failure(&error) => self.record("UpdateItem", after, None),
            Err(error) => return Err(failure(error)),
        }
        Ok(())
    }

    /// There is nothing left to look after: no further rounds. Says whether that
    /// still holds; if not, the round stays.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn end_rounds(&self, workspace: WorkspaceId, seen: &Round, now: Timestamp) -> Result<bool, StoreError> {
        if seen.touched_at.plus(LINGERING) > now {
            return Ok(false);
        }
        let after = self.meter.ended();
        let request = self.client.delete_item().table_name(&*self.table);
        let request = request
            .set_key(Some(primary(Tenant::new(workspace).purge_round())))
            .condition_expression("tp = :seen")
            .expression_attribute_values(":seen", time(seen.touched_at))
            .return_consumed_capacity(CAPACITY);
        match self.persist("DeleteItem", || request.clone().send()).await {
            Ok(output) => self.record("DeleteItem", after, output.consumed_capacity()),
            Err(error) if is_condition_failure(&error) => {
                self.record("DeleteItem", after, None);
                return Ok(false);
            }
            Err(error) => return Err(failure(error)),
        }
        Ok(true)
    }

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
    ) -> Result<Oldest, StoreError> {
        let until = keys::activity(unchanged_since.plus(Duration::from_millis(1)), TicketId::new(uuid::Uuid::nil()));
        let after = self.meter.ended();
        let request = self.client.query().table_name(&*self.table).index_name(Index::List.name());
        let request = request
            .key_condition_expression("l_pk = :pk AND l_sk BETWEEN :from AND :until")
            .filter_expression("#up <= :since")
            .expression_attribute_names("#up", attr::UPDATED)
            .expression_attribute_values(":pk", text(Tenant::new(workspace).list(state)))
            .expression_attribute_values(":from", text(from.map_or_else(|| "-".to_owned(), keys::after)))
            .expression_attribute_values(":until", text(until))
            .expression_attribute_values(":since", time(unchanged_since))
            .limit(i32::from(limit))
            .return_consumed_capacity(CAPACITY);
        let output = request.send().await.map_err(failure)?;
        self.record("Query", after, output.consumed_capacity());
        let next = output.last_evaluated_key.and_then(|mut key| key.remove("l_sk"));
        let next = next.and_then(|place| place.as_s().ok().cloned());
        let tickets = output.items.unwrap_or_default().iter().filter_map(readable).collect();
        Ok(Oldest { tickets, next })
    }

    /// Whether a state has any tickets, as far as the index knows.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn is_any(&self, workspace: WorkspaceId, state: State) -> Result<bool, StoreError> {
        let after = self.meter.ended();
        let request = self.client.query().table_name(&*self.table).index_name(Index::List.name());
        let request = request
            .key_condition_expression("l_pk = :pk")
            .expression_attribute_values(":pk", text(Tenant::new(workspace).list(state)))
            .limit(1)
            .return_consumed_capacity(CAPACITY);
        let output = request.send().await.map_err(failure)?;
        self.record("Query", after, output.consumed_capacity());
        Ok(output.count > 0)
    }

    /// Removes the head of a ticket in the trash, if it is still as it was seen, and
    /// leaves the row of what remains. Says whether it did.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn purge_head(&self, ticket: &Ticket, now: Timestamp) -> Result<bool, StoreError> {
        let tenant = Tenant::new(ticket.workspace_id);
        let delete = Delete::builder()
            .table_name(&*self.table)
            .set_key(Some(primary(tenant.ticket(ticket.id))))
            .condition_expression("#ver = :ver AND #sh = :trashed")
            .expression_attribute_names("#ver", attr::VERSION)
            .expression_attribute_names("#sh", attr::SHELF)
            .expression_attribute_values(":ver", number(ticket.version.0))
            .expression_attribute_values(":trashed", text(Shelf::Trashed.as_str()));
        let delete = delete.build().map_err(|error| StoreError::Refused(error.to_string()))?;
        let head = TransactWriteItem::builder().delete(delete).build();
        let key = tenant.remains(ticket.id);
        let (hour, place) = keys::due(now, &key);
        let mut row = crate::item::document(key, &now);
        row.extend([("x_pk".to_owned(), text(hour)), ("x_sk".to_owned(), text(place))]);
        let steps = vec![(head, Refusal::NotAsSeen), (self.put_item(row)?, Refusal::NotAsSeen)];
        match crate::changes::as_seen(self.take(steps).await) {
            Ok(is_as_seen) => Ok(is_as_seen),
            Err(CommitError::Store(error)) => Err(error),
            Err(other) => Err(StoreError::Refused(other.to_string())),
        }
    }

    /// Removes what a purged ticket has left in the table, but for its events. May be
    /// repeated; what its files hold is to be removed before.
    ///
    /// # Errors
    /// When the table fails; doing it again goes on.
    pub async fn remove_remains(&self, workspace: WorkspaceId, ticket: TicketId) -> Result<(), StoreError> {
        let row = Tenant::new(workspace).remains(ticket);
        loop {
            let page = self.between(&row.pk, keys::BELONGINGS, true, BELONGINGS).await?;
            let doomed = page.items.iter().filter_map(key_of).filter(|key| !keys::is_remains(&key.sk));
            let deletions: Vec<_> = doomed.map(deletion).collect::<Result<_, _>>()?;
            self.write_all(&deletions).await?;
            if !page.has_more {
                return self.delete(row).await;
            }
        }
    }
}

fn key_of(item: &Item) -> Option<Key> {
    let part = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
    Some(Key { pk: part("pk")?, sk: part("sk")? })
}

/// One ticket that can't be read must not stop the round.
fn readable(item: &Item) -> Option<Ticket> {
    head::decode(item).inspect_err(|error| tracing::error!(%error, "a ticket can't be read")).ok()
}
