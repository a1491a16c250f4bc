//! A stored code or word that this version doesn't know is an error, never another value.

use super::{
    items::filled,
    values::{
        API_KEY, ATTACHMENT, CHANNEL, CONTACT, ENDPOINT, FIELD, MESSAGE, NOW, TICKET, USER, WORKSPACE, contact, id,
        later,
    },
};
use crate::support::Table;
use aws_sdk_dynamodb::types::AttributeValue as Av;
use lambdesk_domain::{
    events::{EventSource, Subject},
    id::{AttachmentId, DeliveryId, JobId, TicketId, Version},
};
use lambdesk_store::{
    Item, Search, SearchFrom, StoreError,
    keys::{self, Key, Tenant},
};
use std::fmt::Debug;

/// The item with this attribute.
fn with(item: &Item, attribute: &str, value: Av) -> Item {
    let mut item = item.clone();
    item.insert(attribute.to_owned(), value);
    item
}

/// Rewrites a part of one attribute, and holds that it can't be read any more.
async fn refuses<T: Debug>(
    table: &Table,
    key: Key,
    attribute: &str,
    (known, unknown): (&str, &str),
    read: impl AsyncFnOnce() -> Result<T, StoreError>,
) {
    let item = table.item(key).await.expect("it is there");
    let text = item[attribute].as_s().expect("a text");
    assert!(text.contains(known), "{text} has no {known}");
    let changed = Av::S(text.replacen(known, unknown, 1));
    table.put(with(&item, attribute, changed)).await;
    let read = read().await;
    assert!(matches!(read, Err(StoreError::Corrupt(_))), "{attribute}: {unknown} for {known} is read as {read:?}");
    table.put(item).await;
}

