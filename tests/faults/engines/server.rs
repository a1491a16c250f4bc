//! The engines, each as a server on a loopback port.

use lambdesk_engine::{Engine, Storage};
use lambdesk_tests::binary::free_port;
use lambdesk_tests::template::repository;
use reqwest::Client;
use std::{fmt, path::PathBuf, process::Stdio, time::Duration};
use tokio::{
    process::{Child, Command},
    time::sleep,
};

/// An implementation of `DynamoDB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineKind {
    /// That of `infra/engine`.
    Ours,
    /// <https://pypi.org/project/moto>
    Moto,
    /// <https://pypi.org/project/ministack>
    Ministack,
}

impl EngineKind {
    /// The one that the others are held to comes first.
    pub const ALL: [Self; 3] = [Self::Ours, Self::Moto, Self::Ministack];

    const fn name(self) -> &'static str {
        match self {
            Self::Ours => "ours",
            Self::Moto => "moto",
            Self::Ministack => "ministack",
        }
    }
}

impl fmt::Display for EngineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A running engine. Dropping it ends it.
pub struct EngineServer {
    /// Where it listens.
    pub url: String,
    _ours: Option<Engine>,
    _other: Option<Child>,
}

impl EngineServer {
    /// Starts it, empty, and waits until it answers.
    pub async fn start(kind: EngineKind) -> Self {
        let mut command = match kind {
            EngineKind::Ours => {
                let engine = Engine::open(Storage::Memory).unwrap();
                return Self { url: engine.url(), _ours: Some(engine), _other: None };
            }
            EngineKind::Moto => Command::new(installed("moto_server")),
            EngineKind::Ministack => Command::new(installed("ministack")),
        };
        let port = free_port().to_string();
        match kind {
            EngineKind::Ours => {}
            EngineKind::Moto => drop(command.args(["-H", "127.0.0.1", "-p", &port])),
            // Only what is asked for, and to nobody else.
            EngineKind::Ministack => {
                let services = ("SERVICES", "dynamodb,dynamodbstreams");
                let here =
                    [("GATEWAY_PORT", port.as_str()), ("BIND_HOST", "127.0.0.1"), ("IOT_MTLS_ENABLED", "0"), services];
                command.envs(here);
            }
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let process = command.spawn().unwrap();
        let url = format!("http://127.0.0.1:{port}");
        answering(&url).await;
        Self { url, _ours: None, _other: Some(process) }
    }
}

/// A program of `.venv/engines`.
fn installed(program: &str) -> PathBuf {
    let path = repository(".venv/engines/bin").join(program);
    assert!(path.is_file(), "{program} is not installed; run `make engines`, which installs it");
    path
}

/// Waits until somebody answers HTTP there, whatever.
async fn answering(url: &str) {
    for _ in 0..300 {
        if Client::new().get(url).send().await.is_ok() {
            return;
        }
        sleep(Duration::from_millis(200)).await;
    }
    panic!("nobody answers at {url}");
}
