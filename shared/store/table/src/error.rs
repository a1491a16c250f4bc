//! What can go wrong at the table.

/// An attribute that is missing or unreadable: ours to mend, never the caller's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("attribute {0} is missing or unreadable")]
pub struct Corrupt(pub &'static str);

/// A failure of the table itself.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// Throttled, timed out or not reachable; trying again later may work.
    #[error("the table can't be reached in time ({0})")]
    Unavailable(&'static str),
    /// Other writers were faster, again and again.
    #[error("too many writers at once")]
    Contended,
    /// Refused by `DynamoDB`: a defect of ours.
    #[error("refused by the table: {0}")]
    Refused(String),
    /// An item that can't be read.
    #[error(transparent)]
    Corrupt(#[from] Corrupt),
}

impl TableError {
    /// Whether another try may work. Otherwise the table and the code disagree, and an
    /// operator must act.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Contended)
    }
}

/// Logs a failure that is left to a later try: a warning if that may work, else an error.
/// The event follows the error, as in `tracing::warn!`.
#[macro_export]
macro_rules! log_failure {
    ($error:expr, $($event:tt)+) => {
        if $error.is_transient() {
            $crate::tracing::warn!(error = %$error, $($event)+);
        } else {
            $crate::tracing::error!(error = %$error, $($event)+);
        }
    };
}
