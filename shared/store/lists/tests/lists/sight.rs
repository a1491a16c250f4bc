//! Accounts in sight of somebody who sees their own tickets alone.

use lambdesk_domain::{
    access::VisibilityScope,
    contact::Account,
    id::{AccountId, UserId, Version},
    status::{Lifecycle, Status},
    testing,
    ticket::Ticket,
    time::Timestamp,
};
use lambdesk_store_lists::ClientSight;
use lambdesk_testkit::{TestTable, renamed, samples, workspace};
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

fn user() -> UserId {
    UserId::new(Uuid::from_u128(88))
}

fn account(number: u128) -> Account {
    Account {
        id: AccountId::new(Uuid::from_u128(number)),
        version: Version::FIRST,
        kind: "loan".parse().expect("a kind"),
        name: None,
        external_id: None,
        status: None,
        current_balance_cents: None,
        currency: None,
        contact_id: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

/// The user's own ticket about an account.
fn ticket(number: u128, account: &Account) -> Ticket {
    let sample = samples(&testing::ticket(), 1).remove(0);
    Ticket {
        lifecycle: Lifecycle::Live,
        status: Status::Open,
        assignee: Some(user()),
        account: Some(account.id),
        ..renamed(&sample, workspace(1), number)
    }
}

/// Writes tickets with all their rows.
async fn place(table: &TestTable, tickets: &[Ticket]) {
    table.fill(tickets).await;
    for ticket in tickets {
        table.store.lists.place_rows(None, ticket).await.expect("they are written");
    }
}

#[tokio::test]
async fn many_accounts_are_looked_for_at_once() {
    let table = TestTable::new().await;
    let all: Vec<_> = (1..=60).map(account).collect();
    let own: Vec<_> = (1..).zip(all.iter().step_by(7)).map(|(number, account)| ticket(number, account)).collect();
    place(&table, &own).await;
    let (lists, contacts) = (&table.store.lists, &table.store.contacts);
    let sight = ClientSight::new(lists, workspace(1), VisibilityScope::Own(user()), NOW);
    table.faults.next([]);
    let seen = sight.accounts(contacts, all.clone()).await.expect("they are looked for");
    assert_eq!(seen, all.iter().step_by(7).cloned().collect::<Vec<_>>());
    assert!(table.faults.seen().len() < 100, "{}", table.faults.seen().len());
    let whole = ClientSight::new(lists, workspace(1), VisibilityScope::All, NOW);
    assert_eq!(whole.accounts(contacts, all.clone()).await.expect("nothing is looked for"), all);
}
