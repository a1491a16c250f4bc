//! The table's format, as far as it is an error.

use crate::item::FORMAT;

/// The table was written by a version of this product that is newer than this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the table has format {found}, newer than the {FORMAT} that this version understands")]
pub struct NewerFormat {
    /// The table's format.
    pub found: u64,
}
