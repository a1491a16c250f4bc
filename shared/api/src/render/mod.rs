//! How things are shown: stored ids become names here and nowhere else.

mod account;
mod message;
mod ticket;

pub use account::{AccountView, Accounts};
pub use message::{MessageView, Reader};
pub use ticket::{ChannelView, ContactView, LabelView, TicketView, UserView};
