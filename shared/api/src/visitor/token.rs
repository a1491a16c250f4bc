//! Public tokens: what the creator of an anonymous ticket gets, once.

use crate::seal::SealingKey;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use lambdesk_domain::id::{TicketId, WorkspaceId};
use uuid::Uuid;

const PREFIX: &str = "tk_";
const PURPOSE: &str = "public-token";
const ID_BYTES: usize = 16;
const MAC_BYTES: usize = 32;

/// A ticket's public token, known to be genuine: `tk_` and base64url of the
/// workspace's id, the ticket's id and our HMAC-SHA256 over both (89 characters).
///
/// Nothing of it is stored, not even a hash. That is better than a stored hash:
/// whoever reads the table, a backup or the stream finds nothing to try offline;
/// a forged token is refused before anything is read, so guessing costs us no
/// read and tells nothing by its timing; and a ticket needs no attribute, no
/// index entry and no lookup for it. The price: one token can't be revoked while
/// its ticket lives (the trash is the way), and all of them end with the sealing
/// key, so a rotation keeps the key before as `previous` for as long as links
/// are to work. The MAC is whole, not shortened, so that it verifies by either key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicToken {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The ticket.
    pub ticket: TicketId,
}

impl PublicToken {
    /// Its text: a secret, to be answered once and never logged.
    #[must_use]
    pub fn seal(self, sealing: &SealingKey) -> String {
        let (workspace, ticket) = (self.workspace.uuid(), self.ticket.uuid());
        let mac = sealing.mac(PURPOSE, &[workspace.as_bytes(), ticket.as_bytes()]);
        let bytes = [workspace.as_bytes().as_slice(), ticket.as_bytes(), &mac].concat();
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Reads and verifies a token's text; none for what we did not make. Takes the
    /// same time wherever a MAC differs.
    #[must_use]
    pub fn open(text: &str, sealing: &SealingKey) -> Option<Self> {
        // Longer ones are not even decoded.
        let encoded = text.strip_prefix(PREFIX).filter(|text| text.len() <= 128)?;
        let bytes = URL_SAFE_NO_PAD.decode(encoded).ok()?;
        let (workspace, rest) = bytes.split_first_chunk::<ID_BYTES>()?;
        let (ticket, mac) = rest.split_first_chunk::<ID_BYTES>()?;
        let is_ours = mac.len() == MAC_BYTES && sealing.verify_mac(PURPOSE, &[workspace, ticket], mac);
        is_ours.then(|| Self {
            workspace: WorkspaceId::new(Uuid::from_bytes(*workspace)),
            ticket: TicketId::new(Uuid::from_bytes(*ticket)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(seed: u8) -> SealingKey {
        SealingKey::new(&[seed; 32])
    }

    fn token(workspace: u128, ticket: u128) -> PublicToken {
        PublicToken {
            workspace: WorkspaceId::new(Uuid::from_u128(workspace)),
            ticket: TicketId::new(Uuid::from_u128(ticket)),
        }
    }

    proptest! {
        #[test]
        fn a_token_opens_to_its_own_ticket_and_fits_a_path(workspace: u128, ticket: u128) {
            let text = token(workspace, ticket).seal(&key(1));
            prop_assert_eq!(text.len(), 89);
            prop_assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
            prop_assert!(PublicToken::open(&text, &key(1)) == Some(token(workspace, ticket)));
            prop_assert!(PublicToken::open(&text, &key(2)).is_none());
        }

        #[test]
        fn a_token_with_any_character_altered_cut_or_added_is_none(
            at: prop::sample::Index,
            other in "[A-Za-z0-9_-]",
        ) {
            let text = token(1, 2).seal(&key(1));
            let at = at.index(text.len());
            prop_assert!(PublicToken::open(&text[..at], &key(1)).is_none());
            let longer = format!("{text}{other}");
            prop_assert!(PublicToken::open(&longer, &key(1)).is_none());
            prop_assume!(text[at..=at] != other);
            let altered = format!("{}{other}{}", &text[..at], &text[at + 1..]);
            prop_assert!(PublicToken::open(&altered, &key(1)).is_none());
        }

        #[test]
        fn any_other_text_is_none(text in ".*") {
            prop_assert!(PublicToken::open(&text, &key(1)).is_none());
        }
    }

    #[test]
    fn a_token_outlives_one_rotation_of_the_key() {
        let text = token(1, 2).seal(&key(1));
        let rotated = key(2).with_previous(key(1));
        assert!(PublicToken::open(&text, &rotated) == Some(token(1, 2)));
        assert_eq!(token(1, 2).seal(&rotated), token(1, 2).seal(&key(2)));
        assert!(PublicToken::open(&text, &key(3).with_previous(key(2))).is_none());
    }
}
