//! Reports through HTTP, against tickets whose history the test knows.

use lambdesk_domain::{
    id::WorkspaceId,
    status::{Lifecycle, Status},
    ticket::Ticket,
};
use lambdesk_runtime::Clock;
use lambdesk_table::keys::{State, Tenant};
use lambdesk_tests::{Api, Desk, Json, json};
use std::{collections::BTreeMap, time::Duration};

/// 2027-01-15, eight in the morning.
const NOW: &str = "2027-01-15T08:00:00.000Z";
const STATUSES: [&str; 7] = ["open", "in_progress", "waiting", "on_hold", "resolved", "closed", "spam"];

async fn desk() -> (Desk, Clock) {
    let clock = Clock::manual(NOW.parse().unwrap());
    (Desk::start_at(clock.clone()).await, clock)
}

fn path(ticket: &Json) -> String {
    format!("/v1/tickets/{}", ticket["id"].as_str().unwrap())
}

async fn workspace(desk: &Desk) -> WorkspaceId {
    desk.owner.get("/v1/workspace").await.ok()["id"].as_str().unwrap().parse().unwrap()
}

/// Waits until every version has its event. The tickets come from the table: those
/// in the trash are shown to nobody.
async fn told(desk: &Desk, workspace: WorkspaceId, tickets: &[Json]) -> Vec<Ticket> {
    let stores = desk.stores();
    let mut heads = Vec::new();
    for ticket in tickets {
        let id = ticket["id"].as_str().unwrap().parse().unwrap();
        let head = stores.tickets.ticket(workspace, id).await.unwrap().unwrap();
        while stores.events.event(workspace, id, head.version).await.unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        heads.push(head);
    }
    heads
}

/// The same, and until the feed tells of them.
async fn settle(desk: &Desk, clock: &Clock, tickets: &[Json]) -> Vec<Ticket> {
    let heads = told(desk, workspace(desk).await, tickets).await;
    clock.advance(Duration::from_secs(10));
    heads
}

async fn report(api: &Api, query: &str) -> Json {
    api.get(&format!("/v1/reports/{query}")).await.ok()
}

async fn set_status(desk: &Desk, ticket: &Json, status: &str) {
    desk.owner.put(&format!("{}/status", path(ticket)), json!({"status": status})).await.ok();
}

/// One ticket from creation to its second resolution, each step after so many seconds.
async fn answered_resolved_reopened(desk: &Desk, clock: &Clock, channel: &Json) -> Json {
    let body =
        json!({"subject": "S", "channel_id": channel["id"], "from": {"name": "G"}, "message": {"body_text": "?"}});
    let ticket = desk.owner.post("/v1/tickets", body).await.created();
    let messages = format!("{}/messages", path(&ticket));
    clock.advance(Duration::from_secs(20));
    desk.owner.post(&messages, json!({"kind": "note", "body_text": "to us"})).await.created();
    desk.owner.post(&messages, json!({"body_text": "to you"})).await.created();
    desk.owner.post(&messages, json!({"body_text": "and more"})).await.created();
    clock.advance(Duration::from_secs(10));
    set_status(desk, &ticket, "resolved").await;
    clock.advance(Duration::from_hours(24));
    set_status(desk, &ticket, "open").await;
    set_status(desk, &ticket, "closed").await;
    ticket
}

