//! One bounded exchange with an endpoint: resolve, check, connect, check again,
//! encrypt, send, read.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use http::HeaderMap;
use hyper::body::Bytes;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use url::Host;

use crate::http1::{self, Stream};
use crate::{AddressPolicy, EndpointUrl, ExchangeError, Internet, Limits, Network, ReceiverAnswer, TlsFault};

/// Sends webhooks, each in an exchange and on a connection of its own. Cheap to
/// clone; make one and keep it, because it holds the trusted roots.
#[derive(Clone)]
pub struct WebhookClient<N = Internet> {
    policy: AddressPolicy,
    limits: Limits,
    network: N,
    tls: TlsConnector,
}

impl WebhookClient {
    /// A client with the default limits on the real network, which trusts the
    /// embedded root certificates.
    #[must_use]
    pub fn new(policy: AddressPolicy) -> Self {
        let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
        Self { policy, limits: Limits::default(), network: Internet, tls: connector(roots) }
    }
}

impl<N> WebhookClient<N> {
    /// The same with other limits.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// The same on another network.
    #[must_use]
    pub fn with_network<M: Network>(self, network: M) -> WebhookClient<M> {
        WebhookClient { policy: self.policy, limits: self.limits, network, tls: self.tls }
    }

    /// The same with other trusted roots, instead of the embedded ones.
    #[must_use]
    pub fn with_roots(self, roots: RootCertStore) -> Self {
        let tls = connector(roots);
        Self { tls, ..self }
    }
}

impl<N: Network> WebhookClient<N> {
    /// Posts `body` once and gives the answer, whatever its status. Redirects
    /// are answers and are not followed.
    ///
    /// The client sets `Host`, `Content-Length`, `Connection` and `User-Agent`,
    /// and `Content-Type: application/json` unless `headers` has another.
    ///
    /// # Errors
    /// [`ExchangeError`] when no complete answer came before the deadline.
    pub async fn post(
        &self,
        url: &EndpointUrl,
        headers: HeaderMap,
        body: impl Into<Bytes>,
    ) -> Result<ReceiverAnswer, ExchangeError> {
        let request = http1::request(url, headers, body.into());
        let exchange = async {
            let stream = self.open(url).await?;
            http1::exchange(stream, request, &self.limits).await
        };
        timeout(self.limits.deadline, exchange).await.unwrap_or(Err(ExchangeError::Timeout))
    }

    async fn open(&self, url: &EndpointUrl) -> Result<Box<dyn Stream>, ExchangeError> {
        // The URL may have been parsed under a wider policy than today's.
        if !url.encrypted && !self.policy.names(&url.host, url.port) {
            return Err(ExchangeError::Refused);
        }
        let addresses = self.resolve(url).await?;
        let socket = self.connect(url, &addresses).await?;
        if !url.encrypted {
            return Ok(Box::new(socket));
        }
        let stream = self
            .tls
            .connect(server_name(&url.host)?, socket)
            .await
            .map_err(|error| ExchangeError::from_handshake(&error))?;
        Ok(Box::new(stream))
    }

    /// The host's addresses, all of them admitted: one that is not spoils the
    /// rest, because an honest name has no such mixture.
    async fn resolve(&self, url: &EndpointUrl) -> Result<Vec<IpAddr>, ExchangeError> {
        let addresses = match &url.host {
            Host::Ipv4(address) => vec![(*address).into()],
            Host::Ipv6(address) => vec![(*address).into()],
            Host::Domain(name) => self.network.resolve(name).await.map_err(|_| ExchangeError::Dns)?,
        };
        if addresses.is_empty() {
            return Err(ExchangeError::Dns);
        }
        for address in &addresses {
            self.admit(url, *address)?;
        }
        Ok(addresses)
    }

    /// The first connection that comes about, in the order of the addresses.
    async fn connect(&self, url: &EndpointUrl, addresses: &[IpAddr]) -> Result<TcpStream, ExchangeError> {
        for address in addresses {
            let attempt = self.network.connect(SocketAddr::new(*address, url.port));
            let Ok(Ok(socket)) = timeout(self.limits.connect, attempt).await else {
                continue;
            };
            let peer = socket.peer_addr().map_err(|_| ExchangeError::Connect)?;
            self.admit(url, peer.ip())?;
            return Ok(socket);
        }
        Err(ExchangeError::Connect)
    }

    fn admit(&self, url: &EndpointUrl, address: IpAddr) -> Result<(), ExchangeError> {
        self.policy.admits(&url.host, url.port, address).then_some(()).ok_or(ExchangeError::Refused)
    }
}

fn server_name(host: &Host) -> Result<ServerName<'static>, ExchangeError> {
    Ok(match host {
        Host::Ipv4(address) => ServerName::from(IpAddr::V4(*address)),
        Host::Ipv6(address) => ServerName::from(IpAddr::V6(*address)),
        Host::Domain(name) => {
            ServerName::try_from(name.clone()).map_err(|_| ExchangeError::Tls(TlsFault::Handshake))?
        }
    })
}

fn connector(roots: RootCertStore) -> TlsConnector {
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("the ring provider speaks the default versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // Exchanges share nothing, not even sessions between endpoints of one host.
    config.resumption = Resumption::disabled();
    TlsConnector::from(Arc::new(config))
}
