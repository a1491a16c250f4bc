//! Conditions of a filter expression, by which the table leaves out ticket items after it
//! has read them: they cost all the same.

use lambdesk_domain::time::Timestamp;
use lambdesk_table::{
    Expression, Value,
    item::{number, time},
};

/// Something has one of these values, of which there is at least one. `DynamoDB` takes up
/// to 100 operands of IN; the edge allows fewer values.
pub fn any(path: &str, values: impl Iterator<Item = Value>, into: &mut Expression) -> String {
    let values: Vec<_> = values.map(|value| into.value(value)).collect();
    format!("{path} IN ({})", values.join(", "))
}

/// The same, where `None` stands for nothing.
pub fn any_or_none(path: &str, values: impl Iterator<Item = Option<Value>> + Clone, into: &mut Expression) -> String {
    let or_none = values.clone().any(|value| value.is_none());
    let mut some = values.flatten().peekable();
    match (some.peek().is_some(), or_none) {
        (true, false) => any(path, some, into),
        (true, true) => format!("({} OR attribute_not_exists({path}))", any(path, some, into)),
        (false, _) => format!("attribute_not_exists({path})"),
    }
}

/// A set or a list has one of these values.
pub fn contains_any(path: &str, values: impl Iterator<Item = Value>, into: &mut Expression) -> String {
    let parts: Vec<_> = values.map(|value| format!("contains({path}, {})", into.value(value))).collect();
    format!("({})", parts.join(" OR "))
}

/// A flag is so.
pub fn flag(name: &str, wanted: bool, into: &mut Expression) -> String {
    format!("{} = {}", into.name(name), into.value(Value::Bool(wanted)))
}

/// A time that every ticket has is from one point to right before another.
pub fn period(name: &str, from: Option<Timestamp>, until: Option<Timestamp>, into: &mut Expression) -> String {
    let from = from.map(|from| format!("{} >= {}", into.name(name), into.value(time(from))));
    let until = until.map(|until| format!("{} < {}", into.name(name), into.value(time(until))));
    let parts: Vec<_> = from.into_iter().chain(until).collect();
    if parts.is_empty() { format!("attribute_exists({})", into.name(name)) } else { parts.join(" AND ") }
}

/// A time that not every ticket has is not to come.
pub fn not_after(name: &str, now: Timestamp, into: &mut Expression) -> String {
    let (name, now) = (into.name(name), into.value(number(now.millis())));
    format!("(attribute_not_exists({name}) OR {name} <= {now})")
}
