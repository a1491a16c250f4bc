//! `make run`: Lambdesk on one machine.

use clap::Parser;
use lambdesk_local::{Interrupts, Options, Stack, demo};
use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    lambdesk_runtime::init_logs();
    let operator_token = std::env::var("LAMBDESK_OPERATOR_TOKEN").ok().map(Into::into);
    match run(Options { operator_token, ..Options::parse() }).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lambdesk: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> Result<(), lambdesk_local::StartError> {
    let interrupts = Interrupts::listen();
    let stack = Stack::start(&options).await?;
    let demo = demo::prepare(&stack, &options).await?;
    demo.write(&options)?;
    println!("{}", demo.greeting(&options));
    stack.until(interrupts).await;
    Ok(())
}
