//! The two questions that an exchange asks of the network, so that tests can
//! answer them otherwise.

use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::net::{TcpStream, lookup_host};

/// Resolving and connecting. The default methods are the real network.
///
/// An implementation decides nothing: the client checks every address that it
/// is told, and the peer of every connection that it is given.
pub trait Network: Send + Sync {
    /// All addresses of a host name (never of a literal address).
    fn resolve(&self, name: &str) -> impl Future<Output = io::Result<Vec<IpAddr>>> + Send {
        async move {
            let found = lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        }
    }

    /// A connection to a checked address.
    fn connect(&self, address: SocketAddr) -> impl Future<Output = io::Result<TcpStream>> + Send {
        TcpStream::connect(address)
    }
}

/// The real network: the system's resolver and plain TCP, no proxy.
#[derive(Clone, Copy, Debug, Default)]
pub struct Internet;

impl Network for Internet {}
