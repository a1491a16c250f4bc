//! One value of everything that is stored, under fixed ids.

use lambdesk_domain::{
    access::{AccessRules, ActorRef, Cause, Scopes, What},
    attachment::{Attachment, FileSize},
    contact::{Account, Contact, ContactEnd, ContactRef, Requester},
    custom_field::{FieldDefinition, FieldKind, FieldValue},
    directory::{
        ApiKey, Category, Channel, DeletionPolicy, Entry, IntakePolicy, KeyHolder, KeyMaker, OpeningRules, Retention,
        Tag, Team, User, Workspace,
    },
    events::{EventSource, EventSubject, EventType},
    id::{
        AccountId, ApiKeyId, AttachmentId, CascadeId, CategoryId, ChannelId, ContactId, DeliveryId, EndpointId,
        EventId, FieldId, JobId, MessageId, RequestId, TagId, TeamId, TicketId, TicketNumber, UserId, Version,
        WorkspaceId,
    },
    message::{Content, Message, MessageKind, Sender, SenderKind},
    personal::{Counts, Job, JobKind},
    status::{Awaiting, ChannelType, Lifecycle, Priority, Source, Status},
    text::Preview,
    ticket::{ChannelRef, Origin, Ticket},
    time::Timestamp,
    webhook::{Attempt, Delivery, DeliveryState, Endpoint, Outcome, Subscription},
};
use lambdesk_store_contacts::contact_id;
use std::time::Duration;
use uuid::Uuid;

/// 2026-01-01.
pub const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);
pub const SALT: &str = "salt";

pub fn later(seconds: u64) -> Timestamp {
    NOW.plus(Duration::from_secs(seconds))
}

pub const fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0189_0a5d_ac96_774b_bcce_b302_099a_0000 + number)
}

pub const WORKSPACE: WorkspaceId = WorkspaceId::new(id(1));
pub const TICKET: TicketId = TicketId::new(id(2));
pub const MESSAGE: MessageId = MessageId::new(id(3));
pub const ATTACHMENT: AttachmentId = AttachmentId::new(id(4));
pub const CONTACT: ContactId = ContactId::new(id(5));
pub const ACCOUNT: AccountId = AccountId::new(id(6));
pub const JOB: JobId = JobId::new(id(7));
pub const CASCADE: CascadeId = CascadeId::new(id(19));
pub const CHANNEL: ChannelId = ChannelId::new(id(8));
pub const USER: UserId = UserId::new(id(9));
pub const TEAM: TeamId = TeamId::new(id(10));
pub const TAG: TagId = TagId::new(id(11));
pub const CATEGORY: CategoryId = CategoryId::new(id(12));
pub const FIELD: FieldId = FieldId::new(id(13));
pub const ENDPOINT: EndpointId = EndpointId::new(id(14));
pub const DELIVERY: DeliveryId = DeliveryId::new(id(15));
pub const API_KEY: ApiKeyId = ApiKeyId::new(id(16));
pub const REQUEST: RequestId = RequestId::new(id(17));
pub const EVENT: EventId = EventId::new(id(18));

pub const BY_USER: ActorRef = ActorRef { kind: SenderKind::User, id: Some(USER.uuid()) };

pub fn cause(what: Option<What>) -> Cause {
    Cause { actor: BY_USER, request_id: Some(REQUEST), is_silent: true, what }
}

