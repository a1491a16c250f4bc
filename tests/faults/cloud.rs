//! F11, W2, W4 and others: what the cloud does between the parts, and the local stack.

use futures_util::future::join_all;
use lambdesk_engine::AwsTrait;
use lambdesk_local::{Options, Stack, stack};
use lambdesk_outbound::AddressPolicy;
use lambdesk_runtime::HintQueue;
use lambdesk_testkit::{Client, ClientAnswer, Desk};
use lambdesk_tests::{Api, json};
use std::time::Duration;

/// The owner, as a caller of all functions.
fn owner(desk: &Desk) -> Client {
    let (queue, _) = HintQueue::local(1);
    Client::new(stack::router(&desk.app, stack::functions(&AddressPolicy::public_only(), &queue))).with_key(&desk.key)
}

async fn opened(client: &Client, name: &str) -> ClientAnswer {
    let body = json!({
        "subject": "S",
        "from": {"name": name, "email": "grace@customer.example"},
        "message": {"body_text": "Hello"},
    });
    client.post("/v1/tickets", body).await
}

#[tokio::test]
async fn w4_many_tickets_of_one_contact_at_once_are_all_made() {
    let desk = Desk::on_aws().await;
    let client = owner(&desk);
    desk.table.aws().on(AwsTrait::Conflicts(Duration::from_millis(20)));
    // Unknown at first, then known.
    for round in 0..2 {
        let answers = join_all((0..16).map(|_| opened(&client, "Grace"))).await;
        let contacts: std::collections::BTreeSet<_> =
            answers.iter().map(|answer| (answer.status, answer.data()["contact"]["id"].to_string())).collect();
        assert_eq!(contacts.len(), 1, "{round}: {contacts:?}");
        assert!(contacts.iter().all(|(status, contact)| *status == 201 && contact != "null"), "{contacts:?}");
    }
}

#[tokio::test]
async fn f11_the_local_stack_makes_more_workspaces_for_its_operator() {
    let options = Options::in_memory();
    let options = Options { operator_token: Some("operator".to_owned().into()), ..options };
    let stack = Stack::start(&options).await.unwrap();
    let workspace = json!({"name": "Second", "owner": {"name": "Otto", "email": "otto@second.example"}});
    let made = Api::of(&stack.url(), Some("operator")).post("/v1/workspaces", workspace.clone()).await.created();
    let key = made["api_key"]["key"].as_str().unwrap_or_default();
    Api::of(&stack.url(), Some(key)).get("/v1/tickets").await.ok();
    Api::of(&stack.url(), Some("another")).post("/v1/workspaces", workspace).await.expect(401);
}
