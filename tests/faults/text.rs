//! Text that was lost or not the same although it looked so.

use lambdesk_tests::{Api, Desk, Json, json};
use reqwest::{Client, Method};

/// A desk with a ticket, and the path of its messages.
async fn thread() -> (Desk, String) {
    let desk = Desk::start().await;
    let ticket = desk.ticket("S").await;
    let messages = format!("/v1/tickets/{}/messages", ticket["id"].as_str().unwrap());
    (desk, messages)
}

/// What a message in this HTML says as plain text.
async fn text(api: &Api, messages: &str, html: &str) -> Json {
    api.post(messages, json!({"body_html": html})).await.created()["body_text"].take()
}

async fn all_say(cases: &[(&str, &str)]) {
    let (desk, messages) = thread().await;
    for (html, wanted) in cases {
        assert_eq!(text(&desk.owner, &messages, html).await, *wanted, "{html}");
    }
}

#[tokio::test]
async fn t2_what_stands_in_comments_attributes_scripts_and_styles_takes_nothing_along() {
    all_say(&[
        ("<p>One</p><!-- <b --><p>Two</p>", "One\nTwo"),
        ("<a title=\"see <i sign\" href=\"https://a.example\">link</a><p>Two</p>", "link\nTwo"),
        ("<p>One</p><script>for(i=0;i<s ;i++){}</script><p>Two</p>", "One\nTwo"),
        ("<style>p:before{content:\"<b x\"}</style><p>Two</p>", "Two"),
        ("<table><tr><td title=\"a <s b\">cell</td></tr></table><p>Two</p>", "cell\nTwo"),
        ("<p>One</p><img alt='<em x' src=x><p>Two</p>", "One\nTwo"),
        ("<p>One</p><!--[if mso]><u x><![endif]--><p>Two</p>", "One\nTwo"),
    ])
    .await;
}

#[tokio::test]
async fn t3_words_of_blocks_stay_apart_and_are_found() {
    let (desk, messages) = thread().await;
    for block in [
        "section", "main", "address", "form", "fieldset", "legend", "label", "dialog", "menu", "option", "button",
        "textarea", "my-card", "td",
    ] {
        let word = block.replace('-', "");
        let html = format!("<{block}>{word}one</{block}><{block}>{word}two</{block}>");
        assert_eq!(text(&desk.owner, &messages, &html).await, format!("{word}one\n{word}two"));
    }
    for word in ["sectionone", "mycardtwo", "tdone"] {
        let found = |list: &Json| list["data"].as_array().is_some_and(|all| all.len() == 1);
        desk.owner.eventually(&format!("/v1/tickets?q={word}"), found).await;
    }
}

#[tokio::test]
async fn t4_what_is_not_the_message_is_not_in_its_text() {
    let (desk, messages) = thread().await;
    let page = "<html><head><title>Shop mail</title></head><body><p>Body</p></body></html>";
    assert_eq!(text(&desk.owner, &messages, page).await, "Body");
    assert_eq!(text(&desk.owner, &messages, "<noscript><p>no</p></noscript><p>Body</p>").await, "no\nBody");
    for nothing in ["<iframe>fb</iframe>", "<xml><o:x>1</o:x></xml>", "<title>t</title>", "<noembed>x</noembed>"] {
        assert_eq!(text(&desk.owner, &messages, &format!("{nothing}<p>Body</p>")).await, "Body", "{nothing}");
        assert_eq!(desk.owner.post(&messages, json!({"body_html": nothing})).await.bad_fields(), ["/body_html"]);
    }
}

#[tokio::test]
async fn t5_white_space_of_the_source_is_collapsed_and_kept_where_browsers_keep_it() {
    all_say(&[
        ("<p>This is one\nparagraph in the\nsource.</p>", "This is one paragraph in the source."),
        ("<div>\n  <p>\n    Hello\n  </p>\n  <p>World</p>\n</div>", "Hello\nWorld"),
        ("<pre>  as\n    it is</pre>", "  as\n    it is"),
        ("<p>a<br><br>b</p>", "a\n\nb"),
    ])
    .await;
}

