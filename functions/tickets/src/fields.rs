//! The fields of a ticket as callers send them, checked against the directory.

use lambdesk_api::{
    auth::Session,
    body::{Checker, Input, Unknown},
    problem::Problem,
};
use lambdesk_domain::{
    command::Fields,
    contact::{Account, Contact, ContactRef},
    custom_field::{FieldChanges, check},
    directory::Directory,
    id::{AccountId, CategoryId, ContactId, TagId, TeamId, UserId},
    patch::{Field, TagChange},
    status::{Priority, Status},
    text::{EmailAddress, Name, Phone, Subject, Summary, Uid},
    ticket::MAX_TAGS,
    time::Timestamp,
};
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;

/// The requester, as far as it is to change.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RequesterBody {
    pub name: Input<Name>,
    pub email: Input<EmailAddress>,
    pub phone: Input<Phone>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// The fields that PATCH and PUT take.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct FieldsBody {
    pub subject: Input<Subject>,
    pub status: Input<Status>,
    pub priority: Input<Priority>,
    pub category_id: Input<CategoryId>,
    pub team_id: Input<TeamId>,
    pub assignee_id: Input<UserId>,
    pub contact_id: Input<ContactId>,
    pub account_id: Input<AccountId>,
    pub requester: Input<RequesterBody>,
    pub tags: Input<Vec<String>>,
    pub custom: Input<Map<String, Json>>,
    pub uid: Input<Uid>,
    pub summary: Input<Summary>,
    pub follow_up_at: Input<Timestamp>,
    pub is_read_by_customer: Input<bool>,
    pub is_read_by_organization: Input<bool>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl FieldsBody {
    /// The fields to change: absent ones stay.
    ///
    /// # Errors
    /// All that is wrong with them, at once.
    pub async fn into_fields(self, session: &mut Session) -> Result<Fields, Problem> {
        let mut checker = Checker::default();
        let references = References::check(&self, session, &mut checker).await?;
        let mut fields = Fields {
            subject: checker.present("/subject", self.subject),
            status: checker.present("/status", self.status),
            priority: checker.present("/priority", self.priority),
            uid: checker.field("/uid", self.uid),
            summary: checker.field("/summary", self.summary),
            follow_up_at: checker.field("/follow_up_at", self.follow_up_at),
            is_read_by_customer: checker.present("/is_read_by_customer", self.is_read_by_customer),
            is_read_by_organization: checker.present("/is_read_by_organization", self.is_read_by_organization),
            ..references.into_fields(self.category_id, self.team_id, self.assignee_id, &mut checker)
        };
        if let Some(requester) = checker.present("/requester", self.requester) {
            fields.requester_name = checker.field("/requester/name", requester.name);
            fields.requester_email = checker.field("/requester/email", requester.email);
            fields.requester_phone = checker.field("/requester/phone", requester.phone);
            checker.unknown("/requester", requester.unknown);
        }
        checker.unknown("", self.unknown);
        checker.finish()?;
        Ok(fields)
    }
}

/// The references of a body, looked up.
struct References {
    contact: Field<ContactRef>,
    account: Field<Account>,
    tags: TagChange,
    custom: FieldChanges,
}

impl References {
    async fn check(body: &FieldsBody, session: &mut Session, checker: &mut Checker) -> Result<Self, Problem> {
        if let Input::Value(id) = body.category_id {
            require_category(id, session, checker).await?;
        }
        if let Input::Value(id) = body.team_id {
            require_team(id, session, checker).await?;
        }
        if let Input::Value(id) = body.assignee_id {
            require_user(id, session, checker).await?;
        }
        let contact = match checker.field("/contact_id", body.contact_id.clone()) {
            Field::Set(id) => contact(id, session, checker)
                .await?
                .map_or(Field::Keep, |contact| Field::Set(ContactRef::from(&contact))),
            Field::Clear => Field::Clear,
            Field::Keep => Field::Keep,
        };
        let account = match checker.field("/account_id", body.account_id.clone()) {
            Field::Set(id) => account(id, session, checker).await?.map_or(Field::Keep, Field::Set),
            Field::Clear => Field::Clear,
            Field::Keep => Field::Keep,
        };
        let tags = match checker.field("/tags", body.tags.clone()) {
            Field::Set(names) => TagChange::Replace(tags(&names, session, checker).await?),
            Field::Clear => TagChange::Replace(BTreeSet::new()),
            Field::Keep => TagChange::Keep,
        };
        let given = checker.present("/custom", body.custom.clone()).unwrap_or_default();
        let custom = custom(&given, false, session, checker).await?;
        Ok(Self { contact, account, tags, custom })
    }

