//! What a request writes, and the writes that are under way.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value as Json;

/// An item of a table: its name, `pk` and `sk`.
pub(super) type ItemKey = (String, String, String);

/// Writes that are under way. Clones are the same.
#[derive(Debug, Clone, Default)]
pub(super) struct UnderWay(Arc<Mutex<HashMap<ItemKey, WriteKind>>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WriteKind {
    /// Some writes of one item each.
    Single(usize),
    Transaction,
}

/// Ends a write when it is dropped.
pub(super) struct WriteGuard {
    under_way: UnderWay,
    items: Vec<ItemKey>,
}

impl UnderWay {
    /// Begins to write these items; else which of them are in the way.
    pub(super) fn begin(&self, items: Vec<ItemKey>, is_transaction: bool) -> Result<WriteGuard, Vec<bool>> {
        let mut writes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let conflicts: Vec<_> = items
            .iter()
            .map(|item| match writes.get(item) {
                None => false,
                Some(WriteKind::Transaction) => true,
                Some(WriteKind::Single(_)) => is_transaction,
            })
            .collect();
        if conflicts.contains(&true) {
            return Err(conflicts);
        }
        for item in &items {
            let kind = match writes.get(item) {
                _ if is_transaction => WriteKind::Transaction,
                Some(WriteKind::Single(others)) => WriteKind::Single(others + 1),
                Some(WriteKind::Transaction) | None => WriteKind::Single(1),
            };
            writes.insert(item.clone(), kind);
        }
        Ok(WriteGuard { under_way: self.clone(), items })
    }
}

impl Drop for WriteGuard {
    fn drop(&mut self) {
        let mut writes = self.under_way.0.lock().unwrap_or_else(PoisonError::into_inner);
        for item in &self.items {
            match writes.get_mut(item) {
                Some(WriteKind::Single(others @ 2..)) => *others -= 1,
                _ => drop(writes.remove(item)),
            }
        }
    }
}

/// The items that a request writes; of a transaction one for each of its steps.
pub(super) fn written(request: &Json) -> Vec<ItemKey> {
    if let Some(steps) = request.get("TransactItems").and_then(Json::as_array) {
        let steps = steps.iter().filter_map(|step| step.as_object()?.values().next());
        return steps.filter_map(|step| written_by(step, step.get("TableName")?)).collect();
    }
    if let Some(tables) = request.get("RequestItems").and_then(Json::as_object) {
        let writes = tables.iter().filter_map(|(table, writes)| Some((table, writes.as_array()?)));
        let writes = writes.flat_map(|(table, writes)| writes.iter().map(move |write| (table, write)));
        return writes
            .filter_map(|(table, write)| written_by(write.as_object()?.values().next()?, &Json::from(table.as_str())))
            .collect();
    }
    let table = request.get("TableName");
    table.and_then(|table| written_by(request, table)).into_iter().collect()
}

fn written_by(write: &Json, table: &Json) -> Option<ItemKey> {
    let item = write.get("Key").or_else(|| write.get("Item"))?;
    item_key(table.as_str()?, item)
}

/// The item of a table that has these attributes.
pub(super) fn item_key(table: &str, item: &Json) -> Option<ItemKey> {
    let part = |name: &str| Some(item.get(name)?.get("S")?.as_str()?.to_owned());
    Some((table.to_owned(), part("pk")?, part("sk")?))
}
