//! The customer's side: what a visitor without an account carries.
//!
//! | carries | proves |
//! |---|---|
//! | [`IntakeSession`] | a page of the channel's hosts asked a moment ago: opens tickets |
//! | an [`Identity`] token | the site's own login knows them: begins a session as somebody |
//! | [`PublicToken`] | who opened this ticket: reads it and replies |
//!
//! What a visitor writes to a closed ticket [goes](Continuing) to the one that continues it.

mod continuing;
mod identity;
mod session;
mod token;

pub use continuing::Continuing;
pub use identity::{Identity, IdentitySecret, InvalidIdentity};
pub use session::{IntakeSession, SESSION_LIFE};
pub use token::PublicToken;
