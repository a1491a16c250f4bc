//! A patch as an update expression: what `patch::apply` does, done by the table.

use super::{Expression, attr, compact, encode};
use lambdesk_domain::{
    command::Change,
    id::{TicketId, WorkspaceId},
    patch::{Field, MessageTrace, Replies, TagChange, TicketPatch},
    status::{Shelf, Status, StatusSet},
    time::Timestamp,
};
use lambdesk_table::{
    Tenant, Value as Av,
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

struct Update<'a> {
    tenant: Tenant,
    ticket: TicketId,
    change: &'a Change,
    into: &'a mut Expression,
    clauses: Clauses,
}

/// The update expression of a change whose guard holds.
pub fn update(workspace: WorkspaceId, ticket: TicketId, change: &Change, into: &mut Expression) -> String {
    let tenant = Tenant::new(workspace);
    let mut update = Update { tenant, ticket, change, into, clauses: Clauses::default() };
    update.all(&change.patch, change.at);
    let Clauses { set, remove, add, delete } = update.clauses;
    let clauses = [("SET", set), ("REMOVE", remove), ("ADD", add), ("DELETE", delete)];
    let clauses = clauses.into_iter().filter(|(_, parts)| !parts.is_empty());
    clauses.map(|(word, parts)| format!("{word} {}", parts.join(", "))).collect::<Vec<_>>().join(" ")
}

