//! The same get and list in other languages, for comparison.

use crate::{
    bed::{Bed, TABLE},
    build,
    program::Program,
};
use axum::http::Method;
use lambdesk_domain::{id::TicketId, status::Status};
use lambdesk_table::keys::{State, Tenant};
use lambdesk_testkit::runtime_api::events::api_gateway_v2;
use serde_json::Value as Json;
use std::{
    fs,
    path::{Path, PathBuf},
};
use tokio::process::Command;

/// A program that gets a ticket and lists tickets.
pub struct Peer {
    /// How it is started.
    pub program: Program,
    /// The event that gets the ticket with its messages.
    pub get: Json,
    /// The event that lists 25 open tickets.
    pub list: Json,
}

/// The peers that this machine can run, or a sentence why none are.
pub async fn all(bed: &Bed, ticket: &str) -> Result<Vec<Peer>, String> {
    if std::env::var_os("PEERS").is_none() {
        return Err("Peers in Node.js and Python are not measured; PEERS=1 fetches their SDKs and does.".to_owned());
    }
    let folder = build::target().join("bench-peers");
    fs::create_dir_all(&folder).map_err(|error| format!("Peers: {error}."))?;
    let mut peers = Vec::new();
    for made in [node(&folder).await, python(&folder).await] {
        match made {
            Ok((name, command)) => peers.push(peer(&name, &command, &folder, bed, ticket)),
            Err(sentence) => eprintln!("{sentence}"),
        }
    }
    if peers.is_empty() { Err("Peers are not measured: neither could be installed.".to_owned()) } else { Ok(peers) }
}

fn peer(name: &str, command: &[String], folder: &Path, bed: &Bed, ticket: &str) -> Peer {
    let tenant = Tenant::new(bed.workspace);
    let variables = [
        ("PEER_TABLE", TABLE.to_owned()),
        ("PEER_PK", tenant.ticket(ticket.parse::<TicketId>().unwrap()).pk),
        ("PEER_LIST_PK", tenant.list(State::Live(Status::Open))),
        ("AWS_ENDPOINT_URL", bed.engine.url()),
        // The environment is empty but for these; Python wants to know it.
        ("PYTHONDONTWRITEBYTECODE", String::new()),
    ];
    let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    let headers = [("authorization", &*bed.authorization)];
    let event = |path: &str| api_gateway_v2(Method::GET.as_str(), path, "", &headers, b"");
    let program = Program::script(name, &command, folder.to_owned(), variables);
    Peer { program, get: event("/get"), list: event("/list") }
}

type Made = Result<(String, Vec<String>), String>;

async fn node(folder: &Path) -> Made {
    let version = output("node", &["--version"], folder).await?;
    fs::write(folder.join("peer.mjs"), include_str!("../peers/peer.mjs")).map_err(|error| error.to_string())?;
    if !folder.join("node_modules/@aws-sdk/client-dynamodb").is_dir() {
        let packages = ["install", "--no-audit", "--no-fund", "--prefix", ".", "@aws-sdk/client-dynamodb"];
        output("npm", &packages, folder).await?;
    }
    Ok((format!("peer: Node.js {version}, AWS SDK v3"), vec!["node".to_owned(), "peer.mjs".to_owned()]))
}

async fn python(folder: &Path) -> Made {
    let version = output("python3", &["--version"], folder).await?;
    fs::write(folder.join("peer.py"), include_str!("../peers/peer.py")).map_err(|error| error.to_string())?;
    let python: PathBuf = folder.join("venv/bin/python");
    let python = python.display().to_string();
    if output(&python, &["-c", "import boto3"], folder).await.is_err() {
        output("python3", &["-m", "venv", "venv"], folder).await?;
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "boto3"];
        output(&python, &install, folder).await?;
    }
    Ok((format!("peer: {version}, boto3"), vec![python, "peer.py".to_owned()]))
}

/// What a command prints, or a sentence why it failed.
async fn output(command: &str, arguments: &[&str], folder: &Path) -> Result<String, String> {
    let output = Command::new(command).args(arguments).current_dir(folder).output().await;
    match output {
        Ok(output) if output.status.success() => Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned()),
        Ok(output) => {
            Err(format!("{command} {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim()))
        }
        Err(error) => Err(format!("{command}: {error}")),
    }
}
