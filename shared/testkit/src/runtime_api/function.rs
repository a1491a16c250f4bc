//! The function's process: started, invoked, measured, killed.

use std::io;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::NamedTempFile;
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{
    environment::TIMEOUT,
    error::FunctionError,
    server::{Exchange, Start},
};

/// A Lambda binary that is running; dropping it kills the process.
pub struct LambdaProcess {
    exchange: Arc<Exchange>,
    pid: u32,
    spawned: Instant,
    logs: NamedTempFile,
    ended: watch::Receiver<Option<ExitStatus>>,
    waiting: JoinHandle<()>,
    serving: JoinHandle<()>,
}

impl LambdaProcess {
    pub(super) fn start(command: &mut Command, exchange: Arc<Exchange>, serving: JoinHandle<()>) -> io::Result<Self> {
        let logs = NamedTempFile::new()?;
        command
            .stdin(Stdio::null())
            .stdout(logs.as_file().try_clone()?)
            .stderr(logs.as_file().try_clone()?)
            .kill_on_drop(true);
        let spawned = Instant::now();
        let child = command.spawn()?;
        let pid = child.id().ok_or_else(|| io::Error::other("it ended at once"))?;
        let (end, ended) = watch::channel(None);
        Ok(Self { exchange, pid, spawned, logs, ended, waiting: tokio::spawn(wait(child, end)), serving })
    }

    /// The time from the start of the process to its first request for an
    /// invocation: what Lambda calls its init.
    ///
    /// # Errors
    /// [`FunctionError`] when it reports an error, ends or takes too long instead.
    pub async fn first_next(&self) -> Result<Duration, FunctionError> {
        let mut start = self.exchange.start();
        let begun = async {
            let begun = start.wait_for(|start| !matches!(start, Start::Waiting)).await;
            match begun.as_deref() {
                Ok(Start::Ready(at)) => Ok(at.duration_since(self.spawned)),
                Ok(Start::Failed(error)) => Err(error.clone()),
                // The sender lives as long as `self`, and it is not waiting any more.
                Ok(Start::Waiting) | Err(_) => std::future::pending().await,
            }
        };
        self.unless_ended(begun).await
    }

    /// Runs one invocation and returns what the function responds.
    ///
    /// # Errors
    /// [`FunctionError`] when it posts an error, ends or takes too long instead.
    pub async fn invoke(&self, event: Value) -> Result<Value, FunctionError> {
        let answered = self.exchange.submit(event);
        let answer = async {
            match answered.await {
                Ok(answer) => answer,
                // The sender is dropped only once it has sent.
                Err(_) => std::future::pending().await,
            }
        };
        self.unless_ended(answer).await
    }

    /// What the function has written to its standard output and error so far.
    ///
    /// # Errors
    /// When the file that keeps it can't be read.
    pub fn logs(&self) -> io::Result<String> {
        let logs = std::fs::read(self.logs.path())?;
        Ok(String::from_utf8_lossy(&logs).into_owned())
    }

    /// The most memory that the process has held (`VmHWM`), in KiB.
    ///
    /// # Errors
    /// When the process has ended, or the system does not say.
    pub fn peak_memory(&self) -> io::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .and_then(|size| size.trim().strip_suffix(" kB"))
            .and_then(|size| size.trim().parse().ok())
            .ok_or_else(|| io::Error::other("the system does not report VmHWM"))
    }

    /// The process's id, for measuring it from outside.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// The result of `work`, or why it won't come.
    async fn unless_ended<T>(&self, work: impl Future<Output = Result<T, FunctionError>>) -> Result<T, FunctionError> {
        let mut ended = self.ended.clone();
        tokio::select! {
            // An answer that came before the end counts.
            biased;
            result = work => result,
            Ok(status) = ended.wait_for(Option::is_some) => {
                Err(self.exited(status.unwrap_or_default()))
            }
            () = tokio::time::sleep(TIMEOUT) => {
                Err(FunctionError::TimedOut { logs: self.last_words() })
            }
        }
    }

    fn exited(&self, status: ExitStatus) -> FunctionError {
        FunctionError::Exited { status, logs: self.last_words() }
    }

    fn last_words(&self) -> String {
        self.logs().unwrap_or_else(|reason| format!("(unreadable: {reason})"))
    }
}

impl Drop for LambdaProcess {
    fn drop(&mut self) {
        self.waiting.abort();
        self.serving.abort();
    }
}

/// Owns the process, so that it is killed when this is aborted.
async fn wait(mut child: Child, end: watch::Sender<Option<ExitStatus>>) {
    if let Ok(status) = child.wait().await {
        end.send_replace(Some(status));
    }
}
