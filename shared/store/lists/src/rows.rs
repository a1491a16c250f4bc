//! The small rows by which lists find tickets where no index leads: by priority
//! when they are done, by last change, by number, by what few tickets have; and by
//! last activity where most rows are to be left out ([`marks`]).
//!
//! The stream's reader writes them ([`Store::publish`]), so they lag a little
//! behind. They only name tickets: whoever reads them reads the heads too, and
//! drops a ticket that is not as its row says. So rows may be too many, never wrong.

use crate::{
    client::{CAPACITY, Store, backoff, failure, primary},
    error::StoreError,
    item::{FORMAT, Item, Reader, number, text},
    keys::{self, Group, Key, Posting, Tenant},
    marks::{self, Mark},
    tickets::Page,
};
use aws_sdk_dynamodb::types::{DeleteRequest, PutRequest, WriteRequest};
use futures_util::future::try_join_all;
use lambdesk_domain::{
    custom_field::FieldValue,
    id::{TicketId, TicketNumber, WorkspaceId},
    ticket::Ticket,
};

/// What one request of writes takes.
const WRITES_AT_ONCE: usize = 25;
/// How often writes that were left out are asked for again.
const ATTEMPTS: u32 = 6;

/// One row of a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Row {
    key: Key,
    /// By which the table filters.
    marks: Vec<Mark>,
}

impl Row {
    const fn bare(key: Key) -> Self {
        Self { key, marks: Vec::new() }
    }

    fn into_item(self) -> Item {
        let mut item = primary(self.key);
        item.insert("v".to_owned(), number(FORMAT));
        item.extend(self.marks.into_iter().map(|(name, mark)| (name.to_owned(), text(mark))));
        item
    }
}

/// All rows that a ticket should have.
fn rows(ticket: &Ticket) -> Vec<Row> {
    let tenant = Tenant::new(ticket.workspace_id);
    let group = Group::of_ticket(ticket);
    let number = Row { key: tenant.number_row(ticket), marks: vec![marks::of_group(group)] };
    let marked = [tenant.updated_row(ticket), tenant.activity_row(ticket)];
    let marked = marked.map(|key| Row { key, marks: marks::of(ticket) });
    let order = (group != Group::Active).then(|| Row::bare(tenant.order_row(ticket)));
    let postings = postings(ticket);
    let posted = postings.iter().map(|posting| tenant.posting_row(posting, ticket.id));
    let by_day = postings.iter().filter(|posting| posting.has_days()).map(|posting| tenant.day_row(posting, ticket));
    let bare = posted.chain(by_day).map(Row::bare);
    std::iter::once(number).chain(marked).chain(order).chain(bare).collect()
}

/// What a ticket can be found by.
fn postings(ticket: &Ticket) -> Vec<Posting> {
    let tags = ticket.tags.iter().copied().map(Posting::Tag);
    let references = [
        ticket.account.map(Posting::Account),
        ticket.uid.clone().map(Posting::Uid),
        ticket.category.map(Posting::Category),
        ticket.team.map(Posting::Team),
        ticket.assignee.map(Posting::Assignee),
        ticket.channel.as_ref().map(|channel| Posting::Channel(channel.id)),
    ];
    let custom = ticket.custom.iter().flat_map(|(key, value)| {
        let values = match value {
            FieldValue::Choices(values) => values.iter().cloned().map(FieldValue::Text).collect(),
            other => vec![other.clone()],
        };
        let values = values.into_iter().map(|value| Posting::Custom(key.clone(), value));
        values.chain([Posting::Field(key.clone())])
    });
    tags.chain(references.into_iter().flatten()).chain(custom).collect()
}

/// Whether a ticket has this now.
pub(crate) fn has(ticket: &Ticket, posting: &Posting) -> bool {
    postings(ticket).contains(posting)
}

/// What brings the rows of one version to those of another: keys to delete, rows to put.
fn between(old: Option<&Ticket>, new: Option<&Ticket>) -> (Vec<Key>, Vec<Row>) {
    let (old, new) = (old.map(rows).unwrap_or_default(), new.map(rows).unwrap_or_default());
    let mut puts: Vec<Row> = Vec::new();
    // A choice that is named twice has one row.
    for row in new.iter().filter(|row| !old.contains(row)) {
        if !puts.contains(row) {
            puts.push(row.clone());
        }
    }
    let mut deletes: Vec<Key> = Vec::new();
    for Row { key, .. } in old {
        if !new.iter().any(|row| row.key == key) && !deletes.contains(&key) {
            deletes.push(key);
        }
    }
    (deletes, puts)
}

impl Store {
    /// Writes the rows of a ticket's version: after the one before it, or all of
    /// them. Doing it again changes nothing.
    ///
    /// # Errors
    /// When the table fails; then it is to be done again.
    pub async fn place_rows(&self, old: Option<&Ticket>, new: &Ticket) -> Result<(), StoreError> {
        self.write_rows(between(old, Some(new))).await
    }

