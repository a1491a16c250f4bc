use crate::app::{App, NOW};
use serde_json::json;

#[tokio::test]
async fn an_account_is_made_and_read() {
    let app = App::start().await;
    let (_, key) = app.workspace().await;
    let contact = app.post("/v1/contacts", &key, json!({"name": "Grace"})).await.id();
    let body = json!({
        "kind": "debt_account", "name": "Loan 7", "external_id": "L-7", "status": "in arrears", "current_balance_cents": -12_345,
        "currency": "EUR", "contact_id": contact,
    });
    let made = app.post("/v1/accounts", &key, body.clone()).await;
    let mut expected = body;
    for (name, value) in
        [("id", json!(made.id())), ("version", json!(1)), ("created_at", json!(NOW)), ("updated_at", json!(NOW))]
    {
        expected[name] = value;
    }
    assert_eq!((made.status, made.data()), (201, &expected));
    assert_eq!(made.header("location"), format!("/v1/accounts/{}", made.id()));
    assert_eq!(app.get(made.header("location"), &key).await.body, made.body);
    let least = app.post("/v1/accounts", &key, json!({"kind": "project"})).await;
    let expected = json!({
        "id": least.id(), "version": 1, "kind": "project", "name": null, "external_id": null, "status": null,
        "current_balance_cents": null, "currency": null, "contact_id": null, "created_at": NOW, "updated_at": NOW,
    });
    assert_eq!((least.status, least.data()), (201, &expected));
}

#[tokio::test]
async fn all_bad_fields_of_an_account_are_told_at_once() {
    let app = App::start().await;
    let (_, key) = app.workspace().await;
    let bad = json!({
        "kind": "Debt Account", "current_balance_cents": 1.5, "currency": "eur", "owner": "me",
        "contact_id": "01890a5d-ac96-774b-bcce-b302099a8057",
    });
    let answer = app.post("/v1/accounts", &key, bad).await;
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
        assert_eq!(app.post("/v1/accounts", &key, body).await.errors(), [("/currency", "required")]);
    }
    let no_balance = json!({"kind": "client", "currency": "EUR"});
    let answer = app.post("/v1/accounts", &key, no_balance).await;
    assert_eq!(answer.errors(), [("/current_balance_cents", "required")]);
    assert_eq!(app.post("/v1/accounts", &key, json!({})).await.errors(), [("/kind", "required")]);
}

#[tokio::test]
async fn the_same_idempotency_key_makes_one_account() {
    let app = App::start().await;
    let (_, key) = app.workspace().await;
    let send = |path| app.send("POST", path, &key, &[("idempotency-key", "one")], "{\"kind\":\"client\"}");
    let tried = send("/v1/accounts?dry_run=true").await;
    assert_eq!((tried.status, &tried.data()["events"]), (200, &json!([])));
    let (first, second) = tokio::join!(send("/v1/accounts"), send("/v1/accounts"));
    assert_eq!((first.status, &first.body), (201, &second.body));
}
