//! Cursors: a position in a list, sealed for one workspace, route and query.

use crate::{
    normal_form::QueryHash,
    problem::{FieldError, Problem},
    seal::{SealingKey, prefixed},
};
use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use lambdesk_domain::id::WorkspaceId;

const PURPOSE: &str = "cursor";

/// The longest cursor that is looked at, in characters; ours are far shorter.
pub const MAX_CURSOR: usize = 2048;

/// Which way a list goes on from a cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// To the next page.
    Forward,
    /// To the previous page.
    Backward,
}

impl Direction {
    const fn letter(self) -> char {
        match self {
            Self::Forward => 'f',
            Self::Backward => 'b',
        }
    }

    const fn of(letter: char) -> Option<Self> {
        match letter {
            'f' => Some(Self::Forward),
            'b' => Some(Self::Backward),
            _ => None,
        }
    }
}

/// Seals a position, a text of at most about 1,500 bytes. `route` is the list's
/// path template and `query` the hash of all that selects and sorts its rows
/// (without cursor and limit); both only bind, they are not in the cursor.
#[must_use]
pub fn seal_cursor(
    key: &SealingKey,
    workspace: WorkspaceId,
    route: &'static str,
    query: QueryHash,
    position: &str,
    direction: Direction,
) -> String {
    let text = format!("{}{position}", direction.letter());
    let sealed = key.seal(PURPOSE, &context(workspace, route, query), text.as_bytes());
    URL_SAFE_NO_PAD.encode(sealed)
}

/// The position, and the direction to read in.
///
/// # Errors
/// 400 `invalid_cursor` for one of another workspace, route or query, an altered
/// one, or anything else: never says which.
pub fn open_cursor(
    key: &SealingKey,
    workspace: WorkspaceId,
    route: &'static str,
    query: QueryHash,
    cursor: &str,
) -> Result<(String, Direction), Problem> {
    open(key, &context(workspace, route, query), cursor).ok_or_else(invalid_cursor)
}

fn open(key: &SealingKey, context: &[u8], cursor: &str) -> Option<(String, Direction)> {
    if cursor.len() > MAX_CURSOR {
        return None;
    }
    let sealed = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let text = String::from_utf8(key.open(PURPOSE, context, &sealed)?).ok()?;
    let mut characters = text.chars();
    let direction = Direction::of(characters.next()?)?;
    Some((characters.as_str().to_owned(), direction))
}

/// 400: for positions that open but make no sense to the list, too.
#[must_use]
pub fn invalid_cursor() -> Problem {
    let detail = "the cursor is not one of this list with this filter";
    let error = FieldError::new("?cursor", "invalid_cursor", "use the cursors of this list's answers as they are");
    Problem::new(StatusCode::BAD_REQUEST, "invalid_cursor", detail).with_errors(vec![error])
}

fn context(workspace: WorkspaceId, route: &str, query: QueryHash) -> Vec<u8> {
    prefixed(&[workspace.uuid().as_bytes(), route.as_bytes(), query.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normal_form::NormalForm;
    use proptest::prelude::*;
    use serde_json::json;
    use uuid::Uuid;

    const ROUTE: &str = "/v1/tickets";

    fn key() -> SealingKey {
        SealingKey::new(&[3; 32])
    }

    fn workspace(number: u128) -> WorkspaceId {
        WorkspaceId::new(Uuid::from_u128(number))
    }

    fn query(text: &str) -> QueryHash {
        NormalForm::of(&json!(text)).hash()
    }

    proptest! {
        #[test]
        fn a_cursor_opens_to_what_it_was_made_of(filter in ".*", position in ".{0,200}", back: bool) {
            let direction = if back { Direction::Backward } else { Direction::Forward };
            let cursor = seal_cursor(&key(), workspace(1), ROUTE, query(&filter), &position, direction);
            prop_assert!(cursor.len() <= MAX_CURSOR);
            prop_assert!(cursor.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'));
            let opened = open_cursor(&key(), workspace(1), ROUTE, query(&filter), &cursor).expect("ours");
            prop_assert_eq!(opened, (position, direction));
        }

        #[test]
        fn a_cursor_with_any_character_altered_is_refused(at: prop::sample::Index, other in "[A-Za-z0-9_-]") {
            let mut cursor = seal_cursor(&key(), workspace(1), ROUTE, query(""), "position", Direction::Forward);
            let at = at.index(cursor.len());
            prop_assume!(cursor[at..=at] != other);
            cursor.replace_range(at..=at, &other);
            prop_assert!(open_cursor(&key(), workspace(1), ROUTE, query(""), &cursor).is_err());
        }

        #[test]
        fn any_other_text_is_a_bad_request(text in ".*") {
            let problem = open_cursor(&key(), workspace(1), ROUTE, query(""), &text).expect_err("not ours");
            prop_assert_eq!((problem.status(), problem.code()), (StatusCode::BAD_REQUEST, "invalid_cursor"));
        }
    }

    #[test]
    fn a_cursor_is_good_for_its_own_workspace_route_and_query_only() {
        let cursor = seal_cursor(&key(), workspace(1), ROUTE, query("status=open"), "position", Direction::Forward);
        assert!(open_cursor(&key(), workspace(1), ROUTE, query("status=open"), &cursor).is_ok());
        assert!(open_cursor(&key(), workspace(2), ROUTE, query("status=open"), &cursor).is_err());
        assert!(open_cursor(&key(), workspace(1), "/v1/events", query("status=open"), &cursor).is_err());
        assert!(open_cursor(&key(), workspace(1), ROUTE, query("status=spam"), &cursor).is_err());
    }

    #[test]
    fn a_cursor_outlives_one_rotation_of_the_key() {
        let [old, new, newest] = [3, 4, 5].map(|seed| SealingKey::new(&[seed; 32]));
        let made = |key: &SealingKey| seal_cursor(key, workspace(1), ROUTE, query(""), "position", Direction::Forward);
        let is_open = |key: &SealingKey, cursor: &str| open_cursor(key, workspace(1), ROUTE, query(""), cursor).is_ok();
        let rotated = new.clone().with_previous(old.clone());
        assert!(is_open(&rotated, &made(&old)) && is_open(&new, &made(&rotated)));
        assert!(!is_open(&old, &made(&rotated)) && !is_open(&newest.with_previous(new), &made(&old)));
    }

    #[test]
    fn an_endless_cursor_is_not_even_decoded() {
        let long = seal_cursor(&key(), workspace(1), ROUTE, query(""), &"x".repeat(2000), Direction::Forward);
        assert!(open_cursor(&key(), workspace(1), ROUTE, query(""), &long).is_err());
    }
}
