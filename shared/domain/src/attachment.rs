//! Files that come with a message. Their bytes are in object storage; here is what
//! is known of them.

use crate::{
    access::ActorRef,
    id::{AttachmentId, MessageId, TicketId},
    message::Message,
    text::{FileName, InvalidText, MediaType},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// The most attachments that one message carries.
pub const MAX_PER_MESSAGE: usize = 20;

/// The longest name of a file, in characters.
pub const MAX_FILE_NAME: usize = 255;

/// The length of a file in bytes: 1 to 25 MiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(try_from = "u64")]
#[schemars(inline, extend("minimum" = 1, "maximum" = Self::MAX))]
pub struct FileSize(u64);

/// Why a number is no [`FileSize`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to 26214400 bytes (25 MiB)")]
pub struct InvalidFileSize;

impl FileSize {
    /// The largest one.
    pub const MAX: u64 = 25 * 1024 * 1024;

    /// The number of bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl TryFrom<u64> for FileSize {
    type Error = InvalidFileSize;

    fn try_from(bytes: u64) -> Result<Self, InvalidFileSize> {
        if (1..=Self::MAX).contains(&bytes) { Ok(Self(bytes)) } else { Err(InvalidFileSize) }
    }
}

/// A file as its message names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Attachment {
    /// Its id; names the object in the store too.
    pub id: AttachmentId,
    /// Its name, without folders.
    pub file_name: FileName,
    /// What its uploader says it is. Never believed: it is served as a download only.
    pub content_type: MediaType,
    /// Its length in bytes, to which the upload was held.
    pub size: FileSize,
}

/// A file announced on a ticket, and what has become of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// The ticket that it belongs to, and stays with.
    pub ticket_id: TicketId,
    /// The file.
    pub file: Attachment,
    /// Who announced it.
    pub by: ActorRef,
    /// When.
    pub at: Timestamp,
    /// The message that carries it, once there is one.
    pub carrier: Option<Carrier>,
    /// Its message is deleted, its object about to be.
    pub is_doomed: bool,
}

/// The message that carries a file: who sees the one sees the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carrier {
    /// The message.
    pub message_id: MessageId,
    /// Seen by the customer too.
    pub is_public: bool,
    /// For the people of the ticket alone.
    pub is_secure: bool,
}

impl From<&Message> for Carrier {
    fn from(message: &Message) -> Self {
        Self { message_id: message.id, is_public: message.is_public(), is_secure: message.is_secure }
    }
}

/// The name of a file: what follows the last slash of either kind, without
/// control characters, without those that turn the direction of writing (which
/// make `exe.txt` of `txt.exe`), with `_` for what some system can't write, and
/// without dots and spaces at its ends.
pub(crate) fn file_name(text: &str) -> Result<String, InvalidText> {
    let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown = last.chars().filter(|c| !c.is_control() && !turns_direction(*c));
    let name: String = shown.map(|c| if "<>:\"|?*".contains(c) { '_' } else { c }).collect();
    let name = name.trim_matches(|c: char| c.is_whitespace() || c == '.');
    if name.is_empty() {
        return Err(InvalidText::Empty);
    }
    if name.chars().nth(MAX_FILE_NAME).is_some() {
        return Err(InvalidText::TooLong(MAX_FILE_NAME));
    }
    Ok(name.to_owned())
}

/// The embeddings, overrides, isolates and marks of the bidirectional algorithm
/// (UAX #9), and the invisible ones beside them.
const fn turns_direction(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// `type/subtype` in lower case, each a restricted name (RFC 6838, section 4.2),
/// without parameters.
pub(crate) fn media_type(text: &str) -> Result<String, InvalidText> {
    let media_type = text.trim().to_ascii_lowercase();
    let fits =
        media_type.split_once('/').is_some_and(|(kind, sub)| is_restricted_name(kind) && is_restricted_name(sub));
    if fits { Ok(media_type) } else { Err(InvalidText::Form("a media type such as image/png, without parameters")) }
}

fn is_restricted_name(name: &str) -> bool {
    (1..=127).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(text: &str) -> Result<String, InvalidText> {
        text.parse::<FileName>().map(|name| name.as_str().to_owned())
    }

    #[test]
    fn a_file_name_has_neither_folders_nor_tricks() {
        for (given, kept) in [
            ("report.pdf", "report.pdf"),
            ("C:\\Users\\ada\\report.pdf", "report.pdf"),
            ("../../etc/passwd", "passwd"),
            (" a\r\nb\u{202e}txt.exe ", "abtxt.exe"),
            ("what?<now>.txt", "what__now_.txt"),
            ("Übersicht 2026 (1).pdf", "Übersicht 2026 (1).pdf"),
            (".profile.", "profile"),
        ] {
            assert_eq!(name(given).as_deref(), Ok(kept), "{given:?}");
        }
        for empty in ["", "..", "a/", "\u{202e}", " . "] {
            assert_eq!(name(empty), Err(InvalidText::Empty), "{empty:?}");
        }
        assert!(name(&"é".repeat(255)).is_ok());
        assert_eq!(name(&"é".repeat(256)), Err(InvalidText::TooLong(255)));
    }

    #[test]
    fn a_media_type_is_two_names_in_lower_case() {
        let parse = |text: &str| text.parse::<MediaType>().map(|kind| kind.as_str().to_owned());
        assert_eq!(parse("Image/SVG+xml").as_deref(), Ok("image/svg+xml"));
        for bad in ["", "text", "text/", "/plain", "text/plain; charset=utf-8", "a/b/c", "text/pl ain", "a/\u{e9}"] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_file_has_one_byte_at_least_and_25_mebibytes_at_most() {
        let fits = |bytes: u64| FileSize::try_from(bytes).is_ok();
        assert!(!fits(0) && fits(1) && fits(FileSize::MAX) && !fits(FileSize::MAX + 1));
        assert!(InvalidFileSize.to_string().contains(&FileSize::MAX.to_string()));
    }

    proptest! {
        #[test]
        fn a_file_name_reads_back_as_it_was_kept(text in ".{0,300}") {
            if let Ok(kept) = name(&text) {
                prop_assert_eq!(name(&kept), Ok(kept.clone()));
                prop_assert!(!kept.contains(['/', '\\', '\n', '"']));
            }
        }
    }
}
