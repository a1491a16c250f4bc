//! What becomes of a request that is not done.

use super::value::Wired;
use crate::{format::NewerFormat, item::Item};
use serde::Deserialize;

/// Why a request was not done, or not as far as we know.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Failure {
    /// It could not be built.
    Unsent,
    /// It was to write to a table that only newer versions understand.
    NewerFormat(NewerFormat),
    /// No connection or no answer in time.
    Unanswered,
    /// The connection failed.
    Disconnected,
    /// The answer broke off.
    Unreadable,
    /// Refused.
    Refused(Box<ServiceRefusal>),
}

/// An answer that says no.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub(crate) struct ServiceRefusal {
    /// The status of the HTTP answer.
    #[serde(skip)]
    pub status: u16,
    /// Its code, such as `ConditionalCheckFailedException`; empty from somebody before the service.
    #[serde(rename = "__type")]
    pub code: String,
    /// Its text. It names tables and conditions, never values.
    pub message: String,
    /// The same, as some of the service's errors spell it.
    #[serde(rename = "Message")]
    pub capital_message: String,
    /// The item whose condition does not hold, where the request asked to see it.
    #[serde(rename = "Item")]
    pub item: Option<Wired<Item>>,
    /// For every step of a transaction, why it was not made.
    #[serde(rename = "CancellationReasons")]
    pub reasons: Vec<Reason>,
}

/// Why one step of a transaction was not made.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct Reason {
    /// `None` when it could have been.
    pub code: Option<String>,
    /// The item as it is, where the step asked to see it.
    pub item: Option<Wired<Item>>,
}

impl ServiceRefusal {
    /// Its text, however it is spelled.
    pub(crate) fn text(&self) -> &str {
        if self.message.is_empty() { &self.capital_message } else { &self.message }
    }

    /// Whether a write's condition does not hold.
    pub(crate) fn is_of_condition(&self) -> bool {
        self.code == CONDITION
    }
}

/// What a conditional write gets whose condition does not hold.
const CONDITION: &str = "ConditionalCheckFailedException";

/// Reads an answer that is none of the operation's. Whoever stands before the service
/// may answer, too, and in any form.
pub(super) fn refusal(status: u16, body: &[u8]) -> Failure {
    let mut refusal: ServiceRefusal = serde_json::from_slice(body).unwrap_or_default();
    refusal.status = status;
    // `com.amazonaws.dynamodb.v20120810#TheCode`
    let end_of_prefix = refusal.code.rfind('#').map_or(0, |at| at + 1);
    refusal.code.drain(..end_of_prefix);
    Failure::Refused(Box::new(refusal))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::item::number;

    fn read(status: u16, body: &str) -> ServiceRefusal {
        match refusal(status, body.as_bytes()) {
            Failure::Refused(refusal) => *refusal,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_refusal_has_its_code_its_text_and_what_it_shows() {
        let shown = read(
            400,
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException","message":"m","Item":{"n":{"N":"1"}}}"#,
        );
        assert_eq!((shown.status, &*shown.code, shown.text()), (400, "ConditionalCheckFailedException", "m"));
        assert_eq!(shown.item.map(|Wired(item)| item), Some(Item::from([("n".to_owned(), number(1))])));
        let other = read(400, r#"{"__type":"com.amazon.coral.service#ThrottlingException","Message":"M"}"#);
        assert_eq!((&*other.code, other.text()), ("ThrottlingException", "M"));
        let bare = read(500, r#"{"__type":"InternalServerError"}"#);
        assert_eq!((&*bare.code, bare.text()), ("InternalServerError", ""));
    }

    #[test]
    fn a_cancelled_transaction_has_a_reason_for_each_step() {
        let cancelled = read(
            400,
            r#"{"__type":"x#TransactionCanceledException","Message":"M","CancellationReasons":[{"Code":"None"},{"Code":"ConditionalCheckFailed","Message":"m","Item":{"n":{"N":"1"}}},{}]}"#,
        );
        let codes: Vec<_> = cancelled.reasons.iter().map(|reason| reason.code.as_deref()).collect();
        assert_eq!(codes, [Some("None"), Some("ConditionalCheckFailed"), None]);
        let items: Vec<_> = cancelled.reasons.iter().map(|reason| reason.item.is_some()).collect();
        assert_eq!(items, [false, true, false]);
    }

    #[test]
    fn who_stands_before_the_service_may_answer_anything() {
        assert_eq!(read(502, "<h1>Bad Gateway</h1>"), ServiceRefusal { status: 502, ..ServiceRefusal::default() });
        assert_eq!(read(403, ""), ServiceRefusal { status: 403, ..ServiceRefusal::default() });
    }
}
