//! Contacts by id, address and name; their changes and ends.

use crate::{NOW, SALT, add, contact, email, write};
use lambdesk_domain::{
    access::Cause,
    contact::{Contact, ContactEnd, EndedContact},
    id::ContactId,
    time::Timestamp,
};
use lambdesk_store_contacts::{ContactError, ContactPlan, ContactSlot, Contacts, contact_id};
use lambdesk_table::{Answered, Record, keys::Unique, measured};
use lambdesk_testkit::{Fault, TestTable, workspace};
use std::time::Duration;
use uuid::Uuid;

async fn slot(contacts: &Contacts, id: ContactId) -> ContactSlot {
    contacts.slot(workspace(1), id).await.expect("it is read")
}

async fn found(contacts: &Contacts, name: &str) -> [Option<Contact>; 4] {
    let (external_id, uid) = (format!("{name}-external"), format!("{name}-uid"));
    [
        contacts.contact(workspace(1), contact(name).id).await,
        contacts.contact_with_email(workspace(1), SALT, &email(name)).await,
        contacts.contact_named(workspace(1), Unique::ExternalId(&external_id)).await,
        contacts.contact_named(workspace(1), Unique::Uid(&uid)).await,
    ]
    .map(|found| found.expect("it is read"))
}

/// `source` is to become a part of `target`: what that makes of it, and the plan.
async fn merging(contacts: &Contacts, target: &Contact, source: &Contact) -> (Contact, ContactPlan) {
    let (into, from) = (slot(contacts, target.id).await, slot(contacts, source.id).await);
    let merged = target.merged_with(source, Cause::SYSTEM, NOW).expect("few");
    let plan = ContactPlan::merge(&into, &merged, &from, &[]);
    (merged, plan)
}

fn erased(contact: &Contact) -> EndedContact {
    contact.ended(ContactEnd::Erased, Cause::SYSTEM, NOW)
}

#[test]
fn a_contacts_id_follows_from_the_workspaces_salt_and_the_address() {
    let [ada, bob] = ["ada@example.com", "bob@example.com"].map(|email| email.parse().expect("an address"));
    let first = contact_id("salt", &ada);
    assert_eq!(first, contact_id("salt", &ada));
    let others: [ContactId; 2] = [contact_id("salt", &bob), contact_id("other", &ada)];
    assert!(!others.contains(&first));
    assert_eq!(first.uuid().get_version_num(), 8);
}

#[tokio::test]
async fn a_contact_is_found_by_all_that_is_its_own_and_in_its_workspace_only() {
    let table = TestTable::new().await;
    let contacts = &table.store.contacts;
    let ada = add(contacts, contact("ada")).await;
    assert_eq!(ada, contact("ada"), "it has the id that its address derives");
    assert_eq!(found(contacts, "ada").await, [(); 4].map(|()| Some(ada.clone())));
    assert_eq!(found(contacts, "bob").await, [const { None }; 4]);
    assert_eq!(contacts.contact(workspace(2), ada.id).await.expect("it is read"), None);
}

#[tokio::test]
async fn finding_a_contact_takes_as_many_reads_as_the_readme_says() {
    let table = TestTable::new().await;
    let contacts = &table.store.contacts;
    let (target, source) = (add(contacts, contact("ada")).await, add(contacts, contact("double")).await);
    let (_, plan) = merging(contacts, &target, &source).await;
    assert!(write(contacts, &plan).await.expect("no name is taken"));
    let (of, usage) = measured(contacts.contact(workspace(1), target.id)).await;
    assert_eq!((of.expect("it is read").is_some(), usage.round_trips(), usage.units()), (true, 1, 1.0));
    let (of, usage) = measured(contacts.contact(workspace(1), source.id)).await;
    assert_eq!((of.expect("it is read").map(|contact| contact.id), usage.round_trips()), (Some(target.id), 2));
    let (of, usage) = measured(contacts.contact_with_email(workspace(1), SALT, &email("ada"))).await;
    assert_eq!((of.expect("it is read").is_some(), usage.round_trips()), (true, 1));
    let (of, usage) = measured(contacts.contact_with_email(workspace(1), SALT, &email("double"))).await;
    assert_eq!((of.expect("it is read").map(|contact| contact.id), usage.round_trips()), (Some(target.id), 2));
    let (of, usage) = measured(contacts.contact_named(workspace(1), Unique::Uid("ada-uid"))).await;
    assert_eq!((of.expect("it is read").is_some(), usage.round_trips()), (true, 2));
}

