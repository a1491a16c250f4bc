use crate::owner;
use lambdesk_testkit::Desk;
use serde_json::json;

#[tokio::test]
async fn whatever_is_sent_is_answered_with_a_problem_and_never_a_5xx() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let large = json!({"name": "x".repeat(300_000)}).to_string();
    let long = json!({"kind": "client", "external_id": "x".repeat(255)}).to_string();
    for path in ["/v1/contacts", "/v1/accounts"] {
        for body in [
            "",
            "{",
            "null",
            "[]",
            "{}",
            "{\"name\":\"a\",\"name\":\"b\"}",
            "{\"name\":{\"$gt\":\"\"}}",
            "{\"name\":\"a\\u0000b\"}",
            "{\"id\":\"x\"}",
            "{\"email\":\"<a@b.c>\"}",
            deep.as_str(),
            large.as_str(),
            long.as_str(),
            "{\"kind\":\"client\",\"currency\":\"EUR\",\"current_balance_cents\":9223372036854775808}",
        ] {
            let answer = owner.send("POST", path, &[], body.to_owned()).await;
            assert!((400..500).contains(&answer.status), "{path} {body:.60}: {}", answer.text);
            assert_eq!(answer.header("content-type"), "application/problem+json");
        }
        for (method, query) in [("POST", "?x=1"), ("GET", "/01890a5d-ac96-774b-bcce-b302099a8057?x=1")] {
            assert_eq!(owner.send(method, &format!("{path}{query}"), &[], "{\"kind\":\"client\"}").await.status, 400);
        }
        for id in ["x", "%00", "01890a5dac96774bbcceb302099a8057", "01890a5d-ac96-774b-bcce-b302099a8057", "..%2f.."] {
            assert_eq!(owner.get(&format!("{path}/{id}")).await.status, 404, "{path}/{id}");
        }
        for query in ["?limit=0", "?cursor=x", "?email=nobody", "?page=2", "?q=x", "?external_id=1", "?contact_id=1"] {
            let answer = owner.get(&format!("{path}{query}")).await;
            assert!(
                answer.status == 400 || path == "/v1/contacts" && query == "?external_id=1",
                "{path}{query}: {}",
                answer.json()
            );
        }
        assert_eq!(owner.send("DELETE", path, &[], "").await.status, 405);
    }
}

#[tokio::test]
async fn whatever_is_sent_to_one_contact_is_answered_and_never_a_5xx() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let one = format!("/v1/contacts/{}", owner.post("/v1/contacts", json!({"name": "Grace"})).await.id());
    for verb in ["block", "unblock", "merge", "erase"] {
        for body in ["{", "[]", "{\"x\":1}", "{\"from\":\"x\"}", "{\"from\":null}"] {
            let answer = owner.send("POST", &format!("{one}/{verb}"), &[], body).await;
            assert!([400, 422].contains(&answer.status), "{verb} {body}: {}", answer.text);
        }
        assert_eq!(owner.post(&format!("{one}/{verb}?x=1"), json!({})).await.status, 400, "{verb}");
        assert_eq!(owner.post(&format!("/v1/contacts/x/{verb}"), json!({})).await.status, 404, "{verb}");
    }
    for (field, value) in
        [("name", json!(1)), ("email", json!("x")), ("is_blocked", json!(true)), ("version", json!(7))]
    {
        let answer = owner.patch(&one, json!({field: value})).await;
        assert_eq!((answer.status, answer.errors()[0].0), (422, format!("/{field}").as_str()));
    }
    for path in ["tickets?x=%zz", "export?cursor=x", "receipts?page=1", "receipts/x"] {
        let answer = owner.get(&format!("{one}/{path}")).await;
        assert!((300..500).contains(&answer.status), "{path}: {}", answer.text);
    }
    assert_eq!(owner.patch(&one, json!({"name": null})).await.errors(), [("", "required")], "it must stay somebody");
}

#[tokio::test]
async fn a_contact_is_somebody() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    for nobody in [json!({}), json!({"name": null, "email": null})] {
        assert_eq!(owner.post("/v1/contacts", nobody).await.errors(), [("", "required")]);
    }
}

#[tokio::test]
async fn the_longest_external_id_is_kept() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let id = "𐐀".repeat(254);
    let made = owner.post("/v1/contacts", json!({"external_id": id})).await;
    assert_eq!((made.status, &made.data()["external_id"]), (201, &json!(id)));
    let again = owner.post("/v1/contacts", json!({"external_id": id})).await;
    assert_eq!((again.status, again.json()["existing_id"].as_str()), (409, Some(made.id().as_str())));
}
