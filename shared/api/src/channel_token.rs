//! The public token of a channel: names the channel, and proves nothing but that
//! whoever sends it has seen a page that carries it.
//!
//! `ch_` and 48 bytes in base64url without padding: the workspace's id, the
//! channel's id, and 16 random bytes that a rotation replaces. Because it names
//! its workspace and channel, nothing has to be looked up to find them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use lambdesk_domain::{
    directory::Channel,
    id::{ChannelId, WorkspaceId},
};
use lambdesk_runtime::clock::secret_bytes;
use std::{fmt, str::FromStr};
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

const PREFIX: &str = "ch_";
/// Bytes of an id, and of the random part.
const PART: usize = 16;

/// The text is no channel token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a channel token")]
pub struct InvalidChannelToken;

/// A channel's public token.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ChannelToken {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The channel.
    pub channel: ChannelId,
    /// The random part.
    pub secret: [u8; PART],
}

impl ChannelToken {
    /// A new random part, as a channel keeps it in `token`.
    #[must_use]
    pub fn new_secret() -> String {
        URL_SAFE_NO_PAD.encode(secret_bytes::<PART>())
    }

    /// The token of a channel; none when its random part is not one of ours.
    #[must_use]
    pub fn of(workspace: WorkspaceId, channel: &Channel) -> Option<Self> {
        let secret = URL_SAFE_NO_PAD.decode(&channel.token).ok()?.try_into().ok()?;
        Some(Self { workspace, channel: channel.id, secret })
    }

    /// Whether it is this channel's token as it is now. Takes the same time
    /// wherever the random parts differ.
    #[must_use]
    pub fn matches(&self, channel: &Channel) -> bool {
        let own = Self::of(self.workspace, channel);
        own.is_some_and(|own| own.channel == self.channel && own.secret.ct_eq(&self.secret).into())
    }
}

impl fmt::Display for ChannelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [*self.workspace.uuid().as_bytes(), *self.channel.uuid().as_bytes(), self.secret];
        write!(f, "{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes.as_flattened()))
    }
}

/// The random part stays out of logs.
impl fmt::Debug for ChannelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelToken")
            .field("workspace", &self.workspace)
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}

impl FromStr for ChannelToken {
    type Err = InvalidChannelToken;

    fn from_str(text: &str) -> Result<Self, InvalidChannelToken> {
        let encoded = text.strip_prefix(PREFIX).ok_or(InvalidChannelToken)?;
        // 48 bytes are 64 characters; anything longer need not be decoded.
        if encoded.len() != PART * 4 {
            return Err(InvalidChannelToken);
        }
        let bytes = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| InvalidChannelToken)?;
        match bytes.as_chunks::<PART>() {
            ([workspace, channel, secret], []) => Ok(Self {
                workspace: WorkspaceId::new(Uuid::from_bytes(*workspace)),
                channel: ChannelId::new(Uuid::from_bytes(*channel)),
                secret: *secret,
            }),
            _ => Err(InvalidChannelToken),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambdesk_domain::testing::samples::form;
    use proptest::prelude::*;

    fn channel(id: u128, token: String) -> Channel {
        Channel { token, ..form(ChannelId::new(Uuid::from_u128(id))) }
    }

    proptest! {
        #[test]
        fn a_token_reads_back_and_no_other_spelling_does(workspace: u128, id: u128, secret: [u8; 16], at in 0_usize..67, by in "[A-Za-z0-9_-]") {
            let token = ChannelToken {
                workspace: WorkspaceId::new(Uuid::from_u128(workspace)),
                channel: ChannelId::new(Uuid::from_u128(id)),
                secret,
            };
            let text = token.to_string();
            prop_assert_eq!(text.len(), 67);
            prop_assert_eq!(text.parse(), Ok(token));
            let mut other = text.clone();
            other.replace_range(at..=at, &by);
            prop_assert_eq!(other.parse() == Ok(token), other == text);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "(ch_)?([A-Za-z0-9_-]{63,65}|[A-Za-z0-9_+/=-]{64}|.{0,80})") {
            let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            let is_token = text.strip_prefix("ch_").is_some_and(|rest| rest.len() == 64 && rest.bytes().all(is_digit));
            let read = text.parse::<ChannelToken>().map(|token| token.to_string());
            prop_assert_eq!(read, if is_token { Ok(text) } else { Err(InvalidChannelToken) });
        }
    }

    #[test]
    fn a_token_matches_its_own_channel_until_it_is_rotated() {
        let workspace = WorkspaceId::new(Uuid::from_u128(7));
        let own = channel(1, ChannelToken::new_secret());
        let token = ChannelToken::of(workspace, &own).expect("a token");
        assert!(token.matches(&own));
        assert!(!token.matches(&channel(1, ChannelToken::new_secret())));
        assert!(!token.matches(&channel(2, own.token.clone())));
        assert!(!token.matches(&channel(1, String::new())) && !token.matches(&channel(1, "!".to_owned())));
        assert!(!format!("{token:?}").contains(&own.token));
    }
}
