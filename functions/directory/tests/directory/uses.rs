use crate::fixtures::{open, owner};
use lambdesk_domain::{
    access::Actor,
    command::NewTicket,
    custom_field::FieldValue,
    id::TicketId,
    status::{ChannelType, Status},
    testing::samples::new_ticket,
    ticket::{ChannelRef, Ticket},
};
use lambdesk_store_directory::EntryChange;
use lambdesk_table::Tenant;
use lambdesk_testkit::{Client, Desk, Fault};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

/// A ticket of the workspace, with all that the fan-out writes by which it is found.
async fn ticket(desk: &Desk, change: impl FnOnce(&mut NewTicket)) -> Ticket {
    let mut new = new_ticket(desk.workspace, TicketId::new(desk.clock.new_uuid()));
    change(&mut new);
    let ticket = desk.ticket_of(new, Actor::System).await;
    desk.store.lists.place_rows(None, &ticket).await.unwrap();
    ticket
}

/// Holds an entry to being refused for this one use, and to going with force.
async fn in_use(owner: &Client, one: &str, kind: &str, id: &str) {
    for path in [one.to_owned(), format!("{one}?dry_run=true")] {
        let refused = owner.delete(&path).await;
        assert_eq!((refused.status, refused.code()), (409, "in_use"), "{one}");
        let expected = json!([{"kind": kind, "count": 1, "is_exact": true, "ids": [id]}]);
        assert_eq!(refused.json()["uses"], expected, "{one}");
    }
    assert_eq!(owner.get(one).await.status, 200, "{one}");
    assert_eq!(owner.delete(&format!("{one}?force=true&dry_run=true")).await.status, 200, "{one}");
    assert_eq!(owner.delete(&format!("{one}?force=true")).await.status, 204, "{one}");
    assert_eq!(owner.get(one).await.status, 404, "{one}");
}

#[tokio::test]
async fn what_tickets_use_is_not_deleted_by_mistake() {
    let desk = open().await;
    let owner = owner(&desk);
    let named = |name: &str| json!({"name": name});
    let user = json!({"name": "Bob", "email": "bob@acme.example", "role": "agent"});
    let channel = json!({"name": "Site", "type": "form", "is_enabled": false});
    let team = owner.make("/v1/teams", named("Sales")).await;
    let category = owner.make("/v1/categories", named("Billing")).await;
    let tag = owner.make("/v1/tags", named("vip")).await;
    let user = owner.make("/v1/users", user).await;
    let channel = owner.make("/v1/channels", channel).await;
    let field = |name: &str, kind: &str| json!({"key": name, "name": name, "kind": kind});
    let text = owner.make("/v1/custom-fields", field("plan", "text")).await;
    let flag = owner.make("/v1/custom-fields", field("vip", "boolean")).await;
    let ticket = ticket(&desk, |new| {
        new.team = Some(team.parse().unwrap());
        new.category = Some(category.parse().unwrap());
        new.tags = [tag.parse().unwrap()].into();
        new.assignee = Some(user.parse().unwrap());
        new.channel = Some(ChannelRef { id: channel.parse().unwrap(), kind: ChannelType::Form });
        new.custom = [
            ("plan".parse().unwrap(), FieldValue::Text("gold".to_owned())),
            ("vip".parse().unwrap(), FieldValue::Boolean(false)),
        ]
        .into();
    })
    .await;
    let ones = [
        format!("/v1/teams/{team}"),
        format!("/v1/categories/{category}"),
        format!("/v1/tags/{tag}"),
        format!("/v1/users/{user}"),
        format!("/v1/channels/{channel}"),
        format!("/v1/custom-fields/{text}"),
        format!("/v1/custom-fields/{flag}"),
    ];
    for one in ones {
        in_use(&owner, &one, "ticket", &ticket.id.to_string()).await;
    }
}

