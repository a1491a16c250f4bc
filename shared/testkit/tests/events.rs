//! The sample events, as the Lambda libraries read them.

use lambda_http::http::Method;
use lambda_http::{Body, Request, RequestExt};
use lambdesk_testkit::runtime_api::events::{api_gateway_v2, sqs};
use serde_json::{Value, json};

fn read(event: &Value) -> Request {
    lambda_http::request::from_str(&event.to_string()).expect("an HTTP event")
}

#[test]
fn an_http_event_is_the_request_that_was_asked_for() {
    let headers = [("Authorization", "Bearer key"), ("Content-Type", "application/json")];
    let event = api_gateway_v2("POST", "/v1/tickets", "a=1&a=2&b=x%20y", &headers, b"{}");
    let request = read(&event);
    assert_eq!((request.method(), request.uri().path()), (&Method::POST, "/v1/tickets"));
    assert_eq!(request.headers()["authorization"], "Bearer key");
    assert_eq!(request.body(), &Body::Text("{}".to_owned()));
    let parameters = request.query_string_parameters();
    assert_eq!(parameters.all("a"), Some(vec!["1", "2"]));
    assert_eq!(parameters.first("b"), Some("x y"));
    assert_eq!(event["headers"]["content-length"], "2");
}

#[test]
fn a_form_goes_in_base64_and_json_as_text() {
    let send = |kind| api_gateway_v2("POST", "/", "", &[("content-type", kind)], b"a=1");
    let form = send("application/x-www-form-urlencoded");
    assert_eq!((&form["isBase64Encoded"], &form["body"]), (&json!(true), &json!("YT0x")));
    assert_eq!(read(&form).body(), &Body::Binary(b"a=1".to_vec()));
    for kind in ["application/json; charset=utf-8", "text/plain"] {
        assert_eq!(send(kind)["isBase64Encoded"], false, "{kind}");
    }
}

#[test]
fn cookies_leave_the_headers_and_absent_parts_are_absent() {
    let event = api_gateway_v2("GET", "/", "", &[("Cookie", "a=1; b=2")], b"");
    assert_eq!(event["cookies"], json!(["a=1", "b=2"]));
    assert_eq!(event["headers"].get("cookie"), None);
    for name in ["body", "queryStringParameters"] {
        assert_eq!(event.get(name), None, "{name}");
    }
}

#[test]
fn a_queue_event_has_one_record_per_body_with_its_digest() {
    let event = sqs(&["one", "two"]);
    let records = event["Records"].as_array().expect("records");
    assert_eq!(records.len(), 2);
    assert_eq!(records[1]["body"], "two");
    // RFC 1321's MD5 of "one", by md5sum.
    assert_eq!(records[0]["md5OfBody"], "f97c5d29941bfb1b2fdab0874906ab82");
    assert_ne!(records[0]["messageId"], records[1]["messageId"]);
}
