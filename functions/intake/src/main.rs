//! The Lambda of the intake endpoints.

use lambdesk_api::function::run;
use std::process::ExitCode;

fn main() -> ExitCode {
    run(|config| config.bucket().map(|_| lambdesk_intake::routes()).map_err(Into::into))
}
