//! H5 and G11 · Search among the filters.

use lambdesk_tests::{Desk, Json, json};

fn subjects(list: &Json) -> Vec<&str> {
    list["data"].as_array().unwrap().iter().map(|ticket| ticket["subject"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn h5_search_finds_words_in_subject_and_messages() {
    let desk = Desk::start().await;
    let (lamp, door) = (desk.ticket("The lamp is broken").await, desk.ticket("Sticking door").await);
    let messages = |ticket: &Json| format!("/v1/tickets/{}/messages", ticket["id"].as_str().unwrap());
    desk.owner
        .post(&messages(&door), json!({"body_html": "<p>The <b>Café</b> downstairs has a lamp</p>"}))
        .await
        .created();
    desk.owner.eventually("/v1/tickets?q=lamp", |list| subjects(list).len() == 2).await;
    for (asked, expected) in [
        ("lamp", vec!["Sticking door", "The lamp is broken"]),
        ("BROKEN%20lam", vec!["The lamp is broken"]),
        ("cafe%20sticking", vec!["Sticking door"]),
        ("hello", vec!["Sticking door", "The lamp is broken"]),
        ("lamps", vec![]),
        ("cafe%20broken", vec![]),
    ] {
        let list = desk.owner.get(&format!("/v1/tickets?q={asked}")).await.expect(200);
        assert_eq!(subjects(&list), expected, "{asked}");
    }
    desk.owner
        .put(&format!("/v1/tickets/{}/status", lamp["id"].as_str().unwrap()), json!({"status": "closed"}))
        .await
        .ok();
    let list = desk.owner.get("/v1/tickets?q=lamp&status=closed&sort=created_at&with_total=true").await.expect(200);
    assert_eq!((subjects(&list), &list["page"]["total"]), (vec!["The lamp is broken"], &json!(1)));
}
