use crate::app::App;
use serde_json::json;

#[tokio::test]
async fn a_patch_changes_what_it_names_and_null_clears() {
    let app = App::start().await;
    let (_, key) = app.workspace().await;
    let body = json!({"name": "Grace", "email": "grace@customer.example", "phone": "1"});
    let one = format!("/v1/contacts/{}", app.post("/v1/contacts", &key, body).await.id());
    let tried = app.patch(&format!("{one}?dry_run=1"), &key, json!({"phone": null})).await;
    let phone = json!({"field": "phone", "from": "1", "to": null});
    assert!(tried.data()["changes"].as_array().unwrap().contains(&phone), "{}", tried.body);
    let patched = app.patch(&one, &key, json!({"phone": null, "external_id": "c-7", "uid": "g"})).await;
    assert_eq!((patched.status, patched.header("etag")), (200, "\"2\""));
    let read = app.get(&one, &key).await;
    assert_eq!(read.body, patched.body);
    assert_eq!(
        (&read.data()["name"], &read.data()["phone"], &read.data()["uid"]),
        (&json!("Grace"), &json!(null), &json!("g"))
    );
    let same = app.patch(&one, &key, json!({"uid": "g"})).await;
    assert_eq!((same.status, same.header("etag")), (200, "\"2\""), "the same again is no change");
}

#[tokio::test]
async fn a_stale_version_is_refused_with_the_current_one_and_a_fresh_one_taken() {
    let app = App::start().await;
    let (_, key) = app.workspace().await;
    let contact = format!("/v1/contacts/{}", app.post("/v1/contacts", &key, json!({"name": "Grace"})).await.id());
    let account = format!("/v1/accounts/{}", app.post("/v1/accounts", &key, json!({"kind": "client"})).await.id());
    for path in [contact, account] {
        let patch =
            async |version: &str| app.send("PATCH", &path, &key, &[("if-match", version)], "{\"name\":\"New\"}").await;
        assert_eq!(patch("\"1\"").await.status, 200);
        let stale = patch("\"1\"").await;
        assert_eq!((stale.status, &stale.body["current_version"]), (412, &json!(2)), "{path}");
        assert_eq!(app.send("DELETE", &path, &key, &[("if-match", "\"1\"")], "").await.status, 412);
        assert_eq!(app.send("DELETE", &path, &key, &[("if-match", "\"2\"")], "").await.status, 204);
        assert_eq!(app.get(&path, &key).await.status, 404);
    }
}