    fn into_fields(
        self,
        category: Input<CategoryId>,
        team: Input<TeamId>,
        assignee: Input<UserId>,
        checker: &mut Checker,
    ) -> Fields {
        Fields {
            category: checker.field("/category_id", category),
            team: checker.field("/team_id", team),
            assignee: checker.field("/assignee_id", assignee),
            contact: self.contact,
            account: self.account,
            tags: self.tags,
            custom: self.custom,
            ..Fields::default()
        }
    }
}

const NO_SUCH: &str = "no_such_reference";

/// Holds a category to the directory.
pub async fn require_category(id: CategoryId, session: &mut Session, checker: &mut Checker) -> Result<(), Problem> {
    require(session, checker, "/category_id", "there is no such category", |directory| {
        directory.categories.contains_key(&id)
    })
    .await
}

/// Holds a team to the directory.
pub async fn require_team(id: TeamId, session: &mut Session, checker: &mut Checker) -> Result<(), Problem> {
    require(session, checker, "/team_id", "there is no such team", |directory| directory.teams.contains_key(&id)).await
}

/// Holds an assignee to the directory.
pub async fn require_user(id: UserId, session: &mut Session, checker: &mut Checker) -> Result<(), Problem> {
    require(session, checker, "/assignee_id", "there is no such user", |directory| directory.users.contains_key(&id))
        .await
}

async fn require(
    session: &mut Session,
    checker: &mut Checker,
    pointer: &str,
    detail: &str,
    is_there: impl Fn(&Directory) -> bool,
) -> Result<(), Problem> {
    let found = session.find(|directory| is_there(directory).then_some(())).await?;
    if found.is_none() {
        checker.error(pointer, NO_SUCH, detail);
    }
    Ok(())
}

/// A contact that must exist.
pub async fn contact(id: ContactId, session: &Session, checker: &mut Checker) -> Result<Option<Contact>, Problem> {
    let contact = session.store.contact(session.workspace(), id).await?;
    if contact.is_none() {
        checker.error("/contact_id", NO_SUCH, "there is no such contact");
    }
    Ok(contact)
}

/// An account that must exist.
pub async fn account(id: AccountId, session: &Session, checker: &mut Checker) -> Result<Option<Account>, Problem> {
    let account = session.store.account(session.workspace(), id).await?;
    if account.is_none() {
        checker.error("/account_id", NO_SUCH, "there is no such account");
    }
    Ok(account)
}

/// Tags by name or id, all of which must exist.
pub async fn tags(names: &[String], session: &mut Session, checker: &mut Checker) -> Result<BTreeSet<TagId>, Problem> {
    let mut tags = BTreeSet::new();
    if names.len() > MAX_TAGS {
        checker.error("/tags", "too_many", "a ticket has at most 50 tags");
        return Ok(tags);
    }
    for (index, name) in names.iter().enumerate() {
        match session.find(|directory| tag(name, directory)).await? {
            Some(tag) => drop(tags.insert(tag)),
            None => checker.error(&format!("/tags/{index}"), NO_SUCH, "there is no such tag"),
        }
    }
    Ok(tags)
}

fn tag(name: &str, directory: &Directory) -> Option<TagId> {
    let by_id = name.parse().ok().filter(|id| directory.tags.contains_key(id));
    by_id.or_else(|| directory.tag_named(name).map(|tag| tag.id))
}

/// Custom values held to their definitions.
pub async fn custom(
    given: &Map<String, Json>,
    is_new: bool,
    session: &mut Session,
    checker: &mut Checker,
) -> Result<FieldChanges, Problem> {
    let found = session.find(|directory| check(&directory.fields, given, is_new).ok()).await?;
    if let Some(changes) = found {
        return Ok(changes);
    }
    for (key, error) in check(&session.directory.fields, given, is_new).err().unwrap_or_default() {
        checker.error(&format!("/custom/{}", pointer_token(&key)), "invalid_custom_field", error.to_string());
    }
    Ok(FieldChanges::new())
}

/// A member name as a JSON pointer spells it (RFC 6901, section 3).
fn pointer_token(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

impl FieldsBody {
    /// As PUT means it: what is left out is cleared, where it can be.
    pub fn cleared_where_absent(mut self) -> Self {
        fn clear<T>(input: &mut Input<T>) {
            if matches!(input, Input::Absent) {
                *input = Input::Null;
            }
        }
        clear(&mut self.category_id);
        clear(&mut self.team_id);
        clear(&mut self.assignee_id);
        clear(&mut self.account_id);
        clear(&mut self.tags);
        clear(&mut self.uid);
        clear(&mut self.summary);
        clear(&mut self.follow_up_at);
        self
    }
}
