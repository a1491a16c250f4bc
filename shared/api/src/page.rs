//! What is answered: one thing, or a page of many.

use crate::{precondition::etag, problem::Problem};
use axum::{
    body::Body,
    http::{
        HeaderValue, StatusCode, Uri,
        header::{CONTENT_TYPE, ETAG, LINK, LOCATION},
    },
    response::{IntoResponse, Response},
};
use lambdesk_domain::{budget::DEEPEST, id::Version};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use serde::Serialize;

/// The longest `Link` header; a longer one is left out. API Gateway takes 10,240
/// bytes of headers together, and the body has the cursors too.
const MAX_LINK_BYTES: usize = 4096;

/// What must not stand between `<` and `>`.
const IN_LINK: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'\\').add(b'^').add(b'`').add(b'{').add(b'}');

/// As long as most answers are: room for them is made once.
pub(crate) const USUAL_BODY: usize = 8 * 1024;

/// Any JSON answer.
pub fn json(status: StatusCode, value: &impl Serialize) -> Response {
    try_json(status, value).unwrap_or_else(IntoResponse::into_response)
}

fn try_json(status: StatusCode, value: &impl Serialize) -> Result<Response, Problem> {
    let mut body = Vec::with_capacity(USUAL_BODY);
    serde_json::to_writer(&mut body, value).map_err(|_| unwritable())?;
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(response)
}

/// One thing: `{"data": …}`, with its version as `ETag` and, when it is new, its `Location`.
#[derive(Debug, Clone, Serialize)]
pub struct One<T> {
    /// The thing.
    pub data: T,
    #[serde(skip)]
    version: Option<Version>,
    #[serde(skip)]
    location: Option<String>,
}

impl<T> One<T> {
    /// 200 with a thing.
    pub const fn new(data: T) -> Self {
        Self { data, version: None, location: None }
    }

    /// 201 with a thing that was made, and the path where it is.
    pub const fn created(data: T, location: String) -> Self {
        Self { data, version: None, location: Some(location) }
    }

    /// With its version.
    #[must_use]
    pub fn with_version(self, version: Version) -> Self {
        Self { version: Some(version), ..self }
    }
}

impl<T: Serialize> IntoResponse for One<T> {
    fn into_response(self) -> Response {
        let status = if self.location.is_some() { StatusCode::CREATED } else { StatusCode::OK };
        let mut response = json(status, &self);
        let headers = response.headers_mut();
        headers.extend(self.version.map(|version| (ETAG, etag(version))));
        headers.extend(self.location.and_then(|location| Some((LOCATION, HeaderValue::try_from(location).ok()?))));
        response
    }
}

/// Where a page is in its list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct PageInfo {
    /// Goes on after the last row; none on the last page.
    pub next_cursor: Option<String>,
    /// Goes back before the first row; none on the first page.
    pub prev_cursor: Option<String>,
    /// The most rows of a page, as asked for with `limit`.
    pub size: u32,
    /// The page's number from 1, when it was asked for by number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// All rows of the list, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// There are more rows than `total` perhaps: counting them all would have cost too much.
    /// Left out when `total` is exact.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub total_is_at_least: bool,
    /// The last page's number, when the total was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<u64>,
}

impl PageInfo {
    /// With the total, and with it the last page's number.
    #[must_use]
    pub fn with_total(self, total: u64) -> Self {
        let last = total.div_ceil(u64::from(self.size.max(1))).max(1);
        Self { total: Some(total), last: Some(last), ..self }
    }

    /// With a total that was not counted to its end, and without the last page's number.
    #[must_use]
    pub fn with_total_of_at_least(self, total: u64) -> Self {
        Self { total: Some(total), total_is_at_least: true, ..self }
    }
}

/// Many: `{"data": [...], "page": {…}}`, 200 with the `Link` header (RFC 8288) for this
/// request. `rows` is the JSON of the rows with commas between them, `uri` the one that
/// the caller sent (`OriginalUri` under a nested router).
pub(crate) fn paged(rows: &[u8], page: &PageInfo, uri: &Uri) -> Response {
    let Ok(info) = serde_json::to_vec(page) else {
        return unwritable().into_response();
    };
    let body = [br#"{"data":["#, rows, br#"],"page":"#, &info, b"}"].concat();
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.extend(link(uri, page).map(|links| (LINK, links)));
    response
}

/// What is answered instead of an answer that can't be written as JSON.
pub(crate) fn unwritable() -> Problem {
    tracing::error!("an answer can't be written as JSON");
    Problem::internal()
}

/// The neighbours of a page, the first one, and the last one where page numbers
/// reach it, as relative references: the same query, another place.
fn link(uri: &Uri, page: &PageInfo) -> Option<HeaderValue> {
    let others: Vec<&str> = uri.query().unwrap_or_default().split('&').filter(|pair| selects(pair)).collect();
    let reference = |place: Option<String>| {
        let pairs: Vec<String> = others.iter().map(|pair| (*pair).to_owned()).chain(place).collect();
        let query = if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) };
        utf8_percent_encode(&format!("{}{query}", uri.path()), IN_LINK).to_string()
    };
    let to = |relation: &str, place: Option<String>| format!("<{}>; rel=\"{relation}\"", reference(place));
    let next = page.next_cursor.as_deref().map(|cursor| to("next", Some(format!("cursor={cursor}"))));
    let prev = page.prev_cursor.as_deref().map(|cursor| to("prev", Some(format!("cursor={cursor}"))));
    let reach = DEEPEST as u64 / u64::from(page.size.max(1));
    let last = page.last.filter(|last| *last <= reach).map(|last| to("last", Some(format!("page={last}"))));
    let links: Vec<String> = next.into_iter().chain(prev).chain([to("first", None)]).chain(last).collect();
    let links = links.join(", ");
    HeaderValue::try_from(&links).ok().filter(|_| links.len() <= MAX_LINK_BYTES)
}

