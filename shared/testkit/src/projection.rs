//! What follows from the changes of tickets, written as the fan-out writes it, for tests
//! of functions that read it: list rows, words of the search, events.

use crate::desk::Desk;
use lambdesk_domain::{
    events::between,
    id::{TicketId, WorkspaceId},
};
use lambdesk_engine::Position;
use lambdesk_store_events::{ChangeRecord, TicketPart};
use lambdesk_store_search::TicketDelta;
use serde_json::Value as Json;
use std::collections::BTreeMap;

type Words = BTreeMap<WorkspaceId, BTreeMap<TicketId, TicketDelta>>;

impl Desk {
    /// Projects every change of a ticket so far. Doing it again changes nothing. An event's
    /// place in the feed is the time at which it is projected first.
    pub async fn project(&self) {
        let batch = self.table.batch(Position::START);
        let records = batch["Records"].as_array().unwrap();
        let mut words = Words::new();
        for record in records {
            self.project_record(record, &mut words).await;
        }
        let last = records.last().and_then(|record| ChangeRecord::of(record).sequence_number()).unwrap_or_default();
        for (workspace, tickets) in words {
            self.store.search.index(workspace, last, tickets, self.now()).await.unwrap();
        }
    }

    async fn project_record(&self, record: &Json, words: &mut Words) {
        let record = ChangeRecord::of(record);
        let Some((workspace, ticket, part)) = record.part() else {
            return;
        };
        let delta = words.entry(workspace).or_default().entry(ticket).or_default();
        if part == TicketPart::Message {
            let (old, new) = record.messages().unwrap();
            delta.add_message(old.as_ref(), new);
        } else if let Some(change) = record.change().unwrap() {
            delta.add_version(change.old.as_ref(), &change.new);
            self.store.lists.place_rows(change.old.as_ref(), &change.new).await.unwrap();
            let event = between(change.old.as_ref(), &change.new).into();
            self.store.events.add_event(&event, self.clock.new_uuid(), self.now()).await.unwrap();
        }
    }
}
