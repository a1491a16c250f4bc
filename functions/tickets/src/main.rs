//! The Lambda of the tickets endpoints.

fn main() -> std::process::ExitCode {
    lambdesk_api::function::run(|_| Ok(lambdesk_tickets::routes()))
}
