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
        assert_eq!(app.send("DELETE", path, &key, &[], "").await.status, 405);
    }
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
