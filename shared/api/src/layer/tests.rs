use super::*;
use crate::body::JsonBody;
use axum::{
    Extension,
    body::Body,
    extract::Path,
    routing::{get, post},
};
use lambdesk_testkit::{Client, ClientAnswer};
use proptest::prelude::*;
use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};
use tracing::instrument::WithSubscriber as _;

const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

fn id() -> RequestId {
    ID.parse().expect("an id")
}

async fn panic_with(text: &str) {
    tokio::task::yield_now().await;
    panic!("{text}")
}

fn router() -> Router {
    let router = Router::new()
        .route("/tickets/{number}", get(|Path(number): Path<u64>| async move { number.to_string() }))
        .route("/id", get(|Extension(id): Extension<RequestId>| async move { id.to_string() }))
        .route("/json", post(|_: JsonBody<serde_json::Value>| async {}))
        .route("/axum", post(|_: axum::Json<u8>| async {}))
        .route("/panic", get(|| async { panic_with("ada@example.com").await }))
        .route("/early", get(|| -> std::future::Ready<()> { panic!("before the first await") }))
        .route("/cached", get(|| async { ([("cache-control", "max-age=60"), ("server", "secret/1")], "text") }))
        .route("/limited", get(|| async { ([("ratelimit", "r=0"), ("content-encoding", "x")], Problem::not_found()) }))
        .route("/bare", get(|| async { (StatusCode::BAD_GATEWAY, "connection to 10.0.0.1 failed") }));
    edge(router, id)
}

async fn send(request: Request) -> ClientAnswer {
    Client::new(router()).call(request).await
}

fn trace_of(traceparent: &str) -> Option<String> {
    let headers = [(TRACEPARENT, HeaderValue::try_from(traceparent).expect("a value"))].into_iter().collect();
    trace_id(&headers).map(str::to_owned)
}

async fn call(method: &str, uri: &str) -> ClientAnswer {
    send(Request::builder().method(method).uri(uri).body(Body::empty()).expect("a request")).await
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_request_gets_a_5xx(method in "GET|POST|PUT|BREW", path in "/(tickets|json|axum|id|)/?[!-~]{0,20}", body: Vec<u8>, content_type in "application/json|[!-~]{0,10}") {
        if let Ok(request) = Request::builder().method(method.as_str()).uri(path).header("content-type", content_type).body(Body::from(body)) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
            let answer = runtime.block_on(send(request));
            prop_assert!(answer.status < 500);
            prop_assert_eq!(answer.header("x-request-id"), ID);
            if answer.status >= 400 {
                prop_assert_eq!(&answer.json()["request_id"], ID);
            }
        }
    }

    #[test]
    fn any_traceparent_is_read_or_left(
        version in prop_oneof![Just(0), Just(0xff), any::<u8>()], trace in prop_oneof![Just(0), any::<u128>()],
        parent in prop_oneof![Just(0), any::<u64>()], flags: u8, more in "(-[0-9a-f]{0,4})?", end in 0_usize..55,
        other in "[g-zA-Z -]",
    ) {
        let (name, behind) = (format!("{trace:032x}"), format!("{parent:016x}-{flags:02x}"));
        let text = format!("{version:02x}-{name}-{behind}{more}");
        let is_known = version != 0xff && (version != 0 || more.is_empty());
        let is_read = is_known && trace != 0 && parent != 0;
        prop_assert_eq!(trace_of(&text), is_read.then_some(name));
        prop_assert_eq!(trace_of(&text[..end]), None);
        let altered = format!("{}{other}{}", &text[..end], &text[end + 1..]);
        prop_assert!(altered == text || trace_of(&altered).is_none(), "{}", altered);
    }
}

#[tokio::test]
async fn every_answer_names_the_request_by_an_id_of_ours() {
    let request = Request::get("/id").header("x-request-id", "forged").body(Body::empty()).expect("a request");
    let answer = send(request).await;
    assert_eq!((answer.header("x-request-id"), answer.text.as_str()), (ID, ID));
    assert_eq!(new_request_id().uuid().get_version_num(), 7);
}

#[tokio::test]
async fn every_error_is_a_problem_document_that_names_the_request() {
    for (method, uri, status, code) in [
        ("GET", "/nowhere", 404, "not_found"),
        ("DELETE", "/tickets/7", 405, "method_not_allowed"),
        ("GET", "/tickets/seven", 400, "malformed"),
        ("GET", "/tickets/%ff", 400, "malformed"),
        ("POST", "/json", 415, "unsupported_media_type"),
        ("POST", "/axum", 415, "unsupported_media_type"),
        ("GET", "/panic", 500, "internal"),
        ("GET", "/early", 500, "internal"),
        ("GET", "/bare", 500, "internal"),
        ("GET", "/limited", 404, "not_found"),
    ] {
        let answer = call(method, uri).await;
        let document = answer.json();
        assert_eq!((answer.status, answer.header("content-type")), (status, "application/problem+json"), "{uri}");
        assert_eq!((&document["code"], &document["request_id"]), (&code.into(), &ID.into()), "{uri}");
        assert_eq!(document["type"], format!("/problems/{code}"));
    }
}

