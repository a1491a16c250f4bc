//! The Lambda of the reports endpoints.

fn main() -> std::process::ExitCode {
    lambdesk_api::function::run(|_| Ok(lambdesk_reports::routes()))
}
