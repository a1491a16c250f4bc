//! Contacts and accounts as their users meet them: lists, exports, refusals.

use futures_util::future::join_all;
use lambdesk_tests::{Api, Desk, Json, json};

/// More than any page has.
const MANY: usize = 120;

async fn contact(api: &Api, body: Json) -> String {
    api.post("/v1/contacts", body).await.created()["id"].as_str().unwrap().to_owned()
}

async fn ids(api: &Api, path: &str) -> Vec<String> {
    let list = api.get(path).await.ok();
    let mut ids: Vec<_> = list.as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

#[tokio::test]
async fn an_export_has_every_account_however_many_there_are() {
    let desk = Desk::start().await;
    let ada = contact(&desk.owner, json!({"name": "Ada"})).await;
    let account = |number| json!({"kind": "project", "external_id": format!("p-{number}"), "contact_id": ada});
    let made = join_all((0..MANY).map(|number| desk.owner.post("/v1/accounts", account(number)))).await;
    let mut made: Vec<_> = made.into_iter().map(|reply| reply.created()["external_id"].clone().to_string()).collect();
    let (path, mut exported) = (format!("/v1/contacts/{ada}/export"), Vec::new());
    let mut part = desk.owner.get(&path).await.ok();
    assert!(part["receipt"].is_object(), "the first part says that there was an export");
    loop {
        let accounts = part["accounts"].as_array().unwrap();
        exported.extend(accounts.iter().map(|account| account["external_id"].to_string()));
        let Some(next) = part["next_cursor"].as_str() else { break };
        part = desk.owner.get(&format!("{path}?cursor={next}")).await.ok();
    }
    made.sort();
    exported.sort();
    assert_eq!(exported, made);
}

#[tokio::test]
async fn an_export_is_cut_by_its_size_alone() {
    let desk = Desk::start().await;
    let ada = contact(&desk.owner, json!({"name": "Ada"})).await;
    let refused = desk.owner.get(&format!("/v1/contacts/{ada}/export?limit=1")).await.problem(400, "invalid_query");
    assert_eq!(refused["errors"][0]["pointer"], "?limit");
}

#[tokio::test]
async fn tickets_are_listed_by_every_id_that_their_contact_has_had() {
    let desk = Desk::start().await;
    let mut had = Vec::new();
    for name in ["ada", "lovelace", "byron"] {
        let contact = contact(&desk.owner, json!({"email": format!("{name}@customer.example")})).await;
        desk.owner.post("/v1/tickets", json!({"subject": name, "contact_id": contact})).await.created();
        had.push(contact);
    }
    for (into, from) in [(1, 0), (2, 1)] {
        let merge = json!({"from": had[from]});
        desk.owner.post(&format!("/v1/contacts/{}/merge", had[into]), merge).await.expect(202);
    }
    let all = ids(&desk.owner, "/v1/tickets").await;
    assert_eq!(all.len(), 3);
    for asked in had.iter().chain([&had.join(",")]) {
        let list = format!("/v1/tickets?contact_id={asked}&sort=-created_at&with_total=true");
        assert_eq!(ids(&desk.owner, &list).await, all, "{asked}");
        assert_eq!(desk.owner.get(&list).await.expect(200)["page"]["total"], 3, "{asked}");
    }
}

#[tokio::test]
async fn receipts_are_of_somebody_of_the_workspace() {
    let desk = Desk::start().await;
    let (ada, other) = (contact(&desk.owner, json!({"name": "Ada"})).await, desk.other_workspace().await);
    let receipts = format!("/v1/contacts/{ada}/receipts");
    assert_eq!(desk.owner.get(&receipts).await.ok(), json!([]));
    other.get(&receipts).await.problem(404, "not_found");
    desk.owner.post(&format!("/v1/contacts/{ada}/erase"), json!({})).await.expect(202);
    // Gone, but not without a trace.
    assert_eq!(desk.owner.get(&receipts).await.ok()[0]["kind"], "erase");
    other.get(&receipts).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_refusal_names_the_tickets_that_are_in_sight() {
    let desk = Desk::start().await;
    let ada = contact(&desk.owner, json!({"name": "Ada"})).await;
    let account = desk.owner.post("/v1/accounts", json!({"kind": "client", "contact_id": ada})).await.created();
    let (other, _) = desk.user("Olaf", "agent").await;
    let mut tickets = Vec::new();
    for assignee in [json!(null), other["id"].clone()] {
        let ticket = json!({"subject": "S", "contact_id": ada, "assignee_id": assignee});
        tickets.push(desk.owner.post("/v1/tickets", ticket).await.created()["id"].clone());
    }
    desk.owner.patch("/v1/workspace", json!({"agent_visibility": "own_and_unassigned"})).await.ok();
    let caller = async |name: &str, role: &str| {
        let (user, _) = desk.user(name, role).await;
        let key = json!({"name": name, "kind": "user", "user_id": user["id"], "scopes": ["contacts:write"]});
        desk.with_key(&desk.key(key).await)
    };
    let path = format!("/v1/contacts/{ada}");
    for (api, count) in [(&desk.owner, 2), (&caller("Ann", "agent").await, 1)] {
        let refused = api.delete(&path).await.problem(409, "in_use");
        let of = |kind: &str| refused["uses"].as_array().unwrap().iter().find(|uses| uses["kind"] == kind).unwrap();
        assert_eq!(of("ticket")["count"], json!(count));
        assert_eq!(of("ticket")["ids"], json!(tickets[..count]));
        assert_eq!(of("account")["ids"], json!([account["id"]]));
    }
    caller("Rita", "restricted").await.delete(&path).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_contact_is_one_however_its_address_is_composed() {
    let desk = Desk::start().await;
    let ada = contact(&desk.owner, json!({"email": "ad\u{e9}le@customer.example"})).await;
    let again = desk.owner.post("/v1/contacts", json!({"email": "Ade\u{301}le@Customer.example"})).await;
    assert_eq!(again.problem(409, "taken")["existing_id"], json!(ada));
    let found = desk.owner.get("/v1/contacts?email=ade%CC%81le@customer.example").await.ok();
    assert_eq!(found[0]["id"], json!(ada));
}
