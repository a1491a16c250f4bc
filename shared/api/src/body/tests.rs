use super::*;
use crate::problem::Problem;
use axum::{Router, body::Body, routing};
use lambdesk_domain::{
    id::TicketId,
    patch::Field,
    status::Status,
    text::{EmailAddress, Subject},
};
use lambdesk_testkit::{Client, ClientAnswer};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::Value;

#[derive(Debug, Deserialize)]
struct Sample {
    #[serde(default)]
    subject: Input<Subject>,
    #[serde(default)]
    status: Input<Status>,
    #[serde(default)]
    count: Input<u64>,
    #[serde(default)]
    silent: Input<bool>,
    #[serde(default)]
    ids: Input<Vec<Input<TicketId>>>,
    #[serde(default)]
    from: Input<From>,
    #[serde(flatten)]
    unknown: Unknown,
}

#[derive(Debug, Deserialize)]
struct From {
    #[serde(default)]
    email: Input<EmailAddress>,
    #[serde(flatten)]
    unknown: Unknown,
}

fn check(sample: Sample) -> Result<(), Problem> {
    let mut check = Checker::new();
    check.required("/subject", sample.subject);
    check.present("/status", sample.status);
    check.optional("/count", sample.count);
    check.field("/silent", sample.silent);
    check.list("/ids", sample.ids, 3);
    if let Some(from) = check.optional("/from", sample.from) {
        check.within("/from", |check| {
            check.required("/email", from.email);
            check.unknown("", from.unknown);
        });
    }
    check.unknown("", sample.unknown);
    check.finish()
}

/// Pointers, codes and sentences of what is wrong with a body.
fn faults(body: &str) -> Vec<(String, &'static str, String)> {
    let problem = match from_slice(body.as_bytes()).and_then(check) {
        Ok(()) => return Vec::new(),
        Err(problem) => problem,
    };
    assert_eq!(problem.status(), 422, "{body}");
    problem.errors().iter().map(|error| (error.pointer.clone(), error.code(), error.detail.clone())).collect()
}

fn pointers(body: &str) -> Vec<String> {
    faults(body).into_iter().map(|(pointer, ..)| pointer).collect()
}

fn client() -> Client {
    let router = Router::new()
        .route("/json", routing::any(|body: JsonBody<Sample>| async move { check(body.value) }))
        .route("/patch", routing::any(|body: PatchBody<Sample>| async move { check(body.value) }))
        .route(
            "/optional",
            routing::any(|body: OptionalJsonBody<Sample>| async move { body.value.map_or(Ok(()), check) }),
        )
        .route("/raw", routing::any(|body: JsonBody<Sample>| async move { body.raw }));
    Client::new(router)
}

async fn post(path: &str, content_type: &str, body: impl Into<Body>) -> ClientAnswer {
    client().send("POST", path, &[("content-type", content_type)], body).await
}

/// Any JSON that fits a line or two, with our own names among the members.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    let name = prop_oneof![Just("subject".to_owned()), Just("from".to_owned()), Just("ids".to_owned()), ".{0,4}"];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(name.clone(), inner, 0..6).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn garbage_is_a_bad_request(garbage: Vec<u8>) {
        if let Err(problem) = from_slice::<Sample>(&garbage).and_then(check) {
            prop_assert!(problem.status().is_client_error());
        }
    }

    #[test]
    fn any_json_is_checked_without_failing(value in json()) {
        let text = value.to_string();
        prop_assert_eq!(document(text.as_bytes()).expect("JSON"), serde_json::from_str::<Value>(&text).expect("JSON"));
        if let Err(problem) = from_slice(text.as_bytes()).and_then(check) {
            prop_assert_eq!(problem.status(), 422);
            prop_assert!(!problem.errors().is_empty());
        }
    }

    #[test]
    fn no_answer_repeats_a_value_that_was_sent(secret in "[A-Z]{12}", member in "subject|status|count|silent|ids|from") {
        for value in [format!("\"{secret}\\n, expected {secret}\""), format!("[\"{secret}\"]"), format!("{{\"email\":\"{secret}\"}}")] {
            for (_, _, detail) in faults(&format!("{{\"{member}\": {value}}}")) {
                prop_assert!(!detail.contains(&secret), "{}", detail);
            }
        }
    }
}