/// A ticket with all that one can have. Every field is named: a new one is to be here.
pub fn ticket() -> Ticket {
    Ticket {
        workspace_id: WORKSPACE,
        id: TICKET,
        number: TicketNumber(42),
        version: Version(7),
        subject: "A broken lamp".parse().unwrap(),
        status: Status::Resolved,
        status_before_spam: Some(Status::Waiting),
        lifecycle: Lifecycle::Live,
        priority: Priority::High,
        source: Source::Agent,
        channel: Some(ChannelRef { id: CHANNEL, kind: ChannelType::Chat }),
        category: Some(CATEGORY),
        team: Some(TEAM),
        assignee: Some(USER),
        contact: Some(ContactRef {
            id: CONTACT,
            name: "Grace".parse().ok(),
            email: "grace@example.com".parse().ok(),
            external_id: "G-1".parse().ok(),
            is_unproved: true,
        }),
        account: Some(ACCOUNT),
        requester: Requester {
            name: "Grace".parse().ok(),
            email: "grace@example.com".parse().ok(),
            phone: "+49301234567".parse().ok(),
        },
        tags: [TAG].into(),
        custom: [
            ("flag".parse().unwrap(), FieldValue::Boolean(true)),
            ("figure".parse().unwrap(), FieldValue::Number(7.into())),
            ("colour".parse().unwrap(), FieldValue::Text("red".to_owned())),
            ("sizes".parse().unwrap(), FieldValue::Choices(vec!["large".to_owned(), "small".to_owned()])),
        ]
        .into(),
        uid: "grace-1".parse().ok(),
        summary: "The lamp is broken.".parse().ok(),
        preview: Preview::of("It is broken."),
        awaiting: Awaiting::Customer,
        replies_count: 3,
        is_read_by_customer: false,
        is_read_by_organization: true,
        follow_up_at: Some(later(900)),
        is_follow_up_silent: true,
        created_at: NOW,
        updated_at: later(600),
        last_activity_at: later(500),
        status_changed_at: later(400),
        in_progress_at: Some(later(100)),
        first_response_at: Some(later(200)),
        resolved_at: Some(later(400)),
        closed_at: Some(later(450)),
        archived_at: Some(later(460)),
        trashed_at: Some(later(470)),
        continued_by: Some(TicketId::new(id(60))),
        origin: Origin { creator: BY_USER, continues: Some(TicketId::new(id(20))), opening: Some(MESSAGE) },
        cause: cause(Some(What::Message { id: MESSAGE, kind: MessageKind::Outbound })),
    }
}

pub fn file() -> Attachment {
    Attachment {
        id: ATTACHMENT,
        file_name: "report.pdf".parse().unwrap(),
        content_type: "application/pdf".parse().unwrap(),
        size: FileSize::try_from(7).unwrap(),
    }
}

pub fn message() -> Message {
    Message {
        id: MESSAGE,
        ticket_id: TICKET,
        kind: MessageKind::Outbound,
        is_secure: true,
        is_forward: true,
        sender: Sender { kind: SenderKind::User, id: Some(USER.uuid()), name: "Ada".parse().ok() },
        source: Source::Agent,
        content: Content::from_html("<p>It is broken.</p>").unwrap(),
        attachments: vec![file()],
        created_at: NOW,
    }
}

/// The contact that has this address from the beginning.
pub fn contact(name: &str) -> Contact {
    let email = format!("{name}@example.com").parse().unwrap();
    Contact {
        id: contact_id(SALT, &email),
        version: Version::FIRST,
        name: name.parse().ok(),
        email: Some(email),
        phone: "+49301234567".parse().ok(),
        external_id: format!("{name}-external").parse().ok(),
        uid: format!("{name}-uid").parse().ok(),
        is_blocked: false,
        created_at: NOW,
        updated_at: NOW,
        merged: [].into(),
        cause: cause(None),
    }
}

pub fn account() -> Account {
    Account {
        id: ACCOUNT,
        version: Version::FIRST,
        kind: "loan".parse().unwrap(),
        name: "Loan 7".parse().ok(),
        external_id: "L-7".parse().ok(),
        status: "overdue".parse().ok(),
        current_balance_cents: Some(-700),
        currency: "EUR".parse().ok(),
        contact_id: Some(CONTACT),
        created_at: NOW,
        updated_at: NOW,
    }
}

pub fn settings() -> Workspace {
    Workspace {
        id: WORKSPACE,
        name: "Ours".parse().unwrap(),
        access: AccessRules::default(),
        deletion: DeletionPolicy::Trash,
        retention: Retention::default(),
        salt: SALT.to_owned(),
        created_at: NOW,
    }
}

