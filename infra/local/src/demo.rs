//! The demo workspace: made once per data folder, through the API itself.

use crate::{Options, Stack, StartError, keys::write_private};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, header},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::{fmt, fs, path::Path};
use tower::ServiceExt as _;

/// Where the demo is remembered between runs.
const REMEMBERED: &str = "demo.json";
/// Where shells read it.
const VARIABLES: &str = "demo.env";
/// The largest answer that is read here.
const ANSWER: usize = 1024 * 1024;

/// The demo workspace, and how to reach it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Demo {
    /// The stack's base URL.
    pub url: String,
    /// The owner's API key.
    pub key: String,
    /// The public token of the demo channel.
    pub channel: String,
    /// A page origin that the demo channel admits.
    pub origin: String,
}

/// Finds the demo workspace of this data folder, or makes it.
///
/// # Errors
/// When the API refuses what the demo needs: a defect.
pub async fn prepare(stack: &Stack, options: &Options) -> Result<Demo, StartError> {
    let remembered = options.data.join(REMEMBERED);
    let api = Api { router: stack.router() };
    if !options.memory
        && let Some(demo) = read(&remembered)
        && api.call(Method::GET, "/v1/workspace", &demo.key, None).await.is_ok()
    {
        return Ok(Demo { url: stack.url(), ..demo });
    }
    let demo = make(stack, &api).await?;
    if !options.memory {
        let text = serde_json::to_vec_pretty(&demo).unwrap_or_default();
        write_private(&remembered, &text)
            .map_err(|reason| StartError::Folder { folder: options.data.clone(), reason })?;
    }
    Ok(demo)
}

fn read(path: &Path) -> Option<Demo> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

async fn make(stack: &Stack, api: &Api) -> Result<Demo, StartError> {
    let key = stack.bootstrap("Demo", "Ada Demo", "ada@demo.example").await?;
    let origin = "https://shop.example".to_owned();
    let channel =
        json!({"name": "Website", "type": "chat", "hostnames": ["shop.example", "*.shop.example", "localhost"]});
    let channel = api.call(Method::POST, "/v1/channels", &key, Some(channel)).await?;
    let member = |name: &str| channel.get(name).cloned().unwrap_or_default();
    for (subject, name, email, message) in TICKETS {
        let ticket = json!({
            "channel_id": member("id"),
            "subject": subject,
            "from": {"name": name, "email": email},
            "message": {"body_text": message},
        });
        api.call(Method::POST, "/v1/tickets", &key, Some(ticket)).await?;
    }
    Ok(Demo { url: stack.url(), key, channel: member("public_token").as_str().unwrap_or_default().to_owned(), origin })
}

const TICKETS: [(&str, &str, &str, &str); 3] = [
    ("Where is my order?", "Grace Example", "grace@customer.example", "I ordered two weeks ago and nothing came."),
    ("Invoice 2026-118", "Alan Example", "alan@customer.example", "Please send the invoice to our new address."),
    ("Cannot log in", "Edsger Example", "edsger@customer.example", "The page says that my account is locked."),
];

struct Api {
    router: Router,
}

impl Api {
    /// One call within the process; answers the `data`.
    async fn call(&self, method: Method, path: &str, key: &str, body: Option<Json>) -> Result<Json, StartError> {
        let failed = |what: &dyn fmt::Display| StartError::Demo(format!("{path} answered {what}"));
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
            .map_err(|error| failed(&error))?;
        let Ok(response) = self.router.clone().oneshot(request).await;
        let status = response.status();
        let bytes = to_bytes(response.into_body(), ANSWER).await.map_err(|error| failed(&error))?;
        if !status.is_success() {
            return Err(failed(&status));
        }
        let mut answer: Json = serde_json::from_slice(&bytes).unwrap_or_default();
        Ok(answer.get_mut("data").map(Json::take).unwrap_or_default())
    }
}

impl Demo {
    /// Writes the demo as shell variables, for `source .lambdesk/demo.env`.
    ///
    /// # Errors
    /// When the folder can't be written.
    pub fn write(&self, options: &Options) -> Result<(), StartError> {
        let Self { url, key, channel, origin } = self;
        let text = format!(
            "export LAMBDESK_URL='{url}'\nexport LAMBDESK_KEY='{key}'\nexport LAMBDESK_CHANNEL='{channel}'\nexport LAMBDESK_ORIGIN='{origin}'\n"
        );
        let written = fs::create_dir_all(&options.data)
            .and_then(|()| write_private(&options.data.join(VARIABLES), text.as_bytes()));
        written.map_err(|reason| StartError::Folder { folder: options.data.clone(), reason })
    }

    /// What is printed at the start.
    #[must_use]
    pub fn greeting(&self, options: &Options) -> String {
        let Self { url, key, .. } = self;
        let variables = options.data.join(VARIABLES);
        format!(
            "Lambdesk serves at {url}\n\
             API key of the demo workspace: {key}\n\
             The same as shell variables: source {}\n\n\
             Three commands to try:\n\
             curl -s {url}/v1/tickets -H 'Authorization: Bearer {key}'\n\
             curl -s {url}/v1/tickets -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -d '{{\"subject\": \"Hello\"}}'\n\
             curl -s {url}/v1/events -H 'Authorization: Bearer {key}'\n\n\
             Ctrl-C stops it; the data is kept {}.",
            variables.display(),
            if options.memory { "nowhere (in memory)".to_owned() } else { format!("in {}", options.data.display()) },
        )
    }
}
