//! What the items and rows of a ticket say by what it is: of every closed set, the
//! attributes in which its values differ.

use super::{
    kind, shown,
    values::{BY_USER, MESSAGE, cause, ticket, whats},
};
use lambdesk_domain::{
    access::{ActorRef, Cause},
    message::SenderKind,
    status::{Awaiting, ChannelType, Priority, Shelf, Source, Status},
    ticket::{ChannelRef, Origin, Ticket},
};
use lambdesk_store_tickets::NewItems;
use lambdesk_table::{Key, Tenant, keys::short};
use lambdesk_testkit::{TestTable, workspace};
use std::collections::{BTreeMap, BTreeSet};

/// An attribute of one of a ticket's items.
type Attributes = BTreeMap<String, String>;

/// The item and the rows of a ticket, and how they are called here.
fn places(ticket: &Ticket) -> [(&'static str, Key); 5] {
    let tenant = Tenant::new(ticket.workspace_id);
    [
        ("ticket", tenant.ticket(ticket.id)),
        ("number_row", tenant.number_row(ticket)),
        ("updated_row", tenant.updated_row(ticket)),
        ("activity_row", tenant.activity_row(ticket)),
        ("order_row", tenant.order_row(ticket)),
    ]
}

async fn stored(table: &TestTable, ticket: &Ticket) -> Attributes {
    table.store.tickets.create_ticket(ticket, NewItems::default()).await.expect("it is written");
    table.store.lists.place_rows(None, ticket).await.expect("they are written");
    let own = short(ticket.workspace_id.uuid());
    let mut attributes = Attributes::new();
    for (place, key) in places(ticket) {
        for (name, value) in table.item(key).await.unwrap_or_default() {
            let text = format!("{} {}", kind(&value), shown(&value).replace(&own, "ws"));
            attributes.insert(format!("{place}.{name}"), text);
        }
    }
    attributes
}

/// Sets of tickets that differ in one thing.
fn varied() -> Vec<(&'static str, Vec<(String, Ticket)>)> {
    fn all<T: Copy + ToString>(values: &[T], with: impl Fn(T) -> Ticket) -> Vec<(String, Ticket)> {
        values.iter().map(|value| (value.to_string(), with(*value))).collect()
    }
    let base = ticket;
    let channel = |kind| base().channel.map(|channel| ChannelRef { kind, ..channel });
    let actor = |kind| ActorRef { kind, ..BY_USER };
    let nobody = ActorRef { kind: SenderKind::System, id: None };
    let what =
        |what| (format!("{what:?}").replace(&MESSAGE.to_string(), ""), Ticket { cause: cause(Some(what)), ..base() });
    vec![
        ("status", all(Status::ALL, |status| Ticket { status, ..base() })),
        ("status before spam", all(Status::ALL, |status| Ticket { status_before_spam: Some(status), ..base() })),
        ("shelf", all(Shelf::ALL, |shelf| Ticket { shelf, ..base() })),
        ("priority", all(Priority::ALL, |priority| Ticket { priority, ..base() })),
        ("source", all(Source::ALL, |source| Ticket { source, ..base() })),
        ("awaiting", all(Awaiting::ALL, |awaiting| Ticket { awaiting, ..base() })),
        ("channel type", all(ChannelType::ALL, |kind| Ticket { channel: channel(kind), ..base() })),
        ("creator", {
            let by = |creator| Ticket { origin: Origin { creator, ..base().origin }, ..base() };
            let mut creators = all(SenderKind::ALL, |kind| by(actor(kind)));
            creators.push(("nobody".to_owned(), by(nobody)));
            creators
        }),
        ("actor", all(SenderKind::ALL, |kind| Ticket { cause: Cause { actor: actor(kind), ..cause(None) }, ..base() })),
        ("what", whats().into_iter().map(what).collect()),
        (
            "bare",
            vec![
                ("all".to_owned(), base()),
                (
                    "none".to_owned(),
                    Ticket {
                        channel: None,
                        assignee: None,
                        contact: None,
                        tags: [].into(),
                        custom: [].into(),
                        status_before_spam: None,
                        cause: Cause::SYSTEM,
                        ..base()
                    },
                ),
            ],
        ),
    ]
}

pub async fn lines(table: &TestTable) -> Vec<String> {
    let mut lines = Vec::new();
    // A workspace each: their items don't meet.
    let mut number = 0;
    for (of, tickets) in varied() {
        let mut all: BTreeMap<String, Attributes> = BTreeMap::new();
        for (value, ticket) in tickets {
            number += 1;
            let ticket = Ticket { workspace_id: workspace(number), ..ticket };
            all.insert(value, stored(table, &ticket).await);
        }
        let names: BTreeSet<_> = all.values().flat_map(|attributes| attributes.keys().cloned()).collect();
        let differ =
            |name: &String| all.values().map(|attributes| attributes.get(name)).collect::<BTreeSet<_>>().len() > 1;
        let differing: Vec<_> = names.into_iter().filter(differ).collect();
        for (value, attributes) in &all {
            lines.push(format!("{of}: {value}"));
            let there = |name: &String| Some(format!("  {name:<20} {}", attributes.get(name)?));
            lines.extend(differing.iter().filter_map(there));
        }
    }
    lines
}
