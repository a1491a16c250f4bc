//! The one retry policy of every request to the table.
//!
//! | what happened | tried at most |
//! |---|---|
//! | the connection failed or the answer broke off; a server error; throttling; a conflict with a transaction; a batch of which something is left | [`ATTEMPTS`] times |
//! | no answer within the client's time for one attempt | [`UNANSWERED`] times |
//! | anything else | once |
//!
//! Between two attempts lies a random part of [`BACKOFF`], doubled with each attempt
//! ("full jitter"): with five attempts at most 25 + 50 + 100 + 200 = 375 ms. No attempt
//! begins later than [`LATEST`] after the first, so with the client's 2 seconds per attempt
//! a request ends within 6 s, transactions and batches included: well below the functions'
//! own timeouts, and the feed of events rests on that (`SETTLED` in the events crate). The
//! SDK's own retries are off.
//!
//! An attempt whose answer was lost may have been carried out. So a transaction
//! carries one token over all its attempts, and a conditional write must tell its own
//! traces from another's.

use crate::{error::TableError, meter};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::http::Response;
use std::time::Duration;
use tokio::time::Instant;

/// How often a request is tried, the first time included.
pub const ATTEMPTS: u32 = 5;
/// How often a request is tried that gets no answer in time.
pub const UNANSWERED: u32 = 3;
/// The longest wait before the second attempt; doubled with each further one.
pub const BACKOFF: Duration = Duration::from_millis(25);
/// How long after its first attempt a request is still tried again.
pub const LATEST: Duration = Duration::from_secs(4);

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
#[derive(Debug)]
pub struct Attempts {
    made: u32,
    began: Instant,
}

impl Default for Attempts {
    fn default() -> Self {
        Self::new()
    }
}

impl Attempts {
    /// None made yet.
    #[must_use]
    pub fn new() -> Self {
        Self { made: 0, began: Instant::now() }
    }

    /// One more has failed. Waits and answers true if there is to be another one, out of
    /// at most so many.
    pub async fn again(&mut self, most: u32) -> bool {
        self.made += 1;
        let wait = self.longest_wait().mul_f64(fastrand::f64());
        if self.made >= most || self.began.elapsed() + wait > LATEST {
            return false;
        }
        tokio::time::sleep(wait).await;
        true
    }

    /// The longest wait before the next attempt, when some were made.
    fn longest_wait(&self) -> Duration {
        BACKOFF.saturating_mul(1 << self.made.saturating_sub(1).min(6))
    }
}

/// Sends a request until it is answered for good, and answers how many others had ended
/// when that attempt began. Attempts that failed are metered here, for no units; what
/// succeeded is metered by the caller, who knows its units.
pub(crate) async fn send<T, E, F>(
    name: &'static str,
    request: impl Fn() -> F,
) -> (usize, Result<T, SdkError<E, Response>>)
where
    E: ProvideErrorMetadata,
    F: Future<Output = Result<T, SdkError<E, Response>>>,
{
    send_again(&mut Attempts::new(), name, request).await
}

