//! Every builder of keys, for fixed ids.

use super::{
    sources,
    values::{
        ACCOUNT, API_KEY, ATTACHMENT, CASCADE, CATEGORY, CHANNEL, CONTACT, DELIVERY, ENDPOINT, JOB, MESSAGE, NOW, TAG,
        TEAM, TICKET, USER, WORKSPACE, field_values, id, subjects, ticket,
    },
};
use lambdesk_domain::{
    day::Day,
    events::EventSource,
    id::Version,
    report::{Cell, Group as Counted},
    status::{Lifecycle, Status},
    ticket::Ticket,
};
use lambdesk_store_lists::{ListPosition, Sort, SortBy};
use lambdesk_table::{
    keys::{self, IndexedValue, Key, State, StateGroup, Tenant, Unique},
    schema,
};
use std::collections::BTreeSet;

const SEQUENCE: &str = "4200000000012345678901";

/// The functions of the modules of keys that build none, or whose result stands in
/// positions and items further below.
const OTHERS: [&str; 44] = [
    "set_due_shards",
    "after",
    "as_str",
    "attributes",
    "before",
    "block",
    "contact",
    "counted_day",
    "counted_day_key",
    "counted_group",
    "day_at",
    "due_time",
    "has_days",
    "holds_items",
    "indexed_number",
    "is_follow_up",
    "is_retry",
    "is_reindex_request",
    "is_pending_purge",
    "is_ticket",
    "long",
    "name",
    "new",
    "number_at",
    "number_key",
    "number_place",
    "of",
    "of_removed",
    "of_ticket",
    "parse",
    "parse_account",
    "parse_attachment",
    "parse_backfill_request",
    "parse_cascade",
    "parse_compaction",
    "parse_contact",
    "parse_delivery",
    "parse_events",
    "parse_job",
    "parse_message",
    "parse_slot",
    "parse_retention_sweep",
    "parse_ticket",
    "sort_key",
];
const SHOWN_ELSEWHERE: [&str; 9] =
    ["key", "row_day", "state_key", "state_place", "status_key", "tail", "ticket_at", "time_at", "time_place"];

/// Every state, however many there are.
pub fn states() -> BTreeSet<State> {
    let of =
        |lifecycle: &Lifecycle| Status::ALL.iter().map(|status| State::of(*lifecycle, *status)).collect::<Vec<_>>();
    Lifecycle::ALL.iter().flat_map(of).collect()
}

/// Every group, however many there are.
fn groups() -> BTreeSet<StateGroup> {
    states().into_iter().map(StateGroup::of).collect()
}

fn indexed_values() -> Vec<IndexedValue> {
    let colour = || "colour".parse().unwrap();
    let next = |value: &IndexedValue| match value {
        IndexedValue::Tag(_) => Some(IndexedValue::Account(ACCOUNT)),
        IndexedValue::Account(_) => Some(IndexedValue::Uid("grace-1".parse().unwrap())),
        IndexedValue::Uid(_) => Some(IndexedValue::Category(CATEGORY)),
        IndexedValue::Category(_) => Some(IndexedValue::Team(TEAM)),
        IndexedValue::Team(_) => Some(IndexedValue::Field(colour())),
        IndexedValue::Field(_) => Some(IndexedValue::Channel(CHANNEL)),
        IndexedValue::Channel(_) => Some(IndexedValue::Assignee(USER)),
        IndexedValue::Assignee(_) | IndexedValue::Custom(..) => None,
    };
    let custom = field_values().into_iter().map(|value| IndexedValue::Custom(colour(), value));
    std::iter::successors(Some(IndexedValue::Tag(TAG)), next).chain(custom).collect()
}

fn uniques() -> Vec<Unique<'static>> {
    let kind = Box::leak(Box::new("loan".parse().unwrap()));
    let next = |unique: &Unique<'static>| match unique {
        Unique::ExternalId(_) => Some(Unique::Uid("name")),
        Unique::Uid(_) => Some(Unique::Account(kind, "name")),
        Unique::Account(..) => None,
    };
    std::iter::successors(Some(Unique::ExternalId("name")), next).collect()
}

