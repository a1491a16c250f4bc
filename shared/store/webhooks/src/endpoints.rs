//! Webhook endpoints: read one by one or all of a workspace, and changed without undoing
//! what somebody else changed meanwhile. A change is one read and one write, both again
//! when somebody else was faster.

use crate::Webhooks;
use lambdesk_domain::{
    id::{EndpointId, WorkspaceId},
    time::Timestamp,
    webhook::Endpoint,
};
use lambdesk_table::{
    AnswerError, Held, Key, Record, TableError, Tenant, Tx, Versioned, Write,
    item::{document, read_document},
    keys,
    retry::{ATTEMPTS, Attempts},
};

impl Webhooks {
    /// One endpoint.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn endpoint(&self, workspace: WorkspaceId, id: EndpointId) -> Result<Option<Endpoint>, TableError> {
        let item = self.table.get(Tenant::new(workspace).endpoint(id)).await?;
        Ok(item.map(|item| read_document(&item)).transpose()?)
    }

    /// All endpoints of a workspace, as they are now: never cached, because an event
    /// that misses a new endpoint would be lost to it.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn endpoints(&self, workspace: WorkspaceId) -> Result<Vec<Endpoint>, TableError> {
        let items = self.table.whole(&Tenant::new(workspace).endpoints(), keys::ENDPOINTS).await?;
        Ok(items.iter().map(read_document).collect::<Result<_, _>>()?)
    }

    /// Writes a new endpoint together with the answer to remember.
    ///
    /// # Errors
    /// As [`AnswerError`] says.
    pub async fn create_endpoint(&self, endpoint: &Endpoint, answer: Option<&Record>) -> Result<(), AnswerError> {
        let mut tx = Tx::<AnswerError>::new();
        tx.remember(endpoint.workspace_id, answer, endpoint.created_at);
        tx.write(Write::create(document(key_of(endpoint), endpoint)));
        tx.commit(&self.table).await
    }

    /// Changes an endpoint as it is now, together with the answer to remember that
    /// `change` gives with it; answers the endpoint afterwards, or none when there
    /// is no such one. `change` may be asked several times. Where there is nothing
    /// to remember, [`Webhooks::revise_endpoint`] is cheaper.
    ///
    /// # Errors
    /// [`AnswerError::Answered`] when the request was answered before,
    /// [`TableError::Contended`] when others were faster each time, or the table's failure.
    pub async fn change_endpoint(
        &self,
        workspace: WorkspaceId,
        id: EndpointId,
        now: Timestamp,
        change: impl Fn(Endpoint) -> (Endpoint, Option<Record>),
    ) -> Result<Option<Endpoint>, AnswerError> {
        let mut attempts = Attempts::new();
        while let Some(before) = self.versioned_endpoint(workspace, id).await? {
            let (after, answer) = change(before.value.clone());
            let mut tx = Tx::<Held<AnswerError>>::new();
            tx.remember(workspace, answer.as_ref(), now);
            tx.hold(replace(&before, &after));
            if tx.commit_held(&self.table).await? {
                return Ok(Some(after));
            }
            if !attempts.again(ATTEMPTS).await {
                return Err(TableError::Contended.into());
            }
        }
        Ok(None)
    }

    /// Changes an endpoint as it is now; answers it before and after, or none when
    /// it is gone or nothing about it changes. `revise` may be asked several times.
    ///
    /// # Errors
    /// [`TableError::Contended`] when others were faster each time, or the table's failure.
    pub async fn revise_endpoint(
        &self,
        workspace: WorkspaceId,
        id: EndpointId,
        revise: impl Fn(&Endpoint) -> Endpoint,
    ) -> Result<Option<(Endpoint, Endpoint)>, TableError> {
        let mut attempts = Attempts::new();
        while let Some(before) = self.versioned_endpoint(workspace, id).await? {
            let after = revise(&before.value);
            if after == before.value {
                return Ok(None);
            }
            if self.table.write(replace(&before, &after)).await? {
                return Ok(Some((before.value, after)));
            }
            if !attempts.again(ATTEMPTS).await {
                return Err(TableError::Contended);
            }
        }
        Ok(None)
    }

    /// Removes an endpoint. Its deliveries are given up when they come due.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn delete_endpoint(&self, workspace: WorkspaceId, id: EndpointId) -> Result<(), TableError> {
        self.table.write(Write::delete(Tenant::new(workspace).endpoint(id))).await.map(drop)
    }

    /// Writes an endpoint as it is, whatever is there.
    ///
    /// # Errors
    /// When the table fails.
    #[cfg(feature = "testing")]
    pub async fn put_endpoint(&self, endpoint: &Endpoint) -> Result<(), TableError> {
        self.table.write(Write::put(document(key_of(endpoint), endpoint))).await.map(drop)
    }

    async fn versioned_endpoint(
        &self,
        workspace: WorkspaceId,
        id: EndpointId,
    ) -> Result<Option<Versioned<Endpoint>>, TableError> {
        self.table.versioned(Tenant::new(workspace).endpoint(id)).await
    }
}

fn key_of(endpoint: &Endpoint) -> Key {
    Tenant::new(endpoint.workspace_id).endpoint(endpoint.id)
}

/// The endpoint's item after a change, written only if it is as it was read.
fn replace(before: &Versioned<Endpoint>, after: &Endpoint) -> Write {
    Write::put(document(key_of(&before.value), after)).when_unchanged(before)
}
