//! What long messages say, read after their message items: one batch, as far as the
//! request may still read and answer.

use crate::{
    Tickets,
    message::{self, MessageItem},
    thread::MessagesRead,
};
use lambdesk_domain::{
    budget,
    id::{MessageId, TicketId},
    message::Message,
};
use lambdesk_table::{Corrupt, Item, Page, TableError, Tenant, item::Reader, meter};
use std::collections::HashMap;

/// What one unit reads as it was a moment ago, twice over.
const HALF_UNIT_BYTES: usize = 4_096;
/// Bytes of a body's item beside what is stored in it: its keys and the names of its
/// attributes.
const BESIDE: usize = 160;
/// How often a message is read that is being changed meanwhile.
const ATTEMPTS: usize = 4;

impl Tickets {
    /// The messages of some message items, the first ones of them as far as the budget goes,
    /// but at least one. Of what is written meanwhile, as it is then.
    pub(crate) async fn with_bodies(&self, tenant: &Tenant, page: Page<Item>) -> Result<MessagesRead, TableError> {
        let mut items = page.items.iter().map(message::decode).collect::<Result<Vec<_>, _>>()?;
        let within = within_budget(&items, budget::READ_UNITS - meter::spent());
        let has_more = page.has_more || within < items.len();
        items.truncate(within);
        let last = items.last().map(|item| item.message.id);
        let elsewhere = items.iter().filter(|item| item.is_elsewhere());
        let keys = elsewhere.map(|MessageItem { message, .. }| tenant.message_body(message.ticket_id, message.id));
        let keys: Vec<_> = keys.collect();
        let bodies = if keys.is_empty() { Vec::new() } else { self.table.batch_get_eventual(keys).await? };
        let key = |item: &Item| Reader(item).text("sk").map(str::to_owned);
        let bodies = bodies.into_iter().map(|body| Ok((key(&body)?, body)));
        let bodies = bodies.collect::<Result<HashMap<_, _>, Corrupt>>()?;
        let mut messages = Vec::with_capacity(items.len());
        for MessageItem { message, body } in items {
            let Some(about) = body.filter(|about| about.stored.is_some()) else {
                messages.push(message);
                continue;
            };
            let body = bodies.get(&tenant.message_body(message.ticket_id, message.id).sk);
            match body.filter(|body| message::is_of(body, &about)) {
                Some(body) => messages.push(complete(message, body)?),
                // Just written, changed or deleted: as it is now.
                None => messages.extend(self.whole_message(tenant, message.ticket_id, message.id).await?),
            }
        }
        Ok(MessagesRead { items: messages, last, has_more })
    }

    /// One message as it is now.
    pub(crate) async fn whole_message(
        &self,
        tenant: &Tenant,
        ticket: TicketId,
        id: MessageId,
    ) -> Result<Option<Message>, TableError> {
        for _ in 0..ATTEMPTS {
            let Some(item) = self.table.get(tenant.message(ticket, id)).await? else {
                return Ok(None);
            };
            let MessageItem { message, body } = message::decode(&item)?;
            let Some(about) = body.filter(|about| about.stored.is_some()) else {
                return Ok(Some(message));
            };
            // Changed since the message was read, where it is not the body of this one.
            let body = self.table.get(tenant.message_body(ticket, id)).await?;
            if let Some(body) = body.filter(|body| message::is_of(body, &about)) {
                return Ok(Some(complete(message, &body)?));
            }
        }
        Err(Corrupt("body").into())
    }
}

/// How many of some messages may be read whole for so many units, and answered.
fn within_budget(items: &[MessageItem], mut units: f64) -> usize {
    let mut shown = 0_usize;
    let fits = |item: &&MessageItem| {
        let Some(about) = &item.body else { return true };
        let halves = u32::try_from(about.stored.map_or(0, |stored| stored + BESIDE).div_ceil(HALF_UNIT_BYTES))
            .unwrap_or(u32::MAX);
        units -= f64::from(halves) / 2.0;
        shown = shown.saturating_add(about.shown);
        // What came with its item is paid for.
        (about.stored.is_none() || units >= 0.0) && shown <= budget::ANSWER_BYTES
    };
    items.iter().take_while(fits).count().max(1)
}

fn complete(message: Message, body: &Item) -> Result<Message, Corrupt> {
    let (content, attachments) = message::decode_body(body)?;
    Ok(Message { content, attachments, ..message })
}
