//! The lists of all three: G2, G11, H5, H6 and the filters of A15. What goes by tag,
//! category, account and the like, and every order but the default one, is read from
//! rows that come with the events: a moment after the write.

use lambdesk_tests::{Api, Desk, Json, json};

fn subjects(page: &Json) -> Vec<&str> {
    page["data"].as_array().into_iter().flatten().filter_map(|row| row["subject"].as_str()).collect()
}

/// Asks until the list holds these subjects in this order.
async fn lists(api: &Api, query: &str, wanted: &[&str]) -> Json {
    api.eventually(&format!("/v1/tickets?{query}"), |page| subjects(page) == wanted).await
}

/// The same in any order.
async fn holds(api: &Api, query: &str, wanted: &[&str]) {
    let sorted = |page: &Json| {
        let mut found: Vec<_> = subjects(page).into_iter().map(str::to_owned).collect();
        found.sort();
        found
    };
    api.eventually(&format!("/v1/tickets?{query}"), |page| sorted(page) == wanted).await;
}

/// Walks a list by its cursors and back, and holds every page to what it should be.
async fn walks(api: &Api, query: &str, wanted: &[&str]) {
    lists(api, query, wanted).await;
    let get = async |cursor: Option<&str>| {
        let cursor = cursor.map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        api.get(&format!("/v1/tickets?{query}&limit=2{cursor}")).await.expect(200)
    };
    let mut pages = vec![get(None).await];
    while let Some(next) = pages.last().unwrap()["page"]["next_cursor"].as_str() {
        pages.push(get(Some(next)).await);
    }
    let seen: Vec<_> = pages.iter().flat_map(subjects).collect();
    assert_eq!(seen, wanted, "{query}");
    let last = pages.last().unwrap();
    let back = get(last["page"]["prev_cursor"].as_str()).await;
    let before = wanted.len() - subjects(last).len();
    assert_eq!(subjects(&back), wanted[before - 2..before], "{query}");
}

#[tokio::test]
async fn g2_tickets_have_numbers_and_are_found_by_them() {
    let desk = Desk::start().await;
    let (first, second) = (desk.ticket("first").await, desk.ticket("second").await);
    assert_ne!(first["number"], second["number"]);
    for ticket in [&first, &second] {
        let path = format!("/v1/tickets/number/{}", ticket["number"]);
        let found = desk.owner.get(&path).await;
        assert_eq!(found.header("etag"), "\"1\"");
        let found = found.ok();
        assert_eq!((&found["id"], found["messages"][0]["body_text"].is_string()), (&ticket["id"], true));
        assert_eq!(desk.owner.get(&format!("/v1/tickets/{}", ticket["id"].as_str().unwrap())).await.ok(), found);
    }
    let other = desk.other_workspace().await;
    other.get(&format!("/v1/tickets/number/{}", first["number"])).await.problem(404, "not_found");
    for none in ["0", "999999", "-1", "1.5", "x", "99999999999999999999999"] {
        desk.owner.get(&format!("/v1/tickets/number/{none}")).await.problem(404, "not_found");
    }
    desk.owner.get(&format!("/v1/tickets/number/{}?x=1", first["number"])).await.expect(400);
    let (_, restricted) = desk.user("Rita Restricted", "restricted").await;
    restricted.get(&format!("/v1/tickets/number/{}", first["number"])).await.problem(404, "not_found");
    let path = format!("/v1/tickets/{}", second["id"].as_str().unwrap());
    desk.owner.delete(&path).await.expect(204);
    desk.owner.get(&format!("/v1/tickets/number/{}", second["number"])).await.problem(404, "not_found");
    let trashed = format!("/v1/tickets/number/{}?include=trashed", second["number"]);
    assert_eq!(desk.owner.get(&trashed).await.ok()["id"], second["id"]);
}

