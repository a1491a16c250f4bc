//! A cache of what was read: values by key, each for the same time, up to a number of
//! them.

use std::{
    borrow::Borrow,
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Values that are valid for a time after they were put. A cache that is full starts
/// over.
#[derive(Debug)]
pub struct TtlCache<K, V> {
    entries: Mutex<HashMap<K, (Instant, V)>>,
    ttl: Duration,
    capacity: usize,
}

impl<K: Eq + Hash, V: Clone> TtlCache<K, V> {
    pub fn new(ttl: Duration, capacity: usize) -> Self {
        Self { entries: Mutex::default(), ttl, capacity }
    }

    pub fn get<Q>(&self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let entries = self.entries();
        let (since, value) = entries.get(key)?;
        (since.elapsed() < self.ttl).then(|| value.clone())
    }

    pub fn put(&self, key: K, value: V) {
        let mut entries = self.entries();
        if entries.len() >= self.capacity {
            entries.clear();
        }
        entries.insert(key, (Instant::now(), value));
    }

    pub fn remove<Q>(&self, key: &Q)
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.entries().remove(key);
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<K, (Instant, V)>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_valid_until_it_is_removed_or_its_time_is_over() {
        let cache = TtlCache::new(Duration::from_mins(1), 10);
        cache.put(1, "one");
        assert_eq!((cache.get(&1), cache.get(&2)), (Some("one"), None));
        cache.remove(&1);
        assert_eq!(cache.get(&1), None);
        let expired = TtlCache::new(Duration::ZERO, 10);
        expired.put(1, "one");
        assert_eq!(expired.get(&1), None);
    }

    #[test]
    fn a_full_cache_starts_over_with_the_value_that_is_put() {
        let cache = TtlCache::new(Duration::from_mins(1), 2);
        for key in 1..=3 {
            cache.put(key, key);
        }
        assert_eq!([1, 2, 3].map(|key| cache.get(&key)), [None, None, Some(3)]);
    }
}
