//! Keys of webhook endpoints and deliveries.

use super::{encoding::long, index::Key};
use lambdesk_domain::id::{DeliveryId, EndpointId, WorkspaceId};

/// The sort keys of a workspace's webhook endpoints.
pub const ENDPOINTS: (&str, &str) = ("H#", "H$");

/// The sort keys of an endpoint's deliveries.
pub const DELIVERIES: (&str, &str) = ("D#", "D$");

/// The workspace, endpoint and delivery that a delivery's key names.
#[must_use]
pub fn parse_delivery(key: &Key) -> Option<(WorkspaceId, EndpointId, DeliveryId)> {
    let (workspace, endpoint) = key.pk.split_once("#h#")?;
    let delivery = key.sk.strip_prefix("D#")?;
    Some((WorkspaceId::new(long(workspace)?), EndpointId::new(long(endpoint)?), DeliveryId::new(long(delivery)?)))
}
