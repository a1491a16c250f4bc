//! Visitors whom the site's own login knows.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use crate::visitor::{JSON, PAGE, Visitor, ada, nobody, open, open_in};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use lambdesk_api::visitor::IdentitySecret;
use lambdesk_domain::{
    command::ReplyKind,
    directory::{Channel, Entry},
    status::{Source, Status},
    ticket::Ticket,
};
use lambdesk_testkit::{ClientAnswer, Desk, texts};
use ring::hmac;
use serde_json::{Value as Json, json};

/// A channel that has had so many identity secrets.
async fn channel(desk: &Desk, generation: u32) -> Channel {
    desk.channel(|channel| channel.identity_generation = generation).await
}

fn signed(key: &str, header: &Json, claims: &Json) -> String {
    let [header, claims] = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let input = format!("{header}.{claims}");
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes()), input.as_bytes());
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// Signed as the channel's site signs.
fn token(desk: &Desk, channel: &Channel, claims: &Json) -> String {
    let secret = IdentitySecret::of(&desk.app.sealing, desk.workspace, channel).unwrap();
    signed(secret.expose(), &json!({"alg": "HS256", "typ": "JWT"}), claims)
}

fn known(desk: &Desk) -> Json {
    json!({"sub": "customer-7", "email": "ada@example.com", "name": "Ada", "exp": desk.now().seconds() + 600})
}

async fn begin(desk: &Desk, channel: &Channel, body: &Json) -> ClientAnswer {
    let path = format!("/intake/{}/session", desk.token(channel));
    nobody(desk).send("POST", &path, &[JSON, ("origin", PAGE)], body.to_string()).await
}

async fn session(desk: &Desk, channel: &Channel, claims: &Json) -> String {
    let answer = begin(desk, channel, &json!({"identity": token(desk, channel, claims)})).await;
    answer.created()["session"].as_str().unwrap().to_owned()
}

async fn opened(desk: &Desk, channel: &Channel, claims: &Json, body: &Json) -> Ticket {
    let session = session(desk, channel, claims).await;
    let answer = open_in(desk, channel, &session, &[], body).await;
    desk.ticket_now(Visitor::of(desk, channel.clone(), &answer).ticket).await
}

fn about(from: &Json) -> Json {
    json!({"message": {"body_text": "Where is it?"}, "from": from})
}

#[tokio::test]
async fn whom_the_site_knows_opens_a_portal_ticket_in_their_own_name() {
    let desk = Desk::open().await;
    let channel = channel(&desk, 1).await;
    for body in [about(&json!({})), about(&json!({"name": "Ada", "email": "ADA@example.com"}))] {
        let ticket = opened(&desk, &channel, &known(&desk), &body).await;
        assert_eq!(ticket.source, Source::Portal);
        assert_eq!(ticket.uid.unwrap().as_str(), "customer-7");
        assert_eq!(ticket.requester.name.unwrap().as_str(), "Ada");
        assert_eq!(ticket.requester.email.unwrap().as_str(), "ada@example.com");
        assert_eq!(ticket.contact.unwrap().email.unwrap().as_str(), "ada@example.com");
    }
}

#[tokio::test]
async fn what_is_secure_is_shown_to_whom_the_site_knows() {
    let desk = Desk::open().await;
    let channel = channel(&desk, 1).await;
    let session = session(&desk, &channel, &known(&desk)).await;
    let answer = open_in(&desk, &channel, &session, &[], &about(&json!({}))).await;
    let visitor = Visitor::of(&desk, channel, &answer);
    desk.write(visitor.ticket, ReplyKind::Reply, "Code 1234", true).await;
    assert_eq!(texts(&visitor.get("").await.data()["messages"]), ["Where is it?", "Code 1234"]);
}

#[tokio::test]
async fn without_an_identity_a_visitor_of_the_same_channel_is_a_guest() {
    let desk = Desk::open().await;
    let channel = channel(&desk, 1).await;
    let answer = open(&desk, &channel, &ada()).await;
    let ticket = desk.ticket_now(Visitor::of(&desk, channel.clone(), &answer).ticket).await;
    assert_eq!((ticket.source, ticket.uid), (Source::Guest, None));
    assert_eq!(begin(&desk, &channel, &json!({"identity": null})).await.status, 201);
    let unknown = begin(&desk, &channel, &json!({"identitty": "x"})).await;
    assert_eq!((unknown.status, unknown.pointers()), (422, vec!["/identitty".to_owned()]));
}

#[tokio::test]
async fn a_body_may_repeat_but_not_contradict_what_was_proved() {
    let desk = Desk::open().await;
    let channel = channel(&desk, 1).await;
    let session = session(&desk, &channel, &known(&desk)).await;
    let before = desk.table.size().await;
    let mut body = about(&json!({"name": "Bob", "email": "bob@example.com"}));
    body["uid"] = json!("customer-8");
    let mut pointers = open_in(&desk, &channel, &session, &[], &body).await.pointers();
    pointers.sort();
    assert_eq!(pointers, ["/from/email", "/from/name", "/uid"]);
    assert_eq!(desk.table.size().await, before);
}

