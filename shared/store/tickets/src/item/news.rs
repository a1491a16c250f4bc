//! The condition that a patch brings something new: what `TicketPatch::is_so` says of
//! a ticket, turned around and said by the table.

use super::{Expression, attr, encode};
use lambdesk_domain::patch::{Field, TagChange, TicketPatch};
use lambdesk_table::{
    Value as Av,
    item::{id, text, time},
    keys,
};

/// The condition; none where the patch is news whatever the ticket has. (A status is,
/// because the guard leaves out the one that is set.)
///
/// Exhaustive on purpose: a field that is added and forgotten here does not compile.
pub fn news(patch: &TicketPatch, into: &mut Expression) -> Option<String> {
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
    if status.is_some() || shelf.is_some() || message.is_some() || *is_activity {
        return None;
    }
    let mut same = Same { into, parts: Vec::new() };
    same.given(attr::SUBJECT, subject.as_ref(), |subject| text(subject.as_str()));
    same.given(attr::PRIORITY, priority.as_ref(), |priority| text(priority.as_str()));
    same.given(attr::READ_BY_CUSTOMER, is_read_by_customer.as_ref(), |flag| Av::Bool(*flag));
    same.given(attr::READ_BY_ORGANIZATION, is_read_by_organization.as_ref(), |flag| Av::Bool(*flag));
    same.field(attr::CATEGORY, category, |category| id(category.uuid()));
    same.field(attr::TEAM, team, |team| id(team.uuid()));
    same.field(attr::ASSIGNEE, assignee, |user| id(user.uuid()));
    same.field(attr::CONTACT, contact, encode::contact);
    same.field(attr::ACCOUNT, account, |account| id(account.uuid()));
    same.part(attr::REQUESTER, attr::NAME, requester_name, |name| text(name.as_str()));
    same.part(attr::REQUESTER, attr::EMAIL, requester_email, |email| text(email.as_str()));
    same.part(attr::REQUESTER, attr::PHONE, requester_phone, |phone| text(phone.as_str()));
    same.field(attr::UID, uid, |uid| text(uid.as_str()));
    same.field(attr::SUMMARY, summary, |summary| text(summary.as_str()));
    same.field(attr::FOLLOW_UP, follow_up_at, |due| time(*due));
    for (key, value) in custom {
        same.part(attr::CUSTOM, key.as_str(), &Field::to(value.as_ref()), |value| encode::custom(value));
    }
    same.tags(tags);
    // A patch of nothing is never news.
    let all = if same.parts.is_empty() { "attribute_exists(pk)".to_owned() } else { same.parts.join(" AND ") };
    Some(format!("NOT ({all})"))
}

/// The conditions that each part of a patch is so already.
struct Same<'a> {
    into: &'a mut Expression,
    parts: Vec<String>,
}

impl Same<'_> {
    fn given<T>(&mut self, name: &str, value: Option<&T>, encode: impl Fn(&T) -> Av) {
        if let Some(value) = value {
            let name = self.into.name(name);
            self.equals(&name, encode(value));
        }
    }

    fn field<T>(&mut self, name: &str, field: &Field<T>, encode: impl Fn(&T) -> Av) {
        if !field.is_keep() {
            let name = self.into.name(name);
            self.at(&name, field, encode);
        }
    }

    fn part<T>(&mut self, map: &str, key: &str, field: &Field<T>, encode: impl Fn(&T) -> Av) {
        if !field.is_keep() {
            let path = self.into.path(map, key);
            self.at(&path, field, encode);
        }
    }

    fn at<T>(&mut self, path: &str, field: &Field<T>, encode: impl Fn(&T) -> Av) {
        match field {
            Field::Keep => {}
            Field::Clear => self.parts.push(format!("attribute_not_exists({path})")),
            Field::Set(value) => self.equals(path, encode(value)),
        }
    }

    fn equals(&mut self, path: &str, value: Av) {
        let value = self.into.value(value);
        self.parts.push(format!("{path} = {value}"));
    }

    fn tags(&mut self, change: &TagChange) {
        let (all, not) = match change {
            TagChange::Keep => return,
            TagChange::Replace(all) => {
                let all = encode::tags(all).map_or(Field::Clear, Field::Set);
                return self.field(attr::TAGS, &all, Clone::clone);
            }
            TagChange::Attach(more) => (more, ""),
            TagChange::Detach(fewer) => (fewer, "NOT "),
        };
        for tag in all {
            let (name, tag) = (self.into.name(attr::TAGS), self.into.value(text(keys::short(tag.uuid()))));
            self.parts.push(format!("{not}contains({name}, {tag})"));
        }
    }
}
