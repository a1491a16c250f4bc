//! What a visitor sends to open a ticket: JSON, or a plain HTML form.

use crate::identity::{bind, require_no_uid};
use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
};
use lambdesk_api::{
    body::{Checker, Input, Unknown, from_slice, pointer_token},
    content::content,
    media::{self, BodyMediaType},
    openapi::nullable,
    problem::Problem,
    visitor::Identity,
};
use lambdesk_domain::{
    contact::Requester,
    custom_field::{self, FieldDefinition, FieldValue},
    directory::Channel,
    message::Content,
    text::{EmailAddress, FieldKey, Name, Phone, Subject, Uid},
};
use percent_encoding::percent_decode;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use std::{borrow::Cow, collections::BTreeMap};

/// A form field that people don't see; programs that fill in everything do.
const HONEYPOT: &str = "website";
/// How many characters of a bad key are repeated.
const KEY_CHARACTERS: usize = 64;

/// A message alone.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "VisitorMessageBody")]
#[schemars(transform = lambdesk_api::openapi::text_or_html)]
pub struct MessageBody {
    /// As HTML, of which what is safe stays; or as text.
    body_html: Input<String>,
    /// As text, or as HTML.
    body_text: Input<String>,
    #[serde(flatten)]
    unknown: Unknown,
}

impl MessageBody {
    /// What it says.
    pub fn check(self, checker: &mut Checker) -> Option<Content> {
        let content = content(self.body_html, self.body_text, checker);
        checker.unknown("", self.unknown);
        content
    }
}

/// Who writes.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "VisitorFields")]
pub struct FromBody {
    /// Their name.
    #[schemars(transform = nullable)]
    name: Input<Name>,
    /// Their address.
    #[schemars(transform = nullable)]
    email: Input<EmailAddress>,
    /// Their number.
    #[schemars(transform = nullable)]
    phone: Input<Phone>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// A visitor's new ticket.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(default)]
#[schemars(rename = "VisitorTicketBody")]
pub struct TicketBody {
    /// The visitor's session, unless it is in `Authorization`.
    #[schemars(transform = nullable)]
    session: Input<String>,
    /// What it is about.
    #[schemars(transform = nullable)]
    subject: Input<Subject>,
    /// What opens it.
    message: Input<MessageBody>,
    /// Who writes.
    #[schemars(transform = nullable)]
    from: Input<FromBody>,
    /// What the site calls the visitor.
    #[schemars(transform = nullable)]
    uid: Input<Uid>,
    /// Values of custom fields by their keys.
    #[schemars(transform = nullable)]
    custom: Input<Map<String, Json>>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// What was sent, unchecked.
pub struct Submission {
    body: TicketBody,
    /// As it was sent, for the idempotency hash.
    pub raw: Bytes,
    /// The honeypot was filled in.
    pub is_trapped: bool,
}

/// What was sent, checked.
pub struct CheckedSubmission {
    pub subject: Option<Subject>,
    pub content: Content,
    pub requester: Requester,
    pub uid: Option<Uid>,
    pub custom: BTreeMap<FieldKey, FieldValue>,
}

impl<S: Send + Sync> FromRequest<S> for Submission {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (media_type, raw) = media::read(request, &[BodyMediaType::Json, BodyMediaType::Form]).await?;
        if media_type == BodyMediaType::Form {
            return Self::of_form(raw);
        }
        Ok(Self { body: from_slice(&raw)?, raw, is_trapped: false })
    }
}

/// Names and values of a form. Bytes that are no UTF-8 are not guessed at: what a letter was
/// could not be told afterwards.
fn form_fields(raw: &[u8]) -> Result<Vec<(String, String)>, Problem> {
    let decode = |bytes: &[u8]| {
        let bytes: Vec<u8> = bytes.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
        let decoded = percent_decode(&bytes).decode_utf8().map(Cow::into_owned);
        decoded.map_err(|_| Problem::malformed("the form is not UTF-8; send it as such (accept-charset=\"utf-8\")"))
    };
    let pairs = raw.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    let fields = pairs.map(|pair| {
        let mut parts = pair.splitn(2, |byte| *byte == b'=');
        let mut next = || decode(parts.next().unwrap_or_default());
        Ok((next()?, next()?))
    });
    fields.collect()
}

impl Submission {
    /// A form as the same body in JSON, so that one set of rules holds for both.
    /// A field that is left empty is not there: that is how forms say so.
    fn of_form(raw: Bytes) -> Result<Self, Problem> {
        let (mut object, mut message, mut from) = (Map::new(), Map::new(), Map::new());
        let mut is_trapped = false;
        for (name, value) in form_fields(&raw)? {
            if value.trim().is_empty() {
                continue;
            }
            let (into, name) = match &*name {
                HONEYPOT => {
                    is_trapped = true;
                    continue;
                }
                "message" => (&mut message, "body_text"),
                "name" | "email" | "phone" => (&mut from, &*name),
                name => (&mut object, name),
            };
            // Browsers send line ends as CR LF (HTML standard, form submission).
            let value = value.replace("\r\n", "\n");
            if into.insert(name.to_owned(), value.into()).is_some() {
                return Err(Problem::malformed("the form has a field twice"));
            }
        }
        object.insert("message".to_owned(), message.into());
        object.insert("from".to_owned(), from.into());
        let body = serde_json::from_value(object.into()).map_err(|_| Problem::internal())?;
        Ok(Self { body, raw, is_trapped })
    }

