use crate::app::{App, NOW};
use lambdesk_domain::access::Scope;
use lambdesk_store::contact_id;
use serde_json::json;

#[tokio::test]
async fn a_contact_is_made_and_read() {
    let app = App::start().await;
    let (workspace, key) = app.workspace().await;
    let body = json!({"email": "Grace@Customer.example", "name": "Grace", "phone": "+32 2 555", "external_id": "c-7"});
    let made = app.post("/v1/contacts", &key, body).await;
    let id = contact_id(&workspace.to_string(), &"grace@customer.example".parse().unwrap());
    let expected = json!({
        "id": id, "version": 1, "name": "Grace", "email": "grace@customer.example", "phone": "+32 2 555",
        "external_id": "c-7", "uid": null, "is_blocked": false, "created_at": NOW, "updated_at": NOW,
    });
    assert_eq!((made.status, made.data()), (201, &expected));
    assert_eq!(made.header("location"), format!("/v1/contacts/{id}"));
    assert_eq!(app.get(made.header("location"), &key).await.body, made.body);
}

#[tokio::test]
async fn a_contact_without_an_address_has_an_id_of_its_own() {
    let app = App::start().await;
    let (_, key) = app.workspace().await;
    let grace = || app.post("/v1/contacts", &key, json!({"name": "Grace", "email": null}));
    let (first, second) = (grace().await, grace().await);
    assert_eq!((first.status, second.status), (201, 201));
    assert_ne!(first.id(), second.id());
    let expected = json!({
        "id": first.id(), "version": 1, "name": "Grace", "email": null, "phone": null, "external_id": null, "uid": null,
        "is_blocked": false, "created_at": NOW, "updated_at": NOW,
    });
    assert_eq!(app.get(&format!("/v1/contacts/{}", first.id()), &key).await.data(), &expected);
}

#[tokio::test]
async fn an_address_and_an_external_id_belong_to_one_contact() {
    let app = App::start().await;
    let (_, key) = app.workspace().await;
    let grace = app
        .post("/v1/contacts", &key, json!({"email": "grace@customer.example", "external_id": "c-7", "uid": "grace-7"}))
        .await;
    for (same, query) in [
        (json!({"email": "GRACE@customer.example", "name": "Other"}), ""),
        (json!({"email": "GRACE@customer.example"}), "?dry_run=true"),
        (json!({"name": "Other", "external_id": "c-7"}), ""),
        (json!({"email": "other@customer.example", "external_id": "c-7"}), ""),
        (json!({"email": "other@customer.example", "external_id": "c-7"}), "?dry_run=true"),
        (json!({"name": "Other", "uid": "grace-7"}), ""),
        (json!({"name": "Other", "uid": "grace-7"}), "?dry_run=true"),
    ] {
        let answer = app.post(&format!("/v1/contacts{query}"), &key, same.clone()).await;
        assert_eq!((answer.status, answer.code()), (409, "taken"), "{same}");
        assert_eq!(answer.body["existing_id"], json!(grace.id()), "{same}");
        assert!(!answer.body.to_string().contains("customer.example"), "{}", answer.body);
    }
    assert_eq!(app.get(&format!("/v1/contacts/{}", grace.id()), &key).await.body, grace.body, "it is as it was");
    let other = json!({"email": "other@customer.example", "external_id": "C-7"});
    assert_eq!(app.post("/v1/contacts", &key, other).await.status, 201, "external ids are told apart by case");
}

#[tokio::test]
async fn of_sixteen_creates_at_once_with_one_name_one_wins() {
    let app = App::start().await;
    let (_, key) = app.workspace().await;
    let email = json!({"email": "grace@customer.example"});
    let external = json!({"name": "Grace", "external_id": "c-7"});
    let uid = json!({"name": "Grace", "uid": "grace"});
    for body in [email, external, uid] {
        let creates = (0..16).map(|_| app.post("/v1/contacts", &key, body.clone()));
        let mut statuses: Vec<_> =
            futures_util::future::join_all(creates).await.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!((statuses[0], &statuses[1..]), (201, [409; 15].as_slice()), "{body}");
    }
}

