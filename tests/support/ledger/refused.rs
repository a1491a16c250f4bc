//! Writes that are refused, as AWS charges them: conditions that do not hold and
//! transactions that are cancelled, with what comes after them.

use super::{
    charge::{COMPACTION, COUNTS, DIRECTORY},
    pipeline::{Pipeline, RecordedInvocation},
};
use crate::{Json, json, text::text};
use std::time::Duration;

/// A request or batch of which something is refused.
#[derive(Debug)]
pub struct RefusedWrite {
    /// What it is.
    pub name: &'static str,
    /// What its requests are charged, in their order.
    pub invocation: RecordedInvocation,
}

const POST: (&str, &str) = ("POST", "/v1/tickets");
const KEY: [(&str, &str); 1] = [("idempotency-key", "a")];

/// Runs them.
pub async fn refused() -> Vec<RefusedWrite> {
    let mut pipeline = Pipeline::open().await;
    let body = |name: &str| {
        json!({
            "channel_id": pipeline.channel, "subject": text(1, 6),
            "from": {"name": name, "email": "grace@customer.example"}, "message": {"body_text": text(2, 50)},
        })
    };
    let (grace, other) = (body("Grace Example"), body("G."));
    let created = pipeline.request(POST, &[], &grace).await.0.created();
    let ticket = format!("/v1/tickets/{}", created["id"].as_str().unwrap());
    let batch = pipeline.batch();
    pipeline.follow_batch(&batch).await;
    let mut done = of_ticket(&pipeline, &ticket).await;
    pipeline.request(POST, &KEY, &grace).await;
    // So that numbers are at hand: their taking beside a write ends before or after it.
    for _ in 0..4 {
        pipeline.request(POST, &[], &grace).await;
    }
    done.push(entry(&pipeline, "create, the contact has another name", POST, &[], &other).await);
    done.push(entry(&pipeline, "create, the idempotency key is used", POST, &KEY, &grace).await);
    done.extend(replayed(&mut pipeline, &batch).await);
    done
}

async fn entry(
    pipeline: &Pipeline,
    name: &'static str,
    call: (&str, &str),
    headers: &[(&str, &str)],
    body: &Json,
) -> RefusedWrite {
    pipeline.wait(Duration::from_secs(1));
    let (_, invocation) = pipeline.request(call, headers, body).await;
    assert!(invocation.charges.iter().any(|charge| charge.is_refused), "{name}: {invocation:?}");
    RefusedWrite { name, invocation }
}

/// Changes of one ticket.
async fn of_ticket(pipeline: &Pipeline, ticket: &str) -> Vec<RefusedWrite> {
    let (status, messages) = (format!("{ticket}/status"), format!("{ticket}/messages"));
    let to = |status: &str| json!({ "status": status });
    let said = |kind: &str| json!({"kind": kind, "body_text": text(3, 50)});
    let (set, write) = (("PUT", status.as_str()), ("POST", messages.as_str()));
    let again = entry(pipeline, "status, the same again", set, &[], &to("open")).await;
    let stale = entry(pipeline, "status, stale If-Match", set, &[("if-match", "\"7\"")], &to("waiting")).await;
    pipeline.request(("POST", &format!("{ticket}/archive")), &[], &Json::Null).await;
    let moved = entry(pipeline, "status, the ticket is archived", set, &[], &to("in_progress")).await;
    let reply = entry(pipeline, "reply, the ticket is archived", write, &[], &said("reply")).await;
    pipeline.request(("POST", &format!("{ticket}/restore")), &[], &Json::Null).await;
    pipeline.request(set, &[], &to("closed")).await;
    let closed = entry(pipeline, "customer's reply, closed: a new ticket", write, &[], &said("inbound")).await;
    vec![again, stale, moved, reply, closed]
}

/// A batch of the stream that comes again, and the first of its hints.
async fn replayed(pipeline: &mut Pipeline, batch: &[Json]) -> [RefusedWrite; 2] {
    let mut invocations = pipeline.follow_batch(batch).await.into_iter();
    ["fan-out, a batch that comes again", "deliver, a hint that comes again"].map(|name| {
        let mut invocation = invocations.next().unwrap();
        // Whether it is the turn of the counters has nothing to do with the batch.
        invocation.charges.retain(|charge| ![COUNTS, COMPACTION, DIRECTORY].contains(&charge.part));
        assert!(invocation.charges.iter().any(|charge| charge.is_refused), "{name}: {invocation:?}");
        RefusedWrite { name, invocation }
    })
}
