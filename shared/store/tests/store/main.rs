//! The store through the real AWS SDK, over the embedded engine.

mod attachments;
mod costs;
mod counts;
mod creation;
mod directory;
mod due;
mod events;
mod failures;
mod faults;
mod growth;
mod heads;
mod lists;
mod marks;
mod patterns;
mod personal;
mod search;
mod storage;
mod support;
mod tables;
mod threads;