#[test]
fn all_bad_fields_are_told_at_once() {
    let body = r#"{"status": "lost", "count": -1, "silent": "yes", "ids": ["x", 7], "from": {"email": "nobody", "x": 1}, "y/z~": 1}"#;
    let expected =
        ["/subject", "/status", "/count", "/silent", "/ids/0", "/ids/1", "/from/email", "/from/x", "/y~1z~0"];
    assert_eq!(pointers(body), expected);
}

#[test]
fn a_wrong_type_is_told_in_the_words_of_json() {
    let told = |member: &str, value: &str| {
        let body = format!("{{\"subject\": \"s\", \"{member}\": {value}}}");
        faults(&body).pop().map(|(_, code, detail)| (code, detail))
    };
    let wrong = |detail: &str| Some(("wrong_type", format!("expected {detail}")));
    assert_eq!(told("count", "\"7\""), wrong("a whole number, not negative"));
    assert_eq!(told("count", "1.5"), wrong("a whole number, not negative"));
    assert_eq!(told("count", "-3"), wrong("a whole number, not negative"));
    assert_eq!(told("silent", "1"), wrong("a boolean"));
    assert_eq!(told("ids", "{}"), wrong("a list"));
    assert_eq!(told("from", "[]"), wrong("an object"));
    assert_eq!(told("from", "\"a@b.c\""), wrong("an object"));
    assert_eq!(told("status", "{}"), wrong("a string"));
    let (code, detail) = told("status", "\"lost\"").expect("no status");
    assert!(code == "invalid" && detail.starts_with("expected one of: open "), "{detail}");
}

