//! The keys of what is to be taken off all tickets.

use super::{
    encoding::{long, short},
    index::Key,
    tenant::Tenant,
};
use lambdesk_domain::id::{CascadeId, WorkspaceId};

const CASCADES: &str = "cascades";
const CASCADE: &str = "R#";

impl Tenant {
    /// A cascade that is not done.
    #[must_use]
    pub fn cascade(&self, id: CascadeId) -> Key {
        self.key(CASCADES, format!("{CASCADE}{}", short(id.uuid())))
    }
}

/// The workspace and the cascade that a cascade's key names.
#[must_use]
pub fn parse_cascade(key: &Key) -> Option<(WorkspaceId, CascadeId)> {
    let (workspace, kind) = key.pk.split_once('#')?;
    let cascade = key.sk.strip_prefix(CASCADE).filter(|_| kind == CASCADES)?;
    Some((WorkspaceId::new(long(workspace)?), CascadeId::new(long(cascade)?)))
}