fn channel() -> Channel {
    Channel {
        id: CHANNEL,
        name: "Website".parse().unwrap(),
        kind: ChannelType::Chat,
        color: "#aabbcc".parse().ok(),
        is_enabled: true,
        hostnames: vec!["example.com".parse().unwrap()],
        intake: IntakePolicy::Hold,
        require_existing_contact: true,
        default_priority: Priority::High,
        opening: OpeningRules {
            default_team: Some(TEAM),
            default_category: Some(CATEGORY),
            require_category: true,
            require_contact: true,
        },
        token: "token".to_owned(),
        identity_generation: 2,
        created_at: NOW,
    }
}

fn user() -> User {
    User {
        id: USER,
        name: "Ada".parse().unwrap(),
        email: "ada@example.com".parse().unwrap(),
        role: lambdesk_domain::access::Role::Owner,
        is_enabled: true,
        picture_url: "https://example.com/ada.png".parse().ok(),
        timezone: "Europe/Berlin".parse().ok(),
    }
}

/// One of each, in turn: a new kind is to be here.
pub fn entries() -> Vec<Entry> {
    let next = |entry: &Entry| match entry {
        Entry::User(_) => Some(Entry::Team(Team { id: TEAM, name: "First line".parse().unwrap() })),
        Entry::Team(_) => {
            Some(Entry::Tag(Tag { id: TAG, name: "Urgent".parse().unwrap(), color: "#aabbcc".parse().ok() }))
        }
        Entry::Tag(_) => Some(Entry::Category(Category { id: CATEGORY, name: "Billing".parse().unwrap() })),
        Entry::Category(_) => Some(Entry::Channel(channel())),
        Entry::Channel(_) => Some(Entry::Field(FieldDefinition {
            id: FIELD,
            key: "colour".parse().unwrap(),
            name: "Colour".parse().unwrap(),
            kind: FieldKind::Choice,
            is_required: true,
            options: vec!["red".parse().unwrap()],
        })),
        Entry::Field(_) => None,
    };
    std::iter::successors(Some(Entry::User(user())), next).collect()
}

/// The user, by a program of theirs.
pub const MAKER: KeyMaker =
    KeyMaker { actor: ActorRef { kind: SenderKind::Machine, id: Some(API_KEY.uuid()) }, user: Some(USER) };

pub fn api_key(holder: KeyHolder) -> ApiKey {
    ApiKey {
        id: API_KEY,
        workspace_id: WORKSPACE,
        name: "A key".parse().unwrap(),
        holder,
        scopes: Scopes::ALL,
        expires_at: Some(later(9_000)),
        created_at: NOW,
        created_by: Some(MAKER),
        rotated_by: None,
    }
}

pub fn endpoint() -> Endpoint {
    Endpoint {
        id: ENDPOINT,
        workspace_id: WORKSPACE,
        name: "Ours".parse().ok(),
        url: "https://example.com/hook".to_owned(),
        types: vec![Subscription::TicketCreate, Subscription::Type(EventType::TicketUpdated)],
        channel_ids: vec![CHANNEL],
        secrets: vec!["whsec_secret".to_owned()],
        disabled: Some(lambdesk_domain::webhook::DisabledReason::ByHand),
        failing_since: Some(NOW),
        created_at: NOW,
    }
}

pub fn delivery(state: DeliveryState) -> Delivery {
    let outcome = Outcome::Failed { reason: "timeout".to_owned() };
    Delivery {
        id: DELIVERY,
        workspace_id: WORKSPACE,
        endpoint_id: ENDPOINT,
        event_id: EVENT,
        event_type: EventType::TicketUpdated,
        source: Some(EventSource { subject: EventSubject::Ticket(TICKET), version: Version(7) }),
        state,
        next_attempt_at: later(60),
        attempts: vec![Attempt { at: NOW, duration_ms: 7, outcome }],
        created_at: NOW,
    }
}

