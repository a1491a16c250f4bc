//! Custom fields: definitions per workspace and typed values per ticket.

use crate::{
    id::FieldId,
    status::words,
    text::{FieldKey, InvalidText, Name, several_lines},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

words! {
    /// What a custom field holds.
    FieldKind {
        Text = "text", Number = "number", Boolean = "boolean", Date = "date",
        /// One of the options.
        Choice = "choice",
        /// Any of the options.
        Choices = "choices",
    }
}

/// The definition of a custom field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldDefinition {
    /// Its id.
    pub id: FieldId,
    /// How values are addressed: `custom.<key>`. Never changes.
    pub key: FieldKey,
    /// What people call it.
    pub name: Name,
    /// What it holds. Never changes.
    pub kind: FieldKind,
    /// New tickets must have it.
    pub is_required: bool,
    /// What can be chosen; empty for kinds without choice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Name>,
}

/// A value that fits its definition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum FieldValue {
    /// Yes or no.
    Boolean(bool),
    /// Any JSON number.
    Number(serde_json::Number),
    /// Text, a date (`2026-11-21`) or the chosen option.
    Text(String),
    /// The chosen options.
    Choices(Vec<String>),
}

impl FieldValue {
    /// About how many bytes it takes.
    #[must_use]
    pub fn length(&self) -> usize {
        match self {
            Self::Boolean(_) => 1,
            Self::Number(number) => number.to_string().len(),
            Self::Text(text) => text.len(),
            Self::Choices(chosen) => chosen.iter().map(|option| option.len() + 1).sum(),
        }
    }
}

/// The longest text value in characters; the head of a ticket stays small.
const MAX_TEXT: usize = 500;

