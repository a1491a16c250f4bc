use crate::owner;
use lambdesk_testkit::{ClientAnswer, Desk};
use serde_json::json;

#[tokio::test]
async fn a_patch_changes_what_it_names_and_null_clears() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let body = json!({"name": "Grace", "email": "grace@customer.example", "phone": "1"});
    let one = format!("/v1/contacts/{}", owner.post("/v1/contacts", body).await.id());
    let tried = owner.patch(&format!("{one}?dry_run=1"), json!({"phone": null})).await;
    let phone = json!({"field": "phone", "from": "1", "to": null});
    assert!(tried.data()["changes"].as_array().unwrap().contains(&phone), "{}", tried.text);
    let patched = owner.patch(&one, json!({"phone": null, "external_id": "c-7", "uid": "g"})).await;
    assert_eq!((patched.status, patched.header("etag")), (200, "\"2\""));
    let read = owner.get(&one).await;
    assert_eq!(read.json(), patched.json());
    assert_eq!(
        (&read.data()["name"], &read.data()["phone"], &read.data()["uid"]),
        (&json!("Grace"), &json!(null), &json!("g"))
    );
    let same = owner.patch(&one, json!({"uid": "g"})).await;
    assert_eq!((same.status, same.header("etag")), (200, "\"2\""), "the same again is no change");
}

#[tokio::test]
async fn a_stale_version_is_refused_with_the_current_one_and_a_fresh_one_taken() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let contact = format!("/v1/contacts/{}", owner.post("/v1/contacts", json!({"name": "Grace"})).await.id());
    let account = format!("/v1/accounts/{}", owner.post("/v1/accounts", json!({"kind": "client"})).await.id());
    for path in [contact, account] {
        let patch =
            async |version: &str| owner.send("PATCH", &path, &[("if-match", version)], "{\"name\":\"New\"}").await;
        assert_eq!(patch("\"1\"").await.status, 200);
        let stale = patch("\"1\"").await;
        assert_eq!((stale.status, &stale.json()["current_version"]), (412, &json!(2)), "{path}");
        assert_eq!(owner.send("DELETE", &path, &[("if-match", "\"1\"")], "").await.status, 412);
        assert_eq!(owner.send("DELETE", &path, &[("if-match", "\"2\"")], "").await.status, 204);
        assert_eq!(owner.get(&path).await.status, 404);
    }
}

