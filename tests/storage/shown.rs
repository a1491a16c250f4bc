//! A value of the table as text.

use lambdesk_table::Value;

/// A value as one text, in the same order each time.
pub fn shown(value: &Value) -> String {
    match value {
        Value::S(text) => text.clone(),
        Value::N(digits) => digits.clone(),
        Value::Bool(flag) => flag.to_string(),
        Value::B(bytes) => bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat(),
        Value::L(values) => format!("[{}]", values.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Value::Ss(set) => {
            let mut set = set.clone();
            set.sort();
            format!("<{}>", set.join(", "))
        }
        Value::M(map) => {
            let mut parts: Vec<_> = map.iter().map(|(name, value)| format!("{name}: {}", shown(value))).collect();
            parts.sort();
            format!("{{{}}}", parts.join(", "))
        }
        other => panic!("not a type that the store uses: {other:?}"),
    }
}

/// The letter of a value's type, as the table calls it.
pub const fn kind(value: &Value) -> &'static str {
    match value {
        Value::S(_) => "S",
        Value::N(_) => "N",
        Value::Bool(_) => "BOOL",
        Value::B(_) => "B",
        Value::L(_) => "L",
        Value::Ss(_) => "SS",
        Value::M(_) => "M",
        _ => "?",
    }
}
