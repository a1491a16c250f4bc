//! The Lambda of the webhook endpoints.

fn main() -> std::process::ExitCode {
    lambdesk_api::function::run(lambdesk_webhooks::configured)
}
