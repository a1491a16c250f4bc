//! A real event for every kind of function, over a bed that has what they name.

use crate::{
    bed::{Bed, TABLE},
    receiver::Receiver,
};
use axum::http::Method;
use lambdesk_engine::Position;
use lambdesk_fanout::Fanout;
use lambdesk_runtime::{Clock, HintQueue};
use lambdesk_testkit::runtime_api::events::{api_gateway_v2, schedule, sqs, stream};
use serde_json::{Value as Json, json};

/// Messages of the ticket that is read.
const MESSAGES: usize = 20;
/// Open tickets: more than a page.
const OPEN: usize = 60;

/// The events, and the ticket that they are about.
pub struct Events {
    /// One for each function that is started, by its name.
    pub each: Vec<(&'static str, Json)>,
    /// `GET /v1/tickets/{id}` with 20 messages.
    pub get: Json,
    /// `GET /v1/tickets?status=open`, 25 rows.
    pub list: Json,
    /// The id of that ticket.
    pub ticket: String,
}

impl Events {
    /// Fills the bed.
    pub async fn prepare(bed: &Bed) -> Self {
        let Receiver { url, .. } = Receiver::start().await;
        let endpoint = json!({"url": url, "types": ["ticket.created"]});
        bed.data(Method::POST, "/v1/webhooks", Some(&endpoint)).await;
        let channel = json!({"name": "Website", "type": "chat", "hostnames": ["shop.example"]});
        let channel = bed.data(Method::POST, "/v1/channels", Some(&channel)).await;
        let ticket = open(bed, 0).await;
        for number in 1..MESSAGES {
            let body = json!({"body_text": format!("{number} {}", "y".repeat(300))});
            bed.data(Method::POST, &format!("/v1/tickets/{ticket}/messages"), Some(&body)).await;
        }
        let hint = hint(bed).await;
        for number in 1..OPEN {
            open(bed, number).await;
        }
        let request = |method: &str, path: &str, query: &str, body: &str| {
            let headers = [
                ("authorization", &*bed.authorization),
                ("content-type", "application/json"),
                ("origin", "https://shop.example"),
            ];
            api_gateway_v2(method, path, query, &headers, body.as_bytes())
        };
        let session = format!("/intake/{}/session", channel["public_token"].as_str().unwrap());
        let get = request("GET", &format!("/v1/tickets/{ticket}"), "", "");
        let each = vec![
            ("tickets", get.clone()),
            ("intake", request("POST", &session, "", "{}")),
            ("webhooks", request("GET", "/v1/webhooks", "", "")),
            ("fanout", stream(&heads(bed, 100))),
            ("deliver", sqs(&[&hint])),
            ("sweep", schedule()),
        ];
        Self { each, get, list: request("GET", "/v1/tickets", "status=open", ""), ticket }
    }
}

/// Opens a ticket; answers its id.
async fn open(bed: &Bed, number: usize) -> String {
    let body = json!({
        "subject": format!("A subject of ordinary length, number {number:03}"),
        "from": {"name": "Grace Example", "email": format!("c{number:03}@customer.example")},
        "message": {"body_text": "x".repeat(300)},
    });
    let ticket = bed.data(Method::POST, "/v1/tickets", Some(&body)).await;
    ticket["id"].as_str().unwrap().to_owned()
}

/// The newest changes of heads, as the event source's filter lets them through.
fn heads(bed: &Bed, most: usize) -> Vec<Json> {
    let records = bed.engine.read_stream(TABLE, Position::START, 1_000).unwrap();
    let heads =
        records.into_iter().map(|record| record.event).filter(|event| event["dynamodb"]["Keys"]["sk"]["S"] == "T");
    let mut heads: Vec<_> = heads.collect();
    heads.split_off(heads.len().saturating_sub(most))
}

/// Fans out what has happened so far; answers the hint of a delivery that waits.
async fn hint(bed: &Bed) -> String {
    let (queue, mut hints) = HintQueue::local(100);
    let fanout = Fanout::new(&bed.app.table, queue, Clock::system());
    let answer = fanout.handle(stream(&heads(bed, 100))).await;
    assert_eq!(answer["batchItemFailures"], json!([]));
    serde_json::to_string(&hints.try_recv().expect("a delivery of the ticket")).unwrap()
}
