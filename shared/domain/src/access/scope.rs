//! The scopes of a key: what it may be narrowed to.

use crate::status::words;
use serde::{Deserialize, Serialize};

words! {
    /// One thing that a key may be narrowed to.
    // A key's scopes stand in the order of their codes, a digit each.
    Scope {
        TicketsRead = "tickets:read" as '0',
        TicketsWrite = "tickets:write" as '1',
        ContactsRead = "contacts:read" as '2',
        ContactsWrite = "contacts:write" as '3',
        WebhooksRead = "webhooks:read" as '4',
        WebhooksWrite = "webhooks:write" as '5',
        /// The directory, settings and keys. Grants nothing to roles that may not anyway.
        Admin = "admin" as '6',
    }
}

/// A set of scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// Every scope.
    pub const ALL: Self = Self(0b111_1111);

    /// Whether `scope` is granted.
    #[must_use]
    pub const fn allow(self, scope: Scope) -> bool {
        self.0 & Self::bit(scope) != 0
    }

    /// The granted ones in order.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        ('0'..='7').filter_map(Scope::from_code).filter(move |scope| self.allow(*scope))
    }

    const fn bit(scope: Scope) -> u8 {
        1 << (scope.code() as u8 - b'0')
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | Self::bit(scope)))
    }
}

impl Serialize for Scopes {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.iter())
    }
}

impl schemars::JsonSchema for Scopes {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Scopes".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let scope = generator.subschema_for::<Scope>();
        schemars::json_schema!({ "type": "array", "items": scope, "uniqueItems": true })
    }
}

impl<'de> Deserialize<'de> for Scopes {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Vec::<Scope>::deserialize(from)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_read_back_as_written() {
        for scope in Scope::ALL {
            let scopes: Scopes = [*scope].into_iter().collect();
            let json = serde_json::to_string(&scopes).expect("json");
            assert_eq!(serde_json::from_str::<Scopes>(&json).expect("scopes"), scopes);
        }
        assert_eq!(Scope::ALL.iter().copied().collect::<Scopes>(), Scopes::ALL);
    }
}
