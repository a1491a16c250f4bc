//! S1 to S4 and L8: what a message says is found as people write it.

use lambdesk_tests::{Desk, json};
use reqwest::Url;

fn search(query: &str) -> String {
    let url = Url::parse_with_params("http://desk.example/v1/tickets?limit=100", [("q", query)]).unwrap();
    format!("{}?{}", url.path(), url.query().unwrap())
}

/// Has a message for each text, waits until all are indexed, and asks for each.
async fn found(texts_and_queries: &[(&str, &str)]) {
    let desk = Desk::start().await;
    let mut tickets = Vec::new();
    for (text, _) in texts_and_queries {
        let body = json!({"subject": "-", "message": {"body_text": text}});
        tickets.push(desk.owner.post("/v1/tickets", body).await.created());
    }
    let last = desk.owner.post("/v1/tickets", json!({"subject": "afterwards"})).await.created();
    desk.owner.eventually("/v1/tickets?q=afterwards", |page| page["data"][0]["id"] == last["id"]).await;
    for ((text, query), ticket) in texts_and_queries.iter().zip(&tickets) {
        let page = desk.owner.get(&search(query)).await.expect(200);
        let is_found = page["data"].as_array().unwrap().iter().any(|found| found["id"] == ticket["id"]);
        assert!(is_found, "{query:?} in {text:?}: {page}");
    }
}

#[tokio::test]
async fn s1_a_word_is_found_whichever_case_and_whichever_form_of_sigma_it_is_written_in() {
    found(&[
        ("Οι παραγγελίες μου", "ΠΑΡΑΓΓΕΛΙΕΣ"),
        ("φακός", "ΦΑΚΟΣ"),
        ("ΦΑΚΟΣ", "φακός"),
        ("ΦΑΚΟΣ", "φακοσ"),
        ("ΟΔΟΣ ΑΘΗΝΩΝ", "οδός αθηνών"),
    ])
    .await;
}

#[tokio::test]
async fn s2_an_address_is_found_whatever_stands_around_it() {
    found(&[
        ("連絡先はhanako@mail.exampleです", "hanako@mail.example"),
        ("mail—lena@mail.example", "lena@mail.example"),
        ("cc→nora@mail.example", "nora@mail.example"),
        ("*uma@mail.example*", "uma@mail.example"),
        ("`ivo@mail.example`", "ivo@mail.example"),
        ("문의:juno@mail.example로", "juno@mail.example"),
    ])
    .await;
}

#[tokio::test]
async fn s3_a_sentence_a_subject_and_an_address_of_a_page_are_searches() {
    found(&[
        ("ข่าวประชาสัมพันธ์วันนี้", "ประชาสัมพันธ์"),
        ("请问我的订单号码是多少？", "我的订单号码是多少"),
        ("すみません、注文番号をおしえてください。", "注文番号をおしえてください"),
        (
            "Fwd: My order from last week has still not arrived at my new address",
            "My order from last week has still not arrived at my new address",
        ),
        (
            "See https://shop.example/de/products/lamp-shade-40cm?variant=white&ref=mail#reviews please",
            "https://shop.example/de/products/lamp-shade-40cm?variant=white&ref=mail#reviews",
        ),
    ])
    .await;
}

#[tokio::test]
async fn s4_digits_and_signs_of_all_scripts_are_found_by_what_they_mean() {
    found(&[
        ("رقم ٤٥٦٧", "4567"),
        ("شماره ۴۵۶۸", "4568"),
        ("ऑर्डर ४५६९", "4569"),
        ("4570", "٤٥٧٠"),
        ("ســلام", "سلام"),
        ("LG™", "LG"),
        ("№77", "77"),
        ("AB²", "AB"),
        ("H₂O", "h2o"),
        ("20℃", "20"),
    ])
    .await;
}

#[tokio::test]
async fn l8_two_letters_or_digits_find_what_begins_with_them() {
    found(&[("Printer", "pr"), ("4711", "47"), ("品質", "品"), ("HP", "hp"), ("a b", "b")]).await;
}
