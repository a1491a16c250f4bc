//! Projection rows: small rows by which lists find tickets where no index leads. By
//! priority when they are done, by last change, by number, by indexed value; and by last
//! activity where most rows are to be left out by their columns.
//!
//! The stream's reader writes them, so they lag a little behind: 1 write unit per row
//! that appears or goes. They only name tickets: a list reads the ticket items too, and
//! drops a ticket that is not as its row says. So rows may be too many, never wrong.

use crate::{
    columns::{self, Column},
    lists::Lists,
};
use lambdesk_domain::{custom_field::FieldValue, ticket::Ticket};
use lambdesk_table::{
    BatchWrite, FORMAT, Item, TableError, Tenant,
    item::{keyed, number, text},
    keys::{IndexedValue, Key, StateGroup},
};

/// One row of a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct ProjectionRow {
    key: Key,
    /// By which the table filters.
    columns: Vec<Column>,
}

impl ProjectionRow {
    const fn bare(key: Key) -> Self {
        Self { key, columns: Vec::new() }
    }

    fn into_item(self) -> Item {
        let mut item = keyed(self.key);
        item.insert("v".to_owned(), number(FORMAT));
        item.extend(self.columns.into_iter().map(|(name, value)| (name.to_owned(), text(value))));
        item
    }
}

/// All rows that a ticket should have.
fn rows(ticket: &Ticket) -> Vec<ProjectionRow> {
    let tenant = Tenant::new(ticket.workspace_id);
    let group = StateGroup::of_ticket(ticket);
    let number = ProjectionRow { key: tenant.number_row(ticket), columns: columns::of_number_row(ticket) };
    let timed = [tenant.updated_row(ticket), tenant.activity_row(ticket)];
    let timed = timed.map(|key| ProjectionRow { key, columns: columns::of(ticket) });
    let order = (group != StateGroup::Active).then(|| ProjectionRow::bare(tenant.order_row(ticket)));
    let values = indexed_values(ticket);
    let entries = values.iter().map(|value| tenant.index_entry(value, ticket.id));
    let by_day = values.iter().filter(|value| value.has_days()).map(|value| tenant.day_row(value, ticket));
    let bare = entries.chain(by_day).map(ProjectionRow::bare);
    std::iter::once(number).chain(timed).chain(order).chain(bare).collect()
}

/// The values by which a ticket can be found.
pub fn indexed_values(ticket: &Ticket) -> Vec<IndexedValue> {
    let tags = ticket.tags.iter().copied().map(IndexedValue::Tag);
    let references = [
        ticket.account.map(IndexedValue::Account),
        ticket.uid.clone().map(IndexedValue::Uid),
        ticket.category.map(IndexedValue::Category),
        ticket.team.map(IndexedValue::Team),
        ticket.assignee.map(IndexedValue::Assignee),
        ticket.channel.as_ref().map(|channel| IndexedValue::Channel(channel.id)),
    ];
    let custom = ticket.custom.iter().flat_map(|(key, value)| {
        let values = match value {
            FieldValue::Choices(values) => values.iter().cloned().map(FieldValue::Text).collect(),
            other => vec![other.clone()],
        };
        let values = values.into_iter().map(|value| IndexedValue::Custom(key.clone(), value));
        values.chain([IndexedValue::Field(key.clone())])
    });
    tags.chain(references.into_iter().flatten()).chain(custom).collect()
}

/// What brings the rows of one version to those of another: keys to delete, rows to put.
fn between(old: Option<&Ticket>, new: Option<&Ticket>) -> (Vec<Key>, Vec<ProjectionRow>) {
    let (old, new) = (old.map(rows).unwrap_or_default(), new.map(rows).unwrap_or_default());
    let mut puts: Vec<ProjectionRow> = Vec::new();
    // A choice that is named twice has one row.
    for row in new.iter().filter(|row| !old.contains(row)) {
        if !puts.contains(row) {
            puts.push(row.clone());
        }
    }
    let mut deletes: Vec<Key> = Vec::new();
    for ProjectionRow { key, .. } in old {
        if !new.iter().any(|row| row.key == key) && !deletes.contains(&key) {
            deletes.push(key);
        }
    }
    (deletes, puts)
}

impl Lists {
    /// Writes the rows of a ticket's version: those that differ from the version before
    /// it, or all of them. Doing it again changes nothing.
    ///
    /// # Errors
    /// When the table fails; then it is to be done again.
    pub async fn place_rows(&self, old: Option<&Ticket>, new: &Ticket) -> Result<(), TableError> {
        self.write_rows(between(old, Some(new))).await
    }

    /// Removes the rows of a ticket that is gone.
    ///
    /// # Errors
    /// When the table fails; then it is to be done again.
    pub async fn remove_rows(&self, old: &Ticket) -> Result<(), TableError> {
        self.write_rows(between(Some(old), None)).await
    }

    async fn write_rows(&self, (deletes, puts): (Vec<Key>, Vec<ProjectionRow>)) -> Result<(), TableError> {
        let deletes = deletes.into_iter().map(BatchWrite::Delete);
        let puts = puts.into_iter().map(|row| BatchWrite::Put(row.into_item()));
        self.table.write_all(deletes.chain(puts).collect()).await
    }
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
            let mut there: Vec<ProjectionRow> = Vec::new();
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
