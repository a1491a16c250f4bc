//! Where the client refuses to go, whatever the name service says.

#![allow(clippy::unwrap_used, reason = "a test")]

#[allow(dead_code, reason = "each test file uses its part")]
mod receiver;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use http::HeaderMap;
use lambdesk_outbound::{AddressPolicy, EndpointUrl, ExchangeError, Network, WebhookClient};
use receiver::{Receiver, Script, Scripted};
use rstest::rstest;

const PUBLIC: &str = "93.184.215.14";

fn ok() -> Script {
    Script::ReceiverAnswer("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".into())
}

/// Posts under `public_only`, to a URL that a wider policy once let in.
async fn post_unallowed(network: impl Network, text: &str) -> ExchangeError {
    let everything = AddressPolicy::allowing(["receiver.test", "127.0.0.1", "[::1]"]).unwrap();
    let url = EndpointUrl::parse(text, &everything).unwrap();
    let client = WebhookClient::new(AddressPolicy::public_only()).with_network(network);
    client.post(&url, HeaderMap::new(), "{}").await.unwrap_err()
}

#[rstest]
#[case::loopback("https://127.0.0.1/")]
#[case::loopback_ipv6("https://[::1]/")]
#[case::plain_http("http://receiver.test/")]
#[tokio::test]
async fn a_host_that_is_allowed_no_more_is_refused_unasked(#[case] url: &str) {
    let network = Scripted::names(&[&[PUBLIC]]);
    let (questions, attempts) = (Arc::clone(&network.questions), Arc::clone(&network.attempts));
    assert_eq!(post_unallowed(network, url).await, ExchangeError::Refused);
    assert_eq!(questions.load(Ordering::SeqCst), 0);
    assert_eq!(attempts.load(Ordering::SeqCst), 0);
}

#[rstest]
#[case::loopback(&["127.0.0.1"])]
#[case::private(&["10.0.0.1"])]
#[case::metadata(&["169.254.169.254"])]
#[case::mapped_loopback(&["::ffff:127.0.0.1"])]
#[case::unique_local(&["fd00:ec2::254"])]
#[case::mixed_public_first(&[PUBLIC, "10.0.0.1"])]
#[case::mixed_private_first(&["10.0.0.1", PUBLIC])]
#[case::mixed_families(&[PUBLIC, "::1"])]
#[tokio::test]
async fn a_name_with_any_non_public_address_is_refused_unconnected(#[case] addresses: &[&str]) {
    let network = Scripted::names(&[addresses]);
    let attempts = Arc::clone(&network.attempts);
    let error = post_unallowed(network, "https://receiver.test/").await;
    assert_eq!(error, ExchangeError::Refused);
    assert_eq!(attempts.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_rebinding_name_is_asked_once_per_exchange_and_checked_every_time() {
    let receiver = Receiver::plain(ok()).await;
    let network = Scripted {
        // Nobody is at home behind the public answer, in this test.
        connects_to: Some("127.0.0.1:1".parse().unwrap()),
        ..Scripted::names(&[&[PUBLIC], &["127.0.0.1"]])
    };
    let questions = Arc::clone(&network.questions);
    let text = format!("https://receiver.test:{}/", receiver.address.port());
    let policy = AddressPolicy::public_only();
    let url = EndpointUrl::parse(&text, &policy).unwrap();
    let client = WebhookClient::new(policy).with_network(network);

    let first = client.post(&url, HeaderMap::new(), "{}").await;
    assert_eq!(first, Err(ExchangeError::Connect));
    assert_eq!(questions.load(Ordering::SeqCst), 1);
    let second = client.post(&url, HeaderMap::new(), "{}").await;
    assert_eq!(second, Err(ExchangeError::Refused));
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test]
async fn a_connection_that_ends_up_at_loopback_is_dropped_before_a_byte_is_sent() {
    let receiver = Receiver::plain(ok()).await;
    let network = Scripted { connects_to: Some(receiver.address), ..Scripted::names(&[&[PUBLIC]]) };
    let error = post_unallowed(network, "https://receiver.test/").await;
    assert_eq!(error, ExchangeError::Refused);
    assert!(receiver.requests().is_empty());
}

#[rstest]
#[case::unknown(&[])]
#[case::without_addresses(&[&[] as &[&str]])]
#[tokio::test]
async fn a_name_without_addresses_is_a_dns_failure(#[case] answers: &[&[&str]]) {
    let error = post_unallowed(Scripted::names(answers), "https://receiver.test/").await;
    assert_eq!(error, ExchangeError::Dns);
}
