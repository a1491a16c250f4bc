//! One write of one item.

use crate::{
    error::TableError,
    expression::Expression,
    item::{Item, Value, primary},
    keys::Key,
};
use aws_sdk_dynamodb::types::{
    ConditionCheck, Delete, Put, ReturnValuesOnConditionCheckFailure as OnFailure, TransactWriteItem, Update,
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

    pub(crate) const fn on_failure(&self) -> Option<OnFailure> {
        if self.shows_item { Some(OnFailure::AllOld) } else { None }
    }

    /// As one step of a transaction.
    pub(crate) fn into_step(self, table: &str) -> Result<TransactWriteItem, TableError> {
        let on_failure = self.on_failure();
        let Self { action, condition, expression, .. } = self;
        let (names, values) = expression.into_parts();
        let step = TransactWriteItem::builder();
        Ok(match action {
            Action::Put(item) => step.put(
                Put::builder()
                    .table_name(table)
                    .set_item(Some(item))
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .set_return_values_on_condition_check_failure(on_failure)
                    .build()?,
            ),
            Action::Update(key, update) => step.update(
                Update::builder()
                    .table_name(table)
                    .set_key(Some(primary(key)))
                    .update_expression(update)
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .set_return_values_on_condition_check_failure(on_failure)
                    .build()?,
            ),
            Action::Delete(key) => step.delete(
                Delete::builder()
                    .table_name(table)
                    .set_key(Some(primary(key)))
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .set_return_values_on_condition_check_failure(on_failure)
                    .build()?,
            ),
            Action::Check(key) => step.condition_check(
                ConditionCheck::builder()
                    .table_name(table)
                    .set_key(Some(primary(key)))
                    .set_condition_expression(condition)
                    .set_expression_attribute_names(names)
                    .set_expression_attribute_values(values)
                    .set_return_values_on_condition_check_failure(on_failure)
                    .build()?,
            ),
        }
        .build())
    }
}
