//! The command line.

use secrecy::SecretString;
use std::{path::PathBuf, time::Duration};

/// Lambdesk on one machine: no AWS account, no Docker, no network.
#[derive(Debug, Clone, clap::Parser)]
#[command(name = "lambdesk", version)]
pub struct Options {
    /// The port to listen on, on the loopback interface; 0 takes any free one.
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// The folder that holds the data between runs.
    #[arg(long, default_value = ".lambdesk")]
    pub data: PathBuf,
    /// Keep the data in memory, and lose it at the end.
    #[arg(long)]
    pub memory: bool,
    /// Seconds between two runs of the sweep.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..))]
    pub sweep_every: u64,
    /// The bearer token that may make workspaces, as `LAMBDESK_OPERATOR_TOKEN` has it; none
    /// makes any without.
    #[arg(skip)]
    pub operator_token: Option<SecretString>,
}

impl Options {
    /// In memory, on any free port: for tests.
    #[must_use]
    pub fn in_memory() -> Self {
        Self { port: 0, data: PathBuf::new(), memory: true, sweep_every: 3600, operator_token: None }
    }

    /// In a folder, on any free port: for tests.
    #[must_use]
    pub fn in_folder(data: impl Into<PathBuf>) -> Self {
        Self { data: data.into(), memory: false, ..Self::in_memory() }
    }

    pub(crate) const fn sweep_interval(&self) -> Duration {
        Duration::from_secs(self.sweep_every)
    }
}
