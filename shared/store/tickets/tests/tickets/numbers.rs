//! Ticket numbers.

use lambdesk_testkit::{TestTable, workspace};

#[tokio::test]
async fn ticket_numbers_are_unique_however_many_processes_take_them() {
    let table = TestTable::new().await;
    let processes: Vec<_> = (0..3).map(|_| table.elsewhere().tickets).collect();
    let taken = (0..60).map(|index| {
        let tickets = processes[index % 3].clone();
        async move { tickets.next_number(workspace(1)).await.expect("a number").0 }
    });
    let mut numbers = futures_util::future::join_all(taken).await;
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!((numbers.len(), numbers[0]), (60, 1));
    assert_eq!(processes[0].next_number(workspace(2)).await.expect("a number").0, 1, "each workspace counts by itself");
}
