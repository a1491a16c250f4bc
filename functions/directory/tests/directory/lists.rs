use crate::fixtures::{open, owner};
use serde_json::{Value, json};

fn names(list: &Value) -> Vec<&str> {
    list["data"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect()
}

fn cursor<'a>(list: &'a Value, which: &str) -> &'a str {
    list["page"][which].as_str().unwrap()
}

#[tokio::test]
async fn a_list_goes_forth_and_back_by_cursor_and_by_number() {
    let desk = open().await;
    let owner = owner(&desk);
    for name in ["e", "d", "c", "b", "a"] {
        owner.make("/v1/tags", json!({"name": name})).await;
    }
    let first = owner.get("/v1/tags?limit=2&with_total=true").await;
    assert_eq!(names(&first.json()), ["e", "d"], "oldest first");
    assert_eq!((&first.json()["page"]["total"], &first.json()["page"]["last"]), (&json!(5), &json!(3)));
    assert!(first.json()["page"]["prev_cursor"].is_null());
    assert!(first.header("link").contains("rel=\"next\""));
    let at = |cursor: &str| format!("/v1/tags?limit=2&cursor={cursor}");
    let second = owner.get(&at(cursor(&first.json(), "next_cursor"))).await.json();
    let third = owner.get(&at(cursor(&second, "next_cursor"))).await.json();
    assert_eq!((names(&second), names(&third)), (vec!["c", "b"], vec!["a"]));
    assert!(third["page"]["next_cursor"].is_null());
    let back = owner.get(&at(cursor(&third, "prev_cursor"))).await.json();
    assert_eq!(back["data"], second["data"]);
    let back = owner.get(&at(cursor(&back, "prev_cursor"))).await.json();
    assert_eq!(back["data"], first.json()["data"]);
    for (page, expected) in [("1", vec!["e", "d"]), ("3", vec!["a"]), ("4", vec![]), ("4294967295", vec![])] {
        assert_eq!(names(&owner.get(&format!("/v1/tags?limit=2&page={page}")).await.json()), expected);
    }
}

#[tokio::test]
async fn lists_are_narrowed_by_what_people_look_for() {
    let desk = open().await;
    let owner = owner(&desk);
    for (name, role) in [("Bob", "agent"), ("Eve", "restricted"), ("Zoë", "agent")] {
        let email = format!("{}@acme.example", name.to_lowercase().replace('ë', "e"));
        owner.make("/v1/users", json!({"name": name, "email": email, "role": role})).await;
    }
    for (name, kind, is_enabled) in [("Site", "form", true), ("Phone", "phone", false), ("Desk", "api", true)] {
        owner.make("/v1/channels", json!({"name": name, "type": kind, "is_enabled": is_enabled})).await;
    }
    owner.make("/v1/custom-fields", json!({"key": "plan", "name": "Plan", "kind": "text"})).await;
    let size = json!({"key": "size", "name": "Size", "kind": "choice", "options": ["S"], "is_required": true});
    owner.make("/v1/custom-fields", size).await;
    owner.make("/v1/api-keys", json!({"name": "CI", "kind": "machine", "scopes": ["admin"]})).await;
    let cases = [
        ("/v1/users?role=agent", vec!["Bob", "Zoë"]),
        ("/v1/users?role=agent,restricted&name=EVE", vec!["Eve"]),
        ("/v1/users?email=Zoe@ACME.example", vec!["Zoë"]),
        ("/v1/users?name=zo%C3%8B", vec!["Zoë"]),
        ("/v1/users?is_enabled=false", vec![]),
        ("/v1/channels?type=form&type=api", vec!["Site", "Desk"]),
        ("/v1/channels?is_enabled=true&type=phone", vec![]),
        ("/v1/custom-fields?kind=choice", vec!["Size"]),
        ("/v1/custom-fields?is_required=0", vec!["Plan"]),
        ("/v1/custom-fields?key=plan", vec!["Plan"]),
        ("/v1/api-keys?kind=machine", vec!["CI"]),
        ("/v1/tags?name=nobody", vec![]),
    ];
    for (path, expected) in cases {
        assert_eq!(names(&owner.get(path).await.json()), expected, "{path}");
    }
    let totals = owner.get("/v1/users?role=agent&limit=1&with_total=true").await.json();
    assert_eq!(totals["page"]["total"], 2);
    let next = cursor(&totals, "next_cursor");
    assert_eq!(names(&owner.get(&format!("/v1/users?role=agent&limit=1&cursor={next}")).await.json()), ["Zoë"]);
    let other = owner.get(&format!("/v1/users?role=owner&cursor={next}")).await;
    assert_eq!((other.status, other.code()), (400, "invalid_cursor"), "a cursor is bound to its filter");
    for bad in
        ["users?role=king", "channels?type=fax", "users?is_enabled=maybe", "tags?color=red", "api-keys?user_id=x"]
    {
        assert_eq!(owner.get(&format!("/v1/{bad}")).await.status, 400, "{bad}");
    }
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_list_and_workspace_only() {
    let desk = open().await;
    let owner = owner(&desk);
    let other = owner.with_key(&desk.other_workspace().await.1);
    for caller in [&owner, &other] {
        for name in ["a", "b"] {
            caller.make("/v1/tags", json!({"name": name})).await;
        }
    }
    let page = owner.get("/v1/tags?limit=1").await.json();
    let cursor = cursor(&page, "next_cursor");
    for (path, caller) in [("/v1/teams", &owner), ("/v1/tags", &other)] {
        let answer = caller.get(&format!("{path}?cursor={cursor}")).await;
        assert_eq!((answer.status, answer.code()), (400, "invalid_cursor"), "{path}");
    }
    for bad in ["limit=0", "limit=101", "page=0", "sort=name", "with_total=maybe", "cursor=x", "page=1&cursor=x"] {
        assert_eq!(owner.get(&format!("/v1/tags?{bad}")).await.status, 400, "{bad}");
    }
}
