//! Keys of the files that come with a ticket's messages.

use super::{
    encoding::{long, short},
    index::Key,
    tenant::Tenant,
    tickets::ATTACHMENT,
};
use lambdesk_domain::id::{AttachmentId, TicketId};

impl Tenant {
    /// A file announced on a ticket.
    #[must_use]
    pub fn attachment(&self, ticket: TicketId, attachment: AttachmentId) -> Key {
        self.key(&format!("t#{}", short(ticket.uuid())), format!("{ATTACHMENT}{}", short(attachment.uuid())))
    }
}

/// The file that an attachment's sort key names.
pub fn parse_attachment(sk: &str) -> Option<AttachmentId> {
    sk.strip_prefix(ATTACHMENT).and_then(long).map(AttachmentId::new)
}
