//! The keys of contacts, accounts, and the jobs on a person's data.

use super::{
    encoding::{SORTED, long, short},
    index::Key,
    tenant::Tenant,
};
use base64::Engine as _;
use lambdesk_domain::{
    id::{AccountId, ContactId, JobId, WorkspaceId},
    text::AccountKind,
};
use sha2::{Digest, Sha256};

const CONTACT: &str = "C#";
/// What the partition of contacts ends with: the stream's filter lets it through.
pub(super) const PARTITION: &str = "#contacts";
const ACCOUNT: &str = "A#";
const JOB: &str = "J#";

/// The sort keys of a workspace's contacts.
pub const CONTACTS: (&str, &str) = (CONTACT, "C$");
/// The sort keys of a workspace's accounts.
pub const ACCOUNTS: (&str, &str) = (ACCOUNT, "A$");
/// The sort keys of the jobs on one contact.
pub const JOBS: (&str, &str) = (JOB, "J$");

/// What is unique in a workspace, besides the names of its directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unique<'a> {
    /// A contact's external id.
    ExternalId(&'a str),
    /// A contact's uid.
    Uid(&'a str),
    /// An account's external id, among its kind.
    Account(&'a AccountKind, &'a str),
}

impl Tenant {
    /// The place of a contact's id.
    #[must_use]
    pub fn contact(&self, contact: ContactId) -> Key {
        Key { pk: format!("{}{PARTITION}", self.workspace), sk: format!("{CONTACT}{}", short(contact.uuid())) }
    }

    /// An account.
    #[must_use]
    pub fn account(&self, account: AccountId) -> Key {
        self.key("accounts", format!("{ACCOUNT}{}", short(account.uuid())))
    }

    /// Partition of the lookup index: a contact's accounts.
    #[must_use]
    pub fn accounts_of(&self, contact: ContactId) -> String {
        format!("{}#ca#{}", self.workspace, short(contact.uuid()))
    }

    /// The item that makes something unique. The text is hashed: it may be longer
    /// than a key, and personal.
    #[must_use]
    pub fn unique(&self, what: Unique<'_>) -> Key {
        let (kind, text) = match what {
            Unique::ExternalId(text) => ("contact-external-id".to_owned(), text),
            Unique::Uid(text) => ("contact-uid".to_owned(), text),
            Unique::Account(kind, text) => (format!("account#{kind}"), text),
        };
        self.key("names", format!("{kind}#{}", SORTED.encode(Sha256::digest(text))))
    }

    /// A job on a contact's data; it is its receipt, too.
    #[must_use]
    pub fn job(&self, contact: ContactId, job: JobId) -> Key {
        self.key(&format!("j#{}", short(contact.uuid())), format!("{JOB}{}", short(job.uuid())))
    }
}

/// The workspace and contact that the key of a place names.
#[must_use]
pub fn parse_slot(pk: &str, sk: &str) -> Option<(WorkspaceId, ContactId)> {
    let workspace = pk.strip_suffix(PARTITION)?;
    Some((WorkspaceId::new(long(workspace)?), parse_contact(sk)?))
}

/// The contact that the sort key of a place names.
#[must_use]
pub fn parse_contact(sk: &str) -> Option<ContactId> {
    sk.strip_prefix(CONTACT).and_then(long).map(ContactId::new)
}

/// The account that an account's sort key names.
#[must_use]
pub fn parse_account(sk: &str) -> Option<AccountId> {
    sk.strip_prefix(ACCOUNT).and_then(long).map(AccountId::new)
}

/// The workspace, contact and job that a job's key names.
#[must_use]
pub fn parse_job(key: &Key) -> Option<(WorkspaceId, ContactId, JobId)> {
    let (workspace, contact) = key.pk.split_once("#j#")?;
    let job = key.sk.strip_prefix(JOB)?;
    Some((WorkspaceId::new(long(workspace)?), ContactId::new(long(contact)?), JobId::new(long(job)?)))
}
