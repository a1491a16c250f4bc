//! The local binary as a process.

use crate::{Api, Json, binary};
use lambdesk_testkit::runtime_api::REGION;
use reqwest::Client;
use rustix::process::{Pid, Signal, kill_process};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};

/// A start or an end that takes longer has failed.
const PATIENCE: Duration = Duration::from_mins(1);
/// What the greeting ends with.
const READY: &str = "Ctrl-C stops it";

/// The running binary. Dropping it kills it.
pub struct Local {
    /// Its base URL, as it printed it.
    pub url: String,
    /// The key, as it printed it.
    pub key: String,
    /// Everything that it printed.
    pub greeting: String,
    child: Child,
    output: Output,
}

/// A process that has ended.
#[derive(Debug)]
pub struct Ended {
    /// None after a signal.
    pub code: Option<i32>,
    /// What it wrote to its standard error.
    pub stderr: String,
}

/// Where a process writes.
struct Output(TempDir);

impl Output {
    fn of(command: &mut Command) -> Self {
        let folder = TempDir::new().unwrap();
        let file = |name| fs::File::create(folder.path().join(name)).unwrap();
        command.stdin(Stdio::null()).stdout(file("out")).stderr(file("err"));
        Self(folder)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.path().join(name)).unwrap()
    }
}

impl Local {
    /// Starts it in a folder of its own and waits until it serves, or has ended.
    ///
    /// # Errors
    /// How it ended, where it did not serve.
    pub async fn start(folder: &Path, arguments: &[&str]) -> Result<Self, Ended> {
        let mut command = Command::new(binary::path("lambdesk-local"));
        // With a backtrace wherever one would come.
        command
            .current_dir(folder)
            .args(arguments)
            .env("RUST_BACKTRACE", "1")
            .env_remove("LAMBDESK_LOG")
            .kill_on_drop(true);
        let output = Output::of(&mut command);
        let mut child = command.spawn().unwrap();
        let begun = async {
            loop {
                let greeting = output.read("out");
                if greeting.contains(READY) {
                    return Ok(greeting);
                }
                if let Some(status) = child.try_wait().unwrap() {
                    return Err(Ended { code: status.code(), stderr: output.read("err") });
                }
                sleep(Duration::from_millis(10)).await;
            }
        };
        let greeting = timeout(PATIENCE, begun).await.expect("it serves or ends in time")?;
        let (url, key) = (after(&greeting, "Lambdesk serves at "), after(&greeting, "API key of the demo workspace: "));
        Ok(Self { url, key, greeting, child, output })
    }

    /// The owner of the demo workspace.
    pub fn api(&self) -> Api {
        Api::of(&self.url, Some(&self.key))
    }

    /// Ctrl-C.
    pub async fn interrupt(mut self) -> Ended {
        let pid = Pid::from_raw(self.child.id().unwrap().try_into().unwrap()).unwrap();
        kill_process(pid, Signal::INT).unwrap();
        let status = timeout(PATIENCE, self.child.wait()).await.expect("it ends in time").unwrap();
        Ended { code: status.code(), stderr: self.output.read("err") }
    }

    /// `kill -9`.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}

/// The rest of the line after this.
fn after(text: &str, start: &str) -> String {
    let line = text.lines().find_map(|line| line.strip_prefix(start));
    line.unwrap_or_else(|| panic!("no line with {start:?} in {text}")).to_owned()
}

/// A request in `DynamoDB`'s own protocol to an engine, past the store.
pub async fn dynamodb(url: &str, operation: &str, request: &Json) -> Json {
    aws_json(url, &format!("DynamoDB_20120810.{operation}"), request).await
}

/// A request in the AWS JSON 1.0 protocol, which must be answered with success.
pub async fn aws_json(url: &str, target: &str, request: &Json) -> Json {
    let scope = format!("test/20260101/{REGION}/dynamodb/aws4_request");
    let sent = Client::new()
        .post(url)
        .header("content-type", "application/x-amz-json-1.0")
        .header("x-amz-target", target)
        .header("authorization", format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"))
        .header("x-amz-date", "20260101T000000Z")
        .body(request.to_string());
    let answer = sent.send().await.unwrap();
    let status = answer.status();
    let text = String::from_utf8(answer.bytes().await.unwrap().to_vec()).unwrap();
    assert!(status.is_success(), "{target}: {status} {text}");
    serde_json::from_str(&text).unwrap()
}

/// A folder with data in it, and its path below a temporary one.
pub fn data_folder(folder: &TempDir) -> PathBuf {
    folder.path().join(".lambdesk")
}
