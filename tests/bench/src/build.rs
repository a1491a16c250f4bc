//! Where the build leaves its binaries.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// Every function.
pub const FUNCTIONS: [&str; 11] = [
    "tickets",
    "messages",
    "contacts",
    "directory",
    "docs",
    "intake",
    "reports",
    "webhooks",
    "fanout",
    "deliver",
    "sweep",
];

/// The folder of the build: this program lies in a folder of it.
pub fn target() -> PathBuf {
    let program = env::current_exe().unwrap();
    program.ancestors().nth(2).map(Path::to_owned).unwrap()
}

/// The release binary of a function for this machine.
pub fn binary(function: &str) -> PathBuf {
    target().join("release").join(function)
}

/// What `make build` makes of a function.
pub fn artefact(function: &str) -> PathBuf {
    target().join("lambda").join(function).join("bootstrap")
}

/// The triple that the release binaries are for.
pub fn host() -> String {
    let rustc = Command::new("rustc").arg("-vV").output();
    let text = rustc.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let host = text.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned);
    host.unwrap_or_else(|| format!("{}-{}", env::consts::ARCH, env::consts::OS))
}
