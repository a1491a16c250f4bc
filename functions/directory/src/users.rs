//! Users: people with a role.

use crate::{
    filter::ListFilter,
    key_rules::not_above,
    kind::{Kind, kept_as},
    made_keys::{MadeKeyView, MadeKeys},
};
use lambdesk_api::{
    auth::Session,
    body::{Checker, Input, Unknown},
    openapi::nullable,
    problem::Problem,
    query::QueryParameters,
};
use lambdesk_domain::{
    access::Role,
    directory::{Directory, Entry, KeyHolder, User},
    id::UserId,
    text::{EmailAddress, Name, TimeZoneName, WebLink},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The fields of a user.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "UserFields")]
pub struct UserBody {
    /// Their name.
    name: Input<Name>,
    /// Their address; unique.
    email: Input<EmailAddress>,
    /// What they may do. Nobody grants a role above their own.
    role: Input<Role>,
    /// Switched on; true when left out. Switched off, they can do nothing and get no more
    /// tickets, but keep those they have.
    is_enabled: Input<bool>,
    /// A picture of them.
    #[schemars(transform = nullable)]
    picture_url: Input<WebLink>,
    /// Their time zone.
    #[schemars(transform = nullable)]
    timezone: Input<TimeZoneName>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// A user as answered.
#[derive(Debug, Serialize, schemars::JsonSchema)]
#[schemars(rename = "User")]
pub struct UserView {
    id: UserId,
    name: Name,
    email: EmailAddress,
    role: Role,
    is_enabled: bool,
    picture_url: Option<WebLink>,
    timezone: Option<TimeZoneName>,
    /// In the answer that switches the user off: the keys that they made, themselves or by
    /// programs, and that are still good. `end_keys=true` ends them.
    #[serde(skip_serializing_if = "Option::is_none")]
    made_keys: Option<Vec<MadeKeyView>>,
}

impl From<User> for UserView {
    fn from(User { id, name, email, role, is_enabled, picture_url, timezone }: User) -> Self {
        Self { id, name, email, role, is_enabled, picture_url, timezone, made_keys: None }
    }
}

impl Kind for User {
    const PATH: &'static str = "/v1/users";
    const ITEM_PATH: &'static str = "/v1/users/{user_id}";
    type Body = UserBody;

    kept_as!(User(UserId), users.values());

    fn view(self, _: &Session) -> impl Serialize {
        UserView::from(self)
    }

    fn filter(query: &mut QueryParameters) -> ListFilter<Self> {
        ListFilter::new()
            .any(query, "role", Role::parse, |user: &Self| Some(user.role))
            .flag(query, "is_enabled", |user| user.is_enabled)
            .named(query, "email", |user| user.email.to_string())
            .named(query, "name", |user| user.name.to_string())
    }

    fn create(body: UserBody, id: Uuid, _: Timestamp, check: &mut Checker) -> Option<Self> {
        let name = check.required("/name", body.name);
        let email = check.required("/email", body.email);
        let role = check.required("/role", body.role);
        let is_enabled = check.present("/is_enabled", body.is_enabled).unwrap_or(true);
        let picture_url = check.optional("/picture_url", body.picture_url);
        let timezone = check.optional("/timezone", body.timezone);
        check.unknown("", body.unknown);
        Some(Self { id: UserId::new(id), name: name?, email: email?, role: role?, is_enabled, picture_url, timezone })
    }

    fn patch(self, body: UserBody, check: &mut Checker) -> Self {
        let name = check.present("/name", body.name).unwrap_or(self.name);
        let email = check.present("/email", body.email).unwrap_or(self.email);
        let role = check.present("/role", body.role).unwrap_or(self.role);
        let is_enabled = check.present("/is_enabled", body.is_enabled).unwrap_or(self.is_enabled);
        let picture_url = check.field("/picture_url", body.picture_url).applied_to(self.picture_url);
        let timezone = check.field("/timezone", body.timezone).applied_to(self.timezone);
        check.unknown("", body.unknown);
        Self { id: self.id, name, email, role, is_enabled, picture_url, timezone }
    }

    fn permit(before: Option<&Self>, after: Option<&Self>, session: &Session) -> Result<(), Problem> {
        before.into_iter().chain(after).try_for_each(|user| not_above(user.role, session))
    }

    fn leaver(&self, after: Option<&Self>) -> Option<UserId> {
        (!after.is_some_and(|after| after.is_enabled)).then_some(self.id)
    }

    fn view_without(self, keys: &MadeKeys, _: &Session) -> impl Serialize {
        UserView { made_keys: Some(keys.views()), ..UserView::from(self) }
    }

    fn loses_owner(before: &Self, after: Option<&Self>) -> bool {
        before.is_active_owner() && !after.is_some_and(Self::is_active_owner)
    }

    fn key_holder(&self) -> Option<KeyHolder> {
        Some(KeyHolder::User { user_id: self.id })
    }
}
