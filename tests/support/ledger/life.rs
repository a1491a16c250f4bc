//! One ticket's whole life and all that follows from it, as AWS charges it.
//!
//! The pace is that of a desk with 10,000 such tickets in 30 days: a step every 21.6
//! seconds, so each step's records are a batch of their own and each hint an invocation
//! of its own, which is the dearest way. What is done for many tickets at once is measured
//! over many and divided by their number.

use super::{
    charge::{self, COMPACTION, COUNTS, Charge, DIRECTORY, DUE, NUMBERS, SCAN, SWEEP, StoredItems, WORDS},
    pipeline::{FunctionKind, Pipeline, RecordedInvocation},
};
use crate::{Json, json, text::text};
use lambdesk_domain::{
    id::{TicketId, TicketNumber},
    search::words,
};
use lambdesk_store_search::{CompactionBudget, TicketWords};
use lambdesk_testkit::{Desk, desk::START};
use std::{collections::BTreeSet, time::Duration};
use uuid::Uuid;

/// Tickets whose lives are recorded after a first one. The last of them is told; the units
/// of the counters are divided by all.
pub const LIVES: u32 = 4;
/// Tickets whose words go through the compaction: the write buffer becomes a segment eight
/// times, and these become one of the second level.
pub const INDEXED: u32 = 64;
/// Steps of one life.
const STEPS: u32 = 12;
/// Messages of one life.
const MESSAGES: u32 = 8;
/// 30 days for 10,000 tickets.
const PACE: Duration = Duration::from_millis(30 * 86_400_000 / (10_000 * STEPS as u64));
/// Words of a message: about 300 characters.
const LENGTH: usize = 50;
/// Of so many batches with words one compacts the index, as in the fan-out.
const COMPACTED: u32 = 16;
/// The reconcile looks at what changed within 48 hours: in two nights.
const NIGHTS: f64 = 2.0;
/// When the fan-out counts.
const COUNTED: &str = "every ten minutes or 50 events";
/// Parts of the pipeline's work that are not one ticket's alone.
const SHARED: [&str; 6] = [COUNTS, COMPACTION, DIRECTORY, DUE, NUMBERS, SWEEP];

/// What one ticket costs.
#[derive(Debug)]
pub struct Life {
    /// In their order.
    pub steps: Vec<LifeStep>,
    /// The ticket's part of what is done for many at once.
    pub shares: Vec<Share>,
    /// One run of the sweep when nothing is due: read and write units.
    pub quiet_run: (f64, f64),
    /// Bytes that the ticket leaves in table and indexes.
    pub stored: usize,
}

/// A step of a life, with all that follows.
#[derive(Debug)]
pub struct LifeStep {
    /// What happens.
    pub name: &'static str,
    /// Who works, in this order; of their charges those that are this ticket's alone.
    pub invocations: Vec<RecordedInvocation>,
}

/// A part of something that is done for many tickets.
#[derive(Debug)]
pub struct Share {
    /// What.
    pub name: &'static str,
    /// Read units.
    pub reads: f64,
    /// Write units.
    pub writes: f64,
    /// How the part was found.
    pub how: String,
}

impl Life {
    /// Of these functions.
    pub fn invocations(&self, function: FunctionKind) -> impl Iterator<Item = &RecordedInvocation> {
        let all = self.steps.iter().flat_map(|step| &step.invocations);
        all.filter(move |invocation| invocation.function == function)
    }

    /// Read and write units of the steps.
    pub fn of_steps(&self) -> (f64, f64) {
        charge::units(self.steps.iter().flat_map(|step| &step.invocations).flat_map(|invocation| &invocation.charges))
    }

    /// Read and write units of everything.
    pub fn units(&self) -> (f64, f64) {
        let (reads, writes) = self.of_steps();
        let add = |(reads, writes), share: &Share| (reads + share.reads, writes + share.writes);
        self.shares.iter().fold((reads, writes), add)
    }
}

/// Records it.
pub async fn life() -> Life {
    let mut pipeline = Pipeline::open().await;
    begin(&mut pipeline).await;
    let mut counts = (0.0, 0.0);
    for number in 1..LIVES {
        counts = add(counts, taken(&one(&mut pipeline, u64::from(number)).await, COUNTS));
    }
    let before = StoredItems::of(&pipeline.desk.table.engine).bytes();
    let mut steps = one(&mut pipeline, 0).await;
    let stored = StoredItems::of(&pipeline.desk.table.engine).bytes() - before;
    counts = add(counts, taken(&steps, COUNTS));
    counts = add(counts, charge::units(&count_rest(&pipeline).await));
    // The first run in an hour notes that the one before is done.
    pipeline.swept().await;
    let quiet_run = pipeline.swept().await.charges;
    let quiet_run = charge::units(quiet_run.iter().filter(|charge| [DUE, SWEEP].contains(&charge.part)));
    let shares = [key_and_directory(&steps), ticket_number(), share("counters of reports", counts, LIVES, COUNTED)];
    let shares = shares.into_iter().chain([compaction(&pipeline).await]).chain(nights(&pipeline).await).collect();
    steps.iter_mut().for_each(keep_own);
    Life { steps, shares, quiet_run, stored }
}