#[tokio::test]
async fn what_channels_and_webhooks_and_keys_use_is_not_deleted_by_mistake() {
    let desk = open().await;
    let owner = owner(&desk);
    let team = owner.make("/v1/teams", json!({"name": "Sales"})).await;
    let category = owner.make("/v1/categories", json!({"name": "Billing"})).await;
    let site = json!({"name": "Site", "type": "form", "default_team_id": team, "default_category_id": category});
    let site = owner.make("/v1/channels", site).await;
    in_use(&owner, &format!("/v1/teams/{team}"), "channel", &site).await;
    in_use(&owner, &format!("/v1/categories/{category}"), "channel", &site).await;
    let phone = owner.make("/v1/channels", json!({"name": "Phone", "type": "phone", "is_enabled": false})).await;
    let body = json!({"name": "PBX", "kind": "channel", "channel_id": phone, "scopes": ["tickets:read"]});
    let pbx = owner.post("/v1/api-keys", body).await;
    in_use(&owner, &format!("/v1/channels/{phone}"), "api_key", &pbx.member("id")).await;
    assert_eq!(owner.get(&format!("/v1/api-keys/{}", pbx.member("id"))).await.status, 404);
    let bob = owner.make("/v1/users", json!({"name": "Bob", "email": "b@acme.example", "role": "agent"})).await;
    let body = json!({"name": "Bob", "kind": "user", "user_id": bob, "scopes": ["tickets:read"]});
    let bobs = owner.make("/v1/api-keys", body).await;
    in_use(&owner, &format!("/v1/users/{bob}"), "api_key", &bobs).await;
}

#[tokio::test]
async fn a_choice_that_tickets_have_is_not_taken_away_by_mistake() {
    let desk = open().await;
    let owner = owner(&desk);
    let body = json!({"key": "size", "name": "Size", "kind": "choice", "options": ["S", "M", "L"]});
    let one = format!("/v1/custom-fields/{}", owner.make("/v1/custom-fields", body).await);
    let ticket = ticket(&desk, |new| {
        new.custom = [("size".parse().unwrap(), FieldValue::Text("M".to_owned()))].into();
    })
    .await;
    let without = |options: &[&str]| json!({"options": options});
    let refused = owner.patch(&one, without(&["S", "L"])).await;
    assert_eq!((refused.status, refused.code()), (409, "in_use"));
    assert_eq!(refused.json()["uses"][0]["ids"], json!([ticket.id]));
    assert_eq!(owner.patch(&one, without(&["L", "M", "XL"])).await.status, 200, "nobody has S");
    assert_eq!(owner.patch(&format!("{one}?force=true"), without(&["L"])).await.status, 200);
    assert_eq!(owner.get(&one).await.data()["options"], json!(["L"]));
}

#[tokio::test]
async fn what_a_ticket_gave_up_is_in_use_no_more() {
    let desk = open().await;
    let owner = owner(&desk);
    let tag = owner.make("/v1/tags", json!({"name": "vip"})).await;
    // The row is still there, the ticket without the tag.
    let bare = ticket(&desk, |_| {}).await;
    let tagged = Ticket { tags: [tag.parse().unwrap()].into(), ..bare };
    desk.store.lists.place_rows(None, &tagged).await.unwrap();
    assert_eq!(owner.delete(&format!("/v1/tags/{tag}")).await.status, 204);
}

#[tokio::test]
async fn many_users_are_told_as_at_least_so_many() {
    let desk = open().await;
    let owner = owner(&desk);
    let tag = owner.make("/v1/tags", json!({"name": "vip"})).await;
    let channel = json!({"name": "Site", "type": "form", "is_enabled": false});
    let channel = owner.make("/v1/channels", channel).await;
    for number in 0..101_u8 {
        ticket(&desk, |new| {
            new.tags = [tag.parse().unwrap()].into();
            if number == 0 {
                new.channel = Some(ChannelRef { id: channel.parse().unwrap(), kind: ChannelType::Form });
                new.status = Status::Closed;
            }
        })
        .await;
    }
    let used = |answer: Value| (answer["uses"][0]["count"].clone(), answer["uses"][0]["is_exact"].clone());
    let refused = owner.delete(&format!("/v1/tags/{tag}")).await;
    assert_eq!(used(refused.json()), (json!(100), json!(false)));
    assert_eq!(refused.json()["uses"][0]["ids"].as_array().unwrap().len(), 10);
    let refused = owner.delete(&format!("/v1/channels/{channel}")).await;
    assert_eq!(used(refused.json()), (json!(1), json!(true)), "however old it is");
    assert_eq!(owner.delete(&format!("/v1/channels/{channel}?force=1")).await.status, 204);
}

