//! The Lambda of the contacts endpoints.

use lambdesk_api::function::run;
use std::process::ExitCode;

fn main() -> ExitCode {
    run(|config| config.bucket().map(|_| lambdesk_contacts::routes()).map_err(Into::into))
}
