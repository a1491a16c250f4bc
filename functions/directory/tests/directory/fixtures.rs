//! The callers of the directory: an owner, the operator, and users with a key.

use lambdesk_directory::{OperatorToken, routes};
use lambdesk_domain::time::Timestamp;
use lambdesk_testkit::{Client, Desk};
use serde_json::{Value, json};

/// Of requests whose body is sent as it is.
pub const JSON: (&str, &str) = ("content-type", "application/json");
pub const OPERATOR: &str = "operator-token-of-the-tests";
/// 2027-01-15T08:00:00Z: the use of keys is told by the hour.
const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// An empty workspace.
pub async fn open() -> Desk {
    Desk::open_at(NOW).await
}

/// The owner of the workspace.
pub fn owner(desk: &Desk) -> Client {
    desk.client(routes(OperatorToken::of(Some(&OPERATOR.into()))))
}

/// The operator of the installation.
pub fn operator(desk: &Desk) -> Client {
    owner(desk).with_key(OPERATOR)
}

/// A user with this role, and as a caller with a key of theirs with these scopes.
pub async fn user(owner: &Client, role: &str, scopes: Value) -> (String, Client) {
    let user = json!({"name": role, "email": format!("{role}@acme.example"), "role": role});
    let user = owner.make("/v1/users", user).await;
    let key = json!({"name": role, "kind": "user", "user_id": user, "scopes": scopes});
    let made = owner.post("/v1/api-keys", key).await;
    assert_eq!(made.status, 201, "{}", made.text);
    (user, owner.with_key(&made.member("key")))
}