#[tokio::test]
async fn t6_there_is_one_form_of_line_end() {
    let (desk, messages) = thread().await;
    let field = json!({"key": "notes", "name": "Notes", "kind": "text"});
    desk.owner.post("/v1/custom-fields", field).await.created();
    for end in ["\r", "\r\n", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}"] {
        let lines = format!("one{end}two");
        let said = desk.owner.post(&messages, json!({"body_text": lines})).await.created();
        assert_eq!((&said["body_text"], &said["body_html"]), (&json!("one\ntwo"), &json!("<p>one<br>two</p>")));
        let html = desk.owner.post(&messages, json!({"body_html": format!("<pre>{lines}</pre>")})).await.created();
        assert_eq!((&html["body_text"], &html["body_html"]), (&json!("one\ntwo"), &json!("<pre>one\ntwo</pre>")));
        let ticket = json!({"subject": "S", "summary": lines, "custom": {"notes": lines}});
        let ticket = desk.owner.post("/v1/tickets", ticket).await.created();
        assert_eq!((&ticket["summary"], &ticket["custom"]["notes"]), (&json!("one\ntwo"), &json!("one\ntwo")));
        assert_eq!(desk.owner.post("/v1/tickets", json!({"subject": lines})).await.bad_fields(), ["/subject"]);
    }
    for end in ["\u{b}", "\u{85}", "\u{2028}"] {
        assert_eq!(text(&desk.owner, &messages, &format!("<p>one{end}two</p>")).await, "one\ntwo", "{end:?}");
    }
}

/// The id of a file that is uploaded to this ticket.
async fn uploaded(api: &Api, messages: &str) -> Json {
    uploaded_as(api, messages, "a.txt").await
}

/// The same under another name.
pub async fn uploaded_as(api: &Api, messages: &str, name: &str) -> Json {
    let announced = json!({"file_name": name, "content_type": "text/plain", "size": 1});
    let file = api.post(&messages.replace("/messages", "/attachments"), announced).await.created();
    let upload = &file["upload"];
    let mut request = Client::new().request(Method::PUT, upload["url"].as_str().unwrap()).body("x");
    for (name, value) in upload["headers"].as_object().unwrap() {
        if name != "content-length" {
            request = request.header(name, value.as_str().unwrap());
        }
    }
    assert_eq!(request.send().await.unwrap().status(), 200);
    file["id"].clone()
}

#[tokio::test]
async fn t7_a_message_may_be_all_in_its_files() {
    let (desk, messages) = thread().await;
    for nothing in [json!({}), json!({"body_text": ""}), json!({"body_text": " \n"}), json!({"body_html": "<p></p>"})] {
        assert!(!desk.owner.post(&messages, nothing.clone()).await.bad_fields().is_empty());
        let mut body = nothing;
        body["attachments"] = json!([uploaded(&desk.owner, &messages).await]);
        let said = desk.owner.post(&messages, body).await.created();
        assert_eq!((&said["body_text"], &said["body_html"]), (&json!(""), &json!("")));
        let path = format!("{messages}/{}", said["id"].as_str().unwrap());
        assert_eq!(desk.owner.get(&path).await.ok()["body_text"], "");
        desk.owner.patch(&path, json!({"body_text": "x"})).await.ok();
        assert_eq!(desk.owner.patch(&path, json!({"body_html": "<p> </p>"})).await.ok()["body_text"], "");
    }
    let said = desk.owner.post(&messages, json!({"body_text": "x"})).await.created();
    let path = format!("{messages}/{}", said["id"].as_str().unwrap());
    assert_eq!(desk.owner.patch(&path, json!({"body_text": " "})).await.bad_fields(), ["/body_text"]);
    assert_eq!(desk.owner.patch(&path, json!({})).await.bad_fields(), ["/body_text"]);
    assert_eq!(desk.owner.post(&messages, json!({"attachments": []})).await.bad_fields(), ["/body_text"]);
}

/// The contact of a new ticket from this address.
async fn contact(desk: &Desk, email: &str) -> Json {
    let body = json!({"subject": "S", "from": {"email": email}, "message": {"body_text": "x"}});
    desk.owner.post("/v1/tickets", body).await.created()["contact"]["id"].take()
}

