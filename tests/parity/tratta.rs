//! T · Tratta.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use lambdesk_tests::{Desk, Json, json};
use reqwest::Method;
use ring::hmac;

#[tokio::test]
async fn t1_a_ticket_is_one_conversation_with_thread_status_category_customer_and_account() {
    let desk = Desk::start().await;
    let category = desk.owner.post("/v1/categories", json!({"name": "Payments"})).await.created();
    let contact = json!({"name": "John Doe", "email": "john@customer.example", "external_id": "CUST-123"});
    let contact = desk.owner.post("/v1/contacts", contact).await.created();
    let account = json!({
        "kind": "debt_account", "external_id": "ACC-12345", "status": "active",
        "current_balance_cents": 10_000, "currency": "USD", "contact_id": contact["id"],
    });
    let account = desk.owner.post("/v1/accounts", account).await.created();
    let body = json!({
        "subject": "Need help updating my payment plan", "category_id": category["id"],
        "contact_id": contact["id"], "account_id": account["id"], "message": {"body_text": "Hello."},
    });
    let created = desk.owner.post("/v1/tickets", body).await.created();
    let ticket = desk.owner.get(&format!("/v1/tickets/{}", created["id"].as_str().unwrap())).await.ok();
    assert_eq!(ticket["status"], "open");
    assert_eq!(ticket["category"]["name"], "Payments");
    assert_eq!(ticket["contact"]["external_id"], "CUST-123");
    assert_eq!(ticket["account"]["current_balance_cents"], 10_000);
    assert_eq!(ticket["messages"][0]["body_text"], "Hello.");
}

#[tokio::test]
async fn t2_source_tells_how_a_ticket_came_in_and_filters_by_several_values() {
    let desk = Desk::start().await;
    let channel = desk.channel().await;
    let machine = desk.machine(&["tickets:read", "tickets:write"]).await;
    desk.ticket("by a user").await;
    machine.post("/v1/tickets", json!({"subject": "by a program"})).await.created();
    crate::answerpal::chat(&desk, &channel, "by a visitor").await;
    known_visitor(&desk, &channel, "by a customer").await;
    let subjects = |list: Json| -> Vec<String> {
        let mut subjects: Vec<_> =
            list.as_array().unwrap().iter().map(|t| t["subject"].as_str().unwrap().to_owned()).collect();
        subjects.sort();
        subjects
    };
    assert_eq!(subjects(desk.owner.get("/v1/tickets?source=guest").await.ok()), ["by a visitor"]);
    assert_eq!(subjects(desk.owner.get("/v1/tickets?source=portal").await.ok()), ["by a customer"]);
    assert_eq!(
        subjects(desk.owner.get("/v1/tickets?source=portal,guest").await.ok()),
        ["by a customer", "by a visitor"]
    );
    let portal = desk.owner.get("/v1/tickets?source=portal").await.ok();
    assert_eq!((&portal[0]["source"], &portal[0]["uid"]), (&json!("portal"), &json!("customer-7")));
    assert_eq!(subjects(desk.owner.get("/v1/tickets?source=guest,api").await.ok()), ["by a program", "by a visitor"]);
    assert_eq!(
        subjects(desk.owner.get("/v1/tickets?source[]=agent&source[]=api").await.ok()),
        ["by a program", "by a user"]
    );
    let said = desk.owner.post("/v1/tickets", json!({"subject": "x", "source": "portal"})).await;
    assert_eq!(said.bad_fields(), ["/source"]);
}

/// Opens a ticket as a visitor whom the site's own login vouches for.
async fn known_visitor(desk: &Desk, channel: &Json, subject: &str) {
    let (id, token) = (channel["id"].as_str().unwrap(), channel["public_token"].as_str().unwrap());
    let secret = desk.owner.post(&format!("/v1/channels/{id}/identity-secret"), json!({})).await.ok();
    let exp = desk.stack.app.clock.now().seconds() + 600;
    let claims = json!({"sub": "customer-7", "email": "ada@customer.example", "exp": exp});
    let [header, claims] = [json!({"alg": "HS256"}), claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret["secret"].as_str().unwrap().as_bytes());
    let input = format!("{header}.{claims}");
    let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&key, input.as_bytes()));
    let page = desk.nobody().with("origin", "https://shop.example");
    let body = json!({"identity": format!("{input}.{signature}")});
    let session = page.post(&format!("/intake/{token}/session"), body).await.created();
    let known = page.with("authorization", &format!("Bearer {}", session["session"].as_str().unwrap()));
    let body = json!({"subject": subject, "message": {"body_text": "Is anyone there?"}});
    known.post(&format!("/intake/{token}/tickets"), body).await.created();
}