#[tokio::test]
async fn a_contact_is_found_by_each_of_its_names() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let body = json!({"email": "grace+1@customer.example", "external_id": "c 7", "uid": "grace"});
    let grace = owner.post("/v1/contacts", body).await.id();
    owner.post("/v1/contacts", json!({"name": "Bob", "uid": "bob"})).await;
    let found = async |query: &str| {
        let list = owner.get(&format!("/v1/contacts?{query}")).await;
        let rows = list.json()["data"].as_array().unwrap_or_else(|| panic!("{}", list.text)).clone();
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
    let desk = Desk::open().await;
    let owner = owner(&desk);
    for number in 0..7 {
        owner.post("/v1/contacts", json!({"email": format!("a{number}@customer.example")})).await;
        let kind = if number % 2 == 0 { "client" } else { "project" };
        owner.post("/v1/accounts", json!({"kind": kind, "external_id": number.to_string()})).await;
    }
    for (list, all) in
        [("/v1/contacts?limit=2", 7), ("/v1/accounts?limit=2", 7), ("/v1/accounts?limit=2&kind=client", 4)]
    {
        let (mut told, mut path) = (Vec::new(), list.to_owned());
        loop {
            let page = owner.get(&path).await;
            assert!(page.json()["data"].as_array().unwrap().len() <= 2, "{}", page.text);
            told.extend(page.json()["data"].as_array().unwrap().iter().map(|row| row["id"].to_string()));
            let Some(cursor) = page.json()["page"]["next_cursor"].as_str().map(str::to_owned) else { break };
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
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let (old, new) = (json!({"email": "old@customer.example"}), json!({"email": "new@customer.example"}));
    let first = owner.post("/v1/contacts", old.clone()).await.id();
    let moved = owner.patch(&format!("/v1/contacts/{first}"), new.clone()).await;
    assert_eq!((moved.status, moved.id()), (200, first.clone()));
    let taken = owner.post("/v1/contacts", new.clone()).await;
    assert_eq!((taken.status, &taken.json()["existing_id"]), (409, &json!(first)));
    let second = owner.post("/v1/contacts", old.clone()).await;
    assert_eq!(second.status, 201);
    assert_ne!(second.id(), first);
    let back = owner.patch(&format!("/v1/contacts/{first}"), old.clone()).await;
    assert_eq!((back.status, &back.json()["existing_id"]), (409, &json!(second.id())));
    // The two change places, by way of a third address.
    let away = owner.patch(&format!("/v1/contacts/{}", second.id()), json!({"email": "third@customer.example"})).await;
    assert_eq!(away.status, 200);
    assert_eq!(owner.patch(&format!("/v1/contacts/{first}"), old.clone()).await.status, 200);
    assert_eq!(owner.patch(&format!("/v1/contacts/{}", second.id()), new).await.status, 200);
    let found = owner.get("/v1/contacts?email=old@customer.example").await;
    assert_eq!(found.json()["data"][0]["id"], json!(first));
    let found = owner.get("/v1/contacts?email=new@customer.example").await;
    assert_eq!(found.json()["data"][0]["id"], json!(second.id()));
    let none = owner.get("/v1/contacts?email=third@customer.example").await;
    assert_eq!(none.json()["data"], json!([]));
}

#[tokio::test]
async fn of_two_who_take_the_same_name_at_once_one_gets_it() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    for (round, names) in
        [json!({"email": "x@customer.example"}), json!({"external_id": "x"}), json!({"uid": "x"})].iter().enumerate()
    {
        let mut ids = Vec::new();
        for number in 0..8 {
            let email = json!({"email": format!("r{round}n{number}@customer.example")});
            ids.push(owner.post("/v1/contacts", email).await.id());
        }
        let paths: Vec<_> = ids.iter().map(|id| format!("/v1/contacts/{id}")).collect();
        let patches = paths.iter().map(|path| owner.patch(path, names.clone()));
        let answers = futures_util::future::join_all(patches).await;
        let winners: Vec<_> = answers.iter().filter(|answer| answer.status == 200).map(ClientAnswer::id).collect();
        assert_eq!((winners.len(), answers.iter().filter(|answer| answer.status == 409).count()), (1, 7), "{names}");
        for answer in answers.iter().filter(|answer| answer.status == 409) {
            assert_eq!(
                (answer.code(), answer.json()["existing_id"].as_str()),
                ("taken", winners.first().map(String::as_str))
            );
        }
    }
}

#[tokio::test]
async fn a_deleted_contact_leaves_its_names_free() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let body = json!({"email": "grace@customer.example", "external_id": "c-7", "uid": "g"});
    let mut ids = Vec::new();
    for _ in 0..10 {
        let made = owner.post("/v1/contacts", body.clone()).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let path = format!("/v1/contacts/{}", made.id());
        assert_eq!(owner.delete(&path).await.status, 204);
        assert_eq!((owner.delete(&path).await.status, owner.get(&path).await.status), (404, 404));
        ids.push(made.id());
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 10, "no id is given twice, so no history is inherited");
}

#[tokio::test]
async fn what_has_accounts_is_not_deleted_and_says_so() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let contact = owner.post("/v1/contacts", json!({"name": "Grace"})).await.id();
    let account = owner.post("/v1/accounts", json!({"kind": "client", "contact_id": contact})).await.id();
    let path = format!("/v1/contacts/{contact}");
    let refused = owner.delete(&path).await;
    let uses = json!([{"kind": "account", "count": 1, "is_exact": true, "ids": [account]}]);
    assert_eq!((refused.status, refused.code(), &refused.json()["uses"]), (409, "in_use", &uses));
    assert_eq!(owner.patch(&format!("/v1/accounts/{account}"), json!({"contact_id": null})).await.status, 200);
    assert_eq!(owner.delete(&path).await.status, 204);
}

