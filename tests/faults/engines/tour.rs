//! The tour: every resource and verb, in an order in which one call needs what those before
//! it have made.

use super::call::{ETAG, Step, call, send};
use lambdesk_tests::json;

/// All steps.
pub fn steps() -> Vec<Step> {
    [directory(), people(), tickets(), verbs(), threads(), visitor(), lists(), told(), erased()]
        .into_iter()
        .flatten()
        .collect()
}

fn directory() -> Vec<Step> {
    let jane = || json!({"name": "Jane Smith", "email": "jane@desk.example", "role": "agent"});
    let key =
        json!({"name": "Jane's", "kind": "user", "user_id": "{jane}", "scopes": ["tickets:read", "tickets:write"]});
    let plan = json!({"key": "f_plan", "name": "Plan", "kind": "choice", "options": ["basic", "pro"]});
    vec![
        call("GET /v1/workspace").into(),
        send("PATCH /v1/workspace", json!({"deletion": "trash"})).into(),
        send("POST /v1/users", jane()).keep("jane", "/id").into(),
        send("POST /v1/users", jane()).into(),
        send("POST /v1/users", json!({"name": "", "role": "king"})).into(),
        send("PATCH /v1/users/{jane}", json!({"name": "Jane S."})).into(),
        call("GET /v1/users").into(),
        send("POST /v1/teams", json!({"name": "Sales"})).keep("team", "/id").into(),
        send("POST /v1/teams", json!({"name": "Nobody"})).keep("doomed", "/id").into(),
        call("DELETE /v1/teams/{doomed}").into(),
        call("GET /v1/teams/{doomed}").into(),
        send("POST /v1/tags", json!({"name": "billing"})).keep("tag", "/id").into(),
        send("POST /v1/tags", json!({"name": "vip"})).keep("vip", "/id").keep("vip_version", ETAG).into(),
        send("PATCH /v1/tags/{vip}", json!({"color": "#3b82f6"})).with("if-match", "{vip_version}").into(),
        send("PATCH /v1/tags/{vip}", json!({"color": "#000000"})).with("if-match", "{vip_version}").into(),
        call("GET /v1/tags?with_total=true").into(),
        send("POST /v1/categories", json!({"name": "Billing"})).keep("category", "/id").into(),
        send("POST /v1/custom-fields", json!({"key": "f_order", "name": "Order", "kind": "text"}))
            .keep("field", "/id")
            .into(),
        send("POST /v1/custom-fields", plan).into(),
        call("GET /v1/custom-fields").into(),
        send("POST /v1/channels", json!({"name": "Website", "type": "chat", "hostnames": ["shop.example"]}))
            .keep("channel", "/id")
            .into(),
        call("POST /v1/channels/{channel}/rotate-token").keep("channel_token", "/public_token").into(),
        call("POST /v1/channels/{channel}/identity-secret").into(),
        send("POST /v1/api-keys", key).keep("key", "/id").keep("jane_key", "/key").into(),
        call("GET /v1/api-keys/{key}").into(),
        call("POST /v1/api-keys/{key}/rotate").keep("jane_key", "/key").into(),
        send(
            "POST /v1/api-keys",
            json!({"name": "Relay", "kind": "machine", "scopes": ["tickets:read", "tickets:write"]}),
        )
        .keep("relay_key", "/key")
        .into(),
        call("GET /v1/api-keys").into(),
        call("GET /v1/webhooks/{webhook}").into(),
        call("POST /v1/webhooks/{webhook}/test").into(),
        send("POST /v1/webhooks", json!({"url": "https://hooks.customer.example/", "types": ["ticket.created"]}))
            .keep("unheard", "/id")
            .into(),
        call("POST /v1/webhooks/{unheard}/rotate-secret").into(),
        send("PATCH /v1/webhooks/{unheard}", json!({"is_enabled": false})).into(),
        call("GET /v1/webhooks").into(),
        call("DELETE /v1/webhooks/{unheard}").into(),
        Step::Follow,
    ]
}

