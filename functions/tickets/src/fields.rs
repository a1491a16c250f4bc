//! The fields of a ticket as PATCH and PUT take them.

use crate::references::{self, Custom, require_owner};
use lambdesk_api::{
    auth::Session,
    body::{Checker, Input, Unknown},
    openapi::nullable,
    problem::Problem,
};
use lambdesk_domain::{
    command::Fields,
    contact::{Account, ContactRef},
    custom_field::FieldChanges,
    id::{AccountId, CategoryId, ContactId, TeamId, UserId},
    patch::{Field, TagChange},
    status::{Priority, Status},
    text::{EmailAddress, Name, Phone, Subject, Summary, Uid},
    ticket::Ticket,
    time::Timestamp,
};
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
    /// What only the ticket can tell about its contact and account.
    pub relation: Relation,
}

/// Whether contact and account will fit each other.
#[derive(Debug)]
pub enum Relation {
    /// They do, or neither comes along.
    Settled,
    /// This account comes to the ticket's contact.
    Account(Box<Account>),
    /// This contact comes to the ticket's account.
    Contact(ContactId),
}

impl Relation {
    /// Holds it to the ticket.
    ///
    /// # Errors
    /// 422 when the account is another contact's.
    pub async fn check(&self, ticket: &Ticket, session: &Session) -> Result<(), Problem> {
        let mut checker = Checker::default();
        match (self, ticket.account) {
            (Self::Account(account), _) => {
                let contact = ticket.contact.as_ref().map(|contact| contact.id);
                require_owner(contact, account, "/account_id", &mut checker);
            }
            (Self::Contact(contact), Some(account)) => {
                if let Some(account) = session.store.account(session.workspace(), account).await? {
                    require_owner(Some(*contact), &account, "/contact_id", &mut checker);
                }
            }
            (Self::Contact(_), None) | (Self::Settled, _) => {}
        }
        checker.finish()
    }
}

impl FieldsBody {
    /// The fields to change: absent ones stay.
    ///
    /// # Errors
    /// All that is wrong with them, at once.
    pub async fn asked(self, session: &mut Session) -> Result<Asked, Problem> {
        let mut checker = Checker::default();
        let asked = self.read(Custom::Some, session, &mut checker).await?;
        checker.finish()?;
        Ok(asked)
    }

    /// The fields as a whole: absent ones are cleared. Those that can't be empty
    /// stay, but the subject must be there.
    ///
    /// # Errors
    /// All that is wrong with them, at once.
    pub async fn asked_as_a_whole(mut self, session: &mut Session) -> Result<Asked, Problem> {
        let mut checker = Checker::default();
        if self.subject.is_absent() {
            checker.error("/subject", "required", "must be given");
        }
        self.clear_absent();
        let asked = self.read(Custom::All, session, &mut checker).await?;
        checker.finish()?;
        Ok(asked)
    }

    fn clear_absent(&mut self) {
        fn clear<T>(input: &mut Input<T>) {
            if input.is_absent() {
                *input = Input::Null;
            }
        }
        clear(&mut self.category_id);
        clear(&mut self.team_id);
        clear(&mut self.assignee_id);
        clear(&mut self.contact_id);
        clear(&mut self.account_id);
        clear(&mut self.requester);
        clear(&mut self.tags);
        clear(&mut self.custom);
        clear(&mut self.uid);
        clear(&mut self.summary);
        clear(&mut self.follow_up_at);
        if let Input::Value(requester) = &mut self.requester {
            clear(&mut requester.name);
            clear(&mut requester.email);
            clear(&mut requester.phone);
        }
    }

    async fn read(self, extent: Custom, session: &mut Session, checker: &mut Checker) -> Result<Asked, Problem> {
        let found = Found::read(&self, extent, session, checker).await?;
        let relation = found.relation(checker);
        let mut fields = Fields {
            subject: checker.present("/subject", self.subject),
            status: checker.present("/status", self.status),
            priority: checker.present("/priority", self.priority),
            category: checker.field("/category_id", self.category_id),
            team: checker.field("/team_id", self.team_id),
            assignee: checker.field("/assignee_id", self.assignee_id),
            contact: found.contact,
            account: found.account.map(|account| account.id),
            tags: found.tags,
            custom: found.custom,
            uid: checker.field("/uid", self.uid),
            summary: checker.field("/summary", self.summary),
            follow_up_at: checker.field("/follow_up_at", self.follow_up_at),
            is_read_by_customer: checker.present("/is_read_by_customer", self.is_read_by_customer),
            is_read_by_organization: checker.present("/is_read_by_organization", self.is_read_by_organization),
            ..Fields::default()
        };
        set_requester(&mut fields, self.requester, checker);
        checker.unknown("", self.unknown);
        Ok(Asked { fields, relation })
    }
}

/// Clearing the requester clears all of it.
fn set_requester(fields: &mut Fields, requester: Input<RequesterBody>, checker: &mut Checker) {
    let requester = match checker.field("/requester", requester) {
        Field::Keep => return,
        Field::Clear => {
            RequesterBody { name: Input::Null, email: Input::Null, phone: Input::Null, unknown: Unknown::default() }
        }
        Field::Set(requester) => requester,
    };
    fields.requester_name = checker.field("/requester/name", requester.name);
    fields.requester_email = checker.field("/requester/email", requester.email);
    fields.requester_phone = checker.field("/requester/phone", requester.phone);
    checker.unknown("/requester", requester.unknown);
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
        let contact = match checker.field("/contact_id", body.contact_id.clone()) {
            Field::Set(id) => references::contact(id, session, checker)
                .await?
                .map_or(Field::Keep, |contact| Field::Set(ContactRef::from(&contact))),
            Field::Clear => Field::Clear,
            Field::Keep => Field::Keep,
        };
        let account = match checker.field("/account_id", body.account_id.clone()) {
            Field::Set(id) => references::account(id, session, checker).await?.map_or(Field::Keep, Field::Set),
            Field::Clear => Field::Clear,
            Field::Keep => Field::Keep,
        };
        let tags = match checker.field("/tags", body.tags.clone()) {
            Field::Set(names) => TagChange::Replace(references::tags(&names, session, checker).await?),
            Field::Clear => TagChange::Replace(BTreeSet::new()),
            Field::Keep => TagChange::Keep,
        };
        let custom = match checker.field("/custom", body.custom.clone()) {
            Field::Set(given) => references::custom(&given, extent, session, checker).await?,
            Field::Clear => references::custom(&Map::new(), Custom::All, session, checker).await?,
            Field::Keep => FieldChanges::new(),
        };
        Ok(Self { contact, account, tags, custom })
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