/// Five tickets that differ in everything that lists go by.
async fn variety(desk: &Desk) -> Json {
    let category = desk.owner.post("/v1/categories", json!({"name": "Billing"})).await.created();
    let client = json!({"name": "Acme", "email": "acme@customer.example"});
    let client = desk.owner.post("/v1/contacts", client).await.created();
    let project = json!({"kind": "project", "name": "Website", "contact_id": client["id"]});
    let project = desk.owner.post("/v1/accounts", project).await.created();
    for name in ["vip", "bug"] {
        desk.owner.post("/v1/tags", json!({"name": name})).await.created();
    }
    let team = desk.owner.post("/v1/teams", json!({"name": "Second line"})).await.created();
    desk.owner.post("/v1/custom-fields", json!({"key": "plan", "name": "Plan", "kind": "text"})).await.created();
    for body in [
        json!({"subject": "a", "priority": "urgent", "status": "waiting", "tags": ["vip"], "custom": {"plan": "gold"}}),
        json!({"subject": "b", "priority": "low", "status": "open", "tags": ["vip", "bug"], "team_id": team["id"]}),
        json!({"subject": "c", "priority": "high", "status": "closed", "category_id": category["id"]}),
        json!({"subject": "d", "priority": "normal", "contact_id": client["id"], "account_id": project["id"]}),
        json!({"subject": "e", "priority": "urgent", "uid": "user-7", "custom": {"plan": "silver"}}),
    ] {
        desk.owner.post("/v1/tickets", body).await.created();
    }
    json!({"category": category["id"], "client": client["id"], "project": project["id"], "team": team["id"]})
}

#[tokio::test]
async fn g11_lists_are_sorted_by_everything_both_ways() {
    let desk = Desk::start().await;
    variety(&desk).await;
    // The last change is another than the last activity.
    let b = lists(&desk.owner, "sort=number", &["a", "b", "c", "d", "e"]).await["data"][1]["id"].clone();
    let b = format!("/v1/tickets/{}", b.as_str().unwrap());
    desk.owner.patch(&b, json!({"summary": "looked at"})).await.ok();
    for (sort, ascending) in [
        ("created_at", ["a", "b", "c", "d", "e"]),
        ("number", ["a", "b", "c", "d", "e"]),
        ("last_activity_at", ["a", "b", "c", "d", "e"]),
        ("updated_at", ["a", "c", "d", "e", "b"]),
        ("priority", ["b", "d", "c", "a", "e"]),
        ("status", ["b", "d", "e", "a", "c"]),
    ] {
        let mut descending = ascending;
        descending.reverse();
        walks(&desk.owner, &format!("sort={sort}"), &ascending).await;
        walks(&desk.owner, &format!("sort=-{sort}"), &descending).await;
        let third =
            desk.owner.get(&format!("/v1/tickets?sort={sort}&limit=2&page=2&with_total=true")).await.expect(200);
        assert_eq!(subjects(&third), &ascending[2..4]);
        assert_eq!((&third["page"]["total"], &third["page"]["last"]), (&json!(5), &json!(3)));
    }
    for bad in ["subject", "-", "--number", "priority,-number", ""] {
        desk.owner.get(&format!("/v1/tickets?sort={bad}")).await.problem(400, "invalid_query");
    }
    let cursor = desk.owner.get("/v1/tickets?sort=number&limit=2").await.expect(200);
    let cursor = cursor["page"]["next_cursor"].as_str().unwrap();
    desk.owner.get(&format!("/v1/tickets?sort=-number&limit=2&cursor={cursor}")).await.problem(400, "invalid_cursor");
}

