//! A patch as an update expression: what `patch::apply` does, done by the table.

use super::{
    attr::{self, Path, stored},
    compact,
};
use lambdesk_domain::{
    command::Change,
    contact::ContactRef,
    id::{TicketId, WorkspaceId},
    patch::{MessageTrace, Replies, TagChange, TicketPatch},
    set::Set,
    status::{Lifecycle, Status, StatusSet},
    time::Timestamp,
};
use lambdesk_table::{
    Expression, Key, Tenant, Value, Write,
    item::{id, number, text, time},
    keys::{self, State},
};

/// The clauses of one update expression.
#[derive(Default)]
struct Clauses {
    set: Vec<String>,
    remove: Vec<String>,
    add: Vec<String>,
    delete: Vec<String>,
}

struct UpdateExpression<'a> {
    tenant: Tenant,
    ticket: TicketId,
    change: &'a Change,
    into: &'a mut Expression,
    clauses: Clauses,
}

/// The update expression of a change whose guard holds.
pub fn update(workspace: WorkspaceId, ticket: TicketId, change: &Change, into: &mut Expression) -> String {
    let tenant = Tenant::new(workspace);
    let mut update = UpdateExpression { tenant, ticket, change, into, clauses: Clauses::default() };
    update.all(&change.patch, change.at);
    let Clauses { set, remove, add, delete } = update.clauses;
    let clauses = [("SET", set), ("REMOVE", remove), ("ADD", add), ("DELETE", delete)];
    let clauses = clauses.into_iter().filter(|(_, parts)| !parts.is_empty());
    clauses.map(|(word, parts)| format!("{word} {}", parts.join(", "))).collect::<Vec<_>>().join(" ")
}

/// The write that makes the copy of a contact on its ticket what the contact is. It changes
/// nothing of a ticket that is another's by now, or whose copy is right; nor whether anybody
/// has proved that the ticket is the contact's.
pub fn copy_contact(key: Key, contact: &ContactRef) -> Write {
    let copy = attr::contact_parts(contact);
    let mut into = Expression::default();
    let whole = into.name(attr::CONTACT);
    let of = into.name(attr::ID);
    let same_contact = format!("{whole}.{of} = {}", into.value(id(contact.id.uuid())));
    let (mut set, mut remove, mut right) = (Vec::new(), Vec::new(), Vec::new());
    for part in [attr::NAME, attr::EMAIL, attr::EXTERNAL_ID] {
        let path = format!("{whole}.{}", into.name(part));
        let Some(value) = copy.get(part) else {
            right.push(format!("attribute_not_exists({path})"));
            remove.push(path);
            continue;
        };
        let is_it = format!("{path} = {}", into.value(value.clone()));
        set.push(is_it.clone());
        right.push(is_it);
    }
    let clauses = [("SET", set), ("REMOVE", remove)].into_iter().filter(|(_, parts)| !parts.is_empty());
    let update: Vec<_> = clauses.map(|(word, parts)| format!("{word} {}", parts.join(", "))).collect();
    let write = Write::update(key, update.join(" "));
    write.when(format!("{same_contact} AND NOT ({})", right.join(" AND "))).with(into)
}

