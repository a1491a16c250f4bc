//! What is filtered by may have commas of its own.

use lambdesk_tests::{Desk, Json, json};

fn subjects(list: &Json) -> Vec<&str> {
    list["data"].as_array().unwrap().iter().map(|ticket| ticket["subject"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn names_and_options_with_commas_are_filtered_by_as_they_are() {
    let desk = Desk::start().await;
    for name in ["late", "late, again", "again"] {
        desk.owner.post("/v1/tags", json!({"name": name})).await.created();
    }
    desk.owner.post("/v1/categories", json!({"name": "Billing, refunds"})).await.created();
    let plan = json!({"key": "plan", "name": "Plan", "kind": "choice", "options": ["gold, large", "gold"]});
    desk.owner.post("/v1/custom-fields", plan).await.created();
    let category = desk.owner.get("/v1/categories").await.ok()[0]["id"].clone();
    for (subject, body) in [
        ("both", json!({"tags": ["late, again"], "custom": {"plan": "gold, large"}})),
        ("one", json!({"tags": ["late"], "custom": {"plan": "gold"}, "category_id": category})),
        ("two", json!({"tags": ["again"]})),
    ] {
        let mut body = body;
        body["subject"] = json!(subject);
        desk.owner.post("/v1/tickets", body).await.created();
    }
    for (asked, found) in [
        ("tag=late,%20again", vec!["both"]),
        ("tag=LATE%2C+again", vec!["both"]),
        ("tag=late,again", vec!["one", "two"]),
        ("tag=late,%20again&tag=late", vec!["both", "one"]),
        ("custom.plan=gold,%20large", vec!["both"]),
        ("custom.plan=gold,%20large&custom.plan=gold", vec!["both", "one"]),
        ("category=Billing,%20refunds", vec!["one"]),
    ] {
        let path = format!("/v1/tickets?sort=number&{asked}");
        let list =
            desk.owner.eventually(&path, |list| list["data"].as_array().is_some_and(|all| all.len() == found.len()));
        assert_eq!(subjects(&list.await), found, "{asked}");
    }
}
