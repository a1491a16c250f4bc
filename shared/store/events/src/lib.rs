#![doc = include_str!("../README.md")]

mod backfill;
mod due;
mod events;
mod feed;
mod follow_ups;
mod handle;
mod own;
mod position;
mod retries;
mod sequence;
mod stream;
mod sweep;

pub use backfill::BackfillRequest;
pub use due::{Due, DueCursor, DuePage};
pub use events::FeedPlace;
pub use feed::{FeedPage, IDLE, SETTLED};
pub use follow_ups::FollowUp;
pub use handle::Events;
pub use position::{FeedPosition, InvalidPosition};
pub use sequence::{GapWindow, SequenceGaps};
pub use stream::{ChangeRecord, StreamChange, TicketPart, read_image};
pub use sweep::KeptState;
