use crate::app::App;
use serde_json::json;

const COLLECTIONS: [&str; 7] =
    ["/v1/users", "/v1/teams", "/v1/categories", "/v1/tags", "/v1/custom-fields", "/v1/channels", "/v1/api-keys"];

#[tokio::test]
async fn whatever_is_sent_is_answered_with_a_problem_and_never_a_5xx() {
    let app = App::start().await;
    let key = app.workspace().await;
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let long = json!({"name": "x".repeat(100_000)}).to_string();
    let bodies = [
        "",
        "{",
        "null",
        "[]",
        "7",
        "\"x\"",
        "{\"name\":\"a\",\"name\":\"b\"}",
        "{\"name\":{\"$gt\":\"\"}}",
        "{\"name\":\"\\ud800\"}",
        "{\"name\":\"a\\u0000b\"}",
        "{\"__proto__\":{}}",
        deep.as_str(),
        long.as_str(),
    ];
    for path in COLLECTIONS.iter().chain(&["/v1/workspaces"]) {
        for body in bodies {
            let answer = app.call("POST", path, &key).raw(body).send().await;
            assert!((400..500).contains(&answer.status), "{path} {:.40}: {}", body, answer.body);
            assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
        }
    }
    for path in COLLECTIONS {
        let total = i32::from(["/v1/users", "/v1/api-keys"].contains(&path));
        assert_eq!(app.get(&format!("{path}?with_total=1"), &key).await.body["page"]["total"], total, "{path}");
    }
}

#[tokio::test]
async fn what_is_no_id_names_nothing() {
    let app = App::start().await;
    let key = app.workspace().await;
    for path in COLLECTIONS {
        for id in
            ["x", "%00", "00000000-0000-0000-0000-000000000000", "01890a5dac96774bbcceb302099a8057", "..%2f..", "%ff"]
        {
            let answer = app.get(&format!("{path}/{id}"), &key).await;
            assert_eq!((answer.status, answer.code()), (404, "not_found"), "{path}/{id}");
        }
    }
}

#[tokio::test]
async fn without_a_genuine_key_everything_is_401_and_without_the_right_method_405() {
    let app = App::start().await;
    let key = app.workspace().await;
    for path in COLLECTIONS.iter().chain(&["/v1/workspace"]) {
        for bad in ["", "x", "ldk_", "ldk_AAAA", &format!("{key}A"), &key[..key.len() - 1]] {
            assert_eq!(app.get(path, bad).await.status, 401, "{path}");
        }
        let mut forged = key.clone();
        let last = forged.pop().unwrap();
        forged.push(if last == 'A' { 'B' } else { 'A' });
        assert_eq!(app.get(path, &forged).await.status, 401, "{path}");
        let answer = app.call("PUT", path, &key).send().await;
        assert_eq!((answer.status, answer.header("allow").is_empty()), (405, false), "{path}");
    }
}

#[tokio::test]
async fn unknown_parameters_are_refused_everywhere() {
    let app = App::start().await;
    let key = app.workspace().await;
    let tag = app.made("/v1/tags", &key, json!({"name": "vip"})).await;
    let one = format!("/v1/tags/{tag}?colour=red");
    for (method, path) in
        [("GET", one.as_str()), ("PATCH", &one), ("DELETE", &one), ("POST", "/v1/tags?x=1"), ("GET", "/v1/workspace?x")]
    {
        let answer = app.call(method, path, &key).json(&json!({"name": "new"})).send().await;
        assert_eq!((answer.status, answer.code()), (400, "invalid_query"), "{method} {path}");
    }
}

#[tokio::test]
async fn the_longest_names_and_addresses_are_kept() {
    let app = App::start().await;
    let key = app.workspace().await;
    let name = "𐐀".repeat(200);
    let made = app.post("/v1/tags", &key, json!({"name": name})).await;
    assert_eq!((made.status, made.text("name")), (201, name));
    assert_eq!(app.post("/v1/tags", &key, json!({"name": "x".repeat(201)})).await.errors(), [("/name", "invalid")]);
    let label = "x".repeat(60);
    let email = format!("{}@{label}.{label}.{label}.example", "y".repeat(62));
    let user = json!({"name": "Bob", "email": email, "role": "agent"});
    assert_eq!(app.post("/v1/users", &key, user).await.status, 201);
}