#[tokio::test]
async fn t3_a_read_only_key_writes_nothing_and_webhooks_take_the_coarse_groups() {
    let desk = Desk::start().await;
    let reader = desk.machine(&["tickets:read"]).await;
    let ticket = desk.ticket("Hello").await;
    let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    reader.get(&path).await.ok();
    reader.get("/v1/tickets").await.ok();
    reader.get(&format!("{path}/messages")).await.ok();
    reader.get(&format!("{path}/activities")).await.ok();
    for (method, path, body) in [
        (Method::POST, "/v1/tickets".to_owned(), Some(json!({"subject": "x"}))),
        (Method::PATCH, path.clone(), Some(json!({"subject": "x"}))),
        (Method::PUT, path.clone(), Some(json!({"subject": "x"}))),
        (Method::DELETE, path.clone(), None),
        (Method::PUT, format!("{path}/status"), Some(json!({"status": "closed"}))),
        (Method::PUT, format!("{path}/assignee"), Some(json!({"assignee_id": null}))),
        (Method::PUT, format!("{path}/team"), Some(json!({"team_id": null}))),
        (Method::PUT, format!("{path}/tags"), Some(json!({"tags": []}))),
        (Method::POST, format!("{path}/tags"), Some(json!({"tags": []}))),
        (Method::DELETE, format!("{path}/tags/01890a5d-ac96-774b-bcce-b302099a8057"), None),
        (Method::PUT, format!("{path}/follow_up"), Some(json!({"follow_up_at": null}))),
        (Method::POST, format!("{path}/assign"), None),
        (Method::POST, format!("{path}/archive"), None),
        (Method::POST, format!("{path}/restore"), None),
        (Method::POST, format!("{path}/read"), None),
        (Method::POST, format!("{path}/unread"), None),
        (Method::POST, format!("{path}/messages"), Some(json!({"body_text": "x"}))),
    ] {
        let refused = reader.send(method, &path, body).await.problem(403, "missing_scope");
        assert_eq!(refused["scope"], "tickets:write");
    }
    assert_eq!(desk.owner.get(&path).await.ok()["version"], 1);

    let mut created = desk.receiver(&["ticket.create"]).await;
    let mut updated = desk.receiver(&["ticket.update"]).await;
    let ticket = desk.ticket("Another").await;
    let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    desk.owner.put(&format!("{path}/status"), json!({"status": "in_progress"})).await.ok();
    assert_eq!(created.next().await.kind(), "ticket.created");
    assert_eq!(updated.next().await.kind(), "ticket.status_changed");
    created.silence().await;
}

#[tokio::test]
async fn t5_bearer_and_bare_keys_are_taken_and_nothing_else() {
    let desk = Desk::start().await;
    let key = desk.key(json!({"name": "K", "kind": "machine", "scopes": ["tickets:read"]})).await;
    desk.with_key(&key).get("/v1/tickets").await.ok();
    desk.nobody().with("authorization", &key).get("/v1/tickets").await.ok();
    desk.nobody().with("authorization", &format!("bearer {key}")).get("/v1/tickets").await.ok();
    desk.nobody().get("/v1/tickets").await.problem(401, "unauthorized");
    for forged in [format!("Basic {key}"), format!("Bearer {}x", &key[..key.len() - 1]), "Bearer ldk_".to_owned()] {
        let reply = desk.nobody().with("authorization", &forged).get("/v1/tickets").await;
        assert_eq!(reply.header("www-authenticate"), "Bearer");
        reply.problem(401, "unauthorized");
    }
}

