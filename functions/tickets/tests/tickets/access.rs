//! Who may do what: keys, scopes, roles, channels, other workspaces.

use crate::fixtures::{
    TICKETS, account, caller, category, contact, id_of, open, operate, owner, path_of, send, subjects, tag, team, verb,
    writes,
};
use lambdesk_domain::{
    access::{AgentVisibility, Role, Scope},
    directory::KeyHolder,
};
use lambdesk_testkit::{Client, Desk};
use serde_json::json;

fn not_found() -> (u16, String) {
    (404, "not_found".to_owned())
}

#[tokio::test]
async fn without_a_key_there_is_nothing() {
    let desk = Desk::open().await;
    let path = open(&owner(&desk), json!({"subject": "S"})).await;
    let strangers =
        [owner(&desk).nobody(), caller(&desk, "ldk_nonsense"), caller(&desk, &desk.key.replace("ldk_", "ldk_A"))];
    for stranger in strangers {
        for list in [TICKETS, &path, "/v1/tickets/number/1", &format!("{path}/activities")] {
            assert_eq!(stranger.get(list).await.status, 401, "{list}");
        }
        assert_eq!(stranger.post(TICKETS, json!({"subject": "S"})).await.status, 401);
        for write in writes() {
            assert_eq!(send(&stranger, &write, &path).await.status, 401, "{write:?}");
        }
    }
    assert_eq!(desk.ticket_now(id_of(&path)).await.version.0, 1);
}

#[tokio::test]
async fn reading_and_writing_are_scopes_of_their_own() {
    let desk = Desk::open().await;
    let path = open(&owner(&desk), json!({"subject": "S"})).await;
    let all_but = async |scope: Scope| {
        let scopes: Vec<_> = Scope::ALL.iter().copied().filter(|other| *other != scope).collect();
        caller(&desk, &desk.machine_key(&scopes).await)
    };
    let (reader, writer) = (all_but(Scope::TicketsWrite).await, all_but(Scope::TicketsRead).await);
    for list in [TICKETS, &path, "/v1/tickets/number/1", &format!("{path}/activities")] {
        assert_eq!(reader.get(list).await.status, 200, "{list}");
        let refused = writer.get(list).await;
        assert_eq!((refused.problem(), &refused.json()["scope"]), (missing(), &json!("tickets:read")), "{list}");
    }
    let refused = reader.post(TICKETS, json!({"subject": "S"})).await;
    assert_eq!((refused.problem(), &refused.json()["scope"]), (missing(), &json!("tickets:write")));
    assert_eq!(writer.post(TICKETS, json!({"subject": "S"})).await.status, 201);
    for write in writes() {
        assert_eq!(send(&reader, &write, &path).await.problem(), missing(), "{write:?}");
    }
    assert_eq!(operate(&reader, &path, &json!([])).await.problem(), missing());
    assert_eq!(desk.ticket_now(id_of(&path)).await.version.0, 1);
}

fn missing() -> (u16, String) {
    (403, "missing_scope".to_owned())
}

/// A caller of another workspace.
async fn stranger(desk: &Desk) -> Client {
    caller(desk, &desk.other_workspace().await.1)
}

#[tokio::test]
async fn another_workspaces_tickets_are_not_there() {
    let desk = Desk::open().await;
    tag(&desk, "vip").await;
    let path = open(&owner(&desk), json!({"subject": "S"})).await;
    let stranger = stranger(&desk).await;
    desk.project().await;
    for list in [path.clone(), "/v1/tickets/number/1".to_owned(), format!("{path}/activities")] {
        assert_eq!(stranger.get(&list).await.problem(), not_found(), "{list}");
    }
    assert_eq!(stranger.get(TICKETS).await.data(), json!([]));
    for write in writes() {
        let refused = send(&stranger, &write, &path).await;
        // A name of a tag is looked up first, in the caller's own workspace.
        let is_named = write.1 == "/tags";
        assert_eq!(refused.status, if is_named { 422 } else { 404 }, "{write:?}: {}", refused.text);
        let dry = (write.0, &*format!("{}?dry_run=true", write.1), write.2);
        assert_eq!(send(&stranger, &dry, &path).await.status, if is_named { 422 } else { 404 }, "{dry:?}");
    }
    assert_eq!(operate(&stranger, &path, &json!([])).await.problem(), not_found());
    assert_eq!(desk.ticket_now(id_of(&path)).await.version.0, 1);
}

#[tokio::test]
async fn another_workspaces_ids_are_no_references() {
    let desk = Desk::open().await;
    let grace = contact(&desk, "grace@customer.example").await;
    let body = json!({
        "subject": "S", "category_id": category(&desk, "Billing").await, "team_id": team(&desk, "Support").await,
        "assignee_id": desk.owner, "contact_id": grace, "account_id": account(&desk, None).await,
        "tags": [tag(&desk, "vip").await],
    });
    open(&owner(&desk), body.clone()).await;
    let stranger = stranger(&desk).await;
    let path = open(&stranger, json!({"subject": "S"})).await;
    let mut with_channel = body.clone();
    with_channel["channel_id"] = json!(desk.channel(|_| ()).await.id);
    let every = ["/account_id", "/assignee_id", "/category_id", "/contact_id", "/tags/0", "/team_id"];
    let created = stranger.post(TICKETS, with_channel).await;
    let changed = [stranger.patch(&path, body.clone()).await, stranger.put(&path, body).await];
    for (answer, more) in changed.into_iter().map(|answer| (answer, None)).chain([(created, Some("/channel_id"))]) {
        let mut expected: Vec<_> = every.into_iter().chain(more).map(|at| (at, "no_such_reference")).collect();
        expected.sort_unstable();
        let mut errors = answer.errors();
        errors.sort_unstable();
        assert_eq!((answer.status, errors), (422, expected));
    }
    let filtered = stranger.get(&format!("{TICKETS}?contact_id={grace}&assignee_id={}", desk.owner)).await;
    assert_eq!(filtered.data(), json!([]));
}

