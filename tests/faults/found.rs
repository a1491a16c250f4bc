//! L1 to L3: a search reaches every match, counts them and sorts them.

use lambdesk_runtime::Clock;
use lambdesk_tests::{Api, Desk, Json, json};
use std::{collections::BTreeSet, time::Duration};

/// How many tickets say the word.
const MATCHES: u64 = 260;
/// The numbers of those that are spam: the 100 newest and some among the others.
fn is_spam(number: u64) -> bool {
    number > MATCHES - 100 || number.is_multiple_of(7)
}

fn expected() -> BTreeSet<u64> {
    (1..=MATCHES).filter(|number| !is_spam(*number)).collect()
}

fn numbers(page: &Json) -> Vec<u64> {
    page["data"].as_array().unwrap().iter().map(|ticket| ticket["number"].as_u64().unwrap()).collect()
}

/// A desk with tickets numbered from 1, each of which says "zz".
async fn desk_of_many() -> Desk {
    // A clock that does not run ahead of the test: numbers that wait too long are gaps.
    let clock = Clock::manual("2027-01-15T08:00:00Z".parse().unwrap());
    let desk = Desk::start_at(clock.clone()).await;
    for number in 1..=MATCHES {
        clock.advance(Duration::from_millis(5));
        let priority = ["low", "normal", "high", "urgent"][usize::try_from(number % 4).unwrap()];
        let body = json!({"subject": format!("zz {number}"), "priority": priority});
        let ticket = desk.owner.post("/v1/tickets", body).await.created();
        assert_eq!(ticket["number"], number);
        if is_spam(number) {
            let path = format!("/v1/tickets/{}/status", ticket["id"].as_str().unwrap());
            desk.owner.put(&path, json!({"status": "spam"})).await.ok();
        }
    }
    let last = format!("/v1/tickets?sort=-number&limit=1&include=spam&q=zz%20{MATCHES}");
    desk.owner.eventually(&last, |page| page["data"].as_array().is_some_and(|data| data.len() == 1)).await;
    desk
}

/// All numbers of a list by its cursors, forwards; then the same backwards from its end.
/// No page but the last may have less than the limit, or less than ninety: a hundred of these
/// may be more than the budget of a request.
async fn walked(api: &Api, query: &str, limit: usize) -> (Vec<u64>, Vec<u64>) {
    let start = format!("/v1/tickets?{query}&limit={limit}");
    let (mut all, mut page) = (Vec::new(), api.get(&start).await.expect(200));
    loop {
        let next = page["page"]["next_cursor"].as_str().map(str::to_owned);
        let here = numbers(&page);
        assert!(here.len() >= limit.min(90) || next.is_none(), "{query} limit={limit}: a short page of {}", here.len());
        all.extend(here);
        let Some(next) = next else { break };
        page = api.get(&format!("{start}&cursor={next}")).await.expect(200);
    }
    let mut back = numbers(&page);
    while let Some(previous) = page["page"]["prev_cursor"].as_str().map(str::to_owned) {
        page = api.get(&format!("{start}&cursor={previous}")).await.expect(200);
        back.splice(..0, numbers(&page));
    }
    (all, back)
}

/// Walks a list in an order at these limits, and holds it against what it should have.
async fn hold(desk: &Desk, sort: &str, limits: &[usize]) {
    for limit in limits {
        let query = format!("q=zz&sort={sort}");
        let (all, back) = walked(&desk.owner, &query, *limit).await;
        assert_eq!(all.len(), expected().len(), "{query} limit={limit}");
        assert_eq!(all.iter().copied().collect::<BTreeSet<_>>(), expected(), "{query} limit={limit}");
        assert_eq!(back, all, "{query} limit={limit}, and back");
        if sort.ends_with("created_at") || sort.ends_with("number") {
            assert!(all.is_sorted() || all.iter().rev().is_sorted(), "{query} limit={limit}: {all:?}");
        }
    }
}

#[tokio::test]
async fn l1_a_search_reaches_every_match_by_cursor_and_by_page() {
    let desk = desk_of_many().await;
    hold(&desk, "-number", &[1, 25, 50, 99, 100]).await;
    hold(&desk, "number", &[50, 99, 100]).await;
    for limit in [25, 50, 100] {
        let mut all = Vec::new();
        for page in 1..=expected().len().div_ceil(limit) {
            let path = format!("/v1/tickets?q=zz&sort=-number&limit={limit}&page={page}");
            all.extend(numbers(&desk.owner.get(&path).await.expect(200)));
        }
        assert_eq!(all.len(), expected().len(), "by page, limit={limit}");
        assert_eq!(all.into_iter().collect::<BTreeSet<_>>(), expected(), "by page, limit={limit}");
    }
}

#[tokio::test]
async fn l2_a_total_of_a_search_is_the_number_or_says_that_it_is_less() {
    let desk = desk_of_many().await;
    let total = async |query: &str| {
        let page = desk.owner.get(&format!("/v1/tickets?q=zz&with_total=true&limit=25&{query}")).await.expect(200);
        let is_at_least = page["page"]["total_is_at_least"] == true;
        assert_eq!(page["page"]["last"].is_null(), is_at_least, "{query}: no last page without a number");
        let (total, shown) = (page["page"]["total"].as_u64().unwrap(), numbers(&page).len() as u64);
        assert!(total >= shown, "{query}: {total} of {shown} that are shown");
        (total, is_at_least)
    };
    let all = expected().len() as u64;
    assert_eq!(total("sort=-number").await, (all, false));
    assert_eq!(total("sort=-number&page=3").await, (all, false));
    let high = expected().into_iter().filter(|number| number % 4 == 2).count() as u64;
    let (counted, is_at_least) = total("priority=high").await;
    assert!(if is_at_least { counted > 0 && counted < high } else { counted == high }, "{counted} of {high}");
}

#[tokio::test]
async fn l3_any_number_of_matches_is_sorted() {
    let desk = desk_of_many().await;
    for (sort, limits) in [
        ("-last_activity_at", &[25, 100][..]),
        ("created_at", &[50, 100]),
        ("-created_at", &[99]),
        ("priority", &[25, 100]),
        ("-updated_at", &[50]),
        ("status", &[50]),
    ] {
        hold(&desk, sort, limits).await;
    }
}