fn people() -> Vec<Step> {
    let ada = || json!({"name": "Ada", "email": "ada@customer.example", "external_id": "c-1"});
    let account = json!({"kind": "project", "name": "Engine", "contact_id": "{ada}"});
    vec![
        send("POST /v1/contacts", ada()).keep("ada", "/id").into(),
        send("POST /v1/contacts", ada()).into(),
        send("POST /v1/contacts", json!({"name": "Double", "email": "lovelace@customer.example", "phone": "7"}))
            .keep("double", "/id")
            .into(),
        send("PATCH /v1/contacts/{ada}", json!({"name": "Ada L."})).into(),
        call("GET /v1/contacts?email=ada@customer.example").into(),
        call("POST /v1/contacts/{double}/block").into(),
        call("POST /v1/contacts/{double}/unblock").into(),
        call("GET /v1/contacts?with_total=true").into(),
        send("POST /v1/accounts", account).keep("account", "/id").into(),
        send("PATCH /v1/accounts/{account}", json!({"name": "Engine 2"})).into(),
        call("GET /v1/accounts").into(),
        Step::Follow,
    ]
}

fn tickets() -> Vec<Step> {
    let full = json!({
        "subject": "Cannot log in", "channel_id": "{channel}", "category_id": "{category}", "team_id": "{team}",
        "assignee_id": "{jane}", "priority": "high", "account_id": "{account}", "contact_id": "{ada}", "tags": ["billing"],
        "custom": {"f_order": "A-1", "f_plan": "pro"}, "uid": "u-1", "message": {"body_text": "The printer says no."},
    });
    let from = |name: &str, email: &str, subject: &str| json!({"subject": subject, "from": {"name": name, "email": email}, "message": {"body_text": format!("{subject}, says {name}.")}});
    let once = || from("Grace", "grace@customer.example", "Once");
    let many = (1..=3).map(|_| send("POST /v1/tickets", from("Grace", "grace@customer.example", "One of many")).into());
    let mut steps: Vec<Step> = vec![
        send("POST /v1/tickets", full).keep("first", "/id").keep("number", "/number").into(),
        send("POST /v1/tickets", once()).with("idempotency-key", "tour-1").keep("once", "/id").into(),
        send("POST /v1/tickets", once()).with("idempotency-key", "tour-1").into(),
        send("POST /v1/tickets", json!({"subject": "Other"})).with("idempotency-key", "tour-1").into(),
        send("POST /v1/tickets?dry_run=true", once()).into(),
        send("POST /v1/tickets", json!({"subject": 7, "status": "asleep"})).into(),
        send("POST /v1/tickets?silent=true", json!({"subject": "Silent"})).keep("silent", "/id").into(),
        send("POST /v1/tickets", json!({"subject": "Of Jane"}))
            .with("authorization", "Bearer {jane_key}")
            .keep("hers", "/id")
            .into(),
        send("POST /v1/tickets", json!({"subject": "Uid", "uid": "u-1"})).into(),
        call("GET /v1/tickets/{first}").into(),
        call("GET /v1/tickets/number/{number}").into(),
        call("GET /v1/tickets/not-an-id").into(),
        call("GET /v1/tickets").with("authorization", "Bearer nonsense").into(),
    ];
    steps.extend(many);
    steps.push(Step::Follow);
    steps
}

