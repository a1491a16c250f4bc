//! Users: people with a role.

use crate::kind::{Kind, patched};
use axum::http::StatusCode;
use lambdesk_api::{
    auth::Session,
    body::{Checker, Input, Unknown},
    problem::Problem,
};
use lambdesk_domain::{
    access::{Actor, Role},
    directory::{Directory, Entry, KeyHolder, User},
    id::UserId,
    text::{EmailAddress, Name, TimeZoneName, WebLink},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct UserBody {
    name: Input<Name>,
    email: Input<EmailAddress>,
    role: Input<Role>,
    picture_url: Input<WebLink>,
    timezone: Input<TimeZoneName>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// A user as answered.
#[derive(Debug, Serialize)]
pub struct UserView {
    id: UserId,
    name: Name,
    email: EmailAddress,
    role: Role,
    picture_url: Option<WebLink>,
    timezone: Option<TimeZoneName>,
}

impl From<User> for UserView {
    fn from(User { id, name, email, role, picture_url, timezone }: User) -> Self {
        Self { id, name, email, role, picture_url, timezone }
    }
}

impl Kind for User {
    const PATH: &'static str = "/v1/users";
    const ITEM_PATH: &'static str = "/v1/users/{user_id}";
    type Id = UserId;
    type Body = UserBody;

    fn uuid(id: UserId) -> Uuid {
        id.uuid()
    }

    fn of(entry: Entry) -> Option<Self> {
        if let Entry::User(user) = entry { Some(user) } else { None }
    }

    fn entry(self) -> Entry {
        Entry::User(self)
    }

    fn all(directory: &Directory) -> Vec<Self> {
        directory.users.values().cloned().collect()
    }

    fn view(self, _: &Session) -> impl Serialize {
        UserView::from(self)
    }

    fn create(body: UserBody, id: Uuid, _: Timestamp, check: &mut Checker) -> Option<Self> {
        let name = check.required("/name", body.name);
        let email = check.required("/email", body.email);
        let role = check.required("/role", body.role);
        let picture_url = check.optional("/picture_url", body.picture_url);
        let timezone = check.optional("/timezone", body.timezone);
        check.unknown("", body.unknown);
        Some(Self { id: UserId::new(id), name: name?, email: email?, role: role?, picture_url, timezone })
    }

    fn patch(self, body: UserBody, check: &mut Checker) -> Self {
        let name = check.present("/name", body.name).unwrap_or(self.name);
        let email = check.present("/email", body.email).unwrap_or(self.email);
        let role = check.present("/role", body.role).unwrap_or(self.role);
        let picture_url = patched(check.field("/picture_url", body.picture_url), self.picture_url);
        let timezone = patched(check.field("/timezone", body.timezone), self.timezone);
        check.unknown("", body.unknown);
        Self { id: self.id, name, email, role, picture_url, timezone }
    }

    fn permit(before: Option<&Self>, after: Option<&Self>, session: &Session) -> Result<(), Problem> {
        before.into_iter().chain(after).try_for_each(|user| not_above(user.role, session))
    }

    fn loses_owner(before: &Self, after: Option<&Self>) -> bool {
        before.role == Role::Owner && after.is_none_or(|after| after.role != Role::Owner)
    }

    fn key_holder(&self) -> Option<KeyHolder> {
        Some(KeyHolder::User { user_id: self.id })
    }
}

/// Holds the caller to roles that are not above their own. A machine ranks as an admin.
///
/// # Errors
/// 403 `role_above_own`.
pub fn not_above(role: Role, session: &Session) -> Result<(), Problem> {
    let own = match &session.actor {
        Actor::User { role, .. } => *role,
        _ => Role::Admin,
    };
    // Roles are in order, the highest first.
    if role >= own {
        return Ok(());
    }
    let detail = "nobody may give, change or take a role above their own";
    Err(Problem::new(StatusCode::FORBIDDEN, "role_above_own", detail))
}
