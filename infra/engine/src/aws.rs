//! A stand-in for AWS before an engine: it does what AWS does and the engine does not.
//!
//! Each [`AwsTrait`] is a switch that is off at first. The stand-in listens on a port of
//! its own ([`AwsStandIn::url`]); who asks the engine at [`crate::Engine::url`] meets none
//! of them. It knows primary keys by the names `pk` and `sk`.
//!
//! | to find | look in |
//! |---|---|
//! | which traits there are, and the switches | `aws/switches.rs` |
//! | connections that are forgotten | `aws/connections.rs` |
//! | requests on their way to the engine and back | `aws/front.rs` |
//! | which items a request writes, and who is at them | `aws/writes.rs` |
//! | operators of expressions | `aws/operators.rs` |

mod connections;
mod front;
mod operators;
mod switches;
mod writes;

use std::io;
use std::net::SocketAddr;

pub use switches::{AwsSwitches, AwsTrait, Forgotten};

use writes::UnderWay;

/// A running stand-in. Dropping it stops it.
pub struct AwsStandIn {
    address: SocketAddr,
    switches: AwsSwitches,
    _stop: tokio::sync::oneshot::Sender<()>,
}

impl AwsStandIn {
    /// Listens on a free loopback port, before an engine at this address.
    pub(crate) fn start(engine: SocketAddr) -> io::Result<Self> {
        let switches = AwsSwitches::default();
        let front = front::Front { engine, switches: switches.clone(), under_way: UnderWay::default() };
        let (address, stop) = connections::start(front)?;
        Ok(Self { address, switches, _stop: stop })
    }

    /// The endpoint URL for an AWS SDK client.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it does of what AWS does.
    #[must_use]
    pub fn switches(&self) -> AwsSwitches {
        self.switches.clone()
    }
}
