//! Turns inputs into values and collects everything that is wrong with them.

use crate::{
    body::{Input, Unknown},
    problem::{FieldError, Problem},
};
use lambdesk_domain::patch::Field;

/// How many bad fields are told; the rest would only make the answer long.
const TOLD: usize = 100;

/// A member's name as a JSON pointer spells it (RFC 6901, section 3).
#[must_use]
pub fn pointer_token(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Collects bad fields. Pointers are JSON Pointers (RFC 6901), relative to [`within`](Self::within).
#[derive(Debug, Default)]
pub struct Checker {
    prefix: String,
    errors: Vec<FieldError>,
    /// Where in the errors the first one is that makes the answer a 413.
    too_large: Option<usize>,
}

impl Checker {
    /// Nothing wrong yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A value that must be there.
    pub fn required<T>(&mut self, pointer: &str, input: Input<T>) -> Option<T> {
        if input.is_absent() {
            self.error(pointer, "required", "must be given");
        }
        self.present(pointer, input)
    }

    /// A value that may be left out; `null` says the same.
    pub fn optional<T>(&mut self, pointer: &str, input: Input<T>) -> Option<T> {
        match self.field(pointer, input) {
            Field::Set(value) => Some(value),
            Field::Keep | Field::Clear => None,
        }
    }

    /// A value that may be left out, but can't be cleared.
    pub fn present<T>(&mut self, pointer: &str, input: Input<T>) -> Option<T> {
        if matches!(input, Input::Null) {
            self.error(pointer, "not_nullable", "can't be null");
        }
        self.optional(pointer, input)
    }

    /// A value of a merge patch: absent keeps, `null` clears, a value sets. A bad one keeps.
    pub fn field<T>(&mut self, pointer: &str, input: Input<T>) -> Field<T> {
        match input {
            Input::Absent => Field::Keep,
            Input::Null => Field::Clear,
            Input::Value(value) => Field::Set(value),
            Input::Bad { code, detail } => {
                self.error(pointer, code, detail);
                Field::Keep
            }
        }
    }

    /// A list of at most `max` items, each told by its own pointer; none when it is not there or
    /// bad.
    pub fn list<T>(&mut self, pointer: &str, input: Input<Vec<Input<T>>>, max: usize) -> Option<Vec<T>> {
        let items = self.present(pointer, input)?;
        if items.len() > max {
            self.error(pointer, "too_many", format!("must have at most {max} items"));
            return None;
        }
        let (before, all) = (self.errors.len(), items.len());
        let items: Vec<T> = items
            .into_iter()
            .enumerate()
            .filter_map(|(index, item)| self.required(&format!("{pointer}/{index}"), item))
            .collect();
        (self.errors.len() == before && items.len() == all).then_some(items)
    }

    /// Every unknown member of the object at `pointer` is an error.
    pub fn unknown(&mut self, pointer: &str, unknown: Unknown) {
        for name in unknown.names {
            self.error(&format!("{pointer}/{}", pointer_token(&name)), "unknown_field", "there is no such field");
        }
    }

    /// Checks with `pointer` in front of all pointers: for nested objects.
    pub fn within<R>(&mut self, pointer: &str, check: impl FnOnce(&mut Self) -> R) -> R {
        let outer = self.prefix.len();
        self.prefix.push_str(pointer);
        let result = check(self);
        self.prefix.truncate(outer);
        result
    }

    /// Something wrong at `pointer`.
    pub fn error(&mut self, pointer: &str, code: &'static str, detail: impl Into<String>) {
        if self.errors.len() < TOLD {
            self.errors.push(FieldError::new(format!("{}{pointer}", self.prefix), code, detail));
        }
    }

    /// More at `pointer` than is taken, which makes the answer a 413.
    pub fn too_large(&mut self, pointer: &str, detail: impl Into<String>) {
        // A 413 must not hide behind a hundred smaller faults.
        self.too_large.get_or_insert(self.errors.len());
        self.errors.push(FieldError::new(format!("{}{pointer}", self.prefix), "too_large", detail));
    }

    /// Whether nothing is wrong so far.
    pub fn is_clean(&self) -> bool {
        self.errors.is_empty()
    }

    /// Nothing wrong, or the answer that tells everything.
    ///
    /// # Errors
    /// 422 with the bad fields; 413 when one of them is [too large](Self::too_large).
    pub fn finish(self) -> Result<(), Problem> {
        if self.errors.is_empty() {
            return Ok(());
        }
        match self.too_large.and_then(|index| self.errors.get(index)) {
            Some(large) => {
                Err(Problem::too_large(format!("{}: {}", large.pointer, large.detail)).with_errors(self.errors))
            }
            None => Err(Problem::invalid(self.errors)),
        }
    }
}
