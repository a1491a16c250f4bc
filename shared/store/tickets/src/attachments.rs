//! Files that are announced on a ticket, and the messages that carry them. What
//! they hold is in object storage; an item here outlives its object, never the
//! other way, so whatever is stored can be found and removed.

use crate::{
    client::{Store, Transaction, primary},
    error::{CommitError, Corrupt, StoreError},
    idempotency::Record,
    item::{Item, Reader, document, text},
    keys::{self, Key, Tenant},
    tickets::Page,
};
use aws_sdk_dynamodb::types::{AttributeValue as Av, Delete, TransactWriteItem, Update};
use lambdesk_domain::{
    access::ActorRef,
    attachment::{Attachment, Carrier, FileSize, Upload},
    id::{AttachmentId, TicketId, WorkspaceId},
    message::Message,
    text::{FileName, MediaType},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The message that carries it; absent until there is one.
const CARRIER: &str = "ca";
/// Its message is deleted, its object about to be.
const DOOMED: &str = "dl";

#[derive(Serialize, Deserialize)]
struct Stored {
    name: FileName,
    kind: MediaType,
    size: FileSize,
    by: ActorRef,
    at: u64,
}

fn encode(key: Key, upload: &Upload) -> Item {
    let Attachment { file_name, content_type, size, .. } = upload.file.clone();
    let stored = Stored { name: file_name, kind: content_type, size, by: upload.by, at: upload.at.millis() };
    document(key, &stored)
}

fn decode(item: &Item) -> Result<Upload, Corrupt> {
    let read = Reader(item);
    let (_, ticket_id) = keys::parse_ticket(read.text("pk")?).ok_or(Corrupt("pk"))?;
    let id = keys::parse_attachment(read.text("sk")?).ok_or(Corrupt("sk"))?;
    let Stored { name, kind, size, by, at } = read.json("doc")?;
    let carrier: Option<Carrier> =
        read.text_if_any(CARRIER)?.map(|text| serde_json::from_str(text).map_err(|_| Corrupt(CARRIER))).transpose()?;
    Ok(Upload {
        ticket_id,
        file: Attachment { id, file_name: name, content_type: kind, size },
        by,
        at: Timestamp::from_millis(at),
        carrier,
        is_doomed: item.contains_key(DOOMED),
    })
}

impl Store {
    /// Announces a file on a ticket, and remembers the answer if one is given.
    ///
    /// # Errors
    /// [`CommitError::Answered`], or the table's failure.
    pub async fn announce_attachment(
        &self,
        workspace: WorkspaceId,
        upload: &Upload,
        answer: Option<&Record>,
    ) -> Result<(), CommitError> {
        let item = encode(Tenant::new(workspace).attachment(upload.ticket_id, upload.file.id), upload);
        let Some(answer) = answer else {
            self.put(item, Some("attribute_not_exists(pk)")).await?;
            return Ok(());
        };
        let items = vec![answer.put(&self.table, workspace, upload.at)?, self.put_fresh(item)?];
        match self.transact(items).await? {
            Transaction::Written => Ok(()),
            Transaction::Cancelled(cancelled) => match cancelled.failed(0) {
                Some(Some(item)) => Err(CommitError::Answered(Box::new(Record::read(item).map_err(StoreError::from)?))),
                _ => Err(StoreError::Contended.into()),
            },
        }
    }

    /// One file of a ticket, whatever has become of it.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn attachment(
        &self,
        workspace: WorkspaceId,
        ticket: TicketId,
        attachment: AttachmentId,
    ) -> Result<Option<Upload>, StoreError> {
        let item = self.get(Tenant::new(workspace).attachment(ticket, attachment), true).await?;
        Ok(item.map(|item| decode(&item)).transpose()?)
    }

    /// Up to 100 files of a ticket by their ids, in the order of the ids given;
    /// those that are not there are left out.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn attachments_of(
        &self,
        workspace: WorkspaceId,
        ticket: TicketId,
        ids: &[AttachmentId],
    ) -> Result<Vec<Upload>, StoreError> {
        let tenant = Tenant::new(workspace);
        // The table refuses to read an item twice in one request.
        let distinct: BTreeSet<_> = ids.iter().collect();
        let keys = distinct.into_iter().map(|id| tenant.attachment(ticket, *id)).collect();
        let items = self.batch_get(keys).await?;
        let found = items.iter().map(decode).collect::<Result<Vec<_>, _>>()?;
        let by_id = |id: &AttachmentId| found.iter().find(|upload| upload.file.id == *id).cloned();
        Ok(ids.iter().filter_map(by_id).collect())
    }

    /// The first files that were ever announced on a ticket, up to `limit`. Whoever
    /// removes them asks again until there are no more.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn attachments(
        &self,
        workspace: WorkspaceId,
        ticket: TicketId,
        limit: u16,
    ) -> Result<Page<Upload>, StoreError> {
        let Key { pk, .. } = Tenant::new(workspace).ticket(ticket);
        let Page { items, has_more } = self.between(&pk, keys::ATTACHMENTS, true, limit).await?;
        let items = items.iter().map(decode).collect::<Result<_, _>>()?;
        Ok(Page { items, has_more })
    }

    /// Forgets a file. Its object must be gone already.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn forget_attachment(
        &self,
        workspace: WorkspaceId,
        ticket: TicketId,
        attachment: AttachmentId,
    ) -> Result<(), StoreError> {
        self.delete(Tenant::new(workspace).attachment(ticket, attachment)).await
    }

    /// As items of a transaction: the message takes its files, which no other has.
    pub(crate) fn take_attachments(
        &self,
        workspace: WorkspaceId,
        message: &Message,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let carrier = serde_json::to_string(&Carrier::from(message)).map_err(|_| Corrupt(CARRIER))?;
        let take = |file: &Attachment| {
            let key = Tenant::new(workspace).attachment(message.ticket_id, file.id);
            let condition = format!("attribute_exists(pk) AND attribute_not_exists({CARRIER})");
            self.set_on_attachment(key, CARRIER, text(&carrier), condition)
        };
        message.attachments.iter().map(take).collect()
    }

    /// As items of a transaction: the message goes, and its files are about to.
    pub(crate) fn remove_message(
        &self,
        workspace: WorkspaceId,
        message: &Message,
    ) -> Result<Vec<TransactWriteItem>, StoreError> {
        let tenant = Tenant::new(workspace);
        let delete = Delete::builder()
            .table_name(&*self.table)
            .set_key(Some(primary(tenant.message(message.ticket_id, message.id))))
            .condition_expression("attribute_exists(pk)")
            .build()
            .map_err(|error| StoreError::Refused(error.to_string()))?;
        let doom = |file: &Attachment| {
            let key = tenant.attachment(message.ticket_id, file.id);
            self.set_on_attachment(key, DOOMED, Av::Bool(true), "attribute_exists(pk)".to_owned())
        };
        let mut items = vec![TransactWriteItem::builder().delete(delete).build()];
        for file in &message.attachments {
            items.push(doom(file)?);
        }
        Ok(items)
    }

    fn set_on_attachment(
        &self,
        key: Key,
        name: &str,
        value: Av,
        condition: String,
    ) -> Result<TransactWriteItem, StoreError> {
        let update = Update::builder()
            .table_name(&*self.table)
            .set_key(Some(primary(key)))
            .condition_expression(condition)
            .update_expression(format!("SET {name} = :value"))
            .expression_attribute_values(":value", value)
            .build()
            .map_err(|error| StoreError::Refused(error.to_string()))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}
