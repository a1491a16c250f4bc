//! What lists filter by, and where they look.

use crate::fixtures::{
    TICKETS, account, caller, category, contact, field, id_of, open, owner, subjects, tag, team, verb,
};
use lambdesk_domain::{
    access::{Cause, Role, Scope},
    command::{NewTicket, ReplyKind},
    contact::Contact,
    directory::{Entry, KeyHolder, Tag},
    id::{ContactId, TagId, TicketId},
    status::ChannelType,
    testing::samples,
};
use lambdesk_store_contacts::ContactPlan;
use lambdesk_testkit::{Client, Desk};
use serde_json::{Value as Json, json};
use std::time::Duration;

/// Every order, so that every plan of a list answers the same.
const ORDERS: [&str; 6] = ["-last_activity_at", "created_at", "updated_at", "-priority", "status", "number"];

/// Holds a list to what it should find, in every order.
async fn finds(caller: &Client, filter: &str, expected: &[&str]) {
    for order in ORDERS {
        let list = caller.get(&format!("{TICKETS}?{filter}&sort={order}")).await;
        let mut found = subjects(&list);
        found.sort_unstable();
        assert_eq!(found, expected, "{filter}&sort={order}");
    }
}

/// Five tickets, an hour apart, that differ in everything that lists filter by.
async fn variety(desk: &Desk) -> Json {
    let owner = owner(desk);
    let (jane, grace) = (desk.user(Role::Agent).await.id, contact(desk, "grace@customer.example").await);
    let ids = json!({
        "jane": jane, "grace": grace, "billing": category(desk, "Billing, refunds").await,
        "support": team(desk, "Support").await, "account": account(desk, Some(grace)).await,
        "chat": desk.channel(|channel| channel.kind = ChannelType::Chat).await.id,
        "vip": tag(desk, "vip").await, "late": tag(desk, "late, again").await,
    });
    field(desk, "plan", false, &["gold, large", "gold", "silver"]).await;
    for body in [
        json!({"subject": "a", "priority": "urgent", "status": "waiting", "tags": ["vip"], "custom": {"plan": "gold"}}),
        json!({"subject": "b", "priority": "low", "tags": ["vip", "late, again"], "team_id": ids["support"]}),
        json!({"subject": "c", "priority": "high", "status": "closed", "category_id": ids["billing"]}),
        json!({"subject": "d", "contact_id": grace, "account_id": ids["account"], "channel_id": ids["chat"]}),
        json!({"subject": "e", "priority": "urgent", "uid": "user-7", "custom": {"plan": "gold, large"},
               "assignee_id": jane, "message": {"body_text": "Hello"}}),
    ] {
        open(&owner, body).await;
        desk.wait(Duration::from_hours(1));
    }
    desk.project().await;
    ids
}

#[tokio::test]
async fn lists_filter_by_everything_in_every_order() {
    let desk = Desk::open().await;
    let ids = variety(&desk).await;
    let id = |name: &str| ids[name].as_str().unwrap().to_owned();
    for (filter, expected) in [
        ("status=open".to_owned(), &["b", "d", "e"][..]),
        ("status=waiting,closed".to_owned(), &["a", "c"]),
        ("status=answered".to_owned(), &["a"]),
        ("priority=urgent,low".to_owned(), &["a", "b", "e"]),
        ("source=agent&priority=low".to_owned(), &["b"]),
        ("source=api".to_owned(), &[]),
        (format!("category_id={}", id("billing")), &["c"]),
        ("category=Billing,%20refunds".to_owned(), &["c"]),
        (format!("category={}", id("billing")), &["c"]),
        (format!("contact_id={}", id("grace")), &["d"]),
        (format!("account_id={}", id("account")), &["d"]),
        (format!("channel_id={}", id("chat")), &["d"]),
        ("channel_type=chat,email".to_owned(), &["d"]),
        (format!("team_id={}", id("support")), &["b"]),
        (format!("team_id={},none&priority=low,high", id("support")), &["b", "c"]),
        (format!("assignee_id={}", id("jane")), &["e"]),
        ("assignee_id=none&priority=urgent".to_owned(), &["a"]),
        (format!("assignee_id={},none&priority=urgent", id("jane")), &["a", "e"]),
        ("tag=vip".to_owned(), &["a", "b"]),
        ("tag[]=vip&tag[]=late,%20again".to_owned(), &["a", "b"]),
        ("tag=LATE%2C+again".to_owned(), &["b"]),
        (format!("tag_id={}&tag=vip", id("late")), &["a", "b"]),
        ("tag=vip&priority=low".to_owned(), &["b"]),
        ("tag=vip&status=closed".to_owned(), &[]),
        ("custom.plan=gold".to_owned(), &["a"]),
        ("custom.plan=gold,%20large".to_owned(), &["e"]),
        ("custom.plan=gold&custom.plan=gold,%20large".to_owned(), &["a", "e"]),
        ("uid=user-7".to_owned(), &["e"]),
        ("awaiting=agent".to_owned(), &["e"]),
        ("is_closed=true".to_owned(), &["c"]),
        ("is_closed=false&priority=urgent".to_owned(), &["a", "e"]),
        ("is_read_by_organization=false".to_owned(), &["e"]),
        ("is_read_by_customer=false&priority=low".to_owned(), &["b"]),
    ] {
        finds(&owner(&desk), &filter, expected).await;
    }
}

