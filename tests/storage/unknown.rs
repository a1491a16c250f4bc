//! A stored code or word that this version doesn't know is an error, never another value.

use super::{
    items::filled,
    values::{
        API_KEY, ATTACHMENT, CASCADE, CHANNEL, CONTACT, ENDPOINT, FIELD, MESSAGE, NOW, TICKET, USER, WORKSPACE,
        contact, id, later,
    },
};
use lambdesk_domain::{
    events::{EventSource, EventSubject},
    id::{AttachmentId, DeliveryId, JobId, TicketId, Version},
};
use lambdesk_store_search::{Search, SearchFrom};
use lambdesk_table::{
    Item, Key, TableError, Tenant, Value,
    item::{number, text},
    keys,
};
use lambdesk_testkit::{Stores, TestTable};
use std::fmt::Debug;

/// The item with this attribute.
fn with(item: &Item, attribute: &str, value: Value) -> Item {
    let mut item = item.clone();
    item.insert(attribute.to_owned(), value);
    item
}

/// Rewrites a part of one attribute, and holds that it can't be read any more.
async fn refuses<T: Debug>(
    table: &TestTable,
    key: Key,
    attribute: &str,
    (known, unknown): (&str, &str),
    read: impl AsyncFnOnce() -> Result<T, TableError>,
) {
    let item = table.item(key).await.expect("it is there");
    let stored = item[attribute].as_s().expect("a text");
    assert!(stored.contains(known), "{stored} has no {known}");
    let changed = text(stored.replacen(known, unknown, 1));
    table.put(with(&item, attribute, changed)).await;
    let read = read().await;
    assert!(matches!(read, Err(TableError::Corrupt(_))), "{attribute}: {unknown} for {known} is read as {read:?}");
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
        let read = async || table.store.tickets.ticket(WORKSPACE, TICKET).await;
        refuses(&table, tenant.ticket(TICKET), attribute, (known, unknown), read).await;
    }
    for change in
        [("outbound", "unknown"), (r#""by":"user""#, r#""by":"unknown""#), (r#""src":"agent""#, r#""src":"?""#)]
    {
        let read = async || table.store.tickets.message(WORKSPACE, TICKET, MESSAGE).await;
        refuses(&table, tenant.message(TICKET, MESSAGE), "doc", change, read).await;
    }
    let ticket = TicketId::new(id(22));
    let read = async || table.store.tickets.attachment(WORKSPACE, ticket, AttachmentId::new(ATTACHMENT.uuid())).await;
    refuses(&table, tenant.attachment(ticket, ATTACHMENT), "doc", (r#""user""#, r#""unknown""#), read).await;
    let read = async || table.store.events.follow_up(WORKSPACE, TICKET).await;
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
        let read = async || table.store.directories.entry(WORKSPACE, entry).await;
        refuses(&table, tenant.entry(entry), "doc", (known, unknown), read).await;
    }
    for known in [r#""trash""#, r#""all""#] {
        let read = async || table.store.directories.settings(WORKSPACE).await;
        refuses(&table, tenant.settings(), "doc", (known, r#""unknown""#), read).await;
    }
    for known in [r#""machine""#, r#""tickets:read""#] {
        // Elsewhere, because a process remembers the keys that it has read.
        let read = async || table.elsewhere().directories.api_key("hash-30").await;
        refuses(&table, keys::api_key("hash-30"), "doc", (known, r#""unknown""#), read).await;
    }
    let read = async || table.store.directories.api_keys(WORKSPACE).await.map(|keys| keys.len());
    refuses(&table, tenant.listed_api_key(API_KEY), "doc", (r#""user""#, r#""unknown""#), read).await;
}

#[tokio::test]
async fn an_unknown_word_of_events_and_webhooks_is_no_other_word() {
    let table = filled().await;
    let tenant = Tenant::new(WORKSPACE);
    let source = EventSource { subject: EventSubject::Ticket(TICKET), version: Version(7) };
    for known in [r#""ticket.updated""#, r#""status":"resolved""#, r#""live""#, r#""user""#, r#""outbound""#] {
        let read = async || table.store.events.event_of(WORKSPACE, source).await;
        let unknown = known.replace("resolved", "unknown");
        let unknown = if known.contains(':') { &unknown } else { r#""unknown""# };
        refuses(&table, tenant.event(source), "doc", (known, unknown), read).await;
    }
    let source = EventSource { subject: EventSubject::Contact(contact("ada").id), version: Version::FIRST };
    let read = async || table.store.events.event_of(WORKSPACE, source).await;
    refuses(&table, tenant.event(source), "doc", (r#""contact.created""#, r#""unknown""#), read).await;
    for known in [r#""ticket.create""#, r#""ticket.updated""#, r#""by_hand""#] {
        let read = async || table.store.webhooks.endpoint(WORKSPACE, ENDPOINT).await;
        refuses(&table, tenant.endpoint(ENDPOINT), "doc", (known, r#""unknown""#), read).await;
    }
    let delivery = DeliveryId::new(id(70));
    for known in [r#""ticket.updated""#, r#""pending""#, r#""failed""#, r#""ticket_id""#] {
        let read = async || table.store.webhooks.delivery(WORKSPACE, ENDPOINT, delivery).await;
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
        let read = async || table.store.contacts.slot(WORKSPACE, id).await;
        refuses(&table, tenant.contact(id), attribute, (known, r#""unknown""#), read).await;
    }
    let job = JobId::new(id(51));
    let read = async || table.store.contacts.job(WORKSPACE, CONTACT, job).await;
    refuses(&table, tenant.job(CONTACT, job), "doc", (r#""erase""#, r#""unknown""#), read).await;
    let Stores { tickets, directories, .. } = &table.store;
    let read = async || tickets.work_on_cascade(directories, WORKSPACE, CASCADE, || NOW, || true).await;
    for known in [r#""copy""#, r#""option""#] {
        refuses(&table, tenant.cascade(CASCADE), "doc", (known, r#""unknown""#), read).await;
    }
}

#[tokio::test]
async fn an_unknown_counter_is_an_error_and_so_is_a_change_from_what_cannot_be() {
    let table = filled().await;
    let tenant = Tenant::new(WORKSPACE);
    for counter in ["n_unknown", "w_unknown", "d_unknown", "x7", "f464"] {
        let item = table.item(tenant.counts()).await.expect("it is there");
        table.put(with(&item, counter, number(1))).await;
        let read = table.store.reports.counts_now(&tenant).await;
        assert!(matches!(read, Err(TableError::Corrupt(_))), "{counter}: {read:?}");
        table.put(item).await;
    }
    let source = EventSource { subject: EventSubject::Ticket(TICKET), version: Version(7) };
    let read = async || table.store.reports.recount(WORKSPACE, NOW, later(200), 9).await;
    refuses(&table, tenant.event(source), "doc", (r#""from":"open""#, r#""from":"unknown""#), read).await;
}

#[tokio::test]
async fn an_unknown_piece_of_the_index_is_an_error() {
    let table = filled().await;
    let tenant = Tenant::new(WORKSPACE);
    let search = Search { query: "lamp".parse().expect("a query"), sees_notes: true, sees_clients: true };
    for pieces in [r#""Fresh""#, r#""Segments""#] {
        let read =
            async || table.store.search.search(&tenant, &search, SearchFrom::Newest, later(3_600)).await.map(drop);
        refuses(&table, tenant.index_manifest(), "doc", (pieces, r#""Unknown""#), read).await;
    }
}
