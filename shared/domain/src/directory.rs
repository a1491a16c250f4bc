//! The directory of a workspace: the small things that tickets refer to.
//!
//! It is read as a whole and cached, so a ticket stores ids and shows names, and
//! a rename is one write.

mod retention;

pub use retention::{Days, Expiry, Retention};

use crate::{
    access::{AccessRules, ActorRef, Role, Scopes},
    custom_field::FieldDefinition,
    id::{ApiKeyId, CategoryId, ChannelId, TagId, TeamId, UserId, WorkspaceId},
    status::{ChannelType, Priority, words},
    text::{Color, EmailAddress, HostPattern, Name, TimeZoneName, WebLink, folded},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A person of the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// Their name.
    pub name: Name,
    /// Their address; unique in the workspace.
    pub email: EmailAddress,
    /// What they may do.
    pub role: Role,
    /// Switched off, they may do nothing and get no more tickets, but stay on those they have.
    #[serde(default = "enabled")]
    pub is_enabled: bool,
    /// A picture of them.
    #[serde(default)]
    pub picture_url: Option<WebLink>,
    /// Their time zone.
    #[serde(default)]
    pub timezone: Option<TimeZoneName>,
}

impl User {
    /// Owns the workspace and can act on it: every workspace keeps at least one such.
    #[must_use]
    pub fn is_active_owner(&self) -> bool {
        self.role == Role::Owner && self.is_enabled
    }
}

const fn enabled() -> bool {
    true
}

/// A group of users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    /// Its id.
    pub id: TeamId,
    /// Its name.
    pub name: Name,
}

/// A label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// Its id.
    pub id: TagId,
    /// Its name.
    pub name: Name,
    /// How lists paint it.
    #[serde(default)]
    pub color: Option<Color>,
}

/// A category, in other systems a department.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    /// Its id.
    pub id: CategoryId,
    /// Its name.
    pub name: Name,
}

words! {
    /// What becomes of an anonymous ticket.
    IntakePolicy {
        /// It is in the lists at once.
        Accept = "accept",
        /// It waits, unprocessed, until someone lets it through.
        Hold = "hold",
    }
}

/// A way in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// Its id.
    pub id: ChannelId,
    /// Its name.
    pub name: Name,
    /// What it is.
    pub kind: ChannelType,
    /// How lists paint it.
    #[serde(default)]
    pub color: Option<Color>,
    /// Switched on: takes new tickets.
    pub is_enabled: bool,
    /// Hosts whose pages may use its public side; empty: none.
    #[serde(default)]
    pub hostnames: Vec<HostPattern>,
    /// What becomes of anonymous tickets.
    pub intake: IntakePolicy,
    /// Refuse senders who are no contacts yet.
    #[serde(default)]
    pub require_existing_contact: bool,
    /// What new tickets get when nothing else is said.
    pub default_priority: Priority,
    /// What further holds for new tickets.
    #[serde(flatten)]
    pub opening: OpeningRules,
    /// The random part of its public token. Names the channel, proves nothing.
    pub token: String,
    /// Which of its identity secrets is in force, counted from 1; 0: none was ever made.
    #[serde(default)]
    pub identity_generation: u32,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What a channel gives to new tickets and asks of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OpeningRules {
    /// The team, when none is named.
    pub default_team: Option<TeamId>,
    /// The category, when none is named.
    pub default_category: Option<CategoryId>,
    /// Refuse tickets of callers with a key that have no category.
    pub require_category: bool,
    /// Refuse tickets of callers with a key that have no contact.
    pub require_contact: bool,
}

words! {
    /// What DELETE does to a ticket.
    DeletionPolicy {
        /// It is refused; spam is the way.
        Off = "off",
        /// Into the trash, restorable until it is purged.
        Trash = "trash",
    }
}

/// The settings of a workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name.
    pub name: Name,
    /// Who sees and assigns what.
    #[serde(flatten)]
    pub access: AccessRules,
    /// What DELETE does to a ticket.
    pub deletion: DeletionPolicy,
    /// How long tickets are kept.
    #[serde(flatten)]
    pub retention: Retention,
    /// Random, made once, never shown: contact ids are derived with it.
    pub salt: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Everything a workspace's tickets refer to.
#[derive(Debug, Clone)]
pub struct Directory {
    /// The settings.
    pub workspace: Workspace,
    /// By id.
    pub users: BTreeMap<UserId, User>,
    /// By id.
    pub teams: BTreeMap<TeamId, Team>,
    /// By id.
    pub tags: BTreeMap<TagId, Tag>,
    /// By id.
    pub categories: BTreeMap<CategoryId, Category>,
    /// By id.
    pub channels: BTreeMap<ChannelId, Channel>,
    /// In order of their keys.
    pub fields: Vec<FieldDefinition>,
}

impl Directory {
    /// One without entries.
    #[must_use]
    pub const fn new(workspace: Workspace) -> Self {
        Self {
            workspace,
            users: BTreeMap::new(),
            teams: BTreeMap::new(),
            tags: BTreeMap::new(),
            categories: BTreeMap::new(),
            channels: BTreeMap::new(),
            fields: Vec::new(),
        }
    }

