//! Ticket numbers.

use lambdesk_domain::time::Timestamp;
use lambdesk_testkit::{TestTable, workspace};
use std::time::Duration;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

#[tokio::test]
async fn ticket_numbers_are_unique_however_many_processes_take_them() {
    let table = TestTable::new().await;
    let processes: Vec<_> = (0..3).map(|_| table.elsewhere().tickets).collect();
    let taken = (0..60).map(|index| {
        let tickets = processes[index % 3].clone();
        async move {
            let number = tickets.next_number(workspace(1), NOW).await.expect("a number").0;
            tickets.reserve_numbers(workspace(1), NOW).await.expect("numbers");
            number
        }
    });
    let mut numbers = futures_util::future::join_all(taken).await;
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!((numbers.len(), numbers[0]), (60, 1));
    let other = processes[0].next_number(workspace(2), NOW).await.expect("a number").0;
    assert_eq!(other, 1, "each workspace counts by itself");
}

#[tokio::test]
async fn ticket_numbers_rise_whichever_process_takes_them_but_for_two_seconds() {
    let table = TestTable::new().await;
    let processes: Vec<_> = (0..3).map(|_| table.elsewhere().tickets).collect();
    let (mut now, mut given) = (NOW, Vec::new());
    for step in 0_u64..120 {
        // Bursts of a process, quiet times, and processes in turn.
        let process = &processes[usize::try_from(step / 7 + step % 3 * (step / 60)).expect("few") % 3];
        now = now.plus(Duration::from_millis([10, 300, 1_900, 2_500, 60_000][usize::try_from(step % 5).expect("few")]));
        given.push((now, process.next_number(workspace(1), now).await.expect("a number").0));
        process.reserve_numbers(workspace(1), now).await.expect("numbers");
    }
    for (index, (at, number)) in given.iter().enumerate() {
        let late = given[..index]
            .iter()
            .find(|(earlier, other)| other > number && at.since(*earlier) > Duration::from_secs(2));
        assert_eq!(late, None, "{number} at {at}");
    }
    let gaps = given.iter().map(|(_, number)| *number).max().expect("some") - 120;
    assert!(gaps <= 60, "{gaps}");
}

#[tokio::test]
async fn tickets_in_quick_succession_take_no_round_trip_for_their_numbers() {
    let table = TestTable::new().await;
    let tickets = &table.store.tickets;
    let mut waits = Vec::new();
    for step in 0..12 {
        let now = NOW.plus(Duration::from_millis(100 * step));
        let (_, usage) = lambdesk_table::measured(tickets.next_number(workspace(1), now)).await;
        waits.push(usage.round_trips());
        tickets.reserve_numbers(workspace(1), now).await.expect("numbers");
    }
    assert_eq!(waits, [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    let late = NOW.plus(Duration::from_mins(1));
    let number = tickets.next_number(workspace(1), late).await.expect("a number").0;
    assert!((13..=24).contains(&number), "{number}");
}
