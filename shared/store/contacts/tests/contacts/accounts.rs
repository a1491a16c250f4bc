//! Accounts: of a contact that is there, under an external id that nobody else has.

use crate::{NOW, add, contact};
use lambdesk_domain::{
    contact::Account,
    id::{AccountId, ContactId, Version},
};
use lambdesk_store_contacts::{AccountChange, ContactError, Contacts};
use lambdesk_table::measured;
use lambdesk_testkit::{TestTable, workspace};
use uuid::Uuid;

fn account(number: u128, kind: &str, contact: Option<ContactId>) -> Account {
    Account {
        id: AccountId::new(Uuid::from_u128(number)),
        version: Version::FIRST,
        kind: kind.parse().expect("a kind"),
        name: None,
        external_id: format!("L-{number}").parse().ok(),
        status: None,
        current_balance_cents: None,
        currency: None,
        contact_id: contact,
        created_at: NOW,
        updated_at: NOW,
    }
}

async fn add_account(contacts: &Contacts, account: &Account) -> Result<bool, ContactError> {
    contacts.add_account(workspace(1), account, None, NOW).await
}

/// The account with this name, if any has it.
async fn named(contacts: &Contacts, account: &Account) -> Option<Account> {
    let name = account.external_id.as_ref().expect("it has one");
    contacts.account_named(workspace(1), &account.kind, name).await.expect("it is read")
}

#[tokio::test]
async fn an_account_comes_to_a_contact_that_is_there() {
    let table = TestTable::new().await;
    let contacts = &table.store.contacts;
    let loan = account(7, "loan", Some(contact("ada").id));
    assert!(!add_account(contacts, &loan).await.expect("no name of it is taken"), "there is no such contact");
    assert_eq!(table.size().await, 0);
    let ada = add(contacts, contact("ada")).await;
    assert!(add_account(contacts, &loan).await.expect("no name of it is taken"));
    assert_eq!(contacts.account(workspace(1), loan.id).await.expect("it is read"), Some(loan.clone()));
    assert_eq!(named(contacts, &loan).await, Some(loan.clone()));
    let of = contacts.accounts_of(workspace(1), ada.id, None, 10).await.expect("they are read");
    assert_eq!((of.accounts, of.next), (vec![loan], None));
}

#[tokio::test]
async fn an_external_id_is_one_accounts_among_those_of_its_kind() {
    let table = TestTable::new().await;
    let contacts = &table.store.contacts;
    let loan = account(7, "loan", None);
    assert!(add_account(contacts, &loan).await.expect("no name of it is taken"));
    let same = Account { id: AccountId::new(Uuid::from_u128(8)), ..loan.clone() };
    let taken = add_account(contacts, &same).await;
    assert!(matches!(taken, Err(ContactError::Taken("the external id"))), "{taken:?}");
    let taken = add_account(contacts, &Account { external_id: None, ..loan.clone() }).await;
    assert!(matches!(taken, Err(ContactError::Taken("the id"))), "{taken:?}");
    let other = Account { kind: "card".parse().expect("a kind"), ..same };
    assert!(add_account(contacts, &other).await.expect("names of other kinds don't matter"));
}

#[tokio::test]
async fn an_account_changes_only_as_it_was_read_and_frees_its_name() {
    let table = TestTable::new().await;
    let contacts = &table.store.contacts;
    let (ada, loan) = (add(contacts, contact("ada")).await, account(7, "loan", None));
    assert!(add_account(contacts, &loan).await.expect("no name of it is taken"));
    let read = contacts.versioned_account(workspace(1), loan.id).await.expect("it is read").expect("it is there");
    let change = async |after: Option<&Account>| {
        contacts.change_account(workspace(1), AccountChange::new(&read, after), None, NOW).await
    };
    let unowned = Account { contact_id: Some(contact("bob").id), ..loan.clone() };
    assert!(!change(Some(&unowned)).await.expect("no name of it is taken"), "there is no such contact");
    let after = Account { contact_id: Some(ada.id), external_id: "L-8".parse().ok(), ..loan.clone() };
    assert!(change(Some(&after)).await.expect("no name of it is taken"));
    assert_eq!((named(contacts, &loan).await, named(contacts, &after).await), (None, Some(after.clone())));
    assert!(!change(Some(&loan)).await.expect("nothing is written"), "it is no longer as it was read");
    assert!(!change(None).await.expect("nothing is written"));
    let read = contacts.versioned_account(workspace(1), loan.id).await.expect("it is read").expect("it is there");
    assert!(
        contacts.change_account(workspace(1), AccountChange::new(&read, None), None, NOW).await.expect("it is removed")
    );
    assert!(
        !contacts
            .change_account(workspace(1), AccountChange::new(&read, None), None, NOW)
            .await
            .expect("nothing is written")
    );
    assert_eq!((named(contacts, &after).await, table.size().await), (None, 3), "the contact and its two names");
}

#[tokio::test]
async fn accounts_are_paged_by_id_of_a_kind_or_a_contact() {
    let table = TestTable::new().await;
    let contacts = &table.store.contacts;
    let ada = add(contacts, contact("ada")).await;
    let all: Vec<_> = (1..=9)
        .map(|number| {
            account(number, if number % 3 == 0 { "card" } else { "loan" }, (number % 2 == 0).then_some(ada.id))
        })
        .collect();
    for account in &all {
        assert!(add_account(contacts, account).await.expect("no name of it is taken"));
    }
    let loan = "loan".parse().expect("a kind");
    let only = |keep: fn(&Account) -> bool| all.iter().filter(|account| keep(account)).cloned().collect::<Vec<_>>();
    for (kind, expected) in [(None, all.clone()), (Some(&loan), only(|account| account.kind.as_str() == "loan"))] {
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let page = contacts.account_list(workspace(1), kind, after, 2).await.expect("they are read");
            seen.extend(page.accounts);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, expected);
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = contacts.accounts_of(workspace(1), ada.id, after, 2).await.expect("they are read");
        seen.extend(page.accounts);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, only(|account| account.contact_id.is_some()));
}

#[tokio::test]
async fn accounts_are_read_by_their_ids_in_as_few_requests_as_they_take() {
    let table = TestTable::new().await;
    let contacts = &table.store.contacts;
    let some: Vec<_> = (1..=3).map(|number| account(number, "loan", None)).collect();
    for account in &some {
        assert!(add_account(contacts, account).await.expect("no name of it is taken"));
    }
    for (count, name) in [(0, None), (1, Some("GetItem")), (3, Some("BatchGetItem"))] {
        let ids = some.iter().take(count).map(|account| account.id).collect();
        let (read, usage) = measured(contacts.accounts(workspace(1), &ids)).await;
        let mut read = read.expect("they are read");
        read.sort_by_key(|account| account.id);
        assert_eq!(read, some[..count]);
        assert_eq!(usage.operations.iter().map(|one| one.name).collect::<Vec<_>>(), Vec::from_iter(name));
    }
    let many = (2..=102).map(|number| AccountId::new(Uuid::from_u128(number))).collect();
    let (read, usage) = measured(contacts.accounts(workspace(1), &many)).await;
    assert_eq!((read.expect("they are read").len(), usage.round_trips()), (2, 2));
}
