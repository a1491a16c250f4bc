//! A stand-in for the AWS Lambda Runtime API, to start a real Lambda binary.
//!
//! It speaks version 2018-06-01 as AWS documents it (custom runtimes, "Runtime
//! API"): a function asks for its next invocation, which is held until there is
//! one, and posts a response or an error. One [`RuntimeApi`] serves one function.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use lambdesk_testkit::runtime_api::{RuntimeApi, events};
//!
//! let function = RuntimeApi::start().await?.spawn("target/debug/sweep".as_ref(), &[])?;
//! println!("started in {:?}", function.first_next().await?);
//! let answer = function.invoke(events::schedule()).await?;
//! # Ok(())
//! # }
//! ```

mod environment;
mod error;
pub mod events;
mod function;
mod server;

use std::ffi::OsStr;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::task::JoinHandle;

pub use environment::{ACCOUNT, REGION};
pub use error::FunctionError;
pub use function::LambdaProcess;

use environment::lambda_variables;
use server::Exchange;

/// A Runtime API on a loopback port, waiting for its function.
pub struct RuntimeApi {
    address: SocketAddr,
    exchange: Arc<Exchange>,
    serving: JoinHandle<()>,
}

impl RuntimeApi {
    /// Listens on a free port. Needs a tokio runtime, on which it serves.
    ///
    /// # Errors
    /// When no port is free.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let exchange = Arc::new(Exchange::default());
        let serving = tokio::spawn(server::serve(listener, Arc::clone(&exchange)));
        Ok(Self { address, exchange, serving })
    }

    /// Starts a binary as Lambda would: with Lambda's variables and `variables`,
    /// and nothing else of this process's environment but `PATH`.
    ///
    /// # Errors
    /// When the binary can't be started.
    pub fn spawn(self, binary: &Path, variables: &[(&str, &str)]) -> io::Result<LambdaProcess> {
        let mut command = Command::new(binary);
        let name = binary.file_stem().unwrap_or(OsStr::new("function"));
        self.run(&name.to_string_lossy(), &mut command, variables)
    }

    /// As [`RuntimeApi::spawn`], for a function that is a script and needs its
    /// interpreter and arguments.
    ///
    /// # Errors
    /// When the command can't be started.
    pub fn run(self, name: &str, command: &mut Command, variables: &[(&str, &str)]) -> io::Result<LambdaProcess> {
        self.exchange.name(name);
        command
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .envs(lambda_variables(name))
            .env("AWS_LAMBDA_RUNTIME_API", self.address.to_string())
            .envs(variables.iter().copied());
        LambdaProcess::start(command, self.exchange, self.serving)
    }
}
