//! The directory, its unique names, workspaces and API keys.

use lambdesk_domain::{
    access::{AccessRules, Role, Scopes},
    directory::{ApiKey, Category, DeletionPolicy, Entry, KeyHolder, Retention, Tag, User, Workspace},
    id::{ApiKeyId, CategoryId, TagId, UserId},
    time::Timestamp,
};
use lambdesk_store_directory::{AddKeyError, Directories, EntryChange, EntryError, NewApiKey, NewWorkspace};
use lambdesk_table::{Versioned, measured};
use lambdesk_testkit::{TestTable, workspace};
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
        created_by: None,
        rotated_by: None,
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
async fn create(directories: &Directories, key: &ApiKey, hash: &str) -> Result<(), EntryError> {
    let new = NewWorkspace { workspace: &settings(), owner: &owner(), key, hash };
    directories.add_workspace(workspace(1), new, None, Timestamp::EPOCH).await
}

async fn with_workspace() -> TestTable {
    let table = TestTable::new().await;
    create(&table.store.directories, &key(1), "hash-1").await.expect("it is made");
    table
}

async fn add(directories: &Directories, entry: &Entry) -> Result<(), EntryError> {
    directories.add_entry(workspace(1), entry, None, Timestamp::EPOCH).await
}

async fn add_key(directories: &Directories, key: &ApiKey, hash: &str) -> Result<(), AddKeyError> {
    directories.add_api_key(NewApiKey { key, hash, holder: None }, None, Timestamp::EPOCH).await
}

/// A tag as it is now.
async fn read(directories: &Directories, id: u128) -> Versioned<Entry> {
    directories.entry(workspace(1), Uuid::from_u128(id)).await.expect("it is read").expect("it is there")
}

/// Replaces or removes an entry as it was read, and says whether it was still so.
async fn change(
    directories: &Directories,
    before: &Versioned<Entry>,
    after: Option<&Entry>,
) -> Result<bool, EntryError> {
    let change = EntryChange { before, after, co_condition: None, beside: Vec::new() };
    directories.change_entry(workspace(1), change, None, Timestamp::EPOCH).await
}

async fn tags(directories: &Directories) -> Vec<String> {
    let directory = directories.fresh_directory(workspace(1)).await.expect("it is read").expect("it is there");
    directory.tags.values().map(|tag| tag.name.to_string()).collect()
}

#[tokio::test]
async fn a_workspace_comes_with_its_owner_and_key_and_is_made_once() {
    let table = with_workspace().await;
    let directory = table.store.directories.directory(workspace(1)).await.expect("it is read").expect("it is there");
    assert_eq!((&directory.workspace, directory.users.len()), (&settings(), 1));
    assert_eq!(table.store.directories.api_key("hash-1").await.expect("it is read"), Some(key(1)));
    let again = create(&table.store.directories, &key(2), "hash-2").await;
    assert!(matches!(again, Err(EntryError::Taken("the workspace"))), "{again:?}");
    assert_eq!(table.store.directories.api_key("hash-2").await.expect("it is read"), None);
    assert!(table.store.directories.directory(workspace(2)).await.expect("it is read").is_none());
}

#[tokio::test]
async fn of_many_who_take_a_name_at_once_one_gets_it() {
    let table = with_workspace().await;
    let additions = (1..=12).map(|id| {
        let (directories, entry) =
            (table.elsewhere().directories, tag(id, if id % 2 == 0 { "Urgent" } else { "urgent" }));
        async move { add(&directories, &entry).await }
    });
    let outcomes = futures_util::future::join_all(additions).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(()) | Err(EntryError::Taken("the name")))));
    assert_eq!(tags(&table.store.directories).await.len(), 1);
    let category = Category { id: CategoryId::new(Uuid::from_u128(50)), name: "urgent".parse().expect("a name") };
    add(&table.store.directories, &Entry::Category(category)).await.expect("names of other kinds don't matter");
}

#[tokio::test]
async fn a_new_name_must_be_free_and_frees_the_old_one() {
    let table = with_workspace().await;
    let directories = &table.store.directories;
    for entry in [tag(1, "red"), tag(2, "blue")] {
        add(directories, &entry).await.expect("it is added");
    }
    let red = read(directories, 1).await;
    let taken = change(directories, &red, Some(&tag(1, "Blue"))).await;
    assert!(matches!(taken, Err(EntryError::Taken("the name"))), "{taken:?}");
    assert!(change(directories, &red, Some(&tag(1, "green"))).await.expect("it is renamed"));
    let green = read(directories, 1).await;
    assert!(change(directories, &green, Some(&tag(1, "Green"))).await.expect("the same name in other letters"));
    add(directories, &tag(3, "red")).await.expect("it is free");
    assert_eq!(tags(directories).await, ["Green", "blue", "red"]);
}

