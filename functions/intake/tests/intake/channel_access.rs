//! Who is let in: channel tokens, origins, sessions, preflights.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use crate::visitor::{JSON, PAGE, Visitor, ada, begin, nobody, open_in, session};
use lambdesk_api::channel_token::ChannelToken;
use lambdesk_domain::{
    directory::{Channel, Entry},
    id::{ChannelId, WorkspaceId},
    status::ChannelType,
};
use lambdesk_testkit::Desk;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn a_page_of_the_channel_gets_a_session_and_may_read_the_answer() {
    let desk = Desk::open().await;
    let channel = desk
        .channel(|channel| {
            channel.kind = ChannelType::Chat;
            channel.color = Some("#00aaff".parse().unwrap());
        })
        .await;
    let answer = begin(&desk, &channel).await;
    assert_eq!(answer.status, 201);
    let expected = json!({
        "session": answer.data()["session"],
        "expires_at": "2026-01-15T15:00:00.000Z",
        "channel": {"name": channel.name, "type": "chat", "color": "#00aaff"},
    });
    assert_eq!(answer.data(), expected);
    assert_eq!(answer.header("access-control-allow-origin"), PAGE);
    assert_eq!(answer.header("vary"), "Origin");
    assert_eq!(answer.header("access-control-allow-credentials"), "");
}

#[tokio::test]
async fn a_plain_form_is_known_by_its_referer() {
    let desk = Desk::open().await;
    let channel = desk.channel(|channel| channel.kind = ChannelType::Form).await;
    let path = format!("/intake/{}/session", desk.token(&channel));
    let referer = ("referer", "https://shop.example/contact?x=1");
    assert_eq!(nobody(&desk).send("POST", &path, &[referer], "").await.status, 201);
    let foreign = ("referer", "https://evil.example/https://shop.example");
    assert_eq!(nobody(&desk).send("POST", &path, &[foreign], "").await.problem(), refused());
}

fn refused() -> (u16, String) {
    (403, "origin_not_allowed".to_owned())
}

#[tokio::test]
async fn no_other_page_gets_a_session_nor_reads_why() {
    let desk = Desk::open().await;
    let channel = desk.channel(|channel| channel.hostnames.push("*.shop.example".parse().unwrap())).await;
    let path = format!("/intake/{}/session", desk.token(&channel));
    assert_eq!(nobody(&desk).send("POST", &path, &[], "").await.problem(), refused());
    for origin in [
        "null",
        "https://evil.example",
        "https://evilshop.example",
        "https://shop.example.evil.example",
        "https://shop.example:8443",
        "http://shop.example",
        "https://shop.example@evil.example",
    ] {
        let answer = nobody(&desk).send("POST", &path, &[("origin", origin)], "").await;
        assert_eq!(answer.problem(), refused(), "{origin}");
        assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
        assert_eq!(answer.header("vary"), "Origin", "{origin}");
    }
    let sub = ("origin", "https://a.shop.example");
    assert_eq!(nobody(&desk).send("POST", &path, &[sub], "").await.status, 201);
}

#[tokio::test]
async fn a_channel_that_is_off_says_so_to_its_own_pages_only() {
    let desk = Desk::open().await;
    let channel = desk.channel(|channel| channel.is_enabled = false).await;
    let answer = begin(&desk, &channel).await;
    assert_eq!(answer.problem(), (403, "channel_off".to_owned()));
    assert_eq!(answer.header("access-control-allow-origin"), PAGE);
    let path = format!("/intake/{}/session", desk.token(&channel));
    let foreign = ("origin", "https://evil.example");
    assert_eq!(nobody(&desk).send("POST", &path, &[foreign], "").await.problem(), refused());
}

#[tokio::test]
async fn a_channel_switched_off_takes_no_ticket_of_a_session_from_before() {
    let desk = Desk::open().await;
    let channel = desk.channel(|_| ()).await;
    let session = session(&desk, &channel).await;
    let off = Channel { is_enabled: false, ..channel.clone() };
    desk.replace(&Entry::Channel(off)).await;
    let before = desk.table.size().await;
    let answer = open_in(&desk, &channel, &session, &[], &ada()).await;
    assert_eq!(answer.problem(), (403, "channel_off".to_owned()));
    assert_eq!(desk.table.size().await, before);
}

#[tokio::test]
async fn rotated_foreign_and_malformed_tokens_name_nothing() {
    let desk = Desk::open().await;
    let channel = desk.channel(|_| ()).await;
    let old = desk.token(&channel);
    let rotated = Channel { token: ChannelToken::new_secret(), ..channel.clone() };
    let session = session(&desk, &channel).await;
    desk.replace(&Entry::Channel(rotated.clone())).await;
    let phone = desk.channel(|channel| channel.kind = ChannelType::Phone).await;
    let nowhere = desk.other_workspace().await.0;
    let foreign = ChannelToken::of(nowhere, &rotated).unwrap().to_string();
    let unknown = ChannelToken::of(WorkspaceId::new(desk.clock.new_uuid()), &rotated).unwrap().to_string();
    let before = desk.table.size().await;
    for token in [old.as_str(), &desk.token(&phone), &foreign, &unknown, "ch_", "x", "%00"] {
        for end in ["session", "tickets"] {
            let path = format!("/intake/{token}/{end}");
            let bearer = format!("Bearer {session}");
            let headers = [JSON, ("origin", PAGE), ("authorization", &bearer)];
            let answer = nobody(&desk).send("POST", &path, &headers, ada().to_string()).await;
            assert_eq!(answer.problem(), (404, "not_found".to_owned()), "{path}");
        }
    }
    assert_eq!(desk.table.size().await, before);
    assert_eq!(begin(&desk, &rotated).await.status, 201);
}

