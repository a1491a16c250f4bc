//! The directory, its unique names, workspaces and API keys.

use crate::support::{Table, workspace};
use lambdesk_domain::{
    access::{AccessRules, Role, Scopes},
    directory::{ApiKey, Category, DeletionPolicy, Entry, KeyHolder, Retention, Tag, User, Workspace},
    id::{ApiKeyId, CategoryId, TagId, UserId},
    time::Timestamp,
};
use lambdesk_store::{CommitError, EntryChange, New, Seen, Store};
use uuid::Uuid;

fn tag(id: u128, name: &str) -> Entry {
    Entry::Tag(Tag { id: TagId::new(Uuid::from_u128(id)), name: name.parse().expect("a name"), color: None })
}

fn settings() -> Workspace {
    Workspace {
        id: workspace(1),
        name: "Ours".parse().expect("a name"),
        access: AccessRules::default(),
        deletion: DeletionPolicy::Trash,
        retention: Retention::default(),
        salt: "salt".to_owned(),
        created_at: Timestamp::EPOCH,
    }
}

fn key(id: u128) -> ApiKey {
    ApiKey {
        id: ApiKeyId::new(Uuid::from_u128(id)),
        workspace_id: workspace(1),
        name: "A key".parse().expect("a name"),
        holder: KeyHolder::Machine,
        scopes: Scopes::ALL,
        expires_at: None,
        created_at: Timestamp::EPOCH,
    }
}

fn owner() -> Entry {
    Entry::User(User {
        id: UserId::new(Uuid::from_u128(1_000)),
        name: "Ada".parse().expect("a name"),
        email: "ada@example.com".parse().expect("an address"),
        role: Role::Owner,
        is_enabled: true,
        picture_url: None,
        timezone: None,
    })
}

/// Makes the workspace with its owner and this key.
async fn create(store: &Store, key: &ApiKey, hash: &str) -> Result<(), CommitError> {
    let new = New::Workspace { workspace: &settings(), owner: &owner(), key, hash };
    store.add(workspace(1), new, None, Timestamp::EPOCH).await
}

async fn with_workspace() -> Table {
    let table = Table::new().await;
    create(&table.store, &key(1), "hash-1").await.expect("it is made");
    table
}

async fn add(store: &Store, entry: &Entry) -> Result<(), CommitError> {
    store.add(workspace(1), New::Entry(entry), None, Timestamp::EPOCH).await
}

async fn add_key(store: &Store, key: &ApiKey, hash: &str) -> Result<(), CommitError> {
    store.add(workspace(1), New::ApiKey { key, hash, holder: None }, None, Timestamp::EPOCH).await
}

/// A tag as it is now.
async fn seen(store: &Store, id: u128) -> Seen<Entry> {
    store.entry(workspace(1), Uuid::from_u128(id)).await.expect("it is read").expect("it is there")
}

/// Replaces or removes an entry as it was seen, and says whether it was still so.
async fn change(store: &Store, seen: &Seen<Entry>, after: Option<&Entry>) -> Result<bool, CommitError> {
    let change = EntryChange { seen, after, witness: None };
    store.change_entry(workspace(1), change, None, Timestamp::EPOCH).await
}

async fn tags(store: &Store) -> Vec<String> {
    let directory = store.fresh_directory(workspace(1)).await.expect("it is read").expect("it is there");
    directory.tags.values().map(|tag| tag.name.to_string()).collect()
}

#[tokio::test]
async fn a_workspace_comes_with_its_owner_and_key_and_is_made_once() {
    let table = with_workspace().await;
    let directory = table.store.directory(workspace(1)).await.expect("it is read").expect("it is there");
    assert_eq!((&directory.workspace, directory.users.len()), (&settings(), 1));
    assert_eq!(table.store.api_key("hash-1").await.expect("it is read"), Some(key(1)));
    let again = create(&table.store, &key(2), "hash-2").await;
    assert!(matches!(again, Err(CommitError::Taken("the workspace"))), "{again:?}");
    assert_eq!(table.store.api_key("hash-2").await.expect("it is read"), None);
    assert!(table.store.directory(workspace(2)).await.expect("it is read").is_none());
}

#[tokio::test]
async fn of_many_who_take_a_name_at_once_one_gets_it() {
    let table = with_workspace().await;
    let additions = (1..=12).map(|id| {
        let (store, entry) = (table.elsewhere(), tag(id, if id % 2 == 0 { "Urgent" } else { "urgent" }));
        async move { add(&store, &entry).await }
    });
    let outcomes = futures_util::future::join_all(additions).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(()) | Err(CommitError::Taken("the name")))));
    assert_eq!(tags(&table.store).await.len(), 1);
    let category = Category { id: CategoryId::new(Uuid::from_u128(50)), name: "urgent".parse().expect("a name") };
    add(&table.store, &Entry::Category(category)).await.expect("names of other kinds don't matter");
}

