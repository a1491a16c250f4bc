//! The one retry policy of every request to the table.
//!
//! | what happened | tried at most |
//! |---|---|
//! | a conflict with a transaction | [`CONFLICTS`] times |
//! | the connection failed or the answer broke off; a server error; throttling; a batch of which something is left | [`ATTEMPTS`] times |
//! | no answer within the connection's time for one attempt | [`UNANSWERED`] times |
//! | anything else | once |
//!
//! Between two attempts lies a random part of [`BACKOFF`], doubled with each attempt
//! ("full jitter"): with five attempts at most 25 + 50 + 100 + 200 = 375 ms, and 1.6 s at most
//! between two. No attempt
//! begins later than [`LATEST`] after the first, so with the connection's 2 seconds per attempt
//! a request ends within 6 s, transactions and batches included: well below the functions'
//! own timeouts, and the feed of events rests on that (`SETTLED` in the events crate). The
//! SDK's own retries are off.
//!
//! An attempt whose answer was lost may have been carried out. So a transaction
//! carries one token over all its attempts, and a conditional write must tell its own
//! traces from another's.

use crate::{
    error::TableError,
    meter,
    wire::{Failure, ServiceRefusal},
};
use std::time::Duration;
use tokio::time::Instant;

/// How often a request is tried, the first time included.
pub const ATTEMPTS: u32 = 5;
/// How often a request is tried while somebody else writes the same items: as long as there
/// is time, because each of those who wait has their turn.
pub const CONFLICTS: u32 = 8;
/// How often a request is tried that gets no answer in time.
pub const UNANSWERED: u32 = 3;
/// The longest wait before the second attempt; doubled with each further one.
pub const BACKOFF: Duration = Duration::from_millis(25);
/// How long after its first attempt a request is still tried again.
pub const LATEST: Duration = Duration::from_secs(4);

/// What a single write gets while a transaction holds its item.
const CONFLICT: &str = "TransactionConflictException";
/// What the service answers when trying again may help, whatever the status: its own
/// codes, and those of the front ends of AWS (as the SDK's `aws-runtime` lists them).
const PASSING: [&str; 14] = [
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "ThrottledException",
    "Throttling",
    "RequestThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "LimitExceededException",
    "TransactionInProgressException",
    "InternalServerError",
    "InternalFailure",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "RequestTimeout",
];
/// The statuses that say the same without a code.
const PASSING_STATUSES: [u16; 2] = [408, 429];

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
/// succeeded is metered by the caller, who knows its units. All attempts count together
/// with those that were made before.
pub(crate) async fn send_again<T, F>(
    attempts: &mut Attempts,
    name: &'static str,
    request: impl Fn() -> F,
) -> (usize, Result<T, Failure>)
where
    F: Future<Output = Result<T, Failure>>,
{
    loop {
        let after = meter::ended();
        // Boxed: these futures are large, and each caller would hold one for every request.
        let answer = Box::pin(request()).await;
        let Err(failure) = &answer else {
            return (after, answer);
        };
        meter::record(name, after, &[]);
        let most = worth(failure);
        if most == 1 || !attempts.again(most).await {
            return (after, answer);
        }
    }
}

/// How often a request is tried that ends like this.
fn worth(failure: &Failure) -> u32 {
    match failure {
        Failure::Unanswered => UNANSWERED,
        Failure::Disconnected | Failure::Unreadable => ATTEMPTS,
        Failure::Refused(refusal) if refusal.code == CONFLICT => CONFLICTS,
        Failure::Refused(refusal) if is_passing(refusal) => ATTEMPTS,
        Failure::Unsent | Failure::NewerFormat(_) | Failure::Refused(_) => 1,
    }
}

fn is_passing(refusal: &ServiceRefusal) -> bool {
    let code = refusal.code.as_str();
    code == CONFLICT || PASSING.contains(&code) || PASSING_STATUSES.contains(&refusal.status) || refusal.status >= 500
}

/// Whether the write's condition does not hold.
pub(crate) fn is_condition_failure(failure: &Failure) -> bool {
    matches!(failure, Failure::Refused(refusal) if refusal.is_of_condition())
}

/// What is told of a failure.
#[expect(clippy::needless_pass_by_value, reason = "used with map_err, which hands it over")]
pub(crate) fn failure(failure: Failure) -> TableError {
    match &failure {
        Failure::Unanswered => TableError::Unavailable("timeout"),
        Failure::Disconnected => TableError::Unavailable("connection"),
        Failure::Unreadable => TableError::Unavailable("response"),
        Failure::Refused(refusal) if refusal.code == CONFLICT => TableError::Contended,
        Failure::Refused(refusal) if is_passing(refusal) => TableError::Unavailable("throttled"),
        Failure::Refused(refusal) => {
            let code = if refusal.code.is_empty() { "unknown" } else { &refusal.code };
            TableError::Refused(format!("{code} {}", refusal.text()))
        }
        Failure::Unsent => TableError::Refused("the request could not be built".to_owned()),
        Failure::NewerFormat(newer) => TableError::Refused(newer.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::meter::measured;
    use std::cell::Cell;

    /// How often a request is tried that always ends like this, and what the meter has
    /// counted then.
    async fn tried(failure: &Failure) -> (u32, usize) {
        let made = Cell::new(0);
        let request = || async {
            made.set(made.get() + 1);
            Err::<(), _>(failure.clone())
        };
        let mut attempts = Attempts::new();
        let ((after, answer), usage) = measured(send_again(&mut attempts, "PutItem", request)).await;
        assert!(answer.is_err());
        assert_eq!((after + 1, usage.depth()), (usage.round_trips(), usage.round_trips()), "one after the other");
        (made.get(), usage.round_trips())
    }

    fn answered(status: u16, code: &str) -> Failure {
        Failure::Refused(Box::new(ServiceRefusal { status, code: code.to_owned(), ..ServiceRefusal::default() }))
    }

    fn conflict() -> Failure {
        answered(400, CONFLICT)
    }

    fn refusal() -> Failure {
        answered(400, "ConditionalCheckFailedException")
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
        for (failure, most) in [
            (answered(400, "ProvisionedThroughputExceededException"), ATTEMPTS),
            (answered(500, "anything"), ATTEMPTS),
            (answered(502, ""), ATTEMPTS),
            (answered(503, ""), ATTEMPTS),
            (answered(429, ""), ATTEMPTS),
            (answered(400, "InternalFailure"), ATTEMPTS),
            (answered(400, "ServiceUnavailableException"), ATTEMPTS),
            (answered(400, "LimitExceededException"), ATTEMPTS),
            (answered(400, "TransactionInProgressException"), ATTEMPTS),
            (Failure::Disconnected, ATTEMPTS),
            (Failure::Unreadable, ATTEMPTS),
            (Failure::Unanswered, UNANSWERED),
            (refusal(), 1),
            (answered(400, "ValidationException"), 1),
            (Failure::Unsent, 1),
        ] {
            assert_eq!(tried(&failure).await, (most, most as usize), "{failure:?}");
        }
    }

    #[tokio::test]
    async fn a_conflict_is_tried_again_while_there_is_time() {
        let (tried, counted) = tried(&conflict()).await;
        assert!((ATTEMPTS + 1..=CONFLICTS).contains(&tried) && counted == tried as usize, "{tried}");
    }

    #[test]
    fn only_a_condition_that_does_not_hold_is_a_refusal() {
        assert!(is_condition_failure(&refusal()));
        assert!(!is_condition_failure(&conflict()));
        assert!(matches!(failure(conflict()), TableError::Contended));
    }
}