#[tokio::test]
async fn g11_lists_filter_by_everything_in_every_order() {
    let desk = Desk::start().await;
    let ids = variety(&desk).await;
    let id = |name: &str| ids[name].as_str().unwrap().to_owned();
    lists(&desk.owner, "sort=updated_at", &["a", "b", "c", "d", "e"]).await;
    for sort in ["-last_activity_at", "created_at", "updated_at", "-priority", "status", "number"] {
        for (filter, wanted) in [
            ("status=open", &["b", "d", "e"][..]),
            ("status=waiting,closed", &["a", "c"]),
            ("priority=urgent,low", &["a", "b", "e"]),
            ("category=Billing", &["c"]),
            (&format!("contact_id={}", id("client")), &["d"]),
            (&format!("account_id={}", id("project")), &["d"]),
            (&format!("team_id={}", id("team")), &["b"]),
            (&format!("team_id={},none&priority=low,high", id("team")), &["b", "c"]),
            ("tag=vip", &["a", "b"]),
            ("tags[]=x&tag[]=vip", &[]),
            ("tag[]=vip&tag[]=bug", &["a", "b"]),
            ("tag=vip&priority=low", &["b"]),
            ("tag=bug&status=closed", &[]),
            ("custom.plan=gold", &["a"]),
            ("custom.plan=gold,silver", &["a", "e"]),
            ("uid=user-7", &["e"]),
            ("is_closed=true", &["c"]),
            ("is_closed=false&priority=urgent", &["a", "e"]),
            ("channel_type=chat", &[]),
            ("created_after=2020-01-01T00:00:00Z&created_before=2020-02-01T00:00:00Z", &[]),
            ("updated_after=2020-01-01T00:00:00Z", &["a", "b", "c", "d", "e"]),
        ] {
            let query = format!("{filter}&sort={sort}");
            if filter.starts_with("tags") {
                desk.owner.get(&format!("/v1/tickets?{query}")).await.problem(400, "invalid_query");
                continue;
            }
            holds(&desk.owner, &query, wanted).await;
        }
    }
}

#[tokio::test]
async fn g10_archived_tickets_are_listed_when_asked_for_in_every_order() {
    let desk = Desk::start().await;
    let away = desk.ticket("away").await;
    desk.ticket("here").await;
    desk.owner.post(&format!("/v1/tickets/{}/archive", away["id"].as_str().unwrap()), json!({})).await.ok();
    for sort in ["last_activity_at", "created_at", "updated_at", "priority", "number"] {
        holds(&desk.owner, &format!("sort={sort}"), &["here"]).await;
        holds(&desk.owner, &format!("sort={sort}&include=archived"), &["away", "here"]).await;
        holds(&desk.owner, &format!("sort={sort}&is_archived=true"), &["away"]).await;
        holds(&desk.owner, &format!("sort={sort}&include=archived&is_archived=false"), &["here"]).await;
    }
}

#[tokio::test]
async fn h5_filters_by_status_channels_tags_mine_unassigned_and_user() {
    let desk = Desk::start().await;
    let channel = desk.channel().await;
    let (jane, as_jane) = desk.user("Jane Smith", "agent").await;
    desk.owner.post("/v1/tags", json!({"name": "vip"})).await.created();
    for body in [
        json!({"subject": "a", "channel_id": channel["id"], "assignee_id": jane["id"]}),
        json!({"subject": "b", "tags": ["vip"], "assignee_id": jane["id"], "status": "closed"}),
        json!({"subject": "c", "tags": ["vip"]}),
    ] {
        desk.owner.post("/v1/tickets", body).await.created();
    }
    let (channel, jane) = (channel["id"].as_str().unwrap(), jane["id"].as_str().unwrap());
    for (query, wanted) in [
        ("assignee_id=me".to_owned(), &["a", "b"][..]),
        ("assignee_id=me&status=open".to_owned(), &["a"]),
        ("assignee_id=none".to_owned(), &["c"]),
        (format!("assignee_id={jane},none"), &["a", "b", "c"]),
        (format!("assignee_id={jane}&tag=vip"), &["b"]),
        (format!("channel_id={channel}"), &["a"]),
        ("channel_type=chat,email&sort=created_at".to_owned(), &["a"]),
        ("tag=vip&is_closed=true&sort=-updated_at".to_owned(), &["b"]),
        ("awaiting=none&sort=priority".to_owned(), &["a", "b", "c"]),
        ("is_read_by_customer=false&awaiting=agent".to_owned(), &[]),
    ] {
        holds(&as_jane, &query, wanted).await;
    }
    desk.owner.get("/v1/tickets?limit=101").await.expect(400);
    let machine = desk.machine(&["tickets:read"]).await;
    machine.get("/v1/tickets?assignee_id=me").await.problem(400, "invalid_query");
}

