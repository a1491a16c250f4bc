//! The address of an endpoint, parsed at the edge.

use std::fmt;

use http::HeaderValue;
use http::uri::PathAndQuery;
use serde::{Serialize, Serializer};
use url::{Host, Position, Url};

use crate::{AddressPolicy, is_public};

/// The longest endpoint address in bytes, as given and as normalised.
pub const MAX_URL_LENGTH: usize = 2_048;

/// Ports of services that read mail, files, databases or shells, and that text
/// in an HTTP request could make do something. A subset of the Fetch standard's
/// "bad ports", and the usual databases and caches.
const REFUSED_PORTS: &[u16] = &[
    7, 9, 19, 21, 22, 23, 25, 53, 69, 110, 111, 119, 135, 139, 143, 161, 389, 445, 465, 512, 513, 514, 587, 636, 993,
    995, 1433, 2049, 3306, 5060, 5061, 5432, 6379, 6667, 9200, 11211, 27017,
];

/// Where a webhook is sent: an `https` URL without user and fragment, whose host
/// is not known to be non-public. `http` only for hosts that the operator allows.
///
/// Its path and query may hold a token of the receiver's, so `Debug` shows
/// scheme, host and port only.
#[derive(Clone, PartialEq, Eq)]
pub struct EndpointUrl {
    text: String,
    pub(crate) host: Host,
    pub(crate) port: u16,
    pub(crate) encrypted: bool,
    pub(crate) authority: HeaderValue,
    pub(crate) path_and_query: PathAndQuery,
}

/// Why a text is no [`EndpointUrl`]. Holds nothing of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointUrlError {
    /// Longer than [`MAX_URL_LENGTH`].
    #[error("the URL is longer than {MAX_URL_LENGTH} bytes")]
    TooLong,
    /// No absolute URL with a host, or with spaces or control characters.
    #[error("this is not an absolute URL with a host")]
    Malformed,
    /// Another scheme than `https` (or `http` on an allowed host).
    #[error("the URL does not begin with https://")]
    Scheme,
    /// A user name or a password.
    #[error("the URL has a user name or password")]
    UserInfo,
    /// A fragment, which would never be sent.
    #[error("the URL has a fragment")]
    Fragment,
    /// A port that belongs to another kind of service.
    #[error("the URL's port is not for HTTP")]
    Port,
    /// A literal address, or `localhost`, that is not public.
    #[error("the URL's host is not public")]
    Address,
}

impl EndpointUrl {
    /// Parses an address under a policy. Numeric spellings of IPv4 addresses
    /// (decimal, octal, hexadecimal, shortened) are read as the URL standard
    /// reads them, so they are checked like any other.
    ///
    /// # Errors
    /// [`EndpointUrlError`] says which rule is broken.
    pub fn parse(text: &str, policy: &AddressPolicy) -> Result<Self, EndpointUrlError> {
        if text.len() > MAX_URL_LENGTH {
            return Err(EndpointUrlError::TooLong);
        }
        // The URL standard drops some of these silently; nobody means them.
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(EndpointUrlError::Malformed);
        }
        let url = Url::parse(text).map_err(|_| EndpointUrlError::Malformed)?;
        let endpoint = Self::from_url(&url)?;
        check_parts(&url)?;
        endpoint.check_target(policy)?;
        Ok(endpoint)
    }

    fn from_url(url: &Url) -> Result<Self, EndpointUrlError> {
        let encrypted = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return Err(EndpointUrlError::Scheme),
        };
        let host = url.host().ok_or(EndpointUrlError::Malformed)?.to_owned();
        let port = url.port_or_known_default().ok_or(EndpointUrlError::Port)?;
        let authority = HeaderValue::from_str(&url[Position::BeforeHost..Position::AfterPort])
            .map_err(|_| EndpointUrlError::Malformed)?;
        let path_and_query =
            url[Position::BeforePath..Position::AfterQuery].parse().map_err(|_| EndpointUrlError::Malformed)?;
        Ok(Self { text: url.as_str().to_owned(), host, port, encrypted, authority, path_and_query })
    }

    fn check_target(&self, policy: &AddressPolicy) -> Result<(), EndpointUrlError> {
        if self.port == 0 {
            return Err(EndpointUrlError::Port);
        }
        if policy.names(&self.host, self.port) {
            return Ok(());
        }
        if REFUSED_PORTS.contains(&self.port) {
            return Err(EndpointUrlError::Port);
        }
        if !self.encrypted {
            return Err(EndpointUrlError::Scheme);
        }
        if self.is_known_non_public() {
            return Err(EndpointUrlError::Address);
        }
        Ok(())
    }

    fn is_known_non_public(&self) -> bool {
        match &self.host {
            Host::Domain(name) => is_localhost(name),
            Host::Ipv4(address) => !is_public((*address).into()),
            Host::Ipv6(address) => !is_public((*address).into()),
        }
    }

    /// The whole normalised URL, for storage and for the endpoint's owner.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

fn check_parts(url: &Url) -> Result<(), EndpointUrlError> {
    if url.as_str().len() > MAX_URL_LENGTH {
        return Err(EndpointUrlError::TooLong);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(EndpointUrlError::UserInfo);
    }
    if url.fragment().is_some() {
        return Err(EndpointUrlError::Fragment);
    }
    Ok(())
}

/// RFC 6761: `localhost` and everything below it is loopback.
fn is_localhost(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    name == "localhost" || name.ends_with(".localhost")
}

impl Serialize for EndpointUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl fmt::Debug for EndpointUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.encrypted { "https" } else { "http" };
        write!(f, "EndpointUrl({scheme}://{}:{}/…)", self.host, self.port)
    }
}