#[tokio::test(flavor = "multi_thread")]
async fn days_tell_what_happened_and_times_how_long_it_took() {
    let (desk, clock) = desk().await;
    let channel = desk.channel().await;
    let ticket = answered_resolved_reopened(&desk, &clock, &channel).await;
    settle(&desk, &clock, &[ticket]).await;

    let days = report(&desk.owner, "days?from=2027-01-14&to=2027-01-16").await;
    let expected = json!([
        {"date": "2027-01-14", "created": 0, "resolved": 0, "closed": 0, "reopened": 0, "replied": 0},
        {"date": "2027-01-15", "created": 1, "resolved": 1, "closed": 0, "reopened": 0, "replied": 2},
        {"date": "2027-01-16", "created": 0, "resolved": 1, "closed": 1, "reopened": 1, "replied": 0},
    ]);
    assert_eq!(days["days"], expected);
    assert_eq!(days["sums"], json!({"created": 1, "resolved": 2, "closed": 1, "reopened": 1, "replied": 2}));
    assert_eq!(days["as_of"], json!(clock.now().minus(Duration::from_secs(38))));

    let times = report(&desk.owner, "times?from=2027-01-15&to=2027-01-15").await;
    let response = json!({"count": 1, "median_seconds": 20, "p90_seconds": 20, "mean_seconds": 20});
    let resolution = json!({"count": 1, "median_seconds": 30, "p90_seconds": 30, "mean_seconds": 30});
    assert_eq!((&times["first_response"], &times["resolution"]), (&response, &resolution));
    let later = report(&desk.owner, "times?from=2027-01-16&to=2027-01-16").await;
    assert_eq!(
        later["first_response"],
        json!({"count": 0, "median_seconds": null, "p90_seconds": null, "mean_seconds": null})
    );
    let seconds = later["resolution"]["median_seconds"].as_u64().unwrap();
    assert!(seconds.abs_diff(86_430) * 1000 <= 86_430 * 32, "{seconds}");
    assert_eq!(later["resolution"]["mean_seconds"], 86_430);
}

#[tokio::test(flavor = "multi_thread")]
async fn days_and_times_of_a_channel_or_an_assignee_are_theirs_alone() {
    let (desk, clock) = desk().await;
    let (channel, (jane, as_jane)) = (desk.channel().await, desk.user("Jane Smith", "agent").await);
    let on_channel = answered_resolved_reopened(&desk, &clock, &channel).await;
    let hers = desk.owner.post("/v1/tickets", json!({"subject": "S", "assignee_id": jane["id"]})).await.created();
    settle(&desk, &clock, &[on_channel, hers]).await;
    let (channel, jane) = (channel["id"].as_str().unwrap(), jane["id"].as_str().unwrap());
    for (filter, created, resolved) in [
        (format!("channel_id={channel}"), 1, 2),
        ("channel_id=none".to_owned(), 1, 0),
        (format!("channel_id={channel},none"), 2, 2),
        (format!("assignee_id={jane}"), 1, 0),
        ("assignee_id=none".to_owned(), 1, 2),
        (format!("assignee_id={channel}"), 0, 0),
    ] {
        let sums = report(&desk.owner, &format!("days?{filter}")).await["sums"].take();
        assert_eq!((&sums["created"], &sums["resolved"]), (&json!(created), &json!(resolved)), "{filter}");
        let times = report(&desk.owner, &format!("times?{filter}")).await;
        assert_eq!(times["resolution"]["count"], resolved, "{filter}");
    }
    assert_eq!(report(&as_jane, "days?assignee_id=me").await["sums"]["created"], 1);
}

/// What the tickets themselves say, counted one by one.
fn by_hand(heads: &[Ticket], group: impl Fn(&Ticket) -> Json) -> BTreeMap<String, BTreeMap<String, u64>> {
    let mut counts = BTreeMap::<String, BTreeMap<String, u64>>::new();
    for head in heads {
        let standing = match head.lifecycle {
            Lifecycle::Trashed => continue,
            Lifecycle::Live => head.status.as_str(),
            put_away => put_away.as_str(),
        };
        *counts.entry(group(head).to_string()).or_default().entry(standing.to_owned()).or_default() += 1;
    }
    counts
}

/// The rows of a report in the same form.
fn rows(rows: &Json, key: &str) -> BTreeMap<String, BTreeMap<String, u64>> {
    let positive = |counts: &Json| {
        let counts = counts.as_object().unwrap().iter().map(|(word, count)| (word.clone(), count.as_u64().unwrap()));
        counts.filter(|(_, count)| *count > 0).collect::<BTreeMap<_, _>>()
    };
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| (row[key].to_string(), positive(&row["by_status"]))).collect()
}