fn key_and_directory(steps: &[LifeStep]) -> Share {
    let invocations = steps.iter().flat_map(|step| &step.invocations);
    let requests = invocations.filter(|invocation| invocation.function == FunctionKind::Http).count();
    let how = "one unit each with every request, as if no function had them cached".to_owned();
    Share { name: "key and directory", reads: 2.0 * f64::from(u32::try_from(requests).unwrap()), writes: 0.0, how }
}

fn ticket_number() -> Share {
    let how = "one for each ticket, as where tickets come one by one; in quick succession down to a tenth".to_owned();
    Share { name: "ticket number", reads: 0.0, writes: 1.0, how }
}

fn share(name: &'static str, (reads, writes): (f64, f64), tickets: u32, how: &str) -> Share {
    let how = format!("{how}; measured over {tickets} tickets");
    let tickets = f64::from(tickets);
    Share { name, reads: reads / tickets, writes: writes / tickets, how }
}

fn add((reads, writes): (f64, f64), more: (f64, f64)) -> (f64, f64) {
    (reads + more.0, writes + more.1)
}

/// The units of one part of some steps.
fn taken(steps: &[LifeStep], part: &str) -> (f64, f64) {
    let charges = steps.iter().flat_map(|step| &step.invocations).flat_map(|invocation| &invocation.charges);
    charge::units(charges.filter(|charge| charge.part == part))
}

/// Leaves out what is not this ticket's alone.
fn keep_own(step: &mut LifeStep) {
    for invocation in &mut step.invocations {
        invocation.charges.retain(|charge| !SHARED.contains(&charge.part));
    }
}

/// One life, step by step.
async fn one(pipeline: &mut Pipeline, number: u64) -> Vec<LifeStep> {
    let said = |message: u64| text(number * u64::from(MESSAGES) + message, LENGTH);
    let body = json!({
        "channel_id": pipeline.channel, "subject": text(number + 1_000_000, 6),
        "from": {"name": "Grace Example", "email": format!("c{number:03}@customer.example")},
        "message": {"body_text": said(0)},
    });
    let mut steps = Vec::new();
    let created = step(pipeline, &mut steps, "create, new contact", ("POST", "/v1/tickets"), &body).await;
    let ticket = format!("/v1/tickets/{}", created["id"].as_str().unwrap());
    let (messages, sub) = (format!("{ticket}/messages"), |name: &str| format!("{ticket}/{name}"));
    let reply = |message| json!({"body_text": said(message)});
    let relayed = |message| json!({"kind": "inbound", "body_text": said(message)});
    let note = json!({"kind": "note", "body_text": said(7)});
    let assignee = json!({"assignee_id": pipeline.assignee});
    step(pipeline, &mut steps, "assign", ("PUT", &sub("assignee")), &assignee).await;
    step(pipeline, &mut steps, "reply", ("POST", &messages), &reply(1)).await;
    step(pipeline, &mut steps, "customer's reply", ("POST", &messages), &relayed(2)).await;
    step(pipeline, &mut steps, "note", ("POST", &messages), &note).await;
    step(pipeline, &mut steps, "second reply", ("POST", &messages), &reply(3)).await;
    let due = json!({"follow_up_at": pipeline.desk.now().plus(PACE / 2)});
    step(pipeline, &mut steps, "follow-up", ("PUT", &sub("follow_up")), &due).await;
    come_back(pipeline, &mut steps).await;
    step(pipeline, &mut steps, "customer's second reply", ("POST", &messages), &relayed(4)).await;
    step(pipeline, &mut steps, "third reply", ("POST", &messages), &reply(5)).await;
    step(pipeline, &mut steps, "customer's third reply", ("POST", &messages), &relayed(6)).await;
    step(pipeline, &mut steps, "close", ("PUT", &sub("status")), &json!({"status": "closed"})).await;
    assert_eq!(steps.len(), usize::try_from(STEPS).unwrap());
    steps
}

