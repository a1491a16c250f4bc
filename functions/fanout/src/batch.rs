//! One batch of the stream: its records, grouped by ticket and contact, in; projections,
//! hints of deliveries and the sequence numbers of failed records out. The groups go side
//! by side; endpoints cost one query per workspace and batch.

use crate::projections::Projections;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use lambdesk_domain::{events::EventSubject, id::WorkspaceId, webhook::Endpoint};
use lambdesk_runtime::Hint;
use lambdesk_store_events::ChangeRecord;
use lambdesk_table::{TableError, log_failure};
use std::{collections::HashMap, time::Duration};
use tokio::sync::{OnceCell, mpsc};

/// Tickets and contacts that are worked on at once.
const SUBJECTS_AT_ONCE: usize = 16;
/// A record that still fails so long after it was written is set aside like a poison
/// record: one workspace whose items are throttled does not hold up the others. Its retry row
/// is in the partition of its ticket or contact; while that one is throttled itself, as a hot
/// ticket's may be, the record goes on being repeated.
const HELD_UP: Duration = Duration::from_mins(15);
/// When the events of a ticket or contact with a poison record are checked: by then the
/// stream has brought the versions around it.
const RETRY_AFTER: Duration = Duration::from_mins(5);

/// The records of one ticket or contact, in their order.
struct SubjectRecords<'a> {
    workspace: WorkspaceId,
    subject: EventSubject,
    records: Vec<ChangeRecord<'a>>,
}

/// One batch.
pub struct Batch<'a> {
    projections: &'a Projections,
    subjects: Vec<SubjectRecords<'a>>,
    /// Read once per batch at most and never kept longer: an endpoint that is made
    /// right before an event must get it.
    endpoints: HashMap<WorkspaceId, OnceCell<Vec<Endpoint>>>,
    hints: mpsc::UnboundedSender<Hint>,
}

/// In the order in which they first appear. Records of other items are left out.
fn by_subject<'a>(records: &[ChangeRecord<'a>]) -> Vec<SubjectRecords<'a>> {
    let mut subjects: Vec<SubjectRecords<'a>> = Vec::new();
    let mut indexes = HashMap::new();
    for record in records {
        let Some((workspace, subject)) = record.subject() else {
            continue;
        };
        let index = *indexes.entry((workspace, subject)).or_insert(subjects.len());
        match subjects.get_mut(index) {
            Some(group) => group.records.push(*record),
            None => subjects.push(SubjectRecords { workspace, subject, records: vec![*record] }),
        }
    }
    subjects
}

impl<'a> Batch<'a> {
    /// Of these records; hints of their deliveries go into the channel, which is closed
    /// when the batch is done.
    pub fn new(projections: &'a Projections, records: &[ChangeRecord<'a>], hints: mpsc::UnboundedSender<Hint>) -> Self {
        let subjects = by_subject(records);
        let endpoints = subjects.iter().map(|group| (group.workspace, OnceCell::new())).collect();
        Self { projections, subjects, endpoints, hints }
    }

    /// How many records each workspace has of tickets: about as many events are counted
    /// in reports.
    pub fn ticket_records(&self) -> HashMap<WorkspaceId, usize> {
        let mut records = HashMap::new();
        for group in self.subjects.iter().filter(|group| matches!(group.subject, EventSubject::Ticket(_))) {
            *records.entry(group.workspace).or_default() += group.records.len();
        }
        records
    }

    /// Writes all that follows from the records; answers the sequence numbers of those
    /// that failed.
    pub async fn project(self) -> Vec<String> {
        // Boxed, so that the compiler can tell that the whole may move between threads.
        let work: Vec<_> = self.subjects.iter().map(|group| self.group(group).boxed()).collect();
        let outcomes: Vec<_> = stream::iter(work).buffer_unordered(SUBJECTS_AT_ONCE).collect().await;
        outcomes.into_iter().flatten().collect()
    }

    /// The sequence number of the first record that failed.
    async fn group(&self, group: &SubjectRecords<'_>) -> Option<String> {
        for record in &group.records {
            if let Err(error) = self.record_or_retry(group, *record).await {
                let sequence = record.sequence_number().unwrap_or_default();
                log_failure!(error, subject = %group.subject, sequence, "a record failed and is to be repeated");
                return Some(sequence.to_owned());
            }
        }
        None
    }

    /// A poison record must not hold up the shard: repeating it would not help. Neither
    /// must one that fails for long, if it can be set aside.
    async fn record_or_retry(&self, group: &SubjectRecords<'_>, record: ChangeRecord<'_>) -> Result<(), TableError> {
        match self.record(group.workspace, record).await {
            Err(error) if !error.is_transient() || self.is_held_up(record) => {
                let sequence = record.sequence_number().unwrap_or_default();
                log_failure!(error, subject = %group.subject, sequence, "a record can't be handled; its events are checked later");
                let at = self.projections.clock.now().plus(RETRY_AFTER);
                self.projections.events.schedule_retry(group.workspace, group.subject, at).await
            }
            done => done,
        }
    }

    /// Never that of a ticket that is gone: nothing would be left of it to check later.
    fn is_held_up(&self, record: ChangeRecord<'_>) -> bool {
        !record.is_removal() && record.written_at().is_some_and(|at| at.plus(HELD_UP) < self.projections.clock.now())
    }

    async fn record(&self, workspace: WorkspaceId, record: ChangeRecord<'_>) -> Result<(), TableError> {
        let Some(versions) = self.projections.versions(record).await? else {
            return match record.removed()? {
                Some(old) => self.projections.remove(&old).await,
                None => Ok(()),
            };
        };
        let endpoints = self.endpoints(workspace, versions.is_silent()).await?;
        for delivery in &self.projections.project(&versions, endpoints).await? {
            // Its other end lives as long as the batch.
            let _ = self.hints.send(Hint::from(delivery));
        }
        Ok(())
    }

    /// Whom versions may be told to: nobody if they are silent.
    async fn endpoints(&self, workspace: WorkspaceId, is_silent: bool) -> Result<&[Endpoint], TableError> {
        if is_silent {
            return Ok(&[]);
        }
        let cell = self.endpoints.get(&workspace).expect("every workspace of the batch has its cell");
        cell.get_or_try_init(|| self.projections.webhooks.endpoints(workspace)).await.map(Vec::as_slice)
    }
}
