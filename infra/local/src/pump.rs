//! What AWS does between the functions: stream, queue, schedule, expiry.

use crate::{Options, objects::ObjectStore, table::TABLE};
use futures_util::future::join_all;
use lambdesk_deliver::Deliver;
use lambdesk_engine::{Engine, Position, StreamRecord};
use lambdesk_fanout::Fanout;
use lambdesk_runtime::{Clock, Hint};
use lambdesk_store_events::ChangeRecord;
use lambdesk_sweep::{BUDGET, Sweep};
use serde_json::{Value as Json, json};
use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};
use tokio::{
    sync::{Notify, Semaphore, mpsc, watch},
    time::{MissedTickBehavior, interval, sleep},
};

/// Records that one call of fanout takes, as in the template.
const BATCH: usize = 100;
/// Calls of fanout at the same time: one per shard, as AWS has it. Records of one partition
/// are always in the same shard, in their order.
const SHARDS: usize = 4;
/// How long an empty stream is left alone while there is something to do.
const POLL: Duration = Duration::from_millis(10);
/// How long it is left alone at rest. A request that may have written ends the rest at once;
/// this is for what the functions behind stream, queue and schedule write.
const REST: Duration = Duration::from_millis(250);
/// So long after the last record the pump is at rest.
const BUSY: Duration = Duration::from_secs(1);
/// How long a failed batch is left alone.
const AFTER_FAILURE: Duration = Duration::from_secs(1);
/// Attempts that are made at the same time.
const CONCURRENT_DELIVERIES: usize = 32;
/// How often expired items and old stream records are removed.
const EXPIRY: Duration = Duration::from_mins(10);
/// How long consumed stream records are kept. AWS keeps them for a day; here nobody else
/// reads them, and they take more room than the table.
const STREAM_KEPT: Duration = Duration::from_hours(1);

/// Where the pump remembers how far it has come. The position is written after
/// the batch: a crash in between repeats the batch, which changes nothing.
#[derive(Debug, Clone)]
pub struct PositionFile(Option<PathBuf>);

impl PositionFile {
    /// In the data folder, or nowhere in memory.
    #[must_use]
    pub fn of(options: &Options) -> Self {
        Self((!options.memory).then(|| options.data.join("stream.position")))
    }

    fn load(&self) -> Position {
        let text = self.0.as_ref().and_then(|path| fs::read_to_string(path).ok());
        text.and_then(|text| text.trim().parse().ok()).unwrap_or(Position::START)
    }

    /// Replaced whole, so that a crash leaves the old one or the new one.
    fn save(&self, position: Position) -> io::Result<()> {
        let Some(path) = &self.0 else {
            return Ok(());
        };
        let new = path.with_extension("new");
        fs::write(&new, position.to_string())?;
        fs::rename(new, path)
    }
}

/// Feeds the table's stream to fanout, in order, until stopped.
pub async fn stream(
    engine: Arc<Engine>,
    fanout: Arc<Fanout>,
    file: PositionFile,
    written: Arc<Notify>,
    mut stopped: watch::Receiver<bool>,
) {
    let mut position = file.load();
    let (mut trimmed, mut worked) = (Instant::now(), Instant::now());
    while !*stopped.borrow() {
        if trimmed.elapsed() >= EXPIRY {
            trimmed = Instant::now();
            trim(&engine, position);
        }
        let records = match engine.read_stream(TABLE, position, BATCH * SHARDS) {
            Ok(records) => records,
            Err(error) => {
                tracing::error!(%error, "the stream can't be read");
                sleep(AFTER_FAILURE).await;
                continue;
            }
        };
        let Some(last) = records.last().map(|record| record.position) else {
            let rest = if worked.elapsed() < BUSY { POLL } else { REST };
            tokio::select! {
                () = sleep(rest) => {}
                () = written.notified() => worked = Instant::now(),
                () = until_stopped(&mut stopped) => {}
            }
            continue;
        };
        worked = Instant::now();
        match fan_out(&fanout, &records).await {
            None => position = last,
            Some(failed) => {
                // As AWS does: everything from the first failure on comes again.
                position = before(&records, &failed).unwrap_or(position);
                sleep(AFTER_FAILURE).await;
            }
        }
        if let Err(error) = file.save(position) {
            tracing::warn!(%error, "the stream's position can't be remembered");
        }
    }
}

