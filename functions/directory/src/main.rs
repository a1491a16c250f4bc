//! The Lambda of the directory endpoints.

use lambdesk_directory::{OperatorToken, routes};

fn main() -> std::process::ExitCode {
    lambdesk_api::function::run(|config| Ok(routes(OperatorToken::of(config.operator_token()))))
}
