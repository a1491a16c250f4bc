//! Lean AWS clients: static credentials, one TLS stack, one small set of roots,
//! explicit timeouts. Nothing is looked up on the disk or on the network.

use crate::config::{Aws, Config};
use aws_smithy_http_client::{
    Connector,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::http::{HttpConnectorSettings, SharedHttpConnector};
use lambdesk_objects::Objects;
use lambdesk_table::{Connection, Table, keys::set_due_shards};
use std::time::Duration;

/// The authorities that sign AWS endpoints; see the crate's README.
const ROOTS: &[u8] = include_bytes!("../roots/amazon.pem");

/// For a TCP connection and its TLS handshake, within the region.
pub(crate) const CONNECT: Duration = Duration::from_secs(1);
/// For one attempt: a hundred times the published 99th percentile of a transaction.
pub(crate) const ATTEMPT: Duration = Duration::from_secs(2);

/// So long the connection to the table waits for the request of the first event to
/// go out: begun at once, its first steps delay that by about a third (measured
/// with the Runtime API stand-in: 2.9 instead of 2.2 ms after the start; with the
/// pause 2.2), and the first answer comes no sooner.
const AFTER_NEXT: Duration = Duration::from_millis(1);

/// The table of this function. Its connection is opened in the background while
/// the function waits for its first event, and the table's format is looked at: nothing is
/// written before that, and over one that a newer version wrote the process ends.
///
/// # Panics
/// Outside of a tokio runtime.
#[must_use]
pub fn table(config: &Config) -> Table {
    set_due_shards(config.due_shards);
    let table = Table::new(&connection(&config.aws), &config.table).guarded();
    let warming = table.clone();
    tokio::spawn(async move {
        tokio::time::sleep(AFTER_NEXT).await;
        match warming.check_format().await {
            Ok(Ok(())) => {}
            Ok(Err(newer)) => {
                tracing::error!(%newer, "this version must not write to the table");
                std::process::exit(1);
            }
            // It shows again where it can be answered.
            Err(error) => tracing::warn!(%error, "the table was not reachable at start"),
        }
    });
    table
}

/// A connection to `DynamoDB`; it opens with the first request.
#[must_use]
pub fn connection(aws: &Aws) -> Connection {
    let url = aws.dynamodb_url.clone();
    let connector = move || http_connector(url.as_deref());
    Connection::new(&aws.region, aws.dynamodb_url.as_deref(), aws.credentials.clone(), connector, ATTEMPT)
}

/// The object store, where the configuration names a bucket.
#[must_use]
pub fn objects(config: &Config) -> Option<Objects> {
    config.bucket().ok().map(|bucket| Objects::new(bucket.clone(), http_connector))
}

/// What speaks HTTP to an endpoint: TLS to AWS, or plain to one that says so (the
/// embedded engine).
#[must_use]
pub fn http_connector(url: Option<&str>) -> SharedHttpConnector {
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT).build();
    let builder = Connector::builder().connector_settings(settings);
    if url.is_some_and(|url| url.starts_with("http://")) {
        return SharedHttpConnector::new(builder.build_http());
    }
    let builder = builder.tls_provider(Provider::Rustls(CryptoMode::Ring));
    SharedHttpConnector::new(builder.tls_context(embedded_roots()).build())
}

pub(crate) fn embedded_roots() -> TlsContext {
    let roots = TrustStore::empty().with_pem_certificate(ROOTS);
    let context = TlsContext::builder().with_trust_store(roots).build();
    context.expect("a context of embedded certificates is complete")
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambdesk_table::Key;

    fn aws(url: Option<&str>) -> Aws {
        let url = url.map(str::to_owned);
        Aws {
            region: "eu-central-1".to_owned(),
            credentials: aws_credential_types::Credentials::from_keys("id", "secret", None),
            dynamodb_url: url.clone(),
            sqs_url: url,
        }
    }

    /// The SDK parses the roots when the client is made and panics if it can't.
    #[tokio::test]
    async fn the_clients_accept_the_embedded_roots() {
        let _ = connection(&aws(None));
        let _ = http_connector(None);
    }

    #[test]
    fn five_roots_are_embedded() {
        let pem = std::str::from_utf8(ROOTS).unwrap();
        assert_eq!(pem.matches("-----BEGIN CERTIFICATE-----").count(), 5);
    }

    #[tokio::test]
    async fn an_endpoint_that_nobody_serves_is_told_as_unavailable() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let free = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let table = Table::new(&connection(&aws(Some(&free))), "lambdesk-test");
        let error = table.get(Key { pk: "a".into(), sk: "b".into() }).await.unwrap_err();
        assert_eq!(error.to_string(), "the table can't be reached in time (connection)");
    }
}