    /// The session that it carries.
    pub fn session(&self) -> Option<&str> {
        match &self.body.session {
            Input::Value(session) => Some(session),
            _ => None,
        }
    }

    /// Holds it to the rules, all of them at once, and to who the session says it is from.
    ///
    /// # Errors
    /// 422 with the bad fields; 413 for too long a message.
    pub fn check(
        self,
        fields: &[FieldDefinition],
        identity: Option<&Identity>,
        channel: &Channel,
    ) -> Result<CheckedSubmission, Problem> {
        let mut checker = Checker::new();
        let body = self.body;
        checker.optional("/session", body.session);
        let subject = checker.optional("/subject", body.subject);
        let content = checker
            .required("/message", body.message)
            .and_then(|message| checker.within("/message", |checker| message.check(checker)));
        let requester =
            checker.optional("/from", body.from).map(|from| checker.within("/from", |checker| from.check(checker)));
        let mut uid = checker.optional("/uid", body.uid);
        let mut requester = requester.unwrap_or_default();
        match identity {
            Some(identity) => bind(identity, &mut requester, &mut uid, &mut checker),
            None => require_no_uid(uid.as_ref(), channel, &mut checker),
        }
        let custom = checker.optional("/custom", body.custom).unwrap_or_default();
        let custom = check_custom(fields, &custom, &mut checker);
        checker.unknown("", body.unknown);
        checker.finish()?;
        Ok(CheckedSubmission { subject, content: content.ok_or_else(Problem::internal)?, requester, uid, custom })
    }
}

impl FromBody {
    fn check(self, checker: &mut Checker) -> Requester {
        checker.unknown("", self.unknown);
        Requester {
            name: checker.optional("/name", self.name),
            email: checker.optional("/email", self.email),
            phone: checker.optional("/phone", self.phone),
        }
    }
}

fn check_custom(
    fields: &[FieldDefinition],
    given: &Map<String, Json>,
    checker: &mut Checker,
) -> BTreeMap<FieldKey, FieldValue> {
    let bad = match custom_field::check(fields, given, true) {
        Ok(values) => {
            let values = values.into_iter();
            return values.filter_map(|(key, value)| Some((key, value?))).collect();
        }
        Err(bad) => bad,
    };
    for (key, error) in bad {
        let key: String = key.chars().take(KEY_CHARACTERS).collect();
        checker.error(&format!("/custom/{}", pointer_token(&key)), "invalid_custom_field", error.to_string());
    }
    BTreeMap::new()
}
