//! Identifiers. One newtype per thing, so that one can't stand where another belongs.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// The text was no id in its canonical form: a hyphenated UUID, or the digits of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a UUID")]
pub struct InvalidId;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
        #[serde(transparent)]
        #[schemars(inline)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID that the caller made or read from the table.
            #[must_use]
            pub const fn new(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID itself.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                // Braced, URN and bare forms would be second names for the same thing.
                if text.len() != 36 {
                    return Err(InvalidId);
                }
                Uuid::try_parse(text).map(Self).map_err(|_| InvalidId)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                crate::parsed::parsed(from)
            }
        }
    )*};
}

ids! {
    /// A tenant. First in every key, so nothing is ever named without it.
    WorkspaceId
    /// A ticket (`UUIDv7`: sorts by creation).
    TicketId
    /// A message or note (`UUIDv7`: sorts by creation).
    MessageId
    /// A file that comes with a message (`UUIDv7`).
    AttachmentId
    /// A person who writes in.
    ContactId
    /// The business object that a ticket is about.
    AccountId
    /// An export, merge or erasure of a person's data, and its receipt (`UUIDv7`).
    JobId
    /// What follows for all tickets from a deletion or a change elsewhere (`UUIDv7`).
    CascadeId
    /// A way in: a form, a chat, a phone line.
    ChannelId
    /// A person or program of the workspace.
    UserId
    /// A group of users.
    TeamId
    /// A label.
    TagId
    /// A category, in other systems a department.
    CategoryId
    /// A custom field definition.
    FieldId
    /// An API key (its public name; the secret is stored hashed only).
    ApiKeyId
    /// A webhook endpoint.
    EndpointId
    /// One event on its way to one endpoint.
    DeliveryId
    /// An event. Derived from ticket and version, so a replay gives the same one.
    EventId
    /// One request, as answered in `X-Request-Id`.
    RequestId
}

/// A ticket's version: 1 when created, one more with every committed change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Version(pub u64);

impl Version {
    /// What a ticket has right after its creation.
    pub const FIRST: Self = Self(1);

    /// The one after this.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Versions one of which somebody has seen: what `If-Match` names. None is a set that no
/// ticket's version is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionSet(Vec<Version>);

impl VersionSet {
    /// Whether this version is one of them.
    #[must_use]
    pub fn contains(&self, version: Version) -> bool {
        self.0.contains(&version)
    }

    /// The version, where there is just one.
    #[must_use]
    pub fn sole(&self) -> Option<Version> {
        match self.0.as_slice() {
            [version] => Some(*version),
            _ => None,
        }
    }

    /// All of them, each once, the lowest first.
    pub fn iter(&self) -> impl Iterator<Item = Version> {
        self.0.iter().copied()
    }
}

impl From<Version> for VersionSet {
    fn from(version: Version) -> Self {
        Self(vec![version])
    }
}

impl FromIterator<Version> for VersionSet {
    fn from_iter<I: IntoIterator<Item = Version>>(versions: I) -> Self {
        let mut versions: Vec<_> = versions.into_iter().collect();
        versions.sort_unstable();
        versions.dedup();
        Self(versions)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The number people say on the phone: unique in a workspace, gaps allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct TicketNumber(pub u64);

impl FromStr for TicketNumber {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let number = text.parse().ok().filter(|number: &u64| number.to_string() == text);
        number.map(Self).ok_or(InvalidId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_form_names_a_thing() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8057";
        assert_eq!(id.parse::<TicketId>().map(|id| id.to_string()).as_deref(), Ok(id));
        for other in ["01890a5dac96774bbcceb302099a8057", "{01890a5d-ac96-774b-bcce-b302099a8057}", ""] {
            assert_eq!(other.parse::<TicketId>(), Err(InvalidId), "{other}");
        }
        assert_eq!("7".parse(), Ok(TicketNumber(7)));
        for other in ["07", "+7", "-7", "7.0", "", "18446744073709551616"] {
            assert_eq!(other.parse::<TicketNumber>(), Err(InvalidId), "{other}");
        }
    }
}
