//! Webhook endpoints written together with the answer to remember.

use crate::{
    client::{Store, Transaction, backoff},
    error::{CommitError, Corrupt, StoreError},
    idempotency::Record,
    item::{document, read_document},
    keys::Tenant,
};
use aws_sdk_dynamodb::types::{Put, TransactWriteItem};
use lambdesk_domain::{
    id::{EndpointId, WorkspaceId},
    time::Timestamp,
    webhook::Endpoint,
};

/// How often a change is made anew because somebody else was faster.
const ATTEMPTS: u32 = 5;

impl Store {
    /// Writes a new endpoint together with the answer to remember.
    ///
    /// # Errors
    /// [`CommitError::Answered`] when the answer's key was used before, or the table's failure.
    pub async fn create_endpoint(&self, endpoint: &Endpoint, answer: Option<&Record>) -> Result<(), CommitError> {
        let key = Tenant::new(endpoint.workspace_id).endpoint(endpoint.id);
        let mut items = vec![self.put_fresh(document(key, endpoint))?];
        if let Some(answer) = answer {
            items.push(answer.put(&self.table, endpoint.workspace_id, endpoint.created_at)?);
        }
        self.transact(items).await?.with_answer(1).map(drop)
    }

    /// Changes an endpoint as it is now, together with the answer to remember that
    /// `change` gives with it; answers the endpoint afterwards, or none when there
    /// is no such one. `change` may be asked several times. Where there is nothing
    /// to remember, [`Store::revise_endpoint`] is cheaper.
    ///
    /// # Errors
    /// [`CommitError::Answered`] when the answer's key was used before,
    /// [`StoreError::Contended`] when others were faster each time, or the table's failure.
    pub async fn change_endpoint(
        &self,
        workspace: WorkspaceId,
        id: EndpointId,
        now: Timestamp,
        change: impl Fn(Endpoint) -> (Endpoint, Option<Record>),
    ) -> Result<Option<Endpoint>, CommitError> {
        let key = Tenant::new(workspace).endpoint(id);
        for attempt in 0..ATTEMPTS {
            let Some(item) = self.get(key.clone(), true).await? else {
                return Ok(None);
            };
            let (new, answer) = change(read_document(&item).map_err(StoreError::from)?);
            let seen = item.get("doc").cloned().ok_or(StoreError::Corrupt(Corrupt("doc")))?;
            let put = Put::builder().table_name(&*self.table).set_item(Some(document(key.clone(), &new)));
            let put = put.condition_expression("doc = :seen").expression_attribute_values(":seen", seen).build();
            let put = put.map_err(|error| StoreError::Refused(error.to_string()))?;
            let mut items = vec![TransactWriteItem::builder().put(put).build()];
            if let Some(answer) = answer {
                items.push(answer.put(&self.table, workspace, now)?);
            }
            if self.transact(items).await?.with_answer(1)? {
                return Ok(Some(new));
            }
            backoff(attempt).await;
        }
        Err(StoreError::Contended.into())
    }
}

impl Transaction {
    /// Whether it was written, when the item at `answer_at` is an answer to remember.
    pub(crate) fn with_answer(self, answer_at: usize) -> Result<bool, CommitError> {
        match self {
            Self::Written => Ok(true),
            Self::Cancelled(cancelled) => match cancelled.failed(answer_at) {
                None => Ok(false),
                Some(item) => {
                    let item = item.ok_or(StoreError::Corrupt(Corrupt("idempotency record")))?;
                    Err(CommitError::Answered(Box::new(Record::read(item).map_err(StoreError::from)?)))
                }
            },
        }
    }
}
