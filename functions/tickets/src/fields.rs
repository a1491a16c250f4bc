//! The fields of a ticket as PATCH and PUT take them.

use crate::{
    fit::{Cleared, Fit, Relation},
    references::{self, Custom, require_owner},
};
use lambdesk_api::{
    auth::Session,
    body::{Checker, Input, Unknown},
    openapi::nullable,
    problem::Problem,
};
use lambdesk_domain::{
    access::Actor,
    command::Fields,
    contact::{Account, ContactRef},
    custom_field::FieldChanges,
    id::{AccountId, CategoryId, ContactId, TeamId, UserId},
    patch::{Field, TagChange},
    set::Set,
    status::{Priority, Status},
    text::{EmailAddress, Name, Phone, Subject, Summary, Uid},
    time::Timestamp,
};
use lambdesk_store_lists::ClientSight;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;

/// Who asked, as given with the ticket.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "RequesterFields")]
pub struct RequesterBody {
    /// Their name.
    #[schemars(transform = nullable)]
    pub name: Input<Name>,
    /// Their address.
    #[schemars(transform = nullable)]
    pub email: Input<EmailAddress>,
    /// Their number.
    #[schemars(transform = nullable)]
    pub phone: Input<Phone>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// The fields that PATCH and PUT take.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "TicketFields")]
pub struct FieldsBody {
    /// What it is about, in a line.
    pub subject: Input<Subject>,
    /// Where it stands.
    pub status: Input<Status>,
    /// How urgent it is.
    pub priority: Input<Priority>,
    /// Its category.
    #[schemars(transform = nullable)]
    pub category_id: Input<CategoryId>,
    /// The team that it is with.
    #[schemars(transform = nullable)]
    pub team_id: Input<TeamId>,
    /// The user who works on it.
    #[schemars(transform = nullable)]
    pub assignee_id: Input<UserId>,
    /// The contact whose it is.
    #[schemars(transform = nullable)]
    pub contact_id: Input<ContactId>,
    /// The account that it is about: the contact's, or nobody's.
    #[schemars(transform = nullable)]
    pub account_id: Input<AccountId>,
    /// Who asked, as given with the ticket.
    #[schemars(transform = nullable)]
    pub requester: Input<RequesterBody>,
    /// Its tags, by name or id.
    #[schemars(transform = nullable)]
    pub tags: Input<Vec<String>>,
    /// Custom values by key.
    #[schemars(transform = nullable)]
    pub custom: Input<Map<String, Json>>,
    /// The end user's name in another system.
    #[schemars(transform = nullable)]
    pub uid: Input<Uid>,
    /// What it comes to, in short.
    #[schemars(transform = nullable)]
    pub summary: Input<Summary>,
    /// When it comes back into the lists.
    #[schemars(transform = nullable)]
    pub follow_up_at: Input<Timestamp>,
    /// The customer has seen the last message.
    pub is_read_by_customer: Input<bool>,
    /// Somebody of the workspace has seen the last message.
    pub is_read_by_organization: Input<bool>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// What a body asks for.
#[derive(Debug)]
pub struct Asked {
    /// The fields to change.
    pub fields: Fields,
    /// What only the ticket can tell of them.
    pub fit: Fit,
}

impl FieldsBody {
    /// The fields to change: absent ones stay.
    ///
    /// # Errors
    /// All that is wrong with them, at once.
    pub async fn asked(self, sight: ClientSight<'_>, session: &mut Session) -> Result<Asked, Problem> {
        let mut checker = Checker::default();
        let asked = self.read(Custom::Some, sight, session, &mut checker).await?;
        checker.finish()?;
        Ok(asked)
    }

    /// The fields as a whole: absent ones are cleared. Those that can't be empty
    /// stay, but the subject must be there.
    ///
    /// # Errors
    /// All that is wrong with them, at once.
    pub async fn asked_as_a_whole(self, sight: ClientSight<'_>, session: &mut Session) -> Result<Asked, Problem> {
        let mut checker = Checker::default();
        if self.subject.is_absent() {
            checker.error("/subject", "required", "must be given");
        }
        let asked = self.read(Custom::All, sight, session, &mut checker).await?;
        checker.finish()?;
        Ok(asked)
    }

    /// Exhaustive on purpose: a member that is added and forgotten here does not compile.
    async fn read(
        self,
        extent: Custom,
        sight: ClientSight<'_>,
        session: &mut Session,
        checker: &mut Checker,
    ) -> Result<Asked, Problem> {
        let found = Found::read(&self, extent, sight, session, checker).await?;
        let relation = found.relation(checker);
        let is_clear = |input: &Input<CategoryId>| or_null(input.clone(), extent) == Input::Null;
        let cleared = Cleared { category: is_clear(&self.category_id), contact: found.contact == Field::Clear };
        let fit = Fit::of(relation, cleared, &session.directory);
        let Self {
            subject,
            status,
            priority,
            category_id,
            team_id,
            assignee_id,
            contact_id: _,
            account_id: _,
            requester,
            tags: _,
            custom: _,
            uid,
            summary,
            follow_up_at,
            is_read_by_customer,
            is_read_by_organization,
            unknown,
        } = self;
        let (sets, tags) = found.into_parts();
        let mut reader = FieldReader { extent, checker, sets };
        reader.value("/subject", subject, Set::Subject);
        let status = reader.checker.present("/status", status);
        reader.value("/priority", priority, Set::Priority);
        reader.nullable("/category_id", category_id, Set::Category);
        reader.nullable("/team_id", team_id, Set::Team);
        reader.nullable("/assignee_id", assignee_id, Set::Assignee);
        reader.nullable("/uid", uid, Set::Uid);
        reader.nullable("/summary", summary, Set::Summary);
        reader.nullable("/follow_up_at", follow_up_at, Set::FollowUpAt);
        reader.value("/is_read_by_customer", is_read_by_customer, Set::ReadByCustomer);
        reader.value("/is_read_by_organization", is_read_by_organization, Set::ReadByOrganization);
        reader.requester(requester);
        reader.checker.unknown("", unknown);
        Ok(Asked { fields: Fields { sets: reader.sets, status, tags }, fit })
    }
}

/// Reads members as what they set.
struct FieldReader<'a> {
    extent: Custom,
    checker: &'a mut Checker,
    sets: Vec<Set>,
}

impl FieldReader<'_> {
    /// A member that can't be null.
    fn value<T>(&mut self, pointer: &str, input: Input<T>, set: impl FnOnce(T) -> Set) {
        self.sets.extend(self.checker.present(pointer, input).map(set));
    }

