//! Requests as HTTP APIs really send them, made into what can be parsed. Pure.
//!
//! API Gateway's payload format 2.0 hands the path over decoded, with the base path of a
//! custom domain before it, and the query, `Host` and `X-Forwarded-Proto` as the client sent
//! them. The library that makes a request of it takes them for parts of a valid URI, cuts
//! the path at a `#`, and panics at others. Answers to a request below a base path name other
//! paths below it, too.

use axum::{extract::Request as AxumRequest, middleware::Next, response::Response};
use lambda_http::{
    aws_lambda_events::apigw::ApiGatewayV2httpRequest,
    http::{
        HeaderMap, HeaderName, HeaderValue,
        header::{HOST, LINK, LOCATION},
    },
    request::LambdaRequest,
};
use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};

/// All of a decoded path but what RFC 3986 lets stand in one as it is.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');
/// Of a query that is encoded already: what can't stand in a URI at all.
const QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'\\')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');
const FORWARDED_PROTO: &str = "x-forwarded-proto";
const HTTPS: HeaderValue = HeaderValue::from_static("https");
/// Carries the base path that a request came below, as proxies do it. A client's own is left
/// out.
const FORWARDED_PREFIX: HeaderName = HeaderName::from_static("x-forwarded-prefix");

/// The same request in a form that any URI has; below `base`, without it.
pub fn request(mut event: ApiGatewayV2httpRequest, base: &str) -> LambdaRequest {
    let path = event.raw_path.take().unwrap_or_default();
    let base = base.trim_matches('/');
    let below = below(&path, base);
    event.headers.remove(FORWARDED_PREFIX);
    if below.is_some()
        && let Ok(prefix) = HeaderValue::try_from(format!("/{base}"))
    {
        event.headers.insert(FORWARDED_PREFIX, prefix);
    }
    let path = below.unwrap_or(if path.starts_with('/') { &path } else { "/" });
    event.raw_path = Some(utf8_percent_encode(path, PATH).to_string());
    event.raw_query_string = event.raw_query_string.map(|query| utf8_percent_encode(&query, QUERY).to_string());
    let own = event.request_context.domain_name.as_deref();
    mend(&mut event.headers, own);
    LambdaRequest::ApiGatewayV2(event)
}

/// What a path is below a base path; none of another one.
fn below<'a>(path: &'a str, base: &str) -> Option<&'a str> {
    let rest = path.strip_prefix('/').and_then(|path| path.strip_prefix(base)).filter(|_| !base.is_empty());
    match rest? {
        "" => Some("/"),
        rest => rest.starts_with('/').then_some(rest),
    }
}

/// Puts the base path that a request came below before the paths that its answer names.
pub async fn answer_below(request: AxumRequest, next: Next) -> Response {
    let prefix = request.headers().get(FORWARDED_PREFIX).cloned();
    let mut response = next.run(request).await;
    if let Some(prefix) = prefix.as_ref().and_then(|prefix| prefix.to_str().ok()) {
        name_below(response.headers_mut(), prefix);
    }
    response
}

fn name_below(headers: &mut HeaderMap, prefix: &str) {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let location = text(LOCATION).filter(|path| path.starts_with('/')).map(|path| format!("{prefix}{path}"));
    let link = text(LINK).map(|links| links.replace("</", &format!("<{prefix}/")));
    for (name, value) in [(LOCATION, location), (LINK, link)] {
        if let Some(Ok(value)) = value.map(HeaderValue::try_from) {
            headers.insert(name, value);
        }
    }
}

/// HTTP APIs are reached by their own domain, over HTTPS: another `Host` that is no plain
/// name is not of use to anybody.
fn mend(headers: &mut HeaderMap, own: Option<&str>) {
    let host = headers.get(HOST).map(HeaderValue::to_str);
    let is_usable = |host: &str| Some(host) == own || is_plain_name(host);
    if host.is_some_and(|host| !host.is_ok_and(is_usable)) {
        headers.remove(HOST);
    }
    if headers.get(FORWARDED_PROTO).is_some_and(|proto| !["http", "https"].iter().any(|plain| proto == plain)) {
        headers.insert(FORWARDED_PROTO, HTTPS);
    }
}

