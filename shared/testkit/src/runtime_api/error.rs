//! Why an invocation has no answer.

use super::environment::TIMEOUT;
use std::process::ExitStatus;

/// Why an invocation has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FunctionError {
    /// The function posted an error, for its start or for an invocation.
    #[error("the function answered an error: {kind}: {message}")]
    Failed {
        /// `errorType` as posted.
        kind: String,
        /// `errorMessage` as posted.
        message: String,
    },
    /// The function's response is not JSON.
    #[error("the function's response is not JSON")]
    NotJson,
    /// The process ended before it answered.
    #[error("the function ended ({status}) and said: {logs}")]
    Exited {
        /// How it ended.
        status: ExitStatus,
        /// What it had written to its standard output and error.
        logs: String,
    },
    /// The process took longer than Lambda would have let it.
    #[error("the function took longer than {} s and said: {logs}", TIMEOUT.as_secs())]
    TimedOut {
        /// What it had written to its standard output and error.
        logs: String,
    },
}
