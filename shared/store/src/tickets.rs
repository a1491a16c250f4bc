//! Tickets and their threads.

use crate::{
    client::{CAPACITY, Store, Transaction, failure, is_condition_failure, primary},
    contacts::{Claim, Place},
    error::{CommitError, Corrupt, StoreError},
    head::{self, Expression},
    idempotency::Record,
    item::{Item, read_document, text},
    keys::{self, Key, Tenant},
    message,
};
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update};
use lambdesk_domain::{
    command::Change,
    id::{MessageId, TicketId, WorkspaceId},
    message::Message,
    ticket::Ticket,
};

/// What is written together with a change, all or nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct NewItems<'a> {
    /// The opening message of a new ticket. (A change brings its own message.)
    pub message: Option<&'a Message>,
    /// The contact that must be the one with this address, made if it is new.
    pub contact: Option<&'a Claim>,
    /// The answer to remember.
    pub answer: Option<&'a Record>,
}

/// Some items of a longer row, and where it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// There are more beyond the last one.
    pub has_more: bool,
}

impl Store {
    /// Writes a new ticket with what comes with it.
    ///
    /// # Errors
    /// [`CommitError::Answered`], [`CommitError::OtherContact`], or the table's failure.
    pub async fn create_ticket(&self, ticket: &Ticket, new: NewItems<'_>) -> Result<(), CommitError> {
        let item = head::encode(ticket);
        if new.message.is_none() && new.contact.is_none() && new.answer.is_none() {
            self.put(item, Some("attribute_not_exists(pk)")).await?;
            return Ok(());
        }
        let mut items = vec![self.put_new(item)?];
        if let Some(message) = new.message {
            let key = Tenant::new(ticket.workspace_id).message(ticket.id, message.id);
            items.push(self.put_new(message::encode(key, message))?);
        }
        let contact_at = items.len();
        if let Some(contact) = new.contact {
            items.extend(self.claim_contact(ticket.workspace_id, contact)?);
        }
        let answer_at = items.len();
        if let Some(answer) = new.answer {
            items.push(answer.put(&self.table, ticket.workspace_id, ticket.created_at)?);
        }
        match self.transact(items).await? {
            Transaction::Written => Ok(()),
            Transaction::Cancelled(cancelled) => {
                if let Some(item) = cancelled.failed(answer_at) {
                    return Err(answered(item)?);
                }
                match cancelled.failed(contact_at) {
                    Some(Some(item)) => {
                        Err(CommitError::OtherContact(Box::new(Place::read(item).map_err(StoreError::from)?)))
                    }
                    _ => Err(StoreError::Contended.into()),
                }
            }
        }
    }