    /// Removes the rows of a ticket that is gone.
    ///
    /// # Errors
    /// When the table fails; then it is to be done again.
    pub async fn remove_rows(&self, old: &Ticket) -> Result<(), StoreError> {
        self.write_rows(between(Some(old), None)).await
    }

    async fn write_rows(&self, (deletes, puts): (Vec<Key>, Vec<Row>)) -> Result<(), StoreError> {
        let refused = |error: aws_sdk_dynamodb::error::BuildError| StoreError::Refused(error.to_string());
        let mut writes = Vec::with_capacity(deletes.len() + puts.len());
        for key in deletes {
            writes.push(deletion(key)?);
        }
        for row in puts {
            let put = PutRequest::builder().set_item(Some(row.into_item())).build().map_err(refused)?;
            writes.push(WriteRequest::builder().put_request(put).build());
        }
        self.write_all(&writes).await
    }

    /// Any number of writes without conditions, in as many requests as they take.
    pub(crate) async fn write_all(&self, writes: &[WriteRequest]) -> Result<(), StoreError> {
        try_join_all(writes.chunks(WRITES_AT_ONCE).map(|some| self.write_batch(some.to_vec()))).await.map(drop)
    }

    pub(crate) async fn write_batch(&self, mut writes: Vec<WriteRequest>) -> Result<(), StoreError> {
        for attempt in 0..ATTEMPTS {
            let after = self.meter.ended();
            let request = self.client.batch_write_item().request_items(&*self.table, writes);
            let output = request.return_consumed_capacity(CAPACITY).send().await.map_err(failure)?;
            self.meter.record("BatchWriteItem", after, output.consumed_capacity());
            writes = output.unprocessed_items.unwrap_or_default().into_values().flatten().collect();
            if writes.is_empty() {
                return Ok(());
            }
            backoff(attempt).await;
        }
        Err(StoreError::Unavailable("throttled"))
    }

    /// The tickets that have something, newest first: a superset, some 100 ms late.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn posted(
        &self,
        workspace: WorkspaceId,
        posting: &Posting,
        limit: u16,
    ) -> Result<Page<TicketId>, StoreError> {
        let page = self.between(&Tenant::new(workspace).postings(posting), ("!", "~"), false, limit).await?;
        Ok(Page { items: page.items.iter().filter_map(ticket_of).collect(), has_more: page.has_more })
    }

    /// The ticket with a number. Its row comes with its event; before that it is
    /// looked for among the newest of every state.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn numbered(&self, workspace: WorkspaceId, wanted: TicketNumber) -> Result<Option<TicketId>, StoreError> {
        let tenant = Tenant::new(workspace);
        let from = format!("{}{}", keys::NUMBER, keys::number_key(wanted));
        let page = self.between(&tenant.number_rows(), (&from, &format!("{from}~")), false, 1).await?;
        match page.items.iter().find_map(ticket_of) {
            Some(ticket) => Ok(Some(ticket)),
            None => self.newest_numbered(&tenant, wanted).await,
        }
    }
}

/// One item's removal among many writes.
pub(crate) fn deletion(key: Key) -> Result<WriteRequest, StoreError> {
    let delete = DeleteRequest::builder().set_key(Some(primary(key))).build();
    let delete = delete.map_err(|error| StoreError::Refused(error.to_string()))?;
    Ok(WriteRequest::builder().delete_request(delete).build())
}

/// The ticket that a row names.
fn ticket_of(item: &Item) -> Option<TicketId> {
    Reader(item).text("sk").ok().and_then(keys::ticket_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambdesk_domain::testing;
    use proptest::prelude::*;
    use std::collections::HashSet;

    fn keys_of(ticket: &Ticket) -> HashSet<Key> {
        rows(ticket).into_iter().map(|row| row.key).collect()
    }

    proptest! {
        #[test]
        fn version_by_version_the_rows_become_those_of_the_last_one(versions in testing::history()) {
            let mut there: Vec<Row> = Vec::new();
            let mut before = None;
            for ticket in &versions {
                let (deletes, puts) = between(before, Some(ticket));
                there.retain(|row| !deletes.contains(&row.key) && !puts.iter().any(|put| put.key == row.key));
                there.extend(puts);
                before = Some(ticket);
            }
            let last = versions.last().expect("never empty");
            prop_assert_eq!(there.iter().map(|row| row.key.clone()).collect::<HashSet<_>>(), keys_of(last));
            prop_assert_eq!(there.into_iter().collect::<HashSet<_>>(), rows(last).into_iter().collect());
            let (deletes, puts) = between(Some(last), None);
            prop_assert_eq!((deletes.into_iter().collect::<HashSet<_>>(), puts), (keys_of(last), vec![]));
        }

        #[test]
        fn nothing_is_written_for_what_stays(ticket in testing::ticket()) {
            prop_assert_eq!(between(Some(&ticket), Some(&ticket)), (vec![], vec![]));
        }
    }
}
