//! The pool of connections, which is dropped when it can't be relied on.
//!
//! Lambda freezes a function between two events. Meanwhile its peer, or a gateway between
//! them, may forget its connections: the next requests get a reset, or no answer at all,
//! as often as there are connections in the pool. So the pool is renewed after a pause by
//! the clock on the wall (a frozen process has no other that counts it), and after any request
//! that failed without an answer, so that the next attempt opens a connection of its own.

use aws_smithy_runtime_api::client::http::SharedHttpConnector;
use lambdesk_domain::time::Timestamp;
use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// After such a pause the pool is renewed: gateways of AWS forget what was idle for 350
/// seconds (VPC endpoints, NAT gateways), and a handshake then costs little beside the pause.
const PAUSE: Duration = Duration::from_mins(1);

/// Connectors, each with the connections that it keeps.
pub(super) struct Pool {
    open: Box<dyn Fn() -> SharedHttpConnector + Send + Sync>,
    current: Mutex<Current>,
}

/// The connector in use.
struct Current {
    /// One more with every renewal.
    generation: u64,
    connector: SharedHttpConnector,
    used_at: Timestamp,
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").finish_non_exhaustive()
    }
}

impl Pool {
    /// A pool whose connectors are made like this; none opens a connection before its
    /// first request.
    pub(super) fn new(open: impl Fn() -> SharedHttpConnector + Send + Sync + 'static) -> Self {
        let current = Current { generation: 0, connector: open(), used_at: Timestamp::EPOCH };
        Self { open: Box::new(open), current: Mutex::new(current) }
    }

    /// The connector for a request that is sent now, and its generation.
    pub(super) fn connector(&self, now: Timestamp) -> (u64, SharedHttpConnector) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.used_at != Timestamp::EPOCH && now.since(current.used_at) > PAUSE {
            self.renew(&mut current);
        }
        current.used_at = now;
        (current.generation, current.connector.clone())
    }

    /// A request over this generation failed without an answer: no further one goes over
    /// its connections. Requests under way keep theirs.
    pub(super) fn failed(&self, generation: u64) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.generation == generation {
            self.renew(&mut current);
        }
    }

    fn renew(&self, current: &mut Current) {
        current.generation += 1;
        current.connector = (self.open)();
    }
}