#[tokio::test]
async fn an_unknown_word_of_a_ticket_is_no_other_word() {
    let table = filled().await;
    let tenant = Tenant::new(WORKSPACE);
    let kinds = [("wo", "w?"), ("wo", "wz"), ("u", "z"), ("u", "?"), (" w", " z"), (" q", " k")];
    let attributes = [
        ("st", "resolved", "unknown"),
        // A word of other systems, for a value that we spell otherwise.
        ("st", "resolved", "pending"),
        ("sb", "waiting", "answered"),
        ("sh", "live", "unknown"),
        ("pr", "high", "unknown"),
        ("src", "agent", "unknown"),
        ("aw", "customer", "unknown"),
        ("chk", "chat", "unknown"),
        ("og", "u", "z"),
        ("og", " t", " z"),
    ];
    let causes = kinds.map(|(known, unknown)| ("cz", known, unknown));
    for (attribute, known, unknown) in attributes.into_iter().chain(causes) {
        let read = async || table.store.ticket(WORKSPACE, TICKET).await;
        refuses(&table, tenant.ticket(TICKET), attribute, (known, unknown), read).await;
    }
    for change in
        [("outbound", "unknown"), (r#""by":"user""#, r#""by":"unknown""#), (r#""src":"agent""#, r#""src":"?""#)]
    {
        let read = async || table.store.message(WORKSPACE, TICKET, MESSAGE).await;
        refuses(&table, tenant.message(TICKET, MESSAGE), "doc", change, read).await;
    }
    let ticket = TicketId::new(id(22));
    let read = async || table.store.attachment(WORKSPACE, ticket, AttachmentId::new(ATTACHMENT.uuid())).await;
    refuses(&table, tenant.attachment(ticket, ATTACHMENT), "doc", (r#""user""#, r#""unknown""#), read).await;
    let read = async || table.store.follow_up(WORKSPACE, TICKET).await;
    refuses(&table, tenant.follow_up(TICKET), "doc", ("live", "unknown"), read).await;
}

#[tokio::test]
async fn an_unknown_word_of_the_directory_is_no_other_word() {
    let table = filled().await;
    let tenant = Tenant::new(WORKSPACE);
    for (entry, known) in [
        (USER.uuid(), r#""owner""#),
        (USER.uuid(), r#""entry":"user""#),
        (CHANNEL.uuid(), r#""chat""#),
        (CHANNEL.uuid(), r#""hold""#),
        (CHANNEL.uuid(), r#""high""#),
        (FIELD.uuid(), r#""choice""#),
    ] {
        let unknown = if known.contains(':') { r#""entry":"unknown""# } else { r#""unknown""# };
        let read = async || table.store.entry(WORKSPACE, entry).await;
        refuses(&table, tenant.entry(entry), "doc", (known, unknown), read).await;
    }
    for known in [r#""trash""#, r#""all""#] {
        let read = async || table.store.settings(WORKSPACE).await;
        refuses(&table, tenant.settings(), "doc", (known, r#""unknown""#), read).await;
    }
    for known in [r#""machine""#, r#""tickets:read""#] {
        // Elsewhere, because a process remembers the keys that it has read.
        let read = async || table.elsewhere().api_key("hash-30").await;
        refuses(&table, keys::api_key("hash-30"), "doc", (known, r#""unknown""#), read).await;
    }
    let read = async || table.store.api_keys(WORKSPACE).await.map(|keys| keys.len());
    refuses(&table, tenant.listed_api_key(API_KEY), "doc", (r#""user""#, r#""unknown""#), read).await;
}

#[tokio::test]
async fn an_unknown_word_of_events_and_webhooks_is_no_other_word() {
    let table = filled().await;
    let tenant = Tenant::new(WORKSPACE);
    let source = EventSource { subject: Subject::Ticket(TICKET), version: Version(7) };
    for known in [r#""ticket.updated""#, r#""status":"resolved""#, r#""live""#, r#""user""#, r#""outbound""#] {
        let read = async || table.store.event_of(WORKSPACE, source).await;
        let unknown = known.replace("resolved", "unknown");
        let unknown = if known.contains(':') { &unknown } else { r#""unknown""# };
        refuses(&table, tenant.event(source), "doc", (known, unknown), read).await;
    }
    let source = EventSource { subject: Subject::Contact(contact("ada").id), version: Version::FIRST };
    let read = async || table.store.event_of(WORKSPACE, source).await;
    refuses(&table, tenant.event(source), "doc", (r#""contact.created""#, r#""unknown""#), read).await;
    for known in [r#""ticket.create""#, r#""ticket.updated""#, r#""by_hand""#] {
        let read = async || table.store.endpoint(WORKSPACE, ENDPOINT).await;
        refuses(&table, tenant.endpoint(ENDPOINT), "doc", (known, r#""unknown""#), read).await;
    }
    let delivery = DeliveryId::new(id(70));
    for known in [r#""ticket.updated""#, r#""pending""#, r#""failed""#, r#""ticket_id""#] {
        let read = async || table.store.delivery(WORKSPACE, ENDPOINT, delivery).await;
        refuses(&table, tenant.delivery(ENDPOINT, delivery), "doc", (known, r#""unknown""#), read).await;
    }
}

#[tokio::test]
async fn an_unknown_word_of_contacts_is_no_other_word() {
    let table = filled().await;
    let tenant = Tenant::new(WORKSPACE);
    for (name, attribute, known) in
        [("ada", "doc", r#""user""#), ("double", "ed", r#""merged""#), ("gone", "ed", r#""erased""#)]
    {
        let id = contact(name).id;
        let read = async || table.store.place(WORKSPACE, id).await;
        refuses(&table, tenant.contact(id), attribute, (known, r#""unknown""#), read).await;
    }
    let job = JobId::new(id(51));
    let read = async || table.store.job(WORKSPACE, CONTACT, job).await;
    refuses(&table, tenant.job(CONTACT, job), "doc", (r#""erase""#, r#""unknown""#), read).await;
}

#[tokio::test]
async fn an_unknown_counter_is_an_error_and_so_is_a_change_from_what_cannot_be() {
    let table = filled().await;
    let tenant = Tenant::new(WORKSPACE);
    for counter in ["n_unknown", "w_unknown", "d_unknown", "x7", "f464"] {
        let item = table.item(tenant.counts()).await.expect("it is there");
        table.put(with(&item, counter, Av::N("1".to_owned()))).await;
        let read = table.store.counts_now(&tenant).await;
        assert!(matches!(read, Err(StoreError::Corrupt(_))), "{counter}: {read:?}");
        table.put(item).await;
    }
    let source = EventSource { subject: Subject::Ticket(TICKET), version: Version(7) };
    let read = async || table.store.recount(WORKSPACE, NOW, later(200), 9).await;
    refuses(&table, tenant.event(source), "doc", (r#""from":"open""#, r#""from":"unknown""#), read).await;
}

#[tokio::test]
async fn an_unknown_piece_of_the_index_is_an_error() {
    let table = filled().await;
    let tenant = Tenant::new(WORKSPACE);
    let search = Search { query: "lamp".parse().expect("a query"), sees_notes: true };
    for pieces in [r#""Fresh""#, r#""Segments""#] {
        let read = async || table.store.search(&tenant, &search, SearchFrom::Newest, later(3_600)).await.map(drop);
        refuses(&table, tenant.index_manifest(), "doc", (pieces, r#""Unknown""#), read).await;
    }
}
