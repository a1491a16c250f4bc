//! One exchange over real sockets on loopback.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

#[allow(dead_code, reason = "each test file uses its part")]
mod receiver;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use http::{HeaderMap, HeaderValue, StatusCode, header};
use lambdesk_outbound::{
    AddressPolicy, EndpointUrl, ExchangeError, Limits, Network, ReceiverAnswer, RetryAfter, WebhookClient,
};
use receiver::{Receiver, Script, Scripted};
use rstest::rstest;
use tokio::net::TcpStream;

const SOON: Duration = Duration::from_millis(300);
const PAUSE: Duration = Duration::from_millis(20);
const HEAD: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

fn local() -> AddressPolicy {
    AddressPolicy::allowing(["127.0.0.1", "receiver.test"]).unwrap()
}

fn impatient() -> Limits {
    Limits { deadline: SOON, ..Limits::default() }
}

async fn post<N: Network>(
    client: &WebhookClient<N>,
    url: &str,
    headers: HeaderMap,
) -> Result<ReceiverAnswer, ExchangeError> {
    let url = EndpointUrl::parse(url, &local()).unwrap();
    // Only so that a missing deadline fails instead of hanging.
    tokio::time::timeout(Duration::from_mins(1), client.post(&url, headers, "{\"a\":1}"))
        .await
        .expect("the client keeps its deadline")
}

async fn answer_to(text: &str) -> Result<ReceiverAnswer, ExchangeError> {
    let receiver = Receiver::plain(Script::ReceiverAnswer(text.into())).await;
    post(&WebhookClient::new(local()), &receiver.url(), HeaderMap::new()).await
}

#[tokio::test]
async fn the_receiver_gets_path_query_headers_and_body_and_we_its_answer() {
    let script = "HTTP/1.1 202 Accepted\r\ncontent-length: 4\r\n\r\nfine";
    let receiver = Receiver::plain(Script::ReceiverAnswer(script.into())).await;
    let headers =
        HeaderMap::from_iter([(header::HeaderName::from_static("webhook-id"), HeaderValue::from_static("msg_1"))]);
    let answer = post(&WebhookClient::new(local()), &receiver.url(), headers).await.unwrap();
    assert_eq!(answer.status, StatusCode::ACCEPTED);
    assert_eq!((answer.excerpt.as_str(), answer.truncated), ("fine", false));

    let requests = receiver.requests();
    let (head, body) = requests[0].split_once("\r\n\r\n").unwrap();
    let mut lines: Vec<&str> = head.lines().collect();
    assert_eq!(lines.remove(0), "POST /hook?key=1 HTTP/1.1");
    lines.sort_unstable();
    let host = format!("host: {}", receiver.address);
    let agent = format!("user-agent: Lambdesk-Webhooks/{}", env!("CARGO_PKG_VERSION"));
    let expected = [
        "connection: close",
        "content-length: 7",
        "content-type: application/json",
        &host,
        &agent,
        "webhook-id: msg_1",
    ];
    assert_eq!(lines, expected);
    assert_eq!(body, "{\"a\":1}");
}

