//! Intake sessions: short-lived, sealed, bound to channel, origin and visitor.

use super::Identity;
use crate::seal::SealingKey;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use lambdesk_domain::{
    id::{ChannelId, WorkspaceId},
    time::Timestamp,
};
use std::time::Duration;
use uuid::Uuid;

const PREFIX: &str = "is_";
const PURPOSE: &str = "intake-session";
/// The longest text that is looked at, in characters: an origin has at most about
/// 280, and an identity came in a token of at most 4,096.
const MAX_TEXT: usize = 6144;
/// What an identity follows. No origin has one in it.
const SEPARATOR: char = ' ';

/// How long a session is good for.
pub const SESSION_LIFE: Duration = Duration::from_mins(30);

/// A visitor's session on one channel. It is sealed, not stored: a page sees
/// neither the visitor's id nor anything else in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntakeSession {
    /// Random, so that a visitor's retries are told from others'.
    pub visitor: Uuid,
    /// The page's origin, as browsers serialise it.
    pub origin: String,
    /// Who they are, where the site's login has said so.
    pub identity: Option<Identity>,
    /// From then on it is refused.
    pub expires_at: Timestamp,
}

impl IntakeSession {
    /// A new one.
    #[must_use]
    pub fn begin(visitor: Uuid, origin: String, identity: Option<Identity>, now: Timestamp) -> Self {
        Self { visitor, origin, identity, expires_at: now.plus(SESSION_LIFE) }
    }

    /// Its text, good for this channel only.
    ///
    /// # Panics
    /// Never: an identity is strings under string keys, which JSON can hold.
    #[must_use]
    pub fn seal(&self, sealing: &SealingKey, workspace: WorkspaceId, channel: ChannelId) -> String {
        let expiry = self.expires_at.millis().to_be_bytes();
        let mut plain = [self.visitor.as_bytes().as_slice(), &expiry, self.origin.as_bytes()].concat();
        if let Some(identity) = &self.identity {
            let identity = serde_json::to_string(identity).expect("an identity is representable in JSON");
            plain.extend(format!("{SEPARATOR}{identity}").into_bytes());
        }
        let sealed = sealing.seal(PURPOSE, &context(workspace, channel), &plain);
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Reads a session's text; none when it has expired, is another channel's, or
    /// is not ours.
    #[must_use]
    pub fn open(
        text: &str,
        sealing: &SealingKey,
        workspace: WorkspaceId,
        channel: ChannelId,
        now: Timestamp,
    ) -> Option<Self> {
        let encoded = text.strip_prefix(PREFIX).filter(|_| text.len() <= MAX_TEXT)?;
        let sealed = URL_SAFE_NO_PAD.decode(encoded).ok()?;
        let plain = sealing.open(PURPOSE, &context(workspace, channel), &sealed)?;
        let (visitor, rest) = plain.split_first_chunk()?;
        let (expiry, page) = rest.split_first_chunk()?;
        let page = str::from_utf8(page).ok()?;
        let (origin, identity) = page.split_once(SEPARATOR).map_or((page, None), |(page, who)| (page, Some(who)));
        let session = Self {
            visitor: Uuid::from_bytes(*visitor),
            origin: origin.to_owned(),
            identity: identity.map(serde_json::from_str).transpose().ok()?,
            expires_at: Timestamp::from_millis(u64::from_be_bytes(*expiry)),
        };
        (now < session.expires_at).then_some(session)
    }
}

fn context(workspace: WorkspaceId, channel: ChannelId) -> Vec<u8> {
    [workspace.uuid().as_bytes().as_slice(), channel.uuid().as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn key() -> SealingKey {
        SealingKey::new(&[5; 32])
    }

    fn workspace(number: u128) -> WorkspaceId {
        WorkspaceId::new(Uuid::from_u128(number))
    }

    fn channel(number: u128) -> ChannelId {
        ChannelId::new(Uuid::from_u128(number))
    }

    fn session() -> IntakeSession {
        IntakeSession::begin(Uuid::from_u128(9), "https://shop.example".to_owned(), None, NOW)
    }

    /// As large as the texts may be, though a token has no room for all of that.
    fn identity() -> impl Strategy<Value = Identity> {
        let name = prop::option::of("[a-z]([ -~é]{0,198}[a-z])?");
        ("[!-~]([ -~]{0,252}[!-~])?", prop::option::of("[a-z]{1,60}@[a-z]{1,60}[.]example"), name).prop_map(
            |(uid, email, name)| Identity {
                uid: uid.parse().expect("a uid"),
                email: email.map(|email| email.parse().expect("an address")),
                name: name.map(|name| name.parse().expect("a name")),
            },
        )
    }

    proptest! {
        #[test]
        fn a_session_opens_to_what_it_was_made_of(
            visitor: u128,
            origin in "https://[a-z.:0-9]{1,260}",
            identity in prop::option::of(identity()),
        ) {
            let session = IntakeSession::begin(Uuid::from_u128(visitor), origin, identity, NOW);
            let text = session.seal(&key(), workspace(1), channel(2));
            prop_assert_eq!(IntakeSession::open(&text, &key(), workspace(1), channel(2), NOW), Some(session));
        }

        #[test]
        fn any_other_text_is_none(text in ".*") {
            prop_assert_eq!(IntakeSession::open(&text, &key(), workspace(1), channel(2), NOW), None);
        }
    }

    #[test]
    fn a_session_is_good_for_its_own_workspace_and_channel_only() {
        let text = session().seal(&key(), workspace(1), channel(2));
        let open = |workspace, channel| IntakeSession::open(&text, &key(), workspace, channel, NOW);
        assert!(open(workspace(1), channel(2)).is_some());
        assert!(open(workspace(2), channel(2)).is_none());
        assert!(open(workspace(1), channel(3)).is_none());
    }

    #[test]
    fn a_session_ends_after_thirty_minutes() {
        let text = session().seal(&key(), workspace(1), channel(2));
        let open = |now| IntakeSession::open(&text, &key(), workspace(1), channel(2), now);
        let end = NOW.plus(SESSION_LIFE);
        assert!(open(end.minus(Duration::from_millis(1))).is_some());
        assert!(open(end).is_none());
    }

    #[test]
    fn a_session_outlives_one_rotation_of_the_key() {
        let [old, new, newest] = [5, 6, 7].map(|seed| SealingKey::new(&[seed; 32]));
        let made = |key: &SealingKey| session().seal(key, workspace(1), channel(2));
        let is_open =
            |key: &SealingKey, text: &str| IntakeSession::open(text, key, workspace(1), channel(2), NOW).is_some();
        let rotated = new.clone().with_previous(old.clone());
        assert!(is_open(&rotated, &made(&old)) && is_open(&new, &made(&rotated)));
        assert!(!is_open(&old, &made(&rotated)) && !is_open(&newest.with_previous(new), &made(&old)));
    }

    #[test]
    fn another_key_opens_no_session() {
        let text = session().seal(&SealingKey::new(&[6; 32]), workspace(1), channel(2));
        assert!(IntakeSession::open(&text, &key(), workspace(1), channel(2), NOW).is_none());
    }
}
