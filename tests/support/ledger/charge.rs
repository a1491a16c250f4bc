//! What AWS charges for requests to the table: recorded requests in, read and write units
//! by what they were about out.
//!
//! The table tells what a request consumed that was done. Of a refused one it tells
//! nothing, here as in the cloud, so that is computed by the rules of the `DynamoDB`
//! developer guide ("Capacity unit consumption for write operations", and "Capacity
//! management for transactions"; read in November 2026): a conditional write that is refused
//! consumes the units of the item that is there or of the one that was to be written,
//! whichever is larger, and at least one; a transaction consumes twice that for every
//! item, once to prepare it and once to commit it. That a cancelled transaction is charged
//! both is the dearest reading; no page says that it is charged less, and the answer tells no
//! capacity (paritysuite/dynamodb-conformance, pull request 67, against the service).

use crate::{Json, ledger::item};
use lambdesk_engine::{Engine, Position};
use lambdesk_testkit::{RecordedRequest, TABLE};
use std::collections::BTreeMap;

/// Records that the stream gives at a time.
const RECORDS: usize = 1_000;
/// Requests that consume read units; all others consume write units.
const READS: [&str; 4] = ["GetItem", "BatchGetItem", "Query", "Scan"];

/// What one request to the table is charged.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
pub struct Charge {
    /// What it was about.
    pub part: &'static str,
    /// What was asked for, as AWS spells it.
    pub operation: String,
    /// Read units.
    pub reads: f64,
    /// Write units, of the table and its indexes together.
    pub writes: f64,
    /// A condition did not hold: the units are computed.
    pub is_refused: bool,
}

/// Read and write units of some requests.
pub fn units<'a>(charges: impl IntoIterator<Item = &'a Charge>) -> (f64, f64) {
    let add = |(reads, writes), charge: &Charge| (reads + charge.reads, writes + charge.writes);
    charges.into_iter().fold((0.0, 0.0), add)
}

/// What some requests are charged.
pub fn charges(requests: &[RecordedRequest], engine: &Engine) -> Vec<Charge> {
    // Read only where it is needed: refusals are rare.
    let is_any_refused = requests.iter().any(|recorded| !recorded.is_done);
    let stored = if is_any_refused { StoredItems::of(engine) } else { StoredItems::default() };
    requests.iter().map(|recorded| charge(recorded, &stored)).collect()
}

fn charge(recorded: &RecordedRequest, stored: &StoredItems) -> Charge {
    let RecordedRequest { operation, body, answer, is_done } = recorded;
    let units = if *is_done { consumed(&answer["ConsumedCapacity"]) } else { refused(recorded, stored) };
    let (reads, writes) = if READS.contains(&operation.as_str()) { (units, 0.0) } else { (0.0, units) };
    Charge { part: part(body), operation: operation.clone(), reads, writes, is_refused: !is_done }
}

/// What the table told, of one table or of several.
fn consumed(capacity: &Json) -> f64 {
    let units = |capacity: &Json| capacity["CapacityUnits"].as_f64().unwrap_or_default();
    capacity.as_array().map_or_else(|| units(capacity), |all| all.iter().map(units).sum())
}

/// What a refused request consumes.
fn refused(RecordedRequest { operation, body, answer, .. }: &RecordedRequest, stored: &StoredItems) -> f64 {
    let error = answer["__type"].as_str().unwrap_or_default();
    let is_refusal =
        error.ends_with("ConditionalCheckFailedException") || error.ends_with("TransactionCanceledException");
    assert!(is_refusal, "{operation}: {answer}");
    match body["TransactItems"].as_array() {
        Some(steps) => steps
            .iter()
            .flat_map(|step| step.as_object().unwrap().values())
            .map(|write| 2.0 * of_write(write, stored))
            .sum(),
        None => of_write(body, stored),
    }
}

/// The units of one write: of the item as it is, or as it would have been.
fn of_write(write: &Json, stored: &StoredItems) -> f64 {
    let key = if write["Item"].is_object() { &write["Item"] } else { &write["Key"] };
    let old = stored.item(key);
    let new = item::written(write, old);
    let bytes = old.map_or(0, item::size).max(new.as_ref().map_or(0, item::size));
    #[expect(clippy::cast_precision_loss, reason = "an item has at most 400 KB")]
    let units = bytes.div_ceil(1024).max(1) as f64;
    units
}

