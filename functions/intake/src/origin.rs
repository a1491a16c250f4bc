//! The page that a request comes from, and whether it may.

use axum::http::{
    HeaderMap, StatusCode, Uri,
    header::{HeaderName, ORIGIN, REFERER},
    uri::Authority,
};
use lambdesk_api::problem::Problem;
use lambdesk_domain::text::HostPattern;
use std::net::Ipv4Addr;

/// The longest header that is read as an origin or a page's address.
const MAX_HEADER: usize = 2_048;

/// An origin of a web page, as browsers serialise it (RFC 6454 section 6.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebOrigin {
    is_https: bool,
    host: String,
    /// None for the scheme's own.
    port: Option<u16>,
}

impl WebOrigin {
    /// Whose page sent the request: `Origin`, or where there is none the page's
    /// address in `Referer`. None when neither is there.
    ///
    /// # Errors
    /// For an opaque origin (`null`) and for what names no web page.
    pub fn of(headers: &HeaderMap) -> Result<Option<Self>, OriginNotAllowed> {
        if let Some(origin) = single(headers, &ORIGIN)? {
            let is_bare = origin.split('/').count() == 3;
            let origin = Self::parse(origin).filter(|_| is_bare);
            return origin.map(Some).ok_or(OriginNotAllowed::Foreign);
        }
        match single(headers, &REFERER)? {
            Some(page) => Self::parse(page).map(Some).ok_or(OriginNotAllowed::Foreign),
            None => Ok(None),
        }
    }

    /// The origin of an absolute `http` or `https` URL.
    #[must_use]
    pub fn parse(url: &str) -> Option<Self> {
        // What names a page within the origin is nobody's business here, and
        // may hold characters that a URI may not.
        let (scheme, rest) = url.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        let uri: Uri = format!("{scheme}://{authority}").parse().ok()?;
        let is_https = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let authority = uri.authority().filter(|authority| is_plain(authority))?;
        let port = authority.port_u16();
        Some(Self {
            is_https,
            host: authority.host().to_ascii_lowercase(),
            port: port.filter(|port| *port != default_port(is_https)),
        })
    }

    /// Holds a page of this origin to a channel's hosts.
    ///
    /// # Errors
    /// Why it may not use the channel.
    pub fn require_covered_by(&self, patterns: &[HostPattern]) -> Result<(), OriginNotAllowed> {
        if self.is_covered_by(patterns) {
            return Ok(());
        }
        let secure = Self { is_https: true, ..self.clone() };
        let is_insecure = !self.is_https && secure.is_covered_by(patterns);
        Err(if is_insecure { OriginNotAllowed::Insecure } else { OriginNotAllowed::Foreign })
    }

    /// Whether a page of this origin may use a channel with these hosts. Plain
    /// `http` is for this machine's own pages, and where a pattern names port 80.
    #[must_use]
    pub fn is_covered_by(&self, patterns: &[HostPattern]) -> bool {
        let host = self.host_and_port();
        let with_port = format!("{host}:{}", default_port(self.is_https));
        patterns.iter().any(|pattern| {
            // A pattern may spell out the scheme's own port.
            let names_port = self.port.is_none() && pattern.covers(&with_port);
            let names_host = pattern.covers(&host) && (self.is_https || self.is_loopback());
            names_port || names_host
        })
    }

    fn is_loopback(&self) -> bool {
        let is_address = self.host.parse().is_ok_and(|ip: Ipv4Addr| ip.is_loopback());
        is_address || self.host == "localhost" || self.host.ends_with(".localhost")
    }

    fn host_and_port(&self) -> String {
        match self.port {
            Some(port) => format!("{}:{port}", self.host),
            None => self.host.clone(),
        }
    }

    /// As browsers serialise it.
    #[must_use]
    pub fn serialized(&self) -> String {
        let scheme = if self.is_https { "https" } else { "http" };
        format!("{scheme}://{}", self.host_and_port())
    }
}

/// The page may not use the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OriginNotAllowed {
    /// Its host is none of the channel's, or it is no page.
    Foreign,
    /// Its host is one of the channel's, but whoever is between could have written it.
    Insecure,
}

impl From<OriginNotAllowed> for Problem {
    fn from(reason: OriginNotAllowed) -> Self {
        let detail = match reason {
            OriginNotAllowed::Foreign => "this channel can't be used from this page; its host is none of the channel's",
            OriginNotAllowed::Insecure => {
                "this page came over http://, where anybody on the way may change it: serve it over https://, or name \
                 its host with the port 80 among the channel's hosts"
            }
        };
        Self::new(StatusCode::FORBIDDEN, "origin_not_allowed", detail)
    }
}

const fn default_port(is_https: bool) -> u16 {
    if is_https { 443 } else { 80 }
}

/// A host with or without a port: no user, no empty or zero port.
fn is_plain(authority: &Authority) -> bool {
    let text = authority.as_str();
    let has_port = authority.port_u16().is_some_and(|port| port > 0);
    !authority.host().is_empty() && !text.contains('@') && (has_port || text == authority.host())
}

