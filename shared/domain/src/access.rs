//! Who acts, what they may do and which tickets they see.

use crate::{
    id::{ApiKeyId, ChannelId, ContactId, MessageId, RequestId, UserId},
    message::{MessageKind, Sender, SenderKind},
    status::{Source, words},
    text::Name,
};
use serde::{Deserialize, Serialize};

mod scope;

pub use scope::{Scope, Scopes};

words! {
    /// What a user of the workspace is.
    Role {
        /// Everything.
        Owner = "owner",
        /// Everything.
        Admin = "admin",
        /// All tickets, or own and unassigned ones, by workspace setting.
        Agent = "agent",
        /// Own tickets only; may not assign.
        Restricted = "restricted",
    }
}

/// Who does something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A user of the workspace.
    User {
        /// Their id.
        id: UserId,
        /// Their name.
        name: Name,
        /// Their role.
        role: Role,
    },
    /// A program with a machine key.
    Machine {
        /// The key.
        key: ApiKeyId,
        /// The key's name.
        name: Name,
    },
    /// A program bound to one channel: a phone system, a widget's server.
    Channel {
        /// The key.
        key: ApiKeyId,
        /// The channel that it is bound to.
        channel: ChannelId,
    },
    /// The customer, through a channel's public side.
    Visitor {
        /// The channel.
        channel: ChannelId,
        /// The contact that they are, once known.
        contact: Option<ContactId>,
        /// The name that they gave.
        name: Option<Name>,
    },
    /// The product itself, on the clock.
    System,
}

/// An actor as it is remembered: kind and id, no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ActorRef {
    /// What kind of party.
    pub kind: SenderKind,
    /// Its id, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<uuid::Uuid>,
}

/// Which tickets an actor sees; the others are as good as absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VisibilityScope {
    /// Every ticket of the workspace.
    All,
    /// Tickets assigned to the user or to nobody.
    OwnAndUnassigned(UserId),
    /// Tickets assigned to the user.
    Own(UserId),
    /// Tickets of one channel.
    Channel(ChannelId),
}

impl VisibilityScope {
    /// Whether a ticket with this assignee and channel is within it.
    #[must_use]
    pub fn covers(self, assignee: Option<UserId>, channel: Option<ChannelId>) -> bool {
        match self {
            Self::All => true,
            Self::OwnAndUnassigned(user) => assignee.is_none_or(|assignee| assignee == user),
            Self::Own(user) => assignee == Some(user),
            Self::Channel(own) => channel == Some(own),
        }
    }
}

words! {
    /// Which tickets agents see.
    AgentVisibility { All = "all", OwnAndUnassigned = "own_and_unassigned", }
}

/// The workspace's settings that bear on access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessRules {
    /// Which tickets agents see.
    pub agent_visibility: AgentVisibility,
    /// Whether agents may assign tickets to others than themselves.
    pub agents_assign_others: bool,
}

impl Default for AccessRules {
    fn default() -> Self {
        Self { agent_visibility: AgentVisibility::All, agents_assign_others: true }
    }
}

/// A rule that forbids what was asked. Its words are the answer's `detail`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Forbidden {
    /// The key lacks this scope.
    #[error("this key lacks the scope {0}")]
    Scope(Scope),
    /// Only owners, admins and machine keys.
    #[error("only owners, admins and machine keys with the scope admin may do this")]
    Administration,
    /// Restricted users don't assign.
    #[error("restricted users may not assign tickets")]
    RestrictedAssigns,
    /// Agents assign to themselves only, by workspace setting.
    #[error("by workspace setting agents may assign tickets to themselves only")]
    AgentAssignsOthers,
    /// Channel keys don't assign.
    #[error("channel keys may not assign tickets")]
    ChannelAssigns,
    /// Contacts and accounts are no channel key's business: it says who asks instead.
    #[error("a channel key may not name a contact or account by its id; from says who asks")]
    ChannelNames,
    /// A channel key stays on its channel.
    #[error("a channel key may only use its own channel")]
    ForeignChannel,
    /// Channel keys create, read and patch; other verbs are for people and machines.
    #[error("channel keys may not do this")]
    ChannelKey,
    /// What the customer said, only those who carry it may say.
    #[error("only programs and channels may write for the customer; a person writes a reply or a note")]
    NotARelay,
    /// A message is its author's.
    #[error("only its author, owners, admins and machine keys with the scope admin may change or delete a message")]
    OthersMessage,
    /// Only a user can be "me".
    #[error("only a user's key can stand for a person")]
    NotAPerson,
}

impl Actor {
    /// As it is remembered.
    #[must_use]
    pub fn reference(&self) -> ActorRef {
        let (kind, id) = match self {
            Self::User { id, .. } => (SenderKind::User, Some(id.uuid())),
            Self::Machine { key, .. } => (SenderKind::Machine, Some(key.uuid())),
            Self::Channel { key, .. } => (SenderKind::Channel, Some(key.uuid())),
            Self::Visitor { contact, .. } => (SenderKind::Contact, contact.map(ContactId::uuid)),
            Self::System => (SenderKind::System, None),
        };
        ActorRef { kind, id }
    }

    /// As the sender of a message.
    #[must_use]
    pub fn sender(&self) -> Sender {
        let ActorRef { kind, id } = self.reference();
        let name = match self {
            Self::User { name, .. } | Self::Machine { name, .. } => Some(name.clone()),
            Self::Visitor { name, .. } => name.clone(),
            Self::Channel { .. } | Self::System => None,
        };
        Sender { kind, id, name }
    }

