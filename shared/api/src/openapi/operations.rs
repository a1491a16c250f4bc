//! The operations of one function, as they are told.

use super::{
    access::Access,
    operation::{Operation, OperationDoc},
    signature::HandlerArgs,
};
use std::{any::TypeId, collections::HashMap};

/// The operations of one function, by handler.
pub struct Operations {
    pub(super) tag: &'static str,
    pub(super) about: &'static str,
    /// Who may read and who may write, where an operation says nothing else.
    pub(super) access: Option<(Access, Access)>,
    pub(super) told: HashMap<TypeId, OperationDoc>,
}

impl Operations {
    /// None yet, under a heading.
    #[must_use]
    pub fn of(tag: &'static str, about: &'static str) -> Self {
        Self { tag, about, access: None, told: HashMap::new() }
    }

    /// Whose GETs need the first, and all other requests the second, unless an operation says
    /// otherwise.
    #[must_use]
    pub const fn needing(mut self, reading: Access, writing: Access) -> Self {
        self.access = Some((reading, writing));
        self
    }

    /// With a handler's: what it does in one line, and what its signature does
    /// not tell of it, its answer above all.
    ///
    /// # Panics
    /// When the handler is there already.
    #[must_use]
    pub fn op<H, T>(mut self, _: H, summary: impl Into<String>, tell: impl Fn(&mut Operation) + 'static) -> Self
    where
        H: HandlerArgs<T> + 'static,
        T: 'static,
    {
        let tell = Box::new(move |operation: &mut Operation| {
            H::tell(operation);
            tell(operation);
        });
        let before = self.told.insert(TypeId::of::<H>(), OperationDoc { summary: summary.into(), tell });
        assert!(
            before.is_none(),
            "a handler is told of twice; first: {}",
            before.map(|told| told.summary).unwrap_or_default()
        );
        self
    }
}