/// Why a custom value was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidField {
    /// No such definition.
    #[error("no such custom field")]
    Unknown,
    /// Required and absent or cleared.
    #[error("this custom field is required")]
    Required,
    /// Of the wrong kind.
    #[error("must be {0}")]
    Kind(&'static str),
    /// Not an option.
    #[error("must be one of the field's options")]
    Option,
    /// A text of the wrong size.
    #[error(transparent)]
    Text(#[from] InvalidText),
}

impl FieldDefinition {
    /// Holds a JSON value to the definition.
    ///
    /// # Errors
    /// When it doesn't fit.
    pub fn parse(&self, value: &Json) -> Result<FieldValue, InvalidField> {
        match (self.kind, value) {
            (FieldKind::Text, Json::String(text)) => short_text(text).map(FieldValue::Text),
            (FieldKind::Text, _) => Err(InvalidField::Kind("a text")),
            (FieldKind::Number, Json::Number(number)) => {
                stored_number(number).map(FieldValue::Number).ok_or(UNSTORABLE)
            }
            (FieldKind::Number, _) => Err(InvalidField::Kind("a number")),
            (FieldKind::Boolean, Json::Bool(flag)) => Ok(FieldValue::Boolean(*flag)),
            (FieldKind::Boolean, _) => Err(InvalidField::Kind("true or false")),
            (FieldKind::Date, Json::String(text)) => date(text),
            (FieldKind::Date, _) => Err(InvalidField::Kind("a date as YYYY-MM-DD")),
            (FieldKind::Choice, Json::String(text)) => self.option(text).map(FieldValue::Text),
            (FieldKind::Choice, _) => Err(InvalidField::Kind("an option")),
            (FieldKind::Choices, Json::Array(values)) => self.choices(values),
            (FieldKind::Choices, _) => Err(InvalidField::Kind("a list of options")),
        }
    }

    /// Whether a value that is kept is one of this field's.
    #[must_use]
    pub fn takes(&self, kept: &FieldValue) -> bool {
        self.parse(&json!(kept)).as_ref() == Ok(kept)
    }

    /// When it was made: its id tells (RFC 9562, section 5.7).
    #[must_use]
    pub fn made_at(&self) -> Timestamp {
        Timestamp::from_millis(u64::try_from(self.id.uuid().as_u128() >> 80).unwrap_or_default())
    }

    /// Reads a filter's text as this field's kind would be stored.
    ///
    /// # Errors
    /// When it doesn't fit.
    pub fn parse_filter(&self, text: &str) -> Result<FieldValue, InvalidField> {
        let value = match self.kind {
            FieldKind::Number if text.parse::<f64>().is_ok() && !is_exact(text) => {
                return Err(InvalidField::Kind(EXACT_NUMBERS));
            }
            FieldKind::Number | FieldKind::Boolean => serde_json::from_str(text).unwrap_or(Json::Null),
            FieldKind::Choices => return self.option(text).map(FieldValue::Text),
            FieldKind::Text | FieldKind::Date | FieldKind::Choice => Json::from(text),
        };
        self.parse(&value)
    }

    /// Whether a filter's text is an option, commas and all.
    #[must_use]
    pub fn has_option(&self, text: &str) -> bool {
        self.option(text).is_ok()
    }

    fn option(&self, text: &str) -> Result<String, InvalidField> {
        let option = text.parse::<Name>().ok().filter(|name| self.options.contains(name));
        option.map(|name| name.to_string()).ok_or(InvalidField::Option)
    }

    fn choices(&self, values: &[Json]) -> Result<FieldValue, InvalidField> {
        let mut chosen = values
            .iter()
            .map(|value| {
                value.as_str().ok_or(InvalidField::Kind("a list of options")).and_then(|text| self.option(text))
            })
            .collect::<Result<Vec<_>, _>>()?;
        chosen.sort();
        chosen.dedup();
        Ok(FieldValue::Choices(chosen))
    }
}

const UNSTORABLE: InvalidField = InvalidField::Kind("a number that is zero or between 1e-130 and 1e125 in size");

/// A number as it reads back from the table: the range is that of `DynamoDB`'s
/// numbers, and a whole number is an integer however it was written (`5.0` is `5`).
#[must_use]
pub fn stored_number(number: &serde_json::Number) -> Option<serde_json::Number> {
    if number.is_u64() || number.is_i64() {
        return Some(number.clone());
    }
    let value = number.as_f64()?;
    if value == 0.0 {
        return Some(0.into());
    }
    if !(1e-130..=1e125).contains(&value.abs()) {
        return None;
    }
    // Rust writes a whole float without a fraction, so what fits an integer parses as one.
    let digits = value.to_string();
    let integer = digits.parse::<u64>().map(Into::into).or_else(|_| digits.parse::<i64>().map(Into::into));
    integer.ok().or_else(|| serde_json::Number::from_f64(value))
}

/// Which numbers are kept exactly, in words.
pub const EXACT_NUMBERS: &str = "a number of at most 15 digits, a whole one of 64 bits, or one with the digits that a \
                                 floating-point number of 64 bits is written with";

/// Whether a number, as JSON writes it, is kept as that number: as a whole number of 64 bits,
/// or as the floating-point number (IEEE 754, binary64) that is written with the same digits:
/// the shortest that mean it. 2^64 is such a number, but not written so: who reads it back
/// would be told 18446744073709552000. The parser of documents must find the nearest
/// floating-point number, as Rust's own does (`float_roundtrip` of `serde_json`).
#[must_use]
pub fn is_exact(literal: &str) -> bool {
    if literal.parse::<u64>().is_ok() || literal.parse::<i64>().is_ok() {
        return true;
    }
    let kept = literal.parse::<f64>().ok().filter(|value| value.is_finite());
    kept.is_some_and(|value| significant(&format!("{value:e}")) == significant(literal))
}

/// The digits of a number from the first to the last that is not zero, and the power of ten
/// of the first; so that `1.50`, `15e-1` and `1.5` are the same.
fn significant(literal: &str) -> Option<(&str, String, i64)> {
    let (sign, unsigned) = literal.split_at(usize::from(literal.starts_with('-')));
    let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let leading = digits.len() - digits.trim_start_matches('0').len();
    let digits = digits.trim_matches('0');
    if digits.is_empty() {
        return Some(("", String::new(), 0));
    }
    // Beyond what fits, the two sides differ, and neither is kept.
    let exponent = exponent.parse::<i64>().ok()?.checked_add(i64::try_from(whole.len()).ok()?)?;
    Some((sign, digits.to_owned(), exponent.checked_sub(i64::try_from(leading).ok()?)?))
}

fn short_text(text: &str) -> Result<String, InvalidField> {
    Ok(several_lines(text, MAX_TEXT)?)
}

fn date(text: &str) -> Result<FieldValue, InvalidField> {
    let date: Result<jiff::civil::Date, _> = text.parse();
    match date {
        Ok(date) if date.year() >= 0 && date.to_string() == text => Ok(FieldValue::Text(text.to_owned())),
        _ => Err(InvalidField::Kind("a date as YYYY-MM-DD")),
    }
}

/// Values by key; `None` clears.
pub type FieldChanges = BTreeMap<FieldKey, Option<FieldValue>>;

/// Holds given values to the definitions, all of them at once.
///
/// # Errors
/// Every key that doesn't fit, with the reason.
pub fn check<'a>(
    definitions: impl IntoIterator<Item = &'a FieldDefinition>,
    given: &serde_json::Map<String, Json>,
    is_new: bool,
) -> Result<FieldChanges, Vec<(String, InvalidField)>> {
    let definitions: BTreeMap<&str, &FieldDefinition> = definitions.into_iter().map(|d| (d.key.as_str(), d)).collect();
    let mut changes = FieldChanges::new();
    let mut bad = Vec::new();
    for (key, value) in given {
        match definitions.get(key.as_str()) {
            None => bad.push((key.clone(), InvalidField::Unknown)),
            Some(definition) if value.is_null() && definition.is_required => {
                bad.push((key.clone(), InvalidField::Required));
            }
            Some(definition) if value.is_null() => drop(changes.insert(definition.key.clone(), None)),
            Some(definition) => match definition.parse(value) {
                Ok(FieldValue::Choices(none)) if none.is_empty() && definition.is_required => {
                    bad.push((key.clone(), InvalidField::Required));
                }
                Ok(value) => drop(changes.insert(definition.key.clone(), Some(value))),
                Err(error) => bad.push((key.clone(), error)),
            },
        }
    }
    if is_new {
        let missing = definitions.values().filter(|d| d.is_required && !given.contains_key(d.key.as_str()));
        bad.extend(missing.map(|d| (d.key.to_string(), InvalidField::Required)));
    }
    if bad.is_empty() { Ok(changes) } else { Err(bad) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use uuid::Uuid;

    fn field(key: &str, kind: FieldKind, is_required: bool) -> FieldDefinition {
        let options = ["red", "blue"].map(|option| option.parse().expect("name")).to_vec();
        let name = key.parse().expect("name");
        FieldDefinition {
            id: FieldId::new(Uuid::nil()),
            key: key.parse().expect("key"),
            name,
            kind,
            is_required,
            options,
        }
    }

    #[test]
    fn each_kind_takes_its_own_values_only() {
        let samples =
            [json!("text"), json!(1.5), json!(true), json!("2026-11-21"), json!("red"), json!(["red", "blue"])];
        for (index, kind) in FieldKind::ALL.iter().enumerate() {
            let field = field("f", *kind, false);
            assert!(field.parse(&samples[index]).is_ok(), "{kind}");
            for bad in [json!(null), json!({}), json!([1])] {
                assert!(field.parse(&bad).is_err(), "{kind} took {bad}");
            }
        }
        assert!(field("f", FieldKind::Date, false).parse(&json!("2026-02-30")).is_err());
        assert!(field("f", FieldKind::Date, false).parse(&json!("-000001-01-01")).is_err());
        assert_eq!(field("f", FieldKind::Choice, false).parse(&json!("green")), Err(InvalidField::Option));
    }

    #[test]
    fn a_text_is_trimmed_and_has_no_control_characters_but_line_breaks() {
        let field = field("f", FieldKind::Text, false);
        assert_eq!(field.parse(&json!(" a\nb ")), Ok(FieldValue::Text("a\nb".to_owned())));
        for bad in ["a\u{0}b", "\u{7}", " ", "\u{200b}"] {
            assert!(field.parse(&json!(bad)).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn no_choice_at_all_is_not_enough_where_one_is_required() {
        let given = json!({"f": []});
        let given = given.as_object().expect("object");
        let bad = vec![("f".to_owned(), InvalidField::Required)];
        assert_eq!(check([&field("f", FieldKind::Choices, true)], given, false), Err(bad));
        assert!(check([&field("f", FieldKind::Choices, false)], given, true).is_ok());
    }

    #[test]
    fn numbers_are_kept_as_the_table_gives_them_back() {
        let field = field("f", FieldKind::Number, false);
        for (given, kept) in [
            ("5.0", "5"),
            ("-0.0", "0"),
            ("1e19", "10000000000000000000"),
            ("-3e2", "-300"),
            ("0.1", "0.1"),
            ("1e20", "1e20"),
        ] {
            let given: Json = serde_json::from_str(given).expect("a number");
            let kept = FieldValue::Number(serde_json::from_str(kept).expect("a number"));
            assert_eq!(field.parse(&given), Ok(kept), "{given}");
        }
        for beyond in ["1e126", "-1e300", "1e-131"] {
            let beyond: Json = serde_json::from_str(beyond).expect("a number");
            assert!(field.parse(&beyond).is_err(), "{beyond}");
        }
    }

    #[test]
    fn a_number_is_exact_or_not_whichever_way_it_is_written() {
        let kept = [
            "0",
            "-0.0",
            "0e9",
            "1.50",
            "15e-1",
            "0.1",
            "1e20",
            "100000000000000000000",
            "18446744073709551615",
            "-9223372036854775808",
            "0.30000000000000004",
            "1E+2",
            "1e-130",
        ];
        assert_eq!(kept.map(is_exact), [true; 13]);
        let lost = [
            "18446744073709551616",
            "-9223372036854775809",
            "0.123456789012345678",
            "1e400",
            "1e-400",
            "1e99999999999999999999",
            "12345678901234.56789",
            "x",
        ];
        assert_eq!(lost.map(is_exact), [false; 8]);
    }

    #[test]
    fn all_bad_fields_are_told_at_once() {
        let fields = [field("a", FieldKind::Text, true), field("b", FieldKind::Number, false)];
        let given = json!({"b": "x", "c": 1});
        let bad = check(&fields, given.as_object().expect("object"), true).expect_err("bad");
        let keys: Vec<_> = bad.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["b", "c", "a"]);
    }
}
