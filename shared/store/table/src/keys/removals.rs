//! The keys of what is to be taken off all tickets.

use super::{
    encoding::{long, short},
    index::Key,
    tenant::Tenant,
};
use lambdesk_domain::id::{RemovalId, WorkspaceId};

const REMOVALS: &str = "removals";
const REMOVAL: &str = "R#";

impl Tenant {
    /// A removal that is not done.
    #[must_use]
    pub fn removal(&self, id: RemovalId) -> Key {
        self.key(REMOVALS, format!("{REMOVAL}{}", short(id.uuid())))
    }
}

/// The workspace and the removal that a removal's key names.
#[must_use]
pub fn parse_removal(key: &Key) -> Option<(WorkspaceId, RemovalId)> {
    let (workspace, kind) = key.pk.split_once('#')?;
    let removal = key.sk.strip_prefix(REMOVAL).filter(|_| kind == REMOVALS)?;
    Some((WorkspaceId::new(long(workspace)?), RemovalId::new(long(removal)?)))
}