/// Something that an agent may do with a ticket; what is not possible now is refused.
async fn something(desk: &Desk, random: &mut fastrand::Rng, ticket: &Json, users: &[Json]) {
    let path = path(ticket);
    let user = users[random.usize(..users.len())].clone();
    match random.usize(..10) {
        0..=3 => drop(desk.owner.put(&format!("{path}/status"), json!({"status": STATUSES[random.usize(..7)]})).await),
        4 | 5 => drop(desk.owner.put(&format!("{path}/assignee"), json!({"assignee_id": user})).await),
        6 => drop(desk.owner.post(&format!("{path}/messages"), json!({"body_text": "Hi"})).await),
        7 => drop(desk.owner.post(&format!("{path}/archive"), json!({})).await),
        8 => drop(desk.owner.delete(&path).await),
        _ => drop(desk.owner.post(&format!("{path}/restore"), json!({})).await),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_was_done_the_counts_are_those_of_the_tickets_and_a_recount_agrees() {
    let (desk, clock) = desk().await;
    let (channel, (jane, _)) = (desk.channel().await, desk.user("Jane Smith", "agent").await);
    let (users, channels) = ([Json::Null, jane["id"].clone()], [Json::Null, channel["id"].clone()]);
    let mut random = fastrand::Rng::with_seed(7);
    let mut tickets = Vec::new();
    for number in 0..12 {
        let body = json!({"subject": format!("{number}"), "channel_id": channels[number % 2]});
        tickets.push(desk.owner.post("/v1/tickets", body).await.created());
    }
    let workspace = workspace(&desk).await;
    told(&desk, workspace, &tickets).await;
    for round in 0..120 {
        let ticket = tickets[random.usize(..tickets.len())].clone();
        clock.advance(Duration::from_secs(random.u64(..4000)));
        something(&desk, &mut random, &ticket, &users).await;
        // The feed rests on clocks that don't jump while an event is written.
        told(&desk, workspace, &[ticket]).await;
        if round % 40 == 0 {
            report(&desk.owner, "tickets").await;
        }
    }
    let heads = settle(&desk, &clock, &tickets).await;

    let mut told = report(&desk.owner, "tickets").await;
    assert_eq!(
        rows(&told["by_channel"], "channel_id"),
        by_hand(&heads, |head| json!(head.channel.map(|channel| channel.id)))
    );
    assert_eq!(rows(&told["by_assignee"], "assignee_id"), by_hand(&heads, |head| json!(head.assignee)));
    let all = json!([{"all": true, "by_status": told["by_status"]}]);
    assert_eq!(rows(&all, "all"), by_hand(&heads, |_| json!(true)));

    let days = report(&desk.owner, "days").await;
    let recounted = desk.owner.post("/v1/reports/recount", json!({})).await.ok();
    assert_eq!(recounted["is_complete"], true);
    let mut again = report(&desk.owner, "tickets").await;
    let (before, after) = (told["as_of"].take(), again["as_of"].take());
    assert!(after.as_str() >= before.as_str());
    assert_eq!(again, told);
    assert_eq!(report(&desk.owner, "days").await["days"], days["days"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_counts_tell_whose_turn_it_is_and_what_nobody_has() {
    let (desk, clock) = desk().await;
    let (jane, _) = desk.user("Jane Smith", "agent").await;
    let (asked, silent) =
        (desk.ticket("A").await, desk.owner.post("/v1/tickets", json!({"subject": "B"})).await.created());
    let answered = desk.ticket("C").await;
    desk.owner.post(&format!("{}/messages", path(&answered)), json!({"body_text": "Hi"})).await.created();
    desk.owner.put(&format!("{}/assignee", path(&answered)), json!({"assignee_id": jane["id"]})).await.ok();
    let spam = desk.ticket("D").await;
    set_status(&desk, &spam, "spam").await;
    settle(&desk, &clock, &[asked, silent, answered, spam]).await;
    let told = report(&desk.owner, "tickets").await;
    assert_eq!(told["awaiting"], json!({"agent": 1, "customer": 1, "none": 1}));
    assert_eq!((&told["total"], &told["active"], &told["unassigned"]), (&json!(4), &json!(3), &json!(2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_async_function_counts_although_nobody_reads_a_report() {
    let (desk, clock) = desk().await;
    let first = desk.ticket("First").await;
    settle(&desk, &clock, &[first]).await;
    clock.advance(Duration::from_mins(10));
    desk.ticket("Second").await;
    let tenant = Tenant::new(workspace(&desk).await);
    loop {
        let counts = desk.stores().reports.counts(&tenant).await.unwrap();
        if let Some(counts) = counts {
            assert_eq!(counts.of(State::Live(Status::Open)), Some(1), "the second has not settled");
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn bad_dates_ranges_and_parameters_are_refused_all_at_once() {
    let (desk, _) = desk().await;
    let id = "01890a5d-ac96-774b-bcce-b302099a0003";
    for (query, pointers) in [
        ("days?from=yesterday", vec!["?from"]),
        ("days?from=2027-02-30&to=20270301", vec!["?from", "?to"]),
        ("days?from=2027-01-02&to=2027-01-01", vec!["?from"]),
        ("days?from=2026-01-01&to=2027-01-02", vec!["?from"]),
        ("days?from=2027-01-16", vec!["?from"]),
        ("days?from=1969-12-31", vec!["?from"]),
        ("days?from=", vec!["?from"]),
        ("times?from=2027-01-01T00:00:00Z", vec!["?from"]),
        ("times?channel_id=x&assignee_id=y&z=1", vec!["?channel_id", "?assignee_id", "?z"]),
        (&format!("times?channel_id={id}&assignee_id=none"), vec!["?assignee_id"]),
        ("tickets?from=2027-01-01", vec!["?from"]),
    ] {
        let problem = desk.owner.get(&format!("/v1/reports/{query}")).await.problem(400, "invalid_query");
        let told: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].clone()).collect();
        assert_eq!(told, pointers, "{query}");
    }
    for query in ["days?from=2026-01-01&to=2027-01-01", "days?to=9999-12-31", "times?from=1970-01-01&to=1970-01-01"] {
        report(&desk.owner, query).await;
    }
    let groups: Vec<_> = (0..21).map(|number| format!("01890a5d-ac96-774b-bcce-b302099a{number:04}")).collect();
    let too_many = desk.owner.get(&format!("/v1/reports/days?assignee_id={}", groups.join(","))).await;
    assert_eq!(too_many.problem(400, "invalid_query")["errors"][0]["code"], "too_many");
}

#[tokio::test]
async fn reports_are_for_those_who_see_all_tickets() {
    let (desk, _) = desk().await;
    let (_, agent) = desk.user("Ann Agent", "agent").await;
    let (_, restricted) = desk.user("Rob Restricted", "restricted").await;
    let channel = desk.channel().await;
    let key = json!({"name": "Phone", "kind": "channel", "channel_id": channel["id"], "scopes": ["tickets:read"]});
    let on_channel = desk.with_key(&desk.key(key).await);
    let writes = desk.machine(&["tickets:write"]).await;
    for report in ["tickets", "days", "times"] {
        let path = format!("/v1/reports/{report}");
        agent.get(&path).await.ok();
        restricted.get(&path).await.problem(403, "all_tickets_only");
        on_channel.get(&path).await.problem(403, "all_tickets_only");
        writes.get(&path).await.problem(403, "missing_scope");
        desk.nobody().get(&path).await.problem(401, "unauthorized");
        desk.owner.post(&path, json!({})).await.problem(405, "method_not_allowed");
    }
    agent.post("/v1/reports/recount", json!({})).await.problem(403, "administration_only");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_workspace_counts_for_itself() {
    let (desk, clock) = desk().await;
    let other = desk.other_workspace().await;
    let ticket = desk.ticket("Ours").await;
    settle(&desk, &clock, &[ticket]).await;
    assert_eq!(report(&desk.owner, "tickets").await["total"], 1);
    assert_eq!(report(&other, "tickets").await["total"], 0);
    assert_eq!(report(&other, "days").await["sums"]["created"], 0);
}

#[tokio::test]
async fn a_recount_is_tried_remembered_and_takes_no_fields() {
    let (desk, _) = desk().await;
    let tried = desk.owner.post("/v1/reports/recount?dry_run=true", json!({})).await.ok();
    assert_eq!(tried["events"], json!([]));
    assert_eq!(desk.owner.post("/v1/reports/recount", json!({"from": 1})).await.bad_fields(), ["/from"]);
    let stale = desk.owner.with("if-match", "\"1\"").post("/v1/reports/recount", json!({})).await;
    stale.problem(412, "no_version");
    let owner = desk.owner.with("idempotency-key", "once");
    let first = owner.post("/v1/reports/recount", json!({})).await;
    let again = owner.post("/v1/reports/recount", json!({})).await;
    assert_eq!((again.header("idempotent-replayed"), &again.body), ("true", &first.body));
}
