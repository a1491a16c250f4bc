//! What a request cost: round trips, their sequential depth, and capacity units.
//!
//! A meter belongs to a task: [`measured`] counts everything that its future asks of the
//! table, also within another [`measured`], but nothing of tasks that the future spawns.

use crate::wire::answer::Capacity;
use std::{
    collections::BTreeMap,
    ops::Add as _,
    sync::{Mutex, PoisonError},
};

/// One request to the table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableRequest {
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
    pub operations: Vec<TableRequest>,
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

/// Runs a future and tells what it asked of the table. If it runs within another
/// [`measured`], that one counts the same requests when this one ends.
pub async fn measured<F: Future>(future: F) -> (F::Output, Usage) {
    let before = ended();
    let run = async {
        let output = future.await;
        (output, USAGE.with(|usage| usage.lock().unwrap_or_else(PoisonError::into_inner).clone()))
    };
    let (output, usage) = USAGE.scope(Mutex::default(), run).await;
    absorb(before, &usage);
    (output, usage)
}

/// Adds the requests of an inner meter, which began after so many others had ended, to
/// the one around it. What ended meanwhile beside the inner one counts as before its
/// second request: the depth may come out greater than it was, never smaller.
fn absorb(before: usize, inner: &Usage) {
    // Outside of a measured future there is nobody to tell.
    let _ = USAGE.try_with(|usage| {
        let mut usage = usage.lock().unwrap_or_else(PoisonError::into_inner);
        let so_far = usage.operations.len();
        usage.operations.extend(inner.operations.iter().map(|operation| {
            let after = if operation.after == 0 { before } else { so_far + operation.after };
            TableRequest { after, ..operation.clone() }
        }));
    });
}

/// How many requests have ended so far: to be taken when one begins.
pub(crate) fn ended() -> usize {
    let count = |usage: &Mutex<Usage>| usage.lock().unwrap_or_else(PoisonError::into_inner).operations.len();
    USAGE.try_with(count).unwrap_or_default()
}

/// Units that the innermost [`measured`] future around has used so far; none where nobody
/// measures: work that is no caller's request has no budget.
#[must_use]
pub fn spent() -> f64 {
    let units = |usage: &Mutex<Usage>| usage.lock().unwrap_or_else(PoisonError::into_inner).units();
    USAGE.try_with(units).unwrap_or_default()
}

/// How many of so many units are left to the innermost [`measured`] future around: any
/// number where nobody measures.
#[must_use]
pub fn left(units: f64) -> f64 {
    let spent = |usage: &Mutex<Usage>| usage.lock().unwrap_or_else(PoisonError::into_inner).units();
    USAGE.try_with(spent).map_or(f64::INFINITY, |spent| units - spent)
}

/// Notes a request that has ended, with the capacity that the table told.
pub(crate) fn record(name: &'static str, after: usize, capacity: &[Capacity]) {
    // Outside of a measured future there is nobody to tell.
    let _ = USAGE.try_with(|usage| {
        let operation = operation(name, after, capacity);
        usage.lock().unwrap_or_else(PoisonError::into_inner).operations.push(operation);
    });
}