#[tokio::test]
async fn lists_filter_by_times_from_one_on_until_right_before_another() {
    let desk = Desk::open().await;
    variety(&desk).await;
    let owner = owner(&desk);
    // The first was made at 14:30, the last at 18:30; `b` is changed at 19:30.
    let b = owner.get(&format!("{TICKETS}?priority=low")).await.data()[0]["id"].clone();
    owner.patch(&format!("{TICKETS}/{}", b.as_str().unwrap()), json!({"summary": "changed"})).await.ok();
    desk.project().await;
    let day = "2026-01-15T";
    for (filter, expected) in [
        (format!("created_after={day}15:30:00Z&created_before={day}17:30:00Z"), &["b", "c"][..]),
        (format!("created_after={day}18:30:00Z"), &["e"]),
        (format!("created_before={day}16:30:00%2B01:00"), &["a"]),
        (format!("updated_after={day}18:00:00Z"), &["b", "e"]),
        (format!("updated_before={day}15:00:00Z"), &["a"]),
        (format!("last_activity_after={day}16:30:00Z&last_activity_before={day}17:30:00Z"), &["c"]),
        (format!("created_after={day}17:30:00Z&created_before={day}15:30:00Z"), &[]),
    ] {
        finds(&owner, &filter, expected).await;
    }
}

#[tokio::test]
async fn what_is_put_away_snoozed_or_spam_is_found_when_it_is_asked_for() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    open(&owner, json!({"subject": "here"})).await;
    open(&owner, json!({"subject": "spam", "status": "spam"})).await;
    open(&owner, json!({"subject": "later", "follow_up_at": "2026-02-01T00:00:00Z"})).await;
    let archived = open(&owner, json!({"subject": "archived", "status": "closed"})).await;
    verb(&owner, &format!("{archived}/archive")).await.ok();
    let trashed = open(&owner, json!({"subject": "trashed"})).await;
    owner.delete(&trashed).await;
    desk.project().await;
    for (filter, expected) in [
        ("limit=100", &["here"][..]),
        ("include=spam", &["here", "spam"]),
        ("include=archived", &["archived", "here"]),
        ("include=trashed", &["here", "trashed"]),
        ("include=follow_up", &["here", "later"]),
        ("include=unprocessed", &["here"]),
        ("include=spam,archived&include=trashed,follow_up", &["archived", "here", "later", "spam", "trashed"]),
        ("status=spam", &["spam"]),
        ("is_spam=true", &["spam"]),
        ("is_spam=false", &["here"]),
        ("is_spam=true&status=open", &[]),
        ("is_archived=true", &["archived"]),
        ("is_archived=true&status=open", &[]),
        ("is_archived=true&is_closed=true", &["archived"]),
        ("is_archived=false&include=archived", &["here"]),
        ("include=archived&status=closed", &["archived"]),
        ("processed=true", &["here"]),
        ("processed=false", &[]),
    ] {
        finds(&owner, filter, expected).await;
    }
    desk.wait(Duration::from_hours(30 * 24));
    finds(&owner, "status=open", &["here", "later"]).await;
}

#[tokio::test]
async fn what_screening_keeps_back_is_in_a_list_of_its_own() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let new = samples::new_ticket(desk.workspace, TicketId::new(desk.clock.new_uuid()));
    desk.ticket_of(NewTicket { is_held: true, ..new }, desk.agent()).await;
    desk.project().await;
    finds(&owner, "limit=100", &[]).await;
    finds(&owner, "processed=false", &["A broken lamp"]).await;
    finds(&owner, "include=unprocessed&status=open", &["A broken lamp"]).await;
    finds(&owner, "processed=false&status=closed", &[]).await;
}

#[tokio::test]
async fn me_is_the_caller_and_a_program_is_nobody() {
    let desk = Desk::open().await;
    let ids = variety(&desk).await;
    let holder = KeyHolder::User { user_id: ids["jane"].as_str().unwrap().parse().unwrap() };
    finds(&caller(&desk, &desk.key(holder, Scope::ALL).await), "assignee_id=me", &["e"]).await;
    let program = caller(&desk, &desk.machine_key(&[Scope::TicketsRead]).await);
    let refused = program.get(&format!("{TICKETS}?assignee_id=me")).await;
    assert_eq!(refused.errors(), [("?assignee_id", "invalid")]);
}

