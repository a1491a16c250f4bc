//! R1, L6 and L4: what is deleted is on no ticket any more, and a contact is on its tickets as
//! it is now.

use lambdesk_runtime::Clock;
use lambdesk_tests::{Api, Desk, Json, json};
use std::time::Duration;

const NOW: &str = "2027-01-15T08:00:00Z";

/// Everything that tickets can have of the directory and of accounts: where it is, what sets
/// it on a ticket, what the ticket shows then, and the filter that finds tickets without it.
struct Thing {
    path: String,
    set: Json,
    shown: &'static str,
    without: Option<&'static str>,
}

async fn things(owner: &Api) -> Vec<Thing> {
    let make = async |path: &str, body: Json| {
        let made = owner.post(path, body).await.created();
        (made["id"].clone(), format!("{path}/{}", made["id"].as_str().unwrap()))
    };
    let (user, user_path) =
        make("/v1/users", json!({"name": "Ann", "email": "ann@desk.example", "role": "agent", "timezone": "UTC"}))
            .await;
    let (team, team_path) = make("/v1/teams", json!({"name": "Red"})).await;
    let (tag, tag_path) = make("/v1/tags", json!({"name": "vip"})).await;
    let (category, category_path) = make("/v1/categories", json!({"name": "Lamps"})).await;
    let (account, account_path) = make("/v1/accounts", json!({"kind": "order", "name": "Order 7"})).await;
    let (_, field_path) = make("/v1/custom-fields", json!({"key": "size", "name": "Size", "kind": "number"})).await;
    let thing = |path, set, shown, without| Thing { path, set, shown, without };
    vec![
        thing(user_path, json!({"assignee_id": user}), "/assignee", Some("assignee_id=none")),
        thing(team_path, json!({"team_id": team}), "/team", Some("team_id=none")),
        thing(tag_path, json!({"tags": [tag]}), "/tags/0", None),
        thing(category_path, json!({"category_id": category}), "/category", None),
        thing(account_path, json!({"account_id": account}), "/account", None),
        thing(field_path, json!({"custom": {"size": 7}}), "/custom/size", None),
    ]
}

fn has(ticket: &Json, pointer: &str) -> bool {
    ticket.pointer(pointer).is_some_and(|value| !value.is_null())
}

