//! Taking samples and reading them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// Times, sorted.
#[derive(Debug, Clone, Default)]
pub struct Times(Vec<Duration>);

impl FromIterator<Duration> for Times {
    fn from_iter<I: IntoIterator<Item = Duration>>(times: I) -> Self {
        let mut times: Vec<_> = times.into_iter().collect();
        times.sort_unstable();
        Self(times)
    }
}

impl Times {
    /// How many.
    pub const fn count(&self) -> usize {
        self.0.len()
    }

    /// The smallest that so many percent are at or below, in milliseconds.
    pub fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).copied().map(millis).unwrap_or_default()
    }

    /// The median, in milliseconds.
    pub fn median(&self) -> f64 {
        self.percentile(50)
    }
}

/// Milliseconds.
pub fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Some samples, and how many came in a second.
pub struct Sampled {
    /// The time of each.
    pub times: Times,
    /// All clients together.
    pub per_second: f64,
}

/// Runs an operation `count` times from so many clients at once, each of which
/// begins its next as soon as its last has ended. The operation is told the client
/// and the turn, and answers how long its timed part took. The first tenth warms
/// up and doesn't count.
pub async fn sample<O, F>(clients: usize, count: usize, operation: O) -> Sampled
where
    O: Fn(usize, usize) -> F + Send + Sync + 'static,
    F: Future<Output = Duration> + Send + 'static,
{
    let operation = Arc::new(operation);
    take(clients, count / 10, 0, &operation).await;
    let started = Instant::now();
    let times = take(clients, count, count / 10, &operation).await;
    #[expect(clippy::cast_precision_loss, reason = "thousands")]
    let per_second = times.count() as f64 / started.elapsed().as_secs_f64();
    Sampled { times, per_second }
}

async fn take<O, F>(clients: usize, count: usize, first: usize, operation: &Arc<O>) -> Times
where
    O: Fn(usize, usize) -> F + Send + Sync + 'static,
    F: Future<Output = Duration> + Send + 'static,
{
    let turns = Arc::new(AtomicUsize::new(0));
    let running: Vec<_> = (0..clients)
        .map(|client| {
            let (turns, operation) = (Arc::clone(&turns), Arc::clone(operation));
            tokio::spawn(async move {
                let mut times = Vec::with_capacity(count / clients + 1);
                loop {
                    let turn = turns.fetch_add(1, Ordering::Relaxed);
                    if turn >= count {
                        return times;
                    }
                    times.push(operation(client, first + turn).await);
                }
            })
        })
        .collect();
    let mut times = Vec::with_capacity(count);
    for client in running {
        times.extend(client.await.expect("an operation that fails ends the benchmark"));
    }
    times.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_smallest_time_that_so_many_are_at_or_below() {
        let times: Times = (1..=200).rev().map(Duration::from_millis).collect();
        let [half, most, first, last] = [50, 99, 0, 100].map(|percent| millis_of(&times, percent));
        assert_eq!((half, most, first, last), (100, 198, 1, 200));
    }

    fn millis_of(times: &Times, percent: usize) -> u128 {
        Duration::from_secs_f64(times.percentile(percent) / 1e3).as_millis()
    }

    #[tokio::test]
    async fn only_what_comes_after_the_warm_up_counts() {
        let sampled = sample(4, 100, |_, turn| async move { Duration::from_secs(turn as u64) }).await;
        assert_eq!(sampled.times.count(), 100);
        assert_eq!(millis_of(&sampled.times, 0), 10_000, "the first ten turns warmed up");
    }
}
