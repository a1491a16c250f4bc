//! Which hosts a pattern covers.

use super::{HostPattern, idn::encoded};

impl HostPattern {
    /// Whether an origin's host (with its port, when it is not the scheme's own)
    /// is covered: exactly, or as a subdomain of a `*.` pattern.
    #[must_use]
    pub fn covers(&self, host: &str) -> bool {
        let host = host.to_lowercase();
        let host = encoded(&host);
        match self.0.strip_prefix("*.") {
            Some(parent) => host.strip_suffix(parent).is_some_and(|sub| sub.len() > 1 && sub.ends_with('.')),
            None => host == self.0,
        }
    }

    /// It without its port.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.split_once(':').map_or(self.0.as_str(), |(host, _)| host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_covers_subdomains_only() {
        let star: HostPattern = "*.example.com".parse().expect("valid");
        assert!(star.covers("shop.Example.com") && star.covers("a.b.example.com"));
        assert!(!star.covers("example.com") && !star.covers("evilexample.com") && !star.covers(".example.com"));
        let exact: HostPattern = "localhost:5173".parse().expect("valid");
        assert!(exact.covers("localhost:5173") && !exact.covers("localhost") && !exact.covers("localhost:80"));
        let letters: HostPattern = "*.Bücher.example:8443".parse().expect("valid");
        assert_eq!((letters.as_str(), letters.host()), ("*.xn--bcher-kva.example:8443", "*.xn--bcher-kva.example"));
        assert!(letters.covers("shop.xn--bcher-kva.example:8443") && letters.covers("shop.bücher.example:8443"));
        for bad in ["*", "*.", "http://a.b", "a.b:0", "a.b:x", "null origin"] {
            assert!(bad.parse::<HostPattern>().is_err(), "{bad}");
        }
    }
}