/// Letters, digits, hyphens and dots, that no parser takes for an address or for punycode.
fn is_plain_name(host: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with("xn--")
            && label.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    let ends_in_a_letter_s_label =
        host.rsplit('.').next().is_some_and(|last| last.starts_with(|c: char| c.is_ascii_lowercase()));
    host.len() <= 253 && host.split('.').all(is_label) && ends_in_a_letter_s_label
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_http::Request;
    use proptest::prelude::*;
    use serde_json::json;

    fn read(path: &str, query: &str, host: &str, proto: &str, base: &str) -> Request {
        let event = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query,
            "headers": {"host": host, "x-forwarded-proto": proto},
            "requestContext": {"domainName": "api.example.com", "stage": "$default", "http": {"method": "GET"}},
            "isBase64Encoded": false,
        });
        request(serde_json::from_value(event).expect("an event"), base).into()
    }

    proptest! {
        #[test]
        fn whatever_is_sent_is_a_request(path in "\\PC*", query in "\\PC*", host in "[ -~]{0,12}", proto in "[ -~]{0,12}") {
            read(&format!("/{path}"), &query, &host, &proto, "help");
        }
    }

    #[test]
    fn a_decoded_path_is_encoded_again_and_a_query_stays() {
        for (path, query, expected) in [
            ("/v1/tickets/a#b", "q=1", "/v1/tickets/a%23b?q=1"),
            ("/v1/a b?c", "", "/v1/a%20b%3Fc"),
            ("/v1/100%", "q=%20x", "/v1/100%25?q=%20x"),
            ("/v1/tickets", "q=a b\"c", "/v1/tickets?q=a%20b%22c"),
            ("/v1/\u{fc}", "q=\u{fc}", "/v1/%C3%BC?q=%C3%BC"),
        ] {
            let request = read(path, query, "api.example.com", "https", "");
            assert_eq!(request.uri().path_and_query().map(ToString::to_string).as_deref(), Some(expected));
        }
    }

    #[test]
    fn a_base_path_is_taken_away_where_it_is_a_whole_part() {
        for (path, base, expected) in [
            ("/help/v1/tickets", "help", "/v1/tickets"),
            ("/help/v1/tickets", "/help/", "/v1/tickets"),
            ("/a/b/v1", "a/b", "/v1"),
            ("/help", "help", "/"),
            ("/helpdesk/v1", "help", "/helpdesk/v1"),
            ("/v1/tickets", "help", "/v1/tickets"),
            ("/v1/tickets", "", "/v1/tickets"),
        ] {
            assert_eq!(read(path, "", "api.example.com", "https", base).uri().path(), expected, "{path} {base}");
        }
    }

    #[test]
    fn an_answer_below_a_base_path_names_paths_below_it_and_a_clients_own_prefix_is_left_out() {
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, HeaderValue::from_static("/v1/tickets/1"));
        headers.insert(LINK, HeaderValue::from_static("</v1/tickets?a=1>; rel=\"next\", </v1/tickets>; rel=\"first\""));
        name_below(&mut headers, "/help");
        let [location, link] = [LOCATION, LINK].map(|name| headers[name].clone());
        assert_eq!(location, "/help/v1/tickets/1");
        assert_eq!(link, "</help/v1/tickets?a=1>; rel=\"next\", </help/v1/tickets>; rel=\"first\"");
        let elsewhere = HeaderValue::from_static("https://files.example/a");
        headers.insert(LOCATION, elsewhere.clone());
        name_below(&mut headers, "/help");
        assert_eq!(headers[LOCATION], elsewhere);
        let prefix = |path: &str, base: &str| {
            let event = json!({
                "version": "2.0", "rawPath": path, "headers": {"x-forwarded-prefix": "/evil"},
                "requestContext": {"stage": "$default", "http": {"method": "GET"}}, "isBase64Encoded": false,
            });
            let read: Request = request(serde_json::from_value(event).expect("an event"), base).into();
            read.headers().get(FORWARDED_PREFIX).cloned()
        };
        assert_eq!(prefix("/help/v1", "help"), Some(HeaderValue::from_static("/help")));
        assert_eq!([prefix("/v1", "help"), prefix("/v1", "")], [None, None]);
    }

    #[test]
    fn an_odd_host_or_protocol_is_left_out() {
        for host in ["a b", "a:99999", "[::1", "1.2.3", "a@b", "xn--a", "a/b", ""] {
            assert_eq!(read("/", "", host, "http,https", "").uri().host(), Some("api.example.com"), "{host}");
        }
        assert_eq!(read("/", "", "help.example.com", "https", "").uri().host(), Some("help.example.com"));
    }
}
