//! One golden sample per type of event: what receivers get is a contract.
//!
//! `UPDATE_GOLDEN=1 cargo test -p lambdesk-tests golden_events` writes them anew.

use lambdesk_domain::{
    access::{AccessRules, Actor, Role},
    command::{
        Context, Decision, Fields, NewReply, NewTicket, Opening, Prior, RemainingMessages, ReplyKind, Update, create,
        delete_message, edit_message, follow_up_due, reply, update,
    },
    contact::{Contact, ContactEnd, ContactRef, Requester},
    directory::{Days, DeletionPolicy},
    events::{ContactEvent, ContactImage, Event, EventType, TicketEvent, between, between_contacts},
    id::{
        CategoryId, ChannelId, ContactId, MessageId, RequestId, TagId, TeamId, TicketId, TicketNumber, UserId,
        WorkspaceId,
    },
    message::{Content, Message, MessageKind},
    patch::TagChange,
    set::Set,
    status::{ChannelType, Priority, Source, Status},
    ticket::{ChannelRef, Ticket},
    time::Timestamp,
};
use std::{collections::BTreeMap, fs, path::PathBuf};
use uuid::Uuid;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_0000 + number)
}

fn context(second: u64) -> Context {
    Context {
        actor: Actor::User { id: UserId::new(id(1)), name: "Ada Agent".parse().unwrap(), role: Role::Admin },
        rules: AccessRules::default(),
        request_id: Some(RequestId::new(id(2))),
        is_silent: false,
        if_match: None,
        now: Timestamp::from_millis(1_795_000_000_000 + second * 1000),
    }
}

fn new() -> Ticket {
    let new = NewTicket {
        workspace_id: WorkspaceId::new(id(3)),
        id: TicketId::new(id(4)),
        number: TicketNumber(42),
        subject: "A personal subject".parse().unwrap(),
        status: Status::Open,
        priority: Priority::High,
        is_held: false,
        source: Source::Agent,
        channel: Some(ChannelRef { id: ChannelId::new(id(5)), kind: ChannelType::Chat }),
        category: Some(CategoryId::new(id(6))),
        team: None,
        assignee: None,
        contact: Some(ContactRef {
            id: ContactId::new(id(7)),
            name: None,
            email: None,
            external_id: None,
            is_unproved: false,
        }),
        account: None,
        requester: Requester { name: Some("Personal Name".parse().unwrap()), ..Requester::default() },
        tags: [TagId::new(id(8))].into(),
        custom: BTreeMap::new(),
        uid: None,
        summary: None,
        follow_up_at: None,
        opening: Some(Opening {
            id: MessageId::new(id(9)),
            content: Content::from_text("A personal message").unwrap(),
            is_outbound: false,
            is_secure: false,
        }),
        continues: None,
    };
    create(new, &context(0)).unwrap().0
}

/// The event of a decision on a ticket.
fn told(ticket: &Ticket, decision: Decision) -> (TicketEvent, Ticket) {
    let Decision::Change(change) = decision else { panic!("nothing changes") };
    let after = change.applied_to(ticket);
    (between(Some(ticket), &after), after)
}

fn updated(ticket: &Ticket, what: &Update, second: u64) -> (TicketEvent, Ticket) {
    told(ticket, update(what, &context(second), Prior::Known(ticket)).unwrap())
}

fn fields(fields: Fields) -> Update {
    Update::Fields(Box::new(fields))
}

/// A reply as it was written.
fn written_as(ticket: &Ticket, reply: &NewReply) -> Message {
    Message {
        id: reply.id,
        ticket_id: ticket.id,
        kind: MessageKind::Outbound,
        is_secure: false,
        is_forward: false,
        sender: context(1).actor.sender(),
        source: ticket.source,
        content: reply.content.clone(),
        attachments: Vec::new(),
        created_at: ticket.updated_at,
    }
}

/// The event of putting a reply right.
fn edited(ticket: &Ticket, reply: &NewReply) -> TicketEvent {
    let content = Content::from_text("Another personal answer").unwrap();
    let change = edit_message(&written_as(ticket, reply), content, &context(2), ticket).unwrap().unwrap();
    between(Some(ticket), &change.applied_to(ticket))
}

