//! What is deployed and what is started: the Lambda binaries, the template, the
//! local binary with its crashes, and the README's tour. They start the binaries
//! of other packages, so `make test` builds those first.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod bucket;
mod crash;
mod lambdas;
mod readme;
mod start;
mod template;
