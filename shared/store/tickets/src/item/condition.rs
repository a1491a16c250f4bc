//! What a change assumes, as a condition expression.

use super::{Expression, attr, compact, news::news};
use lambdesk_domain::{access::Reach, command::Change, guard::Guard, status::StatusSet, ticket::Ticket};
use lambdesk_table::item::{id, number, text, time};

/// The condition that holds exactly for the tickets that the change admits.
pub fn condition(change: &Change, into: &mut Expression) -> String {
    let guard = &change.guard;
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
    if let Some(most) = guard.most_tags {
        let (name, most) = (into.name(attr::TAGS), into.value(number(most as u64)));
        parts.push(format!("(attribute_not_exists({name}) OR size({name}) <= {most})"));
    }
    if guard.is_news {
        parts.extend(news(&change.patch, into));
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

/// The condition that this very change is not what made the ticket as it is: the
/// SDK sends an update again when the answer is lost. None on the clock, where the
/// guard itself does not hold a second time.
pub fn unwritten(change: &Change, into: &mut Expression) -> Option<String> {
    change.cause.request_id?;
    let (cause, ours) = (into.name(attr::CAUSE), into.value(text(compact::cause(&change.cause))));
    let (updated, at) = (into.name(attr::UPDATED), into.value(time(change.at)));
    Some(format!("({cause} <> {ours} OR {updated} <> {at})"))
}

/// Whether this very change made the ticket as it is: the other side of [`unwritten`].
pub fn is_written(change: &Change, ticket: &Ticket) -> bool {
    change.cause.request_id.is_some() && ticket.cause == change.cause && ticket.updated_at == change.at
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
