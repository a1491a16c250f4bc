//! What a key may grant: never more than its maker has, for no longer, and everybody is
//! told who made it.

use axum::http::StatusCode;
use lambdesk_api::{
    auth::Session,
    body::Checker,
    problem::{FieldError, Problem},
};
use lambdesk_domain::{
    access::{Actor, Forbidden, Role, Scopes},
    directory::{ApiKey, Entry, KeyHolder, KeyMaker},
    patch::Field,
    time::Timestamp,
};
use lambdesk_table::Versioned;

/// Who makes a key, or gives it another secret.
pub fn maker(session: &Session) -> KeyMaker {
    KeyMaker { actor: session.actor.reference(), user: session.key.responsible() }
}

/// A key never grants more than its maker has.
///
/// # Errors
/// 403 naming the scope or the role.
pub fn may_grant(session: &Session, scopes: Scopes, role: Option<Role>) -> Result<(), Problem> {
    if let Some(scope) = scopes.iter().find(|scope| !session.key.scopes.allow(*scope)) {
        return Err(Forbidden::Scope(scope).into());
    }
    role.map_or(Ok(()), |role| not_above(role, session))
}

/// When a new key ends: when that is left out, with its maker's.
///
/// # Errors
/// None here; an end that is past or later than the maker's is told to the checker.
pub fn end_of_new(asked: &Field<Timestamp>, session: &Session, check: &mut Checker) -> Option<Timestamp> {
    let end = match *asked {
        Field::Keep => return session.key.expires_at,
        Field::Clear => None,
        Field::Set(end) => Some(end),
    };
    if end.is_some_and(|end| end <= session.now) {
        check.error("/expires_at", "past", "must be in the future");
    }
    let as_asked = ApiKey { expires_at: end, ..session.key.clone() };
    if as_asked.outlives(&session.key) {
        let (pointer, code, detail) = TOO_LATE;
        check.error(pointer, code, detail);
    }
    end
}

const TOO_LATE: (&str, &str, &str) =
    ("/expires_at", "later_than_own", "must not be later than the end of the key that asks");

/// Holds a change of a key to giving nothing that lasts longer than the key that asks: no
/// later end, and beyond the own end no more scopes.
///
/// # Errors
/// 422 for a later end, 403 `outlives_own` for more scopes.
pub fn may_change(session: &Session, before: &ApiKey, after: &ApiKey) -> Result<(), Problem> {
    if after.outlives(&session.key) && after.outlives(before) {
        let (pointer, code, detail) = TOO_LATE;
        return Err(Problem::invalid(vec![FieldError::new(pointer, code, detail)]));
    }
    let is_wider = after.scopes.iter().any(|scope| !before.scopes.allow(scope));
    if is_wider { may_prolong(session, after) } else { Ok(()) }
}

/// Holds what gives somebody the use of a key to keys that end no later than the one
/// that asks: the secret before a rotation, which is good for some hours more, gets no
/// other one.
///
/// # Errors
/// 403 `outlives_own`.
pub fn may_prolong(session: &Session, key: &ApiKey) -> Result<(), Problem> {
    if !key.outlives(&session.key) {
        return Ok(());
    }
    let detail = "the key that asks ends before this one: what it gives can't last longer than itself";
    Err(Problem::new(StatusCode::FORBIDDEN, "outlives_own", detail))
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

/// The role of the user that a key stands for; none if it is another's or gone.
pub async fn holders_role(session: &Session, key: &ApiKey) -> Result<Option<Role>, Problem> {
    let (role, _) = read_holder(session, Some(key.holder), &mut Checker::new()).await?;
    Ok(role)
}

/// The entry that a key stands for as it is now, and its role if it is a user.
pub async fn read_holder(
    session: &Session,
    holder: Option<KeyHolder>,
    check: &mut Checker,
) -> Result<(Option<Role>, Option<Versioned<Entry>>), Problem> {
    let (pointer, id) = match holder {
        Some(KeyHolder::User { user_id }) => ("/user_id", user_id.uuid()),
        Some(KeyHolder::Channel { channel_id }) => ("/channel_id", channel_id.uuid()),
        Some(KeyHolder::Machine) | None => return Ok((None, None)),
    };
    let entry = session.app.directories.entry(session.workspace(), id).await?;
    match (holder, entry.as_ref().map(|entry| &entry.value)) {
        (Some(KeyHolder::User { .. }), Some(Entry::User(user))) => Ok((Some(user.role), entry)),
        (Some(KeyHolder::Channel { .. }), Some(Entry::Channel(_))) => Ok((None, entry)),
        _ => {
            check.error(pointer, "no_such_reference", "there is no such user or channel");
            Ok((None, None))
        }
    }
}
