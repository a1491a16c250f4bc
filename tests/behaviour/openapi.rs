//! The `OpenAPI` document and its page: as the types have it, complete, served.
//! That live answers keep to it holds every test that calls the stack
//! (`tests/support/contract.rs`). A binary of its own, because it changes with every function.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use lambdesk_outbound::AddressPolicy;
use lambdesk_runtime::HintQueue;
use lambdesk_tests::{Api, Desk, Json, Reply, contract, json};
use reqwest::{
    Method, StatusCode,
    header::{CONTENT_TYPE, HeaderMap, HeaderValue},
};
use std::{collections::BTreeSet, path::Path};

const ASSETS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../functions/docs/assets");

fn document() -> Json {
    lambdesk_local::document().unwrap_or_else(|faults| panic!("{faults:#?}"))
}

/// Holds a file to what it should be; `UPDATE_GOLDEN=1` writes it.
fn hold(name: &str, wanted: &str) {
    let path = Path::new(ASSETS).join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, wanted).unwrap();
    }
    let is_so = std::fs::read_to_string(&path).is_ok_and(|found| found == wanted);
    assert!(is_so, "{name} is not what the types say; UPDATE_GOLDEN=1 writes it");
}

#[test]
fn the_document_and_its_page_are_what_the_types_say() {
    let document = document();
    hold("openapi.json", &format!("{document:#}\n"));
    hold("docs.html", &lambdesk_docs::page::render(&document));
}

#[tokio::test]
async fn every_path_and_method_that_is_served_is_in_the_document_and_no_other() {
    let desk = Desk::start().await;
    let (queue, _) = HintQueue::local(1);
    let document = document();
    let told = document["paths"].as_object().unwrap();
    let mut served = BTreeSet::new();
    for (_, routes) in lambdesk_local::stack::functions(&AddressPolicy::public_only(), &queue) {
        for path in routes.paths() {
            served.insert((*path).to_owned());
            let example = path.replace(['{', '}'], "x");
            let refused = desk.owner.send(Method::from_bytes(b"BREW").unwrap(), &example, None).await;
            let allowed: BTreeSet<_> =
                refused.header("allow").split(',').filter(|method| *method != "HEAD").map(str::to_lowercase).collect();
            let documented = told.get(*path).and_then(Json::as_object).into_iter().flatten();
            let documented: BTreeSet<_> = documented.map(|(method, _)| method.clone()).collect();
            assert_eq!(allowed, documented, "{path}");
        }
    }
    assert_eq!(told.keys().cloned().collect::<BTreeSet<_>>(), served);
}

fn resolved<'a>(value: &'a Json, document: &'a Json) -> &'a Json {
    let target = value["$ref"].as_str().map(|target| target.trim_start_matches('#'));
    target.map_or(value, |pointer| document.pointer(pointer).unwrap())
}

#[tokio::test]
async fn parameters_of_the_document_are_known_and_others_are_refused() {
    let desk = Desk::start().await;
    let document = document();
    for (path, item) in document["paths"].as_object().unwrap() {
        let Some(list) = item.get("get").filter(|_| path.starts_with("/v1/") && !path.contains('{')) else { continue };
        let parameters = list["parameters"].as_array().unwrap().iter().map(|parameter| resolved(parameter, &document));
        let names = parameters.filter(|parameter| parameter["in"] == "query");
        for name in names.map(|parameter| parameter["name"].as_str().unwrap()).chain(["no_such_parameter"]) {
            let refused = desk.owner.get(&format!("{path}?{name}=")).await.expect(400);
            let code = &refused["errors"][0]["code"];
            assert_eq!(code == "unknown_parameter", name == "no_such_parameter", "{path}?{name}=: {refused}");
        }
    }
}

#[test]
fn every_reference_of_the_document_leads_somewhere_and_ids_of_operations_are_unique() {
    fn references<'a>(value: &'a Json, found: &mut Vec<&'a str>) {
        match value {
            Json::Array(items) => items.iter().for_each(|item| references(item, found)),
            Json::Object(members) => {
                found.extend(members.get("$ref").and_then(Json::as_str));
                members.values().for_each(|member| references(member, found));
            }
            _ => {}
        }
    }
    let document = document();
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
    let operations =
        document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values());
    let ids: Vec<_> = operations.map(|operation| operation["operationId"].as_str().unwrap()).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}

/// An answer of `GET /v1/tags/{tag_id}`, held to the document.
fn answer(status: u16, body: Json) {
    let kind = if status < 400 { "application/json" } else { "application/problem+json" };
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]);
    let reply = Reply { status: StatusCode::from_u16(status).unwrap(), headers, body };
    contract::hold(&Method::GET, "/v1/tags/01890a5d-ac96-774b-bcce-b302099a8057", &reply);
}

#[test]
fn an_answer_that_the_document_does_not_have_fails_the_test_that_gets_it() {
    let tag = |more: Json| {
        let mut tag = json!({"id": "01890a5d-ac96-774b-bcce-b302099a8057", "name": "Bug", "color": null});
        tag.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"data": tag})
    };
    answer(200, tag(json!({})));
    for (status, body) in [
        (200, tag(json!({"secret": "x"}))),
        (200, tag(json!({"name": null}))),
        (200, tag(json!({"id": "no id"}))),
        (200, json!({"data": {"name": "Bug"}})),
        (201, tag(json!({}))),
        (404, json!({"error": "gone"})),
    ] {
        let held = std::panic::catch_unwind(|| answer(status, body.clone()));
        assert!(held.is_err(), "{status} {body}");
    }
}

#[tokio::test]
async fn document_and_page_are_served_without_a_key_and_the_page_loads_nothing_from_elsewhere() {
    let desk = Desk::start().await;
    let anonymous = Api::of(&desk.stack.url(), None);
    let served = anonymous.get("/openapi.json").await;
    assert_eq!(served.header("content-type"), "application/json");
    assert_eq!(served.expect(200)["openapi"], "3.1.0");
    let http = reqwest::Client::new();
    let page = http.get(format!("{}/docs", desk.stack.url())).send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self'"), "{policy}");
    let text = page.text().await.unwrap();
    for (attribute, _) in text.match_indices("src=").chain(text.match_indices("<link")) {
        let address: String = text[attribute..].chars().take_while(|c| *c != '>').collect();
        assert!(address.contains("\"/docs/"), "{address}");
    }
    assert!(!text.contains("style=") && !text.contains("onclick="), "the policy forbids inline styles and scripts");
    for file in ["/docs/style.css", "/docs/script.js"] {
        let got = http.get(format!("{}{file}", desk.stack.url())).send().await.unwrap();
        assert_eq!(got.status(), 200, "{file}");
    }
}