#[tokio::test]
async fn t6_filters_by_status_source_and_category() {
    let desk = Desk::start().await;
    let category = desk.owner.post("/v1/categories", json!({"name": "Need call support"})).await.created();
    for (subject, status, categorised) in
        [("a", "open", true), ("b", "in_progress", true), ("c", "resolved", false), ("d", "open", false)]
    {
        let category = if categorised { category["id"].clone() } else { Json::Null };
        let body = json!({"subject": subject, "status": status, "category_id": category});
        desk.owner.post("/v1/tickets", body).await.created();
    }
    let found = async |query: &str| -> Vec<String> {
        let list = desk.owner.get(&format!("/v1/tickets?{query}")).await.ok();
        let mut found: Vec<_> =
            list.as_array().unwrap().iter().map(|t| t["subject"].as_str().unwrap().to_owned()).collect();
        found.sort();
        found
    };
    assert_eq!(found("status=open").await, ["a", "d"]);
    assert_eq!(found("status[]=in_progress&status[]=resolved").await, ["b", "c"]);
    assert_eq!(found("status=open,resolved&source=agent").await, ["a", "c", "d"]);
    let id = category["id"].as_str().unwrap();
    // Found by its rows, which come with the events.
    let by_category = format!("/v1/tickets?category={id}");
    desk.owner.eventually(&by_category, |page| page["data"].as_array().is_some_and(|found| found.len() == 2)).await;
    assert_eq!(found(&format!("category={id}")).await, ["a", "b"]);
    assert_eq!(found("category=Need%20call%20support&status=open").await, ["a"]);
    assert_eq!(found("limit=1&page=2").await.len(), 1);
    for bad in ["limit=0", "limit=101", "page=0", "status=nope", "category=none", "colour=red", "sort=subject"] {
        desk.owner.get(&format!("/v1/tickets?{bad}")).await.expect(400);
    }
}

