//! Lists of the hits of a search, held against filtering and sorting everything at hand.

use crate::lists::{expected, ids, query, tickets};
use lambdesk_domain::{
    id::{TicketId, TicketNumber},
    ticket::Ticket,
};
use lambdesk_store_lists::{ListPage, ListQuery, ListStart, SortBy};
use lambdesk_store_search::{Search, TicketDelta};
use lambdesk_table::{Tenant, measured};
use lambdesk_testkit::{TestTable, check, workspace};
use proptest::{collection, prelude::*, sample::select, test_runner::TestCaseResult};
use std::collections::BTreeSet;

/// As many hits as are looked up one by one for a page in one part.
const ONE_PART: usize = 40;

/// Fills a workspace with tickets that all say "zz" and have every `step`th number.
async fn fill(table: &TestTable, tickets: &[Ticket], step: u64) -> Vec<Ticket> {
    let numbered = tickets.iter().zip(1..).map(|(ticket, number)| Ticket {
        number: TicketNumber(number * step),
        subject: "zz".parse().expect("a subject"),
        ..ticket.clone()
    });
    let tickets: Vec<_> = numbered.collect();
    table.fill(&tickets).await;
    for (some, sequence) in tickets.chunks(50).zip(1..) {
        let deltas = some.iter().map(|ticket| {
            let mut delta = TicketDelta::default();
            delta.add_version(None, ticket);
            (ticket.id, delta)
        });
        let now = some.iter().map(|ticket| ticket.created_at).max().expect("not empty");
        let sequence = format!("{sequence:021}");
        table.store.search.index(some[0].workspace_id, &sequence, deltas, now).await.expect("it is indexed");
        for ticket in some {
            table.store.lists.place_rows(None, ticket).await.expect("they are written");
        }
    }
    tickets
}

/// All tickets from the first page on, and from the last page back.
async fn walked(
    table: &TestTable,
    query: &ListQuery,
    workspace: u128,
) -> Result<(Vec<TicketId>, Vec<TicketId>), TestCaseError> {
    let tenant = Tenant::new(lambdesk_testkit::workspace(workspace));
    let list = async |start| -> Result<ListPage, TestCaseError> {
        let query = ListQuery { start, ..query.clone() };
        let (page, usage) = measured(table.store.lists.list(&tenant, &query)).await;
        prop_assert!(usage.units() <= 75.0, "{} units for {query:?}", usage.units());
        Ok(page.expect("it is read"))
    };
    let mut page = list(query.start.clone()).await?;
    let mut seen = ids(&page.tickets);
    for _ in 0..500 {
        let Some(next) = page.next.clone() else { break };
        page = list(ListStart::After(next)).await?;
        seen.extend(ids(&page.tickets));
    }
    let mut back = ids(&page.tickets);
    for _ in 0..500 {
        let Some(previous) = page.previous.clone() else { break };
        page = list(ListStart::Before(previous)).await?;
        back.splice(..0, ids(&page.tickets));
    }
    Ok((seen, back))
}

async fn hold(table: &TestTable, tickets: &[Ticket], query: &ListQuery, workspace: u128) -> TestCaseResult {
    let expected = expected(tickets, query);
    let skip = if let ListStart::First { skip } = query.start { skip } else { 0 };
    let (seen, back) = walked(table, query, workspace).await?;
    let wanted = expected.get(skip..).unwrap_or_default();
    if tickets.len() <= ONE_PART || query.sort.by == SortBy::Number {
        prop_assert_eq!(&seen[..], wanted);
    }
    let sorted = |ids: &[TicketId]| ids.iter().copied().collect::<BTreeSet<_>>();
    prop_assert_eq!(seen.len(), wanted.len(), "each of them once");
    if skip == 0 {
        prop_assert_eq!(sorted(&seen), sorted(&expected));
        prop_assert_eq!(back, seen, "and back");
    }
    let tenant = Tenant::new(lambdesk_testkit::workspace(workspace));
    let total = table.store.lists.count(&tenant, query).await.expect("it is counted");
    let count = expected.len() as u64;
    prop_assert!(if total.is_exact { total.count == count } else { total.count <= count }, "{total:?} of {count}");
    Ok(())
}

#[test]
fn every_hit_is_reached_in_every_order_however_far_the_numbers_lie_apart() {
    let number = std::cell::Cell::new(0);
    let steps = select(&[1_u64, 30, 1_000][..]);
    check(10, &(tickets(140), collection::vec(query(), 6), steps), async |table, (tickets, queries, step)| {
        number.set(number.get() + 1);
        let own = workspace(number.get());
        let tickets: Vec<_> = tickets.into_iter().map(|ticket| Ticket { workspace_id: own, ..ticket }).collect();
        if tickets.is_empty() {
            return Ok(());
        }
        let tickets = fill(table, &tickets, step).await;
        for query in queries {
            let search = Search { query: "zz".parse().expect("a search"), sees_notes: true, sees_clients: true };
            hold(table, &tickets, &ListQuery { search: Some(search), ..query }, number.get()).await?;
        }
        Ok(())
    });
}
