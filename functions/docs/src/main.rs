//! The Lambda of the documentation: no table, no keys, nothing but files.

fn main() -> std::process::ExitCode {
    lambdesk_runtime::main(async |config| lambdesk_runtime::serve(&config, lambdesk_docs::routes().bare_router()).await)
}
