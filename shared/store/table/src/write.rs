//! One write of one item.

use crate::{
    error::TableError,
    expression::Expression,
    item::{Item, Value, primary},
    keys::Key,
    wire::{
        request::{Request, WireStep},
        value::Wired,
    },
};

/// One conditional write of one item: sent alone ([`Table::write`](crate::Table::write),
/// [`Table::update`](crate::Table::update)) or as a step of a [`Tx`](crate::Tx).
#[derive(Debug, Clone)]
#[must_use = "it does nothing until it is sent"]
pub struct Write {
    pub(crate) action: Action,
    pub(crate) condition: Option<String>,
    pub(crate) expression: Expression,
    /// A refusal brings the item along as it is.
    pub(crate) shows_item: bool,
}

/// What is done to the item.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    Put(Item),
    Update(Key, String),
    Delete(Key),
    Check(Key),
}

/// What came of an update.
#[derive(Debug, Clone, PartialEq)]
pub enum Updated {
    /// It was made; this is the item now.
    Now(Item),
    /// Its condition does not hold; this is the item as it is, where the update asked
    /// to be shown it and there is one.
    Refused(Option<Item>),
}

impl Write {
    fn new(action: Action) -> Self {
        Self { action, condition: None, expression: Expression::default(), shows_item: false }
    }

    /// Writes an item whole, whatever is there.
    pub fn put(item: Item) -> Self {
        Self::new(Action::Put(item))
    }

    /// Writes an item whose key is free.
    pub fn create(item: Item) -> Self {
        Self::put(item).when("attribute_not_exists(pk)")
    }

    /// Changes an item by an update expression.
    pub fn update(key: Key, expression: impl Into<String>) -> Self {
        Self::new(Action::Update(key, expression.into()))
    }

    /// Deletes an item, whether it is there or not.
    pub fn delete(key: Key) -> Self {
        Self::new(Action::Delete(key))
    }

    /// Writes nothing, but holds the transaction to its condition.
    pub fn check(key: Key) -> Self {
        Self::new(Action::Check(key))
    }

    /// Only if this condition holds; joined to one that was given before.
    pub fn when(mut self, condition: impl Into<String>) -> Self {
        let condition = condition.into();
        self.condition = Some(match self.condition {
            Some(before) => format!("({before}) AND ({condition})"),
            None => condition,
        });
        self
    }

    /// A value that the expressions call by this name, which begins with a colon.
    pub fn value(mut self, placeholder: &str, value: Value) -> Self {
        self.expression.insert(placeholder, value);
        self
    }

    /// An attribute that the expressions call by this name, which begins with `#`.
    pub fn name(mut self, placeholder: &str, attribute: &str) -> Self {
        self.expression.insert_name(placeholder, attribute);
        self
    }

    /// With the names and values that were collected while its expressions were built.
    pub fn with(mut self, expression: Expression) -> Self {
        self.expression.extend(expression);
        self
    }

    /// A refusal brings the item along as it is.
    pub const fn showing_item(mut self) -> Self {
        self.shows_item = true;
        self
    }

