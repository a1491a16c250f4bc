//! The Lambda of the messages endpoints.

use lambdesk_api::function::run;
use std::process::ExitCode;

fn main() -> ExitCode {
    run(|_| Ok(lambdesk_messages::routes()))
}
