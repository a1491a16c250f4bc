//! Attachments: an item for each file that is announced on a ticket, and which message
//! carries it. What the files hold is in object storage; an item here outlives its object,
//! never the other way, so whatever is stored can be found and removed. One request for
//! each question; a message's files change in the transaction that changes the message.

use crate::Tickets;
use lambdesk_domain::{
    access::ActorRef,
    attachment::{Attachment, Carrier, FileSize, Upload},
    id::{AttachmentId, TicketId, WorkspaceId},
    message::Message,
    text::{FileName, MediaType},
    time::Timestamp,
};
use lambdesk_table::{
    AnswerError, Corrupt, Item, Key, Page, Query, Record, TableError, Tenant, Tx, Value, Write,
    item::{Reader, document, json},
    keys,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The message that carries it; absent until there is one.
const CARRIER: &str = "ca";
/// Its message is deleted, its object about to be.
const DOOMED: &str = "dl";

#[derive(Serialize, Deserialize)]
struct StoredUpload {
    name: FileName,
    kind: MediaType,
    size: FileSize,
    by: ActorRef,
    at: u64,
}

fn encode(key: Key, upload: &Upload) -> Item {
    let Attachment { file_name, content_type, size, .. } = upload.file.clone();
    let stored = StoredUpload { name: file_name, kind: content_type, size, by: upload.by, at: upload.at.millis() };
    document(key, &stored)
}

fn decode(item: &Item) -> Result<Upload, Corrupt> {
    let read = Reader(item);
    let (_, ticket_id) = keys::parse_ticket(read.text("pk")?).ok_or(Corrupt("pk"))?;
    let id = keys::parse_attachment(read.text("sk")?).ok_or(Corrupt("sk"))?;
    let StoredUpload { name, kind, size, by, at } = read.json("doc")?;
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

impl Tickets {
    /// Announces a file on a ticket, and remembers the answer if one is given.
    ///
    /// # Errors
    /// [`AnswerError::Answered`], or the table's failure.
    pub async fn announce_attachment(
        &self,
        workspace: WorkspaceId,
        upload: &Upload,
        answer: Option<&Record>,
    ) -> Result<(), AnswerError> {
        let key = Tenant::new(workspace).attachment(upload.ticket_id, upload.file.id);
        let create = Write::create(encode(key, upload));
        if answer.is_none() {
            self.table.write(create).await?;
            return Ok(());
        }
        let mut tx = Tx::<AnswerError>::new();
        tx.remember(workspace, answer, upload.at);
        tx.write(create);
        tx.commit(&self.table).await
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
    ) -> Result<Option<Upload>, TableError> {
        let item = self.table.get(Tenant::new(workspace).attachment(ticket, attachment)).await?;
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
    ) -> Result<Vec<Upload>, TableError> {
        let tenant = Tenant::new(workspace);
        // The table refuses to read an item twice in one request.
        let distinct: BTreeSet<_> = ids.iter().collect();
        let keys = distinct.into_iter().map(|id| tenant.attachment(ticket, *id)).collect();
        let items = self.table.batch_get(keys).await?;
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
    ) -> Result<Page<Upload>, TableError> {
        let Key { pk, .. } = Tenant::new(workspace).ticket(ticket);
        let (from, to) = keys::ATTACHMENTS;
        let Page { items, has_more } = self.table.page(Query::of(pk).between(from, to), limit).await?;
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
    ) -> Result<(), TableError> {
        self.table.write(Write::delete(Tenant::new(workspace).attachment(ticket, attachment))).await.map(drop)
    }
}

/// The message takes its files, which no other has.
pub fn take(workspace: WorkspaceId, message: &Message) -> impl Iterator<Item = Write> {
    let carrier = json(&Carrier::from(message));
    let key = file_key(workspace, message.ticket_id);
    message.attachments.iter().map(move |file| {
        let write = set(key(file.id), CARRIER, carrier.clone());
        write.when("attribute_exists(pk)").when(format!("attribute_not_exists({CARRIER})"))
    })
}

/// The files of a message that is deleted are about to go.
pub fn doom(workspace: WorkspaceId, message: &Message) -> impl Iterator<Item = Write> {
    let key = file_key(workspace, message.ticket_id);
    let doom = move |file: &Attachment| set(key(file.id), DOOMED, Value::Bool(true)).when("attribute_exists(pk)");
    message.attachments.iter().map(doom)
}

fn file_key(workspace: WorkspaceId, ticket: TicketId) -> impl Fn(AttachmentId) -> Key {
    let tenant = Tenant::new(workspace);
    move |file| tenant.attachment(ticket, file)
}

fn set(key: Key, attribute: &str, value: Value) -> Write {
    Write::update(key, format!("SET {attribute} = :value")).value(":value", value)
}
