//! Strict JSON bodies, read so that all bad fields are told at once.
//!
//! A request body is a struct of [`Input`]s that reading never fails on, and a
//! [`Checker`] that turns them into values and collects what is wrong:
//!
//! ```
//! use lambdesk_api::body::{Checker, Input, Unknown, from_slice};
//! use lambdesk_domain::text::{EmailAddress, Subject};
//!
//! #[derive(serde::Deserialize)]
//! struct Body {
//!     #[serde(default)]
//!     subject: Input<Subject>,
//!     #[serde(default)]
//!     from: Input<From>,
//!     #[serde(flatten)]
//!     unknown: Unknown,
//! }
//!
//! #[derive(serde::Deserialize)]
//! struct From {
//!     #[serde(default)]
//!     email: Input<EmailAddress>,
//!     #[serde(flatten)]
//!     unknown: Unknown,
//! }
//!
//! let body: Body = from_slice(br#"{"subject": 7, "from": {"email": "a@b.c", "nmae": "Ada"}}"#)?;
//! let mut check = Checker::new();
//! let subject = check.required("/subject", body.subject);
//! let email = check.optional("/from", body.from).and_then(|from| {
//!     check.within("/from", |check| {
//!         check.unknown("", from.unknown);
//!         check.required("/email", from.email)
//!     })
//! });
//! check.unknown("", body.unknown);
//! let problem = check.finish().expect_err("two fields are bad");
//! assert_eq!(problem.errors()[0].pointer, "/subject");
//! assert_eq!(problem.errors()[1].pointer, "/from/nmae");
//! assert!(subject.is_none() && email.is_some());
//! # Ok::<(), lambdesk_api::problem::Problem>(())
//! ```

mod document;
mod extract;
mod input;
mod nothing;
mod numbers;

pub use crate::checker::{Checker, pointer_token};
pub use document::{document, from_slice};
pub use extract::{JsonBody, OptionalJsonBody, PatchBody};
pub use input::{Input, Unknown};
pub use nothing::{NoBody, Nothing};

#[cfg(test)]
mod tests;
