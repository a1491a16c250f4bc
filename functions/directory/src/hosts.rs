//! Which hosts a channel may name: those whose pages are one owner's. What was stored
//! under older rules stays readable, so the rules are held where a body is read.

use lambdesk_api::body::Checker;
use lambdesk_domain::text::HostPattern;

/// Names that are nobody's to register (RFC 6761, RFC 6762, and ICANN's reservation of
/// `internal`): the public suffix list is silent about them.
const OWN: [&str; 6] = ["localhost", "test", "example", "invalid", "local", "internal"];

/// Holds the hosts of a body to these rules.
pub fn check(hosts: &[HostPattern], checker: &mut Checker) {
    for (index, pattern) in hosts.iter().enumerate() {
        if let Some((code, detail)) = flaw(pattern) {
            checker.error(&format!("/hostnames/{index}"), code, detail);
        }
    }
}

/// What is wrong with a pattern: a code and a sentence.
fn flaw(pattern: &HostPattern) -> Option<(&'static str, &'static str)> {
    let host = pattern.host();
    if !host.is_ascii() {
        return Some(("invalid", "is no host that the name service could have"));
    }
    if host == "null" {
        let detail = "null is no host: browsers send it for pages of no origin (files, sandboxed frames), whoever made \
                      them";
        return Some(("no_origin", detail));
    }
    let parent = host.strip_prefix("*.")?;
    if parent.rsplit('.').next().is_some_and(|label| label.bytes().all(|byte| byte.is_ascii_digit())) {
        return Some(("invalid", "an address has no subdomains"));
    }
    is_public(parent).then_some((
        "public_suffix",
        "anybody can have a host under it: name the hosts themselves, or a domain of your own",
    ))
}

/// Whether different people register names right below this one, or below those (the
/// public suffix list, with its private part: shared hosting).
fn is_public(parent: &str) -> bool {
    // Below a rule with a star, any label is a suffix of its own.
    let below = format!("x.{parent}");
    is_suffix(parent) || is_suffix(&below)
}

fn is_suffix(name: &str) -> bool {
    let Some(suffix) = psl::suffix(name.as_bytes()) else {
        return false;
    };
    // A name that the list does not know has the default rule: its last label is public.
    let is_whole = suffix.as_bytes() == name.as_bytes();
    is_whole && (suffix.is_known() || !OWN.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Option<&'static str> {
        flaw(&text.parse().expect("a pattern")).map(|(code, _)| code)
    }

    #[test]
    fn a_star_stands_below_a_domain_that_somebody_owns() {
        for public in [
            "*.com",
            "*.COM:8443",
            "*.co.uk",
            "*.github.io",
            "*.s3.amazonaws.com",
            "*.compute.amazonaws.com",
            "*.xn--p1ai",
            "*.рф",
            "*.公司.cn",
            "*.ck",
            "*.x.ck",
            "*.kawasaki.jp",
            "*.nonexistenttld",
        ] {
            assert_eq!(code(public), Some("public_suffix"), "{public}");
        }
        for own in [
            "*.example.com",
            "*.shop.co.uk",
            "*.me.github.io",
            "*.www.ck",
            "*.localhost",
            "*.app.localhost:5173",
            "*.internal",
            "*.bücher.example",
            "com",
            "github.io",
            "localhost:5173",
            "intranet",
        ] {
            assert_eq!(code(own), None, "{own}");
        }
    }

    #[test]
    fn what_no_page_has_is_refused() {
        assert_eq!(code("null"), Some("no_origin"));
        assert_eq!(code("null:80"), Some("no_origin"));
        assert_eq!(code("*.168.0.1"), Some("invalid"));
        assert_eq!(code("127.0.0.1:8080"), None);
    }
}
