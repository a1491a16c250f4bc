//! Callers of the function, what tickets refer to, and the requests that most tests make.

use lambdesk_domain::{
    access::Cause,
    contact::{Account, Contact},
    custom_field::{FieldDefinition, FieldKind},
    directory::{Category, Entry, Tag, Team},
    id::{AccountId, CategoryId, ContactId, FieldId, TagId, TeamId, TicketId, Version},
};
use lambdesk_store_contacts::contact_id;
use lambdesk_testkit::{Client, ClientAnswer, Desk};
use serde_json::{Value as Json, json};

pub const TICKETS: &str = "/v1/tickets";
/// With which a desk derives the ids of contacts.
const SALT: &str = "salt";
pub const JSON_PATCH: &str = "application/json-patch+json";

/// The owner of the workspace.
pub fn owner(desk: &Desk) -> Client {
    desk.client(lambdesk_tickets::routes())
}

/// Somebody with this key.
pub fn caller(desk: &Desk, key: &str) -> Client {
    owner(desk).with_key(key)
}

/// Opens a ticket, and answers its path.
pub async fn open(caller: &Client, body: Json) -> String {
    path_of(&caller.post(TICKETS, body).await.created())
}

pub fn path_of(ticket: &Json) -> String {
    format!("{TICKETS}/{}", ticket["id"].as_str().unwrap())
}

pub fn id_of(path: &str) -> TicketId {
    path.rsplit('/').next().unwrap().parse().unwrap()
}

/// A POST without a body.
pub async fn verb(caller: &Client, path: &str) -> ClientAnswer {
    caller.send("POST", path, &[], "").await
}

/// Operations of JSON Patch.
pub async fn operate(caller: &Client, path: &str, operations: &Json) -> ClientAnswer {
    caller.send("PATCH", path, &[("content-type", JSON_PATCH)], operations.to_string()).await
}

/// The subjects of a list's page, in its order.
pub fn subjects(list: &ClientAnswer) -> Vec<String> {
    assert_eq!(list.status, 200, "{}", list.text);
    let tickets = list.data();
    let subject = |ticket: &Json| ticket["subject"].as_str().unwrap().to_owned();
    tickets.as_array().unwrap().iter().map(subject).collect()
}

pub async fn tag(desk: &Desk, name: &str) -> TagId {
    let id = TagId::new(desk.clock.new_uuid());
    desk.add(&Entry::Tag(Tag { id, name: name.parse().unwrap(), color: None })).await;
    id
}

pub async fn team(desk: &Desk, name: &str) -> TeamId {
    let id = TeamId::new(desk.clock.new_uuid());
    desk.add(&Entry::Team(Team { id, name: name.parse().unwrap() })).await;
    id
}

pub async fn category(desk: &Desk, name: &str) -> CategoryId {
    let id = CategoryId::new(desk.clock.new_uuid());
    desk.add(&Entry::Category(Category { id, name: name.parse().unwrap() })).await;
    id
}

/// A custom field; with options a choice of one.
pub async fn field(desk: &Desk, key: &str, is_required: bool, options: &[&str]) {
    let kind = if options.is_empty() { FieldKind::Text } else { FieldKind::Choice };
    let options = options.iter().map(|name| name.parse().unwrap()).collect();
    let (key, name) = (key.parse().unwrap(), key.parse().unwrap());
    let id = FieldId::new(desk.clock.new_uuid());
    desk.add(&Entry::Field(FieldDefinition { id, key, name, kind, is_required, options })).await;
}

/// A contact with this address.
pub async fn contact(desk: &Desk, email: &str) -> ContactId {
    let (name, email) = ("Grace".parse().unwrap(), email.parse().unwrap());
    let id = contact_id(SALT, &email);
    let contact = Contact::new(id, Cause::SYSTEM, desk.now());
    desk.add_contact(&Contact { name: Some(name), email: Some(email), ..contact }).await;
    id
}

/// A project of a contact's, or of nobody's.
pub async fn account(desk: &Desk, contact_id: Option<ContactId>) -> AccountId {
    let account = Account {
        id: AccountId::new(desk.clock.new_uuid()),
        version: Version::FIRST,
        kind: "project".parse().unwrap(),
        name: Some("Website".parse().unwrap()),
        external_id: None,
        status: None,
        current_balance_cents: None,
        currency: None,
        contact_id,
        created_at: desk.now(),
        updated_at: desk.now(),
    };
    assert!(desk.store.contacts.add_account(desk.workspace, &account, None, desk.now()).await.unwrap());
    account.id
}

/// Every write on a ticket: method, path below it, and a body that changes it where the
/// tag `vip` is in the directory.
pub fn writes() -> Vec<(&'static str, &'static str, Option<Json>)> {
    vec![
        ("PATCH", "", Some(json!({"subject": "T"}))),
        ("PUT", "", Some(json!({"subject": "T"}))),
        ("PUT", "/status", Some(json!({"status": "closed"}))),
        ("PUT", "/assignee", Some(json!({"assignee_id": null}))),
        ("POST", "/assign", None),
        ("PUT", "/team", Some(json!({"team_id": null}))),
        ("PUT", "/tags", Some(json!({"tags": ["vip"]}))),
        ("POST", "/tags", Some(json!({"tags": ["vip"]}))),
        ("DELETE", "/tags/01890a5d-ac96-774b-bcce-b302099a8057", None),
        ("PUT", "/follow_up", Some(json!({"follow_up_at": "2031-01-01T00:00:00Z"}))),
        ("POST", "/read", None),
        ("POST", "/unread", None),
        ("POST", "/archive", None),
        ("POST", "/restore", None),
        ("DELETE", "", None),
    ]
}

/// One of [`writes`].
pub async fn send(caller: &Client, (method, below, body): &(&str, &str, Option<Json>), ticket: &str) -> ClientAnswer {
    let path = format!("{ticket}{below}");
    match body {
        Some(body) => caller.send_json(method, &path, body).await,
        None => caller.send(method, &path, &[], "").await,
    }
}
