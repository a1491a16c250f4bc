//! Definitions of custom fields.

use crate::{
    filter::ListFilter,
    kind::{Kind, kept_as},
    uses::{Freed, freed_with},
};
use lambdesk_api::{
    auth::Session,
    body::{Checker, Input, Unknown},
    query::QueryParameters,
};
use lambdesk_domain::{
    cascade::RemovedValue,
    custom_field::{FieldDefinition, FieldKind},
    directory::{Directory, Entry},
    id::FieldId,
    text::{FieldKey, Name},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use uuid::Uuid;

/// The most options of one field.
const MOST_OPTIONS: usize = 100;

/// The fields of a custom field.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "CustomFieldFields")]
pub struct FieldBody {
    /// How tickets name it, under `custom`; unique. Fixed once it is made.
    key: Input<FieldKey>,
    /// How people name it.
    name: Input<Name>,
    /// What its values are. Fixed once it is made.
    kind: Input<FieldKind>,
    /// New tickets must have a value; false when left out.
    is_required: Input<bool>,
    /// What can be chosen, in order: 1 to 100 for `choice` and `choices`, none for others.
    options: Input<Vec<Input<Name>>>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// A field that the workspace has added to its tickets.
#[derive(Serialize, schemars::JsonSchema)]
#[schemars(rename = "CustomField")]
pub struct FieldView {
    id: FieldId,
    key: FieldKey,
    name: Name,
    kind: FieldKind,
    is_required: bool,
    options: Vec<Name>,
}

impl Kind for FieldDefinition {
    const PATH: &'static str = "/v1/custom-fields";
    const ITEM_PATH: &'static str = "/v1/custom-fields/{field_id}";
    /// Their values are part of every ticket.
    const MOST: usize = 50;
    type Body = FieldBody;

    kept_as!(Field(FieldId), fields.iter());

    fn view(self, _: &Session) -> impl Serialize {
        let Self { id, key, name, kind, is_required, options } = self;
        FieldView { id, key, name, kind, is_required, options }
    }

    fn filter(query: &mut QueryParameters) -> ListFilter<Self> {
        ListFilter::new()
            .any(query, "kind", FieldKind::parse, |field: &Self| Some(field.kind))
            .flag(query, "is_required", |field| field.is_required)
            .named(query, "key", |field| field.key.to_string())
            .named(query, "name", |field| field.name.to_string())
    }

    /// With an option its value goes, with the definition all of them.
    fn freed(before: &Self, after: Option<&Self>) -> Option<Freed> {
        let Some(after) = after else {
            return Some(freed_with(&before.clone().entry()));
        };
        let gone = before.options.iter().filter(|option| !after.options.contains(option));
        let removed: Vec<_> = gone.map(|option| RemovedValue::Option(before.key.clone(), option.clone())).collect();
        (!removed.is_empty()).then(|| Freed { removed, ..Freed::default() })
    }

    fn create(body: FieldBody, id: Uuid, _: Timestamp, check: &mut Checker) -> Option<Self> {
        let key = check.required("/key", body.key);
        let name = check.required("/name", body.name);
        let kind = check.required("/kind", body.kind);
        let is_required = check.present("/is_required", body.is_required).unwrap_or(false);
        let is_absent = body.options.is_absent();
        let given = check.list("/options", body.options, MOST_OPTIONS);
        let given = if is_absent { Some(Vec::new()) } else { given };
        let options = kind.zip(given).map(|(kind, given)| options(kind, given, check));
        check.unknown("", body.unknown);
        Some(Self { id: FieldId::new(id), key: key?, name: name?, kind: kind?, is_required, options: options? })
    }

    fn patch(self, body: FieldBody, check: &mut Checker) -> Self {
        immutable("/key", &body.key, check);
        immutable("/kind", &body.kind, check);
        let name = check.present("/name", body.name).unwrap_or(self.name);
        let is_required = check.present("/is_required", body.is_required).unwrap_or(self.is_required);
        let given = check.list("/options", body.options, MOST_OPTIONS);
        let options = given.map_or(self.options, |given| options(self.kind, given, check));
        check.unknown("", body.unknown);
        Self { name, is_required, options, ..self }
    }
}

/// A member that is fixed once the thing is made.
pub fn immutable<T>(pointer: &str, input: &Input<T>, check: &mut Checker) {
    if !input.is_absent() {
        check.error(pointer, "immutable", "can't be changed");
    }
}

/// Options in the order given: some for fields with a choice, none for the others.
fn options(kind: FieldKind, given: Vec<Name>, check: &mut Checker) -> Vec<Name> {
    let has_choice = matches!(kind, FieldKind::Choice | FieldKind::Choices);
    match (has_choice, given.is_empty()) {
        (true, true) => check.error("/options", "required", "a choice needs options"),
        (false, false) => {
            check.error("/options", "not_applicable", "only fields of the kinds choice and choices have options");
        }
        _ => {}
    }
    let mut known = BTreeSet::new();
    for (index, option) in given.iter().enumerate() {
        if !known.insert(option.as_str()) {
            check.error(&format!("/options/{index}"), "repeated", "is there already");
        }
    }
    given
}
