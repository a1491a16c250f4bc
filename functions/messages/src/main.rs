//! The Lambda of the messages endpoints.

use lambdesk_api::function::run;
use std::process::ExitCode;

fn main() -> ExitCode {
    run(|config| config.bucket().map(|_| lambdesk_messages::routes()).map_err(Into::into))
}
