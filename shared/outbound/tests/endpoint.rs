//! Which endpoint addresses are accepted at the edge.

#![allow(clippy::unwrap_used, reason = "a test")]

use lambdesk_outbound::{AddressPolicy, EndpointUrl, EndpointUrlError, MAX_URL_LENGTH};
use proptest::prelude::*;
use rstest::rstest;

fn parse(text: &str) -> Result<EndpointUrl, EndpointUrlError> {
    EndpointUrl::parse(text, &AddressPolicy::public_only())
}

fn local(text: &str) -> Result<EndpointUrl, EndpointUrlError> {
    let policy = AddressPolicy::allowing(["localhost:9000", "127.0.0.1"]).unwrap();
    EndpointUrl::parse(text, &policy)
}

#[rstest]
#[case("https://hooks.example.com", "https://hooks.example.com/")]
#[case("https://hooks.example.com:443/a?b=c", "https://hooks.example.com/a?b=c")]
#[case("HTTPS://Hooks.Example.com:8443/A", "https://hooks.example.com:8443/A")]
#[case("https://bücher.example/", "https://xn--bcher-kva.example/")]
#[case("https://1.1.1.1/", "https://1.1.1.1/")]
#[case("https://[2606:4700:4700::1111]/", "https://[2606:4700:4700::1111]/")]
#[case("https://example.com/a|b`[c]^{d}?e|f`[g]^{h}'", "https://example.com/a|b%60[c]^%7Bd%7D?e|f`[g]^{h}%27")]
fn a_public_https_url_is_taken_and_normalised(#[case] text: &str, #[case] normal: &str) {
    assert_eq!(parse(text).unwrap().as_str(), normal);
}

#[rstest]
#[case::plain("http://hooks.example.com/", EndpointUrlError::Scheme)]
#[case::file("file:///etc/passwd", EndpointUrlError::Scheme)]
#[case::gopher("gopher://example.com/", EndpointUrlError::Scheme)]
#[case::script("javascript:alert(1)", EndpointUrlError::Scheme)]
#[case::relative("/hook", EndpointUrlError::Malformed)]
#[case::bare_host("hooks.example.com/hook", EndpointUrlError::Malformed)]
#[case::empty("", EndpointUrlError::Malformed)]
#[case::no_host("https://", EndpointUrlError::Malformed)]
#[case::no_host_but_port("https://:443/", EndpointUrlError::Malformed)]
#[case::leading_space(" https://example.com/", EndpointUrlError::Malformed)]
#[case::line_break("https://example.com/\r\nx: y", EndpointUrlError::Malformed)]
#[case::tab_in_host("https://exam\tple.com/", EndpointUrlError::Malformed)]
#[case::user("https://user@example.com/", EndpointUrlError::UserInfo)]
#[case::password("https://:secret@example.com/", EndpointUrlError::UserInfo)]
#[case::fragment("https://example.com/#part", EndpointUrlError::Fragment)]
#[case::port_zero("https://example.com:0/", EndpointUrlError::Port)]
#[case::mail("https://example.com:25/", EndpointUrlError::Port)]
#[case::no_port("https://example.com:65536/", EndpointUrlError::Malformed)]
fn a_url_that_breaks_a_rule_is_refused(#[case] text: &str, #[case] error: EndpointUrlError) {
    assert_eq!(parse(text).unwrap_err(), error);
}

#[rstest]
#[case::plain("https://127.0.0.1/")]
#[case::short("https://127.1/")]
#[case::decimal("https://2130706433/")]
#[case::octal("https://0177.0.0.1/")]
#[case::hexadecimal("https://0x7f000001/")]
#[case::mixed("https://0x7f.0.0.1/")]
#[case::full_width("https://127。0。0。1/")]
#[case::full_width_digits("https://１２７.0.0.1/")]
#[case::percent_encoded("https://%31%32%37.0.0.1/")]
#[case::trailing_dot("https://127.0.0.1./")]
#[case::backslashes("https:\\\\127.0.0.1\\")]
#[case::zero("https://0/")]
#[case::metadata("https://169.254.169.254/latest/meta-data/")]
#[case::metadata_decimal("https://2852039166/")]
#[case::ipv6("https://[::1]/")]
#[case::mapped("https://[::ffff:127.0.0.1]/")]
#[case::mapped_hexadecimal("https://[::ffff:7f00:1]/")]
#[case::nat64("https://[64:ff9b::7f00:1]/")]
#[case::localhost("https://localhost/")]
#[case::localhost_case("https://LOCALHOST/")]
#[case::localhost_dot("https://localhost./")]
#[case::below_localhost("https://db.localhost/")]
fn a_non_public_host_is_refused_in_every_spelling(#[case] text: &str) {
    assert_eq!(parse(text).unwrap_err(), EndpointUrlError::Address);
}

#[rstest]
#[case("http://localhost:9000/hook")]
#[case("https://localhost:9000/hook")]
#[case("http://127.0.0.1/")]
#[case("http://127.0.0.1:6379/")]
#[case("http://2130706433:81/")]
fn a_host_that_the_operator_allows_is_taken_by_http_too(#[case] text: &str) {
    assert!(local(text).is_ok());
    assert!(parse(text).is_err());
}

#[rstest]
#[case::another_port("http://localhost:9001/", EndpointUrlError::Scheme)]
#[case::another_port_encrypted("https://localhost:9001/", EndpointUrlError::Address)]
#[case::another_host("http://127.0.0.2/", EndpointUrlError::Scheme)]
#[case::port_zero("http://127.0.0.1:0/", EndpointUrlError::Port)]
#[case::user("http://a:b@127.0.0.1/", EndpointUrlError::UserInfo)]
fn an_allowance_reaches_no_further_than_its_host(#[case] text: &str, #[case] error: EndpointUrlError) {
    assert_eq!(local(text).unwrap_err(), error);
}

#[test]
fn a_url_has_at_most_2048_bytes_as_given_and_as_normalised() {
    let padded = |fill: &str, length: usize| {
        let start = "https://example.com/";
        format!("{start}{}", fill.repeat((length - start.len()) / fill.len()))
    };
    assert!(parse(&padded("x", MAX_URL_LENGTH)).is_ok());
    assert_eq!(parse(&padded("x", MAX_URL_LENGTH + 1)), Err(EndpointUrlError::TooLong));
    assert_eq!(parse(&padded("é", MAX_URL_LENGTH)), Err(EndpointUrlError::TooLong));
}

#[test]
fn debug_hides_path_and_query() {
    let url = parse("https://hooks.example.com/T0K3N?key=s3cr3t").unwrap();
    assert_eq!(format!("{url:?}"), "EndpointUrl(https://hooks.example.com:443/…)");
}

#[test]
fn it_is_written_as_its_text() {
    let url = parse("https://hooks.example.com/a?b").unwrap();
    assert_eq!(serde_json::to_value(&url).unwrap(), "https://hooks.example.com/a?b");
}

proptest! {
    #[test]
    fn what_was_accepted_is_accepted_again_unchanged(rest in "[!-~é日]{0,60}") {
        if let Ok(url) = parse(&format!("https://{rest}")) {
            prop_assert_eq!(parse(url.as_str()), Ok(url));
        }
    }

    #[test]
    fn an_ipv4_literal_is_accepted_exactly_when_it_is_public(bits: u32) {
        let public = lambdesk_outbound::is_public(std::net::Ipv4Addr::from_bits(bits).into());
        for text in [format!("{bits}"), format!("{bits:#x}"), format!("0{bits:o}")] {
            prop_assert_eq!(parse(&format!("https://{text}/")).is_ok(), public, "{}", text);
        }
    }
}
