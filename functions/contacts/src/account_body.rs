//! What a body says of an account, and how an account is answered.

use lambdesk_api::{
    body::{Checker, Input, Unknown},
    openapi::nullable,
    problem::Problem,
};
use lambdesk_domain::{
    contact::Account,
    id::{AccountId, ContactId, Version},
    text::{AccountKind, Currency, ExternalId, Name},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};

/// The fields of an account.
#[derive(Debug, Clone, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "AccountFields")]
pub struct AccountBody {
    /// What it is: `debt_account`, `project`, `client` or any other word.
    kind: Input<AccountKind>,
    /// Its name.
    #[schemars(transform = nullable)]
    name: Input<Name>,
    /// Its id in the customer's own system; unique among accounts of its kind.
    #[schemars(transform = nullable)]
    external_id: Input<ExternalId>,
    /// Its state in the customer's own words.
    #[schemars(transform = nullable)]
    status: Input<Name>,
    /// What is owed, in minor units of the currency; together with it, or neither.
    #[schemars(transform = nullable)]
    current_balance_cents: Input<i64>,
    /// An ISO 4217 code.
    #[schemars(transform = nullable)]
    currency: Input<Currency>,
    /// Whose it is.
    #[schemars(transform = nullable)]
    pub contact_id: Input<ContactId>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// An account as answered.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct AccountRecord {
    id: AccountId,
    version: Version,
    kind: AccountKind,
    name: Option<Name>,
    external_id: Option<ExternalId>,
    status: Option<Name>,
    current_balance_cents: Option<i64>,
    currency: Option<Currency>,
    contact_id: Option<ContactId>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<&Account> for AccountRecord {
    fn from(account: &Account) -> Self {
        let Account {
            id,
            version,
            kind,
            name,
            external_id,
            status,
            current_balance_cents,
            currency,
            contact_id,
            created_at,
            updated_at,
        } = account.clone();
        Self {
            id,
            version,
            kind,
            name,
            external_id,
            status,
            current_balance_cents,
            currency,
            contact_id,
            created_at,
            updated_at,
        }
    }
}

/// Why a contact can't be the account's.
pub const NO_CONTACT: (&str, &str, &str) = ("/contact_id", "no_such_reference", "there is no such contact");

impl AccountBody {
    /// The account as it is, or a new one where `before` is none, with the fields that
    /// are there; `null` clears. `contact` is the one that the body names, where it is
    /// there.
    ///
    /// # Errors
    /// 422 with all that is wrong.
    pub fn applied_to(
        self,
        before: Result<&Account, (AccountId, Timestamp)>,
        contact: Option<ContactId>,
    ) -> Result<Account, Problem> {
        let mut check = Checker::new();
        let old = before.ok().cloned();
        let kind = match &old {
            Some(old) => Some(check.present("/kind", self.kind).unwrap_or_else(|| old.kind.clone())),
            None => check.required("/kind", self.kind),
        };
        let of_old = |field: fn(&Account) -> Option<Name>| old.as_ref().and_then(field);
        let name = check.field("/name", self.name).applied_to(of_old(|old| old.name.clone()));
        let status = check.field("/status", self.status).applied_to(of_old(|old| old.status.clone()));
        let external_id = old.as_ref().and_then(|old| old.external_id.clone());
        let external_id = check.field("/external_id", self.external_id).applied_to(external_id);
        let balance = old.as_ref().and_then(|old| old.current_balance_cents);
        let balance = check.field("/current_balance_cents", self.current_balance_cents).applied_to(balance);
        let currency = old.as_ref().and_then(|old| old.currency.clone());
        let currency = check.field("/currency", self.currency).applied_to(currency);
        let owner =
            check.field("/contact_id", self.contact_id.clone()).applied_to(old.as_ref().and_then(|old| old.contact_id));
        check.unknown("", self.unknown);
        if check.is_clean() && balance.is_some() != currency.is_some() {
            let missing = if balance.is_some() { "/currency" } else { "/current_balance_cents" };
            check.error(missing, "required", "a balance and its currency come together");
        }
        if matches!(self.contact_id, Input::Value(_)) && contact.is_none() {
            check.error(NO_CONTACT.0, NO_CONTACT.1, NO_CONTACT.2);
        }
        check.finish()?;
        let (id, created_at) = match before {
            Ok(before) => (before.id, before.created_at),
            Err(new) => new,
        };
        Ok(Account {
            id,
            version: old.as_ref().map_or(Version::FIRST, |old| old.version),
            kind: kind.ok_or_else(Problem::internal)?,
            name,
            external_id,
            status,
            current_balance_cents: balance,
            currency,
            contact_id: contact.or(owner),
            created_at,
            updated_at: old.map_or(created_at, |old| old.updated_at),
        })
    }
}