#[tokio::test]
async fn a_merged_contact_means_the_one_that_it_became_a_part_of() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let (ada, grace) = (contact(&desk, "ada@customer.example").await, contact(&desk, "grace@customer.example").await);
    open(&owner, json!({"subject": "S", "contact_id": ada})).await;
    desk.project().await;
    finds(&owner, &format!("contact_id={grace}"), &[]).await;
    let contacts = &desk.store.contacts;
    let (target, source) =
        (contacts.slot(desk.workspace, ada).await.unwrap(), contacts.slot(desk.workspace, grace).await.unwrap());
    let found = contacts.contact(desk.workspace, ada).await.unwrap().unwrap();
    let after = Contact { cause: Cause::SYSTEM, merged: [grace].into(), ..found };
    let plan = ContactPlan::merge(&target, &after, &source, &[]);
    assert!(contacts.write_contacts(desk.workspace, &plan, None, None, desk.now()).await.unwrap());
    finds(&owner, &format!("contact_id={grace}"), &["S"]).await;
    let counted = owner.get(&format!("{TICKETS}?contact_id={grace}&with_total=true")).await;
    assert_eq!(counted.json()["page"]["total"], 1);
}

#[tokio::test]
async fn a_search_finds_the_beginnings_of_words_of_subjects_and_messages() {
    let desk = Desk::open().await;
    let channel = desk.channel(|_| ()).await;
    let owner = owner(&desk);
    let on = |subject: &str, text: &str| json!({"subject": subject, "channel_id": channel.id, "message": {"body_text": text}});
    open(&owner, on("Broken lamp", "It does not glow")).await;
    let noted = open(&owner, on("Delivery", "My lamps are late")).await;
    open(&owner, json!({"subject": "Closed lamp", "status": "closed"})).await;
    desk.write(id_of(&noted), ReplyKind::Note, "A glowworm", false).await;
    desk.project().await;
    let search = async |caller: &Client, query: &str| subjects(&caller.get(&format!("{TICKETS}?q={query}")).await);
    assert_eq!(search(&owner, "lamp").await, ["Closed lamp", "Delivery", "Broken lamp"], "newest first");
    assert_eq!(search(&owner, "LAMP&sort=number").await, ["Broken lamp", "Delivery", "Closed lamp"]);
    assert_eq!(search(&owner, "lamp&sort=-last_activity_at&status=open").await, ["Delivery", "Broken lamp"]);
    assert_eq!(search(&owner, "lamp%20late").await, ["Delivery"], "all words");
    let none: [&str; 0] = [];
    assert_eq!(search(&owner, "amp").await, none, "from their beginning on");
    assert_eq!(search(&owner, "glow").await, ["Delivery", "Broken lamp"]);
    let program = caller(&desk, &desk.channel_key(&channel).await);
    assert_eq!(search(&program, "glow").await, ["Broken lamp"], "notes are not for those outside");
    for bad in ["", "%20", "!!"] {
        let refused = owner.get(&format!("{TICKETS}?q={bad}")).await;
        assert_eq!((refused.status, refused.pointers()), (400, vec!["?q".to_owned()]), "{bad}");
    }
}

#[tokio::test]
async fn a_name_that_another_process_has_just_made_can_be_filtered_by() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    open(&owner, json!({"subject": "the directory is remembered now"})).await;
    let id = TagId::new(desk.clock.new_uuid());
    let tag = Tag { id, name: "new".parse().unwrap(), color: None };
    let entry = Entry::Tag(tag);
    let elsewhere = desk.table.elsewhere().directories;
    elsewhere.add_entry(desk.workspace, &entry, None, desk.now()).await.unwrap();
    assert_eq!(owner.get(&format!("{TICKETS}?tag=new")).await.data(), json!([]));
}

#[tokio::test]
async fn all_bad_parameters_are_told_at_once() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let bad = "status=gone&source=x&priority=1&category=none&category_id=x&channel_id=x&channel_type=x&assignee_id=x\
               &team_id=x&tag=none&tag_id=x&contact_id=x&account_id=x&uid=&custom.nope=1&awaiting=x&is_closed=x\
               &is_read_by_customer=x&created_after=yesterday&updated_before=x&q=&sort=subject&include=all&limit=0\
               &page=0&with_total=x&cursor=AAAA&processed=x&nope=1";
    let answer = owner.get(&format!("{TICKETS}?{bad}")).await;
    assert_eq!(answer.problem(), (400, "invalid_query".to_owned()));
    let mut pointers = answer.pointers();
    pointers.sort_unstable();
    pointers.dedup();
    let mut expected: Vec<_> = bad.split('&').map(|pair| format!("?{}", pair.split('=').next().unwrap())).collect();
    // Alone it is a bad one; with a page's number beside it the number is.
    expected.retain(|pointer| pointer != "?cursor");
    expected.sort_unstable();
    assert_eq!(pointers, expected);
}

#[tokio::test]
async fn a_filter_takes_at_most_50_values() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let ids: Vec<_> = (0..51).map(|_| ContactId::new(desk.clock.new_uuid()).to_string()).collect();
    let list = async |ids: &[String]| owner.get(&format!("{TICKETS}?contact_id={}", ids.join(","))).await;
    assert_eq!(list(&ids).await.errors(), [("?contact_id", "too_many")]);
    assert_eq!(list(&ids[..50]).await.status, 200);
    let repeated = [&ids[..50], &ids[..20]].concat();
    assert_eq!(list(&repeated).await.status, 200, "each counts once");
}
