//! Functions as programs under the Runtime API stand-in.

use crate::{bed::Bed, build};
use lambdesk_testkit::runtime_api::{LambdaProcess, RuntimeApi};
use serde_json::Value as Json;
use std::{
    fs, io,
    path::PathBuf,
    time::{Duration, Instant},
};
use tokio::process::Command;

/// What is started: a command, its arguments and its variables.
#[derive(Debug, Clone)]
pub struct Program {
    /// Its name.
    pub name: String,
    command: Vec<String>,
    folder: Option<PathBuf>,
    variables: Vec<(String, String)>,
}

impl Program {
    /// The release binary of a function, with the variables of the template.
    ///
    /// # Errors
    /// A sentence when it isn't built.
    pub fn function(name: &str, bed: &Bed) -> Result<Self, String> {
        let binary = build::binary(name);
        if !binary.is_file() {
            return Err(format!("{} is not built; `make bench` builds it", binary.display()));
        }
        let variables = bed.variables().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let command = vec![binary.display().to_string()];
        Ok(Self { name: name.to_owned(), command, folder: None, variables })
    }

    /// A script with its interpreter, run in a folder.
    pub fn script(name: &str, command: &[&str], folder: PathBuf, variables: Vec<(String, String)>) -> Self {
        let command = command.iter().map(|&part| part.to_owned()).collect();
        Self { name: name.to_owned(), command, folder: Some(folder), variables }
    }

    /// With another value of a variable.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same run by another program, such as a profiler.
    pub fn under(mut self, wrapper: &[String]) -> Self {
        self.command.splice(0..0, wrapper.iter().cloned());
        self
    }

    /// Starts it on a Runtime API of its own.
    pub async fn start(&self) -> io::Result<LambdaProcess> {
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]);
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        let variables: Vec<_> = self.variables.iter().map(|(name, value)| (&**name, &**value)).collect();
        RuntimeApi::start().await?.run(&self.name, &mut command, &variables)
    }

    /// Starts it and waits until it asks for its first event.
    pub async fn started(&self) -> (LambdaProcess, Duration) {
        let function = self.start().await.unwrap();
        let time = function.first_next().await.unwrap_or_else(|error| panic!("{}: {error}", self.name));
        (function, time)
    }
}

/// Runs one event; the answer must be a success.
pub async fn invoke(function: &LambdaProcess, event: &Json) -> Json {
    let answer = function.invoke(event.clone()).await.unwrap_or_else(|error| panic!("{error}"));
    let status = answer["statusCode"].as_u64();
    let failures = answer["batchItemFailures"].as_array().map_or(0, Vec::len);
    let is_success = status.is_none_or(|status| (200..300).contains(&status)) && failures == 0;
    assert!(is_success, "{answer}\n{}", function.logs().unwrap_or_default());
    answer
}

/// The processor time that all threads of a process have used. To the nanosecond,
/// where the kernel keeps it (`schedstat`).
pub fn cpu(pid: u32) -> io::Result<Duration> {
    let mut used = Duration::ZERO;
    for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
        let text = fs::read_to_string(thread?.path().join("schedstat"))?;
        let nanos = text.split_whitespace().next().and_then(|nanos| nanos.parse().ok());
        used += Duration::from_nanos(nanos.ok_or_else(|| io::Error::other("schedstat has another form"))?);
    }
    Ok(used)
}

/// Waits until a process is gone.
pub async fn gone(pid: u32, patience: Duration) -> bool {
    let started = Instant::now();
    while started.elapsed() < patience {
        if !PathBuf::from(format!("/proc/{pid}")).exists() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}
