//! What comes due: follow-ups, deliveries, and tickets and contacts whose events need a
//! check.

use crate::{
    client::{CAPACITY, Store, failure},
    error::StoreError,
    item::{Item, document, json, number, read_document, text},
    keys::{self, Index, Key, Tenant},
};
use lambdesk_domain::{
    events::Subject,
    id::{ContactId, DeliveryId, EndpointId, JobId, TicketId, Version, WorkspaceId},
    status::Shelf,
    time::Timestamp,
};
use serde::{Serialize, de::DeserializeOwned};

/// Something that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// A ticket's follow-up.
    FollowUp { workspace: WorkspaceId, ticket: TicketId, at: Timestamp },
    /// An attempt of a delivery.
    Delivery { workspace: WorkspaceId, endpoint: EndpointId, delivery: DeliveryId, at: Timestamp },
    /// A ticket or contact whose events could not be written when they should have been.
    Recheck { workspace: WorkspaceId, of: Subject, at: Timestamp },
    /// A merge or an erasure that is not done.
    Job { workspace: WorkspaceId, contact: ContactId, job: JobId, at: Timestamp },
    /// A workspace's round of purging.
    Round { workspace: WorkspaceId, at: Timestamp },
    /// A purged ticket whose items are not all gone.
    Remains { workspace: WorkspaceId, ticket: TicketId, at: Timestamp },
    /// A search index that wants to be looked after.
    Index { workspace: WorkspaceId, at: Timestamp },
}

/// The follow-up that a due row stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct FollowUp {
    /// When it is due.
    pub due: Timestamp,
    /// Where the ticket was when it was set.
    pub shelf: Shelf,
}

impl Store {
    /// Makes a follow-up findable when it is due. A row of a later version stays.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn put_follow_up(
        &self,
        workspace: WorkspaceId,
        ticket: TicketId,
        version: Version,
        follow_up: FollowUp,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let key = Tenant::new(workspace).follow_up(ticket);
        // A time that has passed goes where the sweep still looks.
        let (hour, place) = keys::due(follow_up.due.max(now), &key);
        let mut item = document(key, &follow_up);
        item.extend([
            ("ver".to_owned(), number(version.0)),
            ("x_pk".to_owned(), text(hour)),
            ("x_sk".to_owned(), text(place)),
        ]);
        self.put_newer(item, version).await
    }

    async fn put_newer(&self, item: Item, version: Version) -> Result<(), StoreError> {
        let after = self.meter.ended();
        let request = self.client.put_item().table_name(&*self.table).set_item(Some(item));
        let request = request
            .condition_expression("attribute_not_exists(pk) OR ver < :ver")
            .expression_attribute_values(":ver", number(version.0))
            .return_consumed_capacity(CAPACITY);
        match request.send().await {
            Ok(output) => self.record("PutItem", after, output.consumed_capacity()),
            Err(error) if crate::client::is_condition_failure(&error) => self.record("PutItem", after, None),
            Err(error) => return Err(failure(error)),
        }
        Ok(())
    }

    /// The follow-up row of a ticket.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn follow_up(&self, workspace: WorkspaceId, ticket: TicketId) -> Result<Option<FollowUp>, StoreError> {
        let item = self.get(Tenant::new(workspace).follow_up(ticket), true).await?;
        Ok(item.map(|item| read_document(&item)).transpose()?)
    }

    /// Removes a ticket's follow-up row.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn remove_follow_up(&self, workspace: WorkspaceId, ticket: TicketId) -> Result<(), StoreError> {
        self.delete(Tenant::new(workspace).follow_up(ticket)).await
    }

    /// Asks the sweep to check the events of a ticket or contact.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn recheck_later(&self, workspace: WorkspaceId, of: Subject, at: Timestamp) -> Result<(), StoreError> {
        let key = Tenant::new(workspace).recheck(of);
        let (hour, place) = keys::due(at, &key);
        let mut item = document(key, &at);
        item.extend([("x_pk".to_owned(), text(hour)), ("x_sk".to_owned(), text(place))]);
        self.put(item, None).await.map(drop)
    }

    /// Takes back [`Store::recheck_later`].
    ///
    /// # Errors
    /// When the table fails.
    pub async fn remove_recheck(&self, workspace: WorkspaceId, of: Subject) -> Result<(), StoreError> {
        self.delete(Tenant::new(workspace).recheck(of)).await
    }

    /// What is due in one hour and shard up to a time, the earliest first.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn due(&self, hour: u64, shard: u8, until: Timestamp, limit: u16) -> Result<Vec<Due>, StoreError> {
        let after = self.meter.ended();
        let request = self.client.query().table_name(&*self.table).index_name(Index::Lookup.name());
        let request = request
            .key_condition_expression("x_pk = :pk AND x_sk < :until")
            .expression_attribute_values(":pk", text(keys::due_partition(hour, shard)))
            .expression_attribute_values(":until", text(keys::due_until(until)))
            .limit(i32::from(limit))
            .return_consumed_capacity(CAPACITY);
        let output = request.send().await.map_err(failure)?;
        self.record("Query", after, output.consumed_capacity());
        Ok(output.items.unwrap_or_default().iter().filter_map(due_of).collect())
    }

    /// Records one run of the sweep; kept for 30 days.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn record_run(&self, at: Timestamp, run: &impl Serialize) -> Result<(), StoreError> {
        let mut item = document(keys::sweep_run(at), run);
        item.insert("expires_at".to_owned(), number(at.seconds() + 30 * 86_400));
        self.put(item, None).await.map(drop)
    }

    /// The latest runs of the sweep, newest first.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn runs<T: DeserializeOwned>(&self, limit: u16) -> Result<Vec<T>, StoreError> {
        let page = self.between(&keys::sweep_run(Timestamp::EPOCH).pk, keys::RUNS, false, limit).await?;
        Ok(page.documents()?.items)
    }

    /// How far the sweep has come, in its own terms.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn sweep_state<T: DeserializeOwned>(&self) -> Result<Option<T>, StoreError> {
        let item = self.get(keys::sweep_state(), true).await?;
        Ok(item.map(|item| read_document(&item)).transpose()?)
    }

    /// Remembers how far the sweep has come.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn put_sweep_state(&self, state: &impl Serialize) -> Result<(), StoreError> {
        let mut item = crate::client::primary(keys::sweep_state());
        item.insert("doc".to_owned(), json(state));
        self.put(item, None).await.map(drop)
    }
}

pub(crate) fn due_of(item: &Item) -> Option<Due> {
    let part = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
    let key = Key { pk: part("pk")?, sk: part("sk")? };
    let at = keys::due_time(&part("x_sk")?)?;
    if let Some((workspace, endpoint, delivery)) = keys::parse_delivery(&key) {
        return Some(Due::Delivery { workspace, endpoint, delivery, at });
    }
    if let Some((workspace, contact, job)) = keys::parse_job(&key) {
        return Some(Due::Job { workspace, contact, job, at });
    }
    if let Some(workspace) = keys::parse_index_care(&key) {
        return Some(Due::Index { workspace, at });
    }
    if let Some(workspace) = keys::parse_round(&key) {
        return Some(Due::Round { workspace, at });
    }
    if keys::is_recheck(&key.sk) {
        return keys::parse_events(&key.pk).map(|(workspace, of)| Due::Recheck { workspace, of, at });
    }
    let (workspace, ticket) = keys::parse_ticket(&key.pk)?;
    if keys::is_remains(&key.sk) {
        return Some(Due::Remains { workspace, ticket, at });
    }
    keys::is_follow_up(&key.sk).then_some(Due::FollowUp { workspace, ticket, at })
}
