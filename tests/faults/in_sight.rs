//! K3: what restricted users see of contacts and accounts.

use crate::keys::{Client, path};
use lambdesk_tests::{Api, Desk, Json, json};

/// A restricted user with all scopes of contacts and tickets.
async fn restricted(desk: &Desk) -> (Json, Api) {
    let user = json!({"name": "Jane Own", "email": "jane@desk.example", "role": "restricted"});
    let user = desk.owner.post("/v1/users", user).await.created();
    let scopes = ["tickets:read", "tickets:write", "contacts:read", "contacts:write"];
    let key = json!({"name": "J", "kind": "user", "user_id": user["id"], "scopes": scopes});
    let caller = desk.with_key(&desk.key(key).await);
    (user, caller)
}

fn contact_path(contact: &Json) -> String {
    format!("/v1/contacts/{}", contact["id"].as_str().unwrap())
}

fn account_path(account: &Json) -> String {
    format!("/v1/accounts/{}", account["id"].as_str().unwrap())
}

#[tokio::test]
async fn k3_restricted_users_see_and_change_contacts_and_accounts_of_their_own_tickets() {
    let desk = Desk::start().await;
    let channel = desk.channel().await;
    let Client { contact, account, ticket } = Client::of(&desk, &channel).await;
    let (jane, caller) = restricted(&desk).await;
    let (one, its) = (contact_path(&contact), account_path(&account));
    for hidden in [&one, &its] {
        caller.get(hidden).await.problem(404, "not_found");
        caller.patch(hidden, json!({"name": "Mine"})).await.problem(404, "not_found");
        caller.patch(&format!("{hidden}?dry_run=true"), json!({"name": "Mine"})).await.problem(404, "not_found");
        caller.delete(hidden).await.problem(404, "not_found");
    }
    for verb in ["block", "unblock"] {
        caller.post(&format!("{one}/{verb}"), json!({})).await.problem(404, "not_found");
    }
    caller.get(&format!("{one}/tickets")).await.problem(404, "not_found");
    let lists = [
        "/v1/contacts".to_owned(),
        "/v1/contacts?email=grace@private.example".to_owned(),
        "/v1/contacts?external_id=CUST-77".to_owned(),
        "/v1/accounts".to_owned(),
        "/v1/accounts?kind=debt_account".to_owned(),
        "/v1/accounts?kind=debt_account&external_id=DEBT-4".to_owned(),
        format!("/v1/accounts?contact_id={}", contact["id"].as_str().unwrap()),
    ];
    for list in &lists {
        assert_eq!(caller.get(list).await.ok(), json!([]), "{list}");
    }
    caller.post("/v1/contacts", json!({"email": "new@c.example"})).await.problem(403, "restricted_may_not");
    caller.post("/v1/accounts", json!({"kind": "project"})).await.problem(403, "restricted_may_not");
    let foreign = json!({"kind": "project", "contact_id": contact["id"]});
    assert_eq!(caller.post("/v1/accounts", foreign).await.bad_fields(), ["/contact_id"]);
    // Nobody comes into sight by being named on a ticket of one's own.
    let named = json!({"subject": "S", "contact_id": contact["id"]});
    assert_eq!(caller.post("/v1/tickets", named).await.bad_fields(), ["/contact_id"]);
    let named = json!({"subject": "S", "account_id": account["id"]});
    assert_eq!(caller.post("/v1/tickets", named).await.bad_fields(), ["/account_id"]);
    let own = caller.post("/v1/tickets", json!({"subject": "S"})).await.created();
    for member in [json!({"contact_id": contact["id"]}), json!({"account_id": account["id"]})] {
        caller.patch(&path(&own), member).await.expect(422);
    }

    desk.owner.put(&format!("{}/assignee", path(&ticket)), json!({"assignee_id": jane["id"]})).await.ok();
    caller.eventually("/v1/contacts", |page| page["data"].as_array().is_some_and(|rows| rows.len() == 1)).await;
    for list in &lists {
        assert_eq!(caller.get(list).await.ok().as_array().unwrap().len(), 1, "{list}");
    }
    assert_eq!(caller.get(&one).await.ok()["external_id"], "CUST-77");
    assert_eq!(caller.patch(&one, json!({"name": "Grace H"})).await.ok()["name"], "Grace H");
    caller.post(&format!("{one}/block"), json!({})).await.ok();
    assert_eq!(caller.patch(&its, json!({"name": "Loan"})).await.ok()["name"], "Loan");
    let second = json!({"kind": "project", "contact_id": contact["id"]});
    let second = caller.post("/v1/accounts", second).await.created();
    caller.patch(&path(&own), json!({"contact_id": contact["id"], "account_id": second["id"]})).await.ok();
}