    /// A member that null clears.
    fn nullable<T>(&mut self, pointer: &str, input: Input<T>, set: impl FnOnce(Option<T>) -> Set) {
        self.sets.extend(self.checker.field(pointer, or_null(input, self.extent)).assign(set));
    }

    /// Clearing the requester clears all of it.
    fn requester(&mut self, input: Input<RequesterBody>) {
        let requester = match self.checker.field("/requester", or_null(input, self.extent)) {
            Field::Keep => return,
            Field::Clear => {
                RequesterBody { name: Input::Null, email: Input::Null, phone: Input::Null, unknown: Unknown::default() }
            }
            Field::Set(requester) => requester,
        };
        let RequesterBody { name, email, phone, unknown } = requester;
        self.nullable("/requester/name", name, Set::RequesterName);
        self.nullable("/requester/email", email, Set::RequesterEmail);
        self.nullable("/requester/phone", phone, Set::RequesterPhone);
        self.checker.unknown("/requester", unknown);
    }
}

/// An absent member is null where the body is the whole.
fn or_null<T>(input: Input<T>, extent: Custom) -> Input<T> {
    if extent == Custom::All && input.is_absent() { Input::Null } else { input }
}

/// What a body refers to, looked up.
struct Found {
    contact: Field<ContactRef>,
    account: Field<Account>,
    tags: TagChange,
    custom: FieldChanges,
}

impl Found {
    async fn read(
        body: &FieldsBody,
        extent: Custom,
        sight: ClientSight<'_>,
        session: &mut Session,
        checker: &mut Checker,
    ) -> Result<Self, Problem> {
        if let Input::Value(id) = body.category_id {
            references::require_category(id, session, checker).await?;
        }
        if let Input::Value(id) = body.team_id {
            references::require_team(id, session, checker).await?;
        }
        if let Input::Value(id) = body.assignee_id {
            references::require_user(id, session, checker).await?;
        }
        references::require_unnamed(&body.contact_id, &body.account_id, session)?;
        // Whoever may not name them keeps them, too, where it says all the others.
        let clients = if matches!(session.actor, Actor::Channel { .. }) { Custom::Some } else { extent };
        let contact = match checker.field("/contact_id", or_null(body.contact_id.clone(), clients)) {
            Field::Set(id) => references::contact(id, sight, session, checker)
                .await?
                .map_or(Field::Keep, |contact| Field::Set(ContactRef::from(&contact))),
            Field::Clear => Field::Clear,
            Field::Keep => Field::Keep,
        };
        let account = match checker.field("/account_id", or_null(body.account_id.clone(), clients)) {
            Field::Set(id) => references::account(id, sight, session, checker).await?.map_or(Field::Keep, Field::Set),
            Field::Clear => Field::Clear,
            Field::Keep => Field::Keep,
        };
        let tags = match checker.field("/tags", or_null(body.tags.clone(), extent)) {
            Field::Set(names) => TagChange::Replace(references::tags(&names, session, checker).await?),
            Field::Clear => TagChange::Replace(BTreeSet::new()),
            Field::Keep => TagChange::Keep,
        };
        let custom = match checker.field("/custom", or_null(body.custom.clone(), extent)) {
            Field::Set(given) => references::custom(&given, extent, session, checker).await?,
            Field::Clear => references::custom(&Map::new(), Custom::All, session, checker).await?,
            Field::Keep => FieldChanges::new(),
        };
        Ok(Self { contact, account, tags, custom })
    }

    fn into_parts(self) -> (Vec<Set>, TagChange) {
        let Self { contact, account, tags, custom } = self;
        let mut sets: Vec<_> = custom.into_iter().map(|(key, value)| Set::Custom(key, value)).collect();
        sets.extend(contact.assign(Set::Contact));
        sets.extend(account.map(|account| account.id).assign(Set::Account));
        (sets, tags)
    }

    /// Whether contact and account fit, as far as they say it themselves.
    fn relation(&self, checker: &mut Checker) -> Relation {
        match (&self.contact, &self.account) {
            (Field::Set(contact), Field::Set(account)) => {
                require_owner(Some(contact.id), account, "/account_id", checker);
                Relation::Settled
            }
            (Field::Keep, Field::Set(account)) if account.contact_id.is_some() => {
                Relation::Account(Box::new(account.clone()))
            }
            (Field::Set(contact), Field::Keep) => Relation::Contact(contact.id),
            _ => Relation::Settled,
        }
    }
}
