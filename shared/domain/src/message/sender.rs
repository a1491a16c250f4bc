//! The party that wrote a message.

use crate::{status::words, text::Name};
use serde::{Deserialize, Serialize};

words! {
    /// What kind of party a sender is.
    SenderKind {
        Contact = "contact" as 'c', User = "user" as 'u', Machine = "machine" as 'm', Channel = "channel" as 'h',
        System = "system" as 's',
    }
}

/// Who wrote a message: kind, id where there is one, and the name at that time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Sender {
    /// What kind of party.
    pub kind: SenderKind,
    /// Its id; none for a visitor without a contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<uuid::Uuid>,
    /// Its name when the message was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
}
