//! Which of AWS's ways a stand-in has, as switches.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::writes::ItemKey;

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

    pub(super) fn find<T>(&self, find: impl FnMut(&AwsTrait) -> Option<T>) -> Option<T> {
        self.state().on.iter().find_map(find)
    }

    /// The answer of a front end to a request, if it is one of those.
    pub(super) fn answer(&self) -> Option<(u16, String)> {
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
    pub(super) fn written(&self, items: &[ItemKey]) {
        let mut state = self.state();
        if state.on.contains(&AwsTrait::LaggingIndexes) {
            state.unseen.extend(items.iter().cloned());
        }
    }

    pub(super) fn is_unseen(&self, item: &ItemKey) -> bool {
        self.state().unseen.contains(item)
    }

    /// How many times connections were forgotten, and how they were the last time.
    pub(super) fn forgotten(&self) -> (u64, Option<Forgotten>) {
        self.state().forgotten
    }
}
