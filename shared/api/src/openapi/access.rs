//! Who may call an operation: the scopes that a key must have, and whose keys are let in.

use lambdesk_domain::access::Scope;
use serde_json::{Map, Value as Json, json};

/// What a key must be like.
#[derive(Debug, Clone, Copy)]
pub struct Access {
    /// It has all of these scopes.
    pub scopes: &'static [Scope],
    /// It is the key of one of these.
    pub callers: Callers,
    /// Or it has this one, and is of whoever administers.
    pub or: Option<Scope>,
}

/// Whose keys are let in.
#[derive(Debug, Clone, Copy)]
pub enum Callers {
    /// Everybody's.
    All,
    /// Those of users.
    Users,
    /// All but those of channels.
    Staff,
    /// All but those of channels and of restricted users.
    FullStaff,
    /// Those that see all tickets of the workspace: also an agent's, where the workspace lets
    /// agents see all.
    SeeingAll,
    /// Those that administer.
    Admins,
}

impl Callers {
    /// As the description names them: roles of users, and kinds of keys.
    const fn words(self) -> &'static [&'static str] {
        match self {
            Self::All => &["owner", "admin", "agent", "restricted", "machine", "channel"],
            Self::Users => &["owner", "admin", "agent", "restricted"],
            Self::Staff => &["owner", "admin", "agent", "restricted", "machine"],
            Self::FullStaff | Self::SeeingAll => &["owner", "admin", "agent", "machine"],
            Self::Admins => &["owner", "admin", "machine"],
        }
    }
}

impl Access {
    /// With one scope.
    #[must_use]
    pub const fn of(scopes: &'static [Scope], callers: Callers) -> Self {
        Self { scopes, callers, or: None }
    }

    /// Or, in place of all that, a scope of whoever administers.
    #[must_use]
    pub const fn or(mut self, scope: Scope) -> Self {
        self.or = Some(scope);
        self
    }

    /// Tells it: in words at the end of the description, and as `x-required-scope` (a list
    /// in one text, as RFC 6749 section 3.3 writes scopes) and `x-required-roles`.
    pub(super) fn tell(self, members: &mut Map<String, Json>) {
        let scopes: Vec<_> = self.scopes.iter().map(|scope| scope.as_str()).collect();
        let quoted: Vec<_> = scopes.iter().map(|scope| format!("`{scope}`")).collect();
        let needed = if quoted.len() == 1 { "the scope" } else { "the scopes" };
        let limit = match self.callers {
            Callers::SeeingAll => ", whoever sees all tickets of the workspace",
            _ => "",
        };
        let or = self.or.map(|scope| format!(", or `{scope}`")).unwrap_or_default();
        let sentence = format!(
            "Needs {needed} {}{or}; for keys of: {}{limit}.",
            quoted.join(" and "),
            self.callers.words().join(", ")
        );
        let before = members.get("description").and_then(Json::as_str).map(|about| format!("{about}\n\n"));
        members.insert("description".to_owned(), (before.unwrap_or_default() + &sentence).into());
        members.insert("x-required-scope".to_owned(), scopes.join(" ").into());
        members.extend(self.or.map(|scope| ("x-alternative-scope".to_owned(), scope.as_str().into())));
        members.insert("x-required-roles".to_owned(), json!(self.callers.words()));
    }
}
