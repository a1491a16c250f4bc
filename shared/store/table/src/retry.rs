//! The one retry policy of every request to the table.
//!
//! | what happened | tried at most |
//! |---|---|
//! | the connection failed or the answer broke off; a server error; throttling; a conflict with a transaction; a batch of which something is left | [`ATTEMPTS`] times |
//! | no answer within the client's time for one attempt | [`UNANSWERED`] times |
//! | anything else | once |
//!
//! Between two attempts lies a random part of [`BACKOFF`], doubled with each attempt
//! ("full jitter"): with five attempts at most 25 + 50 + 100 + 200 = 375 ms. With the
//! client's 2 seconds per attempt a request ends within 6.4 s, well below the
//! functions' own timeouts; the feed of events rests on that
//! (`SETTLED` in the events crate). The SDK's own retries are off.
//!
//! An attempt whose answer was lost may have been carried out. So a transaction
//! carries one token over all its attempts, and a conditional write must tell its own
//! traces from another's.

use crate::{error::TableError, meter};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::http::Response;
use std::time::Duration;

/// How often a request is tried, the first time included.
pub const ATTEMPTS: u32 = 5;
/// How often a request is tried that gets no answer in time.
pub const UNANSWERED: u32 = 3;
/// The longest wait before the second attempt; doubled with each further one.
pub const BACKOFF: Duration = Duration::from_millis(25);

/// What a single write gets while a transaction holds its item.
const CONFLICT: &str = "TransactionConflictException";
/// What the service answers when trying again may help.
const PASSING: [&str; 5] = [
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "InternalServerError",
    "ServiceUnavailable",
];

/// The attempts of one request.
#[derive(Debug, Default)]
pub struct Attempts {
    made: u32,
}

impl Attempts {
    /// None made yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { made: 0 }
    }

    /// One more has failed. Waits and answers true if there is to be another one, out of
    /// at most so many.
    pub async fn again(&mut self, most: u32) -> bool {
        self.made += 1;
        if self.made >= most {
            return false;
        }
        let longest = BACKOFF.saturating_mul(1 << (self.made - 1).min(6));
        tokio::time::sleep(longest.mul_f64(fastrand::f64())).await;
        true
    }
}

/// Sends a request until it is answered for good. Every attempt is metered; the
/// caller records the last one, which began after so many others had ended.
pub(crate) async fn send<T, E, F>(
    name: &'static str,
    request: impl Fn() -> F,
) -> (usize, Result<T, SdkError<E, Response>>)
where
    E: ProvideErrorMetadata,
    F: Future<Output = Result<T, SdkError<E, Response>>>,
{
    let mut attempts = Attempts::new();
    loop {
        let after = meter::ended();
        let answer = request().await;
        let most = match &answer {
            Err(error) => worth(error),
            Ok(_) => return (after, answer),
        };
        if !attempts.again(most).await {
            return (after, answer);
        }
        meter::record(name, after, &[]);
    }
}

/// How often a request is tried that ends like this.
fn worth<E: ProvideErrorMetadata>(error: &SdkError<E, Response>) -> u32 {
    match error {
        SdkError::TimeoutError(_) => UNANSWERED,
        SdkError::DispatchFailure(failure) if failure.is_timeout() => UNANSWERED,
        SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => ATTEMPTS,
        SdkError::ServiceError(service) if is_passing(service.err(), service.raw()) => ATTEMPTS,
        _ => 1,
    }
}

fn is_passing(error: &impl ProvideErrorMetadata, response: &Response) -> bool {
    let is_known = error.code().is_some_and(|code| code == CONFLICT || PASSING.contains(&code));
    is_known || response.status().is_server_error()
}

/// Whether the write's condition does not hold.
pub(crate) fn is_condition_failure<E: ProvideErrorMetadata>(error: &SdkError<E, Response>) -> bool {
    error.code() == Some("ConditionalCheckFailedException")
}

/// Sorts an SDK error into ours. Its text names tables and conditions, never values.
#[expect(clippy::needless_pass_by_value, reason = "used with map_err, which hands it over")]
pub(crate) fn failure<E: ProvideErrorMetadata>(error: SdkError<E, Response>) -> TableError {
    match &error {
        SdkError::TimeoutError(_) => TableError::Unavailable("timeout"),
        SdkError::DispatchFailure(_) => TableError::Unavailable("connection"),
        SdkError::ResponseError(_) => TableError::Unavailable("response"),
        SdkError::ServiceError(service) => match service.err().code() {
            Some(CONFLICT) => TableError::Contended,
            _ if is_passing(service.err(), service.raw()) => TableError::Unavailable("throttled"),
            code => TableError::Refused(format!(
                "{} {}",
                code.unwrap_or("unknown"),
                service.err().message().unwrap_or_default()
            )),
        },
        _ => TableError::Refused("the request could not be built".to_owned()),
    }
}