#[tokio::test]
async fn restricted_users_see_their_own_tickets_and_assign_nothing() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let rita = desk.user(Role::Restricted).await.id;
    let restricted = caller(&desk, &desk.key(KeyHolder::User { user_id: rita }, Scope::ALL).await);
    let own = open(&owner, json!({"subject": "own", "assignee_id": rita})).await;
    let other = open(&owner, json!({"subject": "nobody's"})).await;
    desk.project().await;
    assert_eq!(subjects(&restricted.get(TICKETS).await), ["own"]);
    assert_eq!(restricted.get(&own).await.status, 200);
    for path in [other.clone(), "/v1/tickets/number/2".to_owned(), format!("{other}/activities")] {
        assert_eq!(restricted.get(&path).await.problem(), not_found(), "{path}");
    }
    let refused = (403, "restricted_may_not_assign".to_owned());
    for assignee in [json!(null), json!(desk.owner)] {
        let answer = restricted.put(&format!("{own}/assignee"), json!({"assignee_id": assignee})).await;
        assert_eq!(answer.problem(), refused);
        assert_eq!(restricted.patch(&own, json!({"assignee_id": assignee})).await.problem(), refused);
    }
    assert_eq!(verb(&restricted, &format!("{other}/archive")).await.problem(), not_found());
    assert_eq!(restricted.patch(&other, json!({"subject": "mine"})).await.problem(), not_found());
    assert_eq!(restricted.patch(&own, json!({"subject": "T"})).await.status, 200);
}

#[tokio::test]
async fn an_agent_who_sees_own_and_unassigned_tickets_sees_no_other() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    desk.change_settings(|workspace| workspace.access.agent_visibility = AgentVisibility::OwnAndUnassigned).await;
    let jane = desk.user(Role::Agent).await.id;
    let agent = caller(&desk, &desk.key(KeyHolder::User { user_id: jane }, Scope::ALL).await);
    let hers = open(&owner, json!({"subject": "hers", "assignee_id": jane})).await;
    let his = open(&owner, json!({"subject": "his", "assignee_id": desk.owner})).await;
    let nobodys = open(&owner, json!({"subject": "nobody's"})).await;
    desk.project().await;
    for sort in ["-last_activity_at", "created_at", "updated_at", "priority", "status", "number"] {
        let mut seen = subjects(&agent.get(&format!("{TICKETS}?sort={sort}")).await);
        seen.sort_unstable();
        assert_eq!(seen, ["hers", "nobody's"], "{sort}");
        let counted = agent.get(&format!("{TICKETS}?sort={sort}&with_total=true&limit=1")).await;
        assert_eq!(counted.json()["page"]["total"], 2, "{sort}");
    }
    assert_eq!(agent.get(&his).await.problem(), not_found());
    assert_eq!(agent.patch(&his, json!({"subject": "mine"})).await.problem(), not_found());
    for path in [hers, nobodys] {
        assert_eq!(agent.patch(&path, json!({"uid": "u"})).await.status, 200);
    }
}

#[tokio::test]
async fn a_channel_key_sees_its_channels_tickets_and_puts_none_away() {
    let desk = Desk::open().await;
    let owner = owner(&desk);
    let (own, other) = (desk.channel(|_| ()).await, desk.channel(|_| ()).await);
    let program = caller(&desk, &desk.channel_key(&own).await);
    let here = open(&owner, json!({"subject": "here", "channel_id": own.id})).await;
    let there = open(&owner, json!({"subject": "there", "channel_id": other.id})).await;
    open(&owner, json!({"subject": "nowhere"})).await;
    desk.project().await;
    assert_eq!(subjects(&program.get(TICKETS).await), ["here"]);
    assert_eq!(program.get(&there).await.problem(), not_found());
    assert_eq!(program.patch(&there, json!({"subject": "T"})).await.problem(), not_found());
    assert_eq!(program.patch(&here, json!({"subject": "T"})).await.status, 200);
    for name in ["archive", "restore"] {
        let refused = verb(&program, &format!("{here}/{name}")).await;
        assert_eq!(refused.problem(), (403, "channel_key_may_not".to_owned()), "{name}");
    }
    assert_eq!(program.delete(&here).await.problem(), (403, "channel_key_may_not".to_owned()));
    let assigned = program.put(&format!("{here}/assignee"), json!({"assignee_id": desk.owner})).await;
    assert_eq!(assigned.problem(), (403, "channel_may_not_assign".to_owned()));
    let opened = program.post(TICKETS, json!({"subject": "S", "assignee_id": desk.owner})).await;
    assert_eq!(opened.problem(), (403, "channel_may_not_assign".to_owned()));
    assert_eq!(path_of(&program.get(&here).await.ok()), here);
}