    /// What a channel gives to new tickets and asks of them: without a team or category that
    /// has been deleted.
    #[must_use]
    pub fn opening_of(&self, channel: &Channel) -> OpeningRules {
        let OpeningRules { default_team, default_category, .. } = channel.opening;
        OpeningRules {
            default_team: default_team.filter(|team| self.teams.contains_key(team)),
            default_category: default_category.filter(|category| self.categories.contains_key(category)),
            ..channel.opening.clone()
        }
    }

    /// Adds one entry as it was stored.
    pub fn insert(&mut self, entry: Entry) {
        match entry {
            Entry::User(user) => drop(self.users.insert(user.id, user)),
            Entry::Team(team) => drop(self.teams.insert(team.id, team)),
            Entry::Tag(tag) => drop(self.tags.insert(tag.id, tag)),
            Entry::Category(category) => drop(self.categories.insert(category.id, category)),
            Entry::Channel(channel) => drop(self.channels.insert(channel.id, channel)),
            Entry::Field(field) => self.fields.push(field),
        }
    }

    /// A tag by its name, without regard to case.
    #[must_use]
    pub fn tag_named(&self, name: &str) -> Option<&Tag> {
        let name = folded(name);
        self.tags.values().find(|tag| folded(tag.name.as_str()) == name)
    }

    /// A category by its name, without regard to case.
    #[must_use]
    pub fn category_named(&self, name: &str) -> Option<&Category> {
        let name = folded(name);
        self.categories.values().find(|category| folded(category.name.as_str()) == name)
    }
}

/// One entry of the directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "entry", rename_all = "snake_case")]
pub enum Entry {
    /// A person of the workspace.
    User(User),
    /// A group of users.
    Team(Team),
    /// A label.
    Tag(Tag),
    /// A category.
    Category(Category),
    /// A way in.
    Channel(Channel),
    /// The definition of a custom field.
    Field(FieldDefinition),
}

impl Entry {
    /// The id, whatever kind it is of.
    #[must_use]
    pub const fn id(&self) -> uuid::Uuid {
        match self {
            Self::User(user) => user.id.uuid(),
            Self::Team(team) => team.id.uuid(),
            Self::Tag(tag) => tag.id.uuid(),
            Self::Category(category) => category.id.uuid(),
            Self::Channel(channel) => channel.id.uuid(),
            Self::Field(field) => field.id.uuid(),
        }
    }

    /// Its kind, as it is stored.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Team(_) => "team",
            Self::Tag(_) => "tag",
            Self::Category(_) => "category",
            Self::Channel(_) => "channel",
            Self::Field(_) => "field",
        }
    }

    /// What must be unique among entries of its kind: the address, key or name as
    /// names are compared.
    #[must_use]
    pub fn unique_name(&self) -> String {
        let name = match self {
            Self::User(user) => user.email.as_str(),
            Self::Team(team) => team.name.as_str(),
            Self::Tag(tag) => tag.name.as_str(),
            Self::Category(category) => category.name.as_str(),
            Self::Channel(channel) => channel.name.as_str(),
            Self::Field(field) => field.key.as_str(),
        };
        folded(name)
    }
}

/// Whom a key stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum KeyHolder {
    /// A user, with that user's role.
    User {
        /// Who.
        user_id: UserId,
    },
    /// A program.
    Machine,
    /// A program bound to one channel.
    Channel {
        /// Which one.
        channel_id: ChannelId,
    },
}

/// Who has been shown the secret of a key: whoever made it, or gave it another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyMaker {
    /// Who asked: a user, or a program with a key of its own.
    #[serde(flatten)]
    pub actor: ActorRef,
    /// The user behind it: that user, or whoever is behind the program's key; none where
    /// that is not recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
}

/// An API key as it is stored: by the hash of its secret, which is shown once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// Whose tenant it opens.
    pub workspace_id: WorkspaceId,
    /// Its name.
    pub name: Name,
    /// Whom it stands for.
    #[serde(flatten)]
    pub holder: KeyHolder,
    /// What it is narrowed to.
    pub scopes: Scopes,
    /// From then on it is refused.
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it; none of a workspace's first, and of those from before that was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<KeyMaker>,
    /// Who gave it the secret that it has; none while it has its first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotated_by: Option<KeyMaker>,
}

impl ApiKey {
    /// Whether this user has been shown a secret of it, themselves or through programs.
    #[must_use]
    pub fn goes_back_to(&self, user: UserId) -> bool {
        self.created_by.into_iter().chain(self.rotated_by).any(|maker| maker.user == Some(user))
    }

    /// Whoever makes something with this key: of a user's that user, else whoever was
    /// shown its secret last.
    #[must_use]
    pub fn responsible(&self) -> Option<UserId> {
        match self.holder {
            KeyHolder::User { user_id } => Some(user_id),
            KeyHolder::Machine | KeyHolder::Channel { .. } => self.rotated_by.or(self.created_by)?.user,
        }
    }

    /// Whether it is good for longer than another: no key makes one that outlives it.
    #[must_use]
    pub fn outlives(&self, other: &Self) -> bool {
        match (self.expires_at, other.expires_at) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(own), Some(others)) => own > others,
        }
    }

    /// Whether it is refused at this time.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|expiry| expiry <= now)
    }
}
