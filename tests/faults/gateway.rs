//! W7 and W8: requests as HTTP APIs really send them, base paths, and what no route takes.

use lambdesk_testkit::runtime_api::events;
use lambdesk_tests::{Json, cloud::Cloud, json, template::Template};

/// A GET by the owner, as API Gateway hands it over, with another path, query and headers.
async fn got(cloud: &Cloud, function: &str, (path, query): (&str, &str), headers: &[(&str, &str)]) -> Json {
    let mut event = events::api_gateway_v2("GET", "/", query, &[("authorization", &cloud.authorization)], b"");
    event["rawPath"] = json!(path);
    event["requestContext"]["http"]["path"] = json!(path);
    for (name, value) in headers {
        event["headers"][*name] = json!(value);
    }
    cloud.invoke(function, event).await
}

fn body(answer: &Json) -> Json {
    serde_json::from_str(answer["body"].as_str().unwrap_or_default()).unwrap_or_default()
}

#[tokio::test]
async fn w7_requests_as_they_really_come_have_right_answers_or_a_problem() {
    let cloud = Cloud::start().await;
    cloud.owner.post("/v1/tickets", json!({"subject": "a b"})).await.created();
    let refused = (404, "not_found");
    for (path, query, (status, code)) in [
        ("/v1/tickets", "sort=number&limit=1", (200, "")),
        ("/v1/tickets", "q=a b", (200, "")),
        ("/v1/tickets", "q=\"a\" <b> {c} |^`\\", (200, "")),
        ("/v1/tickets", "q=\u{fc}ber", (200, "")),
        ("/v1/tickets", "limit=x", (400, "invalid_query")),
        ("/v1/tickets#", "", refused),
        ("/v1/tickets#x", "limit=1", refused),
        ("/v1/tickets?x", "", refused),
        ("/v1/tickets/a b/\"c\"", "", refused),
        ("/v1/tickets/%/\u{fc}", "", refused),
        ("//v1//tickets", "", refused),
    ] {
        let answer = got(&cloud, "tickets", (path, query), &[]).await;
        let told = body(&answer);
        assert_eq!(answer["statusCode"], status, "{path} {query}: {answer}");
        assert_eq!(told["code"].as_str().unwrap_or_default(), code, "{path} {query}");
    }
    for host in ["a b", "a:99999", "[::1", "xn--a", "", "help.example.com", "\"", "a@b/c"] {
        for proto in ["http,https", "", "\"", "ftp"] {
            let headers = [("host", host), ("x-forwarded-proto", proto), ("x-forwarded-prefix", "/evil")];
            let answer = got(&cloud, "tickets", ("/v1/tickets", "limit=1"), &headers).await;
            assert_eq!(answer["statusCode"], 200, "{host} {proto}: {answer}");
            assert!(!answer.to_string().contains("evil"), "{answer}");
        }
    }
}

#[tokio::test]
async fn w7_below_a_base_path_everything_is_served_and_named_as_at_the_root() {
    for function in Template::read().functions() {
        assert_eq!(function.variables()["LAMBDESK_BASE_PATH"], json!({"Ref": "BasePath"}), "{}", function.name);
    }
    let cloud = Cloud::start_with(&[("LAMBDESK_BASE_PATH", "help")]).await;
    let new = json!({"subject": "S"}).to_string();
    let mut paths = Vec::new();
    for (path, base) in [("/help/v1/tickets", "/help"), ("/v1/tickets", "")] {
        let headers = [("authorization", cloud.authorization.as_str()), ("content-type", "application/json")];
        let made = cloud.invoke("tickets", events::api_gateway_v2("POST", path, "", &headers, new.as_bytes())).await;
        assert_eq!(made["statusCode"], 201, "{made}");
        let own = format!("/v1/tickets/{}", body(&made)["data"]["id"].as_str().unwrap());
        assert_eq!(made["headers"]["location"], json!(format!("{base}{own}")));
        let listed = got(&cloud, "tickets", (path, "limit=1"), &[]).await;
        let link = listed["headers"]["link"].as_str().unwrap_or_default().to_owned();
        paths.push((format!("{base}{own}"), link, base));
    }
    for (own, _, _) in &paths {
        assert_eq!(got(&cloud, "tickets", (own, ""), &[]).await["statusCode"], 200, "{own}");
    }
    for (_, link, base) in &paths {
        assert!(link.split(", ").all(|one| one.starts_with(&format!("<{base}/v1/tickets"))), "{link}");
    }
    assert_eq!(got(&cloud, "tickets", ("/helpdesk/v1/tickets", ""), &[]).await["statusCode"], 404);
    let page = got(&cloud, "docs", ("/help/docs", ""), &[]).await;
    let page = page["body"].as_str().unwrap();
    let absolute: Vec<_> = ["href=\"/", "src=\"/"].into_iter().filter(|link| page.contains(link)).collect();
    assert!(page.contains("href=\"docs/style.css\"") && absolute.is_empty(), "{absolute:?}");
    assert_eq!(got(&cloud, "docs", ("/help/docs/style.css", ""), &[]).await["statusCode"], 200);
}

#[tokio::test]
async fn w8_what_no_route_takes_is_answered_as_everything_else_is() {
    let cloud = Cloud::start().await;
    for path in ["/", "/v1", "/v1/nothing", "/nothing/here", "/v1/ticketsx", "/favicon.ico"] {
        cloud.owner.get(path).await.problem(404, "not_found");
        cloud.caller(None).post(path, json!({})).await.problem(404, "not_found");
    }
    assert_eq!(cloud.called(), ["docs"]);
    let readme = std::fs::read_to_string(lambdesk_tests::template::repository("infra/README.md")).unwrap();
    for own in ["429 `{\"message\":\"Too Many", "413 `{\"message\"", "503 `{\"message\""] {
        assert!(readme.contains(own), "what the gateway answers itself: {own}");
    }
}