/// Removes what was consumed a while ago.
fn trim(engine: &Engine, consumed: Position) {
    let Some(before) = SystemTime::now().checked_sub(STREAM_KEPT) else {
        return;
    };
    if let Err(error) = engine.trim_stream(TABLE, before, consumed) {
        tracing::warn!(%error, "old stream records can't be removed");
    }
}

/// Hands records over, the shards side by side; answers the sequence number of the first
/// failure.
async fn fan_out(fanout: &Fanout, records: &[StreamRecord]) -> Option<String> {
    let mut shards: [Vec<&Json>; SHARDS] = Default::default();
    for event in records.iter().map(|record| &record.event) {
        // The filter of the event source in the template.
        if ChangeRecord::of(event).is_projected()
            && let Some(shard) = shards.get_mut(shard(event))
        {
            shard.push(event);
        }
    }
    let failures = join_all(shards.iter().map(|events| fan_out_shard(fanout, events))).await;
    failures.into_iter().flatten().min()
}

/// Which shard a record is in, by the partition of its item.
fn shard(event: &Json) -> usize {
    let partition = event.pointer("/dynamodb/Keys/pk/S").and_then(Json::as_str).unwrap_or_default();
    let mut hasher = DefaultHasher::new();
    partition.hash(&mut hasher);
    usize::try_from(hasher.finish() % SHARDS as u64).unwrap_or_default()
}

/// Hands the records of one shard over, batch by batch up to the first failure.
async fn fan_out_shard(fanout: &Fanout, events: &[&Json]) -> Option<String> {
    for batch in events.chunks(BATCH) {
        let answer = fanout.handle(json!({ "Records": batch })).await;
        let failures = answer.get("batchItemFailures").and_then(Json::as_array).into_iter().flatten();
        let first = failures.filter_map(|failure| failure.get("itemIdentifier")?.as_str()).min().map(str::to_owned);
        if first.is_some() {
            return first;
        }
    }
    None
}

fn before(records: &[StreamRecord], sequence: &str) -> Option<Position> {
    let earlier = records
        .iter()
        .take_while(|record| record.event.pointer("/dynamodb/SequenceNumber").is_none_or(|number| number != sequence));
    earlier.last().map(|record| record.position)
}

/// Hands hints to deliver until stopped; attempts under way are finished.
pub async fn queue(mut hints: mpsc::Receiver<Hint>, deliver: Arc<Deliver>, mut stopped: watch::Receiver<bool>) {
    let permits = Arc::new(Semaphore::new(CONCURRENT_DELIVERIES));
    loop {
        let hint = tokio::select! {
            hint = hints.recv() => hint,
            () = until_stopped(&mut stopped) => None,
        };
        let (Some(hint), Ok(permit)) = (hint, Arc::clone(&permits).acquire_owned().await) else {
            break;
        };
        let deliver = Arc::clone(&deliver);
        tokio::spawn(async move {
            if let Err(error) = deliver.attempt(hint).await {
                tracing::warn!(%error, "an attempt could not be made; the sweep finds its delivery");
            }
            drop(permit);
        });
    }
    let all = u32::try_from(CONCURRENT_DELIVERIES).unwrap_or(u32::MAX);
    let _ = permits.acquire_many(all).await;
}

/// Runs the sweep now and then until stopped.
pub async fn schedule(sweep: Arc<Sweep>, clock: Clock, every: Duration, mut stopped: watch::Receiver<bool>) {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                sweep.run(clock.now(), BUDGET).await;
            }
            () = until_stopped(&mut stopped) => return,
        }
    }
}

/// Removes what has expired, now and then, until stopped.
pub async fn expiry(engine: Arc<Engine>, mut stopped: watch::Receiver<bool>) {
    let mut ticks = interval(EXPIRY);
    loop {
        tokio::select! {
            _ = ticks.tick() => expire(&engine),
            () = until_stopped(&mut stopped) => return,
        }
    }
}

/// Removes abandoned uploads, now and then, until stopped.
pub async fn lifecycle(objects: ObjectStore, mut stopped: watch::Receiver<bool>) {
    let mut ticks = interval(EXPIRY);
    loop {
        tokio::select! {
            _ = ticks.tick() => objects.expire(),
            () = until_stopped(&mut stopped) => return,
        }
    }
}

fn expire(engine: &Engine) {
    if let Err(error) = engine.sweep_ttl() {
        tracing::warn!(%error, "expired items can't be removed");
    }
}

async fn until_stopped(stopped: &mut watch::Receiver<bool>) {
    // An error means that the stack is gone: the same.
    let _ = stopped.wait_for(|stop| *stop).await;
}