    /// What it says, in a request that says nothing yet.
    pub(crate) fn into_request(self, mut request: Request<'_>) -> Request<'_> {
        match self.action {
            Action::Put(item) => request.item = Some(Wired(item)),
            Action::Update(key, update) => {
                request.key = Some(Wired(primary(key)));
                request.update_expression = Some(update);
            }
            Action::Delete(key) | Action::Check(key) => request.key = Some(Wired(primary(key))),
        }
        request.condition_expression = self.condition;
        request.return_values_on_condition_check_failure = self.shows_item.then_some("ALL_OLD");
        request.with(self.expression)
    }

    /// As one step of a transaction.
    pub(crate) fn into_step(self, table: &str) -> Result<WireStep<'_>, TableError> {
        let step = match self.action {
            Action::Put(_) => WireStep::Put,
            Action::Update(..) => WireStep::Update,
            Action::Delete(_) => WireStep::Delete,
            Action::Check(_) if self.condition.is_some() => WireStep::ConditionCheck,
            Action::Check(_) => return Err(TableError::Refused("a check needs a condition".to_owned())),
        };
        Ok(step(self.into_request(Request::step(table))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        item::{document, number, text},
        versioned::Versioned,
    };
    use serde_json::{Value as Json, json};

    fn key() -> Key {
        Key { pk: "p".to_owned(), sk: "s".to_owned() }
    }

    fn placeholders(write: Write) -> Vec<String> {
        let mut names: Vec<_> = write.expression.into_parts().1.into_keys().collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn one_condition_stands_as_it_was_given() {
        assert_eq!(Write::delete(key()).condition, None);
        assert_eq!(Write::put(document(key(), &1)).condition, None);
        assert_eq!(Write::delete(key()).when("a = :a OR b = :b").condition.as_deref(), Some("a = :a OR b = :b"));
        assert_eq!(Write::create(document(key(), &1)).condition.as_deref(), Some("attribute_not_exists(pk)"));
    }

    #[test]
    fn joined_conditions_must_all_hold_whatever_each_of_them_says() {
        let two = Write::check(key()).when("a = :a OR b = :b").when("c = :c OR d = :d");
        assert_eq!(two.condition.as_deref(), Some("(a = :a OR b = :b) AND (c = :c OR d = :d)"));
        let three = two.when("e = :e");
        assert_eq!(three.condition.as_deref(), Some("((a = :a OR b = :b) AND (c = :c OR d = :d)) AND (e = :e)"));
        let created = Write::create(document(key(), &1)).when("a = :a");
        assert_eq!(created.condition.as_deref(), Some("(attribute_not_exists(pk)) AND (a = :a)"));
    }

    #[test]
    fn a_write_held_to_what_was_read_keeps_its_other_conditions_and_values() {
        let read = Versioned::<u32>::read(&document(key(), &7)).unwrap();
        let write = Write::update(key(), "SET a = :a").value(":a", number(1)).when("b = :b").value(":b", number(2));
        let write = write.when_unchanged(&read);
        assert_eq!(write.condition.as_deref(), Some("(b = :b) AND (doc = :seen)"));
        assert_eq!(placeholders(write), [":a", ":b", ":seen"]);
    }

    #[test]
    fn what_was_collected_for_an_expression_joins_what_was_named_by_hand() {
        let mut collected = Expression::default();
        let condition = format!("{} = {}", collected.name("status"), collected.value(text("open")));
        let write = Write::check(key()).when("a = :a").value(":a", number(1)).when(condition).with(collected);
        assert_eq!(write.condition.as_deref(), Some("(a = :a) AND (#status = :0)"));
        assert_eq!(placeholders(write), [":0", ":a"]);
    }

    fn step(write: Write) -> Json {
        serde_json::to_value(write.into_step("table").unwrap()).unwrap()
    }

    #[test]
    fn every_kind_of_step_takes_its_condition_along() {
        let conditional = |write: Write| step(write.when("a = :a").value(":a", number(1)));
        let put = json!({"pk": {"S": "p"}, "sk": {"S": "s"}, "v": {"N": "1"}, "doc": {"S": "1"}});
        let its_key = json!({"pk": {"S": "p"}, "sk": {"S": "s"}});
        let values = json!({":a": {"N": "1"}});
        let rest = |name: &str, value: &Json| json!({"TableName": "table", "ConditionExpression": "a = :a", "ExpressionAttributeValues": values, name: value});
        let mut update = rest("Key", &its_key);
        update["UpdateExpression"] = "SET b = :a".into();
        assert_eq!(conditional(Write::put(document(key(), &1))), json!({"Put": rest("Item", &put)}));
        assert_eq!(conditional(Write::update(key(), "SET b = :a")), json!({"Update": update}));
        assert_eq!(conditional(Write::delete(key())), json!({"Delete": rest("Key", &its_key)}));
        assert_eq!(conditional(Write::check(key())), json!({"ConditionCheck": rest("Key", &its_key)}));
    }

    #[test]
    fn a_step_shows_the_item_only_if_asked_to() {
        let shown = |write: Write| step(write)["Delete"]["ReturnValuesOnConditionCheckFailure"].take();
        assert_eq!(shown(Write::delete(key()).when("a = b")), Json::Null);
        assert_eq!(shown(Write::delete(key()).when("a = b").showing_item()), "ALL_OLD");
    }

    #[test]
    fn a_check_without_a_condition_is_refused_before_it_is_sent() {
        assert!(matches!(Write::check(key()).into_step("table"), Err(TableError::Refused(_))));
    }
}