#[tokio::test]
async fn l6_whatever_uses_what_is_deleted_by_force_is_without_it() {
    let clock = Clock::manual(NOW.parse().unwrap());
    let desk = Desk::start_at(clock.clone()).await;
    let owner = &desk.owner;
    for Thing { path, set, shown, without } in things(owner).await {
        let mut tickets = Vec::new();
        for state in ["open", "closed", "trash"] {
            let ticket = format!("/v1/tickets/{}", desk.ticket("S").await["id"].as_str().unwrap());
            owner.patch(&ticket, set.clone()).await.ok();
            match state {
                "closed" => drop(owner.put(&format!("{ticket}/status"), json!({"status": "closed"})).await.ok()),
                "trash" => drop(owner.delete(&ticket).await.expect(204)),
                _ => {}
            }
            tickets.push(format!("{ticket}?include=trashed"));
        }
        // The index has them all as soon as deleting is refused because of three.
        for attempt in 0.. {
            let refused = owner.delete(&path).await;
            let uses = &refused.body["uses"];
            if uses[0]["count"] == 3 {
                assert_eq!((refused.status.as_u16(), &uses[0]["kind"]), (409, &json!("ticket")), "{path}");
                break;
            }
            assert!(attempt < 500 && refused.status == 409, "{path}: {:?}", refused.body);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        owner.delete(&format!("{path}?force=true")).await.expect(204);
        for ticket in &tickets {
            let left = owner.get(ticket).await.ok();
            assert!(!has(&left, shown), "{path}: {left}");
            let log = ticket.replace("?include=trashed", "/activities");
            let last = owner.eventually(&log, |page| page["data"][0]["sequence"] == left["version"]).await;
            assert_eq!(last["data"][0]["actor"]["kind"], "user", "an event tells who did it: {last}");
        }
        if let Some(filter) = without {
            let found = format!("/v1/tickets?status=open,closed&limit=100&{filter}");
            let id = |page: &Json| {
                page["data"]
                    .as_array()
                    .unwrap_or_else(|| panic!("{page}"))
                    .iter()
                    .any(|row| tickets[0].contains(row["id"].as_str().unwrap()))
            };
            owner.eventually(&found, id).await;
        }
    }
}

#[tokio::test]
async fn l6_more_tickets_than_are_dealt_with_at_once_are_all_without_it() {
    let desk = Desk::start().await;
    let tag = desk.owner.post("/v1/tags", json!({"name": "vip"})).await.created();
    let contact = desk.owner.post("/v1/contacts", json!({"name": "Ada"})).await.created();
    let (tag, one) = (&tag["id"], format!("/v1/contacts/{}", contact["id"].as_str().unwrap()));
    // A slice has 50.
    for _ in 0..60 {
        let ticket = json!({"subject": "S", "tags": [tag], "contact_id": contact["id"]});
        desk.owner.post("/v1/tickets", ticket).await.created();
    }
    let are_60 = |page: &Json| page["data"].as_array().is_some_and(|rows| rows.len() == 60);
    desk.owner.eventually("/v1/tickets?tag=vip&limit=100", are_60).await;
    desk.owner.delete(&format!("/v1/tags/{}?force=true", tag.as_str().unwrap())).await.expect(204);
    desk.owner.patch(&one, json!({"name": "Ada L"})).await.ok();
    let page = desk.owner.eventually("/v1/tickets?limit=100", are_60).await;
    for ticket in page["data"].as_array().unwrap() {
        assert!(!has(ticket, "/tags/0") && ticket["contact"]["name"] == "Ada L", "{ticket}");
    }
}

#[tokio::test]
async fn l6_an_option_goes_and_the_other_choices_stay() {
    let desk = Desk::start().await;
    let field = json!({"key": "colors", "name": "Colors", "kind": "choices", "options": ["red", "blue", "green"]});
    let field = desk.owner.post("/v1/custom-fields", field).await.created();
    let field = format!("/v1/custom-fields/{}", field["id"].as_str().unwrap());
    let mut paths = Vec::new();
    for colors in [json!(["red", "blue"]), json!(["blue", "green"])] {
        let path = format!("/v1/tickets/{}", desk.ticket("S").await["id"].as_str().unwrap());
        desk.owner.patch(&path, json!({"custom": {"colors": colors}})).await.ok();
        paths.push(path);
    }
    let found = "/v1/tickets?custom.colors=blue";
    desk.owner.eventually(found, |page| page["data"].as_array().is_some_and(|rows| rows.len() == 2)).await;
    desk.owner.patch(&field, json!({"options": ["red"]})).await.problem(409, "in_use");
    desk.owner.patch(&format!("{field}?force=true"), json!({"options": ["red"]})).await.ok();
    assert_eq!(desk.owner.get(&paths[0]).await.ok()["custom"]["colors"], json!(["red"]));
    assert!(!has(&desk.owner.get(&paths[1]).await.ok(), "/custom/colors"));
}

#[tokio::test]
async fn l6_a_channel_gives_nothing_that_was_deleted() {
    let desk = Desk::start().await;
    let team = desk.owner.post("/v1/teams", json!({"name": "Red"})).await.created();
    let category = desk.owner.post("/v1/categories", json!({"name": "Lamps"})).await.created();
    let channel = json!({
        "name": "Shop", "type": "chat", "hostnames": ["shop.example"],
        "default_team_id": team["id"], "default_category_id": category["id"],
    });
    let channel = desk.owner.post("/v1/channels", channel).await.created();
    for (kind, id) in [("teams", &team["id"]), ("categories", &category["id"])] {
        let path = format!("/v1/{kind}/{}", id.as_str().unwrap());
        desk.owner.delete(&path).await.problem(409, "in_use");
        desk.owner.delete(&format!("{path}?force=true")).await.expect(204);
    }
    let ticket = desk.owner.post("/v1/tickets", json!({"subject": "S", "channel_id": channel["id"]})).await.created();
    assert_eq!((&ticket["team"], &ticket["category"]), (&Json::Null, &Json::Null));
    let channel = desk.owner.get(&format!("/v1/channels/{}", channel["id"].as_str().unwrap())).await.ok();
    assert_eq!((&channel["default_team_id"], &channel["default_category_id"]), (&Json::Null, &Json::Null));
}

#[tokio::test]
async fn r1_what_is_written_while_something_is_deleted_is_without_it_in_the_end() {
    let clock = Clock::manual(NOW.parse().unwrap());
    let desk = Desk::start_at(clock.clone()).await;
    let owner = &desk.owner;
    let mut left = Vec::new();
    for Thing { path, set, shown, .. } in things(owner).await {
        let ticket = format!("/v1/tickets/{}", desk.ticket("S").await["id"].as_str().unwrap());
        let (set, deleted) = tokio::join!(owner.patch(&ticket, set), owner.delete(&path));
        assert!([200, 422].contains(&set.status.as_u16()), "{:?}", set.body);
        assert!([204, 409].contains(&deleted.status.as_u16()), "{:?}", deleted.body);
        if set.status == 200 && deleted.status == 204 {
            left.push((ticket, shown));
        }
    }
    for (ticket, shown) in left {
        // What the fan-out has indexed by now is found by the pass a minute after.
        let has_rows = |page: &Json| page["data"].as_array().is_some_and(|rows| !rows.is_empty());
        owner.eventually(&format!("{ticket}/activities"), has_rows).await;
        for _ in 0..100 {
            clock.advance(Duration::from_mins(16));
            desk.sweep().await;
            if !has(&owner.get(&ticket).await.ok(), shown) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(!has(&owner.get(&ticket).await.ok(), shown), "{ticket} still has {shown}");
    }
}

#[tokio::test]
async fn l4_a_contact_is_shown_as_it_is_now() {
    let clock = Clock::manual(NOW.parse().unwrap());
    let desk = Desk::start_at(clock.clone()).await;
    let owner = &desk.owner;
    let mut tickets = Vec::new();
    for _ in 0..3 {
        let ticket = desk.ticket("S").await;
        owner
            .eventually(&format!("/v1/tickets/{}/activities", ticket["id"].as_str().unwrap()), |page| {
                page["data"][0].is_object()
            })
            .await;
        tickets.push(ticket);
    }
    let contact = format!("/v1/contacts/{}", tickets[0]["contact"]["id"].as_str().unwrap());
    let listed = format!("/v1/tickets?contact_id={}", tickets[0]["contact"]["id"].as_str().unwrap());
    owner.eventually(&listed, |page| page["data"].as_array().is_some_and(|rows| rows.len() == 3)).await;
    for change in [
        json!({"name": "Grace Hopper"}),
        json!({"external_id": "crm-7"}),
        json!({"email": "hopper@navy.example"}),
        json!({"name": null, "external_id": null}),
    ] {
        let now = owner.patch(&contact, change).await.ok();
        let shown =
            json!({"id": now["id"], "name": now["name"], "email": now["email"], "external_id": now["external_id"]});
        for ticket in &tickets {
            let path = format!("/v1/tickets/{}", ticket["id"].as_str().unwrap());
            let read = owner.get(&path).await;
            assert_eq!(read.header("etag"), "\"1\"", "it is no change of the ticket");
            let read = read.ok();
            assert_eq!((&read["contact"], &read["requester"]), (&shown, &ticket["requester"]));
            assert_eq!(owner.get(&format!("{path}/activities")).await.ok().as_array().unwrap().len(), 1);
        }
        owner
            .eventually(&listed, |page| page["data"].as_array().unwrap().iter().all(|row| row["contact"] == shown))
            .await;
    }
    owner.patch(&contact, json!({"name": "Grace Hopper"})).await.ok();
    let messages = format!("/v1/tickets/{}/messages", tickets[0]["id"].as_str().unwrap());
    let relay = desk.machine(&["tickets:write", "contacts:read"]).await;
    let sent = relay.post(&messages, json!({"kind": "inbound", "body_text": "Me again"})).await.created();
    assert_eq!(
        (&sent["sender"]["name"], &sent["sender"]["email"]),
        (&json!("Grace Hopper"), &json!("hopper@navy.example"))
    );
}

#[tokio::test]
async fn l4_a_contact_that_takes_what_it_lacked_from_another_is_shown_so_on_its_own_tickets() {
    let desk = Desk::start_at(Clock::manual(NOW.parse().unwrap())).await;
    let owner = &desk.owner;
    let contact =
        async |body: Json| owner.post("/v1/contacts", body).await.created()["id"].as_str().unwrap().to_owned();
    let (ada, double) = (contact(json!({"name": "Ada"})).await, contact(json!({"email": "ada@navy.example"})).await);
    let ticket = async |contact: &str| {
        let ticket = owner.post("/v1/tickets", json!({"subject": "S", "contact_id": contact})).await.created();
        format!("/v1/tickets/{}", ticket["id"].as_str().unwrap())
    };
    let (own, other) = (ticket(&ada).await, ticket(&double).await);
    for of in [&ada, &double] {
        let listed = format!("/v1/tickets?contact_id={of}");
        owner.eventually(&listed, |page| page["data"].as_array().is_some_and(|rows| rows.len() == 1)).await;
    }
    let version = owner.get(&own).await.header("etag").to_owned();
    owner.post(&format!("/v1/contacts/{ada}/merge"), json!({"from": double})).await.expect(202);
    let shown = json!({"id": ada, "name": "Ada", "email": "ada@navy.example", "external_id": null});
    for path in [&own, &other] {
        assert_eq!(owner.get(path).await.ok()["contact"], shown, "{path}");
    }
    assert_eq!(owner.get(&own).await.header("etag"), version, "it is no change of the ticket");
}