#[tokio::test]
async fn who_has_no_address_with_the_site_can_add_a_name_but_no_address() {
    let desk = Desk::open().await;
    let channel = channel(&desk, 1).await;
    let claims = json!({"sub": "customer-7", "exp": desk.now().seconds() + 600});
    let ticket = opened(&desk, &channel, &claims, &about(&json!({"name": "Ada"}))).await;
    assert_eq!((ticket.source, ticket.requester.email, ticket.contact), (Source::Portal, None, None));
    assert_eq!(ticket.requester.name.unwrap().as_str(), "Ada");
    let session = session(&desk, &channel, &claims).await;
    let answer = open_in(&desk, &channel, &session, &[], &about(&json!({"email": "ada@example.com"}))).await;
    assert_eq!((answer.status, answer.pointers()), (422, vec!["/from/email".to_owned()]));
}

#[tokio::test]
async fn a_bad_identity_is_refused_and_makes_nobody_a_guest() {
    let desk = Desk::open().await;
    let (own, other, never) = (channel(&desk, 1).await, channel(&desk, 1).await, channel(&desk, 0).await);
    let now = desk.now().seconds();
    let ending = |exp: u64| json!({"sub": "customer-7", "exp": exp});
    let good = token(&desk, &own, &known(&desk));
    let (input, signature) = good.rsplit_once('.').unwrap();
    let (header, _) = input.split_once('.').unwrap();
    let forged = URL_SAFE_NO_PAD.encode(json!({"sub": "customer-8", "exp": now + 600}).to_string());
    let secret = IdentitySecret::of(&desk.app.sealing, desk.workspace, &own).unwrap();
    for (case, identity) in [
        ("expired", token(&desk, &own, &ending(now - 60))),
        ("too long", token(&desk, &own, &ending(now + 2 * 3600))),
        ("endless", token(&desk, &own, &json!({"sub": "customer-7"}))),
        ("of nobody", token(&desk, &own, &json!({"exp": now + 600}))),
        ("unsigned", format!("{}.{forged}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#))),
        ("said to be unsigned", signed(secret.expose(), &json!({"alg": "none"}), &known(&desk))),
        ("wrong secret", signed("guessed", &json!({"alg": "HS256"}), &known(&desk))),
        ("another channel's", token(&desk, &other, &known(&desk))),
        ("tampered", format!("{header}.{forged}.{signature}")),
        ("too large", "x".repeat(5000)),
        ("empty", String::new()),
    ] {
        let answer = begin(&desk, &own, &json!({"identity": identity})).await;
        assert_eq!(answer.problem(), (422, "invalid_identity".to_owned()), "{case}");
        assert!(!answer.text.contains("customer"), "{case}: {answer:?}");
    }
    let answer = begin(&desk, &never, &json!({"identity": good})).await;
    assert_eq!(answer.problem(), (422, "invalid_identity".to_owned()));
    assert_eq!(begin(&desk, &own, &json!({"identity": good})).await.status, 201);
}

#[tokio::test]
async fn a_new_secret_ends_the_one_before_it_and_works_at_once() {
    let desk = Desk::open().await;
    let first = channel(&desk, 1).await;
    let session = session(&desk, &first, &known(&desk)).await;
    let second = Channel { identity_generation: 2, ..first.clone() };
    desk.replace(&Entry::Channel(second.clone())).await;
    let new = token(&desk, &second, &known(&desk));
    assert_eq!(begin(&desk, &second, &json!({"identity": new})).await.status, 201);
    let old = token(&desk, &first, &known(&desk));
    let answer = begin(&desk, &first, &json!({"identity": old})).await;
    assert_eq!(answer.problem(), (422, "invalid_identity".to_owned()));
    assert_eq!(open_in(&desk, &first, &session, &[], &about(&json!({}))).await.status, 201);
}

#[tokio::test]
async fn a_session_shows_nothing_of_who_it_is() {
    let desk = Desk::open().await;
    let channel = channel(&desk, 1).await;
    let session = session(&desk, &channel, &known(&desk)).await;
    let bytes = URL_SAFE_NO_PAD.decode(session.trim_start_matches("is_")).unwrap();
    assert!(!String::from_utf8_lossy(&bytes).contains("customer"));
}

#[tokio::test]
async fn what_goes_on_from_a_closed_portal_ticket_is_portal_too() {
    let desk = Desk::open().await;
    let channel = channel(&desk, 1).await;
    let session = session(&desk, &channel, &known(&desk)).await;
    let answer = open_in(&desk, &channel, &session, &[], &about(&json!({}))).await;
    let visitor = Visitor::of(&desk, channel.clone(), &answer);
    desk.set_status(visitor.ticket, Status::Closed).await;
    let reply = visitor.say("Once more").await;
    let next = desk.ticket_now(Visitor::of(&desk, channel, &reply).ticket).await;
    assert_eq!((next.source, next.uid.unwrap().as_str()), (Source::Portal, "customer-7"));
    assert_ne!(next.id, visitor.ticket);
}
