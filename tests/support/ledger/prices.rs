//! Prices of AWS, and what a life costs by them.
//!
//! List prices of us-east-1 on demand, without free tiers, discounts and taxes, as published
//! in 2025 and 2026; those of `DynamoDB` hold since November 2024. The page of each is named
//! with it: look there before relying on them.

use super::{
    life::Life,
    pipeline::{FunctionKind, RecordedInvocation},
};

/// A price of AWS.
#[derive(Debug, Clone, Copy)]
pub struct Price {
    /// For what.
    pub of: &'static str,
    /// US dollars.
    pub dollars: f64,
    /// For so many of them.
    pub per: f64,
    /// How that is said.
    pub unit: &'static str,
    /// Where it is published.
    pub source: &'static str,
}

const MILLION: f64 = 1e6;
const GIGABYTE: f64 = 1e9;
const KILOBYTE: f64 = 1e3;

const fn price(of: &'static str, dollars: f64, per: f64, unit: &'static str, source: &'static str) -> Price {
    Price { of, dollars, per, unit, source }
}

const DYNAMODB: &str = "aws.amazon.com/dynamodb/pricing/on-demand";
const LAMBDA: &str = "aws.amazon.com/lambda/pricing";

/// Write request units.
pub const WRITES: Price = price("DynamoDB write units", 0.625, MILLION, "million", DYNAMODB);
/// Read request units.
pub const READS: Price = price("DynamoDB read units", 0.125, MILLION, "million", DYNAMODB);
/// Invocations.
pub const INVOCATIONS: Price = price("Lambda invocations", 0.20, MILLION, "million", LAMBDA);
/// Memory for a time, arm64.
pub const GB_SECONDS: Price = price("Lambda GB-seconds (arm64)", 13.3334, MILLION, "million", LAMBDA);
/// Requests to an HTTP API, up to 512 KB each.
pub const REQUESTS: Price =
    price("API Gateway requests (HTTP API)", 1.0, MILLION, "million", "aws.amazon.com/api-gateway/pricing");
/// Requests to a standard queue.
pub const QUEUE: Price = price("SQS requests", 0.40, MILLION, "million", "aws.amazon.com/sqs/pricing");
/// What is written to logs.
pub const LOGS: Price = price("CloudWatch Logs, bytes", 0.50, GIGABYTE, "GB", "aws.amazon.com/cloudwatch/pricing");
/// What goes out to the internet.
pub const TRANSFER: Price = price("data out, bytes", 0.09, GIGABYTE, "GB", "aws.amazon.com/ec2/pricing/on-demand");
/// Runs of a schedule.
pub const SCHEDULE: Price =
    price("EventBridge Scheduler runs", 1.0, MILLION, "million", "aws.amazon.com/eventbridge/pricing");
/// Storage with point-in-time recovery ($0.25 and $0.20), for a month.
pub const STORAGE: Price = price("DynamoDB storage, bytes", 0.45, GIGABYTE, "GB a month", DYNAMODB);

/// A function's memory, in the template.
const MEMORY_GB: f64 = 0.25;
/// CPU of an invocation: below 0.8 ms of a whole core (`make bench`), at the seventh of one
/// that 256 MB buy.
const CPU_SECONDS: f64 = 0.005;
/// One round of requests to the table: "single-digit milliseconds" and some to spare.
const ROUND_SECONDS: f64 = 0.010;
/// A receiver's answer, with the TLS handshake before it.
const RECEIVER_SECONDS: f64 = 0.150;
/// Rounds of the fan-out: endpoints; rows, words and deliveries; the event.
const FANOUT_ROUNDS: f64 = 3.0;
/// Rounds of an attempt: the lease; endpoint and event; what came of it.
const DELIVER_ROUNDS: f64 = 3.0;
/// A line of the access log.
const LOG_LINE: f64 = 300.0;
/// Requests to the queue for one hint: it is sent, received and deleted. Lambda receives and
/// deletes, and each costs as if we had.
const QUEUE_REQUESTS: f64 = 3.0;
/// A month of 30 days, in minutes.
const MINUTES: f64 = 43_200.0;
/// Of a quiet run of the sweep.
const QUIET_SECONDS: f64 = 0.1;
/// Lambda holds five long polls of 20 seconds open at an idle queue.
const POLLS: f64 = MINUTES * 3.0 * 5.0;
/// Tickets of a bill.
pub const TICKETS: f64 = 10_000.0;

/// A quantity with its price.
#[derive(Debug, Clone, Copy)]
pub struct BillItem {
    /// The price.
    pub price: Price,
    /// How much of it: for one ticket, or for a month.
    pub quantity: f64,
}

impl BillItem {
    /// Its price, so many times.
    pub fn dollars(&self, times: f64) -> f64 {
        self.quantity * times * self.price.dollars / self.price.per
    }
}

/// What the items cost together.
pub fn total(items: &[BillItem], times: f64) -> f64 {
    items.iter().map(|item| item.dollars(times)).sum()
}

/// Of one ticket.
pub fn of_life(life: &Life) -> Vec<BillItem> {
    let (reads, writes) = life.units();
    let [http, fanout, deliver] = [FunctionKind::Http, FunctionKind::Fanout, FunctionKind::Deliver]
        .map(|function| count(life.invocations(function).count()));
    let bytes: usize = life.steps.iter().flat_map(|step| &step.invocations).map(|invocation| invocation.bytes).sum();
    let items = [
        (WRITES, writes),
        (READS, reads),
        (INVOCATIONS, http + fanout + deliver),
        (GB_SECONDS, seconds(life) * MEMORY_GB),
        (REQUESTS, http),
        (QUEUE, deliver * QUEUE_REQUESTS),
        (LOGS, http * LOG_LINE),
        (TRANSFER, kilobytes(bytes) * KILOBYTE),
    ];
    items.map(|(price, quantity)| BillItem { price, quantity }).into()
}

/// What one ticket leaves in the table, for a month. In whole KB: the lengths of times
/// vary by some bytes.
pub fn stored(life: &Life) -> BillItem {
    BillItem { price: STORAGE, quantity: kilobytes(life.stored) * KILOBYTE }
}

fn kilobytes(bytes: usize) -> f64 {
    (count(bytes) / KILOBYTE).round()
}

/// Of a month in which nothing happens, storage aside.
pub fn of_quiet_month(life: &Life) -> Vec<BillItem> {
    let (reads, writes) = life.quiet_run;
    let items = [
        (WRITES, writes * MINUTES),
        (READS, reads * MINUTES),
        (INVOCATIONS, MINUTES),
        (GB_SECONDS, QUIET_SECONDS * MEMORY_GB * MINUTES),
        (SCHEDULE, MINUTES),
        (QUEUE, POLLS),
    ];
    items.map(|(price, quantity)| BillItem { price, quantity }).into()
}

/// How long the functions run for one life: a model, of named parts.
fn seconds(life: &Life) -> f64 {
    let all = life.steps.iter().flat_map(|step| &step.invocations);
    all.map(|invocation| {
        let RecordedInvocation { function, depth, .. } = invocation;
        CPU_SECONDS
            + match function {
                FunctionKind::Http => ROUND_SECONDS * count(*depth),
                FunctionKind::Fanout => ROUND_SECONDS * FANOUT_ROUNDS,
                FunctionKind::Deliver => ROUND_SECONDS * DELIVER_ROUNDS + RECEIVER_SECONDS,
                // Its runs are of the quiet month.
                FunctionKind::Sweep => -CPU_SECONDS,
            }
    })
    .sum()
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
const fn count(of: usize) -> f64 {
    of as f64
}
