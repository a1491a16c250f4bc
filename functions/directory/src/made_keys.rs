//! The keys that go back to a user who leaves: listed when the user is switched off, and
//! ended with `end_keys=true`. Keys that stand for the user are refused without that.

use crate::{
    key_rules::{holders_role, not_above},
    key_view::KeyKind,
};
use lambdesk_api::{auth::Session, problem::Problem};
use lambdesk_domain::{
    id::{ApiKeyId, UserId},
    text::Name,
};
use lambdesk_store_directory::ListedKey;
use lambdesk_table::log_failure;
use serde::Serialize;

/// A key that was made by a user who is switched off, or by a program of theirs.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
#[schemars(rename = "MadeKey")]
pub struct MadeKeyView {
    id: ApiKeyId,
    name: Name,
    kind: KeyKind,
    /// It is refused from now on; other instances may take it for a minute more.
    is_ended: bool,
}

/// The keys of the workspace whose secret this user has been shown, and what becomes of
/// them. In the order in which they were made.
#[derive(Clone, Default)]
pub struct MadeKeys(Vec<(ListedKey, bool)>);

impl MadeKeys {
    /// Those that are still good. To be ended are those of `end` that the caller may
    /// revoke: of users not above themselves.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn of(session: &Session, user: UserId, end: bool) -> Result<Self, Problem> {
        let listed = session.app.directories.api_keys(session.workspace()).await?;
        let good = listed.into_iter().filter(|listed| !listed.key.is_expired(session.now));
        let mut keys = Vec::new();
        for listed in good.filter(|listed| listed.key.goes_back_to(user)) {
            let may = end && listed.key.id != session.key.id && may_revoke(session, &listed).await?;
            keys.push((listed, may));
        }
        Ok(Self(keys))
    }

    /// Ends those that are to be ended, each of them even if another one's end fails. Done
    /// again, it ends what is left.
    ///
    /// # Errors
    /// 503 `unavailable` when the table fails: the change that it belongs to has been made.
    pub async fn end(&self, session: &Session) -> Result<(), Problem> {
        let mut is_left = false;
        for (listed, _) in self.0.iter().filter(|(_, is_ended)| *is_ended) {
            let ended = session.app.directories.revoke_api_key(session.workspace(), listed.key.id, session.now).await;
            if let Err(error) = ended {
                log_failure!(error, key = %listed.key.id, "a key of a user who goes is left");
                is_left = true;
            }
        }
        if is_left { Err(left()) } else { Ok(()) }
    }

    /// As they are answered.
    pub fn views(&self) -> Vec<MadeKeyView> {
        let view = |(listed, is_ended): &(ListedKey, bool)| MadeKeyView {
            id: listed.key.id,
            name: listed.key.name.clone(),
            kind: KeyKind::of(listed.key.holder),
            is_ended: *is_ended,
        };
        self.0.iter().map(view).collect()
    }
}

fn left() -> Problem {
    let detail = "the user is changed or deleted as asked, but not all of the keys could be ended: switch the user off \
                  with end_keys=true once more, or revoke them one by one";
    Problem::unavailable_with(detail)
}

async fn may_revoke(session: &Session, listed: &ListedKey) -> Result<bool, Problem> {
    let role = holders_role(session, &listed.key).await?;
    Ok(role.is_none_or(|role| not_above(role, session).is_ok()))
}
