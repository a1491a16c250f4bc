//! Which attributes a read brings along. It costs the same units, but what isn't brought
//! is neither sent nor parsed.

use crate::expression::Expression;

/// Those of our attributes that are reserved words of expressions. The embedded engine
/// knows all of them and refuses one that is missing here.
const RESERVED: [&str; 2] = ["sub", "sum"];

/// The expression for these attributes. They stand for themselves as far as they may: a
/// placeholder for each would double the request.
pub(crate) fn projection(attributes: &[&str], expression: &mut Expression) -> String {
    let mut all = String::with_capacity(attributes.len() * 5);
    for attribute in attributes {
        if !all.is_empty() {
            all.push(',');
        }
        if RESERVED.contains(attribute) {
            all.push_str(&expression.name(attribute));
        } else {
            all.push_str(attribute);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_stand_for_themselves_unless_they_are_reserved() {
        let mut expression = Expression::default();
        assert_eq!(projection(&["pk", "sub", "st"], &mut expression), "pk,#sub,st");
        let (names, values) = expression.into_parts();
        assert_eq!(names.into_iter().collect::<Vec<_>>(), [("#sub".to_owned(), "sub".to_owned())]);
        assert!(values.is_empty());
    }
}
