//! Which hosts a pattern covers.

use super::HostPattern;

impl HostPattern {
    /// Whether an origin's host (with its port, when it is not the scheme's own)
    /// is covered: exactly, or as a subdomain of a `*.` pattern.
    #[must_use]
    pub fn covers(&self, host: &str) -> bool {
        let host = host.to_lowercase();
        match self.0.strip_prefix("*.") {
            Some(parent) => host.strip_suffix(parent).is_some_and(|sub| sub.len() > 1 && sub.ends_with('.')),
            None => host == self.0,
        }
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
        for bad in ["*", "*.", "http://a.b", "a.b:0", "a.b:x", "null origin"] {
            assert!(bad.parse::<HostPattern>().is_err(), "{bad}");
        }
    }
}