#[tokio::test]
async fn a_new_name_must_be_free_and_frees_the_old_one() {
    let table = with_workspace().await;
    let store = &table.store;
    for entry in [tag(1, "red"), tag(2, "blue")] {
        add(store, &entry).await.expect("it is added");
    }
    let red = seen(store, 1).await;
    let taken = change(store, &red, Some(&tag(1, "Blue"))).await;
    assert!(matches!(taken, Err(CommitError::Taken("the name"))), "{taken:?}");
    assert!(change(store, &red, Some(&tag(1, "green"))).await.expect("it is renamed"));
    let green = seen(store, 1).await;
    assert!(change(store, &green, Some(&tag(1, "Green"))).await.expect("the same name in other letters"));
    add(store, &tag(3, "red")).await.expect("it is free");
    assert_eq!(tags(store).await, ["Green", "blue", "red"]);
}

#[tokio::test]
async fn who_works_on_an_old_copy_takes_no_name_away() {
    let table = with_workspace().await;
    let store = &table.store;
    add(store, &tag(1, "old")).await.expect("it is added");
    let old = seen(store, 1).await;
    assert!(change(store, &old, Some(&tag(1, "new"))).await.expect("it is renamed"));
    add(store, &tag(2, "old")).await.expect("it is free");
    for after in [None, Some(tag(1, "other"))] {
        assert!(!change(store, &old, after.as_ref()).await.expect("nothing is written"), "{after:?}");
    }
    let taken = add(store, &tag(3, "old")).await;
    assert!(matches!(taken, Err(CommitError::Taken("the name"))), "{taken:?}");
    assert_eq!(tags(store).await, ["new", "old"]);
}

#[tokio::test]
async fn a_removed_entry_frees_its_name_and_cannot_be_changed() {
    let table = with_workspace().await;
    let store = &table.store;
    add(store, &tag(1, "red")).await.expect("it is added");
    let red = seen(store, 1).await;
    assert!(change(store, &red, None).await.expect("it is removed"));
    for after in [None, Some(tag(1, "green"))] {
        assert!(!change(store, &red, after.as_ref()).await.expect("nothing is written"), "{after:?}");
    }
    add(store, &tag(2, "RED")).await.expect("it is free");
    assert_eq!(tags(store).await, ["RED"]);
}

#[tokio::test]
async fn changes_of_this_process_are_seen_at_once() {
    let table = with_workspace().await;
    let directory = async || table.store.directory(workspace(1)).await.expect("it is read").expect("it is there");
    assert!(directory().await.tags.is_empty());
    let store = table.store.metered();
    store.directory(workspace(1)).await.expect("it is read");
    assert_eq!(store.usage().round_trips(), 0, "it is remembered");
    add(&table.store, &tag(1, "red")).await.expect("it is added");
    assert_eq!(directory().await.tags.len(), 1);
    let renamed = Workspace { name: "Theirs".parse().expect("a name"), ..settings() };
    let before = table.store.settings(workspace(1)).await.expect("it is read").expect("it is there");
    assert!(table.store.change_settings(&before, &renamed, Timestamp::EPOCH).await.expect("it is written"));
    assert!(
        !table.store.change_settings(&before, &settings(), Timestamp::EPOCH).await.expect("they are others by now")
    );
    assert_eq!(directory().await.workspace, renamed);
}

#[tokio::test]
async fn a_key_is_found_by_the_hash_of_its_secret_until_it_is_revoked() {
    let table = with_workspace().await;
    add_key(&table.store, &key(2), "hash-2").await.expect("it is added");
    assert_eq!(table.store.remembered_api_key("hash-2"), None);
    assert_eq!(table.store.api_key("hash-2").await.expect("it is read"), Some(key(2)));
    assert_eq!(table.store.remembered_api_key("hash-2"), Some(key(2)));
    assert_eq!(listed(&table.store).await, [key(1), key(2)]);
    assert!(table.store.revoke_api_key(workspace(1), key(2).id, Timestamp::EPOCH).await.expect("it is revoked"));
    assert!(!table.store.revoke_api_key(workspace(1), key(2).id, Timestamp::EPOCH).await.expect("it is gone already"));
    for store in [table.store.clone(), table.elsewhere()] {
        assert_eq!(store.api_key("hash-2").await.expect("it is read"), None);
    }
    assert_eq!(listed(&table.store).await, [key(1)]);
    assert_eq!(table.store.api_key("hash-3").await.expect("it is read"), None);
}

async fn listed(store: &Store) -> Vec<ApiKey> {
    store.api_keys(workspace(1)).await.expect("they are read").into_iter().map(|listed| listed.key).collect()
}

#[tokio::test]
async fn no_two_keys_have_one_secret() {
    let table = with_workspace().await;
    let again = add_key(&table.store, &key(2), "hash-1").await;
    assert!(matches!(again, Err(CommitError::Taken("the key"))), "{again:?}");
    assert_eq!(table.store.api_keys(workspace(1)).await.expect("they are read").len(), 1);
}

#[tokio::test]
async fn ticket_numbers_are_unique_however_many_processes_take_them() {
    let table = Table::new().await;
    let stores: Vec<_> = (0..3).map(|_| table.elsewhere()).collect();
    let taken = (0..60).map(|index| {
        let store = stores[index % 3].clone();
        async move { store.next_number(workspace(1)).await.expect("a number").0 }
    });
    let mut numbers = futures_util::future::join_all(taken).await;
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!((numbers.len(), numbers[0]), (60, 1));
    assert_eq!(stores[0].next_number(workspace(2)).await.expect("a number").0, 1, "each workspace counts by itself");
}