/// The same for a request that may have to be sent again although it was answered: all its
/// attempts count together.
pub(crate) async fn send_again<T, E, F>(
    attempts: &mut Attempts,
    name: &'static str,
    request: impl Fn() -> F,
) -> (usize, Result<T, SdkError<E, Response>>)
where
    E: ProvideErrorMetadata,
    F: Future<Output = Result<T, SdkError<E, Response>>>,
{
    loop {
        let after = meter::ended();
        // Boxed: the SDK's futures are large, and each caller would hold one for every request.
        let answer = Box::pin(request()).await;
        let Err(error) = &answer else {
            return (after, answer);
        };
        meter::record(name, after, &[]);
        let most = worth(error);
        if most == 1 || !attempts.again(most).await {
            return (after, answer);
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meter::measured;
    use aws_sdk_dynamodb::{
        error::ErrorMetadata,
        operation::put_item::PutItemError,
        types::error::{
            ConditionalCheckFailedException, ProvisionedThroughputExceededException, TransactionConflictException,
        },
    };
    use aws_smithy_runtime_api::{
        client::result::ConnectorError,
        http::{Response, StatusCode},
    };
    use std::cell::Cell;

    type Failure = SdkError<PutItemError, Response>;

    /// How often a request is tried that always ends like this, and what the meter has
    /// counted then.
    async fn tried(failure: impl Fn() -> Failure) -> (u32, usize) {
        let made = Cell::new(0);
        let request = || async {
            made.set(made.get() + 1);
            Err::<(), _>(failure())
        };
        let ((after, answer), usage) = measured(send("PutItem", request)).await;
        assert!(answer.is_err());
        assert_eq!((after + 1, usage.depth()), (usage.round_trips(), usage.round_trips()), "one after the other");
        (made.get(), usage.round_trips())
    }

    fn answered(status: u16, error: PutItemError) -> Failure {
        Failure::service_error(error, Response::new(StatusCode::try_from(status).unwrap(), "".into()))
    }

    fn coded<E>(code: &str, build: impl Fn(ErrorMetadata) -> E) -> E {
        build(ErrorMetadata::builder().code(code).build())
    }

    fn conflict() -> Failure {
        let error = coded(CONFLICT, |meta| TransactionConflictException::builder().meta(meta).build());
        answered(400, PutItemError::TransactionConflictException(error))
    }

    fn refusal() -> Failure {
        let code = "ConditionalCheckFailedException";
        let error = coded(code, |meta| ConditionalCheckFailedException::builder().meta(meta).build());
        answered(400, PutItemError::ConditionalCheckFailedException(error))
    }

    #[tokio::test]
    async fn there_are_as_many_attempts_as_allowed_the_first_included() {
        for most in 0..=3 {
            let (mut attempts, mut made) = (Attempts::new(), 1);
            while attempts.again(most).await {
                made += 1;
            }
            assert_eq!(made, most.max(1));
        }
    }

    #[tokio::test]
    async fn the_attempts_made_count_whatever_each_of_them_allowed() {
        let mut attempts = Attempts::new();
        assert!(attempts.again(ATTEMPTS).await);
        assert!(attempts.again(ATTEMPTS).await);
        assert!(!attempts.again(UNANSWERED).await);
    }

    #[test]
    fn waits_double_up_to_64_times_the_first_one() {
        let waits = |made: std::ops::Range<u32>| made.map(|made| Attempts { made, ..Attempts::new() }.longest_wait());
        assert_eq!(waits(1..ATTEMPTS).sum::<Duration>(), Duration::from_millis(375));
        assert!(waits(1..8).zip(waits(2..8)).all(|(wait, next)| next == wait * 2));
        assert_eq!(waits(7..9).collect::<Vec<_>>(), [BACKOFF * 64; 2]);
        assert_eq!(Attempts { made: u32::MAX, ..Attempts::new() }.longest_wait(), BACKOFF * 64);
    }

    #[tokio::test]
    async fn a_request_is_tried_as_often_as_its_failure_is_worth() {
        let throttled = || {
            let code = "ProvisionedThroughputExceededException";
            let error = coded(code, |meta| ProvisionedThroughputExceededException::builder().meta(meta).build());
            answered(400, PutItemError::ProvisionedThroughputExceededException(error))
        };
        let broken = || answered(500, PutItemError::unhandled("anything"));
        let unreachable = || Failure::dispatch_failure(ConnectorError::io("reset".into()));
        let unconnected = || Failure::dispatch_failure(ConnectorError::timeout("connect".into()));
        for (failure, most) in [
            (&conflict as &dyn Fn() -> Failure, ATTEMPTS),
            (&throttled, ATTEMPTS),
            (&broken, ATTEMPTS),
            (&unreachable, ATTEMPTS),
            (&unconnected, UNANSWERED),
            (&|| Failure::timeout_error("no answer"), UNANSWERED),
            (&refusal, 1),
            (&|| answered(400, PutItemError::unhandled("a defect")), 1),
            (&|| Failure::construction_failure("a defect"), 1),
        ] {
            assert_eq!(tried(failure).await, (most, most as usize), "{:?}", failure());
        }
    }

    #[test]
    fn only_a_condition_that_does_not_hold_is_a_refusal() {
        assert!(is_condition_failure(&refusal()));
        assert!(!is_condition_failure(&conflict()));
        assert!(matches!(failure(conflict()), TableError::Contended));
    }
}