/// Whether a pair of the query says what the list holds, not where in it we are.
fn selects(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default();
    let name = percent_decode_str(name).decode_utf8_lossy();
    !name.is_empty() && name != "cursor" && name != "page"
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambdesk_testkit::ClientAnswer;
    use proptest::prelude::*;
    use serde_json::json;

    fn page(uri: &Uri) -> Response {
        let page = PageInfo {
            next_cursor: Some("nn".into()),
            prev_cursor: Some("pp".into()),
            size: 25,
            ..PageInfo::default()
        };
        paged(b"1,2", &page, uri)
    }

    proptest! {
        #[test]
        fn links_hold_nothing_that_could_end_them_early(path in "/[!-~]{0,40}", query in "[!-~]{0,80}") {
            if let Ok(uri) = format!("{path}?{query}").parse::<Uri>() {
                let response = page(&uri);
                prop_assert_eq!(response.status(), StatusCode::OK);
                if let Some(link) = response.headers().get(LINK) {
                    let link = link.to_str().expect("ASCII");
                    prop_assert_eq!((link.matches('<').count(), link.matches('>').count(), link.matches('"').count()), (3, 3, 6));
                }
            }
        }
    }

    #[tokio::test]
    async fn a_page_links_to_its_neighbours_with_the_same_filter() {
        let uri = "/v1/tickets?status=open&cursor=old&limit=2&page=3".parse().expect("a URI");
        let answer = ClientAnswer::of(page(&uri)).await;
        let expected = "</v1/tickets?status=open&limit=2&cursor=nn>; rel=\"next\", \
                        </v1/tickets?status=open&limit=2&cursor=pp>; rel=\"prev\", \
                        </v1/tickets?status=open&limit=2>; rel=\"first\"";
        assert_eq!(answer.header("link"), expected);
        assert_eq!(
            answer.json(),
            json!({"data": [1, 2], "page": {"next_cursor": "nn", "prev_cursor": "pp", "size": 25}})
        );
    }

    #[tokio::test]
    async fn the_only_page_has_null_cursors_and_no_neighbours() {
        let only = PageInfo { size: 25, ..PageInfo::default() }.with_total(0);
        let answer = ClientAnswer::of(paged(b"0", &only, &Uri::from_static("/v1/tags"))).await;
        assert_eq!(answer.header("link"), "</v1/tags>; rel=\"first\", </v1/tags?page=1>; rel=\"last\"");
        let expected = json!({"next_cursor": null, "prev_cursor": null, "size": 25, "total": 0, "last": 1});
        assert_eq!(answer.json()["page"], expected);
    }

    #[test]
    fn the_last_page_may_be_short() {
        let page = PageInfo { size: 25, ..PageInfo::default() };
        for (total, last) in [(1, 1), (25, 1), (26, 2), (50, 2), (51, 3)] {
            assert_eq!(page.clone().with_total(total).last, Some(last), "{total}");
        }
    }

    #[test]
    fn a_link_header_that_no_gateway_would_carry_is_left_out() {
        let uri = format!("/v1/tickets?q={}", "x".repeat(2000)).parse().expect("a URI");
        let response = page(&uri);
        assert!(response.status().is_success() && !response.headers().contains_key(LINK));
    }

    #[tokio::test]
    async fn what_was_made_says_where_it_is_and_which_version() {
        let answer =
            ClientAnswer::of(One::created(7, "/v1/tickets/7".into()).with_version(Version::FIRST).into_response())
                .await;
        assert_eq!((answer.status, answer.header("location"), answer.header("etag")), (201, "/v1/tickets/7", "\"1\""));
        assert_eq!((answer.header("content-type"), answer.json()), ("application/json", json!({"data": 7})));
        let answer = ClientAnswer::of(One::new(7).into_response()).await;
        assert_eq!((answer.status, answer.header("location"), answer.header("etag")), (200, "", ""));
    }
}
