//! The operator's word on where webhooks may go.

use std::net::IpAddr;

use url::Host;

use crate::guard::is_public;

/// Public addresses for everyone, and the hosts that the operator allows
/// although they are not public (receivers in local development).
///
/// An allowed host may be reached by plain HTTP and at any address that its name
/// resolves to.
#[derive(Clone, Debug, Default)]
pub struct AddressPolicy {
    allowed_hosts: Vec<AllowedHost>,
}

#[derive(Clone, Debug)]
struct AllowedHost {
    host: Host,
    /// `None` stands for every port.
    port: Option<u16>,
}

/// An entry of the operator's list that is neither `host` nor `host:port`.
/// IPv6 addresses stand in brackets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an allowed host is `host` or `host:port`, not {0:?}")]
pub struct AllowedHostError(String);

impl AddressPolicy {
    /// No exceptions: what runs in the cloud.
    #[must_use]
    pub fn public_only() -> Self {
        Self::default()
    }

    /// Public addresses and these hosts, each `host` (any port) or `host:port`.
    /// Hosts are compared exactly, after the normalisation of the URL standard;
    /// there are no wildcards.
    ///
    /// # Errors
    /// [`AllowedHostError`] names the first entry that is malformed.
    pub fn allowing<'a>(hosts: impl IntoIterator<Item = &'a str>) -> Result<Self, AllowedHostError> {
        let allowed_hosts = hosts
            .into_iter()
            .map(|entry| AllowedHost::parse(entry).ok_or_else(|| AllowedHostError(entry.into())))
            .collect::<Result<_, _>>()?;
        Ok(Self { allowed_hosts })
    }

    /// Whether the operator named this host and port.
    pub(crate) fn names(&self, host: &Host, port: u16) -> bool {
        self.allowed_hosts.iter().any(|entry| entry.host == *host && entry.port.is_none_or(|only| only == port))
    }

    /// Whether a POST to this host and port may go to this address.
    pub(crate) fn admits(&self, host: &Host, port: u16, address: IpAddr) -> bool {
        is_public(address) || self.names(host, port)
    }
}

impl AllowedHost {
    fn parse(entry: &str) -> Option<Self> {
        // The URL standard lets an asterisk be part of a name.
        if entry.contains('*') {
            return None;
        }
        let (host, port) = match entry.rsplit_once(':') {
            // A colon inside the brackets of an IPv6 address is no port's.
            Some((host, port)) if !port.ends_with(']') => (host, Some(parse_port(port)?)),
            _ => (entry, None),
        };
        let host = Host::parse(host).ok()?;
        Some(Self { host, port })
    }
}

fn parse_port(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn host(text: &str) -> Host {
        Host::parse(text).unwrap()
    }

    #[rstest]
    #[case::any_port("localhost", "localhost", 9000, true)]
    #[case::this_port("localhost:9000", "localhost", 9000, true)]
    #[case::another_port("localhost:9000", "localhost", 9001, false)]
    #[case::another_case("LocalHost", "localhost", 80, true)]
    #[case::another_spelling("127.1", "127.0.0.1", 80, true)]
    #[case::ipv6("[::1]", "[0:0::1]", 80, true)]
    #[case::ipv6_port("[::1]:80", "[::1]", 81, false)]
    #[case::no_subdomains("example.test", "a.example.test", 80, false)]
    #[case::no_suffixes("example.test", "badexample.test", 80, false)]
    #[case::mapped_is_another("127.0.0.1", "[::ffff:127.0.0.1]", 80, false)]
    fn an_allowed_host_is_compared_exactly(
        #[case] entry: &str,
        #[case] asked: &str,
        #[case] port: u16,
        #[case] named: bool,
    ) {
        let policy = AddressPolicy::allowing([entry]).unwrap();
        assert_eq!(policy.names(&host(asked), port), named);
    }

    #[rstest]
    #[case("")]
    #[case(":80")]
    #[case("localhost:")]
    #[case("localhost:0")]
    #[case("localhost:+80")]
    #[case("localhost:65536")]
    #[case("::1")]
    #[case("http://localhost")]
    #[case("localhost/path")]
    #[case("*")]
    #[case("*.example.test")]
    fn a_malformed_entry_is_refused(#[case] entry: &str) {
        let error = AddressPolicy::allowing(["localhost", entry]).unwrap_err();
        assert_eq!(error, AllowedHostError(entry.into()));
    }

    #[test]
    fn a_non_public_address_needs_the_operators_word() {
        let loopback = IpAddr::from([127, 0, 0, 1]);
        let name = host("receiver.test");
        let allowing = AddressPolicy::allowing(["receiver.test:9000"]).unwrap();
        assert!(!AddressPolicy::public_only().admits(&name, 9000, loopback));
        assert!(allowing.admits(&name, 9000, loopback));
        assert!(!allowing.admits(&name, 9001, loopback));
        assert!(allowing.admits(&name, 9001, IpAddr::from([1, 1, 1, 1])));
    }
}
