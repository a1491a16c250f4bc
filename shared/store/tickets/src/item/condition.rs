//! What a change assumes, as a condition expression.

use super::{
    attr::{self, Path, stored},
    compact,
};
use lambdesk_domain::{
    access::VisibilityScope,
    command::Change,
    guard::Guard,
    id::{TagId, VersionSet},
    patch::{TagChange, TicketPatch},
    status::StatusSet,
    ticket::Ticket,
};
use lambdesk_table::{
    Expression, Value,
    item::{id, number, text, time},
    keys,
};

/// The condition that holds exactly for the tickets that the change admits.
pub fn condition(change: &Change, into: &mut Expression) -> String {
    let guard = &change.guard;
    let mut parts = vec![lifecycle(guard, into)];
    if guard.statuses != StatusSet::ALL {
        parts.push(statuses(guard.statuses, into));
    }
    parts.extend(visibility(guard.visibility, into));
    parts.extend(guard.versions.as_ref().map(|versions| version(versions, into)));
    if let Some(due) = guard.follow_up_at {
        parts.push(format!("{} = {}", into.name(attr::FOLLOW_UP), into.value(time(due))));
    }
    if let Some(by) = guard.continued_by {
        parts.push(equals(Path::Whole(attr::CONTINUED_BY), by.map(|by| id(by.uuid())), into));
    }
    if let Some(is_silent) = guard.is_follow_up_silent {
        let name = into.name(attr::FOLLOW_UP_SILENT);
        parts.push(format!("attribute_{}exists({name})", if is_silent { "" } else { "not_" }));
    }
    if let Some(most) = guard.most_tags {
        let (name, most) = (into.name(attr::TAGS), into.value(number(most as u64)));
        parts.push(format!("(attribute_not_exists({name}) OR size({name}) <= {most})"));
    }
    if guard.rejects_noop {
        parts.extend(unless_noop(&change.patch, into));
    }
    parts.join(" AND ")
}

/// Of a set of none there is no ticket, for each has a version.
fn version(versions: &VersionSet, into: &mut Expression) -> String {
    let name = into.name(attr::VERSION);
    let numbers: Vec<_> = versions.iter().map(|version| into.value(number(version.0))).collect();
    match numbers.as_slice() {
        [] => format!("attribute_not_exists({name})"),
        [number] => format!("{name} = {number}"),
        numbers => format!("{name} IN ({})", numbers.join(", ")),
    }
}

fn lifecycle(guard: &Guard, into: &mut Expression) -> String {
    format!("{} = {}", into.name(attr::LIFECYCLE), into.value(text(guard.lifecycle.as_str())))
}

fn statuses(statuses: StatusSet, into: &mut Expression) -> String {
    let words: Vec<_> = statuses.iter().map(|status| into.value(text(status.as_str()))).collect();
    format!("{} IN ({})", into.name(attr::STATUS), words.join(", "))
}

/// The condition that the patch is no no-op, which is what `TicketPatch::is_noop` says of a
/// ticket; none where it never is one. (A status never is, because the guard leaves out the
/// one that is set.)
///
/// Exhaustive on purpose: a part of the patch that is added and forgotten here does not compile.
fn unless_noop(patch: &TicketPatch, into: &mut Expression) -> Option<String> {
    let TicketPatch { sets, status, lifecycle, tags, message, is_activity, continued_by } = patch;
    if status.is_some() || lifecycle.is_some() || message.is_some() || *is_activity || continued_by.is_some() {
        return None;
    }
    let held = sets.iter().map(stored).map(|(path, value)| equals(path, value, into));
    let mut held: Vec<_> = held.collect();
    held.extend(tags_held(tags, into));
    // A patch of nothing is always a no-op.
    let all = if held.is_empty() { "attribute_exists(pk)".to_owned() } else { held.join(" AND ") };
    Some(format!("NOT ({all})"))
}

fn equals(path: Path<'_>, value: Option<Value>, into: &mut Expression) -> String {
    let path = path.placeholder(into);
    match value {
        Some(value) => format!("{path} = {}", into.value(value)),
        None => format!("attribute_not_exists({path})"),
    }
}

/// The conditions that a change of tags is a no-op.
fn tags_held(change: &TagChange, into: &mut Expression) -> Vec<String> {
    let (all, not) = match change {
        TagChange::Keep => return Vec::new(),
        TagChange::Replace(all) => return vec![equals(Path::Whole(attr::TAGS), attr::tags(all), into)],
        TagChange::Attach(more) => (more, ""),
        TagChange::Detach(fewer) => (fewer, "NOT "),
    };
    let contains = |tag: &TagId| {
        let (name, tag) = (into.name(attr::TAGS), into.value(text(keys::short(tag.uuid()))));
        format!("{not}contains({name}, {tag})")
    };
    all.iter().map(contains).collect()
}

/// The condition that this very change is not what made the ticket as it is: the
/// SDK sends an update again when the answer is lost. None on the clock, where the
/// guard itself does not hold a second time.
pub fn dedup(change: &Change, into: &mut Expression) -> Option<String> {
    change.cause.request_id?;
    let (cause, ours) = (into.name(attr::CAUSE), into.value(text(compact::cause(&change.cause))));
    let (updated, at) = (into.name(attr::UPDATED), into.value(time(change.at)));
    Some(format!("({cause} <> {ours} OR {updated} <> {at})"))
}

/// Whether this very change made the ticket as it is: the other side of [`dedup`].
pub fn is_written(change: &Change, ticket: &Ticket) -> bool {
    change.cause.request_id.is_some() && ticket.cause == change.cause && ticket.updated_at == change.at
}

/// The condition that a ticket is visible; none when all are.
pub fn visibility(visibility: VisibilityScope, into: &mut Expression) -> Option<String> {
    match visibility {
        VisibilityScope::All => None,
        VisibilityScope::Own(user) => Some(format!("{} = {}", into.name(attr::ASSIGNEE), into.value(id(user.uuid())))),
        VisibilityScope::OwnAndUnassigned(user) => {
            let (name, value) = (into.name(attr::ASSIGNEE), into.value(id(user.uuid())));
            Some(format!("(attribute_not_exists({name}) OR {name} = {value})"))
        }
        VisibilityScope::Channel(channel) => {
            Some(format!("{} = {}", into.name(attr::CHANNEL), into.value(id(channel.uuid()))))
        }
    }
}
