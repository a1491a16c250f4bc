use crate::fixtures::{JSON, open, owner};
use serde_json::json;

const COLLECTIONS: [&str; 7] =
    ["/v1/users", "/v1/teams", "/v1/categories", "/v1/tags", "/v1/custom-fields", "/v1/channels", "/v1/api-keys"];

#[tokio::test]
async fn whatever_is_sent_is_answered_with_a_problem_and_never_a_5xx() {
    let desk = open().await;
    let owner = owner(&desk);
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
            let answer = owner.send("POST", path, &[JSON], body.to_owned()).await;
            assert!((400..500).contains(&answer.status), "{path} {:.40}: {}", body, answer.text);
            assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
        }
    }
    for path in COLLECTIONS {
        let total = i32::from(["/v1/users", "/v1/api-keys"].contains(&path));
        assert_eq!(owner.get(&format!("{path}?with_total=1")).await.json()["page"]["total"], total, "{path}");
    }
}

#[tokio::test]
async fn what_is_no_id_names_nothing() {
    let desk = open().await;
    let owner = owner(&desk);
    for path in COLLECTIONS {
        for id in
            ["x", "%00", "00000000-0000-0000-0000-000000000000", "01890a5dac96774bbcceb302099a8057", "..%2f..", "%ff"]
        {
            let answer = owner.get(&format!("{path}/{id}")).await;
            assert_eq!((answer.status, answer.code()), (404, "not_found"), "{path}/{id}");
        }
    }
}

#[tokio::test]
async fn without_a_genuine_key_everything_is_401_and_without_the_right_method_405() {
    let desk = open().await;
    let (owner, key) = (owner(&desk), &desk.key);
    for path in COLLECTIONS.iter().chain(&["/v1/workspace"]) {
        for bad in ["", "x", "ldk_", "ldk_AAAA", &format!("{key}A"), &key[..key.len() - 1]] {
            assert_eq!(owner.with_key(bad).get(path).await.status, 401, "{path}");
        }
        let mut forged = key.clone();
        let last = forged.pop().unwrap();
        forged.push(if last == 'A' { 'B' } else { 'A' });
        assert_eq!(owner.with_key(&forged).get(path).await.status, 401, "{path}");
        let answer = owner.send("PUT", path, &[], "").await;
        assert_eq!((answer.status, answer.header("allow").is_empty()), (405, false), "{path}");
    }
}

#[tokio::test]
async fn unknown_parameters_are_refused_everywhere() {
    let desk = open().await;
    let owner = owner(&desk);
    let tag = owner.make("/v1/tags", json!({"name": "vip"})).await;
    let one = format!("/v1/tags/{tag}?colour=red");
    for (method, path) in
        [("GET", one.as_str()), ("PATCH", &one), ("DELETE", &one), ("POST", "/v1/tags?x=1"), ("GET", "/v1/workspace?x")]
    {
        let answer = owner.send(method, path, &[JSON], json!({"name": "new"}).to_string()).await;
        assert_eq!((answer.status, answer.code()), (400, "invalid_query"), "{method} {path}");
    }
}

#[tokio::test]
async fn the_longest_names_and_addresses_are_kept() {
    let desk = open().await;
    let owner = owner(&desk);
    let name = "𐐀".repeat(200);
    let made = owner.post("/v1/tags", json!({"name": name})).await;
    assert_eq!((made.status, made.member("name")), (201, name));
    assert_eq!(owner.post("/v1/tags", json!({"name": "x".repeat(201)})).await.errors(), [("/name", "invalid")]);
    let label = "x".repeat(60);
    let email = format!("{}@{label}.{label}.{label}.example", "y".repeat(62));
    let user = json!({"name": "Bob", "email": email, "role": "agent"});
    assert_eq!(owner.post("/v1/users", user).await.status, 201);
}
