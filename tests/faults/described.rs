//! F9: what the description says of scopes and roles is what holds.

use lambdesk_tests::{Api, Desk, Json, json};
use reqwest::Method;

const SCOPES: [&str; 7] =
    ["tickets:read", "tickets:write", "contacts:read", "contacts:write", "webhooks:read", "webhooks:write", "admin"];

/// An operation that is called by key.
struct Operation {
    method: Method,
    path: String,
    has_body: bool,
    scopes: Vec<String>,
    alternative: Option<String>,
    roles: Vec<String>,
    description: String,
}

async fn operations(desk: &Desk) -> Vec<Operation> {
    let document = desk.nobody().get("/openapi.json").await.body;
    let words = |value: &Json| -> Vec<String> { serde_json::from_value(value.clone()).unwrap_or_default() };
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, told) in
            methods.as_object().unwrap().iter().filter(|(_, told)| told["security"][0]["key"].is_array())
        {
            let filled = path.split('/').map(|part| match part {
                "{number}" => "1",
                "{tag}" => "vip",
                part if part.starts_with('{') => "01890a5d-ac96-774b-bcce-b302099a8057",
                part => part,
            });
            operations.push(Operation {
                method: method.to_uppercase().parse().unwrap(),
                path: filled.collect::<Vec<_>>().join("/"),
                has_body: told["requestBody"].is_object(),
                scopes: told["x-required-scope"]
                    .as_str()
                    .unwrap_or_else(|| panic!("{method} {path} names no scope"))
                    .split(' ')
                    .map(str::to_owned)
                    .collect(),
                alternative: told["x-alternative-scope"].as_str().map(str::to_owned),
                roles: words(&told["x-required-roles"]),
                description: told["description"].as_str().unwrap_or_default().to_owned(),
            });
        }
    }
    assert!(operations.len() > 80, "{}", operations.len());
    operations
}

impl Operation {
    /// Whether it is refused, and by which rule.
    async fn refusal(&self, api: &Api) -> Option<String> {
        let body = self.has_body.then(|| json!({}));
        let reply = api.send(self.method.clone(), &self.path, body).await;
        (reply.status == 403).then(|| reply.body["code"].as_str().unwrap().to_owned())
    }

    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

#[tokio::test]
async fn f9_each_operation_names_the_scopes_and_roles_that_it_needs() {
    let desk = Desk::start().await;
    let operations = operations(&desk).await;
    for scope in SCOPES {
        let others: Vec<_> = SCOPES.into_iter().filter(|other| *other != scope).collect();
        let without = desk.machine(&others).await;
        for operation in &operations {
            let is_missing = operation.refusal(&without).await.as_deref() == Some("missing_scope");
            let is_needed = operation.scopes.iter().any(|needed| needed == scope);
            // Whoever lacks this scope has the one that does instead, if there is one.
            let is_missed = is_needed && operation.alternative.is_none();
            assert_eq!(is_missing, is_missed, "{} without {scope}", operation.name());
            let is_told = is_needed || operation.alternative.as_deref() == Some(scope);
            assert_eq!(operation.description.contains(&format!("`{scope}`")), is_told, "{}", operation.name());
        }
    }

    let mut wrong = Vec::new();
    let channel = desk.channel().await;
    let mut callers = Vec::new();
    for role in ["owner", "admin", "agent", "restricted"] {
        let user = json!({"name": role, "email": format!("{role}@roles.example"), "role": role, "timezone": "UTC"});
        let user = desk.owner.post("/v1/users", user).await.created();
        callers.push((role, json!({"kind": "user", "user_id": user["id"]})));
    }
    callers.push(("machine", json!({"kind": "machine"})));
    callers.push(("channel", json!({"kind": "channel", "channel_id": channel["id"]})));
    for (role, mut key) in callers {
        key["name"] = json!(role);
        // All scopes that such a key may have.
        let scopes = match role {
            "channel" => &SCOPES[..2],
            "agent" | "restricted" => &SCOPES[..5],
            _ => &SCOPES[..],
        };
        key["scopes"] = json!(scopes);
        let api = desk.with_key(&desk.key(key).await);
        for operation in &operations {
            let is_let_in = operation.roles.iter().any(|known| known == role);
            let refusal = operation.refusal(&api).await;
            if refusal.is_none() != is_let_in {
                wrong.push(format!("{} for {role}: {refusal:?}", operation.name()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
