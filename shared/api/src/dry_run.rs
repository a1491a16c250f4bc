//! `?dry_run=true`: what would follow, and nothing does.

use crate::idempotency::Answer;
use axum::response::{IntoResponse, Response};
use lambdesk_domain::{
    events::{Event, FieldChange},
    id::Version,
};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The answer to a dry run.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct DryRun {
    /// The events that would be told.
    pub events: Vec<Event>,
    /// What would change; of something new, every field that is not null.
    pub changes: Vec<FieldChange>,
}

impl DryRun {
    /// Of a write to tickets: what the events tell of them.
    #[must_use]
    pub fn of(events: Vec<Event>) -> Self {
        let changes = events.iter().flat_map(changes_of).collect();
        Self { events, changes }
    }

    /// As [`DryRun::of`], answered.
    #[must_use]
    pub fn answer(events: Vec<Event>) -> Response {
        Self::of(events).into_response()
    }

    /// Of a write that no event tells of: what differs between the thing as it is
    /// answered before and after. `&()` stands for a thing that isn't there.
    #[must_use]
    pub fn between(before: &impl Serialize, after: &impl Serialize) -> Response {
        Self::told(Vec::new(), before, after)
    }

    /// Of a write whose events tell less than the caller may know: as
    /// [`DryRun::between`], with the events.
    #[must_use]
    pub fn told(events: Vec<Event>, before: &impl Serialize, after: &impl Serialize) -> Response {
        Self { events, changes: difference(before, after) }.into_response()
    }
}

impl IntoResponse for DryRun {
    fn into_response(self) -> Response {
        Answer::ok(&self).into_response()
    }
}

/// The event of a first version has no changes of its own: all of it is new. Of the
/// contact that comes with a ticket only its event is told.
fn changes_of(event: &Event) -> Vec<FieldChange> {
    match event {
        Event::Ticket(event) if event.sequence == Version::FIRST => difference(&(), &event.data.ticket),
        Event::Ticket(event) => event.changes.clone(),
        Event::Contact(_) => Vec::new(),
    }
}

fn difference(before: &impl Serialize, after: &impl Serialize) -> Vec<FieldChange> {
    let (mut before, mut after) = (members(before), members(after));
    let names: BTreeSet<String> = before.keys().chain(after.keys()).cloned().collect();
    let changes = names.into_iter().map(|field| {
        let from = before.remove(&field).unwrap_or_default();
        let to = after.remove(&field).unwrap_or_default();
        FieldChange { field, from, to, is_redacted: false }
    });
    changes.filter(|change| change.from != change.to).collect()
}

fn members(thing: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(thing) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_differs_is_a_change_and_absent_is_null() {
        let before = json!({"name": "a", "color": "#ffffff", "same": [1]});
        let after = json!({"name": "b", "same": [1], "new": 1, "empty": null});
        let changes = serde_json::to_value(difference(&before, &after)).expect("JSON");
        let expected = json!([
            {"field": "color", "from": "#ffffff", "to": null},
            {"field": "name", "from": "a", "to": "b"},
            {"field": "new", "from": null, "to": 1},
        ]);
        assert_eq!(changes, expected);
        assert_eq!(difference(&(), &json!({"name": "a"})).len(), 1);
        assert_eq!(difference(&json!({"name": "a"}), &()).len(), 1);
    }
}