    /// How a ticket or message that this actor makes came in.
    #[must_use]
    pub const fn source(&self) -> Source {
        match self {
            Self::User { .. } => Source::Agent,
            Self::Machine { .. } | Self::Channel { .. } | Self::System => Source::Api,
            Self::Visitor { .. } => Source::Guest,
        }
    }

    /// The user, when it is one.
    #[must_use]
    pub const fn user(&self) -> Option<UserId> {
        if let Self::User { id, .. } = self { Some(*id) } else { None }
    }

    /// Which tickets it sees.
    #[must_use]
    pub const fn visibility(&self, rules: AccessRules) -> VisibilityScope {
        match (self, rules.agent_visibility) {
            (Self::User { id, role: Role::Restricted, .. }, _) => VisibilityScope::Own(*id),
            (Self::User { id, role: Role::Agent, .. }, AgentVisibility::OwnAndUnassigned) => {
                VisibilityScope::OwnAndUnassigned(*id)
            }
            (Self::Channel { channel, .. } | Self::Visitor { channel, .. }, _) => VisibilityScope::Channel(*channel),
            (Self::User { .. } | Self::Machine { .. } | Self::System, _) => VisibilityScope::All,
        }
    }

    /// Whether it may give a ticket to `to`, or to nobody.
    ///
    /// # Errors
    /// The rule that forbids it.
    pub fn may_assign(&self, to: Option<UserId>, rules: AccessRules) -> Result<(), Forbidden> {
        match self {
            Self::User { role: Role::Restricted, .. } => Err(Forbidden::RestrictedAssigns),
            Self::User { id, role: Role::Agent, .. }
                if !rules.agents_assign_others && to.is_some_and(|to| to != *id) =>
            {
                Err(Forbidden::AgentAssignsOthers)
            }
            Self::Channel { .. } | Self::Visitor { .. } => Err(Forbidden::ChannelAssigns),
            Self::User { .. } | Self::Machine { .. } | Self::System => Ok(()),
        }
    }

    /// Whether it may change the directory, settings and keys.
    ///
    /// # Errors
    /// The rule that forbids it.
    pub const fn may_administer(&self) -> Result<(), Forbidden> {
        match self {
            Self::User { role: Role::Owner | Role::Admin, .. } | Self::Machine { .. } | Self::System => Ok(()),
            Self::User { .. } | Self::Channel { .. } | Self::Visitor { .. } => Err(Forbidden::Administration),
        }
    }
}

/// What one version of a ticket or contact is owed to. Stored with it, so that the
/// event derived from the table's stream can name it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// Who.
    pub actor: ActorRef,
    /// In which request; none on the clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<RequestId>,
    /// Recorded, but without outward effect: no webhook, no automation.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_silent: bool,
    /// What it was, where the changed fields alone don't tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what: Option<What>,
}

impl Cause {
    /// What the product does by itself.
    pub const SYSTEM: Self =
        Self { actor: ActorRef { kind: SenderKind::System, id: None }, request_id: None, is_silent: false, what: None };
}

/// What happened, where the changed fields alone don't tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// A message or note was written.
    Message {
        /// Its id.
        id: MessageId,
        /// Who wrote to whom.
        kind: MessageKind,
    },
    /// A message or note was given another content.
    MessageEdited {
        /// Its id.
        id: MessageId,
        /// Who wrote to whom.
        kind: MessageKind,
    },
    /// A message or note was deleted.
    MessageDeleted {
        /// Its id.
        id: MessageId,
        /// Who wrote to whom.
        kind: MessageKind,
    },
    /// A follow-up came due.
    FollowUpDue,
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn user(role: Role) -> Actor {
        Actor::User { id: UserId::new(Uuid::from_u128(1)), name: "Ada".parse().expect("name"), role }
    }

    #[test]
    fn restricted_users_see_only_their_own_and_never_assign() {
        let (me, other) = (UserId::new(Uuid::from_u128(1)), UserId::new(Uuid::from_u128(2)));
        let visibility = user(Role::Restricted).visibility(AccessRules::default());
        assert!(visibility.covers(Some(me), None));
        assert!(!visibility.covers(None, None) && !visibility.covers(Some(other), None));
        assert_eq!(
            user(Role::Restricted).may_assign(Some(me), AccessRules::default()),
            Err(Forbidden::RestrictedAssigns)
        );
    }

    #[test]
    fn agents_see_and_assign_what_the_workspace_lets_them() {
        let (me, other) = (UserId::new(Uuid::from_u128(1)), UserId::new(Uuid::from_u128(2)));
        let strict = AccessRules { agent_visibility: AgentVisibility::OwnAndUnassigned, agents_assign_others: false };
        let visibility = user(Role::Agent).visibility(strict);
        assert!(
            visibility.covers(Some(me), None) && visibility.covers(None, None) && !visibility.covers(Some(other), None)
        );
        assert_eq!(user(Role::Agent).may_assign(Some(other), strict), Err(Forbidden::AgentAssignsOthers));
        assert_eq!(user(Role::Agent).may_assign(Some(me), strict), Ok(()));
        assert_eq!(user(Role::Admin).visibility(strict), VisibilityScope::All);
    }
}
