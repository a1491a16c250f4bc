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

/// Every schema within one, each with the name of the member that it is of.
fn each_member<'a>(
    schema: &'a Json,
    document: &'a Json,
    seen: &mut BTreeSet<&'a str>,
    found: &mut Vec<(String, &'a Json)>,
) {
    if let Some(target) = schema["$ref"].as_str() {
        if !seen.insert(target) {
            return;
        }
        return each_member(resolved(schema, document), document, seen, found);
    }
    let lists = ["anyOf", "oneOf", "allOf"].iter().filter_map(|list| schema[*list].as_array()).flatten();
    for part in lists.chain(schema.get("items")) {
        each_member(part, document, seen, found);
    }
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        found.push((name.clone(), member));
        each_member(member, document, seen, found);
    }
}

fn is_described(schema: &Json, document: &Json) -> bool {
    let is_fixed = !schema["const"].is_null();
    let told = is_fixed || schema["description"].is_string() || resolved(schema, document)["description"].is_string();
    told || schema["anyOf"].as_array().is_some_and(|parts| parts.iter().any(|part| is_described(part, document)))
}

#[test]
fn everything_that_callers_send_is_described() {
    let document = document();
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    for operation in document["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values())
    {
        for content in operation["requestBody"]["content"].as_object().into_iter().flat_map(|kinds| kinds.values()) {
            each_member(&content["schema"], &document, &mut seen, &mut found);
        }
        for parameter in operation["parameters"].as_array().unwrap() {
            let parameter = resolved(parameter, &document);
            let is_told = parameter["description"].is_string() || is_described(&parameter["schema"], &document);
            assert!(is_told, "{}: {parameter}", operation["operationId"]);
        }
    }
    let untold: Vec<_> = found.into_iter().filter(|(_, member)| !is_described(member, &document)).collect();
    assert!(untold.is_empty(), "{untold:#?}");
}

#[test]
fn no_two_types_have_one_name() {
    // A second type of a name is told under that name with a digit.
    let document = document();
    let names = document["components"]["schemas"].as_object().unwrap().keys();
    let numbered: Vec<_> = names.filter(|name| name.ends_with(|c: char| c.is_ascii_digit())).collect();
    assert!(numbered.is_empty(), "{numbered:?}");
}

/// One of everything that can be patched, by its path in the document.
async fn patchable(desk: &Desk) -> Vec<(String, String)> {
    let contact = json!({"name": "N", "email": "n@customer.example", "phone": "1", "external_id": "e", "uid": "u"});
    let mut paths = vec![("/v1/workspace".to_owned(), "/v1/workspace".to_owned())];
    for (list, item, body) in [
        ("/v1/users", "{user_id}", json!({"name": "Ann", "email": "ann@desk.example", "role": "agent"})),
        ("/v1/teams", "{team_id}", json!({"name": "T"})),
        ("/v1/categories", "{category_id}", json!({"name": "C"})),
        ("/v1/tags", "{tag_id}", json!({"name": "T"})),
        ("/v1/custom-fields", "{field_id}", json!({"key": "k", "name": "F", "kind": "text"})),
        ("/v1/channels", "{channel_id}", json!({"name": "C", "type": "api"})),
        ("/v1/api-keys", "{api_key_id}", json!({"name": "K", "kind": "machine", "scopes": ["admin"]})),
        ("/v1/webhooks", "{webhook_id}", json!({"url": "http://127.0.0.1:9/", "types": ["*"]})),
        ("/v1/contacts", "{contact_id}", contact),
        ("/v1/accounts", "{account_id}", json!({"kind": "k"})),
        ("/v1/tickets", "{ticket_id}", json!({"subject": "S"})),
    ] {
        let made = desk.owner.post(list, body).await.created();
        paths.push((format!("{list}/{item}"), format!("{list}/{}", made["id"].as_str().unwrap())));
    }
    let (_, ticket) = paths.last().unwrap().clone();
    let note =
        desk.owner.post(&format!("{ticket}/messages"), json!({"kind": "note", "body_text": "N"})).await.created();
    let note = format!("{ticket}/messages/{}", note["id"].as_str().unwrap());
    paths.push(("/v1/tickets/{ticket_id}/messages/{message_id}".to_owned(), note));
    paths
}

#[tokio::test]
async fn a_patch_takes_null_exactly_where_the_document_says_so() {
    let desk = Desk::start().await;
    let document = document();
    let patchable = patchable(&desk).await;
    let all = document["paths"].as_object().unwrap().iter().filter(|(_, item)| !item["patch"].is_null());
    let all: BTreeSet<_> = all.map(|(path, _)| path.clone()).collect();
    assert_eq!(all, patchable.iter().map(|(path, _)| path.clone()).collect());
    for (told, path) in patchable {
        let schema = &document["paths"][&told]["patch"]["requestBody"]["content"]["application/json"]["schema"];
        for (member, schema) in resolved(schema, &document)["properties"].as_object().unwrap() {
            let answer = desk.owner.patch(&format!("{path}?dry_run=true"), json!({member.as_str(): null})).await.body;
            let errors = answer["errors"].as_array().cloned().unwrap_or_default();
            let is_refused = errors.iter().any(|error| {
                error["pointer"] == format!("/{member}")
                    && (error["code"] == "not_nullable" || error["code"] == "immutable")
            });
            let is_null = |part: &Json| part["type"] == "null";
            let takes_null = schema["anyOf"].as_array().is_some_and(|parts| parts.iter().any(is_null));
            assert_eq!(takes_null, !is_refused, "{told} {member}: {answer}");
        }
    }
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
        assert!(address.contains("\"docs/"), "{address}");
    }
    assert!(!text.contains("style=") && !text.contains("onclick="), "the policy forbids inline styles and scripts");
    for file in ["/docs/style.css", "/docs/script.js"] {
        let got = http.get(format!("{}{file}", desk.stack.url())).send().await.unwrap();
        assert_eq!(got.status(), 200, "{file}");
    }
}