    /// Commits a change if its guard holds: one conditional update, or one
    /// transaction when a message comes, changes or goes, or an answer is remembered. Answers
    /// the ticket afterwards where the table tells it. Written once however often
    /// it is sent: a transaction by its token, an update by the cause it leaves, so
    /// one request may change one ticket once per instant.
    ///
    /// What the change moves in the indexes must follow from its guard: a shelf
    /// from a single status, an assignee from statuses that are all active or none.
    /// Decisions of the domain are like that.
    ///
    /// # Errors
    /// [`CommitError::NotAsAssumed`] with the ticket as it is, [`CommitError::Absent`],
    /// [`CommitError::Answered`], or the table's failure.
    pub async fn commit(
        &self,
        workspace: WorkspaceId,
        ticket: TicketId,
        change: &Change,
        answer: Option<&Record>,
    ) -> Result<Option<Ticket>, CommitError> {
        let is_alone = change.message.is_none() && change.edited.is_none() && change.deleted.is_none();
        if is_alone && answer.is_none() {
            return self.update_head(workspace, ticket, change).await.map(Some);
        }
        let mut expression = Expression::default();
        let condition = head::condition(change, &mut expression);
        let update = head::update(workspace, ticket, change, &mut expression);
        let (names, values) = expression.into_parts();
        let tenant = Tenant::new(workspace);
        let update = Update::builder()
            .table_name(&*self.table)
            .set_key(Some(primary(tenant.ticket(ticket))))
            .condition_expression(condition)
            .update_expression(update)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
            .map_err(|error| StoreError::Refused(error.to_string()))?;
        let mut items = vec![TransactWriteItem::builder().update(update).build()];
        if let Some(message) = &change.message {
            items.push(self.put_new(message::encode(tenant.message(ticket, message.id), message))?);
        }
        let files_at = items.len();
        if let Some(message) = &change.message {
            items.extend(self.take_attachments(workspace, message)?);
        }
        let files_end = items.len();
        if let Some(message) = &change.edited {
            items.push(self.put_over(message::encode(tenant.message(ticket, message.id), message))?);
        }
        if let Some(message) = &change.deleted {
            items.extend(self.remove_message(workspace, message)?);
        }
        let answer_at = items.len();
        if let Some(answer) = answer {
            items.push(answer.put(&self.table, workspace, change.at)?);
        }
        match self.transact(items).await? {
            Transaction::Written => Ok(None),
            Transaction::Cancelled(cancelled) => match (cancelled.failed(answer_at), cancelled.failed(0)) {
                (Some(item), _) => Err(answered(item)?),
                (None, Some(item)) => Err(not_as_assumed(item)),
                (None, None) if (files_at..files_end).any(|at| cancelled.failed(at).is_some()) => {
                    Err(CommitError::Taken("an attachment"))
                }
                (None, None) => Err(StoreError::Contended.into()),
            },
        }
    }

    async fn update_head(
        &self,
        workspace: WorkspaceId,
        ticket: TicketId,
        change: &Change,
    ) -> Result<Ticket, CommitError> {
        let mut expression = Expression::default();
        let mut condition = head::condition(change, &mut expression);
        if let Some(dedup) = head::dedup(change, &mut expression) {
            condition = format!("{condition} AND {dedup}");
        }
        let update = head::update(workspace, ticket, change, &mut expression);
        let (names, values) = expression.into_parts();
        let after = self.meter.ended();
        let request = self.client.update_item().table_name(&*self.table);
        let request = request
            .set_key(Some(primary(Tenant::new(workspace).ticket(ticket))))
            .condition_expression(condition)
            .update_expression(update)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .return_consumed_capacity(CAPACITY);
        match self.persist("UpdateItem", || request.clone().send()).await {
            Ok(output) => {
                self.record("UpdateItem", after, output.consumed_capacity());
                let item = output.attributes.ok_or(StoreError::Corrupt(Corrupt("attributes")))?;
                Ok(head::decode(&item).map_err(StoreError::from)?)
            }
            Err(error) if is_condition_failure(&error) => {
                self.record("UpdateItem", after, None);
                let item = match error.into_service_error() {
                    UpdateItemError::ConditionalCheckFailedException(failed) => failed.item,
                    _ => None,
                };
                match not_as_assumed(item.as_ref()) {
                    CommitError::NotAsAssumed(now) if head::is_written(change, &now) => Ok(*now),
                    other => Err(other),
                }
            }
            Err(error) => Err(failure(error).into()),
        }
    }

    fn put_over(&self, item: Item) -> Result<TransactWriteItem, StoreError> {
        let put =
            Put::builder().table_name(&*self.table).set_item(Some(item)).condition_expression("attribute_exists(pk)");
        let put = put.build().map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    fn put_new(&self, item: Item) -> Result<TransactWriteItem, StoreError> {
        let put = Put::builder()
            .table_name(&*self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)");
        let put = put.build().map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    /// A ticket's head.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn ticket(&self, workspace: WorkspaceId, ticket: TicketId) -> Result<Option<Ticket>, StoreError> {
        let item = self.get(Tenant::new(workspace).ticket(ticket), true).await?;
        Ok(item.map(|item| head::decode(&item)).transpose()?)
    }

    /// A ticket and its newest messages, newest first, in one query.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn thread(
        &self,
        workspace: WorkspaceId,
        ticket: TicketId,
        newest: u16,
    ) -> Result<Option<(Ticket, Page<Message>)>, StoreError> {
        let key = Tenant::new(workspace).ticket(ticket);
        let Page { items, has_more } = self.between(&key.pk, keys::THREAD, false, newest + 1).await?;
        let mut items = items.into_iter();
        let Some(head) = items.next().filter(|item| item.get("sk") == Some(&text(&key.sk))) else {
            return Ok(None);
        };
        let messages = items.map(|item| message::decode(&item)).collect::<Result<Vec<_>, _>>()?;
        Ok(Some((head::decode(&head)?, Page { items: messages, has_more })))
    }

