//! What still uses an entry of the directory: looked up where an index leads there,
//! looked through as far as is reasonable where none does.

use crate::{
    client::{CAPACITY, Store, failure},
    error::StoreError,
    head::{self, Expression, attr},
    item::{id, text},
    keys::{Index, Posting, State, Tenant},
};
use futures_util::future::{try_join_all, try_join3};
use lambdesk_domain::{
    id::{ChannelId, TicketId, UserId, WorkspaceId},
    status::Status,
    text::FieldKey,
    ticket::Ticket,
};

/// Tickets that are looked at in one place.
const LOOKED_AT: u16 = 100;

/// What tickets may have.
#[derive(Debug, Clone, PartialEq)]
pub enum Used {
    /// A tag, category, team or custom value: looked up, some 100 ms late.
    Posting(Posting),
    /// This assignee: looked up among active tickets, looked for among the others.
    Assignee(UserId),
    /// This channel: looked for.
    Channel(ChannelId),
    /// Any value of this custom field: looked for.
    Field(FieldKey),
}

/// The tickets that use something.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Users {
    /// Those that were found.
    pub tickets: Vec<TicketId>,
    /// There may be more.
    pub may_be_more: bool,
}

impl Users {
    fn and(mut self, other: Self) -> Self {
        self.tickets.extend(other.tickets);
        self.tickets.sort_unstable();
        self.tickets.dedup();
        Self { may_be_more: self.may_be_more || other.may_be_more, ..self }
    }
}

impl Store {
    /// The tickets that use something: at most 100 of them, or as many as are among
    /// the 100 newest of every state.
    ///
    /// # Errors
    /// When the table fails.
    pub async fn users_of(&self, workspace: WorkspaceId, used: &Used) -> Result<Users, StoreError> {
        match used {
            Used::Posting(posting) => self.users_by_posting(workspace, posting).await,
            Used::Assignee(holder) => {
                let active = self.look(Index::Assignee, Tenant::new(workspace).assigned(Some(*holder)), used);
                let done = [Status::Resolved, Status::Closed, Status::Spam].map(State::Live);
                let done = self.look_through(workspace, &done, used);
                let away = self.look_through(workspace, &AWAY, used);
                let (active, done, away) = try_join3(active, done, away).await?;
                Ok(active.and(done).and(away))
            }
            Used::Channel(_) | Used::Field(_) => {
                let live: Vec<_> = Status::ALL.iter().copied().map(State::Live).collect();
                let live = self.look_through(workspace, &live, used).await?;
                Ok(live.and(self.look_through(workspace, &AWAY, used).await?))
            }
        }
    }

    async fn users_by_posting(&self, workspace: WorkspaceId, posting: &Posting) -> Result<Users, StoreError> {
        let page = self.posted(workspace, posting, LOOKED_AT).await?;
        let tenant = Tenant::new(workspace);
        let heads = self.batch_get(page.items.iter().map(|ticket| tenant.ticket(*ticket)).collect()).await?;
        let tickets = heads.iter().map(head::decode).collect::<Result<Vec<_>, _>>()?;
        let using = tickets.iter().filter(|ticket| crate::rows::has(ticket, posting)).map(|ticket| ticket.id);
        Ok(Users { tickets: using.collect(), may_be_more: page.has_more })
    }

    async fn look_through(&self, workspace: WorkspaceId, states: &[State], used: &Used) -> Result<Users, StoreError> {
        let tenant = Tenant::new(workspace);
        let looks = states.iter().map(|state| self.look(Index::List, tenant.list(*state), used));
        Ok(try_join_all(looks).await?.into_iter().fold(Users::default(), Users::and))
    }

    /// The newest of one partition.
    async fn look(&self, index: Index, partition: String, used: &Used) -> Result<Users, StoreError> {
        let mut expression = Expression::default();
        let filter = match used {
            Used::Posting(_) => None,
            Used::Assignee(holder) => Some(equals(attr::ASSIGNEE, holder.uuid(), &mut expression)),
            Used::Channel(channel) => Some(equals(attr::CHANNEL, channel.uuid(), &mut expression)),
            Used::Field(key) => Some(format!("attribute_exists({})", expression.path(attr::CUSTOM, key.as_str()))),
        };
        let within = format!("{} = {}", index.attributes().0, expression.value(text(partition)));
        let (names, values) = expression.into_parts();
        let after = self.meter.ended();
        let request = self.client.query().table_name(&*self.table).index_name(index.name());
        let request = request
            .key_condition_expression(within)
            .set_filter_expression(filter)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .scan_index_forward(false)
            .limit(i32::from(LOOKED_AT))
            .return_consumed_capacity(CAPACITY);
        let output = request.send().await.map_err(failure)?;
        self.record("Query", after, output.consumed_capacity());
        let found = output.items.unwrap_or_default();
        let found = found.iter().map(head::decode).collect::<Result<Vec<Ticket>, _>>()?;
        let tickets = found.iter().map(|ticket| ticket.id).collect();
        Ok(Users { tickets, may_be_more: output.last_evaluated_key.is_some() })
    }
}

/// The states of tickets that are not on the ordinary shelf.
const AWAY: [State; 3] = [State::Archived, State::Trashed, State::Unprocessed];

fn equals(attribute: &str, value: uuid::Uuid, expression: &mut Expression) -> String {
    format!("{} = {}", expression.name(attribute), expression.value(id(value)))
}