#[tokio::test]
async fn who_works_on_an_old_copy_takes_no_name_away() {
    let table = with_workspace().await;
    let directories = &table.store.directories;
    add(directories, &tag(1, "old")).await.expect("it is added");
    let old = read(directories, 1).await;
    assert!(change(directories, &old, Some(&tag(1, "new"))).await.expect("it is renamed"));
    add(directories, &tag(2, "old")).await.expect("it is free");
    for after in [None, Some(tag(1, "other"))] {
        assert!(!change(directories, &old, after.as_ref()).await.expect("nothing is written"), "{after:?}");
    }
    let taken = add(directories, &tag(3, "old")).await;
    assert!(matches!(taken, Err(EntryError::Taken("the name"))), "{taken:?}");
    assert_eq!(tags(directories).await, ["new", "old"]);
}

#[tokio::test]
async fn a_removed_entry_frees_its_name_and_cannot_be_changed() {
    let table = with_workspace().await;
    let directories = &table.store.directories;
    add(directories, &tag(1, "red")).await.expect("it is added");
    let red = read(directories, 1).await;
    assert!(change(directories, &red, None).await.expect("it is removed"));
    for after in [None, Some(tag(1, "green"))] {
        assert!(!change(directories, &red, after.as_ref()).await.expect("nothing is written"), "{after:?}");
    }
    add(directories, &tag(2, "RED")).await.expect("it is free");
    assert_eq!(tags(directories).await, ["RED"]);
}

#[tokio::test]
async fn changes_of_this_process_are_seen_at_once() {
    let table = with_workspace().await;
    let directory =
        async || table.store.directories.directory(workspace(1)).await.expect("it is read").expect("it is there");
    assert!(directory().await.tags.is_empty());
    let (_, usage) = measured(table.store.directories.directory(workspace(1))).await;
    assert_eq!(usage.round_trips(), 0, "it is cached");
    add(&table.store.directories, &tag(1, "red")).await.expect("it is added");
    assert_eq!(directory().await.tags.len(), 1);
    let renamed = Workspace { name: "Theirs".parse().expect("a name"), ..settings() };
    let before = table.store.directories.settings(workspace(1)).await.expect("it is read").expect("it is there");
    assert!(table.store.directories.change_settings(&before, &renamed, Timestamp::EPOCH).await.expect("it is written"));
    let again = table.store.directories.change_settings(&before, &settings(), Timestamp::EPOCH).await;
    assert!(!again.expect("they are others by now"));
    assert_eq!(directory().await.workspace, renamed);
}

#[tokio::test]
async fn a_key_is_found_by_the_hash_of_its_secret_until_it_is_revoked() {
    let table = with_workspace().await;
    add_key(&table.store.directories, &key(2), "hash-2").await.expect("it is added");
    assert_eq!(table.store.directories.cached_api_key("hash-2"), None);
    assert_eq!(table.store.directories.api_key("hash-2").await.expect("it is read"), Some(key(2)));
    assert_eq!(table.store.directories.cached_api_key("hash-2"), Some(key(2)));
    assert_eq!(listed(&table.store.directories).await, [key(1), key(2)]);
    assert!(
        table.store.directories.revoke_api_key(workspace(1), key(2).id, Timestamp::EPOCH).await.expect("it is revoked")
    );
    assert!(
        !table
            .store
            .directories
            .revoke_api_key(workspace(1), key(2).id, Timestamp::EPOCH)
            .await
            .expect("it is gone already")
    );
    for directories in [table.store.directories.clone(), table.elsewhere().directories] {
        assert_eq!(directories.api_key("hash-2").await.expect("it is read"), None);
    }
    assert_eq!(listed(&table.store.directories).await, [key(1)]);
    assert_eq!(table.store.directories.api_key("hash-3").await.expect("it is read"), None);
}

async fn listed(directories: &Directories) -> Vec<ApiKey> {
    directories.api_keys(workspace(1)).await.expect("they are read").into_iter().map(|listed| listed.key).collect()
}

#[tokio::test]
async fn no_two_keys_have_one_secret() {
    let table = with_workspace().await;
    let again = add_key(&table.store.directories, &key(2), "hash-1").await;
    assert!(matches!(again, Err(AddKeyError::Taken)), "{again:?}");
    assert_eq!(table.store.directories.api_keys(workspace(1)).await.expect("they are read").len(), 1);
}
