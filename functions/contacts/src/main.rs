//! The Lambda of the contacts endpoints.

fn main() -> std::process::ExitCode {
    lambdesk_api::function::run(|_| Ok(lambdesk_contacts::routes()))
}