#[tokio::test]
async fn each_name_is_one_contacts_and_who_comes_second_is_told_which_one_is_taken() {
    let table = TestTable::new().await;
    let contacts = &table.store.contacts;
    let ada = add(contacts, contact("ada")).await;
    for (other, name) in [
        (Contact { external_id: ada.external_id.clone(), ..contact("bob") }, "the external id"),
        (Contact { uid: ada.uid.clone(), ..contact("bob") }, "the uid"),
    ] {
        let size = table.size().await;
        let taken = write(contacts, &ContactPlan::create(other, None).1).await;
        assert!(matches!(taken, Err(ContactError::Taken(of)) if of == name), "{taken:?}");
        assert_eq!(table.size().await, size, "nothing is written");
    }
    let (_, again) = ContactPlan::create(contact("ada"), None);
    assert!(!write(contacts, &again).await.expect("no name decides it"), "somebody has the id");
}

#[tokio::test]
async fn a_change_frees_what_the_contact_had_and_takes_what_it_has_now() {
    let table = TestTable::new().await;
    let contacts = &table.store.contacts;
    let ada = add(contacts, contact("ada")).await;
    let (old, new) = (slot(contacts, ada.id).await, slot(contacts, contact_id(SALT, &email("new"))).await);
    let after = Contact { email: Some(email("new")), uid: "new-uid".parse().ok(), version: ada.version.next(), ..ada };
    let plan = ContactPlan::change(&old, &after, Some(&old), Some(&new));
    assert!(write(contacts, &plan).await.expect("no name of it is taken"));
    assert!(!write(contacts, &plan).await.expect("nothing is written"), "it is no longer as it was read");
    let now = Some(after.clone());
    assert_eq!(found(contacts, "ada").await, [now.clone(), None, now.clone(), None]);
    let by_address = contacts.contact_with_email(workspace(1), SALT, &email("new")).await.expect("it is read");
    assert_eq!(by_address, now);
    assert_eq!(contacts.contact_named(workspace(1), Unique::Uid("new-uid")).await.expect("it is read"), now);
}

#[tokio::test]
async fn whoever_means_a_merged_contact_means_the_other() {
    let table = TestTable::new().await;
    let contacts = &table.store.contacts;
    let (ada, double) = (add(contacts, contact("ada")).await, add(contacts, contact("double")).await);
    let (merged, plan) = merging(contacts, &ada, &double).await;
    assert!(write(contacts, &plan).await.expect("no name is taken"));
    assert!(!write(contacts, &plan).await.expect("nothing is written"), "they are no longer as they were read");
    // Its names too, although the other one has names of its own.
    assert_eq!(found(contacts, "double").await, [(); 4].map(|()| Some(merged.clone())));
    assert_eq!(found(contacts, "ada").await, [(); 4].map(|()| Some(merged.clone())));
    let present = contacts.present_ids(workspace(1), &[double.id, ada.id, contact("nobody").id]).await;
    assert_eq!(present.expect("they are read"), [ada.id, contact("nobody").id]);
}

