//! `POST /intake/{channel_token}/tickets`: a visitor opens a ticket.

use crate::{
    again,
    body::{CheckedSubmission, Submission},
    channel_access::ChannelAccess,
    view::opened,
    visitor_write::VisitorWrite,
};
use axum::{
    http::{HeaderMap, StatusCode},
    response::Response,
};
use lambdesk_api::{
    execute::Executor,
    idempotency::{Answer, Made},
    opening::{self, NO_NUMBER, NewContact},
    problem::Problem,
    render::ClientDetail,
    visitor::IntakeSession,
};
use lambdesk_domain::{
    access::Actor,
    command::{NewTicket, Opening},
    directory::IntakePolicy,
    id::{MessageId, TicketId},
    status::{Source, Status},
    text::{EmailAddress, Subject},
    ticket::ChannelRef,
};
use std::collections::BTreeSet;

/// How long a subject gets that is made from the message, in characters.
const SUBJECT_CHARACTERS: usize = 80;

/// Opens it. Nothing in the answer, nor whether there is one, tells what becomes
/// of the ticket: whether it is kept back, taken for spam, or from a known or
/// blocked contact.
pub async fn create(
    access: ChannelAccess,
    headers: HeaderMap,
    write: VisitorWrite,
    submission: Submission,
) -> Result<Response, Problem> {
    access.require_on()?;
    let session = access.session(&headers, submission.session())?;
    let (raw, is_trapped) = (submission.raw.clone(), submission.is_trapped);
    let checked = submission.check(&access.directory.fields, session.identity.as_ref(), &access.channel)?;
    let executor = access.executor(&session, &checked, &write, &raw);
    let contact = access.contact(checked.requester.email.clone()).await?;
    let is_unknown = access.channel.require_existing_contact && matches!(contact, NewContact::Nobody);
    let new = NewTicket {
        source: if session.identity.is_some() { Source::Portal } else { Source::Guest },
        status: if is_trapped { Status::Spam } else { Status::Open },
        is_held: access.channel.intake == IntakePolicy::Hold || is_trapped || is_unknown,
        ..access.new_ticket(checked)
    };
    let sealing = &access.request.app.sealing;
    let created = opening::open(&executor, new, contact, |ticket, message| {
        let answer = Answer::new(StatusCode::CREATED, &opened(ticket, message, false, sealing));
        answer.made_of(Made::Ticket(ticket.id))
    });
    again::created(&executor, created.await.map_err(Problem::from)).await
}

impl ChannelAccess {
    fn executor(
        &self,
        session: &IntakeSession,
        checked: &CheckedSubmission,
        write: &VisitorWrite,
        raw: &[u8],
    ) -> Executor<'_> {
        let workspace = self.directory.workspace.id;
        let actor = Actor::Visitor { channel: self.channel.id, contact: None, name: checked.requester.name.clone() };
        let visitor = format!("{} {}", self.channel.id, session.visitor);
        Executor {
            app: &self.request.app,
            workspace,
            context: self.request.context(actor, &self.directory),
            is_dry_run: false,
            idempotency: write.bind(workspace, &visitor, raw),
            detail: ClientDetail::Ids,
        }
    }

    /// The contact with the address that was given. Nobody has proved that it is
    /// theirs, so the visitor learns nothing of the contact. Where the channel
    /// asks for contacts that are there already, a stranger's ticket is kept back
    /// instead of refused: a refusal would tell who is one.
    async fn contact(&self, email: Option<EmailAddress>) -> Result<NewContact, Problem> {
        let Some(email) = email else {
            return Ok(NewContact::Nobody);
        };
        let workspace = &self.directory.workspace;
        let salt = workspace.salt.clone();
        if !self.channel.require_existing_contact {
            return Ok(NewContact::WithAddress { email, salt, must_exist: false });
        }
        let (_, found) = self.request.app.contacts.owner_evenly(workspace.id, &salt, &email).await?;
        Ok(found.map_or(NewContact::Nobody, |contact| NewContact::Known(Box::new(contact))))
    }

    fn new_ticket(&self, checked: CheckedSubmission) -> NewTicket {
        let app = &self.request.app;
        let opening = self.directory.opening_of(&self.channel);
        let subject = checked.subject.or_else(|| subject_of(checked.content.text()));
        NewTicket {
            workspace_id: self.directory.workspace.id,
            id: TicketId::new(app.new_id()),
            number: NO_NUMBER,
            subject: subject.unwrap_or_else(|| self.fallback_subject()),
            status: Status::Open,
            priority: self.channel.default_priority,
            is_held: false,
            source: Source::Guest,
            channel: Some(ChannelRef { id: self.channel.id, kind: self.channel.kind }),
            category: opening.default_category,
            team: opening.default_team,
            assignee: None,
            contact: None,
            account: None,
            requester: checked.requester,
            tags: BTreeSet::new(),
            custom: checked.custom,
            uid: checked.uid,
            summary: None,
            follow_up_at: None,
            opening: Some(Opening {
                id: MessageId::new(app.new_id()),
                content: checked.content,
                is_outbound: false,
                is_secure: false,
            }),
            continues: None,
        }
    }

    /// # Panics
    /// Never: a name is one line of at most 200 characters, which fits a subject.
    fn fallback_subject(&self) -> Subject {
        let name = self.channel.name.as_str();
        name.parse().expect("a name fits a subject")
    }
}

/// The first words of a message; none when it has none that can be shown.
fn subject_of(text: &str) -> Option<Subject> {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let mut subject = String::new();
    for word in words.filter(|word| !word.is_empty()) {
        let length = subject.chars().count() + usize::from(!subject.is_empty());
        if length + word.chars().count() > SUBJECT_CHARACTERS {
            if subject.is_empty() {
                subject.extend(word.chars().take(SUBJECT_CHARACTERS));
            }
            subject.push('…');
            break;
        }
        if !subject.is_empty() {
            subject.push(' ');
        }
        subject.push_str(word);
    }
    subject.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn subject(text: &str) -> Option<String> {
        subject_of(text).map(|subject| subject.to_string())
    }

    proptest! {
        #[test]
        fn a_message_with_a_visible_word_gives_a_short_subject(text in ".{0,200}", word in "[a-z]{1,200}") {
            let subject = subject(&format!("{text} {word}")).expect("there is a word");
            prop_assert!(subject.chars().count() <= SUBJECT_CHARACTERS + 1);
        }
    }

    #[test]
    fn a_subject_is_the_messages_first_words() {
        assert_eq!(subject("My order\n\nnever\tarrived ").as_deref(), Some("My order never arrived"));
        let long = subject(&"word ".repeat(40)).expect("a subject");
        assert_eq!(long, format!("{}…", ["word"; 16].join(" ")));
        assert_eq!(subject(&"x".repeat(300)).expect("a subject"), format!("{}…", "x".repeat(80)));
    }

    #[test]
    fn a_message_without_words_gives_no_subject() {
        assert_eq!(subject("\u{1} \u{7}\n"), None);
    }
}
