//! How an exchange can fail.

use std::io;

use tokio_rustls::rustls;

/// Why an exchange brought no answer.
///
/// Says nothing of addresses, names or contents, so that it can be logged and
/// shown to the endpoint's owner, who must not learn what a name resolves to
/// inside our network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ExchangeError {
    /// The host is, resolves to, or connected to an address that is not public,
    /// or the URL is `http` on a host that is not allowed (any more).
    #[error("the address is not allowed")]
    Refused,
    /// The name did not resolve to any address.
    #[error("the host name could not be resolved")]
    Dns,
    /// No address accepted the connection.
    #[error("the connection could not be made")]
    Connect,
    /// The TLS handshake failed.
    #[error("{0}")]
    Tls(TlsFault),
    /// The deadline passed, at whatever step.
    #[error("there was no complete answer before the deadline")]
    Timeout,
    /// What came back is not a complete HTTP/1.1 answer.
    #[error("the answer was not complete and valid HTTP")]
    Protocol,
}

/// What went wrong in a TLS handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum TlsFault {
    /// The certificate is untrusted, expired, or for another name.
    #[error("the TLS certificate is not valid for this host")]
    Certificate,
    /// No common version or cipher, or not TLS at all.
    #[error("the TLS handshake failed")]
    Handshake,
}

impl ExchangeError {
    /// A stable word for stored attempts and metrics.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Refused => "address_refused",
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls(TlsFault::Certificate) => "tls_certificate",
            Self::Tls(TlsFault::Handshake) => "tls_handshake",
            Self::Timeout => "timeout",
            Self::Protocol => "protocol",
        }
    }

    pub(crate) fn from_handshake(error: &io::Error) -> Self {
        let cause = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
        Self::Tls(match cause {
            Some(rustls::Error::InvalidCertificate(_)) => TlsFault::Certificate,
            _ => TlsFault::Handshake,
        })
    }
}
