//! Delivery hints: "this delivery may be due". The table is the truth; a hint
//! that is lost costs a minute, until the sweep finds the delivery overdue.

use lambdesk_domain::{
    id::{DeliveryId, EndpointId, WorkspaceId},
    webhook::Delivery,
};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

/// Hints per request: SQS's limit for `SendMessageBatch`.
const BATCH: usize = 10;

/// Names a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Hint {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// Where to.
    pub endpoint: EndpointId,
    /// What.
    pub delivery: DeliveryId,
}

impl From<&Delivery> for Hint {
    fn from(delivery: &Delivery) -> Self {
        Self { workspace: delivery.workspace_id, endpoint: delivery.endpoint_id, delivery: delivery.id }
    }
}

/// Where hints go.
#[derive(Debug, Clone)]
pub enum HintQueue {
    /// The queue in the cloud.
    #[cfg(feature = "sqs")]
    Sqs(Sqs),
    /// A channel within this process: the local stack and tests. A full one loses
    /// hints, as a queue may.
    Local(mpsc::Sender<Hint>),
}

impl HintQueue {
    /// A queue within this process, and its other end.
    #[must_use]
    pub fn local(capacity: usize) -> (Self, mpsc::Receiver<Hint>) {
        let (sender, receiver) = mpsc::channel(capacity);
        (Self::Local(sender), receiver)
    }

    /// Sends hints, and says how many went. Losing some is logged, not an error.
    pub async fn send(&self, hints: &[Hint]) -> usize {
        let mut sent = 0;
        for batch in hints.chunks(BATCH) {
            sent += match self {
                #[cfg(feature = "sqs")]
                Self::Sqs(sqs) => sqs.send(batch).await,
                Self::Local(queue) => batch.iter().filter(|hint| queue.try_send(**hint).is_ok()).count(),
            };
        }
        if sent < hints.len() {
            tracing::warn!(lost = hints.len() - sent, "hints were lost; the sweep finds their deliveries");
        }
        sent
    }

    /// Sends what comes out of a channel until it is closed, and says how many
    /// went. What has come in the meantime goes together.
    pub async fn forward(&self, mut hints: mpsc::UnboundedReceiver<Hint>) -> usize {
        let (mut sent, mut batch) = (0, Vec::with_capacity(BATCH));
        while hints.recv_many(&mut batch, BATCH).await > 0 {
            sent += self.send(&batch).await;
            batch.clear();
        }
        sent
    }
}

/// A queue of SQS.
#[cfg(feature = "sqs")]
#[derive(Debug, Clone)]
pub struct Sqs {
    client: aws_sdk_sqs::Client,
    url: std::sync::Arc<str>,
}

#[cfg(feature = "sqs")]
impl HintQueue {
    /// The queue that the configuration names.
    ///
    /// # Errors
    /// When it names none.
    pub fn sqs(config: &crate::Config) -> Result<Self, crate::ConfigError> {
        let url = config.queue_url()?.into();
        Ok(Self::Sqs(Sqs { client: crate::sqs::sqs_client(&config.aws), url }))
    }
}

#[cfg(feature = "sqs")]
impl Sqs {
    /// One request for up to [`BATCH`] hints.
    async fn send(&self, hints: &[Hint]) -> usize {
        use aws_sdk_sqs::error::DisplayErrorContext;
        let request = self.client.send_message_batch().queue_url(&*self.url);
        match request.set_entries(Some(entries(hints))).send().await {
            Ok(output) => output.successful.len(),
            Err(error) => {
                tracing::warn!(error = %DisplayErrorContext(&error), "the queue took no hints");
                0
            }
        }
    }
}

