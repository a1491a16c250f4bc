#![doc = include_str!("../README.md")]

mod backfill;
mod due;
mod events;
mod feed;
mod follow_ups;
mod position;
mod retries;
mod sequence;
mod stream;
mod sweep;

pub use backfill::BackfillRequest;
pub use due::{Due, DueCursor, DuePage};
pub use feed::{FeedPage, SETTLED};
pub use follow_ups::FollowUp;
pub use position::{FeedPosition, InvalidPosition};
pub use sequence::{GapWindow, SequenceGaps};
pub use stream::{ChangeRecord, StreamChange, TicketPart, read_image};

use lambdesk_table::Table;

/// The events of every workspace, what comes due, and the runs of the sweep. Cheap to
/// clone.
#[derive(Debug, Clone)]
pub struct Events {
    table: Table,
}

impl Events {
    /// Over this table.
    #[must_use]
    pub fn new(table: &Table) -> Self {
        Self { table: table.clone() }
    }
}