fn verbs() -> Vec<Step> {
    let put = json!({"subject": "Replaced", "priority": "low", "custom": {"f_order": "B-2"}});
    vec![
        send("PATCH /v1/tickets/{first}", json!({"subject": "Still locked out", "priority": "urgent"})).into(),
        send("PATCH /v1/tickets/{first}", json!({"summary": "Late"})).with("if-match", "\"1\"").into(),
        send("PATCH /v1/tickets/{first}", json!({"summary": "In time"})).with("if-match", "\"2\"").into(),
        send("PATCH /v1/tickets/{first}?dry_run=true", json!({"summary": "Tried"})).into(),
        send("PUT /v1/tickets/{silent}", put).into(),
        send("PUT /v1/tickets/{first}/status", json!({"status": "in_progress"})).into(),
        send("PUT /v1/tickets/{first}/status", json!({"status": "in_progress"})).into(),
        send("PUT /v1/tickets/{once}/status", json!({"status": "resolved"})).with("idempotency-key", "tour-2").into(),
        send("PUT /v1/tickets/{once}/status", json!({"status": "resolved"})).with("idempotency-key", "tour-2").into(),
        call("POST /v1/tickets/{once}/assign").with("authorization", "Bearer {jane_key}").into(),
        send("PUT /v1/tickets/{first}/assignee", json!({"assignee_id": null})).into(),
        send("PUT /v1/tickets/{first}/team", json!({"team_id": null})).into(),
        send("PUT /v1/tickets/{hers}/follow_up", json!({"follow_up_at": "2099-01-01T00:00:00Z"})).into(),
        send("PUT /v1/tickets/{hers}/follow_up", json!({"follow_up_at": null})).into(),
        send("PUT /v1/tickets/{first}/tags", json!({"tags": ["{vip}"]})).into(),
        send("POST /v1/tickets/{first}/tags", json!({"tags": ["{tag}"]})).into(),
        call("DELETE /v1/tickets/{first}/tags/{tag}").into(),
        call("POST /v1/tickets/{silent}/archive").into(),
        call("POST /v1/tickets/{first}/read").into(),
        call("POST /v1/tickets/{first}/unread").into(),
        call("DELETE /v1/tickets/{hers}").into(),
        call("GET /v1/tickets/{hers}").into(),
        call("POST /v1/tickets/{hers}/restore").into(),
        call("DELETE /v1/tags/{vip}").into(),
        call("DELETE /v1/categories/{category}?force=true").into(),
        Step::Follow,
        call("GET /v1/tickets/{first}").into(),
    ]
}

fn threads() -> Vec<Step> {
    let file = json!({"file_name": "report.pdf", "content_type": "application/pdf", "size": 1000});
    vec![
        send("POST /v1/tickets/{first}/messages", json!({"body_html": "<p>It is <b>late</b>.</p>"}))
            .keep("message", "/id")
            .into(),
        send("POST /v1/tickets/{first}/messages", json!({"kind": "note", "body_text": "Ask Otto."}))
            .keep("note", "/id")
            .into(),
        send("POST /v1/tickets/{once}/messages", json!({"kind": "inbound", "body_text": "Still broken."}))
            .with("authorization", "Bearer {relay_key}")
            .into(),
        send("POST /v1/tickets/{first}/messages", json!({"body_text": "Twice"}))
            .with("idempotency-key", "tour-3")
            .into(),
        send("POST /v1/tickets/{first}/messages", json!({"body_text": "Twice"}))
            .with("idempotency-key", "tour-3")
            .into(),
        send("POST /v1/tickets/{first}/messages", json!({"kind": "shout"})).into(),
        send("PATCH /v1/tickets/{first}/messages/{message}", json!({"body_text": "It is early."})).into(),
        call("GET /v1/tickets/{first}/messages/{message}").into(),
        call("DELETE /v1/tickets/{first}/messages/{note}").into(),
        Step::Pages("/v1/tickets/{first}/messages?limit=2"),
        send("POST /v1/tickets/{first}/attachments", file).into(),
        Step::Follow,
        Step::Pages("/v1/tickets/{first}/activities?limit=5"),
    ]
}

fn visitor() -> Vec<Step> {
    let body = json!({
        "subject": "Is it there?", "from": {"name": "Vera", "email": "vera@customer.example"},
        "message": {"body_text": "The lamp has not come."},
    });
    let session = "Bearer {session}";
    vec![
        send("POST /intake/{channel_token}/session", json!({})).on_page("").keep("session", "/session").into(),
        send("POST /intake/{channel_token}/session", json!({}))
            .with("origin", "https://elsewhere.example")
            .with("authorization", "")
            .into(),
        send("POST /intake/{channel_token}/tickets", body.clone())
            .on_page(session)
            .with("idempotency-key", "tour-4")
            .keep("public", "/public_token")
            .into(),
        send("POST /intake/{channel_token}/tickets", body).on_page(session).with("idempotency-key", "tour-4").into(),
        send("POST /intake/tickets/{public}/messages", json!({"body_text": "And the shade?"})).on_page("").into(),
        call("GET /intake/tickets/{public}").on_page("").into(),
        call("POST /intake/tickets/{public}/read").on_page("").into(),
        call("GET /intake/tickets/{public}/messages").on_page("").into(),
        call("GET /intake/tickets/nonsense").on_page("").into(),
        Step::Follow,
    ]
}