/// A header that is there at most once.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, OriginNotAllowed> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => {
            let text = value.to_str().ok().filter(|text| text.len() <= MAX_HEADER);
            text.map(Some).ok_or(OriginNotAllowed::Foreign)
        }
        (Some(_), Some(_)) => Err(OriginNotAllowed::Foreign),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;
    use proptest::prelude::*;

    fn patterns(texts: &[&str]) -> Vec<HostPattern> {
        texts.iter().map(|text| text.parse().expect("a pattern")).collect()
    }

    fn origin(text: &str) -> Result<Option<WebOrigin>, OriginNotAllowed> {
        let mut headers = HeaderMap::new();
        headers.insert(ORIGIN, HeaderValue::from_str(text).expect("a header"));
        WebOrigin::of(&headers)
    }

    fn covers(pattern: &str, text: &str) -> bool {
        let origin = origin(text).expect("readable").expect("there");
        origin.is_covered_by(&patterns(&[pattern]))
    }

    proptest! {
        #[test]
        fn any_header_is_an_origin_that_reads_back_or_refused(text in "(https?://)?[ -~]{0,40}") {
            if let Ok(Some(found)) = origin(&text) {
                prop_assert_eq!(origin(&found.serialized()).expect("readable"), Some(found));
            }
        }
    }

    #[test]
    fn opaque_foreign_and_malformed_origins_are_refused() {
        for bad in [
            "null",
            "",
            "https://",
            "https://shop.example/",
            "https://shop.example/path",
            "https://user@shop.example",
            "https://shop.example:",
            "https://shop.example:0",
            "https://shop.example:99999",
            "https://shop.example https://evil.example",
            "https://shop.example, https://evil.example",
            "ftp://shop.example",
            "file://",
            "shop.example",
        ] {
            assert_eq!(origin(bad), Err(OriginNotAllowed::Foreign), "{bad}");
        }
    }

    #[test]
    fn two_origins_are_refused() {
        let mut headers = HeaderMap::new();
        for origin in ["https://shop.example", "https://evil.example"] {
            headers.append(ORIGIN, HeaderValue::from_static(origin));
        }
        assert!(WebOrigin::of(&headers).is_err());
    }

    #[test]
    fn without_an_origin_the_page_that_refers_counts() {
        let mut headers = HeaderMap::new();
        assert_eq!(WebOrigin::of(&headers).expect("readable"), None);
        let page = "https://shop.example:8443/contact?name=\"x\"#form";
        headers.insert(REFERER, HeaderValue::from_static(page));
        let found = WebOrigin::of(&headers).expect("readable").expect("there");
        assert_eq!(found.serialized(), "https://shop.example:8443");
        headers.insert(ORIGIN, HeaderValue::from_static("null"));
        assert!(WebOrigin::of(&headers).is_err());
    }

    #[test]
    fn hosts_match_whole_with_their_port_and_regardless_of_case() {
        assert!(covers("shop.example", "https://Shop.example"));
        assert!(covers("shop.example", "https://shop.example:443"));
        assert!(covers("shop.example:443", "https://shop.example"));
        assert!(covers("shop.example:8443", "https://shop.example:8443"));
        for foreign in [
            "https://shop.example:8443",
            "https://evilshop.example",
            "https://shop.example.evil.example",
            "https://a.shop.example",
            "https://shop.example.",
        ] {
            assert!(!covers("shop.example", foreign), "{foreign}");
        }
    }

    #[test]
    fn a_star_covers_subdomains_of_any_depth_but_not_the_domain_itself() {
        assert!(covers("*.shop.example", "https://a.shop.example"));
        assert!(covers("*.shop.example", "https://b.a.shop.example"));
        assert!(!covers("*.shop.example", "https://shop.example"));
        assert!(!covers("*.shop.example", "https://a.shop.example:8443"));
    }

    #[test]
    fn plain_http_is_for_this_machine_and_where_port_80_is_named() {
        assert!(covers("localhost:5173", "http://localhost:5173"));
        assert!(covers("localhost", "http://localhost"));
        assert!(covers("127.0.0.1:8080", "http://127.0.0.1:8080"));
        assert!(covers("shop.example:80", "http://shop.example"));
        assert!(!covers("shop.example", "http://shop.example"));
        assert!(!covers("shop.example:8080", "http://shop.example:8080"));
        assert!(!covers("shop.example:80", "https://shop.example"));
        let reason = |text: &str| {
            let origin = origin(text).expect("readable").expect("there");
            origin.require_covered_by(&patterns(&["shop.example"]))
        };
        assert_eq!(reason("http://shop.example"), Err(OriginNotAllowed::Insecure));
        assert_eq!(reason("http://evil.example"), Err(OriginNotAllowed::Foreign));
    }

    #[test]
    fn a_channel_without_hosts_takes_no_page() {
        let origin = origin("https://shop.example").expect("readable").expect("there");
        assert!(!origin.is_covered_by(&[]));
    }
}