#[tokio::test]
async fn a_405_says_which_methods_are_allowed() {
    assert_eq!(call("DELETE", "/tickets/7").await.header("allow"), "GET,HEAD");
    assert_eq!(call("GET", "/json").await.header("allow"), "POST");
}

#[tokio::test]
async fn a_failure_of_ours_leaks_nothing() {
    for uri in ["/panic", "/bare"] {
        let text = call("GET", uri).await.text;
        assert!(!text.contains("ada@example.com") && !text.contains("10.0.0.1"), "{text}");
    }
}

#[tokio::test]
async fn headers_are_safe_unless_the_handler_knows_better() {
    let answer = call("GET", "/tickets/7").await;
    assert_eq!((answer.header("cache-control"), answer.header("x-content-type-options")), ("no-store", "nosniff"));
    let answer = call("GET", "/cached").await;
    assert_eq!((answer.header("cache-control"), answer.header("server")), ("max-age=60", ""));
    let answer = call("GET", "/limited").await;
    assert_eq!((answer.header("ratelimit"), answer.header("content-encoding")), ("r=0", ""));
}

#[tokio::test]
async fn a_head_request_gets_no_body_even_with_a_problem() {
    let answer = call("HEAD", "/nowhere").await;
    assert_eq!((answer.status, answer.text.len()), (404, 0));
    for uri in ["/nowhere", "/tickets/7"] {
        let length = call("GET", uri).await.text.len().to_string();
        assert_eq!(call("HEAD", uri).await.header("content-length"), length, "{uri}");
    }
}

#[tokio::test]
async fn wrapped_routers_can_be_merged() {
    let other = edge(Router::new().route("/other", get(|| async { "other" })), id);
    let merged = Client::new(router().merge(other));
    for (uri, status) in [("/other", 200), ("/tickets/7", 200), ("/nowhere", 404)] {
        let answer = merged.get(uri).await;
        assert_eq!((answer.status, answer.header("x-request-id")), (status, ID), "{uri}");
    }
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("a log").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The lines that one request leaves in the log.
async fn logged(request: Request) -> Vec<serde_json::Value> {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().json().with_writer(move || writer.clone()).finish();
    send(request).with_subscriber(subscriber).await;
    let bytes = log.0.lock().expect("a log").clone();
    bytes
        .split(|b| *b == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).expect("JSON"))
        .collect()
}

#[tokio::test]
async fn a_request_leaves_one_line_with_its_route_and_nothing_that_was_sent() {
    let request = Request::get("/tickets/4711?q=ada@example.com")
        .header("authorization", "Bearer s3cret")
        .header("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    let lines = logged(request.body("body".into()).expect("a request")).await;
    assert_eq!(lines.len(), 1);
    let (line, fields) = (&lines[0], &lines[0]["fields"]);
    assert_eq!((&fields["method"], &fields["route"]), (&"GET".into(), &"/tickets/{number}".into()));
    assert_eq!((&fields["status"], &line["span"]["request_id"]), (&200.into(), &ID.into()));
    assert_eq!(fields["trace_id"], "0af7651916cd43dd8448eb211c80319c");
    assert!(fields["duration_us"].is_u64());
    for sent in ["ada@example.com", "s3cret", "4711", "body"] {
        assert!(!line.to_string().contains(sent), "{sent}");
    }
}

#[tokio::test]
async fn neither_unknown_methods_and_paths_nor_panics_speak_through_the_log() {
    let request = Request::builder().method("ADA").uri("/ada").body(Body::empty()).expect("a request");
    let lines = logged(request).await;
    assert_eq!((&lines[0]["fields"]["method"], &lines[0]["fields"]["route"]), (&"other".into(), &"unknown".into()));
    let lines = logged(Request::get("/panic").body(Body::empty()).expect("a request")).await;
    assert_eq!((lines.len(), &lines[1]["fields"]["status"]), (2, &500.into()));
    assert!(!format!("{lines:?}").contains("ada@"));
}

#[test]
fn only_well_formed_traceparents_count() {
    let (trace, parent) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
    let zeros = "0".repeat(32);
    assert_eq!(trace_of(&format!("00-{trace}-{parent}-01")).as_deref(), Some(trace));
    assert_eq!(trace_of(&format!("cc-{trace}-{parent}-01-more")).as_deref(), Some(trace));
    for bad in [
        format!("00-{trace}-{parent}-01-more"),
        format!("ff-{trace}-{parent}-01"),
        format!("00-{zeros}-{parent}-01"),
        format!("00-{trace}-{}-01", &zeros[..16]),
        format!("00-{}-{parent}-01", trace.to_uppercase()),
        format!("00-{trace}-{parent}"),
        String::new(),
    ] {
        assert_eq!(trace_of(&bad), None, "{bad}");
    }
}