    /// A ticket's messages on one side of a message, or from an end of the thread.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn messages(
        &self,
        workspace: WorkspaceId,
        ticket: TicketId,
        beyond: Option<MessageId>,
        oldest_first: bool,
        limit: u16,
    ) -> Result<Page<Message>, StoreError> {
        let tenant = Tenant::new(workspace);
        let (mut from, mut to) = (keys::MESSAGES.0.to_owned(), keys::MESSAGES.1.to_owned());
        if let Some(beyond) = beyond {
            let Key { sk, .. } = tenant.message(ticket, beyond);
            if oldest_first { from = keys::after(&sk) } else { to = keys::before(&sk) }
        }
        let page = self.between(&tenant.ticket(ticket).pk, (&from, &to), oldest_first, limit).await?;
        let items = page.items.iter().map(message::decode).collect::<Result<_, _>>()?;
        Ok(Page { items, has_more: page.has_more })
    }

    /// One message.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn message(
        &self,
        workspace: WorkspaceId,
        ticket: TicketId,
        message: MessageId,
    ) -> Result<Option<Message>, StoreError> {
        let item = self.get(Tenant::new(workspace).message(ticket, message), true).await?;
        Ok(item.map(|item| message::decode(&item)).transpose()?)
    }

    /// The items of a partition whose sort keys lie between two, both included:
    /// up to the limit, or as many as fit into one answer of the table (1 MB).
    pub(crate) async fn between(
        &self,
        pk: &str,
        (from, to): (&str, &str),
        ascending: bool,
        limit: u16,
    ) -> Result<Page<Item>, StoreError> {
        let after = self.meter.ended();
        let request = self.client.query().table_name(&*self.table);
        let request = request
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", text(pk))
            .expression_attribute_values(":from", text(from))
            .expression_attribute_values(":to", text(to))
            .scan_index_forward(ascending)
            .consistent_read(true)
            .limit(i32::from(limit) + 1)
            .return_consumed_capacity(CAPACITY);
        let output = request.send().await.map_err(failure)?;
        self.record("Query", after, output.consumed_capacity());
        let mut items = output.items.unwrap_or_default();
        let read_beyond = items.len() > usize::from(limit);
        items.truncate(usize::from(limit));
        // At exactly limit + 1 items the table reports a last key even at the end.
        Ok(Page { has_more: read_beyond || output.last_evaluated_key.is_some(), items })
    }
}

impl Page<Item> {
    pub(crate) fn documents<T: serde::de::DeserializeOwned>(self) -> Result<Page<T>, StoreError> {
        let items = self.items.iter().map(read_document).collect::<Result<_, _>>()?;
        Ok(Page { items, has_more: self.has_more })
    }
}

fn not_as_assumed(item: Option<&Item>) -> CommitError {
    match item.map(head::decode) {
        None => CommitError::Absent,
        Some(Ok(ticket)) => CommitError::NotAsAssumed(Box::new(ticket)),
        Some(Err(corrupt)) => CommitError::Store(corrupt.into()),
    }
}

fn answered(item: Option<&Item>) -> Result<CommitError, StoreError> {
    let item = item.ok_or(Corrupt("idempotency record"))?;
    Ok(CommitError::Answered(Box::new(Record::read(item)?)))
}
