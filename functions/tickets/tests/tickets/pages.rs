//! Orders of lists, and going through them by cursor and by number.

use crate::fixtures::{TICKETS, open, owner, subjects};
use lambdesk_testkit::{Client, ClientAnswer, Desk};
use serde_json::{Value as Json, json};
use std::time::Duration;

/// Five tickets, a minute apart, of which the second was changed last.
async fn five(desk: &Desk) -> Client {
    let owner = owner(desk);
    let mut second = String::new();
    for (subject, priority, status) in [
        ("a", "urgent", "waiting"),
        ("b", "low", "open"),
        ("c", "high", "closed"),
        ("d", "normal", "open"),
        ("e", "urgent", "open"),
    ] {
        let path = open(&owner, json!({"subject": subject, "priority": priority, "status": status})).await;
        if subject == "b" {
            second = path;
        }
        desk.wait(Duration::from_mins(1));
    }
    owner.patch(&second, json!({"summary": "changed, which is no activity"})).await.ok();
    desk.project().await;
    owner
}

fn cursor(page: &ClientAnswer, name: &str) -> Option<String> {
    page.json()["page"][name].as_str().map(str::to_owned)
}

/// Goes through a whole list by its next cursors and back by the previous ones.
async fn walk(caller: &Client, query: &str, limit: usize) -> Vec<String> {
    let path = format!("{TICKETS}?{query}&limit={limit}");
    let mut page = caller.get(&path).await;
    assert_eq!(cursor(&page, "prev_cursor"), None, "a list begins with its first page");
    let (mut seen, mut pages) = (subjects(&page), vec![subjects(&page)]);
    while let Some(next) = cursor(&page, "next_cursor") {
        page = caller.get(&format!("{path}&cursor={next}")).await;
        seen.extend(subjects(&page));
        pages.push(subjects(&page));
    }
    for earlier in pages.iter().rev().skip(1) {
        let back = cursor(&page, "prev_cursor").expect("not the first page");
        page = caller.get(&format!("{path}&cursor={back}")).await;
        assert_eq!(&subjects(&page), earlier, "{query}, {limit} at a time");
    }
    seen
}

#[tokio::test]
async fn every_order_goes_both_ways_in_pages_of_any_size() {
    let desk = Desk::open().await;
    let owner = five(&desk).await;
    for (order, ascending) in [
        ("created_at", ["a", "b", "c", "d", "e"]),
        ("number", ["a", "b", "c", "d", "e"]),
        ("last_activity_at", ["a", "b", "c", "d", "e"]),
        ("updated_at", ["a", "c", "d", "e", "b"]),
        ("priority", ["b", "d", "c", "a", "e"]),
        ("status", ["b", "d", "e", "a", "c"]),
    ] {
        let mut descending = ascending;
        descending.reverse();
        for limit in [1, 2, 5, 100] {
            assert_eq!(walk(&owner, &format!("sort={order}"), limit).await, ascending, "{order}");
            assert_eq!(walk(&owner, &format!("sort=-{order}"), limit).await, descending, "-{order}");
        }
    }
    assert_eq!(subjects(&owner.get(TICKETS).await), ["e", "d", "c", "b", "a"], "the latest activity first");
}

