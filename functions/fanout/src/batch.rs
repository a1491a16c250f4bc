//! One batch of the stream.

use crate::Fanout;
use futures_util::{FutureExt as _, StreamExt as _, stream};
use lambdesk_domain::{
    events::{ContactEvent, Subject},
    id::WorkspaceId,
    webhook::{Delivery, Endpoint},
};
use lambdesk_runtime::Hint;
use lambdesk_store::{Image, StoreError, StreamChange};
use serde_json::Value;
use std::{collections::HashMap, time::Duration};
use tokio::sync::{OnceCell, mpsc};

/// Tickets and contacts that are worked on at once.
const SUBJECTS_AT_ONCE: usize = 16;
/// When a ticket or contact with an unusable record is looked at again: by then the
/// stream has told of the versions around it.
const RECHECK_AFTER: Duration = Duration::from_mins(5);

/// The records of one ticket or contact, in their order.
struct Group<'a> {
    workspace: WorkspaceId,
    subject: Subject,
    records: Vec<Image<'a>>,
}

struct Batch<'a> {
    fanout: &'a Fanout,
    /// Read once per batch at most and never kept longer: an endpoint that is made
    /// right before an event must get it.
    endpoints: HashMap<WorkspaceId, OnceCell<Vec<Endpoint>>>,
    hints: mpsc::UnboundedSender<Hint>,
}

impl Fanout {
    /// The sequence numbers of the records that failed.
    pub(crate) async fn fan_out(&self, records: &[Value]) -> Vec<String> {
        let groups = by_subject(records);
        let endpoints = groups.iter().map(|group| (group.workspace, OnceCell::new())).collect();
        let mut events = HashMap::new();
        // Those that reports count.
        for group in groups.iter().filter(|group| matches!(group.subject, Subject::Ticket(_))) {
            *events.entry(group.workspace).or_default() += group.records.len();
        }
        let (hints, queued) = mpsc::unbounded_channel();
        let batch = Batch { fanout: self, endpoints, hints };
        // Hints go while other tickets are still worked on; the queue is closed with the batch.
        let (mut failed, _, (unindexed, grown)) =
            tokio::join!(batch.run(groups), self.queue.forward(queued), self.index(records));
        failed.extend(unindexed);
        failed.sort();
        failed.dedup();
        if failed.is_empty() {
            tokio::join!(self.count(&events), self.tend(&grown));
        }
        failed
    }
}

/// In the order in which they first appear. Records of other items are left out.
fn by_subject(records: &[Value]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut places = HashMap::new();
    for image in records.iter().map(Image::of) {
        let Some((workspace, subject)) = image.subject() else {
            continue;
        };
        let place = *places.entry((workspace, subject)).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.records.push(image),
            None => groups.push(Group { workspace, subject, records: vec![image] }),
        }
    }
    groups
}

impl Batch<'_> {
    async fn run(self, groups: Vec<Group<'_>>) -> Vec<String> {
        // Boxed, so that the compiler can tell that the whole may move between threads.
        let work: Vec<_> = groups.iter().map(|group| self.group(group).boxed()).collect();
        let outcomes: Vec<_> = stream::iter(work).buffer_unordered(SUBJECTS_AT_ONCE).collect().await;
        outcomes.into_iter().flatten().collect()
    }

    /// The sequence number of the first record that failed.
    async fn group(&self, group: &Group<'_>) -> Option<String> {
        for image in &group.records {
            if let Err(error) = self.record(group, *image).await {
                let sequence = image.sequence_number().unwrap_or_default();
                tracing::error!(subject = %group.subject, sequence, %error, "a record failed and is to be repeated");
                return Some(sequence.to_owned());
            }
        }
        None
    }

    async fn record(&self, group: &Group<'_>, image: Image<'_>) -> Result<(), StoreError> {
        let done = match group.subject {
            Subject::Ticket(_) => self.ticket(image).await,
            Subject::Contact(_) => self.contact(image).await,
        };
        match done {
            Err(error @ (StoreError::Corrupt(_) | StoreError::Refused(_))) => {
                self.set_aside(group, image, &error).await
            }
            done => done,
        }
    }

    async fn ticket(&self, image: Image<'_>) -> Result<(), StoreError> {
        match image.change()? {
            None => self.removed(image).await,
            Some(change) => self.change(&change).await,
        }
    }

    /// What else is written at a contact's place tells of nothing.
    async fn contact(&self, image: Image<'_>) -> Result<(), StoreError> {
        let Some(event) = image.contact_event()? else {
            return Ok(());
        };
        let ContactEvent { workspace_id, is_silent, .. } = event;
        let (store, clock) = (&self.fanout.store, &self.fanout.clock);
        let endpoints = self.endpoints(workspace_id, is_silent).await?;
        let deliveries = store.tell(&event.into(), endpoints, clock.new_uuid(), clock.now()).await?;
        self.hint(&deliveries);
        Ok(())
    }

    /// What was left of a ticket that is gone. There is no event of it: who deleted
    /// it was told when it went into the trash.
    async fn removed(&self, image: Image<'_>) -> Result<(), StoreError> {
        match image.removed()? {
            Some(old) => self.fanout.store.remove_rows(&old).await,
            None => Ok(()),
        }
    }

    async fn change(&self, change: &StreamChange) -> Result<(), StoreError> {
        let (store, clock) = (&self.fanout.store, &self.fanout.clock);
        let endpoints = self.endpoints(change.new.workspace_id, change.new.cause.is_silent).await?;
        let deliveries = store.publish(change, endpoints, clock.new_uuid(), clock.now()).await?;
        self.hint(&deliveries);
        Ok(())
    }

    fn hint(&self, deliveries: &[Delivery]) {
        for delivery in deliveries {
            // Its other end lives as long as the batch.
            let _ = self.hints.send(Hint::from(delivery));
        }
    }

    /// Whom a change may be told to: nobody if it is silent.
    async fn endpoints(&self, workspace: WorkspaceId, is_silent: bool) -> Result<&[Endpoint], StoreError> {
        if is_silent {
            return Ok(&[]);
        }
        let cell = self.endpoints.get(&workspace).expect("every workspace of the batch has its cell");
        cell.get_or_try_init(|| self.fanout.store.endpoints(workspace)).await.map(Vec::as_slice)
    }

    /// Trying again would not help, so the record must not hold up the shard.
    async fn set_aside(&self, group: &Group<'_>, image: Image<'_>, error: &StoreError) -> Result<(), StoreError> {
        let sequence = image.sequence_number().unwrap_or_default();
        tracing::error!(subject = %group.subject, sequence, %error, "a record can't be handled; what it tells of is checked later");
        let at = self.fanout.clock.now().plus(RECHECK_AFTER);
        self.fanout.store.recheck_later(group.workspace, group.subject, at).await
    }
}
