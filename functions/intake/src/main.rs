//! The Lambda of the intake endpoints.

use lambdesk_api::function::run;
use std::process::ExitCode;

fn main() -> ExitCode {
    run(|_| Ok(lambdesk_intake::routes()))
}
