use crate::app::App;
use lambdesk_domain::{
    access::{AccessRules, Actor},
    command::{Context, NewTicket, create},
    custom_field::FieldValue,
    id::{TicketId, WorkspaceId},
    status::{ChannelType, Status},
    testing::samples::new_ticket,
    ticket::{ChannelRef, Ticket},
};
use lambdesk_store::NewItems;
use serde_json::{Value, json};

/// A ticket of the workspace, with all that the fan-out writes by which it is found.
async fn ticket(app: &App, key: &str, change: impl FnOnce(&mut NewTicket)) -> Ticket {
    let workspace: WorkspaceId = app.get("/v1/workspace", key).await.text("id").parse().unwrap();
    let mut new = new_ticket(workspace, TicketId::new(app.clock.new_uuid()));
    change(&mut new);
    let context = Context {
        actor: Actor::System,
        rules: AccessRules::default(),
        request_id: None,
        is_silent: false,
        if_match: None,
        now: app.clock.now(),
    };
    let (ticket, _) = create(new, &context).unwrap();
    app.store.create_ticket(&ticket, NewItems::default()).await.unwrap();
    app.store.place_rows(None, &ticket).await.unwrap();
    ticket
}

/// Holds an entry to being refused for this one use, and to going with force.
async fn in_use(app: &App, key: &str, one: &str, kind: &str, id: &str) {
    for path in [one.to_owned(), format!("{one}?dry_run=true")] {
        let refused = app.delete(&path, key).await;
        assert_eq!((refused.status, refused.code()), (409, "in_use"), "{one}");
        let expected = json!([{"kind": kind, "count": 1, "is_exact": true, "ids": [id]}]);
        assert_eq!(refused.body["uses"], expected, "{one}");
    }
    assert_eq!(app.get(one, key).await.status, 200, "{one}");
    assert_eq!(app.delete(&format!("{one}?force=true&dry_run=true"), key).await.status, 200, "{one}");
    assert_eq!(app.delete(&format!("{one}?force=true"), key).await.status, 204, "{one}");
    assert_eq!(app.get(one, key).await.status, 404, "{one}");
}

