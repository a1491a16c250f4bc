//! Events as AWS sends them to a function, complete in shape.
//!
//! Sources: the Lambda documentation's chapters on each trigger, and for HTTP
//! APIs the payload format 2.0 of API Gateway. Ids and times are always the
//! same, so that a test can compare whole answers.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::{ACCOUNT, REGION};

const DOMAIN: &str = "api.example.com";
const SOURCE_IP: &str = "203.0.113.7";

/// A request through an HTTP API (payload format 2.0), on its `$default` route.
///
/// `path` is what a client sends; as API Gateway does, it is handed over decoded.
/// `query` is the raw query string without `?`. Header names may be in any case.
/// An empty body is none. As API Gateway does, a body whose content type is
/// neither JSON, XML nor text goes in Base64 (so do HTML forms), repeated query
/// parameters are joined by commas, and cookies leave the headers.
pub fn api_gateway_v2(method: &str, path: &str, query: &str, headers: &[(&str, &str)], body: &[u8]) -> Value {
    let (headers, cookies) = headers_and_cookies(headers, body.len());
    let path = &*percent_decode_str(path).decode_utf8_lossy();
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": request_context(method, path, &headers),
        "isBase64Encoded": false,
    });
    let mut set = |name: &str, value: Value| {
        if let Some(fields) = event.as_object_mut() {
            fields.insert(name.to_owned(), value);
        }
    };
    if !cookies.is_empty() {
        set("cookies", json!(cookies));
    }
    if !query.is_empty() {
        set("queryStringParameters", json!(joined(query)));
    }
    if !body.is_empty() {
        let text = std::str::from_utf8(body).ok().filter(|_| is_text(&headers));
        set("isBase64Encoded", json!(text.is_none()));
        set("body", text.map_or_else(|| json!(STANDARD.encode(body)), |text| json!(text)));
    }
    event
}

/// Lower-case names, with those that API Gateway adds.
fn headers_and_cookies(given: &[(&str, &str)], body_length: usize) -> (BTreeMap<String, String>, Vec<String>) {
    let added = [
        ("content-length", body_length.to_string()),
        ("host", DOMAIN.to_owned()),
        ("user-agent", "lambdesk-testkit".to_owned()),
        ("x-amzn-trace-id", "Root=1-00000000-000000000000000000000001".to_owned()),
        ("x-forwarded-for", SOURCE_IP.to_owned()),
        ("x-forwarded-port", "443".to_owned()),
        ("x-forwarded-proto", "https".to_owned()),
    ];
    let mut headers: BTreeMap<_, _> = added.map(|(name, value)| (name.to_owned(), value)).into();
    let mut cookies = Vec::new();
    for (name, value) in given {
        if name.eq_ignore_ascii_case("cookie") {
            cookies.extend(value.split("; ").map(str::to_owned));
        } else {
            headers.insert(name.to_ascii_lowercase(), (*value).to_owned());
        }
    }
    (headers, cookies)
}

fn request_context(method: &str, path: &str, headers: &BTreeMap<String, String>) -> Value {
    json!({
        "accountId": ACCOUNT,
        "apiId": "a1b2c3d4e5",
        "domainName": DOMAIN,
        "domainPrefix": "api",
        "http": {
            "method": method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": SOURCE_IP,
            "userAgent": headers.get("user-agent"),
        },
        "requestId": "JKJaXmPLvHcESHA=",
        "routeKey": "$default",
        "stage": "$default",
        "time": "01/Jan/2026:00:00:00 +0000",
        "timeEpoch": 1_767_225_600_000_u64,
    })
}

fn joined(query: &str) -> BTreeMap<String, String> {
    let mut parameters = BTreeMap::<String, String>::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        parameters
            .entry(name.into_owned())
            .and_modify(|values| {
                values.push(',');
                values.push_str(&value);
            })
            .or_insert_with(|| value.into_owned());
    }
    parameters
}

/// Every other type is taken for binary, vendor types that end in `+json` too.
fn is_text(headers: &BTreeMap<String, String>) -> bool {
    let kind = headers.get("content-type").map_or("", String::as_str);
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let known = ["application/json", "application/javascript", "application/xml"];
    kind.starts_with("text/") || known.contains(&kind)
}

/// A batch of a table's stream. The records are complete already: an engine's
/// `read_stream` gives them so.
pub fn stream(records: &[Value]) -> Value {
    json!({ "Records": records })
}

/// A batch of a queue, one message per body, each received for the first time.
pub fn sqs(bodies: &[&str]) -> Value {
    let records: Vec<_> = bodies.iter().enumerate().map(|(index, body)| sqs_record(index, body)).collect();
    json!({ "Records": records })
}

fn sqs_record(index: usize, body: &str) -> Value {
    json!({
        "messageId": format!("00000000-0000-4000-9000-{index:012x}"),
        "receiptHandle": format!("receipt-{index}"),
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1767225600000",
            "SenderId": "AROAEXAMPLE:fanout",
            "ApproximateFirstReceiveTimestamp": "1767225600005",
        },
        "messageAttributes": {},
        "md5OfBody": format!("{:x}", md5::compute(body)),
        "eventSource": "aws:sqs",
        "eventSourceARN": format!("arn:aws:sqs:{REGION}:{ACCOUNT}:deliveries"),
        "awsRegion": REGION,
    })
}

/// One tick of a schedule rule.
pub fn schedule() -> Value {
    json!({
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": "2026-01-01T00:00:00Z",
        "region": REGION,
        "resources": [format!("arn:aws:events:{REGION}:{ACCOUNT}:rule/sweep")],
        "detail": {},
    })
}
