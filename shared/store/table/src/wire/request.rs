//! What is asked for.

use super::value::Wired;
use crate::{expression::Expression, item::Item};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Which capacity figures every request asks for.
const CAPACITY: &str = "INDEXES";

/// A request about one table, or a step of a transaction: of all that there can be said,
/// what this one says.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Request<'a> {
    /// The table's name.
    pub table_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index_name: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Wired<Item>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<Wired<Item>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_condition_expression: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter_expression: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub projection_expression: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_expression: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition_expression: Option<String>,
    #[serde(skip_serializing_if = "HashMap::is_empty")]
    pub expression_attribute_names: HashMap<String, String>,
    #[serde(skip_serializing_if = "is_empty")]
    pub expression_attribute_values: Wired<Item>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scan_index_forward: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consistent_read: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exclusive_start_key: Option<Wired<Item>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub select: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_values: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_values_on_condition_check_failure: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_consumed_capacity: Option<&'static str>,
}

fn is_empty(values: &Wired<Item>) -> bool {
    values.0.is_empty()
}

impl<'a> Request<'a> {
    /// One of its own, which tells what it consumed.
    pub(crate) fn of(table_name: &'a str) -> Self {
        Self { table_name, return_consumed_capacity: Some(CAPACITY), ..Self::default() }
    }

    /// One step of a transaction, which tells that as a whole.
    pub(crate) fn step(table_name: &'a str) -> Self {
        Self { table_name, ..Self::default() }
    }

    /// With the names and values that its expressions refer to.
    pub(crate) fn with(self, expression: Expression) -> Self {
        let (expression_attribute_names, values) = expression.into_parts();
        Self { expression_attribute_names, expression_attribute_values: Wired(values), ..self }
    }
}

/// A step of a transaction.
#[derive(Debug, Clone, Serialize)]
pub(crate) enum WireStep<'a> {
    Put(Request<'a>),
    Update(Request<'a>),
    Delete(Request<'a>),
    ConditionCheck(Request<'a>),
}

/// All steps of a transaction.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Transaction<'a> {
    transact_items: Vec<WireStep<'a>>,
    client_request_token: &'a str,
    return_consumed_capacity: &'static str,
}

impl<'a> Transaction<'a> {
    /// Of these steps; the token makes sending it again harmless.
    pub(crate) const fn of(steps: Vec<WireStep<'a>>, token: &'a str) -> Self {
        Self { transact_items: steps, client_request_token: token, return_consumed_capacity: CAPACITY }
    }
}

/// A batch: for each table what is asked of it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct BatchRequest<'a, T> {
    request_items: HashMap<&'a str, T>,
    return_consumed_capacity: &'static str,
}

impl<'a, T> BatchRequest<'a, T> {
    /// Of one table.
    pub(crate) fn of(table: &'a str, asked: T) -> Self {
        Self { request_items: HashMap::from([(table, asked)]), return_consumed_capacity: CAPACITY }
    }
}

/// The items that a batch reads.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Wanted<'a> {
    pub keys: Vec<Wired<Item>>,
    pub consistent_read: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub projection_expression: Option<&'a str>,
    #[serde(skip_serializing_if = "HashMap::is_empty")]
    pub expression_attribute_names: &'a HashMap<String, String>,
}

/// One write of a batch; one of the two.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct BatchedWrite {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub put_request: Option<BatchedPut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delete_request: Option<BatchedDelete>,
}

/// Writes an item.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct BatchedPut {
    pub item: Wired<Item>,
}

/// Deletes an item.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct BatchedDelete {
    pub key: Wired<Item>,
}
