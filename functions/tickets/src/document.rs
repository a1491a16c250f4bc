//! The editable document of a ticket: what JSON Patch operations see and change.
//!
//! It has the members that PUT takes, all of them, null where there is nothing;
//! `requester` and `custom` hold only what is there. Tags that have been deleted
//! from the workspace are not in it.

use crate::fields::FieldsBody;
use lambdesk_api::problem::Problem;
use lambdesk_domain::{directory::Directory, set::Set, ticket::Ticket};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

/// The document of a ticket.
pub fn of(ticket: &Ticket, directory: &Directory) -> Map<String, Json> {
    let tags: Vec<_> = ticket.tags.iter().filter(|tag| directory.tags.contains_key(tag)).collect();
    let mut document = Map::from_iter([
        ("status".to_owned(), json!(ticket.status)),
        ("tags".to_owned(), json!(tags)),
        ("custom".to_owned(), json!({})),
    ]);
    for set in Set::all(ticket) {
        let member = document.entry(set.name()).or_insert_with(|| json!({}));
        match (set.part(), member, set.value()) {
            (None, member, value) => *member = value,
            (Some(part), Json::Object(parts), value) if !value.is_null() => drop(parts.insert(part.to_owned(), value)),
            (Some(_), ..) => {}
        }
    }
    document
}

impl TryFrom<Map<String, Json>> for FieldsBody {
    type Error = Problem;

    fn try_from(members: Map<String, Json>) -> Result<Self, Problem> {
        // Every member is an `Input`, which any value reads as.
        Self::deserialize(Json::Object(members)).map_err(|_| Problem::internal())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambdesk_api::body::Checker;
    use lambdesk_domain::{access::Cause, testing::samples::new_ticket, time::Timestamp};

    const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    #[test]
    fn patch_and_put_take_every_plain_field_under_its_name() {
        let new = new_ticket(ID.parse().expect("an id"), ID.parse().expect("an id"));
        for set in Set::all(&Ticket::new(new, None, Cause::SYSTEM, Timestamp::EPOCH)) {
            let body = FieldsBody::deserialize(json!({ set.name(): null })).expect("an object");
            let mut checker = Checker::default();
            checker.unknown("", body.unknown);
            assert!(checker.is_clean(), "FieldsBody has no {}", set.name());
        }
    }
}
