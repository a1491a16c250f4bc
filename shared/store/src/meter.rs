//! What a request cost: round trips, their sequential depth, and capacity units.

use aws_sdk_dynamodb::types::ConsumedCapacity;
use std::{
    collections::BTreeMap,
    ops::Add as _,
    sync::{Arc, Mutex, PoisonError},
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

/// Collects a [`Usage`]; shared by everything that serves one request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Meter(Arc<Mutex<Usage>>);

impl Meter {
    /// How many requests have ended so far: to be taken when one begins.
    pub fn ended(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).operations.len()
    }

    pub fn record(&self, name: &'static str, after: usize, capacity: &[ConsumedCapacity]) {
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
        let operation = Operation { name, after, table_units, index_units };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).operations.push(operation);
    }

    pub fn usage(&self) -> Usage {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
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