#[tokio::test]
async fn a_page_by_number_tells_its_place_and_all_there_are() {
    let desk = Desk::open().await;
    let owner = five(&desk).await;
    for order in ["created_at", "-updated_at", "priority", "status", "number", "-last_activity_at"] {
        let all = subjects(&owner.get(&format!("{TICKETS}?sort={order}")).await);
        let second = owner.get(&format!("{TICKETS}?sort={order}&limit=2&page=2&with_total=true")).await;
        assert_eq!(subjects(&second), all[2..4], "{order}");
        let told = ["number", "size", "total", "last"].map(|name| second.json()["page"][name].clone());
        assert_eq!(told, [2, 2, 5, 3].map(|number| json!(number)), "{order}");
        let beyond = owner.get(&format!("{TICKETS}?sort={order}&limit=2&page=4")).await;
        assert_eq!((subjects(&beyond).len(), cursor(&beyond, "next_cursor")), (0, None));
    }
    let first = owner.get(&format!("{TICKETS}?sort=-priority&limit=2&page=1&with_total=true&status=open")).await;
    assert_eq!(first.json()["page"]["total"], 3);
    assert!(first.header("link").contains("sort=-priority&limit=2&with_total=true&status=open&cursor="), "{first:?}");
    let plain = owner.get(&format!("{TICKETS}?limit=2")).await;
    assert_eq!((&plain.json()["page"]["total"], &plain.json()["page"]["number"]), (&Json::Null, &Json::Null));
}

#[tokio::test]
async fn page_numbers_reach_the_first_thousand_tickets() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    assert_eq!(owner.get(&format!("{TICKETS}?limit=100&page=10")).await.status, 200);
    let refused = owner.get(&format!("{TICKETS}?limit=100&page=11")).await;
    assert_eq!(refused.problem(), (400, "invalid_query".to_owned()));
    assert_eq!(owner.get(&format!("{TICKETS}?limit=1&page=4294967295")).await.status, 400);
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_list_alone() {
    let desk = Desk::open().await;
    let owner = five(&desk).await;
    let list = "sort=number&limit=2&status=open";
    let next = cursor(&owner.get(&format!("{TICKETS}?{list}")).await, "next_cursor").unwrap();
    assert_eq!(owner.get(&format!("{TICKETS}?{list}&cursor={next}")).await.status, 200);
    let longer = owner.get(&format!("{TICKETS}?{}&cursor={next}", list.replace("limit=2", "limit=3"))).await;
    assert_eq!(longer.status, 200, "how many at a time is no part of it");
    for same in ["status[]=open&sort=number", "sort=number&is_spam=false&status=open,open&limit=2"] {
        assert_eq!(owner.get(&format!("{TICKETS}?{same}&cursor={next}")).await.status, 200, "{same}");
    }
    for other in [
        format!("sort=-number&limit=2&status=open&cursor={next}"),
        format!("sort=created_at&limit=2&status=open&cursor={next}"),
        format!("sort=number&limit=2&cursor={next}"),
        format!("sort=number&limit=2&status=open&tag_id=01890a5d-ac96-774b-bcce-b302099a8057&cursor={next}"),
        format!("{list}&cursor={}A", &next[1..]),
        format!("{list}&cursor=AAAA"),
    ] {
        assert_eq!(
            owner.get(&format!("{TICKETS}?{other}")).await.problem(),
            (400, "invalid_cursor".to_owned()),
            "{other}"
        );
    }
    let stranger = owner.with_key(&desk.other_workspace().await.1);
    let foreign = stranger.get(&format!("{TICKETS}?{list}&cursor={next}")).await;
    assert_eq!(foreign.problem(), (400, "invalid_cursor".to_owned()));
    let both = owner.get(&format!("{TICKETS}?{list}&cursor={next}&page=2")).await;
    assert_eq!(both.errors(), [("?page", "exclusive")]);
}

#[tokio::test]
async fn a_ticket_that_moves_meanwhile_is_neither_lost_nor_told_twice_by_number() {
    let desk = Desk::open().await;
    let owner = five(&desk).await;
    let list = format!("{TICKETS}?sort=number&limit=2");
    let first = owner.get(&list).await;
    open(&owner, json!({"subject": "f"})).await;
    desk.project().await;
    let next = cursor(&first, "next_cursor").unwrap();
    let second = owner.get(&format!("{list}&cursor={next}")).await;
    let third = owner.get(&format!("{list}&cursor={}", cursor(&second, "next_cursor").unwrap())).await;
    let seen = [subjects(&first), subjects(&second), subjects(&third)].concat();
    assert_eq!(seen, ["a", "b", "c", "d", "e", "f"]);
}