#[tokio::test]
async fn t8_what_looks_the_same_is_the_same() {
    let (desk, messages) = thread().await;
    let first = contact(&desk, "zw@mail.example").await;
    for same in
        ["zw\u{200b}@mail.example", "\u{feff}zw@mail.example", "z\u{ad}w@mail.example", "zw@ma\u{2060}il.example"]
    {
        assert_eq!(contact(&desk, same).await, first, "{same:?}");
    }
    for name in ["vip", "red hot"] {
        desk.owner.post("/v1/tags", json!({"name": name})).await.created();
    }
    for same in
        ["vip\u{200b}", "\u{feff}vip", "v\u{ad}ip", "v\u{200d}ip", "vip\u{3164}", "red\u{a0}hot", "red \u{2003}hot"]
    {
        desk.owner.post("/v1/tags", json!({"name": same})).await.expect(409);
        let ticket = desk.owner.post("/v1/tickets", json!({"subject": "S", "tags": [same]})).await.created();
        assert_eq!(ticket["tags"].as_array().unwrap().len(), 1, "{same:?}");
    }
    for nothing in ["\u{3164}", "\u{2800}", "\u{e0041}", "\u{115f}", "\u{ffa0}\u{fe0f}"] {
        assert_eq!(desk.owner.post(&messages, json!({"body_text": nothing})).await.bad_fields(), ["/body_text"]);
        let html = json!({"body_html": format!("<p>{nothing}</p>")});
        assert_eq!(desk.owner.post(&messages, html).await.bad_fields(), ["/body_html"]);
        assert_eq!(desk.owner.post("/v1/tags", json!({"name": nothing})).await.bad_fields(), ["/name"]);
        assert_eq!(desk.owner.post("/v1/tickets", json!({"subject": nothing})).await.bad_fields(), ["/subject"]);
    }
}

#[tokio::test]
async fn t9_a_host_in_letters_and_encoded_is_one() {
    let desk = Desk::start().await;
    let first = contact(&desk, "user@münchen.example").await;
    for same in ["user@xn--mnchen-3ya.example", "User@MÜNCHEN.example", "user@mu\u{308}nchen.example"] {
        assert_eq!(contact(&desk, same).await, first, "{same}");
    }
    assert_ne!(contact(&desk, "user@munchen.example").await, first);
}

#[tokio::test]
async fn t11_nothing_turns_the_text_around_it_or_runs() {
    let desk = Desk::start().await;
    for turn in ["\u{202e}", "\u{2066}", "\u{200f}"] {
        let body = json!({
            "subject": format!("a{turn}b"), "from": {"name": format!("A{turn}da")},
            "message": {"body_text": format!("c{turn}d")},
        });
        let ticket = desk.owner.post("/v1/tickets", body).await.created();
        assert_eq!((&ticket["subject"], &ticket["requester"]["name"]), (&json!("ab"), &json!("Ada")), "{turn:?}");
        assert_eq!(ticket["preview"], "cd", "{turn:?}");
    }
    let (desk, messages) = thread().await;
    for cite in ["javascript:alert(1)", " JaVaScript:x", "java&#10;script:x", "data:text/html,x", "//a.example"] {
        let html =
            format!("<blockquote cite=\"{cite}\">a</blockquote><q cite=\"{cite}\">b</q><del cite=\"{cite}\">c</del>");
        let said = desk.owner.post(&messages, json!({"body_html": html})).await.created();
        assert_eq!(said["body_html"], "<blockquote>a</blockquote><q>b</q><del>c</del>", "{cite}");
    }
}

#[tokio::test]
async fn a7_formatting_and_nesting_without_end_cost_no_more_than_their_length() {
    let (desk, messages) = thread().await;
    let reopened = (0..700).map(|number| format!("<b title={number}>")).collect::<Vec<_>>().concat();
    let reopened = format!("{reopened}{}", "<p>x".repeat(1_500));
    let said = desk.owner.post(&messages, json!({"body_html": reopened})).await.created();
    assert!(said["body_html"].as_str().unwrap().len() < 2 * reopened.len());
    let deep = "<div>x".repeat(2_700);
    let said = desk.owner.post(&messages, json!({"body_html": deep})).await.created();
    assert_eq!(said["body_html"].as_str().unwrap().matches("<div>").count(), 100);
    assert_eq!(said["body_text"].as_str().unwrap().lines().count(), 2_700);
    let attributes = (0..4_000).map(|number| format!(" a{number}")).collect::<Vec<_>>().concat();
    for beyond in ["<i>".repeat(5_400), format!("<p{attributes}>x")] {
        desk.owner.post(&messages, json!({"body_html": beyond})).await.problem(413, "too_large");
    }
}
