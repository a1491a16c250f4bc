//! Sizes of items as AWS counts them (developer guide, "Item sizes and formats" and "Size
//! of a global secondary index"), from items in `DynamoDB`'s JSON. Pure.

use crate::{Json, json};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Map;

/// What every item, and every entry of an index, is stored with beside its attributes.
const OVERHEAD: usize = 100;
/// The keys of each index; whether its entries hold the whole item.
const INDEXES: [([&str; 2], bool); 4] =
    [(["l_pk", "l_sk"], true), (["a_pk", "a_sk"], true), (["o_pk", "o_sk"], false), (["x_pk", "x_sk"], false)];

/// The bytes of an item's attributes.
pub fn size(item: &Json) -> usize {
    item.as_object().unwrap().iter().map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(value: &Json) -> usize {
    let (kind, value) = value.as_object().and_then(|value| value.iter().next()).expect("a typed value");
    let sum = |size: fn(&Json) -> usize| value.as_array().unwrap().iter().map(size).sum::<usize>();
    match kind.as_str() {
        "S" => text(value),
        "N" => digits(value),
        "B" => STANDARD.decode(value.as_str().unwrap()).unwrap().len(),
        "SS" => sum(text),
        "NS" => sum(digits),
        "L" => 3 + sum(|value| 1 + value_size(value)),
        "M" => {
            3 + value.as_object().unwrap().iter().map(|(name, value)| 1 + name.len() + value_size(value)).sum::<usize>()
        }
        "BOOL" | "NULL" => 1,
        other => panic!("what is {other}?"),
    }
}

fn text(value: &Json) -> usize {
    value.as_str().unwrap().len()
}

/// A byte for two significant digits, and one more.
fn digits(value: &Json) -> usize {
    value.as_str().unwrap().trim_end_matches('0').len().div_ceil(2) + 1
}

/// The bytes that an item and its index entries are stored with.
pub fn stored(item: &Json) -> usize {
    let attribute = |name: &&str| item.get(*name).map_or(0, |value| name.len() + value_size(value));
    let entries = INDEXES.iter().filter(|(keys, _)| keys.iter().all(|key| item.get(*key).is_some()));
    let entries = entries.map(|(keys, is_whole)| {
        let bytes = if *is_whole { size(item) } else { ["pk", "sk"].iter().chain(keys).map(attribute).sum() };
        OVERHEAD + bytes
    });
    OVERHEAD + size(item) + entries.sum::<usize>()
}

/// The item that a write would leave; none for a deletion or a check.
pub fn written(write: &Json, old: Option<&Json>) -> Option<Json> {
    if write["Item"].is_object() {
        return Some(write["Item"].clone());
    }
    let expression = write["UpdateExpression"].as_str()?;
    let mut item = old.unwrap_or(&write["Key"]).as_object().unwrap().clone();
    for (clause, actions) in clauses(expression) {
        for action in split(actions) {
            apply(clause, action, write, &mut item);
        }
    }
    Some(Json::Object(item))
}

/// The clauses of an update expression with what follows each keyword.
fn clauses(expression: &str) -> Vec<(&str, &str)> {
    const KEYWORDS: [&str; 4] = ["SET ", "REMOVE ", "ADD ", "DELETE "];
    let mut starts: Vec<_> =
        KEYWORDS.iter().filter_map(|keyword| Some((expression.find(keyword)?, keyword.len()))).collect();
    starts.sort_unstable();
    let ends = starts.iter().skip(1).map(|(start, _)| *start).chain([expression.len()]);
    let clause = |((start, length), end): (&(usize, usize), usize)| {
        (expression[*start..start + length].trim(), &expression[start + length..end])
    };
    starts.iter().zip(ends).map(clause).collect()
}

/// At the commas that are in no brackets.
fn split(actions: &str) -> Vec<&str> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, letter) in actions.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth == 0 => {
                found.push(actions[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(actions[start..].trim());
    found
}

/// One action on an item. Where the new value is computed from the old one it is taken to
/// be as long as both together.
fn apply(clause: &str, action: &str, write: &Json, item: &mut Map<String, Json>) {
    let (target, value) = action.split_once([' ', '=']).unwrap_or((action, ""));
    let name = write["ExpressionAttributeNames"][target.trim()].as_str().unwrap_or(target.trim());
    let named = value.split(|letter: char| !(letter.is_alphanumeric() || letter == ':' || letter == '_'));
    let named: Vec<_> = named.filter(|word| word.starts_with(':')).collect();
    let value = |placeholder: &&str| write["ExpressionAttributeValues"][*placeholder].clone();
    match (clause, named.as_slice()) {
        ("REMOVE", _) => drop(item.remove(name)),
        ("SET", [one]) if !action.contains('(') && !action.contains('+') => {
            drop(item.insert(name.to_owned(), value(one)));
        }
        (_, named) => {
            let parts: Vec<_> = item.get(name).cloned().into_iter().chain(named.iter().map(value)).collect();
            item.insert(name.to_owned(), json!({ "L": parts }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_has_the_bytes_of_its_names_and_values() {
        let item = json!({
            "pk": {"S": "abc"}, "n": {"N": "1200"}, "b": {"B": "AAAA"}, "yes": {"BOOL": true},
            "l": {"L": [{"S": "xy"}]}, "m": {"M": {"k": {"S": "v"}}}, "s": {"SS": ["a", "bc"]},
        });
        assert_eq!(size(&item), 5 + 3 + 4 + 4 + (1 + 3 + 3) + (1 + 3 + 3) + 4);
        let keyed =
            json!({"pk": {"S": "p"}, "sk": {"S": "s"}, "x_pk": {"S": "x"}, "x_sk": {"S": "y"}, "doc": {"S": "long"}});
        assert_eq!(stored(&keyed), (100 + 3 + 3 + 5 + 5 + 7) + (100 + 3 + 3 + 5 + 5));
    }

    #[test]
    fn an_update_sets_removes_and_adds() {
        let write = json!({
            "Key": {"pk": {"S": "p"}}, "UpdateExpression": "SET a = :a, #b = if_not_exists(b, :b), c = c + :c REMOVE d",
            "ExpressionAttributeNames": {"#b": "b"},
            "ExpressionAttributeValues": {":a": {"S": "new"}, ":b": {"S": "first"}, ":c": {"N": "1"}},
        });
        let old = json!({"pk": {"S": "p"}, "a": {"S": "older"}, "d": {"S": "gone"}});
        let new = written(&write, Some(&old)).unwrap();
        assert_eq!((&new["a"], new.get("d")), (&json!({"S": "new"}), None));
        assert_eq!((&new["b"], &new["c"]), (&json!({"L": [{"S": "first"}]}), &json!({"L": [{"N": "1"}]})));
        assert_eq!(written(&json!({"Key": {}}), Some(&old)), None);
    }
}