impl Update<'_> {
    /// Exhaustive on purpose: a field that is added and forgotten here does not compile.
    fn all(&mut self, patch: &TicketPatch, now: Timestamp) {
        let TicketPatch {
            subject,
            status,
            shelf,
            priority,
            category,
            team,
            assignee,
            contact,
            account,
            requester_name,
            requester_email,
            requester_phone,
            tags,
            custom,
            uid,
            summary,
            follow_up_at,
            is_read_by_customer,
            is_read_by_organization,
            message,
            is_activity,
        } = patch;
        self.add(attr::VERSION, number(1));
        self.set(attr::UPDATED, time(now));
        self.set(attr::CAUSE, text(compact::cause(&self.change.cause)));
        if let Some(subject) = subject {
            self.set(attr::SUBJECT, text(subject.as_str()));
        }
        if let Some(priority) = priority {
            self.set(attr::PRIORITY, text(priority.as_str()));
            self.set("o_sk", text(keys::priority(*priority, self.ticket)));
        }
        self.field(attr::CATEGORY, category, |category| id(category.uuid()));
        self.field(attr::TEAM, team, |team| id(team.uuid()));
        self.field(attr::ASSIGNEE, assignee, |user| id(user.uuid()));
        self.field(attr::CONTACT, contact, encode::contact);
        self.field(attr::ACCOUNT, account, |account| id(account.uuid()));
        self.part(attr::REQUESTER, attr::NAME, requester_name, |name| text(name.as_str()));
        self.part(attr::REQUESTER, attr::EMAIL, requester_email, |email| text(email.as_str()));
        self.part(attr::REQUESTER, attr::PHONE, requester_phone, |phone| text(phone.as_str()));
        self.tags(tags);
        for (key, value) in custom {
            self.part(attr::CUSTOM, key.as_str(), &Field::to(value.as_ref()), |value| encode::custom(value));
        }
        self.field(attr::UID, uid, |uid| text(uid.as_str()));
        self.field(attr::SUMMARY, summary, |summary| text(summary.as_str()));
        self.field(attr::FOLLOW_UP, follow_up_at, |due| time(*due));
        self.flag(attr::READ_BY_CUSTOMER, *is_read_by_customer);
        self.flag(attr::READ_BY_ORGANIZATION, *is_read_by_organization);
        if let Some(status) = status {
            self.status(*status, now);
        }
        if let Some(shelf) = shelf {
            self.shelf(*shelf, now);
        }
        if let Some(trace) = message {
            self.message(trace, now);
        }
        if *is_activity {
            self.set(attr::LAST_ACTIVITY, time(now));
            self.set("l_sk", text(keys::activity(now, self.ticket)));
        }
        self.places(patch);
    }

    /// The status, with the times that hang on it.
    fn status(&mut self, status: Status, now: Timestamp) {
        if status == Status::Spam {
            let (before, now) = (self.into.name(attr::STATUS_BEFORE_SPAM), self.into.name(attr::STATUS));
            self.clauses.set.push(format!("{before} = {now}"));
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

    fn shelf(&mut self, to: Shelf, now: Timestamp) {
        self.set(attr::SHELF, text(to.as_str()));
        self.time_if(attr::ARCHIVED, to == Shelf::Archived, now);
        self.time_if(attr::TRASHED, to == Shelf::Trashed, now);
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
            Replies::OneFewer => self.add(attr::REPLIES, Av::N("-1".to_owned())),
        }
        if *is_response {
            self.set_first(attr::FIRST_RESPONSE, now);
        }
    }

    fn tags(&mut self, change: &TagChange) {
        match change {
            TagChange::Keep => {}
            TagChange::Replace(all) => match encode::tags(all) {
                Some(tags) => self.set(attr::TAGS, tags),
                None => self.remove(attr::TAGS),
            },
            TagChange::Attach(more) => {
                if let Some(tags) = encode::tags(more) {
                    self.add(attr::TAGS, tags);
                }
            }
            TagChange::Detach(fewer) => {
                if let Some(tags) = encode::tags(fewer) {
                    let (name, value) = (self.into.name(attr::TAGS), self.into.value(tags));
                    self.clauses.delete.push(format!("{name} {value}"));
                }
            }
        }
    }

    /// The ticket's places in the indexes, as far as the patch moves them.
    fn places(&mut self, patch: &TicketPatch) {
        let assigned = match &patch.assignee {
            Field::Keep => None,
            Field::Clear => Some(self.tenant.assigned(None)),
            Field::Set(user) => Some(self.tenant.assigned(Some(*user))),
        };
        if let Some(assigned) = &assigned {
            self.set(attr::ASSIGNED, text(assigned));
        }
        if let Field::Set(contact) = &patch.contact {
            self.set("x_pk", text(self.tenant.contact_tickets(contact.id)));
            self.set("x_sk", text(keys::short(self.ticket.uuid())));
        } else if patch.contact == Field::Clear {
            self.remove("x_pk");
            self.remove("x_sk");
        }
        self.list_place(patch);
        match (self.becomes_active(patch), assigned) {
            (Some(false), _) => {
                self.remove("a_pk");
                self.remove("o_pk");
            }
            (Some(true), Some(assigned)) => self.active_place(&text(assigned)),
            (Some(true), None) => {
                let (place, kept) = (self.into.name("a_pk"), self.into.name(attr::ASSIGNED));
                self.clauses.set.push(format!("{place} = {kept}"));
                self.set("o_pk", text(self.tenant.order()));
            }
            (None, _) => {}
        }
    }

    fn active_place(&mut self, assigned: &Av) {
        self.set("a_pk", assigned.clone());
        self.set("o_pk", text(self.tenant.order()));
    }

    /// Moves between the partitions of the list index. On a shelf other than the
    /// ordinary one the status does not matter; the guard knows the shelf.
    fn list_place(&mut self, patch: &TicketPatch) {
        let place = patch.shelf.unwrap_or(self.change.guard.shelf);
        let status = patch.status.or_else(|| self.known_status());
        let moves = patch.shelf.is_some() || patch.status.is_some() && place == Shelf::Live;
        debug_assert!(!moves || place != Shelf::Live || status.is_some(), "its place in the lists can't be told");
        if moves {
            let state = State::of(place, status.unwrap_or(Status::Open));
            self.set("l_pk", text(self.tenant.list(state)));
        }
    }

    /// Whether the ticket is open afterwards; none when nothing about that changes.
    fn becomes_active(&self, patch: &TicketPatch) -> Option<bool> {
        let place = patch.shelf.unwrap_or(self.change.guard.shelf);
        if place != Shelf::Live {
            return patch.shelf.map(|_| false);
        }
        match patch.status.or_else(|| patch.shelf.and_then(|_| self.known_status())) {
            Some(status) => Some(status.is_active()),
            // A new assignee moves the ticket within the index it is in.
            None if !patch.assignee.is_keep() => {
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

    fn set(&mut self, name: &str, value: Av) {
        let (name, value) = (self.into.name(name), self.into.value(value));
        self.clauses.set.push(format!("{name} = {value}"));
    }

    /// Keeps the first time.
    fn set_first(&mut self, name: &str, now: Timestamp) {
        let (name, value) = (self.into.name(name), self.into.value(time(now)));
        self.clauses.set.push(format!("{name} = if_not_exists({name}, {value})"));
    }

    fn set_first_if(&mut self, name: &str, holds: bool, now: Timestamp) {
        if holds { self.set_first(name, now) } else { self.remove(name) }
    }

    fn time_if(&mut self, name: &str, holds: bool, now: Timestamp) {
        if holds { self.set(name, time(now)) } else { self.remove(name) }
    }

    fn add(&mut self, name: &str, value: Av) {
        let (name, value) = (self.into.name(name), self.into.value(value));
        self.clauses.add.push(format!("{name} {value}"));
    }

    fn remove(&mut self, name: &str) {
        let name = self.into.name(name);
        self.clauses.remove.push(name);
    }

    fn flag(&mut self, name: &str, flag: Option<bool>) {
        if let Some(flag) = flag {
            self.set(name, Av::Bool(flag));
        }
    }

    fn field<T>(&mut self, name: &str, field: &Field<T>, encode: impl Fn(&T) -> Av) {
        match field {
            Field::Keep => {}
            Field::Clear => self.remove(name),
            Field::Set(value) => self.set(name, encode(value)),
        }
    }

    fn part<T>(&mut self, map: &str, key: &str, field: &Field<T>, encode: impl Fn(&T) -> Av) {
        let path = match field {
            Field::Keep => return,
            Field::Clear | Field::Set(_) => self.into.path(map, key),
        };
        match field {
            Field::Keep => {}
            Field::Clear => self.clauses.remove.push(path),
            Field::Set(value) => {
                let value = self.into.value(encode(value));
                self.clauses.set.push(format!("{path} = {value}"));
            }
        }
    }
}
