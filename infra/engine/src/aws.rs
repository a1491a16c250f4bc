//! A stand-in for AWS before an engine: it does what AWS does and the engine does not.
//!
//! Each [`AwsTrait`] is a switch that is off at first. The stand-in listens on a port of
//! its own ([`AwsStandIn::url`]); who asks the engine at [`crate::Engine::url`] meets none
//! of them. It knows primary keys by the names `pk` and `sk`.
//!
//! | to find | look in |
//! |---|---|
//! | which traits there are, and the switches | here |
//! | connections that are forgotten | `aws/connections.rs` |
//! | requests on their way to the engine and back | `aws/front.rs` |
//! | which items a request writes, and who is at them | `aws/writes.rs` |
//! | operators of expressions | `aws/operators.rs` |

mod connections;
mod front;
mod operators;
mod writes;

use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use writes::{ItemKey, UnderWay};

/// Something that AWS does and the engine by itself does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AwsTrait {
    /// Every write is under way for so long. One of an item that a transaction has under
    /// way is refused, and so is a transaction of an item that is being written.
    Conflicts(Duration),
    /// Writes whose request has this text in it are throttled; of a batch nothing is done.
    ThrottledWrites(String),
    /// Reads whose request has this text in it are throttled.
    ThrottledReads(String),
    /// So many requests are answered by a front end with this status and body, and not done.
    Answers {
        /// The status.
        status: u16,
        /// The body: nothing, HTML, or an error as the service spells it.
        body: String,
        /// How many requests.
        times: usize,
    },
    /// Indexes don't show what is written from now on. What leaves an index or changes in
    /// it isn't shown either: a lagging index of AWS would show it as it was.
    LaggingIndexes,
    /// A page of 1 MB ends after the item that crosses it; the engine's ends before.
    LargePages,
    /// Connections that there are now are forgotten by their peer.
    ForgottenConnections(Forgotten),
}

/// What becomes of bytes on a forgotten connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forgotten {
    /// They are answered by a reset.
    Reset,
    /// Nobody answers.
    Lost,
}

/// The switches of a stand-in. Clones switch the same one.
///
/// Expressions of more than 300 operators are refused whatever is switched on.
#[derive(Debug, Clone, Default)]
pub struct AwsSwitches(Arc<Mutex<SwitchState>>);

#[derive(Debug, Default)]
struct SwitchState {
    on: Vec<AwsTrait>,
    /// Written since the indexes lag.
    unseen: HashSet<ItemKey>,
    /// Connections that were opened before the last one was forgotten.
    forgotten: (u64, Option<Forgotten>),
}

impl AwsSwitches {
    /// From now on this happens, besides what is switched on already; another trait of
    /// the same kind is replaced, unless it is of throttling.
    pub fn on(&self, new: AwsTrait) {
        let mut state = self.state();
        match new {
            AwsTrait::ForgottenConnections(how) => state.forgotten = (state.forgotten.0 + 1, Some(how)),
            AwsTrait::ThrottledWrites(_) | AwsTrait::ThrottledReads(_) => state.on.push(new),
            new => {
                state.on.retain(|old| std::mem::discriminant(old) != std::mem::discriminant(&new));
                state.on.push(new);
            }
        }
    }

    /// Nothing happens any more; indexes have caught up. Connections stay forgotten.
    pub fn off(&self) {
        let mut state = self.state();
        state.on.clear();
        state.unseen.clear();
    }

    fn state(&self) -> MutexGuard<'_, SwitchState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find<T>(&self, find: impl FnMut(&AwsTrait) -> Option<T>) -> Option<T> {
        self.state().on.iter().find_map(find)
    }

    /// The answer of a front end to a request, if it is one of those.
    fn answer(&self) -> Option<(u16, String)> {
        let mut state = self.state();
        state.on.iter_mut().find_map(|on| match on {
            AwsTrait::Answers { status, body, times } => {
                *times = times.checked_sub(1)?;
                Some((*status, body.clone()))
            }
            _ => None,
        })
    }

    /// These items are being written: not to be seen in lagging indexes.
    fn written(&self, items: &[ItemKey]) {
        let mut state = self.state();
        if state.on.contains(&AwsTrait::LaggingIndexes) {
            state.unseen.extend(items.iter().cloned());
        }
    }

    fn is_unseen(&self, item: &ItemKey) -> bool {
        self.state().unseen.contains(item)
    }

    /// How many times connections were forgotten, and how they were the last time.
    fn forgotten(&self) -> (u64, Option<Forgotten>) {
        self.state().forgotten
    }
}

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
