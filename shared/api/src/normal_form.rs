//! The normal form of a list's query: one text for all that selects and sorts its rows,
//! however they were asked for. Cursors are bound to a hash of it.
//!
//! It is JSON without spaces, in which neither the order of members nor that of values
//! counts: an object's members are sorted by their names, an array is the set of its
//! values, sorted by their own normal forms, each once. What makes no difference to the
//! rows (the page's size, a cursor) is left out by whoever makes the query's JSON. A change
//! of this form, or of what a list puts into it, ends the cursors that are under way.

use serde_json::Value as Json;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// A query in its normal form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NormalForm(String);

/// 128 bits of the SHA-256 of a query's normal form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryHash([u8; 16]);

impl NormalForm {
    /// Of a query as JSON, in which an array's order means nothing.
    #[must_use]
    pub fn of(query: &Json) -> Self {
        Self(normal(query))
    }

    /// What cursors are bound to.
    #[must_use]
    pub fn hash(&self) -> QueryHash {
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(Sha256::digest(&self.0)).for_each(|(byte, hashed)| *byte = hashed);
        QueryHash(bytes)
    }
}

impl QueryHash {
    pub(crate) const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

fn normal(value: &Json) -> String {
    match value {
        Json::Array(values) => {
            let values: BTreeSet<_> = values.iter().map(normal).collect();
            format!("[{}]", values.into_iter().collect::<Vec<_>>().join(","))
        }
        Json::Object(members) => {
            let sorted: BTreeMap<_, _> = members.iter().collect();
            let members =
                sorted.into_iter().map(|(name, value)| format!("{}:{}", Json::from(name.as_str()), normal(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
        scalar => scalar.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::{collection, prelude::*};
    use serde_json::json;

    fn form(query: &Json) -> String {
        NormalForm::of(query).0
    }

    proptest! {
        #[test]
        fn the_order_of_values_and_how_often_they_are_named_make_no_difference(
            values in collection::vec("[a-c\",]{0,3}", 0..6), at in any::<prop::sample::Index>(),
        ) {
            let mut others = values.clone();
            others.reverse();
            if !values.is_empty() {
                others.push(at.get(&values).clone());
            }
            prop_assert_eq!(form(&json!({ "tag": values })), form(&json!({ "tag": others })));
        }

        #[test]
        fn other_values_are_another_query(
            a in collection::btree_set("[a-c\",:]{0,3}", 0..4), b in collection::btree_set("[a-c\",:]{0,3}", 0..4),
        ) {
            let of = |values: &BTreeSet<String>| NormalForm::of(&json!({ "tag": values })).hash();
            prop_assert_eq!(of(&a) == of(&b), a == b);
        }
    }

    #[test]
    fn it_is_what_its_description_says() {
        let query =
            json!({ "sort": "-number", "filters": [{ "tag": ["b", "a", "b"] }, { "read": true }], "none": null });
        assert_eq!(form(&query), r#"{"filters":[{"read":true},{"tag":["a","b"]}],"none":null,"sort":"-number"}"#);
    }

    #[test]
    fn a_text_is_no_number_and_one_value_is_not_two() {
        let different = [json!([1, 2]), json!(["1", 2]), json!(["1,2"]), json!([[1], [2]]), json!({ "1": 2 })];
        let forms: BTreeSet<_> = different.iter().map(form).collect();
        assert_eq!(forms.len(), different.len());
    }
}