#[tokio::test]
async fn a_caller_cannot_overrule_the_headers_of_the_connection() {
    let receiver = Receiver::plain(Script::ReceiverAnswer("HTTP/1.1 204 Gone\r\n\r\n".into())).await;
    let foreign = [
        (header::HOST, "internal.test"),
        (header::CONTENT_LENGTH, "0"),
        (header::TRANSFER_ENCODING, "chunked"),
        (header::CONNECTION, "keep-alive"),
        (header::EXPECT, "100-continue"),
        (header::USER_AGENT, "other"),
        (header::CONTENT_TYPE, "text/plain"),
    ];
    let headers = foreign.map(|(name, value)| (name, HeaderValue::from_static(value)));
    post(&WebhookClient::new(local()), &receiver.url(), HeaderMap::from_iter(headers)).await.unwrap();

    let request = receiver.requests().remove(0);
    for gone in ["internal.test", "content-length: 0", "chunked", "keep-alive", "expect", "other"] {
        assert!(!request.contains(gone), "{gone} in {request}");
    }
    assert!(request.contains("content-type: text/plain\r\n"));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let elsewhere = Receiver::plain(Script::ReceiverAnswer("HTTP/1.1 200 OK\r\n\r\n".into())).await;
    let script = format!("HTTP/1.1 307 Away\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", elsewhere.url());
    let answer = answer_to(&script).await.unwrap();
    assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn retry_after_is_read_from_the_answer() {
    let text = "HTTP/1.1 503 Busy\r\nretry-after: 30\r\ncontent-length: 0\r\n\r\n";
    let answer = answer_to(text).await.unwrap();
    assert_eq!(answer.retry_after, Some(RetryAfter::Delay(Duration::from_secs(30))));
}

#[rstest]
#[case::silence("")]
#[case::half_a_head("HTTP/1.1 200 OK\r\nx: y")]
#[case::head_only("HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")]
#[case::dripping_chunks(HEAD)]
#[case::until_close("HTTP/1.1 200 OK\r\n\r\n")]
#[tokio::test]
async fn a_slow_drip_at_any_step_meets_the_deadline(#[case] head: &'static str) {
    let part: &[u8] = match head {
        "" => b"",
        HEAD => b"1\r\nx\r\n",
        _ => b"x",
    };
    let receiver = Receiver::plain(Script::Endless(head.into(), part, PAUSE)).await;
    let client = WebhookClient::new(local()).with_limits(impatient());
    let outcome = post(&client, &receiver.url(), HeaderMap::new()).await;
    assert_eq!(outcome, Err(ExchangeError::Timeout));
}

#[tokio::test]
async fn a_name_service_that_never_answers_meets_the_deadline() {
    struct Silent;
    impl Network for Silent {
        async fn resolve(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
            std::future::pending().await
        }
    }
    let client = WebhookClient::new(local()).with_limits(impatient()).with_network(Silent);
    let outcome = post(&client, "https://receiver.test/", HeaderMap::new()).await;
    assert_eq!(outcome, Err(ExchangeError::Timeout));
}

#[tokio::test]
async fn a_tls_server_that_never_speaks_meets_the_deadline() {
    let receiver = Receiver::plain(Script::Endless(String::new(), b"", PAUSE)).await;
    let client = WebhookClient::new(local()).with_limits(impatient());
    let url = receiver.url().replace("http:", "https:");
    assert_eq!(post(&client, &url, HeaderMap::new()).await, Err(ExchangeError::Timeout));
}

#[tokio::test]
async fn an_endless_body_is_cut_and_its_beginning_kept() {
    let chunk = b"8\r\nabcdefgh\r\n";
    let receiver = Receiver::plain(Script::Endless(HEAD.into(), chunk, Duration::ZERO)).await;
    let limits = Limits { body: 100, excerpt: 12, ..Limits::default() };
    let client = WebhookClient::new(local()).with_limits(limits);
    let answer = post(&client, &receiver.url(), HeaderMap::new()).await.unwrap();
    assert_eq!((answer.excerpt.as_str(), answer.truncated), ("abcdefghabcd", true));
}

#[rstest]
#[case::at_the_limit(16 * 1024, false)]
#[case::one_more(16 * 1024 + 1, true)]
#[tokio::test]
async fn sixteen_kibibytes_are_read_and_one_is_kept(#[case] length: usize, #[case] cut: bool) {
    let body = "x".repeat(length);
    let text = format!("HTTP/1.1 500 Oops\r\ncontent-length: {length}\r\n\r\n{body}");
    let answer = answer_to(&text).await.unwrap();
    assert_eq!((answer.excerpt.len(), answer.truncated), (1024, cut));
}

#[rstest]
#[case::nothing("")]
#[case::not_http("SSH-2.0-OpenSSH_9.6\r\n")]
#[case::http2("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]
#[case::half_a_head("HTTP/1.1 200 OK\r\nx: y")]
#[case::short_body("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nfour")]
#[case::broken_chunk("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n")]
#[tokio::test]
async fn what_is_not_a_whole_http_answer_is_a_protocol_failure(#[case] text: &str) {
    assert_eq!(answer_to(text).await, Err(ExchangeError::Protocol));
}

#[tokio::test]
async fn a_head_without_end_is_a_protocol_failure() {
    let many = "x: y\r\n".repeat(101);
    let long = format!("x: {}\r\n", "y".repeat(64 * 1024));
    for headers in [many, long] {
        let text = format!("HTTP/1.1 200 OK\r\n{headers}\r\n");
        assert_eq!(answer_to(&text).await, Err(ExchangeError::Protocol));
    }
}

#[tokio::test]
async fn a_closed_port_is_a_connect_failure() {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let outcome = post(&WebhookClient::new(local()), &url, HeaderMap::new()).await;
    assert_eq!(outcome, Err(ExchangeError::Connect));
}

#[tokio::test]
async fn when_one_address_does_not_connect_the_next_is_tried() {
    let receiver = Receiver::plain(Script::ReceiverAnswer("HTTP/1.1 204 Fine\r\n\r\n".into())).await;
    let network = Scripted::names(&[&["127.0.0.2", "127.0.0.1"]]);
    let client = WebhookClient::new(local()).with_network(network);
    let url = format!("http://receiver.test:{}/", receiver.address.port());
    let answer = post(&client, &url, HeaderMap::new()).await.unwrap();
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn every_post_has_a_connection_of_its_own() {
    let text = "HTTP/1.1 200 OK\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n";
    let receiver = Receiver::plain(Script::ReceiverAnswer(text.into())).await;
    let client = WebhookClient::new(local());
    for _ in 0..2 {
        post(&client, &receiver.url(), HeaderMap::new()).await.unwrap();
    }
    assert_eq!(receiver.connections(), 2);
}

#[tokio::test]
async fn an_address_that_stays_silent_leaves_time_for_the_next() {
    struct FirstIsSilent;
    impl Network for FirstIsSilent {
        async fn resolve(&self, _: &str) -> std::io::Result<Vec<IpAddr>> {
            Ok(vec![[127, 0, 0, 2].into(), [127, 0, 0, 1].into()])
        }

        async fn connect(&self, address: SocketAddr) -> std::io::Result<TcpStream> {
            if address.ip() == IpAddr::from([127, 0, 0, 2]) {
                std::future::pending::<()>().await;
            }
            TcpStream::connect(address).await
        }
    }
    let receiver = Receiver::plain(Script::ReceiverAnswer("HTTP/1.1 204 Fine\r\n\r\n".into())).await;
    let limits = Limits { connect: PAUSE, ..Limits::default() };
    let client = WebhookClient::new(local()).with_limits(limits).with_network(FirstIsSilent);
    let url = format!("http://receiver.test:{}/", receiver.address.port());
    // Spawned, because callers need exchanges that move between threads.
    let exchange = tokio::spawn(async move { post(&client, &url, HeaderMap::new()).await });
    assert_eq!(exchange.await.unwrap().unwrap().status, StatusCode::NO_CONTENT);
}
