//! Hostile input gets the right 4xx or is kept as the text that it is.

use crate::fixtures::{TICKETS, open, owner, path_of, subjects};
use lambdesk_testkit::Desk;
use serde_json::json;

#[tokio::test]
async fn bodies_that_are_no_json_object_or_too_large_are_refused() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let path = open(&owner, json!({"subject": "S"})).await;
    let large = format!("{{\"subject\": \"{}\"}}", "x".repeat(300_000));
    let deep = "[".repeat(10_000);
    let twice = "{\"subject\": \"a\", \"subject\": \"b\"}";
    for (status, body) in [
        (400, "{"),
        (400, ""),
        (400, "nul"),
        (400, "{\"subject\": \"a\"} x"),
        (400, twice),
        (400, "\u{feff}{}"),
        (400, &deep),
        (422, "[]"),
        (422, "1"),
        (422, "null"),
        (413, &large),
    ] {
        for (method, path) in [("POST", TICKETS), ("PATCH", &path), ("PUT", &path), ("PUT", &format!("{path}/status"))]
        {
            let json = [("content-type", "application/json")];
            let answer = owner.send(method, path, &json, body.to_owned()).await;
            assert_eq!(answer.status, status, "{method} {path} {:.40}: {}", body, answer.text);
            assert!(answer.text.len() < 2_000, "what was sent is not repeated");
        }
    }
    for (method, path) in [("POST", TICKETS), ("PATCH", &path), ("PUT", &path)] {
        let answer = owner.send(method, path, &[("content-type", "text/plain")], "{}").await;
        assert_eq!(answer.problem(), (415, "unsupported_media_type".to_owned()));
    }
    let bytes = owner.send("POST", TICKETS, &[("content-type", "application/json")], vec![0xff, 0xfe, b'{']).await;
    assert_eq!(bytes.status, 400);
}

#[tokio::test]
async fn markup_of_a_message_is_made_harmless_and_text_stays_text() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let html = "<p onclick=\"steal()\">Hi<script>steal()</script><img src=x onerror=steal()></p>\
                <a href=\"javascript:steal()\">x</a>";
    let subject = "<script>alert(1)</script> \u{202e}{{7*7}}' OR 1=1 --";
    let body = json!({"subject": subject, "message": {"body_html": html}, "uid": "a#b/c%00", "summary": "<b>"});
    let ticket = owner.post(TICKETS, body).await.created();
    let shown = ticket["messages"][0]["body_html"].as_str().unwrap();
    for harmful in ["steal", "script", "onerror", "onclick"] {
        assert!(!shown.contains(harmful), "{shown}");
    }
    // All but what would turn the text around it.
    let subject = subject.replace('\u{202e}', "");
    assert_eq!((&ticket["subject"], &ticket["summary"]), (&json!(subject), &json!("<b>")));
    assert_eq!(owner.get(&path_of(&ticket)).await.ok()["uid"], "a#b/c%00");
}

#[tokio::test]
async fn text_that_no_ticket_can_have_is_refused() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let path = open(&owner, json!({"subject": "S"})).await;
    let long = "x".repeat(1_001);
    for subject in ["", "   ", "a\u{0}b", "a\nb", &long] {
        for answer in [
            owner.post(TICKETS, json!({"subject": subject})).await,
            owner.patch(&path, json!({"subject": subject})).await,
        ] {
            assert_eq!((answer.status, answer.pointers()), (422, vec!["/subject".to_owned()]), "{subject:.20?}");
        }
    }
    for (field, value) in [
        ("requester", json!({"email": "a@b\r\nBcc: x@y.example"})),
        ("requester", json!({"name": "x".repeat(10_000)})),
        ("custom", json!({"__proto__": 1})),
        ("custom", json!({"": 1})),
        ("tags", json!([""])),
        ("tags", json!(vec!["x"; 10_000])),
        ("follow_up_at", json!("9999999-01-01T00:00:00Z")),
        ("follow_up_at", json!(-1)),
        ("contact_id", json!("01890a5d-ac96-774b-bcce-b302099a8057#x")),
        ("status", json!({"$ne": null})),
    ] {
        let answer = owner.patch(&path, json!({ field: value })).await;
        assert_eq!(answer.status, 422, "{field}: {}", answer.text);
        assert!(answer.text.len() < 10_000, "{}", answer.text);
    }
    assert_eq!(owner.get(&path).await.ok()["version"], 1);
}

#[tokio::test]
async fn ids_that_are_none_are_404_whatever_is_in_them() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let path = open(&owner, json!({"subject": "S"})).await;
    for bad in ["%00", "..%2F..", "%F0%9F%8E%AB", "01890A5D-AC96", "{ticket_id}", &"x".repeat(2_000)] {
        assert_eq!(owner.get(&format!("{TICKETS}/{bad}")).await.status, 404, "{bad:.30}");
        assert_eq!(owner.delete(&format!("{path}/tags/{bad}")).await.status, 404, "{bad:.30}");
    }
    assert_eq!(owner.get(&format!("{TICKETS}/%FF")).await.status, 404);
}

#[tokio::test]
async fn filters_take_what_they_are_given_as_text() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    open(&owner, json!({"subject": "S", "uid": "u' OR '1'='1"})).await;
    open(&owner, json!({"subject": "T", "uid": "#subject"})).await;
    desk.project().await;
    let find = async |uid: &str| subjects(&owner.get(&format!("{TICKETS}?uid={uid}")).await);
    assert_eq!(find("u'%20OR%20'1'%3D'1").await, ["S"]);
    assert_eq!(find("%23subject").await, ["T"]);
    let none: [&str; 0] = [];
    assert_eq!(find(":a0").await, none);
    assert_eq!(find("x'%20OR%20'1'%3D'1").await, none);
    for bad in ["q%FF=1", "uid=%00", "uid=%ff", "uid[]=", &format!("uid={}", "x".repeat(9_000)), &"a&".repeat(101)] {
        assert_eq!(owner.get(&format!("{TICKETS}?{bad}")).await.status, 400, "{bad:.30}");
    }
}