#[tokio::test]
async fn an_erased_contact_is_nowhere_and_its_address_gets_another_id() {
    let table = TestTable::new().await;
    let contacts = &table.store.contacts;
    let ada = add(contacts, contact("ada")).await;
    let read = [slot(contacts, ada.id).await];
    let plan = ContactPlan::remove(&read, &read, erased);
    assert!(write(contacts, &plan).await.expect("it takes no name"));
    assert_eq!(found(contacts, "ada").await, [const { None }; 4]);
    assert!(!table.everything().await.contains("ada"), "nothing that it was called is kept");
    let own = ContactId::new(Uuid::from_u128(9));
    let back = Contact { id: own, ..contact("ada") };
    let (back, plan) = ContactPlan::create(back, Some(slot(contacts, ada.id).await));
    assert!(write(contacts, &plan).await.expect("no name of it is taken"));
    assert_eq!(back.id, own);
    let by_address = contacts.contact_with_email(workspace(1), SALT, &email("ada")).await.expect("it is read");
    assert_eq!(by_address.map(|contact| contact.id), Some(own));
}

#[tokio::test]
async fn contacts_are_paged_by_id_over_those_that_ended() {
    let table = TestTable::new().await;
    let contacts = &table.store.contacts;
    let mut expected = Vec::new();
    for number in 0..23 {
        let contact = add(contacts, contact(&format!("contact-{number}"))).await;
        if number % 3 == 0 {
            let read = [slot(contacts, contact.id).await];
            assert!(write(contacts, &ContactPlan::remove(&read, &read, erased)).await.expect("it takes no name"));
        } else {
            expected.push(contact);
        }
    }
    expected.sort_by_key(|contact| contact.id);
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = contacts.contacts(workspace(1), after, 4).await.expect("it is read");
        assert!(page.contacts.len() <= 4);
        seen.extend(page.contacts);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_slice_tells_of_contacts_that_changed_or_ended_since_a_time() {
    let table = TestTable::new().await;
    let contacts = &table.store.contacts;
    let since = NOW.plus(Duration::from_mins(1));
    let at = |name: &str, at: Timestamp| Contact { updated_at: at, ..contact(name) };
    let early = add(contacts, at("early", NOW)).await;
    let late = add(contacts, at("late", since)).await;
    let gone = add(contacts, at("gone", NOW)).await;
    let read = [slot(contacts, gone.id).await];
    let end = |contact: &Contact| contact.ended(ContactEnd::Deleted, Cause::SYSTEM, since);
    assert!(write(contacts, &ContactPlan::remove(&read, &read, end)).await.expect("it takes no name"));
    let slice = contacts.contacts_changed_since(workspace(1), since, None).await.expect("it is read");
    let mut told: Vec<_> = slice.slots.iter().map(|slot| slot.id).collect();
    let mut expected = [late.id, gone.id];
    told.sort_unstable();
    expected.sort_unstable();
    assert_eq!((told, slice.next), (expected.to_vec(), None));
    let all = contacts.contacts_changed_since(workspace(1), NOW, None).await.expect("it is read");
    assert!(all.slots.iter().any(|slot| slot.contact() == Some(&early)));
}

#[tokio::test]
async fn a_plan_whose_answer_is_lost_is_written_once_and_one_answered_before_not_again() {
    let table = TestTable::new().await;
    let contacts = &table.store.contacts;
    let answer = Answered { status: 201, location: None, etag: None, sealed_body: vec![7], is_reference: false };
    let answer = Record { key: "k".to_owned(), request: "r".to_owned(), answer };
    let write = async |name| {
        let (_, plan) = ContactPlan::create(contact(name), None);
        contacts.write_contacts(workspace(1), &plan, None, Some(&answer), NOW).await
    };
    table.faults.next([Fault::AnswerLost, Fault::Cancelled("TransactionConflict")]);
    assert!(write("ada").await.expect("it is answered in the end"), "it is not taken for another's");
    for name in ["ada", "bob"] {
        let again = write(name).await;
        assert!(matches!(&again, Err(ContactError::Answered(found)) if *found.0 == answer), "{again:?}");
    }
    assert_eq!(contacts.contact(workspace(1), contact("bob").id).await.expect("it is read"), None);
}
