//! Delivery hints: a queue in this process, and what was sent to it.

use lambdesk_runtime::{Hint, HintQueue};
use std::sync::{Mutex, PoisonError};
use tokio::sync::mpsc;

/// A queue of delivery hints that keeps up to 1,000 of them.
pub struct Hints {
    /// Where functions send hints.
    pub queue: HintQueue,
    sent: Mutex<mpsc::Receiver<Hint>>,
}

impl Default for Hints {
    fn default() -> Self {
        let (queue, sent) = HintQueue::local(1_000);
        Self { queue, sent: Mutex::new(sent) }
    }
}

impl Hints {
    /// What was sent since the last time, in order.
    pub fn take(&self) -> Vec<Hint> {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        std::iter::from_fn(|| sent.try_recv().ok()).collect()
    }
}
