//! The ticket item: its attributes, how it is read, written and changed. Whatever is
//! read or written here is one item; a request is made of it elsewhere.

pub(crate) mod attr;
mod compact;
mod condition;
mod decode;
mod encode;
pub mod filterable;
mod update;

pub use attr::custom as custom_value;
pub use condition::visibility;
pub(crate) use condition::{condition, dedup, is_written};
pub use decode::{DECODED, decode, readable};
pub use encode::encode;
pub(crate) use update::{copy_contact, update};
