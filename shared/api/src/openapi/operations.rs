//! The operations of one function, as they are told.

use super::{
    operation::{Operation, Told},
    signature::Signature,
};
use std::{any::TypeId, collections::HashMap};

/// The operations of one function, by handler.
pub struct Operations {
    pub(super) tag: &'static str,
    pub(super) about: &'static str,
    pub(super) told: HashMap<TypeId, Told>,
}

impl Operations {
    /// None yet, under a heading.
    #[must_use]
    pub fn of(tag: &'static str, about: &'static str) -> Self {
        Self { tag, about, told: HashMap::new() }
    }

    /// With a handler's: what it does in one line, and what its signature does
    /// not tell of it, its answer above all.
    ///
    /// # Panics
    /// When the handler is there already.
    #[must_use]
    pub fn op<H, T>(mut self, _: H, summary: impl Into<String>, tell: impl Fn(&mut Operation) + 'static) -> Self
    where
        H: Signature<T> + 'static,
        T: 'static,
    {
        let tell = Box::new(move |operation: &mut Operation| {
            H::tell(operation);
            tell(operation);
        });
        let before = self.told.insert(TypeId::of::<H>(), Told { summary: summary.into(), tell });
        assert!(
            before.is_none(),
            "a handler is told of twice; first: {}",
            before.map(|told| told.summary).unwrap_or_default()
        );
        self
    }
}
