//! What cascades do, under fixed ids.

use super::values::{ACCOUNT, BY_USER, CASCADE, CATEGORY, CONTACT, NOW, REQUEST, TAG, TEAM, TICKET, USER};
use lambdesk_domain::cascade::{Cascade, CascadeStep, RemovedValue};

/// One of each, in turn.
pub fn removed_values() -> Vec<RemovedValue> {
    let next = |removed: &RemovedValue| match removed {
        RemovedValue::Assignee(_) => Some(RemovedValue::Team(TEAM)),
        RemovedValue::Team(_) => Some(RemovedValue::Tag(TAG)),
        RemovedValue::Tag(_) => Some(RemovedValue::Category(CATEGORY)),
        RemovedValue::Category(_) => Some(RemovedValue::Account(ACCOUNT)),
        RemovedValue::Account(_) => Some(RemovedValue::Field("colour".parse().unwrap())),
        RemovedValue::Field(_) => Some(RemovedValue::Option("colour".parse().unwrap(), "red".parse().unwrap())),
        RemovedValue::Option(..) => None,
    };
    std::iter::successors(Some(RemovedValue::Assignee(USER)), next).collect()
}

/// With one step of each kind.
pub fn cascade() -> Cascade {
    let removed = removed_values().into_iter().map(CascadeStep::Remove);
    Cascade {
        id: CASCADE,
        steps: removed.chain([CascadeStep::Copy(CONTACT), CascadeStep::Reindex(ACCOUNT)]).collect(),
        requested_at: NOW,
        requested_by: BY_USER,
        request_id: REQUEST,
        is_silent: true,
        passes: 2,
        at: 3,
        after: Some(TICKET),
    }
}
