//! Names of objects, made in this one place.

use lambdesk_domain::id::{AttachmentId, TicketId, WorkspaceId};
use std::fmt;

/// The name of an object: `workspace/ticket/attachment`. It says nothing about what
/// the object holds, and the workspace comes first, as in every key of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ObjectKey {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The ticket.
    pub ticket: TicketId,
    /// The file.
    pub attachment: AttachmentId,
}

impl ObjectKey {
    /// Reads the name of an object; none for a text that is no such name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('/');
        let key = Self {
            workspace: parts.next()?.parse().ok()?,
            ticket: parts.next()?.parse().ok()?,
            attachment: parts.next()?.parse().ok()?,
        };
        // Ids are read in either case; an object has one name.
        (parts.next().is_none() && key.to_string() == text).then_some(key)
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.workspace, self.ticket, self.attachment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use uuid::Uuid;

    proptest! {
        #[test]
        fn a_name_reads_back(a: u128, b: u128, c: u128) {
            let key = ObjectKey {
                workspace: WorkspaceId::new(Uuid::from_u128(a)),
                ticket: TicketId::new(Uuid::from_u128(b)),
                attachment: AttachmentId::new(Uuid::from_u128(c)),
            };
            prop_assert_eq!(ObjectKey::parse(&key.to_string()), Some(key));
        }

        #[test]
        fn no_other_text_is_a_name(ids: [u128; 3], at in 0_usize..110, other in "[A-Fa-f0-9./%-]{0,2}") {
            let mut text = ids.map(|id| Uuid::from_u128(id).to_string()).join("/");
            text.replace_range(at..=at, &other);
            let fits = |(at, byte): (usize, u8)| match at {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
            };
            let is_id = |part: &str| part.len() == 36 && part.bytes().enumerate().all(fits);
            let is_name = text.split('/').count() == 3 && text.split('/').all(is_id);
            prop_assert_eq!(ObjectKey::parse(&text).is_some(), is_name, "{}", text);
        }
    }

    #[test]
    fn a_name_leads_nowhere_else() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        assert!(ObjectKey::parse(&format!("{id}/{id}/{id}")).is_some());
        for other in [
            format!("{id}/{id}"),
            format!("{id}/{id}/.."),
            format!("{id}/{id}/{id}/"),
            format!("/{id}/{id}/{id}"),
            format!("{id}/{id}/{}", id.to_uppercase()),
        ] {
            assert_eq!(ObjectKey::parse(&other), None, "{other}");
        }
    }
}
