//! Pages of a partition of which not every item counts: bounded, and nothing is left out.

use crate::{item, key, places};
use lambdesk_table::{FilteredPage, FilteredQuery, item::number, measured};
use lambdesk_testkit::TestTable;

/// A table of so many items, numbered by what is left of their place after this divisor.
async fn with(count: u64, divisor: u64) -> TestTable {
    let test = TestTable::new().await;
    test.put_all((1..=count).map(|place| item(place, place % divisor)).collect()).await;
    test
}

/// A page of those with the number zero, and how many requests it took.
async fn page(test: &TestTable, after: Option<&str>, limit: u16) -> (FilteredPage, usize) {
    let query =
        FilteredQuery { pk: "p", range: ("K#", "K$"), after, limit, filter: "n = :value", value: Some(number(0)) };
    let (page, usage) = measured(test.table.filtered_page(query)).await;
    (page.unwrap(), usage.round_trips())
}

/// All that the pages hold, and how many pages there were.
async fn walk(test: &TestTable, limit: u16) -> (Vec<u64>, usize) {
    let (mut seen, mut pages, mut after) = (Vec::new(), 0, None);
    loop {
        let (page, requests) = self::page(test, after.as_deref(), limit).await;
        assert!(page.items.len() <= usize::from(limit) && requests <= 4, "{requests} requests: {page:?}");
        pages += 1;
        seen.extend(places(&page.items));
        after = page.next;
        if after.is_none() {
            return (seen, pages);
        }
    }
}

#[tokio::test]
async fn pages_reach_every_item_that_counts_once_however_rare() {
    for (count, divisor) in [(30, 1), (200, 7), (850, 400), (100, 1_000)] {
        let test = with(count, divisor).await;
        let expected: Vec<_> = (1..=count).filter(|place| place % divisor == 0).collect();
        for limit in [1, 4, 100] {
            assert_eq!(walk(&test, limit).await.0, expected, "one of {divisor}, by {limit}");
        }
    }
}

#[tokio::test]
async fn a_full_page_goes_on_after_its_last_item() {
    let test = with(30, 1).await;
    let (page, requests) = page(&test, None, 4).await;
    assert_eq!((places(&page.items), page.next, requests), (vec![1, 2, 3, 4], Some(key(4).sk), 1));
    let (page, requests) = self::page(&test, Some(&key(28).sk), 4).await;
    assert_eq!((places(&page.items), page.next, requests), (vec![29, 30], None, 1));
}

#[tokio::test]
async fn a_page_looks_at_four_answers_at_most_and_may_be_empty() {
    // 5 items, and then 200 for each further answer.
    let test = with(1_000, 700).await;
    let (page, requests) = page(&test, None, 4).await;
    assert_eq!((page.items.len(), page.next, requests), (0, Some(key(605).sk), 4));
    let (page, requests) = self::page(&test, Some(&key(605).sk), 4).await;
    assert_eq!((places(&page.items), page.next, requests), (vec![700], None, 3));
}