impl UpdateExpression<'_> {
    /// Exhaustive on purpose: a part of the patch that is added and forgotten here does not compile.
    fn all(&mut self, patch: &TicketPatch, now: Timestamp) {
        let TicketPatch { sets, status, lifecycle, tags, message, is_activity, continued_by } = patch;
        self.add(attr::VERSION, number(1));
        self.set(attr::UPDATED, time(now));
        self.set(attr::CAUSE, text(compact::cause(&self.change.cause)));
        for set in sets {
            self.plain(set);
        }
        self.tags(tags);
        if let Some(status) = status {
            self.status(*status, now);
        }
        if let Some(lifecycle) = lifecycle {
            self.lifecycle(*lifecycle, now);
        }
        if let Some(trace) = message {
            self.message(trace, now);
        }
        if *is_activity {
            self.set(attr::LAST_ACTIVITY, time(now));
            self.set("l_sk", text(keys::activity(now, self.ticket)));
        }
        if let Some(by) = continued_by {
            self.set(attr::CONTINUED_BY, id(by.uuid()));
        }
        self.places(patch);
    }

    /// The status, with the times that hang on it.
    fn status(&mut self, status: Status, now: Timestamp) {
        if status == Status::Spam {
            self.copy(attr::STATUS_BEFORE_SPAM, attr::STATUS);
        } else {
            self.remove(attr::STATUS_BEFORE_SPAM);
        }
        self.set(attr::STATUS, text(status.as_str()));
        for other in StatusSet::ALL.without(status).iter() {
            self.remove(attr::since(other));
        }
        self.set_first(attr::since(status), now);
        if status == Status::InProgress {
            self.set_first(attr::IN_PROGRESS, now);
        }
        self.set_first_if(attr::RESOLVED, status.is_closed(), now);
        self.set_first_if(attr::CLOSED, status == Status::Closed, now);
    }

    fn lifecycle(&mut self, to: Lifecycle, now: Timestamp) {
        self.set(attr::LIFECYCLE, text(to.as_str()));
        self.time_if(attr::ARCHIVED, to == Lifecycle::Archived, now);
        self.time_if(attr::TRASHED, to == Lifecycle::Trashed, now);
    }

    fn message(&mut self, trace: &MessageTrace, now: Timestamp) {
        let MessageTrace { preview, awaiting, replies, is_response } = trace;
        if let Some(preview) = preview {
            self.set(attr::PREVIEW, text(preview.as_str()));
        }
        if let Some(awaiting) = awaiting {
            self.set(attr::AWAITING, text(awaiting.as_str()));
        }
        match replies {
            Replies::Keep => {}
            Replies::OneMore => self.add(attr::REPLIES, number(1)),
            Replies::OneFewer => self.add(attr::REPLIES, Value::N("-1".to_owned())),
        }
        if *is_response {
            self.set_first(attr::FIRST_RESPONSE, now);
        }
    }

    fn tags(&mut self, change: &TagChange) {
        match change {
            TagChange::Keep => {}
            TagChange::Replace(all) => self.assign(Path::Whole(attr::TAGS), attr::tags(all)),
            TagChange::Attach(more) => {
                if let Some(tags) = attr::tags(more) {
                    self.add(attr::TAGS, tags);
                }
            }
            TagChange::Detach(fewer) => {
                if let Some(tags) = attr::tags(fewer) {
                    let (name, value) = (self.into.name(attr::TAGS), self.into.value(tags));
                    self.clauses.delete.push(format!("{name} {value}"));
                }
            }
        }
    }

    /// A plain field, also where the indexes have it; but for the lists of active tickets.
    fn plain(&mut self, set: &Set) {
        let (path, value) = stored(set);
        self.assign(path, value);
        match set {
            Set::Priority(priority) => self.set("o_sk", text(keys::priority(*priority, self.ticket))),
            Set::Assignee(user) => self.set(attr::ASSIGNED, text(self.tenant.assigned(*user))),
            Set::FollowUpAt(due) => {
                let is_silent = due.is_some() && self.change.cause.is_silent;
                self.assign(Path::Whole(attr::FOLLOW_UP_SILENT), is_silent.then_some(Value::Bool(true)));
            }
            Set::Contact(Some(contact)) => {
                self.set("x_pk", text(self.tenant.contact_tickets(contact.id)));
                self.set("x_sk", text(keys::short(self.ticket.uuid())));
            }
            Set::Contact(None) => {
                self.remove("x_pk");
                self.remove("x_sk");
            }
            _ => {}
        }
    }

    /// The ticket's places in the lists, as far as the patch moves them.
    fn places(&mut self, patch: &TicketPatch) {
        self.list_place(patch);
        let assigned = self.assigned(patch);
        match self.becomes_active(patch, assigned.is_some()) {
            Some(false) => {
                self.remove("a_pk");
                self.remove("o_pk");
            }
            Some(true) => {
                match assigned {
                    Some(assigned) => self.set("a_pk", text(assigned)),
                    None => self.copy("a_pk", attr::ASSIGNED),
                }
                self.set("o_pk", text(self.tenant.order()));
            }
            None => {}
        }
    }

    /// The partition of the new assignee's tickets, where the patch assigns.
    fn assigned(&self, patch: &TicketPatch) -> Option<String> {
        patch.sets.iter().find_map(|set| match set {
            Set::Assignee(user) => Some(self.tenant.assigned(*user)),
            _ => None,
        })
    }

    /// Moves between the partitions of the list index. On a lifecycle state other than the
    /// ordinary one the status does not matter; the guard knows the lifecycle state.
    fn list_place(&mut self, patch: &TicketPatch) {
        let place = patch.lifecycle.unwrap_or(self.change.guard.lifecycle);
        let status = patch.status.or_else(|| self.known_status());
        let moves = patch.lifecycle.is_some() || patch.status.is_some() && place == Lifecycle::Live;
        debug_assert!(!moves || place != Lifecycle::Live || status.is_some(), "its place in the lists can't be told");
        if moves {
            let state = State::of(place, status.unwrap_or(Status::Open));
            self.set("l_pk", text(self.tenant.list(state)));
        }
    }

    /// Whether the ticket is open afterwards; none when nothing about that changes.
    fn becomes_active(&self, patch: &TicketPatch, is_assigned: bool) -> Option<bool> {
        let place = patch.lifecycle.unwrap_or(self.change.guard.lifecycle);
        if place != Lifecycle::Live {
            return patch.lifecycle.map(|_| false);
        }
        match patch.status.or_else(|| patch.lifecycle.and_then(|_| self.known_status())) {
            Some(status) => Some(status.is_active()),
            // A new assignee moves the ticket within the index it is in.
            None if is_assigned => {
                debug_assert!(self.all_active() || self.none_active(), "its place among the assignee's can't be told");
                self.all_active().then_some(true)
            }
            None => None,
        }
    }

    fn none_active(&self) -> bool {
        !self.change.guard.statuses.iter().any(Status::is_active)
    }

    fn all_active(&self) -> bool {
        self.change.guard.statuses.iter().all(Status::is_active)
    }

    /// The status, where the guard admits one only.
    fn known_status(&self) -> Option<Status> {
        let mut statuses = self.change.guard.statuses.iter();
        statuses.next().filter(|_| statuses.next().is_none())
    }

    fn assign(&mut self, path: Path<'_>, value: Option<Value>) {
        let path = path.placeholder(self.into);
        match value {
            Some(value) => {
                let value = self.into.value(value);
                self.clauses.set.push(format!("{path} = {value}"));
            }
            None => self.clauses.remove.push(path),
        }
    }

    fn set(&mut self, name: &'static str, value: Value) {
        self.assign(Path::Whole(name), Some(value));
    }

    fn remove(&mut self, name: &'static str) {
        self.assign(Path::Whole(name), None);
    }

    fn copy(&mut self, to: &str, from: &str) {
        let (to, from) = (self.into.name(to), self.into.name(from));
        self.clauses.set.push(format!("{to} = {from}"));
    }

    /// Keeps the first time.
    fn set_first(&mut self, name: &str, now: Timestamp) {
        let (name, value) = (self.into.name(name), self.into.value(time(now)));
        self.clauses.set.push(format!("{name} = if_not_exists({name}, {value})"));
    }

    fn set_first_if(&mut self, name: &'static str, holds: bool, now: Timestamp) {
        if holds { self.set_first(name, now) } else { self.remove(name) }
    }

    fn time_if(&mut self, name: &'static str, holds: bool, now: Timestamp) {
        if holds { self.set(name, time(now)) } else { self.remove(name) }
    }

    fn add(&mut self, name: &str, value: Value) {
        let (name, value) = (self.into.name(name), self.into.value(value));
        self.clauses.add.push(format!("{name} {value}"));
    }
}
