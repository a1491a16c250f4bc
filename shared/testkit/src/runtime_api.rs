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

pub use function::{Function, FunctionError};

use server::Exchange;

/// The region, account and function version that a function sees.
pub const REGION: &str = "eu-central-1";
/// See [`REGION`].
pub const ACCOUNT: &str = "123456789012";

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
    pub fn spawn(self, binary: &Path, variables: &[(&str, &str)]) -> io::Result<Function> {
        let mut command = Command::new(binary);
        let name = binary.file_stem().unwrap_or(OsStr::new("function"));
        self.run(&name.to_string_lossy(), &mut command, variables)
    }

    /// As [`RuntimeApi::spawn`], for a function that is a script and needs its
    /// interpreter and arguments.
    ///
    /// # Errors
    /// When the command can't be started.
    pub fn run(self, name: &str, command: &mut Command, variables: &[(&str, &str)]) -> io::Result<Function> {
        self.exchange.name(name);
        command
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .envs(lambda_variables(name))
            .env("AWS_LAMBDA_RUNTIME_API", self.address.to_string())
            .envs(variables.iter().copied());
        Function::start(command, self.exchange, self.serving)
    }
}

/// The variables that Lambda sets for every function ("Defined runtime
/// environment variables" in its documentation), those of the Runtime API aside.
fn lambda_variables(name: &str) -> [(&'static str, String); 14] {
    [
        ("_HANDLER", "bootstrap".to_owned()),
        ("_X_AMZN_TRACE_ID", server::trace_id(0)),
        ("AWS_ACCESS_KEY_ID", "test".to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ("AWS_SESSION_TOKEN", "test".to_owned()),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_DEFAULT_REGION", REGION.to_owned()),
        ("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023".to_owned()),
        ("AWS_LAMBDA_FUNCTION_NAME", name.to_owned()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128".to_owned()),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", format!("/aws/lambda/{name}")),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "local".to_owned()),
    ]
}
