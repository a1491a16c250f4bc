//! Events: what happened between two versions of a ticket, or of a contact.
//!
//! One committed version is one event. It is derived from the two images of the
//! ticket or contact alone, so it exists exactly when the change does, and the same
//! function answers a dry run. No event carries personal text: fields that may hold
//! some are named as changed, without their values.

mod change;
mod contact;
mod id;
mod kind;
mod ticket;
mod told;

pub use change::{FieldChange, UNKNOWN_FIELD};
pub use contact::{ContactData, ContactEvent, ContactImage, ThinContact, between_contacts, lost_contact_version};
pub use kind::EventType;
pub use ticket::{MessageRef, TicketData, TicketEvent, between};
pub use told::{Event, EventSource, EventSubject};
