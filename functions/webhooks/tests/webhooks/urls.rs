//! Where an endpoint may be.

use crate::fixtures::Hooks;
use serde_json::json;

/// Everything that must not become an endpoint, and the code that it is refused with.
const HOSTILE: [(&str, &str); 27] = [
    ("https://127.0.0.1/", "address_not_public"),
    ("https://127.1/", "address_not_public"),
    ("https://2130706433/", "address_not_public"),
    ("https://0x7f000001/", "address_not_public"),
    ("https://0177.0.0.1/", "address_not_public"),
    ("https://１２７.0.0.1/", "address_not_public"),
    ("https://%31%32%37.0.0.1/", "address_not_public"),
    ("https://127.0.0.1./", "address_not_public"),
    ("https://0/", "address_not_public"),
    ("https://10.0.0.1/", "address_not_public"),
    ("https://172.16.0.1/", "address_not_public"),
    ("https://192.168.1.1/", "address_not_public"),
    ("https://169.254.169.254/latest/meta-data/", "address_not_public"),
    ("https://100.64.0.1/", "address_not_public"),
    ("https://[::1]/", "address_not_public"),
    ("https://[::ffff:127.0.0.1]/", "address_not_public"),
    ("https://[64:ff9b::7f00:1]/", "address_not_public"),
    ("https://[fd00:ec2::254]/", "address_not_public"),
    ("https://localhost/", "address_not_public"),
    ("https://db.LOCALHOST./", "address_not_public"),
    ("https://hunter2:secret@hooks.example.com/", "invalid"),
    ("https://hooks.example.com/#fragment", "invalid"),
    ("http://hooks.example.com/", "invalid"),
    ("file:///etc/passwd", "invalid"),
    ("https://hooks.example.com:25/", "invalid"),
    ("//hooks.example.com/", "invalid"),
    ("https://hooks.example.com/\r\nx: y", "invalid"),
];

#[tokio::test]
async fn a_hostile_url_is_refused_without_being_repeated_and_nothing_is_stored() {
    let hooks = Hooks::start().await;
    for (url, code) in HOSTILE {
        let answer = hooks.owner.post("/v1/webhooks", json!({"url": url, "types": ["*"]})).await;
        assert_eq!((answer.status, answer.pointers()), (422, vec!["/url".to_owned()]), "{url}");
        assert_eq!(answer.json()["errors"][0]["code"], code, "{url}");
        assert!(!answer.text.contains("hunter2") && !answer.text.contains("meta-data"), "{}", answer.text);
    }
    assert_eq!(hooks.owner.get("/v1/webhooks").await.data(), json!([]));
}

#[tokio::test]
async fn a_patch_takes_no_hostile_url_either_and_changes_nothing() {
    let hooks = Hooks::start().await;
    let path = hooks.endpoint_path().await;
    for (url, _) in HOSTILE {
        let answer = hooks.owner.patch(&path, json!({"name": "other", "url": url})).await;
        assert_eq!((answer.status, answer.pointers()), (422, vec!["/url".to_owned()]), "{url}");
    }
    let endpoint = hooks.owner.get(&path).await.data();
    assert_eq!((&endpoint["url"], &endpoint["name"]), (&json!("https://hooks.example.com/in"), &json!(null)));
}

#[tokio::test]
async fn the_operators_allowance_reaches_its_host_and_port_alone() {
    let hooks = Hooks::start().await;
    let create = async |url: &str| hooks.owner.post("/v1/webhooks", json!({"url": url, "types": ["*"]})).await.status;
    assert_eq!(create("http://localhost:9000/hook").await, 201);
    assert_eq!(create("http://localhost:9001/hook").await, 422);
    assert_eq!(create("http://127.0.0.1:9000/hook").await, 422);
}

#[tokio::test]
async fn a_url_is_kept_as_the_standard_spells_it() {
    let hooks = Hooks::start().await;
    let body = json!({"url": "HTTPS://Hooks.Example.com:443/A?b", "types": ["*"]});
    assert_eq!(hooks.owner.post("/v1/webhooks", body).await.data()["url"], "https://hooks.example.com/A?b");
    let long = format!("https://hooks.example.com/{}", "x".repeat(2_048));
    let answer = hooks.owner.post("/v1/webhooks", json!({"url": long, "types": ["*"]})).await;
    assert_eq!((answer.status, &answer.json()["errors"][0]["code"]), (422, &json!("too_long")));
}