async fn step(
    pipeline: &mut Pipeline,
    steps: &mut Vec<LifeStep>,
    name: &'static str,
    call: (&str, &str),
    body: &Json,
) -> Json {
    let (answer, invocation) = pipeline.request(call, &[], body).await;
    assert!(answer.status < 300, "{name}: {answer:?}");
    let mut invocations = vec![invocation];
    invocations.extend(pipeline.follow().await);
    steps.push(LifeStep { name, invocations });
    pipeline.wait(PACE);
    answer.data()
}

/// The sweep brings the follow-up back.
async fn come_back(pipeline: &mut Pipeline, steps: &mut Vec<LifeStep>) {
    let mut invocations = vec![pipeline.swept().await];
    invocations.extend(pipeline.follow().await);
    steps.push(LifeStep { name: "follow-up comes due", invocations });
    pipeline.wait(PACE);
}

/// What comes once for every workspace: the first run of the sweep begins the reconcile,
/// whatever the hour, and the first count goes through all days since the workspace was
/// made. With a first life, so that the others find counters and index as they always are.
async fn begin(pipeline: &mut Pipeline) {
    pipeline.swept().await;
    one(pipeline, u64::from(LIVES)).await;
    count_rest(pipeline).await;
}

/// Ten minutes later everything before is counted, as the fan-out does it.
async fn count_rest(pipeline: &Pipeline) -> Vec<Charge> {
    pipeline.wait(Duration::from_mins(10));
    let (Desk { store, workspace, .. }, now) = (&pipeline.desk, pipeline.desk.now());
    let since = now.minus(Duration::from_hours(366 * 24));
    let (folded, charges) = pipeline.recorded(store.reports.fold_counts(*workspace, since, now, 1_000)).await;
    assert!(folded.unwrap().is_current);
    charges
}

/// The compaction of the words of many such tickets, a batch for every message.
async fn compaction(pipeline: &Pipeline) -> Share {
    let (index, (workspace, _)) = (&pipeline.desk.store.search, pipeline.desk.other_workspace().await);
    let work = async {
        for batch in 0..INDEXED * MESSAGES {
            let now = pipeline.desk.now();
            let said = [ticket_words(batch)];
            index.add_words(workspace, &format!("{batch:06}"), &said, now).await.unwrap();
            if batch.is_multiple_of(COMPACTED) {
                index.compact(workspace, CompactionBudget::Brief, now).await.unwrap();
            }
            pipeline.wait(PACE);
        }
        // What is left to merge and to delete.
        for _ in 0..3 {
            index.compact(workspace, CompactionBudget::Steps(1_000), pipeline.desk.now()).await.unwrap();
            pipeline.wait(Duration::from_mins(1));
        }
    };
    let ((), charges) = pipeline.recorded(work).await;
    let compacted = charge::units(charges.iter().filter(|charge| charge.part != WORDS));
    let how = "with every 16th batch, up to the second level of segments";
    share("compaction of the index", compacted, INDEXED, how)
}

/// The words of the messages of many tickets: those of one message.
fn ticket_words(batch: u32) -> TicketWords {
    let (ticket, message) = (u64::from(batch / MESSAGES), batch % MESSAGES);
    let said = words(&text(u64::from(batch), LENGTH));
    let is_note = message == MESSAGES - 1;
    TicketWords {
        number: TicketNumber(1_000_000 + ticket),
        id: TicketId::new(Uuid::from_u128(u128::from(ticket))),
        is_whole: false,
        is_new: message == 0,
        public: if is_note { BTreeSet::new() } else { said.clone() },
        noted: if is_note { said } else { BTreeSet::new() },
    }
}

/// What the reconcile of a night reads for a ticket that changed, and for any.
async fn nights(pipeline: &Pipeline) -> [Share; 2] {
    let night = START.plus(Duration::from_hours(36));
    pipeline.wait(night.since(pipeline.desk.now()));
    let charges = pipeline.swept().await.charges;
    let units = |of: &dyn Fn(&Charge) -> bool| charge::units(charges.iter().filter(|charge| of(charge)));
    let changed = units(&|charge| charge.part == "events");
    let every = units(&|charge| charge.part == SCAN || charge.part == "contacts");
    // With the first.
    let tickets = LIVES + 1;
    let (mut changed, every) = (
        share("reconcile of what changed", changed, tickets, "events of ticket and contact, in two nights"),
        share("reconcile, one night", every, tickets, "ticket and contact, every night that they are stored"),
    );
    (changed.reads, changed.writes) = (changed.reads * NIGHTS, changed.writes * NIGHTS);
    [changed, every]
}