#[tokio::test]
async fn a_channel_just_made_elsewhere_is_open_at_once() {
    let desk = Desk::open().await;
    let first = desk.channel(|_| ()).await;
    assert_eq!(begin(&desk, &first).await.status, 201);
    // Written past the memory of this process, as by another one.
    let mut second = first.clone();
    second.id = ChannelId::new(desk.clock.new_uuid());
    second.name = "Another".parse().unwrap();
    let elsewhere = desk.table.elsewhere();
    let entry = Entry::Channel(second.clone());
    elsewhere.directories.add_entry(desk.workspace, &entry, None, desk.now()).await.unwrap();
    assert_eq!(begin(&desk, &second).await.status, 201);
}

#[tokio::test]
async fn sessions_that_are_forged_expired_or_of_another_channel_are_refused() {
    let desk = Desk::open().await;
    let (channel, other) = (desk.channel(|_| ()).await, desk.channel(|_| ()).await);
    let good = session(&desk, &channel).await;
    let foreign = session(&desk, &other).await;
    let altered = if &good[20..21] == "A" { "B" } else { "A" };
    let forged = format!("{}{altered}{}", &good[..20], &good[21..]);
    let before = desk.table.size().await;
    for bad in [forged.as_str(), &foreign, "", "is_", "nonsense"] {
        let answer = open_in(&desk, &channel, bad, &[], &ada()).await;
        assert_eq!(answer.problem(), (401, "unauthorized".to_owned()), "{bad}");
        assert_eq!(answer.header("access-control-allow-origin"), PAGE);
    }
    desk.wait(Duration::from_mins(30));
    let answer = open_in(&desk, &channel, &good, &[], &ada()).await;
    assert_eq!(answer.problem(), (401, "unauthorized".to_owned()));
    assert_eq!(desk.table.size().await, before);
}

#[tokio::test]
async fn a_session_is_good_for_the_page_that_it_was_given_to() {
    let desk = Desk::open().await;
    let hosts = ["shop.example", "other.example"].map(|host| host.parse().unwrap());
    let channel = desk.channel(|channel| channel.hostnames = hosts.to_vec()).await;
    let session = session(&desk, &channel).await;
    let bearer = format!("Bearer {session}");
    let path = format!("/intake/{}/tickets", desk.token(&channel));
    let before = desk.table.size().await;
    for origin in ["https://other.example", "https://evil.example", "null"] {
        let headers = [JSON, ("origin", origin), ("authorization", &bearer)];
        let answer = nobody(&desk).send("POST", &path, &headers, ada().to_string()).await;
        assert_eq!(answer.problem(), refused(), "{origin}");
    }
    assert_eq!(desk.table.size().await, before);
    // A server that opens tickets for its page sends none.
    let headers = [JSON, ("authorization", bearer.as_str())];
    assert_eq!(nobody(&desk).send("POST", &path, &headers, ada().to_string()).await.status, 201);
    let moved = Channel { hostnames: vec!["other.example".parse().unwrap()], ..channel.clone() };
    desk.replace(&Entry::Channel(moved)).await;
    assert_eq!(nobody(&desk).send("POST", &path, &headers, ada().to_string()).await.problem(), refused());
}

#[tokio::test]
async fn preflights_are_answered_for_the_channels_pages_alone() {
    let desk = Desk::open().await;
    let visitor = Visitor::new(&desk).await;
    let token = desk.token(&visitor.channel);
    let paths = [
        format!("/intake/{token}/session"),
        format!("/intake/{token}/tickets"),
        visitor.path(""),
        visitor.path("/messages"),
        visitor.path("/read"),
    ];
    for path in &paths {
        let answer = nobody(&desk).send("OPTIONS", path, &[("origin", PAGE)], "").await;
        assert_eq!((answer.status, answer.text.as_str()), (204, ""), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), PAGE);
        assert_eq!(answer.header("access-control-allow-methods"), "GET, POST");
        let allowed = answer.header("access-control-allow-headers");
        assert_eq!(allowed, "authorization, content-type, idempotency-key");
        for headers in [&[("origin", "https://evil.example")][..], &[]] {
            let answer = nobody(&desk).send("OPTIONS", path, headers, "").await;
            assert_eq!(answer.problem(), refused(), "{path}");
            assert_eq!(answer.header("access-control-allow-origin"), "");
        }
    }
}

#[tokio::test]
async fn pages_of_other_hosts_cannot_use_a_public_token_but_servers_can() {
    let desk = Desk::open().await;
    let visitor = Visitor::new(&desk).await;
    let (get, read) = (("GET", visitor.path("")), ("POST", visitor.path("/read")));
    for (method, path) in [get, ("GET", visitor.path("/messages")), read] {
        let foreign = nobody(&desk).send(method, &path, &[("origin", "https://evil.example")], "").await;
        assert_eq!(foreign.problem(), refused());
        let own = nobody(&desk).send(method, &path, &[("origin", PAGE)], "").await;
        assert_eq!(own.header("access-control-allow-origin"), PAGE);
        assert!(own.status < 300 && nobody(&desk).send(method, &path, &[], "").await.status < 300);
    }
}

#[tokio::test]
async fn a_ticket_opened_on_one_channel_is_reached_from_its_own_hosts_only() {
    let desk = Desk::open().await;
    let visitor = Visitor::new(&desk).await;
    let other = desk.channel(|channel| channel.hostnames = vec!["other.example".parse().unwrap()]).await;
    assert_eq!(begin(&desk, &other).await.problem(), refused());
    let origin = [("origin", "https://other.example")];
    assert_eq!(nobody(&desk).send("GET", &visitor.path(""), &origin, "").await.problem(), refused());
}
