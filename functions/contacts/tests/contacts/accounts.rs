use crate::owner;
use lambdesk_domain::id::{AccountId, TicketId};
use lambdesk_table::{Item, Tenant, item::text, keys::IndexedValue};
use lambdesk_testkit::Desk;
use serde_json::json;
use uuid::Uuid;

#[tokio::test]
async fn an_account_is_made_and_read() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let contact = owner.post("/v1/contacts", json!({"name": "Grace"})).await.id();
    let body = json!({
        "kind": "debt_account", "name": "Loan 7", "external_id": "L-7", "status": "in arrears", "current_balance_cents": -12_345,
        "currency": "EUR", "contact_id": contact,
    });
    let made = owner.post("/v1/accounts", body.clone()).await;
    let mut expected = body;
    for (name, value) in [
        ("id", json!(made.id())),
        ("version", json!(1)),
        ("created_at", json!(desk.now())),
        ("updated_at", json!(desk.now())),
    ] {
        expected[name] = value;
    }
    assert_eq!((made.status, &made.data()), (201, &expected));
    assert_eq!(made.header("location"), format!("/v1/accounts/{}", made.id()));
    assert_eq!(owner.get(made.header("location")).await.json(), made.json());
    let least = owner.post("/v1/accounts", json!({"kind": "project"})).await;
    let expected = json!({
        "id": least.id(), "version": 1, "kind": "project", "name": null, "external_id": null, "status": null,
        "current_balance_cents": null, "currency": null, "contact_id": null, "created_at": desk.now(), "updated_at": desk.now(),
    });
    assert_eq!((least.status, &least.data()), (201, &expected));
}

#[tokio::test]
async fn all_bad_fields_of_an_account_are_told_at_once() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let bad = json!({
        "kind": "Debt Account", "current_balance_cents": 1.5, "currency": "eur", "owner": "me",
        "contact_id": "01890a5d-ac96-774b-bcce-b302099a8057",
    });
    let answer = owner.post("/v1/accounts", bad).await;
    let expected = [
        ("/kind", "invalid"),
        ("/current_balance_cents", "wrong_type"),
        ("/currency", "invalid"),
        ("/owner", "unknown_field"),
        ("/contact_id", "no_such_reference"),
    ];
    assert_eq!((answer.status, answer.errors().as_slice()), (422, expected.as_slice()));
    for currency in [json!({}), json!({"currency": null})] {
        let mut body = json!({"kind": "client", "current_balance_cents": 0});
        body.as_object_mut().unwrap().extend(currency.as_object().unwrap().clone());
        assert_eq!(owner.post("/v1/accounts", body).await.errors(), [("/currency", "required")]);
    }
    let no_balance = json!({"kind": "client", "currency": "EUR"});
    let answer = owner.post("/v1/accounts", no_balance).await;
    assert_eq!(answer.errors(), [("/current_balance_cents", "required")]);
    assert_eq!(owner.post("/v1/accounts", json!({})).await.errors(), [("/kind", "required")]);
}

#[tokio::test]
async fn the_same_idempotency_key_makes_one_account() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let send = |path| owner.send("POST", path, &[("idempotency-key", "one")], "{\"kind\":\"client\"}");
    let tried = send("/v1/accounts?dry_run=true").await;
    assert_eq!((tried.status, &tried.data()["events"]), (200, &json!([])));
    let (first, second) = tokio::join!(send("/v1/accounts"), send("/v1/accounts"));
    assert_eq!((first.status, &first.json()), (201, &second.json()));
}

#[tokio::test]
async fn an_account_behind_many_stale_index_entries_may_be_in_use() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let id = owner.post("/v1/accounts", json!({"kind": "project"})).await.id();
    let account = IndexedValue::Account(AccountId::new(id.parse().unwrap()));
    let entries = (1..=101).map(|number| {
        let key = Tenant::new(desk.workspace).index_entry(&account, TicketId::new(Uuid::from_u128(number)));
        Item::from([("pk".to_owned(), text(key.pk)), ("sk".to_owned(), text(key.sk))])
    });
    desk.table.put_all(entries.collect()).await;
    let refused = owner.delete(&format!("/v1/accounts/{id}")).await;
    assert_eq!((refused.status, &refused.json()["code"]), (409, &json!("in_use")));
    let uses = json!([{"kind": "ticket", "count": 0, "is_exact": false, "ids": []}]);
    assert_eq!(refused.json()["uses"], uses);
    assert!(refused.json()["detail"].as_str().unwrap().starts_with("it may still be in use"), "{}", refused.text);
    assert_eq!(owner.delete(&format!("/v1/accounts/{id}?force=true")).await.status, 204);
}