fn cells() -> Vec<Cell> {
    let day = Day::from_number(20_454);
    let next = |group: &Counted| match group {
        Counted::All => Some(Counted::Channel(None)),
        Counted::Channel(None) => Some(Counted::Channel(Some(CHANNEL))),
        Counted::Channel(Some(_)) => Some(Counted::Assignee(None)),
        Counted::Assignee(None) => Some(Counted::Assignee(Some(USER))),
        Counted::Assignee(Some(_)) => None,
    };
    let both = |cell: &Cell| match *cell {
        Cell::Now(group) => Some(Cell::Day(group, day)),
        Cell::Day(..) => None,
    };
    let groups: Vec<_> = std::iter::successors(Some(Counted::All), next).collect();
    groups.into_iter().flat_map(|group| std::iter::successors(Some(Cell::Now(group)), both)).collect()
}

/// What the builders make, by their names.
#[derive(Default)]
struct Built(Vec<(&'static str, String)>);

impl Built {
    fn key(&mut self, name: &'static str, Key { pk, sk }: Key) {
        self.0.push((name, format!("{pk} | {sk}")));
    }

    fn text(&mut self, name: &'static str, text: impl Into<String>) {
        self.0.push((name, text.into()));
    }
}

/// In an order that no declaration has a part in.
fn sorted(lines: impl Iterator<Item = String>) -> Vec<String> {
    lines.collect::<BTreeSet<_>>().into_iter().collect()
}

pub fn builders() -> Vec<String> {
    let mut built = Built::default();
    let tenant = Tenant::new(WORKSPACE);
    free(&mut built);
    of_tickets(&mut built, &tenant);
    of_rows(&mut built, &tenant);
    of_others(&mut built, &tenant);
    let names: BTreeSet<_> = built.0.iter().map(|(name, _)| (*name).to_owned()).collect();
    let all: BTreeSet<_> = OTHERS.iter().chain(&SHOWN_ELSEWHERE).map(|name| (*name).to_owned()).chain(names).collect();
    let forgotten: Vec<_> = sources::key_functions().into_iter().filter(|name| !all.contains(name)).collect();
    assert!(forgotten.is_empty(), "these are to be listed: {forgotten:?}");
    sorted(built.0.into_iter().map(|(name, text)| format!("{name:<18} {text}")))
}

fn free(built: &mut Built) {
    let key = Tenant::new(WORKSPACE).follow_up(TICKET);
    let (hour, place) = keys::due(NOW, &key);
    built.text("short", keys::short(id(1)));
    built.key("sweep_state", keys::sweep_state());
    built.key("used_since", keys::used_since());
    built.key("sweep_run", keys::sweep_run(NOW));
    built.key("api_key", keys::api_key("hash"));
    built.text("activity", keys::activity(NOW, TICKET));
    for priority in lambdesk_domain::status::Priority::ALL {
        built.text("priority", format!("{priority}: {}", keys::priority(*priority, TICKET)));
    }
    built.text("by_id", keys::by_id(&ticket()));
    built.text("due", format!("{hour} | {place}"));
    built.text("due_partition", keys::due_partition(keys::hour(NOW), keys::DUE_SHARDS - 1));
    built.text("due_until", keys::due_until(NOW));
    built.text("due_shards", keys::due_shards().to_string());
    built.text("hour", keys::hour(NOW).to_string());
    built.text("day", keys::day(NOW).to_string());
    built.text("day_start", keys::day_start(keys::day(NOW)).to_string());
}

fn of_tickets(built: &mut Built, tenant: &Tenant) {
    built.key("ticket", tenant.ticket(TICKET));
    built.key("message", tenant.message(TICKET, MESSAGE));
    built.key("message_body", tenant.message_body(TICKET, MESSAGE));
    built.key("attachment", tenant.attachment(TICKET, ATTACHMENT));
    built.key("follow_up", tenant.follow_up(TICKET));
    built.key("pending_purge", tenant.pending_purge(TICKET));
    built.key("reindex_request", tenant.reindex_request(TICKET));
    for subject in subjects() {
        built.text("events", tenant.events(subject));
        built.key("event", tenant.event(EventSource { subject, version: Version(7) }));
        built.key("retry", tenant.retry(subject));
        built.key("backfill_request", tenant.backfill_request(subject));
    }
    for state in states() {
        built.text("list", tenant.list(state));
    }
    built.text("assigned", tenant.assigned(Some(USER)));
    built.text("assigned", tenant.assigned(None));
    built.text("order", tenant.order());
    built.text("contact_tickets", tenant.contact_tickets(CONTACT));
    built.text("feed", tenant.feed(keys::day(NOW)));
    built.key("numbers", tenant.numbers());
}

fn of_rows(built: &mut Built, tenant: &Tenant) {
    let ticket = ticket();
    for group in groups() {
        built.text("order_rows", tenant.order_rows(group));
        built.text("updated_rows", tenant.updated_rows(group));
        built.text("activity_rows", tenant.activity_rows(group));
    }
    built.key("order_row", tenant.order_row(&ticket));
    built.key("updated_row", tenant.updated_row(&ticket));
    built.key("activity_row", tenant.activity_row(&ticket));
    built.text("number_rows", tenant.number_rows());
    built.key("number_row", tenant.number_row(&ticket));
    for value in indexed_values() {
        built.text("index_entries", tenant.index_entries(&value));
        built.text("day_rows", tenant.day_rows(&value));
    }
    built.key("index_entry", tenant.index_entry(&IndexedValue::Tag(TAG), TICKET));
    built.key("day_row", tenant.day_row(&IndexedValue::Tag(TAG), &ticket));
}

fn of_others(built: &mut Built, tenant: &Tenant) {
    built.key("settings", tenant.settings());
    built.key("entry", tenant.entry(TAG.uuid()));
    built.key("unique_name", tenant.unique_name("tag", "urgent"));
    built.key("listed_api_key", tenant.listed_api_key(API_KEY));
    built.text("api_keys", tenant.api_keys());
    built.key("endpoint", tenant.endpoint(ENDPOINT));
    built.text("endpoints", tenant.endpoints());
    built.key("replay_pace", tenant.replay_pace());
    built.key("delivery", tenant.delivery(ENDPOINT, DELIVERY));
    built.text("deliveries", tenant.deliveries(ENDPOINT));
    built.key("idempotency", tenant.idempotency("hash"));
    built.key("contact", tenant.contact(CONTACT));
    built.key("account", tenant.account(ACCOUNT));
    built.text("accounts_of", tenant.accounts_of(CONTACT));
    for unique in uniques() {
        built.key("unique", tenant.unique(unique));
    }
    built.key("job", tenant.job(CONTACT, JOB));
    built.key("cascade", tenant.cascade(CASCADE));
    built.key("retention_sweep", tenant.retention_sweep());
    built.key("counts", tenant.counts());
    built.key("recount", tenant.recount());
    built.key("replaced_counts", tenant.replaced_counts());
    built.text("counted_in", tenant.counted_in(3));
    for cell in cells() {
        built.key("counted", tenant.counted(3, cell));
    }
    built.key("index_manifest", tenant.index_manifest());
    built.key("compaction", tenant.compaction());
    built.text("write_buffer", tenant.write_buffer());
    built.key("write_buffer_item", tenant.write_buffer_item(SEQUENCE, 3));
    built.text("segment", tenant.segment(3));
    built.key("indexed_ticket", tenant.indexed_ticket(ticket().number));
}

pub fn indexes() -> Vec<String> {
    let one = |index: schema::IndexDefinition| {
        format!("{:<10} {} {} {}", index.name, index.partition, index.sort, index.projection)
    };
    schema::indexes().into_iter().map(one).chain([format!("{:<10} {}", "ttl", schema::TTL_ATTRIBUTE)]).collect()
}

pub fn positions() -> Vec<String> {
    let by_name = Sort::NAMES.iter().map(|(name, by)| format!("{name:<18} {}", ListPosition::of(&ticket(), *by)));
    let by_status = |lifecycle: &Lifecycle| {
        let places = Status::ALL.iter().map(|status| {
            let ticket = Ticket { lifecycle: *lifecycle, status: *status, ..ticket() };
            format!("{:<18} {}", format!("{lifecycle} {status}"), ListPosition::of(&ticket, SortBy::Status))
        });
        places.collect::<Vec<_>>()
    };
    sorted(by_name.chain(Lifecycle::ALL.iter().flat_map(by_status)))
}

#[test]
fn every_state_has_a_partition_and_every_status_in_it_a_character_of_its_own() {
    let tenant = Tenant::new(WORKSPACE);
    let partitions: BTreeSet<_> = states().into_iter().map(|state| tenant.list(state)).collect();
    assert_eq!(partitions.len(), states().len());
    let place = |lifecycle: &Lifecycle, status: &Status| {
        let ticket = Ticket { lifecycle: *lifecycle, status: *status, ..ticket() };
        ListPosition::of(&ticket, SortBy::Status).to_string().chars().nth(2)
    };
    let both = |lifecycle| Status::ALL.iter().map(move |status| place(lifecycle, status));
    let characters: BTreeSet<_> = Lifecycle::ALL.iter().flat_map(both).collect();
    assert_eq!(characters.len(), Lifecycle::ALL.len() * Status::ALL.len());
}
