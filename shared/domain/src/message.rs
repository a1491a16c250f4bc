//! Messages and notes of a ticket's thread.

mod kind;
mod sender;

pub use {
    kind::MessageKind,
    sender::{Sender, SenderKind},
};

use crate::{
    access::ActorRef,
    attachment::{Attachment, Carrier},
    html::{self, TooMuch},
    id::{MessageId, TicketId},
    text::{Preview, is_blank},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// The longest message text or HTML, in bytes (64 KiB).
pub const MAX_MESSAGE_BYTES: usize = 64 * 1024;

/// Why a message's content was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidContent {
    /// Neither text nor anything readable in the HTML.
    #[error("must have a text")]
    Empty,
    /// Over [`MAX_MESSAGE_BYTES`], as written or as sanitised.
    #[error("must have at most 65536 bytes")]
    TooLarge,
    /// More than any editor writes.
    #[error("must have at most 4000 tags, and 500 attributes in each")]
    TooManyTags,
}

impl From<TooMuch> for InvalidContent {
    fn from(error: TooMuch) -> Self {
        match error {
            TooMuch::Tags => Self::TooManyTags,
            // Closing what was left open makes it longer, up to many times.
            TooMuch::Bytes => Self::TooLarge,
        }
    }
}

/// What a message says: plain text always, HTML when it was written so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    html: Option<String>,
}

impl Content {
    /// From plain text.
    ///
    /// # Errors
    /// When it is blank or too large.
    pub fn from_text(text: &str) -> Result<Self, InvalidContent> {
        if text.len() > MAX_MESSAGE_BYTES {
            return Err(InvalidContent::TooLarge);
        }
        let text = html::printable(text);
        if is_blank(&text) {
            return Err(InvalidContent::Empty);
        }
        Ok(Self { text, html: None })
    }

    /// From HTML of any origin, which is sanitised.
    ///
    /// # Errors
    /// When nothing readable is left or it is too large.
    pub fn from_html(dirty: &str) -> Result<Self, InvalidContent> {
        if dirty.len() > MAX_MESSAGE_BYTES {
            return Err(InvalidContent::TooLarge);
        }
        let clean = html::clean(dirty, MAX_MESSAGE_BYTES)?;
        if is_blank(&clean.text) {
            return Err(InvalidContent::Empty);
        }
        Ok(Self { text: clean.text, html: Some(clean.html) })
    }

    /// Nothing: of a message that is all in its files.
    #[must_use]
    pub const fn nothing() -> Self {
        Self { text: String::new(), html: None }
    }

    /// As it was stored: it was held to all this then, so it is not looked through again.
    #[must_use]
    pub const fn stored(text: String, html: Option<String>) -> Self {
        Self { text, html }
    }

    /// Text and HTML as they are stored.
    #[must_use]
    pub fn as_stored(&self) -> (&str, Option<&str>) {
        (&self.text, self.html.as_deref())
    }

    /// Text and HTML as they are shown.
    #[must_use]
    pub fn into_shown(self) -> (String, String) {
        let html = self.html.unwrap_or_else(|| html::from_text(&self.text));
        (self.text, html)
    }

    /// The plain text; empty where the files say it all.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The HTML: as sanitised, or made from the text.
    #[must_use]
    pub fn html(&self) -> String {
        match &self.html {
            Some(html) => html.clone(),
            None => html::from_text(&self.text),
        }
    }
}

/// One entry of a ticket's thread.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Its id; ids sort by creation.
    pub id: MessageId,
    /// The ticket it belongs to.
    pub ticket_id: TicketId,
    /// Who wrote to whom.
    pub kind: MessageKind,
    /// Shown to the people of the ticket alone: never in webhooks, search, previews or logs.
    pub is_secure: bool,
    /// Forwarded from elsewhere.
    pub is_forward: bool,
    /// Who wrote it.
    pub sender: Sender,
    /// How it came in: `web`, `api`, …, as the source of a ticket.
    pub source: crate::status::Source,
    /// What it says.
    pub content: Content,
    /// The files that come with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// When it was written.
    pub created_at: Timestamp,
}

impl Message {
    /// Seen by the customer too.
    #[must_use]
    pub const fn is_public(&self) -> bool {
        !matches!(self.kind, MessageKind::Note)
    }

    /// Whether this party wrote it itself. What a program relays is somebody else's.
    #[must_use]
    pub fn is_by(&self, party: ActorRef) -> bool {
        (self.sender.kind, self.sender.id) == (party.kind, party.id)
    }

    /// What lists may show of it: nothing of a note or a secure message.
    #[must_use]
    pub fn preview(&self) -> Option<Preview> {
        (self.is_public() && !self.is_secure).then(|| Preview::of(self.content.text()))
    }
}

impl From<&Message> for Carrier {
    fn from(message: &Message) -> Self {
        Self { message_id: message.id, is_public: message.is_public(), is_secure: message.is_secure }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_that_grows_or_nests_without_end_is_refused() {
        assert_eq!(Content::from_html(&"<a href='https://a.example'>y".repeat(2_000)), Err(InvalidContent::TooLarge));
        assert_eq!(Content::from_html(&"<div>".repeat(4_001)), Err(InvalidContent::TooManyTags));
        assert_eq!(Content::from_text("a\u{1}b\tc\n").map(|content| content.text().to_owned()).as_deref(), Ok("ab\tc"));
    }

    #[test]
    fn blank_and_oversized_contents_are_refused() {
        assert_eq!(Content::from_text(" \n"), Err(InvalidContent::Empty));
        assert_eq!(Content::from_html("<p><script>x</script></p>"), Err(InvalidContent::Empty));
        assert_eq!(Content::from_text(&"a".repeat(MAX_MESSAGE_BYTES + 1)), Err(InvalidContent::TooLarge));
    }
}
