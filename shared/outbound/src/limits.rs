//! The bounds of one exchange.

use std::time::Duration;

/// The bounds of one exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For everything, from name resolution to the body's last byte: 15 s.
    pub deadline: Duration,
    /// For one connection attempt, so that a silent address leaves time for the
    /// next one: 5 s.
    pub connect: Duration,
    /// How many bytes of the body are read before the connection is cut: 16 KiB.
    pub body: usize,
    /// How many bytes of the body are kept as text: 1 KiB.
    pub excerpt: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(15), connect: Duration::from_secs(5), body: 16 * 1024, excerpt: 1024 }
    }
}