#[tokio::test]
async fn accounts_are_changed_and_found_by_kind_external_id_and_contact() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let contact = owner.post("/v1/contacts", json!({"name": "Grace"})).await.id();
    let body = json!({"kind": "debt_account", "external_id": "L-7", "contact_id": contact});
    let account = owner.post("/v1/accounts", body.clone()).await.id();
    let other = owner.post("/v1/accounts", json!({"kind": "loyalty_card", "external_id": "L-7"})).await;
    assert_eq!(other.status, 201, "external ids are unique among one kind");
    let again = owner.post("/v1/accounts", body).await;
    assert_eq!((again.status, &again.json()["existing_id"]), (409, &json!(account)));
    let moved = owner.patch(&format!("/v1/accounts/{}", other.id()), json!({"kind": "debt_account"})).await;
    assert_eq!((moved.status, &moved.json()["existing_id"]), (409, &json!(account)));
    for query in [
        "kind=debt_account&external_id=L-7".to_owned(),
        format!("contact_id={contact}"),
        "kind=debt_account".to_owned(),
    ] {
        let list = owner.get(&format!("/v1/accounts?{query}")).await;
        assert_eq!(list.json()["data"].as_array().map(Vec::len), Some(1), "{query}: {}", list.text);
        assert_eq!(list.json()["data"][0]["id"], json!(account), "{query}");
    }
    let unkeyed = owner.get("/v1/accounts?external_id=L-7").await;
    assert_eq!((unkeyed.status, unkeyed.errors()), (400, vec![("?external_id", "needs_kind")]));
    let balance = json!({"current_balance_cents": -5, "currency": "EUR", "status": "overdue"});
    let patched = owner.patch(&format!("/v1/accounts/{account}"), balance).await;
    assert_eq!((&patched.data()["current_balance_cents"], &patched.data()["version"]), (&json!(-5), &json!(2)));
    let half = owner.patch(&format!("/v1/accounts/{account}"), json!({"currency": null})).await;
    assert_eq!(half.errors(), [("/currency", "required")]);
    let nobody = json!({"contact_id": "01890a5d-ac96-774b-bcce-b302099a8057"});
    let nobody = owner.patch(&format!("/v1/accounts/{account}"), nobody).await;
    assert_eq!(nobody.errors(), [("/contact_id", "no_such_reference")]);
}

#[tokio::test]
async fn the_same_idempotency_key_blocks_once() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let contact = owner.post("/v1/contacts", json!({"name": "Grace"})).await.id();
    let path = format!("/v1/contacts/{contact}");
    let block = || owner.send("POST", "/block", &[], "");
    assert_eq!(block().await.status, 404);
    let send = |verb: &str| {
        let path = format!("{path}/{verb}");
        let owner = &owner;
        async move { owner.send("POST", &path, &[("idempotency-key", "k")], "").await }
    };
    assert_eq!(send("block").await.data()["is_blocked"], json!(true));
    assert_eq!(owner.post(&format!("{path}/unblock"), json!({})).await.data()["is_blocked"], json!(false));
    assert_eq!(send("block").await.header("idempotent-replayed"), "true");
    assert_eq!(owner.get(&path).await.data()["is_blocked"], json!(false), "a replay does nothing");
}

#[tokio::test]
async fn a_contacts_tickets_are_in_the_list_of_tickets() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let first = owner.post("/v1/contacts", json!({"name": "Ada"})).await.id();
    let second = owner.post("/v1/contacts", json!({"name": "A."})).await.id();
    assert_eq!(owner.post(&format!("/v1/contacts/{first}/merge"), json!({"from": second})).await.status, 202);
    for id in [&first, &second] {
        let answer = owner.get(&format!("/v1/contacts/{id}/tickets?status=open&limit=5")).await;
        let location = format!("/v1/tickets?contact_id={first}&status=open&limit=5");
        assert_eq!((answer.status, answer.header("location")), (307, location.as_str()));
    }
}
