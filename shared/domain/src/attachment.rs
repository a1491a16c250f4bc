//! Files that come with a message. Their bytes are in object storage; here is what
//! is known of them.

use crate::{
    access::ActorRef,
    id::{AttachmentId, MessageId, TicketId},
    text::{FileName, MediaType},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// The most attachments that one message carries.
pub const MAX_PER_MESSAGE: usize = 20;

pub use crate::text::MAX_FILE_NAME;

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

impl Attachment {
    /// How many bytes its texts have.
    #[must_use]
    pub fn length(&self) -> usize {
        self.file_name.as_str().len() + self.content_type.as_str().len()
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_one_byte_at_least_and_25_mebibytes_at_most() {
        let fits = |bytes: u64| FileSize::try_from(bytes).is_ok();
        assert!(!fits(0) && fits(1) && fits(FileSize::MAX) && !fits(FileSize::MAX + 1));
        assert!(InvalidFileSize.to_string().contains(&FileSize::MAX.to_string()));
    }
}