#[tokio::test]
async fn t7_the_list_is_ordered_by_last_activity_without_messages() {
    let desk = Desk::start().await;
    let first = desk.ticket("first").await;
    desk.ticket("second").await;
    let order = async || -> Vec<String> {
        let list = desk.owner.get("/v1/tickets").await.ok();
        assert!(list.as_array().unwrap().iter().all(|ticket| ticket.get("messages").is_none()));
        list.as_array().unwrap().iter().map(|t| t["subject"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(order().await, ["second", "first"]);
    let path = format!("/v1/tickets/{}/messages", first["id"].as_str().unwrap());
    desk.owner.post(&path, json!({"body_text": "Looking into it."})).await.created();
    assert_eq!(order().await, ["first", "second"]);
}

#[tokio::test]
async fn t8_one_ticket_comes_with_its_thread_and_senders() {
    let desk = Desk::start().await;
    let ticket = desk.ticket("Thread").await;
    let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    for number in 0..24 {
        desk.owner.post(&format!("{path}/messages"), json!({"body_text": format!("reply {number}")})).await.created();
    }
    let ticket = desk.owner.get(&path).await.ok();
    let messages = ticket["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 20);
    assert_eq!(messages[19]["body_text"], "reply 23");
    assert_eq!(messages[19]["sender"]["kind"], "user");
    assert_eq!(messages[19]["sender"]["name"], "Olga Owner");
    assert_eq!(ticket["has_more_messages"], true);
    let oldest = desk.owner.get(&format!("{path}/messages?limit=1")).await.ok();
    assert_eq!(oldest[0]["sender"]["kind"], "contact");
    assert_eq!(oldest[0]["sender"]["name"], "Grace Example");
    desk.owner.get("/v1/tickets/01890a5d-ac96-774b-bcce-b302099a8057").await.problem(404, "not_found");
    desk.owner.get("/v1/tickets/42").await.problem(404, "not_found");
}

#[tokio::test]
async fn t9_the_ticket_holds_requester_flags_and_times() {
    let desk = Desk::start().await;
    let body = json!({
        "subject": "S", "from": {"name": "John Doe", "email": "John.Doe@Customer.example", "phone": "+1234567890"},
        "message": {"body_text": "Hi"},
    });
    let ticket = desk.owner.post("/v1/tickets", body).await.created();
    assert_eq!(
        ticket["requester"],
        json!({"name": "John Doe", "email": "john.doe@customer.example", "phone": "+1234567890"})
    );
    assert_eq!((&ticket["is_read_by_customer"], &ticket["is_read_by_organization"]), (&json!(true), &json!(false)));
    assert_eq!(ticket["resolved_at"], Json::Null);
    let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    desk.owner.post(&format!("{path}/messages"), json!({"body_text": "Answer"})).await.created();
    let resolved = desk.owner.put(&format!("{path}/status"), json!({"status": "resolved"})).await.ok();
    assert_eq!((&resolved["is_read_by_customer"], &resolved["is_read_by_organization"]), (&json!(false), &json!(true)));
    assert!(resolved["resolved_at"].is_string());
    assert!(resolved["updated_at"].as_str() > ticket["updated_at"].as_str());
    assert!(resolved["last_activity_at"].as_str() > ticket["last_activity_at"].as_str());
    assert_eq!(resolved["created_at"], ticket["created_at"]);
}

#[tokio::test]
async fn t10_the_customer_is_the_contact_with_id_name_address_and_external_id_or_null_for_guests() {
    let desk = Desk::start().await;
    let customer = json!({"name": "John Doe", "email": "john@customer.example", "external_id": "CUST-123"});
    let customer = desk.owner.post("/v1/contacts", customer).await.created();
    let known = json!({"subject": "S", "from": {"email": "John@Customer.example", "name": "Johnny"}});
    let known = desk.owner.post("/v1/tickets", known).await.created();
    let shown = json!({
        "id": customer["id"], "name": "John Doe", "email": "john@customer.example", "external_id": "CUST-123",
    });
    assert_eq!((&known["contact"], &known["requester"]["name"]), (&shown, &json!("Johnny")));
    let path = format!("/v1/tickets/{}", known["id"].as_str().unwrap());
    assert_eq!(desk.owner.get(&path).await.ok()["contact"], shown);
    let list = desk.owner.get("/v1/tickets").await.ok();
    assert_eq!(list[0]["contact"], shown);
    let guest = desk.owner.post("/v1/tickets", json!({"subject": "S", "from": {"name": "Nobody"}})).await.created();
    assert_eq!((&guest["contact"], &guest["requester"]["name"]), (&Json::Null, &json!("Nobody")));
    for query in ["email=john@customer.example", "external_id=CUST-123"] {
        let found = desk.owner.get(&format!("/v1/contacts?{query}")).await.ok();
        assert_eq!((found.as_array().map(Vec::len), &found[0]["id"]), (Some(1), &customer["id"]), "{query}");
    }
}

#[tokio::test]
async fn t11_the_account_is_shown_as_it_is_now_wherever_its_ticket_is() {
    let desk = Desk::start().await;
    let account = json!({
        "kind": "debt_account", "external_id": "ACC-12345", "status": "active",
        "current_balance_cents": 10_000, "currency": "USD",
    });
    let account = desk.owner.post("/v1/accounts", account).await.created();
    let body = json!({"subject": "S", "account_id": account["id"]});
    let ticket = desk.owner.post("/v1/tickets", body).await.created();
    desk.ticket("without an account").await;
    let shown = |account: &Json| {
        ["id", "kind", "external_id", "status", "current_balance_cents", "currency"].map(|name| account[name].clone())
    };
    let is = |status: &str, balance: i64| {
        [account["id"].clone(), json!("debt_account"), json!("ACC-12345"), json!(status), json!(balance), json!("USD")]
    };
    assert_eq!(shown(&ticket["account"]), is("active", 10_000));
    let settled = json!({"status": "settled", "current_balance_cents": -250});
    desk.owner.patch(&format!("/v1/accounts/{}", account["id"].as_str().unwrap()), settled).await.ok();
    let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    assert_eq!(shown(&desk.owner.get(&path).await.ok()["account"]), is("settled", -250));
    let list = desk.owner.get("/v1/tickets").await.ok();
    let accounts: Vec<_> = list.as_array().unwrap().iter().map(|row| &row["account"]).collect();
    assert_eq!((accounts[0], shown(accounts[1])), (&Json::Null, is("settled", -250)));
    let written = desk.owner.patch(&path, json!({"subject": "T"})).await.ok();
    assert_eq!(shown(&written["account"]), is("settled", -250));
    let replayable = desk.owner.with("idempotency-key", "read-1");
    let remembered = replayable.post(&format!("{path}/read"), json!({})).await.ok();
    assert_eq!(shown(&remembered["account"]), is("settled", -250));
    assert_eq!(desk.owner.patch(&path, json!({"account_id": null})).await.ok()["account"], Json::Null);
}

#[tokio::test]
async fn t12_the_assigned_user_is_shown() {
    let desk = Desk::start().await;
    let (user, _) = desk.user("Jane Smith", "agent").await;
    let ticket = desk.ticket("S").await;
    let path = format!("/v1/tickets/{}/assignee", ticket["id"].as_str().unwrap());
    let ticket = desk.owner.put(&path, json!({"assignee_id": user["id"]})).await.ok();
    let expected = json!({
        "id": user["id"], "name": "Jane Smith", "email": "jane.smith@desk.example",
        "picture_url": null, "timezone": "Europe/Brussels",
    });
    assert_eq!(ticket["assignee"], expected);
}

#[tokio::test]
async fn t13_a_secure_messages_body_is_shown_to_people_only_and_never_leaves() {
    const SECRET: &str = "my card number is 4242";
    let desk = Desk::start().await;
    let machine = desk.machine(&["tickets:read", "tickets:write"]).await;
    let mut receiver = desk.receiver(&["ticket.create", "ticket.update"]).await;
    let ticket = desk.ticket("Card").await;
    let id = ticket["id"].as_str().unwrap();
    let message = json!({"body_text": SECRET, "is_secure": true});
    let message = desk.owner.post(&format!("/v1/tickets/{id}/messages"), message).await.created();
    assert_eq!(
        (&message["kind"], &message["is_secure"], &message["source"]),
        (&json!("outbound"), &json!(true), &json!("agent"))
    );
    assert_eq!(message["body_text"], SECRET);
    let shown = machine.get(&format!("/v1/tickets/{id}/messages")).await.expect(200);
    assert!(!shown.to_string().contains("4242"), "{shown}");
    let list = desk.owner.get("/v1/tickets").await.expect(200);
    assert_eq!(list["data"][0]["preview"], "Hello, I need help.");
    for _ in 0..2 {
        let told = receiver.next().await;
        assert!(!told.raw.contains("4242"), "{}", told.raw);
    }
    let activities = desk
        .owner
        .eventually(&format!("/v1/tickets/{id}/activities"), |body| {
            body["data"].as_array().is_some_and(|d| d.len() == 2)
        })
        .await;
    assert!(!activities.to_string().contains("4242"));
}

#[tokio::test]
async fn t14_times_are_rfc_3339_utc_with_milliseconds() {
    fn check(value: &Json, checked: &mut u32) {
        match value {
            Json::Object(members) => members.iter().for_each(|(name, value)| {
                if name.ends_with("_at") && !value.is_null() {
                    let text = value.as_str().unwrap();
                    assert!(
                        text.len() == 24
                            && text.ends_with('Z')
                            && text.parse::<lambdesk_domain::time::Timestamp>().is_ok(),
                        "{name}: {text}"
                    );
                    *checked += 1;
                }
                check(value, checked);
            }),
            Json::Array(values) => values.iter().for_each(|value| check(value, checked)),
            _ => {}
        }
    }
    let desk = Desk::start().await;
    let ticket = desk.ticket("S").await;
    let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
    desk.owner.put(&format!("{path}/follow_up"), json!({"follow_up_at": "2030-01-01T10:00:00+02:00"})).await.ok();
    let ticket = desk.owner.get(&path).await.ok();
    assert_eq!(ticket["follow_up_at"], "2030-01-01T08:00:00.000Z");
    let mut checked = 0;
    check(&ticket, &mut checked);
    assert!(checked >= 6, "{checked}");
}
