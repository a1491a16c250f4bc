//! What a list of entries can be narrowed by.

use lambdesk_api::{normal_form::NormalForm, query::QueryParameters};
use lambdesk_domain::text::folded;
use serde_json::{Map, Value as Json};
use std::fmt::Display;

type Test<K> = Box<dyn Fn(&K) -> bool + Send + Sync>;

/// The filters that a list was asked for, over rows that are all at hand.
pub struct ListFilter<K> {
    tests: Vec<Test<K>>,
    /// The values that are wanted, by parameter.
    wanted: Map<String, Json>,
}

impl<K: 'static> ListFilter<K> {
    /// Everything.
    pub fn new() -> Self {
        Self { tests: Vec::new(), wanted: Map::new() }
    }

    /// Rows with any of the values that the parameter names, if it is there.
    pub fn any<T: Display + PartialEq + Send + Sync + 'static>(
        self,
        query: &mut QueryParameters,
        name: &'static str,
        parse: impl Fn(&str) -> Option<T>,
        of: impl Fn(&K) -> Option<T> + Send + Sync + 'static,
    ) -> Self {
        let wanted = query.parsed_values(name, |text| parse(text).ok_or("is none of the values of this filter"));
        self.keeping(name, wanted, of)
    }

    /// Rows with this one name, without regard to case, if the parameter is there.
    pub fn named(
        self,
        query: &mut QueryParameters,
        name: &'static str,
        of: impl Fn(&K) -> String + Send + Sync + 'static,
    ) -> Self {
        let wanted = query.one(name).map(|text| folded(&text));
        self.keeping(name, wanted.into_iter().collect(), move |row| Some(folded(&of(row))))
    }

    /// Rows whose flag is this, if the parameter is there.
    pub fn flag(
        self,
        query: &mut QueryParameters,
        name: &'static str,
        of: impl Fn(&K) -> bool + Send + Sync + 'static,
    ) -> Self {
        let wanted = query.flag(name);
        self.keeping(name, wanted.into_iter().collect(), move |row| Some(of(row)))
    }

    fn keeping<T: Display + PartialEq + Send + Sync + 'static>(
        mut self,
        name: &str,
        wanted: Vec<T>,
        of: impl Fn(&K) -> Option<T> + Send + Sync + 'static,
    ) -> Self {
        if wanted.is_empty() {
            return self;
        }
        let words: Vec<_> = wanted.iter().map(T::to_string).collect();
        self.wanted.insert(name.to_owned(), words.into());
        self.tests.push(Box::new(move |row| of(row).is_some_and(|value| wanted.contains(&value))));
        self
    }

    /// What cursors are bound to.
    pub fn normal_form(&self) -> NormalForm {
        NormalForm::of(&self.wanted.clone().into())
    }

    /// Whether a row is asked for.
    pub fn takes(&self, row: &K) -> bool {
        self.tests.iter().all(|test| test(row))
    }
}
