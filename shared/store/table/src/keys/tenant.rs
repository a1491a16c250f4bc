//! The keys of one workspace: [`Tenant`].

use super::{
    encoding::short,
    index::Key,
    state::State,
    tickets::{BODY, FOLLOW_UP, MESSAGE, TICKET},
};
use lambdesk_domain::id::{ApiKeyId, ContactId, DeliveryId, EndpointId, MessageId, TicketId, UserId, WorkspaceId};
use uuid::Uuid;

/// A workspace grows further partitions when it writes more than one can take
/// (1,000 write units a second); readers ask for all of them.
const SHARD: u8 = 0;

/// The keys of one workspace.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Tenant {
    pub(super) workspace: String,
}

impl Tenant {
    /// Bound to this workspace.
    #[must_use]
    pub fn new(workspace: WorkspaceId) -> Self {
        Self { workspace: short(workspace.uuid()) }
    }

    pub(super) fn key(&self, pk: &str, sk: impl Into<String>) -> Key {
        Key { pk: format!("{}#{pk}", self.workspace), sk: sk.into() }
    }

    fn in_ticket(&self, ticket: TicketId, sk: impl Into<String>) -> Key {
        self.key(&format!("t#{}", short(ticket.uuid())), sk)
    }

    /// The head of a ticket.
    #[must_use]
    pub fn ticket(&self, ticket: TicketId) -> Key {
        self.in_ticket(ticket, TICKET)
    }

    /// A message.
    #[must_use]
    pub fn message(&self, ticket: TicketId, message: MessageId) -> Key {
        self.in_ticket(ticket, format!("{MESSAGE}{}", short(message.uuid())))
    }

    /// What a long message says.
    #[must_use]
    pub fn message_body(&self, ticket: TicketId, message: MessageId) -> Key {
        self.in_ticket(ticket, format!("{BODY}{}", short(message.uuid())))
    }

    /// The row that makes a follow-up findable when it is due.
    #[must_use]
    pub fn follow_up(&self, ticket: TicketId) -> Key {
        self.in_ticket(ticket, FOLLOW_UP)
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> Key {
        self.key("dir", "S")
    }

    /// An entry of the directory.
    #[must_use]
    pub fn entry(&self, id: Uuid) -> Key {
        self.key("dir", format!("D#{}", short(id)))
    }

    /// The item that makes an entry's name unique among its kind.
    #[must_use]
    pub fn unique_name(&self, kind: &str, name: &str) -> Key {
        self.key("names", format!("{kind}#{name}"))
    }

    /// An API key as the workspace lists it.
    #[must_use]
    pub fn listed_api_key(&self, id: ApiKeyId) -> Key {
        self.key("keys", format!("K#{}", short(id.uuid())))
    }

    /// Partition of the workspace's API keys.
    #[must_use]
    pub fn api_keys(&self) -> String {
        format!("{}#keys", self.workspace)
    }

    /// Partition of the workspace's webhook endpoints.
    #[must_use]
    pub fn endpoints(&self) -> String {
        format!("{}#hooks", self.workspace)
    }

    /// A webhook endpoint.
    #[must_use]
    pub fn endpoint(&self, endpoint: EndpointId) -> Key {
        self.key("hooks", format!("H#{}", short(endpoint.uuid())))
    }

    /// Up to when the workspace's replays have used what it may send.
    #[must_use]
    pub fn replay_pace(&self) -> Key {
        self.key("hooks", "P".to_owned())
    }

    /// A delivery.
    #[must_use]
    pub fn delivery(&self, endpoint: EndpointId, delivery: DeliveryId) -> Key {
        self.key(&format!("h#{}", short(endpoint.uuid())), format!("D#{}", short(delivery.uuid())))
    }

    /// Partition of an endpoint's deliveries.
    #[must_use]
    pub fn deliveries(&self, endpoint: EndpointId) -> String {
        format!("{}#h#{}", self.workspace, short(endpoint.uuid()))
    }

    /// The record of an answered request.
    #[must_use]
    pub fn idempotency(&self, hash: &str) -> Key {
        self.key(&format!("i#{hash}"), "I")
    }

    /// The counter of ticket numbers.
    #[must_use]
    pub fn numbers(&self) -> Key {
        self.key("n", "N")
    }

    /// Partition of the list index.
    #[must_use]
    pub fn list(&self, state: State) -> String {
        format!("{}#{}#{SHARD}", self.workspace, state.word())
    }

    /// Partition of the assignee index.
    #[must_use]
    pub fn assigned(&self, assignee: Option<UserId>) -> String {
        match assignee {
            Some(user) => format!("{}#{}#{SHARD}", self.workspace, short(user.uuid())),
            None => format!("{}#none#{SHARD}", self.workspace),
        }
    }

    /// Partition of the order index.
    #[must_use]
    pub fn order(&self) -> String {
        format!("{}#open#{SHARD}", self.workspace)
    }

    /// Partition of the lookup index: a contact's tickets.
    #[must_use]
    pub fn contact_tickets(&self, contact: ContactId) -> String {
        format!("{}#c#{}", self.workspace, short(contact.uuid()))
    }

    /// Partition of the events of a day (counted from the epoch) by their positions in the
    /// feed. The lookup index has one of the same name, with the events of earlier versions.
    #[must_use]
    pub fn feed(&self, day: u64) -> String {
        format!("{}#feed#{day}", self.workspace)
    }
}
