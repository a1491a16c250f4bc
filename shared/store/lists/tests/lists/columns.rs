//! What one ticket in a hundred has and no index entry names: pages are full all the same,
//! within the budget, because the table leaves out the others by their projected columns.

use crate::patterns::{ACTIVE, BEGIN, DONE, fill, numbered, page, query, tickets};
use lambdesk_domain::{
    access::VisibilityScope,
    id::{ChannelId, UserId},
    status::{Awaiting, ChannelType, Priority, Source},
    ticket::{ChannelRef, Ticket},
};
use lambdesk_store_lists::{Filter, ListQuery, ListStart, SortBy};
use lambdesk_testkit::TestTable;
use std::time::Duration;

const MANY: u64 = 1_000;

fn rare_user() -> UserId {
    numbered(UserId::new, 9)
}

fn channel(number: u128, kind: ChannelType) -> ChannelRef {
    ChannelRef { id: numbered(ChannelId::new, number), kind }
}

/// Of a hundred tickets, another one each is rare in another way.
fn rare() -> Vec<Ticket> {
    let one = |(number, ticket): (u64, Ticket)| {
        let is = |place| number % 100 == place;
        let kind = if is(12) { ChannelType::Phone } else { ChannelType::Form };
        Ticket {
            channel: Some(channel(if is(7) { 2 } else { 1 }, kind)),
            assignee: Some(if is(8) { rare_user() } else { numbered(UserId::new, 1) }),
            priority: if is(9) { Priority::Urgent } else { Priority::Normal },
            source: if is(10) { Source::Phone } else { Source::Guest },
            awaiting: if is(11) { Awaiting::Agent } else { Awaiting::Customer },
            tags: [].into(),
            last_activity_at: BEGIN.plus(Duration::from_hours(number * 13 % MANY)),
            updated_at: BEGIN.plus(Duration::from_mins(number * 11 % MANY)),
            ..ticket
        }
    };
    (0..MANY).zip(tickets(MANY)).map(one).collect()
}

/// Walks to the end and back within the budget, and holds what was seen to the model.
async fn walks(table: &TestTable, query: &ListQuery, expected: &[Ticket]) {
    let (mut seen, mut back) = (Vec::new(), Vec::new());
    let mut last = page(table, query).await;
    assert_eq!(last.1.rows, 9, "the first page is full, by {:?}: {:?}", query.sort, last.1);
    loop {
        assert!(last.1.units <= 50.0 && last.1.depth <= 5, "{:?}", last.1);
        seen.extend(last.0.tickets.iter().map(|ticket| ticket.id));
        let Some(next) = last.0.next.clone() else { break };
        last = page(table, &ListQuery { start: ListStart::After(next), ..query.clone() }).await;
    }
    let expected: Vec<_> = expected.iter().map(|ticket| ticket.id).collect();
    assert_eq!(seen, expected, "by {:?}", query.sort);
    loop {
        back.splice(..0, last.0.tickets.iter().map(|ticket| ticket.id));
        let Some(previous) = last.0.previous.clone() else { break };
        last = page(table, &ListQuery { start: ListStart::Before(previous), ..query.clone() }).await;
    }
    assert_eq!(back, expected, "back, by {:?}", query.sort);
}

#[tokio::test]
async fn what_few_tickets_have_in_a_column_fills_a_page() {
    let table = TestTable::new().await;
    let tickets = rare();
    fill(&table, &tickets).await;
    let filters = [
        (7, vec![Filter::Channel(numbered(ChannelId::new, 2).into())], VisibilityScope::All),
        (7, Vec::new(), VisibilityScope::Channel(numbered(ChannelId::new, 2))),
        (8, vec![Filter::Assignee(Some(rare_user()).into())], VisibilityScope::All),
        (8, Vec::new(), VisibilityScope::Own(rare_user())),
        (9, vec![Filter::Priority(Priority::Urgent.into())], VisibilityScope::All),
        (10, vec![Filter::Source(Source::Phone.into())], VisibilityScope::All),
        (11, vec![Filter::Awaiting(Awaiting::Agent.into())], VisibilityScope::All),
        (12, vec![Filter::ChannelType(ChannelType::Phone.into())], VisibilityScope::All),
    ];
    for (place, filter, visibility) in filters {
        let of_filter = (0..MANY).zip(&tickets).filter(|(number, _)| number % 100 == place);
        let mut expected: Vec<_> = of_filter.map(|(_, ticket)| ticket.clone()).collect();
        for by in [SortBy::LastActivity, SortBy::Updated, SortBy::Created] {
            // By creation rows have no columns; only what has index entries is found by itself.
            if by == SortBy::Created && place > 9 {
                continue;
            }
            expected.sort_by_key(|ticket| match by {
                SortBy::LastActivity => (ticket.last_activity_at, ticket.id),
                SortBy::Updated => (ticket.updated_at, ticket.id),
                _ => (ticket.created_at, ticket.id),
            });
            expected.reverse();
            let query = query(&[&ACTIVE[..], &DONE].concat(), by, filter.clone());
            walks(&table, &ListQuery { limit: 9, visibility, ..query }, &expected).await;
        }
    }
}