#[cfg(feature = "sqs")]
fn entries(hints: &[Hint]) -> Vec<aws_sdk_sqs::types::SendMessageBatchRequestEntry> {
    let entry = |(index, hint): (usize, &Hint)| {
        let body = serde_json::to_string(hint).expect("ids are representable in JSON");
        aws_sdk_sqs::types::SendMessageBatchRequestEntry::builder()
            .id(index.to_string())
            .message_body(body)
            .build()
            .expect("an entry has an id and a body")
    };
    hints.iter().enumerate().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn hint(number: u128) -> Hint {
        let id = Uuid::from_u128(number);
        Hint { workspace: WorkspaceId::new(id), endpoint: EndpointId::new(id), delivery: DeliveryId::new(id) }
    }

    #[test]
    fn a_hint_is_three_ids_in_json() {
        let json = serde_json::to_value(hint(1)).unwrap();
        assert_eq!(json["workspace"], "00000000-0000-0000-0000-000000000001");
        assert_eq!(serde_json::from_value::<Hint>(json).unwrap(), hint(1));
    }

    #[tokio::test]
    async fn a_full_local_queue_loses_hints_and_says_so() {
        let (queue, mut received) = HintQueue::local(2);
        assert_eq!(queue.send(&[hint(1), hint(2), hint(3)]).await, 2);
        assert_eq!(received.recv().await, Some(hint(1)));
    }

    #[tokio::test]
    async fn forwarding_ends_when_the_channel_is_closed_and_empty() {
        let (queue, mut received) = HintQueue::local(100);
        let (sender, hints) = mpsc::unbounded_channel();
        (0..25).for_each(|number| sender.send(hint(number)).unwrap());
        drop(sender);
        assert_eq!(queue.forward(hints).await, 25);
        for number in 0..25 {
            assert_eq!(received.recv().await, Some(hint(number)));
        }
    }

    #[cfg(feature = "sqs")]
    mod sqs {
        use super::*;
        use axum::{Router, routing::post};
        use serde_json::{Value, json};
        use std::sync::Arc;

        fn queue(url: &str) -> HintQueue {
            let config = crate::Config::read(|name| match name {
                "LAMBDESK_TABLE" => Some("lambdesk-test".to_owned()),
                "AWS_REGION" => Some("eu-central-1".to_owned()),
                "AWS_ENDPOINT_URL_SQS" => Some(url.to_owned()),
                "LAMBDESK_QUEUE_URL" => Some(format!("{url}/123456789012/hints")),
                "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" => Some("test".to_owned()),
                _ => None,
            });
            HintQueue::sqs(&config.unwrap()).unwrap()
        }

        /// As SQS answers a batch, but the entry with the id 3 is refused.
        fn answer(request: &Value) -> String {
            let (mut taken, mut failed) = (Vec::new(), Vec::new());
            for entry in request["Entries"].as_array().unwrap() {
                let id = &entry["Id"];
                if id == "3" {
                    failed.push(json!({ "Id": id, "Code": "InternalError", "SenderFault": false }));
                } else {
                    taken.push(json!({ "Id": id, "MessageId": "m", "MD5OfMessageBody": "d" }));
                }
            }
            json!({ "Successful": taken, "Failed": failed }).to_string()
        }

        #[tokio::test]
        async fn hints_go_ten_at_a_time_and_refused_ones_are_counted_as_lost() {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let queue = queue(&format!("http://{}", listener.local_addr().unwrap()));
            let (seen, mut requests) = mpsc::unbounded_channel();
            let seen = Arc::new(seen);
            let take = move |body: String| {
                let request: Value = serde_json::from_str(&body).unwrap();
                let answer = answer(&request);
                seen.send(request).unwrap();
                async { ([("content-type", "application/x-amz-json-1.0")], answer) }
            };
            tokio::spawn(async { axum::serve(listener, Router::new().route("/", post(take))).await });

            let hints: Vec<_> = (0..23).map(hint).collect();
            // The ids begin anew in every batch, so the refused one is in two of three.
            assert_eq!(queue.send(&hints).await, 21);
            let mut bodies = Vec::new();
            while let Ok(request) = requests.try_recv() {
                let entries = request["Entries"].as_array().unwrap().clone();
                assert!(entries.len() <= 10);
                bodies.extend(entries.into_iter().map(|entry| entry["MessageBody"].as_str().unwrap().to_owned()));
            }
            let sent: Vec<Hint> = bodies.iter().map(|body| serde_json::from_str(body).unwrap()).collect();
            assert_eq!(sent, hints);
        }

        #[tokio::test]
        async fn a_queue_that_is_away_loses_its_hints_and_nothing_else() {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let nobody = format!("http://{}", listener.local_addr().unwrap());
            drop(listener);
            assert_eq!(queue(&nobody).send(&[hint(1)]).await, 0);
        }
    }
}
