//! Erasure of a ticket's messages: one page of them read and one transaction written at
//! a time, each message held to what was read of it.

use crate::{
    Tickets,
    message::{self, MessageItem},
};
use lambdesk_domain::{
    id::{TicketId, WorkspaceId},
    personal,
};
use lambdesk_table::{
    Held, Query, TableError, Tenant, Tx, Versioned, Write,
    item::Reader,
    keys,
    retry::{ATTEMPTS, Attempts},
};

/// How many messages are read, and written in one transaction, at once.
const MESSAGES: u16 = 25;

impl Tickets {
    /// Overwrites what the messages of a ticket say; how many it were. May be repeated:
    /// those that say nothing any more are left as they are.
    ///
    /// # Errors
    /// When the table fails; what was erased stays erased.
    pub async fn erase_messages(&self, workspace: WorkspaceId, ticket: TicketId) -> Result<u64, TableError> {
        let tenant = Tenant::new(workspace);
        let pk = tenant.ticket(ticket).pk;
        let (mut from, mut count, mut attempts) = (keys::MESSAGES.0.to_owned(), 0, Attempts::new());
        loop {
            let page = self.table.page(Query::of(&pk).between(&from, keys::MESSAGES.1), MESSAGES).await?;
            let read = page.items.iter().map(message::decode_versioned).collect::<Result<Vec<_>, _>>()?;
            let (tx, erased) = erasure(&tenant, &read);
            // What somebody changed or deleted meanwhile is read again as it is now.
            if erased > 0 && !tx.commit_held(&self.table).await? {
                if !attempts.again(ATTEMPTS).await {
                    return Err(TableError::Contended);
                }
                continue;
            }
            attempts = Attempts::new();
            count += erased;
            match page.items.last().filter(|_| page.has_more) {
                Some(last) => from = keys::after(Reader(last).text("sk")?),
                None => return Ok(count),
            }
        }
    }
}

/// The transaction that overwrites those of the messages that say something, and how many
/// they are.
fn erasure(tenant: &Tenant, read: &[Versioned<MessageItem>]) -> (Tx<Held<TableError>>, u64) {
    let (mut tx, mut erased) = (Tx::new(), 0);
    for message in read {
        let MessageItem { message: before, body } = &message.value;
        if let Some(empty) = personal::erased(before) {
            tx.hold(Write::put(message::items(tenant, &empty).message).when_unchanged(message));
            if body.as_ref().is_some_and(|body| body.stored.is_some()) {
                tx.write(Write::delete(tenant.message_body(empty.ticket_id, empty.id)));
            }
            erased += 1;
        }
    }
    (tx, erased)
}
