//! Reports: what the events of a workspace add up to.
//!
//! An event comes to a few additions to counters ([`Tally::of`]). Sums don't depend
//! on their order, so events can be added as they come, a few at a time, and adding
//! all of them anew gives the same.
//!
//! | counted | what it means |
//! |---|---|
//! | [`Standing`] | tickets that are there now; those in the trash count nowhere |
//! | [`Happening`] | what happened on a day, however often: a ticket that is resolved twice counts twice |
//! | [`Span`] | how long it took from the ticket's creation, on the day when it was done |
//!
//! Days are in UTC. What a day's counters say for an assignee is about tickets that
//! were theirs when it happened.

mod bucket;
mod counters;
mod image;
mod times;

pub use bucket::HistogramBucket;
pub use counters::{Cell, Counter, Counters, Group, Happening, Span, Standing, Tally};
pub use image::{EventContext, UnreadableChange};
pub use times::Times;