/// Every item of the table as it is now.
#[derive(Debug, Default)]
pub struct StoredItems(BTreeMap<(String, String), Json>);

impl StoredItems {
    /// By all that the stream tells.
    pub fn of(engine: &Engine) -> Self {
        let (mut items, mut position) = (BTreeMap::new(), Position::START);
        loop {
            let records = engine.read_stream(TABLE, position, RECORDS).unwrap();
            let Some(last) = records.last() else {
                return Self(items);
            };
            position = last.position;
            for record in records {
                let change = &record.event["dynamodb"];
                let key = primary(&change["Keys"]);
                match change.get("NewImage") {
                    Some(image) => items.insert(key, image.clone()),
                    None => items.remove(&key),
                };
            }
        }
    }

    fn item(&self, key: &Json) -> Option<&Json> {
        self.0.get(&primary(key))
    }

    /// The bytes of all items and their index entries, as AWS counts stored ones.
    pub fn bytes(&self) -> usize {
        self.0.values().map(item::stored).sum()
    }
}

fn primary(key: &Json) -> (String, String) {
    let text = |name: &str| key[name]["S"].as_str().unwrap_or_default().to_owned();
    (text("pk"), text("sk"))
}

/// The key of a request's item, or of the first of them; of a query the partition and where
/// it begins.
fn key(request: &Json) -> (String, String) {
    let of_table = request["RequestItems"].as_object().and_then(|tables| tables.values().next());
    let step = request["TransactItems"][0].as_object().and_then(|step| step.values().next());
    let write = match of_table {
        Some(keys) if keys["Keys"].is_array() => return primary(&keys["Keys"][0]),
        Some(writes) if writes[0]["PutRequest"].is_object() => &writes[0]["PutRequest"],
        Some(writes) => &writes[0]["DeleteRequest"],
        None => step.unwrap_or(request),
    };
    for name in ["Item", "Key"] {
        if write[name].is_object() {
            return primary(&write[name]);
        }
    }
    let value = |name: &str| request["ExpressionAttributeValues"][name]["S"].as_str().unwrap_or_default().to_owned();
    (value(":pk"), value(":from"))
}

/// What a request is about.
fn part(request: &Json) -> &'static str {
    let (pk, sk) = key(request);
    let mut names = pk.split('#');
    match (names.next().unwrap_or_default(), names.next().unwrap_or_default(), sk.as_str()) {
        ("sweeps", ..) => SWEEP,
        ("due", ..) => DUE,
        ("key", ..) | (_, "dir" | "keys", _) => DIRECTORY,
        (_, "hooks", _) => "endpoints",
        (_, "h", _) => "deliveries",
        (_, "count" | "feed", _) => COUNTS,
        (_, "s", _) if pk.ends_with("#s#fresh") && request["Item"].is_object() => WORDS,
        (_, "s", _) => COMPACTION,
        (_, "n", "N") => NUMBERS,
        (_, "l" | "f" | "o" | "a" | "u" | "n", _) => "list rows",
        (_, "contacts" | "c", _) => "contacts",
        (_, "i", _) => "answers",
        // Those that the feed names are read together.
        (_, "t" | "e", sk) if sk.starts_with("E#") && request["RequestItems"].is_object() => COUNTS,
        (_, "t" | "e", sk) if sk.starts_with("E#") => "events",
        (_, "t", "U") => "follow-up row",
        (_, "t", _) => "ticket",
        _ if request["KeyConditionExpression"].is_null() => SCAN,
        _ => "other",
    }
}

/// Parts that are not of one ticket alone.
pub const SWEEP: &str = "sweeps";
/// The sweep's look at what is due.
pub const DUE: &str = "due rows";
/// Key and directory of a caller.
pub const DIRECTORY: &str = "directory";
/// The counters of reports.
pub const COUNTS: &str = "counts";
/// Words on their way into the index.
pub const WORDS: &str = "words";
/// The compaction of the index.
pub const COMPACTION: &str = "compaction";
/// The lease of ticket numbers.
pub const NUMBERS: &str = "numbers";
/// The nightly walk over all tickets.
pub const SCAN: &str = "all tickets";
