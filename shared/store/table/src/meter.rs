//! What a request cost: round trips, their sequential depth, and capacity units.
//!
//! A meter belongs to a task: [`measured`] counts everything that its future asks of the
//! table, but nothing of tasks that the future spawns.

use aws_sdk_dynamodb::types::ConsumedCapacity;
use std::{
    collections::BTreeMap,
    ops::Add as _,
    sync::{Mutex, PoisonError},
};

/// One request to the table.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// Its name, as AWS spells it.
    pub name: &'static str,
    /// Which came before it: it began after this many had ended.
    pub after: usize,
    /// Units of the table itself.
    pub table_units: f64,
    /// Units of each index.
    pub index_units: BTreeMap<String, f64>,
}

/// Everything one request of ours asked of the table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Usage {
    /// In the order in which they ended.
    pub operations: Vec<Operation>,
}

impl Usage {
    /// Requests made.
    #[must_use]
    pub fn round_trips(&self) -> usize {
        self.operations.len()
    }

    /// The longest chain of requests that waited for each other.
    #[must_use]
    pub fn depth(&self) -> usize {
        let mut depths: Vec<usize> = Vec::with_capacity(self.operations.len());
        for operation in &self.operations {
            let before = depths.iter().take(operation.after).max().copied().unwrap_or(0);
            depths.push(before + 1);
        }
        depths.into_iter().max().unwrap_or(0)
    }

    /// Units of table and indexes together; reads and writes alike.
    #[must_use]
    pub fn units(&self) -> f64 {
        self.operations
            .iter()
            .map(|operation| operation.table_units + operation.index_units.values().copied().fold(0.0, f64::add))
            .fold(0.0, f64::add)
    }
}

tokio::task_local! {
    /// What the present task has used; absent where nobody measures.
    static USAGE: Mutex<Usage>;
}

/// Runs a future and tells what it asked of the table.
pub async fn measured<F: Future>(future: F) -> (F::Output, Usage) {
    let run = async {
        let output = future.await;
        (output, USAGE.with(|usage| usage.lock().unwrap_or_else(PoisonError::into_inner).clone()))
    };
    USAGE.scope(Mutex::default(), run).await
}

/// How many requests have ended so far: to be taken when one begins.
pub(crate) fn ended() -> usize {
    let count = |usage: &Mutex<Usage>| usage.lock().unwrap_or_else(PoisonError::into_inner).operations.len();
    USAGE.try_with(count).unwrap_or_default()
}

/// Notes a request that has ended, with the capacity that the table told.
pub(crate) fn record(name: &'static str, after: usize, capacity: &[ConsumedCapacity]) {
    // Outside of a measured future there is nobody to tell.
    let _ = USAGE.try_with(|usage| {
        let operation = operation(name, after, capacity);
        usage.lock().unwrap_or_else(PoisonError::into_inner).operations.push(operation);
    });
}

fn operation(name: &'static str, after: usize, capacity: &[ConsumedCapacity]) -> Operation {
    let index_units = capacity
        .iter()
        .filter_map(ConsumedCapacity::global_secondary_indexes)
        .flatten()
        .map(|(index, units)| (index.clone(), units.capacity_units().unwrap_or_default()))
        .fold(BTreeMap::new(), |mut sums: BTreeMap<String, f64>, (index, units)| {
            *sums.entry(index).or_default() += units;
            sums
        });
    let total: f64 = capacity.iter().filter_map(ConsumedCapacity::capacity_units).fold(0.0, f64::add);
    let table = capacity.iter().filter_map(|one| one.table()?.capacity_units()).fold(0.0, f64::add);
    // Reads without an index breakdown report their total only.
    let table_units = if index_units.is_empty() && table == 0.0 { total } else { table };
    Operation { name, after, table_units, index_units }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation(after: usize) -> Operation {
        Operation { name: "Query", after, table_units: 0.5, index_units: BTreeMap::new() }
    }

    #[test]
    fn requests_issued_together_are_one_deep() {
        let together = Usage { operations: vec![operation(0), operation(0), operation(0)] };
        assert_eq!((together.round_trips(), together.depth()), (3, 1));
        let chained = Usage { operations: vec![operation(0), operation(0), operation(2), operation(3)] };
        assert_eq!((chained.depth(), chained.units()), (3, 2.0));
    }
}
