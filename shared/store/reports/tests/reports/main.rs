//! Counters projected from the feed, over the embedded engine.

mod counts;