pub fn job(kind: JobKind) -> Job {
    Job {
        id: JOB,
        kind,
        contact: CONTACT,
        subjects: vec![CONTACT],
        requested_at: NOW,
        requested_by: BY_USER,
        request_id: REQUEST,
        is_silent: true,
        counts: Counts { tickets: 1, messages: 2, attachments: 3, accounts: 4 },
        completed_at: None,
        looks: 0,
    }
}

/// One of each, in turn.
pub fn ends() -> Vec<ContactEnd> {
    let next = |end: &ContactEnd| match end {
        ContactEnd::Merged { .. } => Some(ContactEnd::Deleted),
        ContactEnd::Deleted => Some(ContactEnd::Erased),
        ContactEnd::Erased => None,
    };
    std::iter::successors(Some(ContactEnd::Merged { into_id: CONTACT }), next).collect()
}

/// One of each, in turn.
pub fn holders() -> Vec<KeyHolder> {
    let next = |holder: &KeyHolder| match holder {
        KeyHolder::User { .. } => Some(KeyHolder::Machine),
        KeyHolder::Machine => Some(KeyHolder::Channel { channel_id: CHANNEL }),
        KeyHolder::Channel { .. } => None,
    };
    std::iter::successors(Some(KeyHolder::User { user_id: USER }), next).collect()
}

/// One of each, in turn.
pub fn subjects() -> Vec<EventSubject> {
    let next = |subject: &EventSubject| match subject {
        EventSubject::Ticket(_) => Some(EventSubject::Contact(CONTACT)),
        EventSubject::Contact(_) => None,
    };
    std::iter::successors(Some(EventSubject::Ticket(TICKET)), next).collect()
}

/// One of each, in turn, of every kind of message.
pub fn whats() -> Vec<What> {
    let next = |what: &What| match *what {
        What::Message { id, kind } => Some(What::MessageEdited { id, kind }),
        What::MessageEdited { id, kind } => Some(What::MessageDeleted { id, kind }),
        What::MessageDeleted { .. } => Some(What::FollowUpDue),
        What::FollowUpDue => None,
    };
    let of = |kind: &MessageKind| std::iter::successors(Some(What::Message { id: MESSAGE, kind: *kind }), next);
    let mut whats: Vec<What> = Vec::new();
    for what in MessageKind::ALL.iter().flat_map(of) {
        if !whats.contains(&what) {
            whats.push(what);
        }
    }
    whats
}

/// One of each, in turn.
pub fn outcomes() -> Vec<Outcome> {
    let next = |outcome: &Outcome| match outcome {
        Outcome::Answered { .. } => Some(Outcome::Failed { reason: "timeout".to_owned() }),
        Outcome::Failed { .. } => None,
    };
    let first = Outcome::Answered { status: 503, retry_after: Some(Duration::from_millis(1_500)) };
    std::iter::successors(Some(first), next).collect()
}

/// One of each, in turn.
pub fn field_values() -> Vec<FieldValue> {
    let next = |value: &FieldValue| match value {
        FieldValue::Boolean(_) => Some(FieldValue::Number(7.into())),
        FieldValue::Number(_) => Some(FieldValue::Text("red".to_owned())),
        FieldValue::Text(_) => Some(FieldValue::Choices(vec!["red".to_owned(), "blue".to_owned()])),
        FieldValue::Choices(_) => None,
    };
    std::iter::successors(Some(FieldValue::Boolean(true)), next).collect()
}

/// One of each, in turn, of every type of event.
pub fn subscriptions() -> Vec<Subscription> {
    let next = |subscription: &Subscription| match subscription {
        Subscription::All => Some(Subscription::TicketCreate),
        Subscription::TicketCreate => Some(Subscription::TicketUpdate),
        Subscription::TicketUpdate | Subscription::Type(_) => None,
    };
    let types = EventType::ALL.iter().copied().map(Subscription::Type);
    std::iter::successors(Some(Subscription::All), next).chain(types).collect()
}
