use crate::owner;
use lambdesk_domain::{access::Scope, status::ChannelType};
use lambdesk_store_contacts::contact_id;
use lambdesk_testkit::Desk;
use serde_json::json;

#[tokio::test]
async fn a_contact_is_made_and_read() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let body = json!({"email": "Grace@Customer.example", "name": "Grace", "phone": "+32 2 555", "external_id": "c-7"});
    let made = owner.post("/v1/contacts", body).await;
    let id = contact_id("salt", &"grace@customer.example".parse().unwrap());
    let expected = json!({
        "id": id, "version": 1, "name": "Grace", "email": "grace@customer.example", "phone": "+32 2 555",
        "external_id": "c-7", "uid": null, "is_blocked": false, "created_at": desk.now(), "updated_at": desk.now(),
    });
    assert_eq!((made.status, &made.data()), (201, &expected));
    assert_eq!(made.header("location"), format!("/v1/contacts/{id}"));
    assert_eq!(owner.get(made.header("location")).await.json(), made.json());
}

#[tokio::test]
async fn a_contact_without_an_address_has_an_id_of_its_own() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let grace = || owner.post("/v1/contacts", json!({"name": "Grace", "email": null}));
    let (first, second) = (grace().await, grace().await);
    assert_eq!((first.status, second.status), (201, 201));
    assert_ne!(first.id(), second.id());
    let expected = json!({
        "id": first.id(), "version": 1, "name": "Grace", "email": null, "phone": null, "external_id": null, "uid": null,
        "is_blocked": false, "created_at": desk.now(), "updated_at": desk.now(),
    });
    assert_eq!(owner.get(&format!("/v1/contacts/{}", first.id())).await.data(), expected);
}

#[tokio::test]
async fn an_address_and_an_external_id_belong_to_one_contact() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let grace = owner
        .post("/v1/contacts", json!({"email": "grace@customer.example", "external_id": "c-7", "uid": "grace-7"}))
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
        let answer = owner.post(&format!("/v1/contacts{query}"), same.clone()).await;
        assert_eq!((answer.status, answer.code()), (409, "taken"), "{same}");
        assert_eq!(answer.json()["existing_id"], json!(grace.id()), "{same}");
        assert!(!answer.text.contains("customer.example"), "{}", answer.text);
    }
    assert_eq!(owner.get(&format!("/v1/contacts/{}", grace.id())).await.json(), grace.json(), "it is as it was");
    let other = json!({"email": "other@customer.example", "external_id": "C-7"});
    assert_eq!(owner.post("/v1/contacts", other).await.status, 201, "external ids are told apart by case");
}

#[tokio::test]
async fn of_sixteen_creates_at_once_with_one_name_one_wins() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let email = json!({"email": "grace@customer.example"});
    let external = json!({"name": "Grace", "external_id": "c-7"});
    let uid = json!({"name": "Grace", "uid": "grace"});
    for body in [email, external, uid] {
        let creates = (0..16).map(|_| owner.post("/v1/contacts", body.clone()));
        let mut statuses: Vec<_> =
            futures_util::future::join_all(creates).await.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!((statuses[0], &statuses[1..]), (201, [409; 15].as_slice()), "{body}");
    }
}

#[tokio::test]
async fn the_same_idempotency_key_makes_one_contact() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let send = |body: &'static str| owner.send("POST", "/v1/contacts", &[("idempotency-key", "one")], body);
    let (first, second) = tokio::join!(send("{\"name\":\"Grace\"}"), send("{\"name\":\"Grace\"}"));
    assert_eq!((first.status, &first.json()), (201, &second.json()));
    assert_eq!(send("{\"name\":\"Grace\"}").await.header("idempotent-replayed"), "true");
    assert_eq!(send("{\"name\":\"Other\"}").await.code(), "idempotency_key_reused");
}

#[tokio::test]
async fn a_dry_run_makes_no_contact() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let body = json!({"email": "grace@customer.example", "external_id": "c-7"});
    assert_eq!(owner.post("/v1/contacts?dry_run=true", body.clone()).await.status, 200);
    assert_eq!(owner.post("/v1/contacts?silent=true", body).await.status, 201);
}

#[tokio::test]
async fn scopes_and_kinds_of_keys_hold() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let contact = owner.post("/v1/contacts", json!({"name": "Grace"})).await.id();
    let account = owner.post("/v1/accounts", json!({"kind": "client"})).await.id();
    let reader = owner.with_key(&desk.machine_key(&[Scope::ContactsRead]).await);
    let writer = owner.with_key(&desk.machine_key(&[Scope::ContactsWrite]).await);
    let channel = desk.channel(|channel| channel.kind = ChannelType::Phone).await;
    let channel = owner.with_key(&desk.channel_key(&channel).await);
    for (path, id, body) in
        [("/v1/contacts", contact, json!({"name": "Bob"})), ("/v1/accounts", account, json!({"kind": "client"}))]
    {
        let one = format!("{path}/{id}");
        assert_eq!((reader.get(&one).await.status, writer.post(path, body.clone()).await.status), (200, 201));
        let (read, written) = (writer.get(&one).await, reader.post(path, body.clone()).await);
        assert_eq!((read.status, &read.json()["scope"]), (403, &json!("contacts:read")));
        assert_eq!((written.status, &written.json()["scope"]), (403, &json!("contacts:write")));
        for refused in [channel.get(&one).await, channel.post(path, body.clone()).await] {
            assert_eq!((refused.status, refused.code()), (403, "channel_key_may_not"), "{path}");
        }
        assert_eq!(owner.with_key("ldk_x").get(&one).await.status, 401);
    }
}

#[tokio::test]
async fn another_workspaces_contacts_and_accounts_are_absent() {
    let desk = Desk::open().await;
    let own = owner(&desk);
    let other = own.with_key(&desk.other_workspace().await.1);
    let body = json!({"email": "grace@customer.example", "external_id": "c-7"});
    let contact = own.post("/v1/contacts", body.clone()).await.id();
    let account = own.post("/v1/accounts", json!({"kind": "client", "contact_id": contact})).await.id();
    for path in [format!("/v1/contacts/{contact}"), format!("/v1/accounts/{account}")] {
        assert_eq!((own.get(&path).await.status, other.get(&path).await.status), (200, 404), "{path}");
    }
    let foreign = other.post("/v1/accounts", json!({"kind": "client", "contact_id": contact})).await;
    assert_eq!((foreign.status, foreign.errors()), (422, vec![("/contact_id", "no_such_reference")]));
    let same = other.post("/v1/contacts", body).await;
    assert_eq!(same.status, 201);
    assert_ne!(same.id(), contact, "ids say nothing about other workspaces");
}
