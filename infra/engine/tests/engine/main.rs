//! The engine as the store uses it: through the real AWS SDK, over HTTP.

mod aws;
mod capacity;
mod conditions;
mod queries;
mod storage;
mod stream;
mod support;
mod updates;