#[tokio::test]
async fn h5_an_agent_with_own_and_unassigned_only_sees_those_in_every_order() {
    let desk = Desk::start().await;
    let (jane, as_jane) = desk.user("Jane Smith", "agent").await;
    let (john, _) = desk.user("John Major", "agent").await;
    desk.owner.patch("/v1/workspace", json!({"agent_visibility": "own_and_unassigned"})).await.ok();
    desk.owner.post("/v1/tags", json!({"name": "vip"})).await.created();
    for (subject, assignee) in [("hers", &jane["id"]), ("his", &john["id"]), ("nobody's", &Json::Null)] {
        let body = json!({"subject": subject, "assignee_id": assignee, "tags": ["vip"]});
        desk.owner.post("/v1/tickets", body).await.created();
    }
    for sort in ["-last_activity_at", "created_at", "updated_at", "priority", "status", "number"] {
        holds(&desk.owner, &format!("sort={sort}&tag=vip"), &["hers", "his", "nobody's"]).await;
        for query in [format!("sort={sort}"), format!("sort={sort}&tag=vip")] {
            holds(&as_jane, &query, &["hers", "nobody's"]).await;
        }
    }
}

#[tokio::test]
async fn h6_lists_have_pages_totals_links_previews_and_summaries_in_every_order() {
    let desk = Desk::start().await;
    for subject in ["a", "b", "c"] {
        let ticket = desk.ticket(subject).await;
        let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
        desk.owner.patch(&path, json!({"summary": format!("about {subject}")})).await.ok();
    }
    lists(&desk.owner, "sort=-priority", &["c", "b", "a"]).await;
    let reply = desk.owner.get("/v1/tickets?sort=-priority&limit=2&page=1&with_total=true").await;
    assert!(
        reply.header("link").contains("sort=-priority&limit=2&with_total=true&cursor="),
        "{}",
        reply.header("link")
    );
    let page = reply.expect(200);
    let told = ["number", "size", "total", "last"].map(|name| page["page"][name].clone());
    assert_eq!(told, [1, 2, 3, 2].map(|number| json!(number)));
    let row = &page["data"][0];
    assert_eq!((&row["preview"], &row["summary"]), (&json!("Hello, I need help."), &json!("about c")));
    let last = desk.owner.get("/v1/tickets?sort=-priority&limit=2&page=2").await.expect(200);
    assert_eq!((subjects(&last), &last["page"]["next_cursor"]), (vec!["a"], &Json::Null));
    desk.owner.get("/v1/tickets?limit=100&page=11&sort=number").await.problem(400, "invalid_query");
}

#[tokio::test]
async fn a15_lists_filter_by_flags_channel_and_end_user_together() {
    let desk = Desk::start().await;
    let channel = desk.channel().await;
    let spam = json!({"subject": "spam", "status": "spam", "channel_id": channel["id"], "uid": "user-1"});
    let closed = json!({"subject": "closed", "status": "closed", "channel_id": channel["id"], "uid": "user-1"});
    for body in [spam, closed, json!({"subject": "other", "uid": "user-2"})] {
        desk.owner.post("/v1/tickets", body).await.created();
    }
    let channel = channel["id"].as_str().unwrap();
    for (query, wanted) in [
        ("uid=user-1".to_owned(), &["closed"][..]),
        ("uid=user-1&include=spam".to_owned(), &["closed", "spam"]),
        ("uid=user-1&is_spam=true&sort=number".to_owned(), &["spam"]),
        (format!("channel_id={channel}&is_closed=true&sort=updated_at"), &["closed"]),
        ("channel_type=chat&is_spam=false&sort=-created_at".to_owned(), &["closed"]),
        ("uid=user-1&processed=false".to_owned(), &[]),
    ] {
        holds(&desk.owner, &query, wanted).await;
    }
}
