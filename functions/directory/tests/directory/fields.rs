use crate::fixtures::{open, owner};
use serde_json::json;

#[tokio::test]
async fn key_and_kind_of_a_field_never_change() {
    let desk = open().await;
    let owner = owner(&desk);
    let body = json!({"key": "size", "name": "Size", "kind": "choice", "options": ["S", "M"]});
    let made = owner.post("/v1/custom-fields", body).await;
    let id = made.member("id");
    let expected =
        json!({"id": id, "key": "size", "name": "Size", "kind": "choice", "is_required": false, "options": ["S", "M"]});
    assert_eq!(made.data(), expected);
    let one = format!("/v1/custom-fields/{id}");
    let answer = owner.patch(&one, json!({"key": "width", "kind": "text", "name": "Width"})).await;
    assert_eq!((answer.status, answer.errors()), (422, vec![("/key", "immutable"), ("/kind", "immutable")]));
    let answer = owner.patch(&one, json!({"options": ["S", "M", "L"], "is_required": true})).await;
    assert_eq!((answer.status, &answer.data()["options"]), (200, &json!(["S", "M", "L"])));
}

#[tokio::test]
async fn options_are_for_choices_and_choices_need_them() {
    let desk = open().await;
    let owner = owner(&desk);
    let field = |kind: &str, options| json!({"key": "f", "name": "F", "kind": kind, "options": options});
    for (kind, options, expected) in [
        ("choice", json!([]), ("/options", "required")),
        ("choices", json!(["a", "b", "a"]), ("/options/2", "repeated")),
        ("text", json!(["a"]), ("/options", "not_applicable")),
        ("choice", json!(["a", ""]), ("/options/1", "invalid")),
        ("choice", json!("a"), ("/options", "wrong_type")),
        ("choice", json!(vec!["a"; 101]), ("/options", "too_many")),
    ] {
        let answer = owner.post("/v1/custom-fields", field(kind, options)).await;
        assert_eq!((answer.status, answer.errors()), (422, vec![expected]), "{kind}");
    }
    let absent = owner.post("/v1/custom-fields", json!({"key": "f", "name": "F", "kind": "choices"})).await;
    assert_eq!(absent.errors(), [("/options", "required")]);
    assert_eq!(owner.post("/v1/custom-fields", field("number", json!([]))).await.status, 201);
}

#[tokio::test]
async fn a_workspace_has_at_most_50_custom_fields() {
    let desk = open().await;
    let owner = owner(&desk);
    for number in 0..50 {
        owner.make("/v1/custom-fields", json!({"key": format!("f{number}"), "name": "F", "kind": "text"})).await;
    }
    let answer = owner.post("/v1/custom-fields", json!({"key": "one_more", "name": "F", "kind": "text"})).await;
    assert_eq!((answer.status, answer.code()), (409, "limit_reached"));
}