#[test]
fn null_is_refused_where_nothing_can_be_cleared() {
    assert_eq!(faults(r#"{"subject": null}"#)[0].1, "not_nullable");
    assert_eq!(pointers(r#"{"subject": "s", "status": null}"#), ["/status"]);
    assert!(pointers(r#"{"subject": "s", "count": null, "silent": null, "from": null}"#).is_empty());
}

#[test]
fn a_patch_keeps_clears_or_sets() {
    let mut check = Checker::new();
    assert_eq!(check.field::<u8>("/a", Input::Absent), Field::Keep);
    assert_eq!(check.field::<u8>("/a", Input::Null), Field::Clear);
    assert_eq!(check.field("/a", Input::Value(1)), Field::Set(1));
    assert!(check.is_clean());
    assert_eq!(check.field::<u8>("/a", Input::Bad { code: "invalid", detail: String::new() }), Field::Keep);
    assert!(!check.is_clean());
}

#[test]
fn a_list_has_its_limit() {
    let id = "\"01890a5d-ac96-774b-bcce-b302099a8057\"";
    let body = |count: usize| format!("{{\"subject\": \"s\", \"ids\": [{}]}}", vec![id; count].join(","));
    assert!(pointers(&body(3)).is_empty());
    assert_eq!(pointers(&body(4)), ["/ids"]);
}

#[test]
fn what_is_too_large_makes_the_answer_a_413_even_after_many_other_faults() {
    let mut check = Checker::new();
    for _ in 0..200 {
        check.error("/x", "invalid", "bad");
    }
    check.within("/message", |check| check.too_large("/body_text", "must have at most 3 bytes"));
    let problem = check.finish().expect_err("too large");
    assert_eq!((problem.status().as_u16(), problem.code()), (413, "too_large"));
    assert_eq!(problem.errors().last().map(|error| error.pointer.as_str()), Some("/message/body_text"));
    assert_eq!(problem.errors().len(), 101);
}

#[test]
fn a_body_full_of_unknown_members_gets_a_short_answer() {
    let members: Vec<_> = (0..5000).map(|number| format!("\"{}{number}\": 1", "x".repeat(40))).collect();
    let told = pointers(&format!("{{\"subject\": \"s\", {}}}", members.join(",")));
    assert_eq!(told.len(), 20);
}

#[tokio::test]
async fn what_is_no_json_is_a_bad_request() {
    let deep = "[".repeat(200);
    let bodies: [&[u8]; 10] = [
        b"",
        b"{",
        b"{} x",
        b"{\"a\": 1,}",
        b"{\"a\": \xff}",
        b"{\"subject\": \"\\ud800\"}",
        b"NaN",
        deep.as_bytes(),
        b"{\"subject\": \"a\", \"subject\": \"b\"}",
        b"{\"from\": {\"email\": \"a@b.c\", \"email\": 1}}",
    ];
    for body in bodies {
        let answer = post("/json", "application/json", body.to_vec()).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (400, "application/problem+json"),
            "{}",
            body.escape_ascii()
        );
    }
}

#[tokio::test]
async fn json_that_is_no_object_is_a_bad_field_without_a_name() {
    for body in ["[]", "null", "7", "\"text\"", "[null, null, null, null, null, null]"] {
        let answer = post("/json", "application/json", body).await;
        assert_eq!((answer.status, answer.pointers()), (422, vec![String::new()]), "{body}");
    }
}

#[tokio::test]
async fn only_the_expected_content_types_are_read() {
    let good = "{\"subject\": \"s\"}";
    for (path, content_type, status) in [
        ("/json", "application/json", 200),
        ("/json", "Application/JSON; charset=\"UTF-8\"", 200),
        ("/json", "application/json; charset=latin1", 415),
        ("/json", "application/merge-patch+json", 415),
        ("/json", "text/plain", 415),
        ("/json", "application/jsonx", 415),
        ("/json", "", 415),
        ("/patch", "application/json", 200),
        ("/patch", "application/merge-patch+json", 200),
        ("/patch", "application/json-patch+json", 415),
        ("/optional", "application/json", 200),
        ("/optional", "text/plain", 415),
    ] {
        assert_eq!(post(path, content_type, good).await.status, status, "{path} {content_type}");
    }
    assert_eq!(post("/json", "text/plain", good).await.header("accept"), "application/json");
    let accepted = "application/merge-patch+json, application/json";
    assert_eq!(post("/patch", "text/plain", good).await.header("accept-patch"), accepted);
}

#[tokio::test]
async fn a_compressed_body_is_refused() {
    let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
    assert_eq!(client().send("POST", "/json", &headers, "{}").await.status, 415);
}

#[tokio::test]
async fn a_body_beyond_256_kib_is_too_large_whatever_its_length_claims() {
    let body = |bytes: usize| format!("{{\"subject\": \"s\"{}}}", " ".repeat(bytes - 16));
    assert_eq!(post("/json", "application/json", body(MAX)).await.status, 200);
    assert_eq!(post("/json", "application/json", body(MAX + 1)).await.status, 413);
    for (claim, bytes) in [("3", MAX + 1), ("999999999", 20), ("-1", MAX + 1), ("18446744073709551615", 20)] {
        let headers = [("content-type", "application/json"), ("content-length", claim)];
        let answer = client().send("POST", "/json", &headers, body(bytes)).await;
        assert_eq!(answer.status, 413, "{claim}");
    }
    let pieces = vec![Ok::<_, std::convert::Infallible>(vec![b' '; MAX]); 2];
    let endless = Body::from_stream(futures_util::stream::iter(pieces));
    assert_eq!(post("/optional", "application/json", endless).await.status, 413);
}

const MAX: usize = crate::media::MAX_BODY_BYTES;

#[tokio::test]
async fn a_body_that_breaks_off_is_a_bad_request() {
    let pieces = [Ok("{"), Err(std::io::Error::other("gone"))];
    let broken = Body::from_stream(futures_util::stream::iter(pieces));
    assert_eq!(post("/json", "application/json", broken).await.status, 400);
}

#[tokio::test]
async fn an_optional_body_may_be_left_out_with_any_content_type() {
    for content_type in ["application/json", "text/plain"] {
        assert_eq!(post("/optional", content_type, "").await.status, 200);
    }
    assert_eq!(post("/optional", "application/json", "{}").await.pointers(), ["/subject"]);
}

#[tokio::test]
async fn the_raw_bytes_are_kept_as_they_were_sent() {
    let body = " { \"subject\":\"s\" }\n";
    assert_eq!(post("/raw", "application/json", body).await.text, body);
}
