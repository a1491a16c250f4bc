//! Search: who finds what, and how soon what is gone is found no more.

use lambdesk_tests::{Api, Desk, Json, json};

fn numbers(list: &Json) -> Vec<u64> {
    list["data"].as_array().unwrap().iter().map(|ticket| ticket["number"].as_u64().unwrap()).collect()
}

async fn found(api: &Api, asked: &str) -> Vec<u64> {
    numbers(&api.get(&format!("/v1/tickets?q={asked}")).await.expect(200))
}

/// Waits until a search finds so many tickets.
async fn finds(api: &Api, asked: &str, count: usize) {
    api.eventually(&format!("/v1/tickets?q={asked}"), |list| {
        list["data"].as_array().is_some_and(|all| all.len() == count)
    })
    .await;
}

fn path(ticket: &Json) -> String {
    format!("/v1/tickets/{}", ticket["id"].as_str().unwrap())
}

async fn say(desk: &Desk, ticket: &Json, message: Json) -> Json {
    desk.owner.post(&format!("{}/messages", path(ticket)), message).await.created()
}

#[tokio::test]
async fn secure_messages_are_found_by_nobody_and_notes_by_those_who_read_them() {
    let desk = Desk::start().await;
    let channel = desk.channel().await;
    let body = json!({"subject": "Help", "channel_id": channel["id"], "message": {"body_text": "publicword"}});
    let ticket = desk.owner.post("/v1/tickets", body).await.created();
    say(&desk, &ticket, json!({"body_text": "secureword", "is_secure": true})).await;
    say(&desk, &ticket, json!({"body_text": "noteword", "kind": "note"})).await;
    say(&desk, &ticket, json!({"body_text": "lastword"})).await;
    let key = json!({"name": "Shop", "kind": "channel", "channel_id": channel["id"], "scopes": ["tickets:read"]});
    let shop = desk.with_key(&desk.key(key).await);
    finds(&desk.owner, "lastword", 1).await;
    assert_eq!(found(&desk.owner, "secureword").await, [0; 0]);
    assert_eq!(found(&desk.owner, "noteword%20publicword").await.len(), 1);
    assert_eq!(found(&shop, "publicword%20lastword").await.len(), 1);
    assert_eq!(found(&shop, "noteword").await, [0; 0]);
    assert_eq!(found(&shop, "publicword%20noteword").await, [0; 0]);
}

#[tokio::test]
async fn nobody_finds_tickets_out_of_reach() {
    let desk = Desk::start().await;
    let (jane, jane_key) = desk.user("Jane Own", "restricted").await;
    let (hers, _) = (desk.ticket("lamp one").await, desk.ticket("lamp two").await);
    desk.owner.put(&format!("{}/assignee", path(&hers)), json!({"assignee_id": jane["id"]})).await.ok();
    let other = desk.other_workspace().await;
    finds(&desk.owner, "lamp", 2).await;
    finds(&jane_key, "lamp", 1).await;
    assert_eq!(found(&jane_key, "lamp").await, [hers["number"].as_u64().unwrap()]);
    assert_eq!(found(&other, "lamp").await, [0; 0]);
}

#[tokio::test]
async fn what_is_no_longer_said_is_no_longer_found() {
    let desk = Desk::start().await;
    let ticket = desk.ticket("firstsubject").await;
    let message = say(&desk, &ticket, json!({"body_text": "regrettedword"})).await;
    finds(&desk.owner, "firstsubject%20regrettedword", 1).await;
    desk.owner.patch(&path(&ticket), json!({"subject": "secondsubject"})).await.ok();
    finds(&desk.owner, "secondsubject%20regrettedword", 1).await;
    finds(&desk.owner, "firstsubject", 0).await;
    let message = format!("{}/messages/{}", path(&ticket), message["id"].as_str().unwrap());
    desk.owner.delete(&message).await.expect(204);
    finds(&desk.owner, "regrettedword", 0).await;
    assert_eq!(found(&desk.owner, "secondsubject%20hello").await.len(), 1);
}

#[tokio::test]
async fn a_search_is_paged_both_ways_and_combined_with_filters() {
    let desk = Desk::start().await;
    for number in 0..12 {
        let body = json!({
            "subject": format!("Pageable lamp {number}"), "priority": if number % 3 == 0 { "high" } else { "low" },
        });
        desk.owner.post("/v1/tickets", body).await.created();
    }
    desk.ticket("A door").await;
    finds(&desk.owner, "lamp%20page", 12).await;
    let first = desk.owner.get("/v1/tickets?q=lamp&limit=5").await.expect(200);
    let second = follow(&desk.owner, &first, "next").await;
    let third = follow(&desk.owner, &second, "next").await;
    let pages: Vec<_> = [&first, &second, &third].into_iter().flat_map(numbers).collect();
    assert_eq!(pages.len(), 12);
    assert!(pages.is_sorted_by(|a, b| a > b), "{pages:?}");
    assert_eq!(numbers(&follow(&desk.owner, &third, "prev").await), numbers(&second));
    assert_eq!(found(&desk.owner, "lamp&priority=high").await.len(), 4);
    let oldest = desk.owner.get("/v1/tickets?q=lamp&sort=created_at&limit=5").await.expect(200);
    assert_eq!(numbers(&oldest), pages.iter().rev().take(5).copied().collect::<Vec<_>>());
}

async fn follow(api: &Api, page: &Json, way: &str) -> Json {
    let cursor = page["page"][format!("{way}_cursor")].as_str().unwrap_or_else(|| panic!("no {way}: {}", page["page"]));
    api.get(&format!("/v1/tickets?q=lamp&limit=5&cursor={cursor}")).await.expect(200)
}

#[tokio::test]
async fn a_search_without_words_or_that_is_too_long_is_refused() {
    let desk = Desk::start().await;
    for asked in ["", "%20", "%3F%3F", &"x".repeat(257)] {
        let problem = desk.owner.get(&format!("/v1/tickets?q={asked}")).await;
        assert_eq!(problem.status.as_u16(), 400, "{asked}: {}", problem.body);
    }
    for asked in ["%00", "a+b+c+d+e+f+g+h+i", "%F0%9F%98%80lamp", "'%22;--", "a%21%21%21b"] {
        desk.owner.get(&format!("/v1/tickets?q={asked}z")).await.expect(200);
    }
}

#[tokio::test]
async fn many_small_writes_are_merged_and_found_all_the_same() {
    let desk = Desk::start().await;
    let ticket = desk.ticket("Merging").await;
    for number in 0..100 {
        say(&desk, &ticket, json!({"body_text": format!("uniqueword{number} common"), "kind": "note"})).await;
    }
    for number in 0..100 {
        finds(&desk.owner, &format!("uniqueword{number}%20merging%20common"), 1).await;
    }
    desk.sweep().await;
    assert_eq!(found(&desk.owner, "uniqueword7%20uniqueword79").await.len(), 1);
}

#[tokio::test]
async fn words_of_neighbouring_blocks_are_found_each_and_a_soft_hyphen_parts_none() {
    let desk = Desk::start().await;
    let ticket = desk.ticket("S").await;
    let html = "<table><tr><td>apples</td><td>pears</td></tr></table>plums<p>cher\u{ad}ries</p>";
    say(&desk, &ticket, json!({"body_html": html})).await;
    for word in ["apples", "pears", "plums", "cherries"] {
        finds(&desk.owner, word, 1).await;
    }
    finds(&desk.owner, "applespears", 0).await;
}