#[tokio::test]
async fn the_same_idempotency_key_makes_one_contact() {
    let app = App::start().await;
    let (_, key) = app.workspace().await;
    let send = |body: &'static str| app.send("POST", "/v1/contacts", &key, &[("idempotency-key", "one")], body);
    let (first, second) = tokio::join!(send("{\"name\":\"Grace\"}"), send("{\"name\":\"Grace\"}"));
    assert_eq!((first.status, &first.body), (201, &second.body));
    assert_eq!(send("{\"name\":\"Grace\"}").await.header("idempotent-replayed"), "true");
    assert_eq!(send("{\"name\":\"Other\"}").await.code(), "idempotency_key_reused");
}

#[tokio::test]
async fn a_dry_run_makes_no_contact() {
    let app = App::start().await;
    let (_, key) = app.workspace().await;
    let body = json!({"email": "grace@customer.example", "external_id": "c-7"});
    assert_eq!(app.post("/v1/contacts?dry_run=true", &key, body.clone()).await.status, 200);
    assert_eq!(app.post("/v1/contacts?silent=true", &key, body).await.status, 201);
}

#[tokio::test]
async fn scopes_and_kinds_of_keys_hold() {
    let app = App::start().await;
    let (workspace, owner) = app.workspace().await;
    let contact = app.post("/v1/contacts", &owner, json!({"name": "Grace"})).await.id();
    let account = app.post("/v1/accounts", &owner, json!({"kind": "client"})).await.id();
    let reader = app.key(workspace, &[Scope::ContactsRead]).await;
    let writer = app.key(workspace, &[Scope::ContactsWrite]).await;
    let channel = app.key(workspace, &[]).await;
    for (path, id, body) in
        [("/v1/contacts", contact, json!({"name": "Bob"})), ("/v1/accounts", account, json!({"kind": "client"}))]
    {
        let one = format!("{path}/{id}");
        assert_eq!(
            (app.get(&one, &reader).await.status, app.post(path, &writer, body.clone()).await.status),
            (200, 201)
        );
        let (read, written) = (app.get(&one, &writer).await, app.post(path, &reader, body.clone()).await);
        assert_eq!((read.status, &read.body["scope"]), (403, &json!("contacts:read")));
        assert_eq!((written.status, &written.body["scope"]), (403, &json!("contacts:write")));
        for refused in [app.get(&one, &channel).await, app.post(path, &channel, body.clone()).await] {
            assert_eq!((refused.status, refused.code()), (403, "channel_key_may_not"), "{path}");
        }
        assert_eq!(app.get(&one, "ldk_x").await.status, 401);
    }
}

#[tokio::test]
async fn another_workspaces_contacts_and_accounts_are_absent() {
    let app = App::start().await;
    let ((_, own), (_, other)) = (app.workspace().await, app.workspace().await);
    let body = json!({"email": "grace@customer.example", "external_id": "c-7"});
    let contact = app.post("/v1/contacts", &own, body.clone()).await.id();
    let account = app.post("/v1/accounts", &own, json!({"kind": "client", "contact_id": contact})).await.id();
    for path in [format!("/v1/contacts/{contact}"), format!("/v1/accounts/{account}")] {
        assert_eq!((app.get(&path, &own).await.status, app.get(&path, &other).await.status), (200, 404), "{path}");
    }
    let foreign = app.post("/v1/accounts", &other, json!({"kind": "client", "contact_id": contact})).await;
    assert_eq!((foreign.status, foreign.errors()), (422, vec![("/contact_id", "no_such_reference")]));
    let same = app.post("/v1/contacts", &other, body).await;
    assert_eq!(same.status, 201);
    assert_ne!(same.id(), contact, "ids say nothing about other workspaces");
}
