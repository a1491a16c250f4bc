//! Who reads reports, and who counts anew.

use crate::fixtures::{caller, new_desk, on, owner, settle, ticket};
use lambdesk_domain::access::{AgentVisibility, Role, Scope};
use lambdesk_testkit::{Client, Desk};
use serde_json::json;

const REPORTS: [&str; 3] = ["/v1/reports/tickets", "/v1/reports/days", "/v1/reports/times"];

async fn recount(caller: &Client) -> u16 {
    caller.send("POST", "/v1/reports/recount", &[], "").await.status
}

async fn user(desk: &Desk, role: Role) -> Client {
    caller(desk, &desk.user_key(role).await)
}

#[tokio::test]
async fn reports_are_for_those_who_see_every_ticket() {
    let desk = new_desk().await;
    let agent = user(&desk, Role::Agent).await;
    let program = caller(&desk, &desk.machine_key(&[Scope::TicketsRead]).await);
    for report in REPORTS {
        for caller in [&agent, &program] {
            assert_eq!(caller.get(report).await.status, 200, "{report}");
        }
    }
    let channel = desk.channel(|_| ()).await;
    let narrow = [user(&desk, Role::Restricted).await, caller(&desk, &desk.channel_key(&channel).await)];
    desk.change_settings(|workspace| workspace.access.agent_visibility = AgentVisibility::OwnAndUnassigned).await;
    for caller in narrow.iter().chain([&agent]) {
        for report in REPORTS {
            assert_eq!(caller.get(report).await.problem(), (403, "all_tickets_only".to_owned()), "{report}");
        }
    }
}

#[tokio::test]
async fn without_a_key_or_its_scope_there_are_none() {
    let desk = new_desk().await;
    let all_but: Vec<_> = Scope::ALL.iter().copied().filter(|scope| *scope != Scope::TicketsRead).collect();
    let program = caller(&desk, &desk.machine_key(&all_but).await);
    for report in REPORTS {
        assert_eq!(owner(&desk).nobody().get(report).await.status, 401, "{report}");
        let refused = program.get(report).await;
        assert_eq!(refused.problem(), (403, "missing_scope".to_owned()), "{report}");
        assert_eq!(refused.json()["scope"], "tickets:read");
    }
    assert_eq!(recount(&owner(&desk).nobody()).await, 401);
}

#[tokio::test]
async fn counting_anew_is_administration() {
    let desk = new_desk().await;
    let all_but: Vec<_> = Scope::ALL.iter().copied().filter(|scope| *scope != Scope::Admin).collect();
    let channel = desk.channel(|_| ()).await;
    for refused in [
        user(&desk, Role::Agent).await,
        user(&desk, Role::Restricted).await,
        caller(&desk, &desk.channel_key(&channel).await),
        caller(&desk, &desk.machine_key(&all_but).await),
    ] {
        assert_eq!(recount(&refused).await, 403);
    }
    for allowed in [user(&desk, Role::Admin).await, caller(&desk, &desk.machine_key(&[Scope::Admin]).await)] {
        assert_eq!(recount(&allowed).await, 200);
    }
}

#[tokio::test]
async fn another_workspaces_tickets_count_nowhere() {
    let desk = new_desk().await;
    let channel = desk.channel(|_| ()).await;
    ticket(&desk, |new| new.channel = Some(on(&channel))).await;
    settle(&desk).await;
    let stranger = caller(&desk, &desk.other_workspace().await.1);
    let tickets = async || {
        // Their workspace is a year old, which takes two requests to count.
        stranger.get(REPORTS[0]).await.ok();
        stranger.get(REPORTS[0]).await.ok()
    };
    assert_eq!((&tickets().await["total"], &tickets().await["by_channel"]), (&json!(0), &json!([])));
    let days = stranger.get(&format!("/v1/reports/days?channel_id={}", channel.id)).await.ok();
    assert_eq!(days["sums"]["created"], 0);
    assert_eq!(recount(&stranger).await, 200);
    assert_eq!(tickets().await["total"], 0);
    assert_eq!(owner(&desk).get(REPORTS[0]).await.ok()["total"], 1);
}