fn lists() -> Vec<Step> {
    const ORDERS: [&str; 12] = [
        "/v1/tickets?limit=3&sort=last_activity_at",
        "/v1/tickets?limit=3&sort=-last_activity_at",
        "/v1/tickets?limit=3&sort=created_at",
        "/v1/tickets?limit=3&sort=-created_at",
        "/v1/tickets?limit=3&sort=updated_at",
        "/v1/tickets?limit=3&sort=-updated_at",
        "/v1/tickets?limit=3&sort=priority&with_total=true",
        "/v1/tickets?limit=3&sort=-priority",
        "/v1/tickets?limit=3&sort=status&include=archived",
        "/v1/tickets?limit=3&sort=-status&include=archived",
        "/v1/tickets?limit=3&sort=number&is_archived=true",
        "/v1/tickets?limit=3&sort=-number",
    ];
    let more = [
        "GET /v1/tickets?status=open,in_progress&with_total=true",
        "GET /v1/tickets?assignee_id={jane}",
        "GET /v1/tickets?assignee_id=none&sort=number",
        "GET /v1/tickets?tag=billing",
        "GET /v1/tickets?channel_id={channel}&priority=urgent",
        "GET /v1/tickets?custom.f_order=A-1",
        "GET /v1/tickets?uid=u-1",
        "GET /v1/tickets?page=2&limit=4&with_total=true",
        "GET /v1/tickets?q=printer",
        "GET /v1/tickets?q=lam",
        "GET /v1/tickets?q=grace&sort=-number&with_total=true",
        "GET /v1/tickets?status=asleep",
        "GET /v1/tickets?contact_id={ada}",
    ];
    ORDERS.into_iter().map(Step::Pages).chain(more.into_iter().map(|line| call(line).into())).collect()
}

fn told() -> Vec<Step> {
    let range = json!({"since": "{since}", "until": "{until}"});
    vec![
        Step::Settle,
        call("GET /v1/events?limit=100&type=ticket.created")
            .keep("since", "/0/created_at")
            .keep("until", "/8/created_at")
            .into(),
        call("GET /v1/reports/tickets").into(),
        call("GET /v1/reports/days").into(),
        call("GET /v1/reports/times").into(),
        call("POST /v1/reports/recount").into(),
        Step::Sweep,
        call("GET /v1/sweeps").into(),
        call("GET /v1/webhooks/{webhook}/deliveries?limit=1").keep("delivery", "/0/id").into(),
        call("GET /v1/webhooks/{webhook}/deliveries/{delivery}").into(),
        call("POST /v1/webhooks/{webhook}/deliveries/{delivery}/retry").into(),
        send("POST /v1/webhooks/{webhook}/replay", range.clone()).into(),
        send("POST /v1/webhooks/{webhook}/replay", range).into(),
        Step::Follow,
        call("GET /openapi.json").with("authorization", "").into(),
    ]
}

fn erased() -> Vec<Step> {
    vec![
        send("POST /v1/contacts/{ada}/merge", json!({"from": "{double}"})).into(),
        call("GET /v1/contacts/{double}").into(),
        call("GET /v1/contacts/{ada}/export").into(),
        call("POST /v1/contacts/{ada}/erase").into(),
        Step::Follow,
        Step::Sweep,
        call("GET /v1/contacts/{ada}").into(),
        call("GET /v1/contacts/{ada}/receipts").into(),
        call("GET /v1/tickets/{first}").into(),
        call("GET /v1/tickets?q=printer").into(),
        send("PATCH /v1/workspace", json!({"deletion": "off"})).into(),
        call("DELETE /v1/tickets/{once}").into(),
        Step::Follow,
        call("POST /v1/tickets/{once}/restore").into(),
        call("DELETE /v1/api-keys/{key}").into(),
        call("GET /v1/tickets/01890a5d-ac96-774b-bcce-b302099a8057").into(),
    ]
}
