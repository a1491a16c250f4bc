//! Samples of arbitrary values: a strategy in, the same values in every run out.

use proptest::{
    strategy::{Strategy, ValueTree as _},
    test_runner::TestRunner,
};

/// So many values of a strategy.
pub fn samples<S: Strategy>(strategy: &S, count: usize) -> Vec<S::Value> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| strategy.new_tree(&mut runner).expect("a value").current()).collect()
}
