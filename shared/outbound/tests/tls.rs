//! Exchanges over TLS with receivers on loopback.

#![allow(clippy::unwrap_used, reason = "a test")]

#[allow(dead_code, reason = "each test file uses its part")]
mod receiver;

use std::sync::Arc;

use http::{HeaderMap, StatusCode};
use lambdesk_outbound::{AddressPolicy, EndpointUrl, ExchangeError, ReceiverAnswer, TlsFault, WebhookClient};
use receiver::{Receiver, Script, Scripted};
use rstest::rstest;
use tokio::io::AsyncWriteExt as _;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

const FINE: &str = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfine";

/// A receiver whose certificate is for `name`, and that certificate.
async fn receiver(name: &str, answer: &str) -> (Receiver, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key.into())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let script = Script::ReceiverAnswer(answer.into());
    let receiver = Receiver::start(script, move |socket| acceptor.accept(socket)).await;
    (receiver, certificate)
}

async fn post(port: u16, trusted: Option<CertificateDer<'static>>) -> Result<ReceiverAnswer, ExchangeError> {
    let policy = AddressPolicy::allowing(["receiver.test"]).unwrap();
    let text = format!("https://receiver.test:{port}/");
    let url = EndpointUrl::parse(&text, &policy).unwrap();
    let mut client = WebhookClient::new(policy).with_network(Scripted::names(&[&["127.0.0.1"]]));
    if let Some(certificate) = trusted {
        let mut roots = RootCertStore::empty();
        roots.add(certificate).unwrap();
        client = client.with_roots(roots);
    }
    client.post(&url, HeaderMap::new(), "{}").await
}

#[tokio::test]
async fn a_trusted_receiver_gets_the_post() {
    let (receiver, certificate) = receiver("receiver.test", FINE).await;
    let answer = post(receiver.address.port(), Some(certificate)).await.unwrap();
    assert_eq!((answer.status, answer.excerpt.as_str()), (StatusCode::OK, "fine"));
    assert_eq!(receiver.requests().len(), 1);
}

#[tokio::test]
async fn a_receiver_with_an_untrusted_certificate_gets_nothing() {
    let (receiver, _) = receiver("receiver.test", FINE).await;
    let outcome = post(receiver.address.port(), None).await;
    assert_eq!(outcome, Err(ExchangeError::Tls(TlsFault::Certificate)));
    assert!(receiver.requests().is_empty());
}

#[tokio::test]
async fn a_receiver_with_another_hosts_certificate_gets_nothing() {
    let (receiver, certificate) = receiver("other.test", FINE).await;
    let outcome = post(receiver.address.port(), Some(certificate)).await;
    assert_eq!(outcome, Err(ExchangeError::Tls(TlsFault::Certificate)));
    assert!(receiver.requests().is_empty());
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_a_handshake_failure() {
    // It speaks first, because it would wait for ever for the end of a TLS greeting.
    let receiver = Receiver::start(Script::ReceiverAnswer(String::new()), |mut socket| async move {
        socket.write_all(FINE.as_bytes()).await?;
        Ok(socket)
    })
    .await;
    let outcome = post(receiver.address.port(), None).await;
    assert_eq!(outcome, Err(ExchangeError::Tls(TlsFault::Handshake)));
}

#[rstest]
#[case::lasts_until_close("HTTP/1.1 200 OK\r\n\r\nfine", Ok("fine"))]
#[case::has_a_length("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nfine", Err(ExchangeError::Protocol))]
#[tokio::test]
async fn a_close_without_notice_ends_only_a_body_that_lasts_until_close(
    #[case] text: &str,
    #[case] outcome: Result<&str, ExchangeError>,
) {
    let (receiver, certificate) = receiver("receiver.test", text).await;
    let answer = post(receiver.address.port(), Some(certificate)).await;
    assert_eq!(answer.as_ref().map(|a| a.excerpt.as_str()).map_err(|e| *e), outcome);
    assert!(answer.is_ok_and(|a| a.truncated) == outcome.is_ok());
}
