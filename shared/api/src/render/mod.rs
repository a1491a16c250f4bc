//! How things are shown: stored ids become names here and nowhere else.

mod account;
mod client;
mod message;
mod ticket;

pub use account::{Accounts, TicketAccount};
pub use client::ClientDetail;
pub use message::{MessageReader, MessageView};
pub use ticket::{LabelView, TicketChannel, TicketContact, TicketUser, TicketView};