/// The event of taking a reply back.
fn deleted(ticket: &Ticket, reply: &NewReply) -> TicketEvent {
    let remains = RemainingMessages { newest: &[], is_all: true };
    let change = delete_message(&written_as(ticket, reply), remains, &context(2), ticket).unwrap();
    between(Some(ticket), &change.applied_to(ticket))
}

/// A sample of each type that a change of a ticket can have.
fn samples() -> Vec<TicketEvent> {
    let ticket = new();
    let message = NewReply {
        ticket_id: ticket.id,
        id: MessageId::new(id(10)),
        kind: ReplyKind::Reply,
        content: Content::from_text("A personal answer").unwrap(),
        attachments: Vec::new(),
        is_secure: false,
        is_forward: false,
        status: None,
        sender: None,
    };
    let due = context(60).now;
    let put_off = updated(&ticket, &fields(Fields::of([Set::FollowUpAt(Some(due))])), 1).1;
    let written = told(&ticket, reply(&message, &context(1), Prior::Known(&ticket)).unwrap()).1;
    let trashed = updated(&ticket, &Update::Delete(DeletionPolicy::Trash), 1);
    vec![
        between(None, &ticket),
        told(&ticket, reply(&message, &context(1), Prior::Known(&ticket)).unwrap()).0,
        edited(&written, &message),
        deleted(&written, &message),
        updated(&ticket, &fields(Fields { status: Some(Status::Resolved), ..Fields::default() }), 1).0,
        updated(&ticket, &fields(Fields::of([Set::Assignee(Some(UserId::new(id(1))))])), 1).0,
        updated(&ticket, &fields(Fields::of([Set::Team(Some(TeamId::new(id(11))))])), 1).0,
        updated(&ticket, &fields(Fields { tags: TagChange::Replace([].into()), ..Fields::default() }), 1).0,
        updated(&ticket, &fields(Fields::of([Set::Subject("Another".parse().unwrap())])), 1).0,
        updated(&ticket, &Update::Archive, 1).0,
        updated(&trashed.1, &Update::Restore(Days::OF_TRASH), 2).0,
        trashed.0,
        told(
            &put_off,
            follow_up_due(due, put_off.lifecycle, &Context { actor: Actor::System, request_id: None, ..context(60) }),
        )
        .0,
    ]
}

/// A sample of each type that a change of a contact can have.
fn contact_samples() -> Vec<ContactEvent> {
    let cause = |second| context(second).cause(None);
    let contact = |number| {
        let created = Contact::new(ContactId::new(id(number)), cause(0), context(0).now);
        let name = |text: &str| format!("Personal {text}").parse().ok();
        Contact { name: name("Name"), email: format!("personal{number}@example.com").parse().ok(), ..created }
    };
    let (first, second) = (contact(7), contact(12));
    let merged = first.merged_with(&second, cause(1), context(1).now).unwrap();
    let blocked = Contact { is_blocked: true, phone: "+49 30 1".parse().ok(), ..merged };
    let ended = |contact: &Contact, end| contact.ended(end, cause(2), context(2).now);
    let told = |old: Option<&Contact>, new: ContactImage<'_>| between_contacts(WorkspaceId::new(id(3)), old, new);
    let ends = [ContactEnd::Merged { into_id: first.id }, ContactEnd::Deleted, ContactEnd::Erased];
    let ends = ends.map(|end| told(Some(&second), ContactImage::Ended(&ended(&second, end))));
    let changed = told(Some(&first), ContactImage::Live(&blocked));
    [told(None, ContactImage::Live(&first)), changed].into_iter().chain(ends).collect()
}

#[test]
fn every_type_has_its_golden_sample_without_personal_text() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("golden/events");
    let samples = samples().into_iter().map(Event::from).chain(contact_samples().into_iter().map(Event::from));
    let samples: BTreeMap<_, _> = samples.map(|event| (event.kind(), event)).collect();
    for kind in EventType::ALL {
        // These two are about endpoints: deliver makes and tests them.
        if matches!(kind, EventType::WebhookDisabled | EventType::WebhookTest) {
            continue;
        }
        let sample = samples.get(kind).unwrap_or_else(|| panic!("{kind} has no sample here"));
        let text = serde_json::to_string_pretty(sample).unwrap() + "\n";
        assert!(!text.to_lowercase().contains("personal"), "{text}");
        let path = folder.join(format!("{kind}.json"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&path, &text).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap_or_default(), text, "{}", path.display());
    }
}
