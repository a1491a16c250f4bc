//! The editable document of a ticket: what JSON Patch operations see and change.
//!
//! It has the members that PUT takes, all of them, null where there is nothing;
//! `requester` and `custom` hold only what is there. Tags that have been deleted
//! from the workspace are not in it.

use crate::fields::FieldsBody;
use lambdesk_api::problem::Problem;
use lambdesk_domain::{directory::Directory, ticket::Ticket};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

/// The document of a ticket.
pub fn of(ticket: &Ticket, directory: &Directory) -> Map<String, Json> {
    let tags: Vec<_> = ticket.tags.iter().filter(|tag| directory.tags.contains_key(tag)).collect();
    let document = json!({
        "subject": ticket.subject,
        "status": ticket.status,
        "priority": ticket.priority,
        "category_id": ticket.category,
        "team_id": ticket.team,
        "assignee_id": ticket.assignee,
        "contact_id": ticket.contact.as_ref().map(|contact| contact.id),
        "account_id": ticket.account,
        "requester": ticket.requester,
        "tags": tags,
        "custom": ticket.custom,
        "uid": ticket.uid,
        "summary": ticket.summary,
        "follow_up_at": ticket.follow_up_at,
        "is_read_by_customer": ticket.is_read_by_customer,
        "is_read_by_organization": ticket.is_read_by_organization,
    });
    match document {
        Json::Object(document) => document,
        _ => Map::new(),
    }
}

impl TryFrom<Map<String, Json>> for FieldsBody {
    type Error = Problem;

    fn try_from(members: Map<String, Json>) -> Result<Self, Problem> {
        // Every member is an `Input`, which any value reads as.
        Self::deserialize(Json::Object(members)).map_err(|_| Problem::internal())
    }
}