#[tokio::test]
async fn what_tickets_use_is_not_deleted_by_mistake() {
    let app = App::start().await;
    let key = app.workspace().await;
    let named = |name: &str| json!({"name": name});
    let user = json!({"name": "Bob", "email": "bob@acme.example", "role": "agent"});
    let channel = json!({"name": "Site", "type": "form", "is_enabled": false});
    let team = app.made("/v1/teams", &key, named("Sales")).await;
    let category = app.made("/v1/categories", &key, named("Billing")).await;
    let tag = app.made("/v1/tags", &key, named("vip")).await;
    let user = app.made("/v1/users", &key, user).await;
    let channel = app.made("/v1/channels", &key, channel).await;
    let field = |name: &str, kind: &str| json!({"key": name, "name": name, "kind": kind});
    let text = app.made("/v1/custom-fields", &key, field("plan", "text")).await;
    let flag = app.made("/v1/custom-fields", &key, field("vip", "boolean")).await;
    let ticket = ticket(&app, &key, |new| {
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
        in_use(&app, &key, &one, "ticket", &ticket.id.to_string()).await;
    }
}

#[tokio::test]
async fn what_channels_and_webhooks_and_keys_use_is_not_deleted_by_mistake() {
    let app = App::start().await;
    let key = app.workspace().await;
    let team = app.made("/v1/teams", &key, json!({"name": "Sales"})).await;
    let category = app.made("/v1/categories", &key, json!({"name": "Billing"})).await;
    let site = json!({"name": "Site", "type": "form", "default_team_id": team, "default_category_id": category});
    let site = app.made("/v1/channels", &key, site).await;
    in_use(&app, &key, &format!("/v1/teams/{team}"), "channel", &site).await;
    in_use(&app, &key, &format!("/v1/categories/{category}"), "channel", &site).await;
    let phone = app.made("/v1/channels", &key, json!({"name": "Phone", "type": "phone", "is_enabled": false})).await;
    let body = json!({"name": "PBX", "kind": "channel", "channel_id": phone, "scopes": ["tickets:read"]});
    let pbx = app.post("/v1/api-keys", &key, body).await;
    in_use(&app, &key, &format!("/v1/channels/{phone}"), "api_key", &pbx.text("id")).await;
    assert_eq!(app.get(&format!("/v1/api-keys/{}", pbx.text("id")), &key).await.status, 404);
    let bob = app.made("/v1/users", &key, json!({"name": "Bob", "email": "b@acme.example", "role": "agent"})).await;
    let body = json!({"name": "Bob", "kind": "user", "user_id": bob, "scopes": ["tickets:read"]});
    let bobs = app.made("/v1/api-keys", &key, body).await;
    in_use(&app, &key, &format!("/v1/users/{bob}"), "api_key", &bobs).await;
}

#[tokio::test]
async fn a_choice_that_tickets_have_is_not_taken_away_by_mistake() {
    let app = App::start().await;
    let key = app.workspace().await;
    let body = json!({"key": "size", "name": "Size", "kind": "choice", "options": ["S", "M", "L"]});
    let one = format!("/v1/custom-fields/{}", app.made("/v1/custom-fields", &key, body).await);
    let ticket = ticket(&app, &key, |new| {
        new.custom = [("size".parse().unwrap(), FieldValue::Text("M".to_owned()))].into();
    })
    .await;
    let without = |options: &[&str]| json!({"options": options});
    let refused = app.patch(&one, &key, without(&["S", "L"])).await;
    assert_eq!((refused.status, refused.code()), (409, "in_use"));
    assert_eq!(refused.body["uses"][0]["ids"], json!([ticket.id]));
    assert_eq!(app.patch(&one, &key, without(&["L", "M", "XL"])).await.status, 200, "nobody has S");
    assert_eq!(app.patch(&format!("{one}?force=true"), &key, without(&["L"])).await.status, 200);
    assert_eq!(app.get(&one, &key).await.data()["options"], json!(["L"]));
}

#[tokio::test]
async fn what_a_ticket_gave_up_is_in_use_no_more() {
    let app = App::start().await;
    let key = app.workspace().await;
    let tag = app.made("/v1/tags", &key, json!({"name": "vip"})).await;
    // The row is still there, the ticket without the tag.
    let bare = ticket(&app, &key, |_| {}).await;
    let tagged = Ticket { tags: [tag.parse().unwrap()].into(), ..bare };
    app.store.place_rows(None, &tagged).await.unwrap();
    assert_eq!(app.delete(&format!("/v1/tags/{tag}"), &key).await.status, 204);
}

#[tokio::test]
async fn many_users_are_told_as_at_least_so_many() {
    let app = App::start().await;
    let key = app.workspace().await;
    let tag = app.made("/v1/tags", &key, json!({"name": "vip"})).await;
    let channel = json!({"name": "Site", "type": "form", "is_enabled": false});
    let channel = app.made("/v1/channels", &key, channel).await;
    for number in 0..101_u8 {
        ticket(&app, &key, |new| {
            new.tags = [tag.parse().unwrap()].into();
            if number == 0 {
                new.channel = Some(ChannelRef { id: channel.parse().unwrap(), kind: ChannelType::Form });
                new.status = Status::Closed;
            }
        })
        .await;
    }
    let used = |answer: Value| (answer["uses"][0]["count"].clone(), answer["uses"][0]["is_exact"].clone());
    let refused = app.delete(&format!("/v1/tags/{tag}"), &key).await;
    assert_eq!(used(refused.body.clone()), (json!(100), json!(false)));
    assert_eq!(refused.body["uses"][0]["ids"].as_array().unwrap().len(), 10);
    let refused = app.delete(&format!("/v1/channels/{channel}"), &key).await;
    assert_eq!(used(refused.body), (json!(1), json!(true)), "however old it is");
    assert_eq!(app.delete(&format!("/v1/channels/{channel}?force=1"), &key).await.status, 204);
}

#[tokio::test]
async fn a_channel_refers_to_teams_and_categories_that_are_there() {
    let app = App::start().await;
    let (key, other) = (app.workspace().await, app.workspace().await);
    let foreign = app.made("/v1/teams", &other, json!({"name": "Sales"})).await;
    let bad = json!({"name": "Site", "type": "form", "default_team_id": foreign, "default_category_id": foreign});
    let expected = [("/default_team_id", "no_such_reference"), ("/default_category_id", "no_such_reference")];
    let refused = app.post("/v1/channels", &key, bad).await;
    assert_eq!((refused.status, refused.errors().as_slice()), (422, expected.as_slice()));
    let team = app.made("/v1/teams", &key, json!({"name": "Sales"})).await;
    let site = app.post("/v1/channels", &key, json!({"name": "S", "type": "form", "default_team_id": team})).await;
    assert_eq!((site.status, &site.data()["default_team_id"]), (201, &json!(team)));
    let one = format!("/v1/channels/{}", site.text("id"));
    let refused = app.patch(&one, &key, json!({"default_category_id": team})).await;
    assert_eq!(refused.errors(), [("/default_category_id", "no_such_reference")]);
    assert!(app.patch(&one, &key, json!({"default_team_id": null})).await.data()["default_team_id"].is_null());
}
