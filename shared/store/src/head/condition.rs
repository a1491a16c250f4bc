//! A guard as a condition expression.

use super::{Expression, attr};
use crate::item::{id, number, text, time};
use lambdesk_domain::{access::Reach, guard::Guard, status::StatusSet};

/// The condition that holds exactly for the tickets that the guard admits.
pub fn condition(guard: &Guard, into: &mut Expression) -> String {
    let mut parts = vec![shelf(guard, into)];
    if guard.statuses != StatusSet::ALL {
        parts.push(statuses(guard.statuses, into));
    }
    parts.extend(reach(guard.reach, into));
    if let Some(version) = guard.version {
        parts.push(format!("{} = {}", into.name(attr::VERSION), into.value(number(version.0))));
    }
    if let Some(due) = guard.follow_up_at {
        parts.push(format!("{} = {}", into.name(attr::FOLLOW_UP), into.value(time(due))));
    }
    parts.join(" AND ")
}

fn shelf(guard: &Guard, into: &mut Expression) -> String {
    format!("{} = {}", into.name(attr::SHELF), into.value(text(guard.shelf.as_str())))
}

fn statuses(statuses: StatusSet, into: &mut Expression) -> String {
    let words: Vec<_> = statuses.iter().map(|status| into.value(text(status.as_str()))).collect();
    format!("{} IN ({})", into.name(attr::STATUS), words.join(", "))
}

/// The condition that a ticket is within reach; none when all are.
pub fn reach(reach: Reach, into: &mut Expression) -> Option<String> {
    match reach {
        Reach::All => None,
        Reach::Own(user) => Some(format!("{} = {}", into.name(attr::ASSIGNEE), into.value(id(user.uuid())))),
        Reach::OwnAndUnassigned(user) => {
            let (name, value) = (into.name(attr::ASSIGNEE), into.value(id(user.uuid())));
            Some(format!("(attribute_not_exists({name}) OR {name} = {value})"))
        }
        Reach::Channel(channel) => Some(format!("{} = {}", into.name(attr::CHANNEL), into.value(id(channel.uuid())))),
    }
}
