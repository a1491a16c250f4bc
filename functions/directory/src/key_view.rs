//! How API keys are shown.

use lambdesk_domain::{
    access::{ActorRef, Scopes},
    directory::{ApiKey, KeyHolder},
    id::{ApiKeyId, ChannelId, UserId},
    text::Name,
    time::Timestamp,
};
use lambdesk_store_directory::ListedKey;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Whom a key stands for: a user with their role, a program, or a program that is bound
/// to one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    User,
    Machine,
    Channel,
}

impl KeyKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Machine => "machine",
            Self::Channel => "channel",
        }
    }

    /// The kind of this name.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::User, Self::Machine, Self::Channel].into_iter().find(|kind| kind.as_str() == word)
    }

    /// The kind of keys that stand for this.
    pub const fn of(holder: KeyHolder) -> Self {
        match holder {
            KeyHolder::User { .. } => Self::User,
            KeyHolder::Machine => Self::Machine,
            KeyHolder::Channel { .. } => Self::Channel,
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A key as answered.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "ApiKey")]
pub struct KeyView {
    id: ApiKeyId,
    pub name: Name,
    pub kind: KeyKind,
    pub user_id: Option<UserId>,
    pub channel_id: Option<ChannelId>,
    scopes: Scopes,
    expires_at: Option<Timestamp>,
    created_at: Timestamp,
    /// Who made it: a user, or a program with a key of its own; null where that is not
    /// recorded.
    pub created_by: Option<ActorRef>,
    /// The beginning of the hour in which it was last used.
    last_used_at: Option<Timestamp>,
    /// Until when its text before the last rotation is taken, too.
    previous_expires_at: Option<Timestamp>,
    /// Its text: in the answer that makes it, and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

impl KeyView {
    /// With its text.
    pub fn shown_once(key: &ApiKey, text: String) -> Self {
        Self { key: Some(text), ..Self::from(key.clone()) }
    }

    /// As it is listed at this time.
    pub fn listed(listed: ListedKey, now: Timestamp) -> Self {
        let previous_expires_at = listed.previous_until.filter(|until| *until > now);
        Self { last_used_at: listed.last_used_at, previous_expires_at, ..Self::from(listed.key) }
    }

    /// With its text, shown this once.
    pub fn with_text(self, text: String) -> Self {
        Self { key: Some(text), ..self }
    }
}

impl From<ApiKey> for KeyView {
    fn from(
        ApiKey { id, workspace_id: _, name, holder, scopes, expires_at, created_at, created_by, rotated_by: _ }: ApiKey,
    ) -> Self {
        let (kind, user_id, channel_id) = match holder {
            KeyHolder::User { user_id } => (KeyKind::User, Some(user_id), None),
            KeyHolder::Machine => (KeyKind::Machine, None, None),
            KeyHolder::Channel { channel_id } => (KeyKind::Channel, None, Some(channel_id)),
        };
        Self {
            id,
            name,
            kind,
            user_id,
            channel_id,
            scopes,
            expires_at,
            created_at,
            created_by: created_by.map(|maker| maker.actor),
            last_used_at: None,
            previous_expires_at: None,
            key: None,
        }
    }
}
