//! What the tests of visitors share: pages of a channel, and tickets that they open.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use lambdesk_tests::{Api, Desk, Json, json};
use ring::hmac;

/// The path below which a channel takes visitors.
pub fn intake(channel: &Json) -> String {
    format!("/intake/{}", channel["public_token"].as_str().unwrap())
}

/// A page of the channel with a session: of a guest, or of whom an identity token names.
pub async fn page(desk: &Desk, channel: &Json, identity: Option<String>) -> Api {
    let page = desk.nobody().with("origin", "https://shop.example");
    let session = page.post(&format!("{}/session", intake(channel)), json!({"identity": identity})).await.created();
    page.with("authorization", &format!("Bearer {}", session["session"].as_str().unwrap()))
}

/// A ticket that a guest opens with this address; answers the path of their side.
pub async fn guest(desk: &Desk, channel: &Json, email: &str) -> String {
    let body = json!({"subject": "S", "from": {"name": "G", "email": email}, "message": {"body_text": "Hello"}});
    open(&page(desk, channel, None).await, channel, body).await
}

/// A ticket that a page opens; answers the path of its visitor's side.
pub async fn open(page: &Api, channel: &Json, body: Json) -> String {
    let opened = page.post(&format!("{}/tickets", intake(channel)), body).await.created();
    format!("/intake/tickets/{}", opened["public_token"].as_str().unwrap())
}

/// The channel's next identity secret.
pub async fn secret(desk: &Desk, channel: &Json) -> String {
    let path = format!("/v1/channels/{}/identity-secret", channel["id"].as_str().unwrap());
    desk.owner.post(&path, json!({})).await.ok()["secret"].as_str().unwrap().to_owned()
}

/// What the site's login says of somebody, signed with a secret.
pub fn identity(desk: &Desk, secret: &str, who: &str, email: &str) -> String {
    let exp = desk.stack.app.clock.now().seconds() + 600;
    let claims = json!({"sub": who, "email": email, "exp": exp});
    let [header, claims] = [json!({"alg": "HS256"}), claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
    let input = format!("{header}.{claims}");
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(hmac::sign(&key, input.as_bytes())))
}

/// The newest ticket as its agents see it.
pub async fn newest(desk: &Desk) -> Json {
    desk.owner.get("/v1/tickets?sort=-created_at&include=spam,unprocessed").await.ok()[0].clone()
}