#[tokio::test]
async fn a_channel_refers_to_teams_and_categories_that_are_there() {
    let desk = open().await;
    let owner = owner(&desk);
    let other = owner.with_key(&desk.other_workspace().await.1);
    let foreign = other.make("/v1/teams", json!({"name": "Sales"})).await;
    let bad = json!({"name": "Site", "type": "form", "default_team_id": foreign, "default_category_id": foreign});
    let expected = [("/default_team_id", "no_such_reference"), ("/default_category_id", "no_such_reference")];
    let refused = owner.post("/v1/channels", bad).await;
    assert_eq!((refused.status, refused.errors().as_slice()), (422, expected.as_slice()));
    let team = owner.make("/v1/teams", json!({"name": "Sales"})).await;
    let site = owner.post("/v1/channels", json!({"name": "S", "type": "form", "default_team_id": team})).await;
    assert_eq!((site.status, &site.data()["default_team_id"]), (201, &json!(team)));
    let one = format!("/v1/channels/{}", site.member("id"));
    let refused = owner.patch(&one, json!({"default_category_id": team})).await;
    assert_eq!(refused.errors(), [("/default_category_id", "no_such_reference")]);
    assert!(owner.patch(&one, json!({"default_team_id": null})).await.data()["default_team_id"].is_null());
}

#[tokio::test]
async fn a_channel_that_is_changed_while_it_is_left_without_a_team_keeps_the_change() {
    let desk = open().await;
    let owner = owner(&desk);
    let site = owner.make("/v1/channels", json!({"name": "Site", "type": "form"})).await;
    let one = format!("/v1/channels/{site}");
    let place = Tenant::new(desk.workspace).entry(site.parse::<Uuid>().unwrap()).sk;
    let place = format!("\"{place}\"");
    // While it is read, and while it is written.
    for (request, color) in [(1, "#000001"), (2, "#000002")] {
        let team = owner.make("/v1/teams", json!({"name": format!("Team {request}")})).await;
        assert_eq!(owner.patch(&one, json!({"default_team_id": team})).await.status, 200);
        desk.table.faults.next([]);
        desk.table.faults.naming(&place, Fault::Late(Duration::from_millis(500)));
        let delete = async { owner.delete(&format!("/v1/teams/{team}?force=true")).await.status };
        let change = async {
            let is_held = |body: &Value| body.to_string().contains(&place);
            while desk.table.faults.seen().iter().filter(|body| is_held(body)).count() < request {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            desk.table.faults.end();
            owner.patch(&one, json!({"color": color})).await.status
        };
        assert_eq!(tokio::join!(delete, change), (204, 200));
        let channel = owner.get(&one).await.data();
        assert_eq!((&channel["color"], &channel["default_team_id"]), (&json!(color), &Value::Null), "{request}");
    }
}

#[tokio::test]
async fn a_channel_that_names_what_is_gone_can_be_changed() {
    let desk = open().await;
    let owner = owner(&desk);
    let team = owner.make("/v1/teams", json!({"name": "Sales"})).await;
    let site = owner.make("/v1/channels", json!({"name": "Site", "type": "form", "default_team_id": team})).await;
    let one = format!("/v1/channels/{site}");
    let read = desk.store.directories.entry(desk.workspace, team.parse().unwrap()).await.unwrap().unwrap();
    let change = EntryChange { before: &read, after: None, co_condition: None, beside: Vec::new() };
    assert!(desk.store.directories.change_entry(desk.workspace, change, None, desk.now()).await.unwrap());
    assert_eq!(owner.patch(&one, json!({"name": "Shop"})).await.status, 200);
    let again = owner.patch(&one, json!({"default_team_id": Uuid::nil()})).await;
    assert_eq!(again.errors(), [("/default_team_id", "no_such_reference")]);
    assert_eq!(owner.patch(&one, json!({"default_team_id": null})).await.status, 200);
}