#[tokio::test]
async fn k3_nobody_comes_into_sight_by_their_address() {
    let desk = Desk::start().await;
    let channel = desk.channel().await;
    let Client { contact, account, ticket } = Client::of(&desk, &channel).await;
    let (jane, caller) = restricted(&desk).await;
    let from = |email: &str| json!({"subject": "S", "from": {"email": email, "name": "Somebody"}});
    // Whether there is one is told by nothing: neither the ticket nor what would follow.
    let told: Vec<_> = ["grace@private.example", "nobody@private.example"]
        .map(|email| {
            let (caller, body) = (&caller, from(email));
            async move {
                let tried = caller.post("/v1/tickets?dry_run=true", body.clone()).await.ok();
                let events: Vec<_> =
                    tried["events"].as_array().unwrap().iter().map(|event| event["type"].clone()).collect();
                let made = caller.post("/v1/tickets", body).await.created();
                assert_eq!(made["requester"]["email"], email);
                (events, made["contact"].clone())
            }
        })
        .into_iter()
        .collect();
    for told in told {
        assert_eq!(told.await, (vec![json!("ticket.created")], Json::Null));
    }
    for hidden in
        [contact_path(&contact), account_path(&account), "/v1/contacts?email=grace@private.example".to_owned()]
    {
        let answer = caller.get(&hidden).await;
        assert!(answer.status == 404 || answer.ok() == json!([]), "{hidden}");
    }
    assert_eq!(desk.owner.get("/v1/contacts?email=nobody@private.example").await.ok(), json!([]));
    // A channel for known contacts says the same of both.
    let known = json!({"name": "Known", "type": "form", "require_existing_contact": true});
    let known = desk.owner.post("/v1/channels", known).await.created();
    for email in ["grace@private.example", "nobody@private.example"] {
        let mut body = from(email);
        body["channel_id"] = known["id"].clone();
        assert_eq!(caller.post("/v1/tickets", body).await.bad_fields(), ["/from/email"]);
    }
    // Nor by an account in sight that has become theirs.
    let other = desk.owner.post("/v1/accounts", json!({"kind": "project"})).await.created();
    let about = json!({"subject": "T", "account_id": other["id"], "assignee_id": jane["id"]});
    desk.owner.post("/v1/tickets", about).await.created();
    let about = json!({"subject": "S", "account_id": other["id"]});
    caller.eventually(&account_path(&other), |body| body["data"].is_object()).await;
    desk.owner.patch(&account_path(&other), json!({"contact_id": contact["id"]})).await.ok();
    assert_eq!(caller.post("/v1/tickets", about.clone()).await.created()["contact"], Json::Null);
    caller.get(&contact_path(&contact)).await.problem(404, "not_found");

    // Whoever is in sight is linked as ever.
    desk.owner.put(&format!("{}/assignee", path(&ticket)), json!({"assignee_id": jane["id"]})).await.ok();
    caller.eventually(&contact_path(&contact), |body| body["data"].is_object()).await;
    for body in [from("grace@private.example"), about] {
        assert_eq!(caller.post("/v1/tickets", body).await.created()["contact"]["id"], contact["id"]);
    }
}

#[tokio::test]
async fn k3_a_refusal_counts_and_names_what_is_in_sight() {
    let desk = Desk::start().await;
    let channel = desk.channel().await;
    let Client { contact, ticket, .. } = Client::of(&desk, &channel).await;
    let (jane, caller) = restricted(&desk).await;
    for _ in 0..2 {
        desk.owner.post("/v1/tickets", json!({"subject": "T", "contact_id": contact["id"]})).await.created();
    }
    desk.owner.put(&format!("{}/assignee", path(&ticket)), json!({"assignee_id": jane["id"]})).await.ok();
    let one = contact_path(&contact);
    caller.eventually(&one, |body| body["data"].is_object()).await;
    let counted =
        |problem: &Json| problem["uses"].as_array().unwrap().iter().find(|used| used["kind"] == "ticket").cloned();
    let refused = caller.delete(&one).await.problem(409, "in_use");
    let tickets = counted(&refused).unwrap();
    assert_eq!((&tickets["count"], &tickets["ids"]), (&json!(1), &json!([ticket["id"]])), "{refused}");
    let refused = desk.owner.delete(&one).await.problem(409, "in_use");
    assert_eq!(counted(&refused).unwrap()["count"], 3, "{refused}");
    // By force, only those take it off the others' tickets who see these.
    let its = desk.owner.get("/v1/accounts").await.ok()[0]["id"].as_str().unwrap().to_owned();
    caller.delete(&format!("/v1/accounts/{its}?force=true")).await.problem(403, "restricted_may_not");
    // Whose a taken address is, those learn who see it.
    let hidden = json!({"email": "hidden@c.example"});
    let hidden = desk.owner.post("/v1/contacts", hidden).await.created();
    let taken = caller.patch(&one, json!({"email": "hidden@c.example"})).await.problem(409, "taken");
    assert!(taken.get("existing_id").is_none(), "{taken}");
    let taken = desk.owner.patch(&one, json!({"email": "hidden@c.example"})).await.problem(409, "taken");
    assert_eq!(taken["existing_id"], hidden["id"]);
}
