//! A call of the tour, and what is kept of its answer to be compared.

use super::server::EngineKind;
use lambdesk_tests::{Json, json};

/// A step of the tour.
pub enum Step {
    /// A request.
    Call(Call),
    /// A list from its first page to its last, by cursors.
    Pages(&'static str),
    /// The stream, the hints and the attempts that follow, until nothing follows any more.
    Follow,
    /// The minute's sweep, and what follows from it.
    Sweep,
    /// What the feed and the counters hold back is let go.
    Settle,
}

/// A request. In its path, headers and body `{name}` stands for what an earlier answer had.
pub struct Call {
    /// Method and path.
    pub line: &'static str,
    /// The body; null for none.
    pub body: Json,
    /// Headers, beside the owner's key where no other is given.
    pub headers: Vec<(&'static str, &'static str)>,
    /// What is kept of the answer: its name, and where it stands.
    pub kept: Vec<(&'static str, &'static str)>,
    /// Engines that can't be asked, and what each does wrong.
    pub left_out: Vec<(EngineKind, &'static str)>,
}

/// In the place of a pointer: the answer's header of that name.
pub const ETAG: &str = "etag";

/// A request without a body, or with an empty one where a body is wanted.
pub fn call(line: &'static str) -> Call {
    Call { line, body: Json::Null, headers: Vec::new(), kept: Vec::new(), left_out: Vec::new() }
}

/// A request with a body.
pub fn send(line: &'static str, body: Json) -> Call {
    Call { body, ..call(line) }
}

impl Call {
    /// With a header.
    pub fn with(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// As a visitor of the channel's page, with a session or none.
    pub fn on_page(self, authorization: &'static str) -> Self {
        self.with("origin", "https://shop.example").with("authorization", authorization)
    }

    /// Keeps a part of the answer's `data`, or [`ETAG`], under a name.
    pub fn keep(mut self, name: &'static str, pointer: &'static str) -> Self {
        self.kept.push((name, pointer));
        self
    }
}

impl From<Call> for Step {
    fn from(call: Call) -> Self {
        Self::Call(call)
    }
}

/// A step as one engine answered it.
pub struct Seen {
    /// The step.
    pub call: String,
    /// What is compared; or why the engine was not asked.
    pub answer: String,
}

const LEFT_OUT: &str = "left out: ";

impl Seen {
    /// A step that an engine is not asked for.
    pub fn left_out(call: &str, reason: &str) -> Self {
        Self { call: call.to_owned(), answer: format!("{LEFT_OUT}{reason}") }
    }

    /// Whether it is one.
    pub fn is_left_out(&self) -> bool {
        self.answer.starts_with(LEFT_OUT)
    }
}

/// Status, version, code of a problem, and of a list how many and which.
pub fn answer_of(status: u16, body: &Json) -> String {
    let data = &body["data"];
    let mut parts = vec![status.to_string()];
    let mut add = |name: &str, value: &Json| {
        if !value.is_null() {
            parts.push(format!("{name} {value}"));
        }
    };
    add("code", &body["code"]);
    add("version", &data["version"]);
    for counted in ["total", "queued", "is_complete"] {
        add(counted, &data[counted]);
    }
    add("of", &body["page"]["total"]);
    if let Some(rows) = data.as_array() {
        add("rows", &json!(rows.len()));
        add("", &rows.iter().map(row).collect());
    }
    parts.join(", ")
}

/// What tells a row of a list from the others, whatever its id.
fn row(row: &Json) -> Json {
    const NAMES: [&str; 8] = ["subject", "name", "type", "body_text", "event_type", "key", "kind", "is_complete"];
    let name = NAMES.iter().map(|name| &row[*name]).find(|name| name.is_string()).unwrap_or(&Json::Null);
    let version = [&row["version"], &row["sequence"]].into_iter().find(|version| version.is_u64());
    match (name.as_str(), version) {
        (Some(name), Some(version)) => json!(format!("{name} v{version}")),
        _ => name.clone(),
    }
}