#[tokio::test]
async fn a_contact_is_found_by_each_of_its_names() {
    let app = App::start().await;
    let (_, key) = app.workspace().await;
    let body = json!({"email": "grace+1@customer.example", "external_id": "c 7", "uid": "grace"});
    let grace = app.post("/v1/contacts", &key, body).await.id();
    app.post("/v1/contacts", &key, json!({"name": "Bob", "uid": "bob"})).await;
    let found = async |query: &str| {
        let list = app.get(&format!("/v1/contacts?{query}"), &key).await;
        let rows = list.body["data"].as_array().unwrap_or_else(|| panic!("{}", list.body)).clone();
        rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    for query in ["email=Grace%2B1@customer.example", "external_id=c%207", "uid=grace", "uid=grace&external_id=c%207"] {
        assert_eq!(found(query).await, [grace.as_str()], "{query}");
    }
    for query in ["email=other@customer.example", "external_id=C%207", "uid=bob&external_id=c%207"] {
        assert_eq!(found(query).await, Vec::<String>::new(), "{query}");
    }
}

#[tokio::test]
async fn lists_go_on_by_cursor_until_all_have_been_told() {
    let app = App::start().await;
    let (_, key) = app.workspace().await;
    for number in 0..7 {
        app.post("/v1/contacts", &key, json!({"email": format!("a{number}@customer.example")})).await;
        let kind = if number % 2 == 0 { "client" } else { "project" };
        app.post("/v1/accounts", &key, json!({"kind": kind, "external_id": number.to_string()})).await;
    }
    for (list, all) in
        [("/v1/contacts?limit=2", 7), ("/v1/accounts?limit=2", 7), ("/v1/accounts?limit=2&kind=client", 4)]
    {
        let (mut told, mut path) = (Vec::new(), list.to_owned());
        loop {
            let page = app.get(&path, &key).await;
            assert!(page.body["data"].as_array().unwrap().len() <= 2, "{}", page.body);
            told.extend(page.body["data"].as_array().unwrap().iter().map(|row| row["id"].to_string()));
            let Some(cursor) = page.body["page"]["next_cursor"].as_str() else { break };
            path = format!("{list}&cursor={cursor}");
        }
        let mut once = told.clone();
        once.sort();
        once.dedup();
        assert_eq!((told.len(), &told), (all, &once), "{list}");
    }
}

#[tokio::test]
async fn who_moves_on_to_another_address_leaves_the_old_one_free() {
    let app = App::start().await;
    let (_, key) = app.workspace().await;
    let (old, new) = (json!({"email": "old@customer.example"}), json!({"email": "new@customer.example"}));
    let first = app.post("/v1/contacts", &key, old.clone()).await.id();
    let moved = app.patch(&format!("/v1/contacts/{first}"), &key, new.clone()).await;
    assert_eq!((moved.status, moved.id()), (200, first.clone()));
    let taken = app.post("/v1/contacts", &key, new.clone()).await;
    assert_eq!((taken.status, &taken.body["existing_id"]), (409, &json!(first)));
    let second = app.post("/v1/contacts", &key, old.clone()).await;
    assert_eq!(second.status, 201);
    assert_ne!(second.id(), first);
    let back = app.patch(&format!("/v1/contacts/{first}"), &key, old.clone()).await;
    assert_eq!((back.status, &back.body["existing_id"]), (409, &json!(second.id())));
    // The two change places, by way of a third address.
    let away =
        app.patch(&format!("/v1/contacts/{}", second.id()), &key, json!({"email": "third@customer.example"})).await;
    assert_eq!(away.status, 200);
    assert_eq!(app.patch(&format!("/v1/contacts/{first}"), &key, old.clone()).await.status, 200);
    assert_eq!(app.patch(&format!("/v1/contacts/{}", second.id()), &key, new).await.status, 200);
    let found = app.get("/v1/contacts?email=old@customer.example", &key).await;
    assert_eq!(found.body["data"][0]["id"], json!(first));
    let found = app.get("/v1/contacts?email=new@customer.example", &key).await;
    assert_eq!(found.body["data"][0]["id"], json!(second.id()));
    let none = app.get("/v1/contacts?email=third@customer.example", &key).await;
    assert_eq!(none.body["data"], json!([]));
}

#[tokio::test]
async fn of_two_who_take_the_same_name_at_once_one_gets_it() {
    let app = App::start().await;
    let (_, key) = app.workspace().await;
    for (round, names) in
        [json!({"email": "x@customer.example"}), json!({"external_id": "x"}), json!({"uid": "x"})].iter().enumerate()
    {
        let mut ids = Vec::new();
        for number in 0..8 {
            let email = json!({"email": format!("r{round}n{number}@customer.example")});
            ids.push(app.post("/v1/contacts", &key, email).await.id());
        }
        let paths: Vec<_> = ids.iter().map(|id| format!("/v1/contacts/{id}")).collect();
        let patches = paths.iter().map(|path| app.patch(path, &key, names.clone()));
        let answers = futures_util::future::join_all(patches).await;
        let winners: Vec<_> =
            answers.iter().filter(|answer| answer.status == 200).map(crate::app::Answer::id).collect();
        assert_eq!((winners.len(), answers.iter().filter(|answer| answer.status == 409).count()), (1, 7), "{names}");
        for answer in answers.iter().filter(|answer| answer.status == 409) {
            assert_eq!(
                (answer.code(), answer.body["existing_id"].as_str()),
                ("taken", winners.first().map(String::as_str))
            );
        }
    }
}

#[tokio::test]
async fn a_deleted_contact_leaves_its_names_free() {
    let app = App::start().await;
    let (_, key) = app.workspace().await;
    let body = json!({"email": "grace@customer.example", "external_id": "c-7", "uid": "g"});
    let mut ids = Vec::new();
    for _ in 0..10 {
        let made = app.post("/v1/contacts", &key, body.clone()).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let path = format!("/v1/contacts/{}", made.id());
        assert_eq!(app.delete(&path, &key).await.status, 204);
        assert_eq!((app.delete(&path, &key).await.status, app.get(&path, &key).await.status), (404, 404));
        ids.push(made.id());
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 10, "no id is given twice, so no history is inherited");
}

#[tokio::test]
async fn what_has_accounts_is_not_deleted_and_says_so() {
    let app = App::start().await;
    let (_, key) = app.workspace().await;
    let contact = app.post("/v1/contacts", &key, json!({"name": "Grace"})).await.id();
    let account = app.post("/v1/accounts", &key, json!({"kind": "client", "contact_id": contact})).await.id();
    let path = format!("/v1/contacts/{contact}");
    let refused = app.delete(&path, &key).await;
    let uses = json!([{"kind": "account", "count": 1, "is_exact": true, "ids": [account]}]);
    assert_eq!((refused.status, refused.code(), &refused.body["uses"]), (409, "in_use", &uses));
    assert_eq!(app.patch(&format!("/v1/accounts/{account}"), &key, json!({"contact_id": null})).await.status, 200);
    assert_eq!(app.delete(&path, &key).await.status, 204);
}

#[tokio::test]
async fn accounts_are_changed_and_found_by_kind_external_id_and_contact() {
    let app = App::start().await;
    let (_, key) = app.workspace().await;
    let contact = app.post("/v1/contacts", &key, json!({"name": "Grace"})).await.id();
    let body = json!({"kind": "debt_account", "external_id": "L-7", "contact_id": contact});
    let account = app.post("/v1/accounts", &key, body.clone()).await.id();
    let other = app.post("/v1/accounts", &key, json!({"kind": "loyalty_card", "external_id": "L-7"})).await;
    assert_eq!(other.status, 201, "external ids are unique among one kind");
    let again = app.post("/v1/accounts", &key, body).await;
    assert_eq!((again.status, &again.body["existing_id"]), (409, &json!(account)));
    let moved = app.patch(&format!("/v1/accounts/{}", other.id()), &key, json!({"kind": "debt_account"})).await;
    assert_eq!((moved.status, &moved.body["existing_id"]), (409, &json!(account)));
    for query in [
        "kind=debt_account&external_id=L-7".to_owned(),
        format!("contact_id={contact}"),
        "kind=debt_account".to_owned(),
    ] {
        let list = app.get(&format!("/v1/accounts?{query}"), &key).await;
        assert_eq!(list.body["data"].as_array().map(Vec::len), Some(1), "{query}: {}", list.body);
        assert_eq!(list.body["data"][0]["id"], json!(account), "{query}");
    }
    let unkeyed = app.get("/v1/accounts?external_id=L-7", &key).await;
    assert_eq!((unkeyed.status, unkeyed.errors()), (400, vec![("?external_id", "needs_kind")]));
    let balance = json!({"current_balance_cents": -5, "currency": "EUR", "status": "overdue"});
    let patched = app.patch(&format!("/v1/accounts/{account}"), &key, balance).await;
    assert_eq!((&patched.data()["current_balance_cents"], &patched.data()["version"]), (&json!(-5), &json!(2)));
    let half = app.patch(&format!("/v1/accounts/{account}"), &key, json!({"currency": null})).await;
    assert_eq!(half.errors(), [("/currency", "required")]);
    let nobody = json!({"contact_id": "01890a5d-ac96-774b-bcce-b302099a8057"});
    let nobody = app.patch(&format!("/v1/accounts/{account}"), &key, nobody).await;
    assert_eq!(nobody.errors(), [("/contact_id", "no_such_reference")]);
}

#[tokio::test]
async fn the_same_idempotency_key_blocks_once() {
    let app = App::start().await;
    let (_, key) = app.workspace().await;
    let contact = app.post("/v1/contacts", &key, json!({"name": "Grace"})).await.id();
    let path = format!("/v1/contacts/{contact}");
    let block = || app.send("POST", "/block", &key, &[], "");
    assert_eq!(block().await.status, 404);
    let send = |verb: &str| {
        let path = format!("{path}/{verb}");
        let (app, key) = (&app, &key);
        async move { app.send("POST", &path, key, &[("idempotency-key", "k")], "").await }
    };
    assert_eq!(send("block").await.data()["is_blocked"], json!(true));
    assert_eq!(app.post(&format!("{path}/unblock"), &key, json!({})).await.data()["is_blocked"], json!(false));
    assert_eq!(send("block").await.header("idempotent-replayed"), "true");
    assert_eq!(app.get(&path, &key).await.data()["is_blocked"], json!(false), "a replay does nothing");
}

#[tokio::test]
async fn a_contacts_tickets_are_in_the_list_of_tickets() {
    let app = App::start().await;
    let (_, key) = app.workspace().await;
    let first = app.post("/v1/contacts", &key, json!({"name": "Ada"})).await.id();
    let second = app.post("/v1/contacts", &key, json!({"name": "A."})).await.id();
    assert_eq!(app.post(&format!("/v1/contacts/{first}/merge"), &key, json!({"from": second})).await.status, 202);
    for id in [&first, &second] {
        let answer = app.get(&format!("/v1/contacts/{id}/tickets?status=open&limit=5"), &key).await;
        let location = format!("/v1/tickets?contact_id={first}&status=open&limit=5");
        assert_eq!((answer.status, answer.header("location")), (307, location.as_str()));
    }
}
