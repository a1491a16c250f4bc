//! Operators and functions of expressions: AWS refuses an expression with more than 300.

use serde_json::Value as Json;

/// The most of one expression.
const MOST: usize = 300;
/// Where expressions stand in a request or a step of a transaction.
const EXPRESSIONS: [&str; 4] =
    ["KeyConditionExpression", "FilterExpression", "ConditionExpression", "UpdateExpression"];
/// Operators that are words.
const WORDS: [&str; 5] = ["AND", "OR", "NOT", "BETWEEN", "IN"];

/// What AWS says of the first expression that has too many, if one has.
pub(super) fn refusal(request: &Json) -> Option<String> {
    let steps = request.get("TransactItems").and_then(Json::as_array).into_iter().flatten();
    let steps = steps.filter_map(|step| step.as_object()?.values().next());
    std::iter::once(request).chain(steps).find_map(|part| {
        EXPRESSIONS.iter().find_map(|name| {
            let count = count(part.get(name)?.as_str()?);
            (count > MOST)
                .then(|| format!("Invalid {name}: The expression contains too many operators; operator count: {count}"))
        })
    })
}

/// Comparisons, words, plus and minus, and names before a bracket.
fn count(expression: &str) -> usize {
    let mut rest = expression;
    let mut count = 0;
    while let Some(first) = rest.chars().next() {
        let is_of_name = |c: char| c.is_alphanumeric() || "_#:.".contains(c);
        let is_of_comparison = |c: char| "<>=".contains(c);
        let length = if is_of_name(first) {
            let length = rest.find(|c| !is_of_name(c)).unwrap_or(rest.len());
            let (word, after) = rest.split_at(length);
            let is_operator = WORDS.iter().any(|operator| word.eq_ignore_ascii_case(operator));
            let is_function = !is_operator && after.trim_start().starts_with('(') && !"#:".contains(first);
            count += usize::from(is_operator || is_function);
            length
        } else if is_of_comparison(first) {
            count += 1;
            rest.find(|c| !is_of_comparison(c)).unwrap_or(rest.len())
        } else {
            count += usize::from("+-".contains(first));
            first.len_utf8()
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_and_functions_are_counted() {
        for (expression, expected) in [
            ("", 0),
            ("#a = :a", 1),
            ("#a <> :a AND NOT contains(#b, :b)", 4),
            ("a BETWEEN :a AND :b OR c in (:d, :e)", 4),
            ("SET a = if_not_exists(a, :z) + :b REMOVE c", 3),
            ("(attribute_not_exists (pk))", 1),
        ] {
            assert_eq!(count(expression), expected, "{expression}");
        }
    }
}