fn operation(name: &'static str, after: usize, capacity: &[Capacity]) -> TableRequest {
    let index_units = capacity
        .iter()
        .filter_map(|one| one.global_secondary_indexes.as_ref())
        .flatten()
        .map(|(index, units)| (index.clone(), units.number.unwrap_or_default()))
        .fold(BTreeMap::new(), |mut sums: BTreeMap<String, f64>, (index, units)| {
            *sums.entry(index).or_default() += units;
            sums
        });
    let total: f64 = capacity.iter().filter_map(|one| one.total).fold(0.0, f64::add);
    let table = capacity.iter().filter_map(|one| one.table?.number).fold(0.0, f64::add);
    // Reads without an index breakdown report their total only.
    let table_units = if index_units.is_empty() && table == 0.0 { total } else { table };
    TableRequest { name, after, table_units, index_units }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::answer::Units;

    fn operation(after: usize) -> TableRequest {
        TableRequest { name: "Query", after, table_units: 0.5, index_units: BTreeMap::new() }
    }

    /// A request that is answered when others have had their turn.
    async fn request(name: &'static str) {
        let after = ended();
        tokio::task::yield_now().await;
        record(name, after, &[]);
    }

    fn told(usage: &Usage) -> Vec<(&'static str, usize)> {
        usage.operations.iter().map(|operation| (operation.name, operation.after)).collect()
    }

    #[test]
    fn requests_issued_together_are_one_deep() {
        let together = Usage { operations: vec![operation(0), operation(0), operation(0)] };
        assert_eq!((together.round_trips(), together.depth()), (3, 1));
        let chained = Usage { operations: vec![operation(0), operation(0), operation(2), operation(3)] };
        assert_eq!((chained.depth(), chained.units()), (3, 2.0));
    }

    #[tokio::test]
    async fn a_meter_counts_what_its_own_future_asks_of_the_table() {
        let future = async {
            request("GetItem").await;
            tokio::join!(biased; request("Query"), request("PutItem"));
            "done"
        };
        let ((output, usage), ((), other)) = tokio::join!(measured(future), measured(request("Scan")));
        assert_eq!((output, told(&usage)), ("done", vec![("GetItem", 0), ("Query", 1), ("PutItem", 1)]));
        assert_eq!(told(&other), [("Scan", 0)]);
    }

    #[tokio::test]
    async fn where_nobody_measures_nothing_is_counted() {
        request("GetItem").await;
        assert_eq!((ended(), spent(), measured(async {}).await.1), (0, 0.0, Usage::default()));
    }

    #[tokio::test]
    async fn an_outer_meter_counts_what_an_inner_one_has_counted() {
        let inner = async {
            request("Query").await;
            request("PutItem").await;
        };
        let outer = async {
            request("GetItem").await;
            let ((), usage) = measured(inner).await;
            request("DeleteItem").await;
            usage
        };
        let (inner, outer) = measured(outer).await;
        assert_eq!(told(&inner), [("Query", 0), ("PutItem", 1)]);
        assert_eq!(told(&outer), [("GetItem", 0), ("Query", 1), ("PutItem", 2), ("DeleteItem", 3)]);
    }

    #[tokio::test]
    async fn inner_meters_side_by_side_are_not_one_after_the_other() {
        let outer = async { tokio::join!(measured(request("Query")), measured(request("GetItem"))) };
        let (_, outer) = measured(outer).await;
        assert_eq!((outer.round_trips(), outer.depth()), (2, 1));
    }

    #[tokio::test]
    async fn a_spawned_task_is_not_counted_unless_it_measures_itself() {
        let outer = async {
            tokio::spawn(request("GetItem")).await.unwrap();
            let ((), spawned) = tokio::spawn(measured(request("Query"))).await.unwrap();
            request("PutItem").await;
            spawned
        };
        let (spawned, outer) = measured(outer).await;
        assert_eq!((told(&spawned), told(&outer)), (vec![("Query", 0)], vec![("PutItem", 0)]));
    }

    #[tokio::test]
    async fn units_are_told_apart_by_table_and_index() {
        let units = |units| Units { number: Some(units) };
        let of_indexes = [("list", 1.0), ("lookup", 2.0)].map(|(index, some)| (index.to_owned(), units(some)));
        let write =
            Capacity { total: Some(5.0), table: Some(units(2.0)), global_secondary_indexes: Some(of_indexes.into()) };
        let read = Capacity { total: Some(0.5), ..Capacity::default() };
        let ((), usage) = measured(async {
            record("PutItem", 0, &[write.clone(), write]);
            record("GetItem", 1, &[read]);
            assert!((spent() - 10.5).abs() < f64::EPSILON);
        })
        .await;
        let indexes = BTreeMap::from([("list".to_owned(), 2.0), ("lookup".to_owned(), 4.0)]);
        let [write, read] = &*usage.operations else { panic!("two requests: {usage:?}") };
        assert_eq!((write.table_units, &write.index_units), (4.0, &indexes));
        assert_eq!((read.table_units, read.index_units.len(), usage.units()), (0.5, 0, 10.5));
    }
}
