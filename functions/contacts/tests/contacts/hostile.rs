use crate::app::App;
use serde_json::json;

#[tokio::test]
async fn whatever_is_sent_is_answered_with_a_problem_and_never_a_5xx() {
    let app = App::start().await;
    let (_, key) = app.workspace().await;
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
            let answer = app.send("POST", path, &key, &[], body).await;
            assert!((400..500).contains(&answer.status), "{path} {body:.60}: {}", answer.body);
            assert_eq!(answer.header("content-type"), "application/problem+json");
        }
        for (method, query) in [("POST", "?x=1"), ("GET", "/01890a5d-ac96-774b-bcce-b302099a8057?x=1")] {
            assert_eq!(
                app.send(method, &format!("{path}{query}"), &key, &[], "{\"kind\":\"client\"}").await.status,
                400
            );
        }
        for id in ["x", "%00", "01890a5dac96774bbcceb302099a8057", "01890a5d-ac96-774b-bcce-b302099a8057", "..%2f.."] {
            assert_eq!(app.get(&format!("{path}/{id}"), &key).await.status, 404, "{path}/{id}");
        }
        for query in ["?limit=0", "?cursor=x", "?email=nobody", "?page=2", "?q=x", "?external_id=1", "?contact_id=1"] {
            let answer = app.get(&format!("{path}{query}"), &key).await;
            assert!(
                answer.status == 400 || path == "/v1/contacts" && query == "?external_id=1",
                "{path}{query}: {}",
                answer.body
            );
        }
        assert_eq!(app.send("DELETE", path, &key, &[], "").await.status, 405);
    }
}

#[tokio::test]
async fn whatever_is_sent_to_one_contact_is_answered_and_never_a_5xx() {
    let app = App::start().await;
    let (_, key) = app.workspace().await;
    let one = format!("/v1/contacts/{}", app.post("/v1/contacts", &key, json!({"name": "Grace"})).await.id());
    for verb in ["block", "unblock", "merge", "erase"] {
        for body in ["{", "[]", "{\"x\":1}", "{\"from\":\"x\"}", "{\"from\":null}"] {
            let answer = app.send("POST", &format!("{one}/{verb}"), &key, &[], body).await;
            assert!([400, 422].contains(&answer.status), "{verb} {body}: {}", answer.body);
        }
        assert_eq!(app.post(&format!("{one}/{verb}?x=1"), &key, json!({})).await.status, 400, "{verb}");
        assert_eq!(app.post(&format!("/v1/contacts/x/{verb}"), &key, json!({})).await.status, 404, "{verb}");
    }
    for (field, value) in
        [("name", json!(1)), ("email", json!("x")), ("is_blocked", json!(true)), ("version", json!(7))]
    {
        let answer = app.patch(&one, &key, json!({field: value})).await;
        assert_eq!((answer.status, answer.errors()[0].0), (422, format!("/{field}").as_str()));
    }
    for path in ["tickets?x=%zz", "export?cursor=x", "receipts?page=1", "receipts/x"] {
        let answer = app.get(&format!("{one}/{path}"), &key).await;
        assert!((300..500).contains(&answer.status), "{path}: {}", answer.body);
    }
    assert_eq!(
        app.patch(&one, &key, json!({"name": null})).await.errors(),
        [("", "required")],
        "it must stay somebody"
    );
}

#[tokio::test]
async fn a_contact_is_somebody() {
    let app = App::start().await;
    let (_, key) = app.workspace().await;
    for nobody in [json!({}), json!({"name": null, "email": null})] {
        assert_eq!(app.post("/v1/contacts", &key, nobody).await.errors(), [("", "required")]);
    }
}

#[tokio::test]
async fn the_longest_external_id_is_kept() {
    let app = App::start().await;
    let (_, key) = app.workspace().await;
    let id = "𐐀".repeat(254);
    let made = app.post("/v1/contacts", &key, json!({"external_id": id})).await;
    assert_eq!((made.status, &made.data()["external_id"]), (201, &json!(id)));
    let again = app.post("/v1/contacts", &key, json!({"external_id": id})).await;
    assert_eq!((again.status, again.body["existing_id"].as_str()), (409, Some(made.id().as_str())));
}
