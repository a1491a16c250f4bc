//! What the kinds of entries differ in.

use crate::{
    filter::ListFilter,
    made_keys::MadeKeys,
    uses::{Freed, freed_with},
};
use lambdesk_api::{auth::Session, body::Checker, problem::Problem, query::QueryParameters};
use lambdesk_domain::{
    directory::{Directory, Entry, KeyHolder},
    id::UserId,
    time::Timestamp,
};
use serde::{Serialize, de::DeserializeOwned};
use std::str::FromStr;
use uuid::Uuid;

/// Where the directory keeps entries of a kind: the variant of [`Entry`] with the type of
/// its id, and the part of the [`Directory`] with all of them.
macro_rules! kept_as {
    ($variant:ident($id:ident), $($all:tt)+) => {
        type Id = $id;

        fn uuid(id: $id) -> Uuid {
            id.uuid()
        }

        fn of(entry: Entry) -> Option<Self> {
            if let Entry::$variant(kept) = entry { Some(kept) } else { None }
        }

        fn entry(self) -> Entry {
            Entry::$variant(self)
        }

        fn all(directory: &Directory) -> Vec<Self> {
            directory.$($all)+.cloned().collect()
        }
    };
}

pub(crate) use kept_as;

/// A kind of entry of the directory.
pub trait Kind: Clone + PartialEq + Send + Sync + 'static {
    /// Where they are listed.
    const PATH: &'static str;
    /// Where one is.
    const ITEM_PATH: &'static str;
    /// How many a workspace may have: the directory is read whole.
    const MOST: usize = 1_000;
    /// How one is named in the path.
    type Id: FromStr + Send;
    /// What it is made of, and changed by.
    type Body: DeserializeOwned + Clone + Send + Sync;

    /// The bare id.
    fn uuid(id: Self::Id) -> Uuid;
    /// One of this kind; none if it is of another.
    fn of(entry: Entry) -> Option<Self>;
    /// As an entry.
    fn entry(self) -> Entry;
    /// All of this kind, in any order.
    fn all(directory: &Directory) -> Vec<Self>;
    /// As it is answered to this caller.
    fn view(self, session: &Session) -> impl Serialize;

    /// What its list can be narrowed by.
    fn filter(query: &mut QueryParameters) -> ListFilter<Self>;

    /// A new one; none only if something is wrong, which is told.
    fn create(body: Self::Body, id: Uuid, now: Timestamp, check: &mut Checker) -> Option<Self>;
    /// This one changed by a merge patch.
    fn patch(self, body: Self::Body, check: &mut Checker) -> Self;

    /// Tells of references to entries that are not there, but for those that it has had
    /// before: what it refers to may have been deleted.
    fn refer(&self, _before: Option<&Self>, _directory: &Directory, _check: &mut Checker) {}

    /// What a change takes away that something may use; by default the entry itself
    /// when it is deleted.
    fn freed(before: &Self, after: Option<&Self>) -> Option<Freed> {
        after.is_none().then(|| freed_with(&before.clone().entry()))
    }

    /// Whether the caller may make, change or delete it.
    ///
    /// # Errors
    /// The rule that forbids it.
    fn permit(_before: Option<&Self>, _after: Option<&Self>, _session: &Session) -> Result<(), Problem> {
        Ok(())
    }

    /// Whether this change is one owner less.
    fn loses_owner(_before: &Self, _after: Option<&Self>) -> bool {
        false
    }

    /// The user who can do nothing any more after this change: the keys that they made are
    /// told, and ended where that is asked for.
    fn leaver(&self, _after: Option<&Self>) -> Option<UserId> {
        None
    }

    /// As it is answered when it is a user who leaves these keys behind.
    fn view_without(self, _keys: &MadeKeys, session: &Session) -> impl Serialize {
        self.view(session)
    }

    /// Whose API keys go with it.
    fn key_holder(&self) -> Option<KeyHolder> {
        None
    }
}
